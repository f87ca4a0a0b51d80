"""The composition root: makes every object from the settings, and closes what it made."""

import asyncio
import contextlib
import logging
import os
import platform
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bot.callbacks import DISCOGS_CALLBACK, DiscogsCallback
from bot.client import AimeBot, point_discord_at
from bot.collecting import Jobs, Tools, make_collecting
from bot.connection import connected
from bot.delivery.delivery import make_delivery
from bot.errors import Answers
from bot.i18n import Catalogue
from bot.music import make_music
from bot.operators import Operators
from bot.releasing import make_releasing
from bot.services import Services
from bot.settings import Settings
from bot.state import StartError, open_state
from bot.stopping import stop_signals
from bot.ui.pictures import Pictures, open_pictures
from bot.ui.stream import ProgressiveMessages
from bot.ui.sync_message import SyncMessages
from bot.upstreams import Upstreams, open_upstreams
from bot.web import PortTaken, web_server
from bot.writing import make_writing
from services.accounts.cipher import TokenCipher
from services.accounts.key_file import open_keys
from services.accounts.keys import KeysUnusable
from services.jobs.kinds import Handlers
from services.jobs.queue import JobQueue
from services.jobs.worker import Worker, working
from services.resilience.clock import Clock, SystemClock, system_random
from services.secret import Secret
from services.spotify.short_links import Hosts
from services.storage.database import Database

_LOGGER = logging.getLogger(__name__)


_JOBS_SECONDS: Final = 2.0
"""How long jobs may take to end when the bot stops; the answers' 5 s and the worker's own 2 s for
letting go make 9 of the 10 s that a stop may take."""


def make_services(
    settings: Settings, languages: Catalogue, tools: Tools, *, pictures: Pictures
) -> tuple[Services, tuple[Jobs, ...]]:
    """Join the parts; returns what the cogs are handed, and the jobs with who does them.

    Raises:
        StartError: The keys that encrypt tokens cannot be used.
    """
    database, upstreams, clock = tools.database, tools.upstreams, tools.clock
    cipher, messages, operators = _cipher(settings), ProgressiveMessages(clock=clock), Operators()
    delivery = make_delivery(database, languages, cipher, clock=clock)
    stale_seconds = settings.discogs_stale_hours * 3_600
    collecting = make_collecting(tools, cipher, operators, stale_seconds=stale_seconds)
    releasing = make_releasing(database, upstreams, collecting, messages=messages, clock=clock)
    writing = make_writing(tools, collecting.service, delivery=delivery, messages=messages)
    music = make_music(tools, collecting, messages=messages)
    services = Services(
        catalogue=music.catalogue,
        music_messages=music.messages,
        music_suggestions=music.suggestions,
        linked_messages=releasing.linked_messages,
        releases=releasing.lookup,
        suggestions=releasing.suggestions,
        descriptions=writing.descriptions,
        late_descriptions=writing.later,
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
        preferences=collecting.preferences,
        discogs_callback=_discogs_callback(settings),
        sync_messages=SyncMessages(messages=messages, wants=collecting.wantlist, clock=clock),
        pictures=pictures,
        written_messages=writing.written,
        operators=operators,
        messages=messages,
        door=delivery.door,
        answers=Answers(languages),
    )
    return services, (tools.jobs, tools.syncs)


async def run(settings: Settings, *, clock: Clock | None = None, hosts: Hosts | None = None) -> int:
    """Run the bot until SIGTERM, SIGINT or a fatal error; returns the exit code.

    Args:
        settings: Checked.
        clock: Another one than the system's, for the demo.
        hosts: Where the demo finds what Spotify's short links lead to.

    Raises:
        StartError: It cannot start.
    """
    token = _token(settings)
    point_discord_at(settings.discord_api_url, settings.discord_cdn_url)
    clock = clock or SystemClock()
    languages = Catalogue()
    # What is entered last ends first: answers and jobs while Discord is still connected, the
    # database when nobody writes any more.
    async with contextlib.AsyncExitStack() as stack:
        stop = stack.enter_context(stop_signals())
        database = await stack.enter_async_context(open_state(settings, clock=clock))
        upstreams = await stack.enter_async_context(
            open_upstreams(settings, database, clock=clock, short_link_hosts=hosts)
        )
        pictures = await stack.enter_async_context(open_pictures(clock))
        tools = _tools(database, upstreams, clock)
        services, jobs = make_services(settings, languages, tools, pictures=pictures)
        stack.push_async_callback(services.descriptions.aclose)
        bot = AimeBot(
            services=services,
            languages=languages,
            guild_ids=settings.discord_guild_ids,
            shard_ids=settings.shard_ids,
            shard_count=settings.shard_count or None,
        )
        await stack.enter_async_context(_web(settings, bot, languages))
        connection = await stack.enter_async_context(connected(bot, token))
        workers = [_worker(each, clock) for each in jobs]
        for worker in workers:
            await stack.enter_async_context(working(worker, drain_seconds=_JOBS_SECONDS))
        await _first_of(connection, stop)
        _LOGGER.info("stopping")
        for worker in workers:  # all at once, and while the answers end
            worker.stop()
        await bot.end_answers()
    _LOGGER.info("stopped")
    return 0


def _token(settings: Settings) -> Secret:
    if settings.discord_token is None:
        raise StartError(
            "DISCORD_TOKEN is not set. Put your bot's token into .env; `aime doctor` shows where "
            "it comes from, and `make demo` needs none."
        )
    return settings.discord_token


async def _first_of(connection: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Wait until somebody stops the bot; raises what ends the connection before."""
    stopping = asyncio.create_task(stop.wait(), name="signals")
    try:
        await asyncio.wait({connection, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if connection.done():
            connection.result()
    finally:
        stopping.cancel()


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


def _worker(jobs: Jobs, clock: Clock) -> Worker:
    return Worker(
        jobs.queue, jobs.handlers, name=_worker_name(), clock=clock, chance=system_random()
    )


def _worker_name() -> str:
    """Return a name that no other worker ever has; operators see where it runs."""
    return f"{platform.node()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


@asynccontextmanager
async def _web(settings: Settings, bot: AimeBot, languages: Catalogue) -> AsyncIterator[None]:
    host, port = settings.web_host, settings.web_port
    services = bot.services
    callback = DiscogsCallback(
        links=services.discogs_links, syncs=services.collection_sync, languages=languages
    )
    more = callback.routes() if services.discogs_callback else []
    try:
        async with web_server(
            host=host, port=port, is_ready=bot.is_ready, health=services.health, more=more
        ) as chosen:
            _LOGGER.info("health pages at http://%s:%s/healthz", host, chosen)
            yield
    except PortTaken as error:
        raise StartError(
            f"WEB_PORT: {host}:{port} cannot be used ({error.strerror}; perhaps another copy of "
            "the bot runs). Set WEB_PORT to another port, or to 0 for any."
        ) from error
