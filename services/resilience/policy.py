"""The policy of one upstream: every call goes through it, in one fixed order.

Outer to inner (the reasons are in ``docs/decisions/0002-order-of-the-policies.md``)::

    deadline -> fallback chain -> cache -> single-flight -> retry -> circuit breaker
    -> bulkhead -> rate limiter -> auth (one 401, one refresh, one replay) -> attempt timeout
    -> send

One object per upstream, made in ``bot/app.py`` from a declarative ``PolicyConfig``. Services
describe a call (``Call``); they never retry, wait, cache or time out by themselves.
"""

import logging
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import datetime, timedelta
from typing import TypeVar

from services.answers import Answer, Source
from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    CircuitOpen,
    DeadlineExceeded,
    ExternalServiceException,
    InvalidRequest,
    NotFound,
    RateLimitExceeded,
    UpstreamTimeout,
)
from services.resilience.bulkhead import Bulkhead
from services.resilience.cache import Cache
from services.resilience.circuit_breaker import UpstreamCircuitBreaker
from services.resilience.clock import Clock
from services.resilience.config import Call, PolicyConfig, StreamLimits
from services.resilience.daily_quota import DailyQuota, QuotaStore
from services.resilience.deadline import deadline
from services.resilience.rate_limiter import Allowance, RateLimiter
from services.resilience.retry import Retry
from services.resilience.single_flight import SingleFlight
from services.resilience.turnstile import Turnstile

_LOGGER = logging.getLogger(__name__)

T = TypeVar("T")


class Policy:
    """Sends calls to one upstream under all its limits."""

    def __init__(
        self,
        config: PolicyConfig,
        *,
        clock: Clock,
        chance: random.Random,
        quota_store: QuotaStore | None = None,
    ) -> None:
        """Build every part from ``config``.

        Args:
            config: The limits.
            clock: Where time comes from.
            chance: The source of all jitter.
            quota_store: Where a daily quota outlives the process; None: nowhere.
        """
        self.config = config
        self.breaker = UpstreamCircuitBreaker(
            config.upstream,
            failures=config.breaker_failures,
            open_seconds=config.breaker_open,
            clock=clock,
            chance=chance,
        )
        self.limiter = (
            RateLimiter(config.upstream, config.rate, clock=clock) if config.rate else None
        )
        self.quota = (
            DailyQuota(config.upstream, config.daily_requests, clock=clock, store=quota_store)
            if config.daily_requests
            else None
        )
        self._turnstile = Turnstile(self.limiter, self.quota)
        self.bulkhead = Bulkhead(
            config.upstream, concurrency=config.concurrency, queue=config.queue
        )
        self._retry = Retry(config.backoff, clock=clock, chance=chance)
        self._cache = Cache(capacity=config.cache_entries, clock=clock)
        self._flights = SingleFlight()
        self._clock = clock

    async def call(self, call: Call[T]) -> Answer[T]:
        """Return the upstream's answer, a kept one, or the first fallback that serves.

        Raises:
            NotFound: The upstream has no such thing (an answer, not an outage).
            InvalidRequest: The upstream calls the request wrong.
            ExternalServiceException: Any other failure, when no fallback serves.
        """
        try:
            async with self._deadline(call.operation):
                return await self._cached(call)
        except (NotFound, InvalidRequest):
            raise
        except ExternalServiceException as error:
            return await self._fall_back(call, error)

    async def stream(
        self, operation: str, produce: Callable[[], AsyncGenerator[T, None]], limits: StreamLimits
    ) -> AsyncGenerator[T, None]:
        """Yield the items of a stream: retried until the first one, never after it.

        The caller must close the iterator (``contextlib.aclosing``): that ends the request.

        Raises:
            UpstreamTimeout: Nothing came within the limits; after the first item this means the
                stream stalled, and what was yielded stands.
            ExternalServiceException: Any other failure, before or in mid-stream.
        """
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.bulkhead.slot())
            ends_at = self._now() + limits.whole
            # One limit for the first item, however many attempts it takes: people are waiting.
            first_by = min(ends_at, self._now() + limits.first)
            (items, first), generation = await self._retry.call(
                lambda: self.breaker.call_in_generation(
                    lambda: self._open_stream(operation, produce, first_by)
                ),
                repeatable=True,
                until=first_by,
            )
            stack.push_async_callback(items.aclose)
            if first is None:
                return
            yield first
            while True:
                limit = min(ends_at, self._now() + limits.idle)
                try:
                    item = await self._item(operation, items, limit)
                except ExternalServiceException as error:
                    self.breaker.record_failure(error, generation=generation)
                    raise
                if item is None:
                    return
                yield item

    def learn(self, allowance: Allowance | None) -> None:
        """Correct the rate limiter by what the answer to the call under way says.

        To be called inside ``Call.send``, for every answer that says something, errors included.
        """
        self._turnstile.learn(allowance)

    def _now(self) -> float:
        return self._clock.monotonic()

    def _deadline(
        self, operation: str, *, detached: bool = False
    ) -> AbstractAsyncContextManager[None]:
        seconds = self.config.deadline

        def expired() -> DeadlineExceeded:
            return DeadlineExceeded(
                self.config.upstream, operation, None, f"no answer within {seconds:g} s"
            )

        return deadline(self._clock, seconds, expired=expired, detached=detached)

    async def _cached(self, call: Call[T]) -> Answer[T]:
        if call.key is None:
            return self._live(await self._retried(call))
        entry = await self._cache.get(call.key, max_age=call.fresh)
        if entry is not None:
            value: T = entry.value  # type: ignore[assignment]  # only this key's type is stored
            return Answer(value=value, source=Source.CACHED, as_of=entry.as_of)
        return await self._flights.run(call.key, lambda: self._fill(call, call.key or ""))

    async def _fill(self, call: Call[T], key: str) -> Answer[T]:
        # Shared by several callers: the first one's deadline must not cut the others short.
        async with self._deadline(call.operation, detached=True):
            value = await self._retried(call)
            await self._cache.set(key, value)
            return self._live(value)

    def _live(self, value: T) -> Answer[T]:
        return Answer(value=value, source=Source.LIVE, as_of=self._clock.now())

    async def _retried(self, call: Call[T]) -> T:
        return await self._retry.call(
            lambda: self.breaker.call_async(self._admitted, call), repeatable=call.repeatable
        )

    async def _admitted(self, call: Call[T]) -> T:
        generation = self.breaker.generation
        async with self.bulkhead.slot():
            await self._turnstile.enter()
            try:
                # Others may have found the upstream dead while this call waited its turn.
                self.breaker.check_again(generation=generation)
            except CircuitOpen:
                self._turnstile.turn_back()
                raise
            try:
                return await self._authorized(call)
            except RateLimitExceeded as error:
                self._turnstile.refused(error, at_least=self.config.backoff.base)
                raise

    async def _authorized(self, call: Call[T]) -> T:
        try:
            return await self._attempt(call)
        except AccessDenied:
            raise
        except AuthenticationFailed:
            if call.renew is None:
                raise
            await call.renew()
            return await self._attempt(call)

    async def _attempt(self, call: Call[T]) -> T:
        limit = self._now() + self.config.attempt_timeout
        try:
            async with self._clock.timeout_at(limit):
                return await call.send()
        except TimeoutError as error:
            message = f"no answer within {self.config.attempt_timeout:g} s"
            raise UpstreamTimeout(self.config.upstream, call.operation, None, message) from error

    async def _fall_back(self, call: Call[T], error: ExternalServiceException) -> Answer[T]:
        retry_at = None
        if error.retry_after is not None:
            retry_at = self._clock.now() + timedelta(seconds=error.retry_after)

        def substitute(value: T, source: Source, as_of: datetime | None, rung: str) -> Answer[T]:
            _LOGGER.info("%s; answering with %s", error, rung)
            return Answer(value=value, source=source, as_of=as_of, retry_at=retry_at, error=error)

        tried: list[str] = []
        if call.key is not None and self.config.stale_name is not None:
            tried.append(self.config.stale_name)
            entry = await self._cache.get(call.key, max_age=call.stale)
            if entry is not None:
                kept: T = entry.value  # type: ignore[assignment]  # as in _cached
                answer = substitute(kept, Source.STALE, entry.as_of, tried[-1])
                return answer.with_tried(*tried)
        for rung in call.fallbacks:
            tried.append(rung.name)
            value = rung.make(error)
            if value is not None:
                answer = substitute(value, rung.source, None, rung.name)
                return answer.with_tried(*tried)
        raise error

    async def _open_stream(
        self, operation: str, produce: Callable[[], AsyncGenerator[T, None]], limit: float
    ) -> tuple[AsyncGenerator[T, None], T | None]:
        """Start a stream and wait for its first item; None when it ended without one."""
        items = produce()
        try:
            await self._turnstile.enter()
            return items, await self._item(operation, items, limit)
        except BaseException:
            await items.aclose()
            raise

    async def _item(self, operation: str, items: AsyncGenerator[T, None], limit: float) -> T | None:
        try:
            async with self._clock.timeout_at(limit):
                return await anext(items, None)
        except TimeoutError as error:
            message = "the stream fell silent"
            raise UpstreamTimeout(self.config.upstream, operation, None, message) from error
