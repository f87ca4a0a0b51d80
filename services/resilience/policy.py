"""The policy of one upstream: every call goes through it, in one fixed order.

Outer to inner (the reasons are in ``docs/decisions/0002-order-of-the-policies.md``)::

    deadline -> fallback chain -> cache -> single-flight -> retry -> circuit breaker
    -> bulkhead -> rate limiter -> auth (one 401, one refresh, one replay) -> attempt timeout
    -> send

One object per upstream, made in ``bot/app.py`` from a declarative ``PolicyConfig``. Services
describe a call (``Call``); they never retry, wait, cache or time out by themselves.
"""

import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TypeVar

from services.answers import Answer
from services.errors import (
    DeadlineExceeded,
    ExternalServiceException,
    InvalidRequest,
    NotFound,
    RateLimitExceeded,
    UpstreamTimeout,
)
from services.resilience.auth import RenewalFailed, authorized
from services.resilience.bulkhead import Bulkhead
from services.resilience.cache_store import CacheStore
from services.resilience.cached_calls import CachedCalls
from services.resilience.circuit_breaker import UpstreamCircuitBreaker
from services.resilience.clock import Clock
from services.resilience.config import Call, PolicyConfig, StreamLimits
from services.resilience.deadline import deadline
from services.resilience.events import Events
from services.resilience.load import Trail
from services.resilience.rate_limiter import RateLimiter
from services.resilience.retry import Retry

T = TypeVar("T")


class Policy:
    """Sends calls to one upstream under all its limits."""

    def __init__(
        self,
        config: PolicyConfig,
        *,
        clock: Clock,
        chance: random.Random,
        store: CacheStore | None = None,
        events: Events | None = None,
    ) -> None:
        """Build every part from ``config``.

        Args:
            config: The limits.
            clock: Where time comes from.
            chance: The source of all jitter.
            store: The cache's second level; None: answers are kept in memory only.
            events: Who is told what happens.
        """
        # Not `or`: it is false until somebody listens, which may be later.
        events = Events() if events is None else events
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
        self.bulkhead = Bulkhead(
            config.upstream, concurrency=config.concurrency, queue=config.queue
        )
        self._retry = Retry(config.backoff, clock=clock, chance=chance)
        self._clock = clock
        self._cached = CachedCalls(
            config,
            send=self._retried,
            limit=lambda operation: self._deadline(operation, detached=True),
            clock=clock,
            chance=chance,
            store=store,
            events=events,
        )
        self._fallbacks = self._cached.fallbacks

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
                value = await self._retried(call, trail)
                return self._fallbacks.live(call, value, retries=trail.retries)
        except (NotFound, InvalidRequest):
            raise
        except ExternalServiceException as error:
            return await self._fallbacks.serve(call, error, retries=trail.retries)

    async def aclose(self) -> None:
        """Cancel what runs in the background; kept answers get a moment to be stored."""
        await self._cached.aclose()

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

    async def _retried(self, call: Call[T], trail: Trail) -> T:
        def attempt() -> Awaitable[T]:
            trail.attempts += 1
            return self.breaker.call_async(self._admitted, call)

        try:
            return await self._retry.call(attempt, repeatable=call.repeatable)
        except RenewalFailed as failed:
            raise failed.error from failed.error.__cause__

    async def _admitted(self, call: Call[T]) -> T:
        generation = self.breaker.generation
        async with self.bulkhead.slot():
            if self.limiter is not None:
                await self.limiter.acquire()
            # Others may have found the upstream dead while this call waited its turn.
            self.breaker.check_again(generation=generation)
            try:
                if call.credential is None:
                    return await self._attempt(call)
                return await authorized(call.credential, lambda: self._attempt(call))
            except RateLimitExceeded as error:
                if self.limiter is not None:
                    self.limiter.freeze(error.retry_after or self.config.backoff.base)
                raise

    async def _attempt(self, call: Call[T]) -> T:
        limit = self._now() + self.config.attempt_timeout
        try:
            async with self._clock.timeout_at(limit):
                return await call.send()
        except TimeoutError as error:
            message = f"no answer within {self.config.attempt_timeout:g} s"
            raise UpstreamTimeout(self.config.upstream, call.operation, None, message) from error

    async def _open_stream(
        self, operation: str, produce: Callable[[], AsyncGenerator[T, None]], limit: float
    ) -> tuple[AsyncGenerator[T, None], T | None]:
        """Start a stream and wait for its first item; None when it ended without one."""
        items = produce()
        try:
            if self.limiter is not None:
                await self.limiter.acquire()
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
