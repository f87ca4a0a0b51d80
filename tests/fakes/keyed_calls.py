"""Builders for calls with a cache key, and for the policy they go through."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from fakes.calls import Script
from fakes.chance import FixedChance
from fakes.clock import VirtualClock
from fakes.stores import MemoryStore
from services.errors import ExternalServiceException, NotFound, UpstreamServerError
from services.resilience.codec import Codec
from services.resilience.config import Call, PolicyConfig
from services.resilience.events import CacheRead, Events
from services.resilience.policy import Policy
from services.resilience.retry import Backoff

T = TypeVar("T")

DOWN = UpstreamServerError("discogs", "search", 503)
GONE = NotFound("discogs", "search", 404)
CODEC: Codec[object] = Codec(object)
STALE_NAME = "cache_from_last_import"


def keyed_policy(
    clock: VirtualClock,
    *,
    store: MemoryStore | None = None,
    events: Events | None = None,
    chance: float = 0.0,
    deadline_seconds: float = 30,
    attempts: int = 1,
    stale_name: str | None = STALE_NAME,
    negative_seconds: float = 0,
    cooldown_seconds: float = 0,
    cache_entries: int = 100,
    cache_bytes: int = 1_000_000,
) -> Policy:
    """Return a policy that remembers no failure and repeats nothing, unless told to."""
    config = PolicyConfig(
        upstream="discogs",
        deadline=deadline_seconds,
        attempt_timeout=60,
        concurrency=1_000,
        backoff=Backoff(attempts=attempts, floor=2.0, base=5.0, cap=5.0),
        breaker_failures=1_000,
        retry_name="lightweight_retry",
        stale_name=stale_name,
        negative_seconds=negative_seconds,
        cooldown_seconds=cooldown_seconds,
        cache_entries=cache_entries,
        cache_bytes=cache_bytes,
    )
    return Policy(config, clock=clock, chance=FixedChance(chance), store=store, events=events)


def keyed_call(
    send: Callable[[], Awaitable[T]],
    *,
    key: str = "key",
    codec: Codec[T] | None = None,
    fresh: float = 60,
    swr: float = 0,
    stale: float = 3_600,
    patience: float | None = None,
) -> Call[T]:
    """Return a call that is fresh for a minute and may stand in for an hour."""
    return Call(
        operation="search",
        send=send,
        key=key,
        codec=codec,
        fresh=fresh,
        swr=swr,
        stale=stale,
        patience=patience,
    )


async def failure(policy: Policy, call: Call[T]) -> ExternalServiceException:
    """Return what ``call`` fails with."""
    with pytest.raises(ExternalServiceException) as caught:
        await policy.call(call)
    return caught.value


def cache_read(outcome: str, level: int = 1) -> CacheRead:
    """Return the event of a read."""
    return CacheRead(upstream="discogs", operation="search", outcome=outcome, level=level)


async def start_a_session(clock: VirtualClock, store: MemoryStore) -> None:
    """Ask once, and stop the bot: what was found is in ``store``."""
    policy = keyed_policy(clock, store=store)
    await policy.call(keyed_call(Script[object]("found"), codec=CODEC))
    await policy.aclose()
