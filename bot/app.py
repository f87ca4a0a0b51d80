"""The composition root: makes every object from the settings, and closes what it made."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import discord

from bot.client import AimeBot, point_discord_at
from bot.errors import Answers
from bot.i18n import Catalogue
from bot.policies import discogs_policy, euria_policy, spotify_policy
from bot.services import Services
from bot.settings import Settings
from bot.ui.stream import ProgressiveMessages
from bot.web import PortTaken, web_server
from services.catalogue.service import CatalogueService
from services.descriptions.service import DescriptionService
from services.discogs.service import DiscogsService
from services.euria.service import SETTINGS as EURIA_SETTINGS
from services.euria.service import EuriaService
from services.health import Health
from services.http import HttpClient, open_session
from services.resilience.clock import Clock, SystemClock, system_random
from services.resilience.config import StreamLimits
from services.resilience.policy import Policy
from services.secret import Secret
from services.spotify.auth import ClientCredentials
from services.spotify.service import SETTINGS as SPOTIFY_SETTINGS
from services.spotify.service import SpotifyService

_LOGGER = logging.getLogger(__name__)


class StartError(Exception):
    """The bot cannot start; the text says why and what to do, in one line."""


@asynccontextmanager
async def upstream_services(
    settings: Settings, languages: Catalogue, *, clock: Clock
) -> AsyncIterator[Services]:
    """Make the services, with one HTTP session for all upstreams."""
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            open_session(user_agent=settings.discogs_user_agent)
        )
        http = HttpClient(session, clock=clock)
        chance = system_random()
        policies = {
            "spotify": spotify_policy(settings, clock=clock, chance=chance),
            "discogs": discogs_policy(settings, clock=clock, chance=chance),
            "euria": euria_policy(settings, clock=clock, chance=chance),
        }
        for policy in policies.values():
            stack.push_async_callback(policy.aclose)  # before the session its refreshes use
        spotify = _spotify(settings, http, policies["spotify"], clock)
        discogs = _discogs(settings, http, policies["discogs"])
        euria = _euria(settings, http, policies["euria"])
        missing = {
            "spotify": () if spotify.is_enabled else _missing(settings, "spotify"),
            "discogs": discogs.missing_settings,
            "euria": () if euria.is_enabled else _missing(settings, "euria"),
        }
        yield Services(
            catalogue=CatalogueService(spotify=spotify, discogs=discogs),
            descriptions=DescriptionService(discogs=discogs, euria=euria, clock=clock),
            health=Health(
                policies=policies,
                missing_settings=missing,
                reduced=frozenset({"discogs"} if settings.discogs_enabled else ()),
                clock=clock,
            ),
            messages=ProgressiveMessages(clock=clock),
            answers=Answers(languages),
        )


async def run(settings: Settings, *, clock: Clock | None = None) -> None:
    """Run the bot until SIGTERM, SIGINT or a fatal error.

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
    async with contextlib.AsyncExitStack() as stack:
        services = await stack.enter_async_context(
            upstream_services(settings, languages, clock=clock)
        )
        bot = AimeBot(
            services=services,
            languages=languages,
            guild_ids=settings.discord_guild_ids,
            shard_ids=settings.shard_ids,
            shard_count=settings.shard_count or None,
        )
        await stack.enter_async_context(_web(settings, bot))
        stack.push_async_callback(bot.close)
        await _run_until_signal(bot, settings.discord_token)
        _LOGGER.info("stopping")
    _LOGGER.info("stopped")


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


async def _run_until_signal(bot: AimeBot, token: Secret) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    connection = asyncio.create_task(_connect(bot, token), name="discord")
    stopping = asyncio.create_task(stop.wait(), name="signals")
    try:
        await asyncio.wait({connection, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if connection.done():
            connection.result()  # raises what ended it
    finally:
        stopping.cancel()
        await bot.close()
        connection.cancel()
        with contextlib.suppress(asyncio.CancelledError, StartError):
            await connection
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)


async def _connect(bot: AimeBot, token: Secret) -> None:
    """Log in and stay connected.

    Raises:
        StartError: Discord refuses the token or cannot be reached.
    """
    try:
        await bot.start(token.reveal())
    except discord.LoginFailure as error:
        raise StartError(
            "DISCORD_TOKEN: Discord does not accept this token. Reset it in the developer portal "
            "(Bot > Reset Token) and put the new one into .env."
        ) from error
    except (aiohttp.ClientError, OSError) as error:
        raise StartError(
            f"Discord cannot be reached ({type(error).__name__}). Check the network, a proxy, and "
            "DISCORD_API_URL."
        ) from error
    except discord.HTTPException as error:
        raise StartError(
            f"Discord refused the start with status {error.status}. Try again in a minute; "
            "https://discordstatus.com tells whether it is down."
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
