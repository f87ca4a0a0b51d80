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

from bot.client import AimeBot, point_discord_at
from bot.connection import connected
from bot.delivery.door import Door
from bot.delivery.editor import LateEditor
from bot.delivery.renderings import Renderings
from bot.errors import Answers
from bot.i18n import Catalogue
from bot.policies import discogs_policy, euria_policy, spotify_policy
from bot.services import Services
from bot.settings import Settings
from bot.state import StartError, open_state
from bot.stopping import stop_signals
from bot.ui.description_card import late_description_card
from bot.ui.stream import ProgressiveMessages
from bot.web import PortTaken, web_server
from services.accounts.cipher import TokenCipher
from services.accounts.key_file import open_keys
from services.accounts.keys import KeysUnusable
from services.catalogue.service import CatalogueService
from services.descriptions.later import WRITE_LATER, LateDescription, LateDescriptions
from services.descriptions.service import DescriptionService
from services.discogs.service import DiscogsService
from services.euria.service import SETTINGS as EURIA_SETTINGS
from services.euria.service import EuriaService
from services.health import Health
from services.http import HttpClient, open_session
from services.jobs.kinds import Handlers
from services.jobs.queue import JobQueue
from services.jobs.worker import Worker, working
from services.resilience.clock import Clock, SystemClock, system_random
from services.resilience.config import StreamLimits
from services.resilience.policy import Policy
from services.secret import Secret
from services.spotify.auth import ClientCredentials
from services.spotify.service import SETTINGS as SPOTIFY_SETTINGS
from services.spotify.service import SpotifyService
from services.storage.database import Database

_LOGGER = logging.getLogger(__name__)


_JOBS_SECONDS: Final = 2.5
"""How long jobs may take to end when the bot stops, after the answers' 6 s."""


@asynccontextmanager
async def upstream_services(
    settings: Settings, languages: Catalogue, *, database: Database, clock: Clock
) -> AsyncIterator[tuple[Services, JobQueue, Handlers]]:
    """Make the services, with one HTTP session for all upstreams, and who does which jobs.

    Raises:
        StartError: The keys that encrypt tokens cannot be used.
    """
    async with open_session(user_agent=settings.discogs_user_agent) as session:
        http = HttpClient(session, clock=clock)
        chance = system_random()
        policies = {
            "spotify": spotify_policy(settings, clock=clock, chance=chance),
            "discogs": discogs_policy(settings, clock=clock, chance=chance),
            "euria": euria_policy(settings, clock=clock, chance=chance),
        }
        spotify = _spotify(settings, http, policies["spotify"], clock)
        discogs = _discogs(settings, http, policies["discogs"])
        euria = _euria(settings, http, policies["euria"])
        missing = {
            "spotify": () if spotify.is_enabled else _missing(settings, "spotify"),
            "discogs": discogs.missing_settings,
            "euria": () if euria.is_enabled else _missing(settings, "euria"),
        }
        queue, door = JobQueue(database, clock=clock), Door()
        clock.on_step(queue.wake)
        renderings = Renderings(languages)
        renderings.register(LateDescription, late_description_card)
        editor = LateEditor(
            database, door=door, renderings=renderings, cipher=_cipher(settings), clock=clock
        )
        descriptions = DescriptionService(discogs=discogs, euria=euria, clock=clock)
        late_descriptions = LateDescriptions(
            descriptions=descriptions, queue=queue, editor=editor, clock=clock
        )
        handlers = Handlers()
        handlers.register(WRITE_LATER, late_descriptions.write)
        services = Services(
            catalogue=CatalogueService(spotify=spotify, discogs=discogs),
            descriptions=descriptions,
            late_descriptions=late_descriptions,
            health=Health(
                policies=policies,
                missing_settings=missing,
                reduced=frozenset({"discogs"} if settings.discogs_enabled else ()),
                clock=clock,
            ),
            messages=ProgressiveMessages(clock=clock),
            door=door,
            answers=Answers(languages),
        )
        yield services, queue, handlers


async def run(settings: Settings, *, clock: Clock | None = None) -> int:
    """Run the bot until SIGTERM, SIGINT or a fatal error; returns the exit code.

    Raises:
        StartError: It cannot start.
    """
    if settings.discord_token is None:
        raise StartError(
            "DISCORD_TOKEN is not set. Put your bot's token into .env; `aime doctor` shows where "
            "it comes from, and `make demo` needs none."
        )
    point_discord_at(settings.discord_api_url, settings.discord_cdn_url)
    clock = clock or SystemClock()
    languages = Catalogue()
    # What is entered last ends first: answers and jobs while Discord is still connected, the
    # database when nobody writes any more.
    async with contextlib.AsyncExitStack() as stack:
        stop = stack.enter_context(stop_signals())
        database = await stack.enter_async_context(open_state(settings, clock=clock))
        services, queue, handlers = await stack.enter_async_context(
            upstream_services(settings, languages, database=database, clock=clock)
        )
        bot = AimeBot(
            services=services,
            languages=languages,
            guild_ids=settings.discord_guild_ids,
            shard_ids=settings.shard_ids,
            shard_count=settings.shard_count or None,
        )
        await stack.enter_async_context(_web(settings, bot))
        connection = await stack.enter_async_context(connected(bot, settings.discord_token))
        worker = Worker(queue, handlers, name=_worker_name(), clock=clock, chance=system_random())
        await stack.enter_async_context(working(worker, drain_seconds=_JOBS_SECONDS))
        await _first_of(connection, stop)
        _LOGGER.info("stopping")
        worker.stop()
        await bot.end_answers()
    _LOGGER.info("stopped")
    return 0


async def _first_of(connection: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Wait until somebody stops the bot; raises what ends the connection before."""
    stopping = asyncio.create_task(stop.wait(), name="signals")
    try:
        await asyncio.wait({connection, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if connection.done():
            connection.result()
    finally:
        stopping.cancel()


def _cipher(settings: Settings) -> TokenCipher:
    try:
        return TokenCipher(open_keys(settings.secret_keys, settings.data_dir))
    except KeysUnusable as error:
        raise StartError(str(error)) from error


def _worker_name() -> str:
    """Return a name that no other worker ever has; operators see where it runs."""
    return f"{platform.node()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


@asynccontextmanager
async def _web(settings: Settings, bot: AimeBot) -> AsyncIterator[None]:
    host, port = settings.web_host, settings.web_port
    try:
        async with web_server(
            host=host, port=port, is_ready=bot.is_ready, health=bot.services.health
        ) as chosen:
            _LOGGER.info("health pages at http://%s:%s/healthz", host, chosen)
            yield
    except PortTaken as error:
        raise StartError(
            f"WEB_PORT: {host}:{port} cannot be used ({error.strerror}; perhaps another copy of "
            "the bot runs). Set WEB_PORT to another port, or to 0 for any."
        ) from error


def _spotify(settings: Settings, http: HttpClient, policy: Policy, clock: Clock) -> SpotifyService:
    auth = None
    if settings.spotify_enabled and settings.spotify_client_id and settings.spotify_client_secret:
        auth = ClientCredentials(
            client_id=settings.spotify_client_id,
            client_secret=settings.spotify_client_secret,
            accounts_url=settings.spotify_accounts_url,
            http=http,
            clock=clock,
        )
    return SpotifyService(
        http=http,
        policy=policy,
        auth=auth,
        api_url=settings.spotify_api_url,
        market=settings.spotify_market,
        missing_settings=_missing(settings, "spotify"),
    )


def _discogs(settings: Settings, http: HttpClient, policy: Policy) -> DiscogsService:
    authorization = None
    if settings.discogs_token is not None:
        authorization = Secret(f"Discogs token={settings.discogs_token.reveal()}")
    return DiscogsService(
        http=http,
        policy=policy,
        authorization=authorization,
        api_url=settings.discogs_api_url,
        is_enabled=settings.discogs_enabled,
        release_fresh_seconds=settings.discogs_stale_hours * 3_600,
    )


def _euria(settings: Settings, http: HttpClient, policy: Policy) -> EuriaService:
    is_usable = settings.euria_enabled and settings.euria_base_url
    return EuriaService(
        http=http,
        policy=policy,
        token=settings.euria_token if is_usable else None,
        api_url=settings.euria_base_url,
        model=settings.euria_model,
        limits=StreamLimits(
            first=settings.euria_first_token_timeout_seconds,
            idle=settings.euria_idle_timeout_seconds,
            whole=settings.euria_timeout_seconds,
        ),
        missing_settings=_missing(settings, "euria"),
    )


def _missing(settings: Settings, upstream: str) -> tuple[str, ...]:
    """Return the names of the settings that ``upstream`` still needs."""
    if not getattr(settings, f"{upstream}_enabled"):
        return (f"{upstream.upper()}_ENABLED",)
    names: tuple[str, ...] = SPOTIFY_SETTINGS if upstream == "spotify" else EURIA_SETTINGS
    if upstream == "euria" and settings.euria_api_url:
        names = ("EURIA_TOKEN",)
    return tuple(name for name in names if not getattr(settings, name.lower()))
