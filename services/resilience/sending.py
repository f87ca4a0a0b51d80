"""Sending one call: retried, through the circuit breaker, in a slot, authorised, with a permit.

This is the inner half of a policy, from the retry down to the attempt's own limit. What is around
it (fallbacks, the cache, shared loads) decides whether anything is sent at all.
"""

import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeVar

from services.errors import (
    CircuitOpen,
    ExternalServiceException,
    RateLimitExceeded,
    UpstreamTimeout,
)
from services.resilience._circuit import Admission
from services.resilience.auth import RenewalFailed, authorized
from services.resilience.bulkhead import Bulkhead, OnPlace
from services.resilience.circuit_breaker import UpstreamCircuitBreaker
from services.resilience.clock import Clock
from services.resilience.config import Call, PolicyConfig, StreamLimits
from services.resilience.events import AttemptEnded, Events
from services.resilience.load import Trail
from services.resilience.retry import Retry
from services.resilience.retry_budget import RetryBudget
from services.resilience.turnstile import Turnstile

T = TypeVar("T")

Produce = Callable[[], AsyncGenerator[T, None]]


class Sending:
    """Sends calls and opens streams under the limits of one upstream."""

    def __init__(
        self,
        config: PolicyConfig,
        *,
        breaker: UpstreamCircuitBreaker,
        bulkhead: Bulkhead,
        turnstile: Turnstile,
        clock: Clock,
        chance: random.Random,
        events: Events,
    ) -> None:
        """Pass everything through these parts, which all calls to the upstream share."""
        self._config = config
        self._breaker = breaker
        self._bulkhead = bulkhead
        self._turnstile = turnstile
        self._clock = clock
        self._events = events
        self._retry = Retry(
            config.backoff,
            budget=RetryBudget(config.retry_budget),
            clock=clock,
            chance=chance,
            events=events,
        )

    async def send(self, call: Call[T], trail: Trail, /) -> T:
        """Return the upstream's answer, counting attempts in ``trail``.

        Raises:
            ExternalServiceException: The last failure, or the refusal to send.
        """

        def attempt() -> Awaitable[T]:
            trail.attempts += 1
            return self._breaker.call_admitted(lambda admission: self._admitted(admission, call))

        try:
            return await self._retry.call(attempt, repeatable=call.repeatable)
        except RenewalFailed as failed:
            raise failed.error from failed.error.__cause__

    async def stream(
        self,
        operation: str,
        produce: Produce[T],
        limits: StreamLimits,
        on_place: OnPlace | None,
    ) -> AsyncGenerator[T, None]:
        """Yield the items of a stream; see ``Policy.stream``."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._bulkhead.slot(on_place))
            ends_at = self._now() + limits.whole
            # One limit for the first item, however many attempts it takes: people are waiting.
            first_by = min(ends_at, self._now() + limits.first)
            items, first, admission = await self._retry.call(
                lambda: self._breaker.call_admitted(
                    lambda admission: self._opened(admission, operation, produce, first_by)
                ),
                repeatable=True,
                until=first_by,
            )
            stack.push_async_callback(items.aclose)
            item = first
            while item is not None:
                yield item
                limit = min(ends_at, self._now() + limits.idle)
                try:
                    item = await self._item(operation, items, limit)
                except ExternalServiceException as error:
                    self._breaker.record_failure(error, generation=admission.generation)
                    raise

    def _now(self) -> float:
        return self._clock.monotonic()

    async def _admitted(self, admission: Admission, call: Call[T]) -> T:
        await self._bulkhead.acquire()
        try:
            if call.credential is None:
                return await self._permitted(admission, call)
            # Each sending pays its own permit right before: fetching a credential takes time, in
            # which a permit would grow old, and the replay is a request like any other.
            return await authorized(call.credential, lambda: self._permitted(admission, call))
        finally:
            self._bulkhead.release()

    async def _permitted(self, admission: Admission, call: Call[T]) -> T:
        await self._begin(admission)
        try:
            return await self._attempt(call)
        except RateLimitExceeded as error:
            self._turnstile.refused(error, at_least=self._config.backoff.base)
            raise

    async def _begin(self, admission: Admission) -> None:
        """Wait for the permit to send one request."""
        await self._turnstile.enter()
        try:
            # Others may have found the upstream dead while this call waited its turn.
            self._breaker.start(admission)
        except CircuitOpen:
            self._turnstile.turn_back()
            raise

    async def _attempt(self, call: Call[T]) -> T:
        if not self._events:
            return await self._limited(call)
        began_at, outcome = self._now(), "success"
        try:
            return await self._limited(call)
        except BaseException as error:
            outcome = type(error).__name__
            raise
        finally:
            self._ended(call.operation, began_at, outcome)

    async def _limited(self, call: Call[T]) -> T:
        limit = self._now() + self._config.attempt_timeout
        try:
            async with self._clock.timeout_at(limit):
                return await call.send()
        except TimeoutError as error:
            message = f"no answer within {self._config.attempt_timeout:g} s"
            raise UpstreamTimeout(self._config.upstream, call.operation, None, message) from error

    async def _opened(
        self, admission: Admission, operation: str, produce: Produce[T], limit: float
    ) -> tuple[AsyncGenerator[T, None], T | None, Admission]:
        """Start a stream and wait for its first item; None when it ended without one."""
        items = produce()
        began_at, outcome = self._now(), "success"
        try:
            await self._begin(admission)
            began_at = self._now()
            return items, await self._item(operation, items, limit), admission
        except BaseException as error:
            outcome = type(error).__name__
            await items.aclose()
            if isinstance(error, RateLimitExceeded):
                self._turnstile.refused(error, at_least=self._config.backoff.base)
            raise
        finally:
            if self._events:
                self._ended(operation, began_at, outcome)

    async def _item(self, operation: str, items: AsyncGenerator[T, None], limit: float) -> T | None:
        try:
            async with self._clock.timeout_at(limit):
                return await anext(items, None)
        except TimeoutError as error:
            message = "the stream fell silent"
            raise UpstreamTimeout(self._config.upstream, operation, None, message) from error

    def _ended(self, operation: str, began_at: float, outcome: str) -> None:
        seconds = self._now() - began_at
        upstream = self._config.upstream
        self._events.emit(
            AttemptEnded(upstream=upstream, operation=operation, seconds=seconds, outcome=outcome)
        )
