"""The policy of one upstream: every call goes through it, in one fixed order.

Outer to inner (the reasons are in ``docs/decisions/0002-order-of-the-policies.md``)::

    deadline -> fallback chain -> cache -> single-flight -> retry -> circuit breaker
    -> bulkhead -> auth (one 401, one refresh, one replay) -> rate limiter -> attempt timeout
    -> send

One object per upstream, made in ``bot/policies.py`` from a declarative ``PolicyConfig``. Services
describe a call (``Call``); they never retry, wait, cache or time out by themselves.
"""

import random
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from services.answers import Answer
from services.errors import (
    DeadlineExceeded,
    ExternalServiceException,
    InvalidRequest,
    NotFound,
    RefusedLocally,
)
from services.resilience.bulkhead import Bulkhead, OnPlace
from services.resilience.cache_store import CacheStore
from services.resilience.cached_calls import CachedCalls
from services.resilience.circuit_breaker import UpstreamCircuitBreaker
from services.resilience.clock import Clock
from services.resilience.config import Call, PolicyConfig, StreamLimits
from services.resilience.daily_quota import DailyQuota, QuotaStore
from services.resilience.deadline import deadline
from services.resilience.events import Events, Refused
from services.resilience.load import Trail
from services.resilience.rate_limiter import Allowance, RateLimiter
from services.resilience.sending import Sending
from services.resilience.turnstile import Turnstile

T = TypeVar("T")


class Policy:
    """Sends calls to one upstream under all its limits.

    Attributes:
        config: The limits.
        breaker: The upstream's circuit breaker.
        bulkhead: Its slots.
        limiter: Its rate limiter, or None.
        quota: Its daily quota, or None.
    """

    def __init__(
        self,
        config: PolicyConfig,
        *,
        clock: Clock,
        chance: random.Random,
        store: CacheStore | None = None,
        quota_store: QuotaStore | None = None,
        events: Events | None = None,
    ) -> None:
        """Build every part from ``config``.

        Args:
            config: The limits.
            clock: Where time comes from.
            chance: The source of all jitter.
            store: The cache's second level; None: answers are kept in memory only.
            quota_store: Where a daily quota outlives the process; None: nowhere.
            events: Who is told what happens.
        """
        self.config = config
        self._clock = clock
        # Not `or`: it is false until somebody listens, which may be later.
        self._events = Events() if events is None else events
        self._build_limits(clock, chance, quota_store)
        self._sending = Sending(
            config,
            breaker=self.breaker,
            bulkhead=self.bulkhead,
            turnstile=self._turnstile,
            clock=clock,
            chance=chance,
            events=self._events,
        )
        self._cached = CachedCalls(
            config,
            send=self._sending.send,
            limit=lambda operation: self._deadline(operation, detached=True),
            clock=clock,
            chance=chance,
            store=store,
            events=self._events,
        )
        self._fallbacks = self._cached.fallbacks

    def _build_limits(
        self, clock: Clock, chance: random.Random, quota_store: QuotaStore | None
    ) -> None:
        config, upstream, events = self.config, self.config.upstream, self._events
        self.breaker = UpstreamCircuitBreaker(
            upstream,
            failures=config.breaker_failures,
            open_seconds=config.breaker_open,
            rules=config.breaker,
            clock=clock,
            chance=chance,
            events=events,
        )
        self.limiter = (
            RateLimiter(upstream, config.rate, clock=clock, events=events) if config.rate else None
        )
        self.quota = (
            DailyQuota(upstream, config.daily_requests, clock=clock, store=quota_store)
            if config.daily_requests
            else None
        )
        self.bulkhead = Bulkhead(
            upstream,
            concurrency=config.concurrency,
            queue=config.queue,
            reserve=config.concurrency_reserve,
        )
        self._turnstile = Turnstile(self.limiter, self.quota)

    async def call(self, call: Call[T]) -> Answer[T]:
        """Return the upstream's answer, a kept one, or the first fallback that serves.

        Raises:
            NotFound: The upstream has no such thing (an answer, not an outage).
            InvalidRequest: The upstream calls the request wrong.
            ExternalServiceException: Any other failure, when no fallback serves.
        """
        key = call.key
        if key is not None:
            # A hit waits for nothing, so it needs no deadline.
            kept = await self._cached.at_once(call, key)
            if kept is not None:
                return kept
        trail = Trail()
        try:
            async with self._deadline(call.operation):
                if key is not None:
                    return await self._cached.answer(call, key, trail)
                value = await self._sending.send(call, trail)
                return self._fallbacks.live(call, value, retries=trail.retries)
        except (NotFound, InvalidRequest):
            raise
        except ExternalServiceException as error:
            if self._events and isinstance(error, RefusedLocally):
                reason = type(error).__name__
                self._events.emit(
                    Refused(upstream=self.config.upstream, operation=call.operation, reason=reason)
                )
            return await self._fallbacks.serve(call, error, retries=trail.retries)

    def stream(
        self,
        operation: str,
        produce: Callable[[], AsyncGenerator[T, None]],
        limits: StreamLimits,
        *,
        on_place: OnPlace | None = None,
    ) -> AsyncGenerator[T, None]:
        """Yield the items of a stream: retried until the first one, never after it.

        The caller must close the iterator (``contextlib.aclosing``): that ends the request.

        Args:
            operation: Its name without the upstream.
            produce: Opens the stream once.
            limits: When it counts as dead.
            on_place: Told the place in the queue while the stream waits for its slot.

        Raises:
            UpstreamTimeout: Nothing came within the limits; after the first item this means the
                stream stalled, and what was yielded stands.
            ExternalServiceException: Any other failure, before or in mid-stream.
        """
        return self._sending.stream(operation, produce, limits, on_place)

    def learn(self, allowance: Allowance | None) -> None:
        """Correct the rate limiter by what the answer to the call under way says.

        To be called inside ``Call.send``, for every answer that says something, errors included.
        """
        self._turnstile.learn(allowance)

    async def aclose(self) -> None:
        """Cancel what runs in the background; kept answers get a moment to be stored."""
        await self._cached.aclose()

    def _deadline(
        self, operation: str, *, detached: bool = False
    ) -> AbstractAsyncContextManager[None]:
        seconds = self.config.deadline

        def expired() -> DeadlineExceeded:
            return DeadlineExceeded(
                self.config.upstream, operation, None, f"no answer within {seconds:g} s"
            )

        return deadline(self._clock, seconds, expired=expired, detached=detached)
