"""The limits of each upstream, declared from the settings.

The numbers that are no settings come from the upstreams' documentation and measurements; see
``docs/upstreams/``.
"""

import random
from dataclasses import dataclass
from typing import Final

from bot.settings import Settings
from services.resilience.cache_store import CacheStore
from services.resilience.clock import Clock
from services.resilience.config import PolicyConfig
from services.resilience.daily_quota import QuotaStore
from services.resilience.events import Events
from services.resilience.policy import Policy
from services.resilience.rate_limiter import Rate
from services.resilience.retry import Backoff
from services.spotify.short_links import SHORT_LINK_SECONDS

_DISCOGS_ANONYMOUS_PER_MINUTE: Final = 25
# One second more than Discogs' own minute absorbs the skew between its clock and ours.
_DISCOGS_WINDOW_SECONDS: Final = 61.0
_DISCOGS_SPACING_SECONDS: Final = 0.5
# So many interactive calls find a permit while an import walks through a collection.
_DISCOGS_RESERVE: Final = 5
_NEGATIVE_SECONDS: Final = 60.0
# Shorter than anybody takes to press "try again", longer than a crowd takes to arrive.
_COOLDOWN_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Where a policy's memory outlives the process; None: nowhere."""

    cache: CacheStore | None = None
    quota: QuotaStore | None = None


_NOWHERE: Final = Stores()


def spotify_policy(
    settings: Settings,
    *,
    clock: Clock,
    chance: random.Random,
    stores: Stores = _NOWHERE,
    events: Events | None = None,
) -> Policy:
    """One request a second in the long run, five at once; so many a day, across restarts."""
    config = PolicyConfig(
        upstream="spotify",
        deadline=settings.spotify_deadline_seconds,
        attempt_timeout=settings.spotify_attempt_timeout_seconds,
        concurrency=4,
        concurrency_reserve=2,
        rate=Rate(permits=5, window=5.0),
        daily_requests=settings.spotify_daily_requests,
        backoff=Backoff(attempts=3, base=1.0, cap=8.0),
        breaker_failures=settings.spotify_breaker_failures,
        breaker_open=settings.spotify_breaker_open_seconds,
        stale_name="cache_from_previous_session",
        negative_seconds=_NEGATIVE_SECONDS,
        cooldown_seconds=_COOLDOWN_SECONDS,
    )
    return _policy(config, clock, chance, stores, events)


def short_link_policy(*, clock: Clock, chance: random.Random) -> Policy:
    """Five seconds in all and one attempt: who waits for a link can paste the long one instead.

    The hosts of short links are not the Web API: they spend nothing of its quota, and their
    trouble says nothing of its health.
    """
    config = PolicyConfig(
        upstream="spotify",
        deadline=SHORT_LINK_SECONDS,
        attempt_timeout=SHORT_LINK_SECONDS,
        concurrency=4,
        rate=Rate(permits=10, window=10.0),
        backoff=Backoff(attempts=1),
        cache_entries=500,
        cache_bytes=256 * 1024,
        negative_seconds=_NEGATIVE_SECONDS,
        cooldown_seconds=_COOLDOWN_SECONDS,
    )
    return Policy(config, clock=clock, chance=chance)


def discogs_policy(
    settings: Settings,
    *,
    clock: Clock,
    chance: random.Random,
    stores: Stores = _NOWHERE,
    events: Events | None = None,
) -> Policy:
    """Half a second apart and within Discogs' moving minute; the ADR's lightweight retry."""
    permits = settings.discogs_requests_per_minute
    if settings.discogs_token is None:
        permits = min(permits, _DISCOGS_ANONYMOUS_PER_MINUTE)
    config = PolicyConfig(
        upstream="discogs",
        deadline=settings.discogs_deadline_seconds,
        attempt_timeout=settings.discogs_attempt_timeout_seconds,
        concurrency=5,
        # An import that waits for its permits must not hold every slot meanwhile.
        concurrency_reserve=2,
        rate=Rate(
            permits=permits,
            window=_DISCOGS_WINDOW_SECONDS,
            spacing=_DISCOGS_SPACING_SECONDS,
            reserve=_DISCOGS_RESERVE,
        ),
        backoff=Backoff(attempts=3, floor=2.0, base=5.0, cap=5.0),
        breaker_failures=settings.discogs_breaker_failures,
        breaker_open=settings.discogs_breaker_open_seconds,
        retry_name="lightweight_retry",
        stale_name="cache_from_last_import",
        negative_seconds=_NEGATIVE_SECONDS,
        cooldown_seconds=_COOLDOWN_SECONDS,
    )
    return _policy(config, clock, chance, stores, events)


def euria_policy(
    settings: Settings, *, clock: Clock, chance: random.Random, events: Events | None = None
) -> Policy:
    """Few at once; what limits it is money and patience."""
    config = PolicyConfig(
        upstream="euria",
        deadline=settings.euria_deadline_seconds,
        attempt_timeout=settings.euria_attempt_timeout_seconds,
        concurrency=settings.euria_concurrency,
        concurrency_reserve=1 if settings.euria_concurrency > 1 else 0,
        queue=16,
        backoff=Backoff(attempts=3, base=2.0, cap=15.0),
        breaker_failures=settings.euria_breaker_failures,
        breaker_open=settings.euria_breaker_open_seconds,
    )
    return _policy(config, clock, chance, _NOWHERE, events)


def _policy(
    config: PolicyConfig,
    clock: Clock,
    chance: random.Random,
    stores: Stores,
    events: Events | None,
) -> Policy:
    return Policy(
        config,
        clock=clock,
        chance=chance,
        store=stores.cache,
        quota_store=stores.quota,
        events=events,
    )
