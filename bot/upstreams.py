"""The upstreams: their policies, their services, and how they are doing."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from bot.linking import open_short_links
from bot.policies import Stores, discogs_policy, euria_policy, spotify_policy
from bot.settings import Settings
from bot.spotify_app import (
    make_spotify_oauth,
    make_spotify_sender,
    missing_settings,
    open_capabilities,
)
from services.discogs.oauth import DiscogsOAuth
from services.discogs.service import DiscogsService
from services.euria.budget import TokenBudget
from services.euria.service import SETTINGS as EURIA_SETTINGS
from services.euria.service import EuriaService
from services.health import Health
from services.http import HttpClient, open_session
from services.resilience.clock import Clock, system_random
from services.resilience.config import StreamLimits
from services.resilience.daily_quota import DailyQuota
from services.resilience.events import Events
from services.resilience.penalties import Penalties
from services.resilience.policy import Policy
from services.secret import Secret
from services.spotify.oauth import SpotifyOAuth
from services.spotify.sending import SpotifySender
from services.spotify.service import SpotifyService
from services.spotify.short_links import Hosts, ShortLinks
from services.storage.database import Database
from services.storage.errors import DatabaseUnavailable
from services.storage.resilience import (
    DatabaseBreakerStore,
    DatabaseCacheStore,
    DatabaseQuotaStore,
)

_LOGGER = logging.getLogger(__name__)

_STORING_SECONDS: Final = 1.0
"""How long storing may hold up a stop: what answers and jobs leave of its 10 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstreams:
    """The service of each upstream, and their health together."""

    spotify: SpotifyService
    spotify_sender: SpotifySender
    short_links: ShortLinks
    spotify_quota: DailyQuota | None
    spotify_oauth: SpotifyOAuth | None
    discogs: DiscogsService
    discogs_oauth: DiscogsOAuth | None
    euria: EuriaService
    health: Health


@asynccontextmanager
async def open_upstreams(
    settings: Settings,
    database: Database,
    *,
    clock: Clock,
    short_link_hosts: Hosts | None = None,
) -> AsyncIterator[Upstreams]:
    """Make the services of the upstreams, with one HTTP session for all of them.

    What their policies must remember across restarts is kept in ``database``; while that is away
    they go on from memory.
    """
    async with AsyncExitStack() as stack:
        agent = settings.discogs_user_agent
        session = await stack.enter_async_context(open_session(user_agent=agent))
        http = HttpClient(session, clock=clock)
        policies = _policies(settings, database, clock)
        budget = _token_budget(settings, database, clock)
        # Ends before the session that refreshes use.
        await stack.enter_async_context(_remembering(policies, budget, database, clock))
        known = await stack.enter_async_context(open_capabilities(database, clock))
        sender = make_spotify_sender(settings, http, policies["spotify"], known, clock)
        short_links = await stack.enter_async_context(
            open_short_links(settings, http, clock=clock, hosts=short_link_hosts)
        )
        spotify = SpotifyService(sender, market=settings.spotify_market)
        discogs = _discogs(settings, http, policies["discogs"])
        euria = _euria(settings, http, policies["euria"], budget, clock)
        missing = {
            "spotify": missing_settings(settings),
            "discogs": discogs.missing_settings,
            "euria": _missing_of_euria(settings),
        }
        health = Health(
            policies=policies,
            missing_settings=missing,
            reduced=frozenset({"discogs"} if settings.discogs_enabled else ()),
            clock=clock,
        )
        yield Upstreams(
            spotify=spotify,
            spotify_sender=sender,
            short_links=short_links,
            spotify_quota=policies["spotify"].quota,
            spotify_oauth=make_spotify_oauth(settings, http, policies["spotify"], clock),
            discogs=discogs,
            discogs_oauth=_discogs_oauth(settings, http, policies["discogs"], clock),
            euria=euria,
            health=health,
        )


def _policies(settings: Settings, database: Database, clock: Clock) -> dict[str, Policy]:
    chance, events = system_random(), Events()
    if _LOGGER.isEnabledFor(logging.DEBUG):
        events.subscribe(lambda event: _LOGGER.debug("%s", event))
    stores = Stores(
        cache=DatabaseCacheStore(database, clock=clock), quota=DatabaseQuotaStore(database)
    )
    return {
        "spotify": spotify_policy(
            settings, clock=clock, chance=chance, stores=stores, events=events
        ),
        "discogs": discogs_policy(
            settings, clock=clock, chance=chance, stores=stores, events=events
        ),
        "euria": euria_policy(settings, clock=clock, chance=chance, events=events),
    }


def _token_budget(settings: Settings, database: Database, clock: Clock) -> TokenBudget | None:
    if not settings.euria_daily_tokens:
        return None
    store = DatabaseQuotaStore(database)
    return TokenBudget(settings.euria_daily_tokens, clock=clock, store=store)


@asynccontextmanager
async def _remembering(
    policies: Mapping[str, Policy], budget: TokenBudget | None, database: Database, clock: Clock
) -> AsyncIterator[None]:
    """Begin with what earlier processes counted and were told; store the rest at the end."""
    breakers = {name: policy.breaker for name, policy in policies.items()}
    penalties = Penalties(breakers, DatabaseBreakerStore(database))
    await penalties.restore()
    tokens = budget.quota if budget is not None else None
    for quota in (*(policy.quota for policy in policies.values()), tokens):
        await _load(quota)
    keeping = asyncio.create_task(penalties.run(), name="penalties")
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.wait({keeping})
        try:
            async with clock.timeout_at(clock.monotonic() + _STORING_SECONDS):
                ends = (*map(_close, policies.values()), _close_quota(tokens))
                await asyncio.gather(penalties.flush(), *ends)
        except TimeoutError:
            _LOGGER.warning("what the upstreams answered last could not be stored in time")


async def _load(quota: DailyQuota | None) -> None:
    if quota is not None:
        try:
            await quota.load()
        except DatabaseUnavailable as error:
            _LOGGER.warning("what was used of today's quotas is not known (%s)", error)


async def _close(policy: Policy) -> None:
    """End its refreshes, then store its answers and the exact count of its requests."""
    await policy.aclose()
    await _close_quota(policy.quota)


async def _close_quota(quota: DailyQuota | None) -> None:
    if quota is not None:
        with suppress(DatabaseUnavailable):  # then a little counts that was not used
            await quota.close()


def _discogs(settings: Settings, http: HttpClient, policy: Policy) -> DiscogsService:
    authorization = None
    if settings.discogs_token is not None:
        authorization = Secret(f"Discogs token={settings.discogs_token.reveal()}")
    application = None
    if settings.discogs_consumer_key and settings.discogs_consumer_secret:
        secret = settings.discogs_consumer_secret.reveal()
        application = Secret(f"Discogs key={settings.discogs_consumer_key}, secret={secret}")
    return DiscogsService(
        http=http,
        policy=policy,
        authorization=authorization,
        application=application,
        api_url=settings.discogs_api_url,
        is_enabled=settings.discogs_enabled,
        release_fresh_seconds=settings.discogs_stale_hours * 3_600,
    )


def _discogs_oauth(
    settings: Settings, http: HttpClient, policy: Policy, clock: Clock
) -> DiscogsOAuth | None:
    key, secret = settings.discogs_consumer_key, settings.discogs_consumer_secret
    if not settings.discogs_enabled or not key or secret is None:
        return None
    return DiscogsOAuth(
        http=http,
        policy=policy,
        consumer_key=key,
        consumer_secret=secret,
        api_url=settings.discogs_api_url,
        authorize_url=settings.discogs_authorize_url,
        clock=clock,
        chance=system_random(),
    )


def _euria(
    settings: Settings, http: HttpClient, policy: Policy, budget: TokenBudget | None, clock: Clock
) -> EuriaService:
    is_usable = settings.euria_enabled and settings.euria_base_url
    return EuriaService(
        http=http,
        policy=policy,
        clock=clock,
        token=settings.euria_token if is_usable else None,
        api_url=settings.euria_base_url,
        model=settings.euria_model,
        limits=StreamLimits(
            first=settings.euria_first_token_timeout_seconds,
            idle=settings.euria_idle_timeout_seconds,
            whole=settings.euria_timeout_seconds,
        ),
        capabilities=settings.euria_model_capabilities.of(settings.euria_model),
        budget=budget,
        missing_settings=_missing_of_euria(settings),
    )


def _missing_of_euria(settings: Settings) -> tuple[str, ...]:
    """Return the names of the settings that EurIA still needs."""
    if not settings.euria_enabled:
        return ("EURIA_ENABLED",)
    names = ("EURIA_TOKEN",) if settings.euria_api_url else EURIA_SETTINGS
    return tuple(name for name in names if not getattr(settings, name.lower()))
