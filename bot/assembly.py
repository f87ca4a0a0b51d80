"""Joins the parts to what the cogs are handed; nothing here needs closing."""

from dataclasses import dataclass

from bot.callbacks import DISCOGS_CALLBACK
from bot.collecting import Collecting, Jobs, Tools, make_collecting
from bot.delivery.delivery import Delivery, make_delivery
from bot.digests.joining import Digests, make_digests
from bot.errors import Answers
from bot.i18n import Catalogue
from bot.music import MusicCards, make_music
from bot.operators import Operators
from bot.playlists import Playing, make_playlists
from bot.releasing import Releasing, make_releasing
from bot.services import Services
from bot.settings import Settings
from bot.spotify_login import make_spotify_links
from bot.state import StartError
from bot.ui.pictures import Pictures
from bot.ui.stream import ProgressiveMessages
from bot.ui.sync_message import SyncMessages
from bot.upstreams import Upstreams
from bot.writing import Writing, make_writing
from services.accounts.cipher import TokenCipher
from services.accounts.key_file import open_keys
from services.accounts.keys import KeysUnusable
from services.accounts.spotify import SpotifyLinks
from services.jobs.kinds import Handlers
from services.jobs.queue import JobQueue
from services.playlists.run_store import forgetting_runs
from services.resilience.clock import Clock
from services.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What the services are taken from."""

    tools: Tools
    operators: Operators
    messages: ProgressiveMessages
    delivery: Delivery
    collecting: Collecting
    music: MusicCards
    releasing: Releasing
    writing: Writing
    digests: Digests
    spotify_links: SpotifyLinks
    playlists: Playing


def make_services(
    settings: Settings,
    languages: Catalogue,
    upstreams: Upstreams,
    database: Database,
    *,
    pictures: Pictures,
    clock: Clock,
) -> tuple[Services, tuple[Jobs, ...]]:
    """Join the parts; returns what the cogs are handed, and the jobs with who does them.

    Raises:
        StartError: The keys that encrypt tokens cannot be used.
    """
    tools, operators = _tools(database, upstreams, clock), Operators()
    cipher, messages = _cipher(settings), ProgressiveMessages(clock=clock)
    stale_seconds = settings.discogs_stale_hours * 3_600
    delivery = make_delivery(database, languages, cipher, clock=clock)
    collecting = make_collecting(tools, cipher, operators, stale_seconds=stale_seconds)
    releasing = make_releasing(database, upstreams, collecting, messages=messages, clock=clock)
    writing = make_writing(tools, collecting.service, delivery=delivery, messages=messages)
    digests = make_digests(tools, collecting, writing, delivery, stale_seconds=stale_seconds)
    forget = forgetting_runs(tools.syncs.queue)
    links = make_spotify_links(tools, cipher, delivery, on_unlink=forget)
    parts = _Parts(
        tools=tools,
        operators=operators,
        messages=messages,
        delivery=delivery,
        collecting=collecting,
        music=make_music(tools, collecting, messages=messages),
        releasing=releasing,
        writing=writing,
        digests=digests,
        spotify_links=links,
        playlists=make_playlists(tools, collecting, links, messages),
    )
    services = _hand_out(parts, settings, languages, pictures)
    return services, (tools.jobs, tools.syncs, *digests.jobs)


def _hand_out(
    parts: _Parts, settings: Settings, languages: Catalogue, pictures: Pictures
) -> Services:
    upstreams, collecting, writing = parts.tools.upstreams, parts.collecting, parts.writing
    return Services(
        catalogue=parts.music.catalogue,
        music_messages=parts.music.messages,
        music_suggestions=parts.music.suggestions,
        linked_messages=parts.releasing.linked_messages,
        releases=parts.releasing.lookup,
        suggestions=parts.releasing.suggestions,
        descriptions=writing.descriptions,
        late_descriptions=writing.later,
        digests=parts.digests,
        discovery=writing.discovery,
        health=upstreams.health,
        collection=collecting.service,
        collection_statistics=collecting.statistics,
        collection_values=collecting.values,
        collection_sync=collecting.sync,
        collection_views=collecting.views,
        collection_editing=collecting.editing,
        wantlist=collecting.wantlist,
        shared_records=collecting.shared,
        discogs_links=collecting.links,
        spotify_links=parts.spotify_links,
        playlists=parts.playlists,
        preferences=collecting.preferences,
        discogs_callback=_discogs_callback(settings),
        sync_messages=SyncMessages(
            messages=parts.messages, wants=collecting.wantlist, clock=parts.tools.clock
        ),
        pictures=pictures,
        written_messages=writing.written,
        operators=parts.operators,
        messages=parts.messages,
        door=parts.delivery.door,
        answers=Answers(languages),
    )


def _discogs_callback(settings: Settings) -> str | None:
    """Return where Discogs sends people back to; None: they bring a code."""
    if not settings.web_public_url:
        return None
    return f"{settings.web_public_url}{DISCOGS_CALLBACK}"


def _cipher(settings: Settings) -> TokenCipher:
    try:
        return TokenCipher(open_keys(settings.secret_keys, settings.data_dir))
    except KeysUnusable as error:
        raise StartError(str(error)) from error


def _tools(database: Database, upstreams: Upstreams, clock: Clock) -> Tools:
    jobs, syncs = _jobs(database, clock), _jobs(database, clock)
    return Tools(database=database, upstreams=upstreams, clock=clock, jobs=jobs, syncs=syncs)


def _jobs(database: Database, clock: Clock) -> Jobs:
    queue = JobQueue(database, clock=clock)
    clock.on_step(queue.wake)
    return Jobs(queue, Handlers())
