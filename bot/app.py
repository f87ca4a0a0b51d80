"""The composition root: makes every object from the settings, and closes what it made.

What needs no closing is made in ``bot/assembly.py``.
"""

import asyncio
import contextlib
import logging
import os
import platform
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from bot.assembly import make_services
from bot.callbacks import DiscogsCallback, SpotifyCallback
from bot.client import AimeBot, point_discord_at
from bot.collecting import Jobs
from bot.connection import connected
from bot.i18n import Catalogue
from bot.services import Services
from bot.settings import Settings
from bot.spotify_app import redirect_path
from bot.spotify_login import REFRESH_SECONDS
from bot.state import StartError, open_state
from bot.stopping import stop_signals
from bot.ui.pictures import open_pictures
from bot.upstreams import open_upstreams
from bot.web import PortTaken, web_server
from services.digests.planning import planning
from services.jobs.worker import Worker, working
from services.resilience.clock import Clock, SystemClock, system_random
from services.secret import Secret
from services.spotify.short_links import Hosts

_LOGGER = logging.getLogger(__name__)


_JOBS_SECONDS: Final = 2.0
"""How long jobs may take to end when the bot stops; the answers' 5 s and the worker's own 2 s for
letting go make 9 of the 10 s that a stop may take."""


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
        services, jobs = make_services(
            settings, languages, upstreams, database, pictures=pictures, clock=clock
        )
        stack.push_async_callback(services.descriptions.aclose)
        stack.push_async_callback(services.spotify_links.close, REFRESH_SECONDS)
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
        await stack.enter_async_context(planning(services.digests.planner))
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


def _worker(jobs: Jobs, clock: Clock) -> Worker:
    return Worker(
        jobs.queue,
        jobs.handlers,
        name=_worker_name(),
        clock=clock,
        chance=system_random(),
        concurrency=jobs.at_once,
    )


def _worker_name() -> str:
    """Return a name that no other worker ever has; operators see where it runs."""
    return f"{platform.node()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def _callbacks(settings: Settings, services: Services, languages: Catalogue) -> list[web.RouteDef]:
    """Return the pages that upstreams send people back to."""
    routes: list[web.RouteDef] = []
    if services.discogs_callback:
        discogs = DiscogsCallback(
            links=services.discogs_links, syncs=services.collection_sync, languages=languages
        )
        routes += discogs.routes()
    if services.spotify_links.is_enabled:
        path = redirect_path(settings)
        spotify = SpotifyCallback(path=path, links=services.spotify_links, languages=languages)
        routes += spotify.routes()
    return routes


@asynccontextmanager
async def _web(settings: Settings, bot: AimeBot, languages: Catalogue) -> AsyncIterator[None]:
    host, port = settings.web_host, settings.web_port
    services = bot.services
    more = _callbacks(settings, services, languages)
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
