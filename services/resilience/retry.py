"""Retry: tenacity's loop, entered only after a first failure.

The happy path costs one ``await``; tenacity (~25 µs per call) is built when there is something
to repeat. Every call gets its own ``AsyncRetrying``: sharing one between tasks mixes up their
attempts. Waits are full jitter, also at the cap, and the upstream's own Retry-After wins. What all
calls to one upstream repeat is limited by its ``RetryBudget``.
"""

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf
from typing import TypeVar, cast

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from services.errors import (
    ExternalServiceException,
    RateLimitExceeded,
    RefusedLocally,
    ServiceDown,
    UpstreamUnreachable,
)
from services.resilience import deadline
from services.resilience.clock import Clock
from services.resilience.events import Events, RetryDenied, RetryScheduled
from services.resilience.retry_budget import RetryBudget

_LOGGER = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How long to wait between attempts, in seconds.

    Attributes:
        attempts: Calls in all, the first one included; 1 means never repeat.
        floor: The shortest wait.
        base: The ceiling of the first wait; doubles with every retry.
        cap: The ceiling never grows beyond this.
        longest_retry_after: A Retry-After above this is not waited for.
    """

    attempts: int = 3
    floor: float = 0.0
    base: float = 0.5
    cap: float = 8.0
    longest_retry_after: float = 5.0

    def seconds(self, retry: int, chance: random.Random) -> float:
        """Return the wait before retry number ``retry`` (1 is the first): full jitter."""
        ceiling = min(self.cap, self.base * 2.0 ** (retry - 1))
        return chance.uniform(self.floor, max(self.floor, ceiling))


class Retry:
    """Repeats a call while its failure is worth repeating, time remains and the budget lasts."""

    def __init__(
        self,
        backoff: Backoff,
        *,
        budget: RetryBudget | None = None,
        clock: Clock,
        chance: random.Random,
        events: Events | None = None,
    ) -> None:
        """Use ``backoff`` for every call.

        Args:
            backoff: When and how often to repeat one call.
            budget: What all calls to the upstream share; None for no such limit.
            clock: Where time comes from.
            chance: Gives the jitter.
            events: Told of every retry, and of every failure worth one that gets none.
        """
        self._backoff = backoff
        self._budget = budget
        self._clock = clock
        self._chance = chance
        self._events = Events() if events is None else events

    async def call(
        self, attempt: Callable[[], Awaitable[T]], *, repeatable: bool, until: float = inf
    ) -> T:
        """Return the first success of ``attempt``.

        Args:
            attempt: One attempt at the call.
            repeatable: False for a call that must not happen twice: it is repeated only when the
                request certainly never left this machine.
            until: A monotonic instant after which no further attempt starts; the deadline of the
                operation holds besides.

        Raises:
            ExternalServiceException: The last failure, once repeating makes no sense.
        """
        try:
            result = await attempt()
        except ExternalServiceException as error:
            if self._budget is not None and not isinstance(error, RefusedLocally):
                self._budget.earn()
            if not self._is_worth_repeating(error, repeatable=repeatable):
                raise
            return await self._repeat(attempt, error, repeatable=repeatable, until=until)
        if self._budget is not None:
            self._budget.earn()
        return result

    async def _repeat(
        self,
        attempt: Callable[[], Awaitable[T]],
        error: ExternalServiceException,
        *,
        repeatable: bool,
        until: float,
    ) -> T:
        first_failure: list[ExternalServiceException] = [error]

        async def next_attempt() -> T:
            # tenacity counts this replay of the failure that brought us here as attempt 1.
            if first_failure:
                raise first_failure.pop()
            return await attempt()

        retrying = AsyncRetrying(
            sleep=self._clock.sleep,
            retry=retry_if_exception(lambda e: self._is_worth_repeating(e, repeatable=repeatable)),
            wait=self._wait,
            stop=lambda state: self._is_over(state, until),
            before_sleep=self._tell,
            reraise=True,
        )
        return await retrying(next_attempt)

    def _is_worth_repeating(self, error: BaseException, *, repeatable: bool) -> bool:
        """A positive list: anything unknown, cancellation included, is not repeated."""
        if isinstance(error, UpstreamUnreachable) and not error.was_sent:
            return True
        if not repeatable:
            return False
        if isinstance(error, RateLimitExceeded) and error.is_quota:
            return False
        if not isinstance(error, RateLimitExceeded | ServiceDown):
            return False
        return (error.retry_after or 0.0) <= self._backoff.longest_retry_after

    def _wait(self, state: RetryCallState) -> float:
        retry_after = _failure(state).retry_after
        if retry_after is not None:
            # Never earlier than the upstream asked, and not all of us at the same instant.
            return retry_after * self._chance.uniform(1.0, 1.1)
        return self._backoff.seconds(state.attempt_number, self._chance)

    def _is_over(self, state: RetryCallState, until: float) -> bool:
        """Return whether the failure stands: no attempt, no time or no budget is left."""
        reason = None
        if state.attempt_number >= self._backoff.attempts:
            reason = "attempts"
        # A wait that outlives the operation helps nobody: say now what is known now.
        elif state.upcoming_sleep >= self._time_left(until):
            reason = "deadline"
        elif self._budget is not None and not self._budget.spend():
            reason = "budget"
        if reason is None:
            return False
        self._deny(_failure(state), reason)
        return True

    def _time_left(self, until: float) -> float:
        return min(deadline.remaining(self._clock), until - self._clock.monotonic())

    def _tell(self, state: RetryCallState) -> None:
        error, retry, wait = _failure(state), state.attempt_number, state.upcoming_sleep
        reason = type(error).__name__
        _LOGGER.debug(
            "%s.%s: retry %s in %.2f s (%s)", error.service, error.operation, retry, wait, reason
        )
        if self._events:
            event = RetryScheduled(
                upstream=error.service,
                operation=error.operation,
                retry=retry,
                wait=wait,
                reason=reason,
            )
            self._events.emit(event)

    def _deny(self, error: ExternalServiceException, reason: str) -> None:
        _LOGGER.debug("%s.%s: no retry (%s)", error.service, error.operation, reason)
        if self._events:
            event = RetryDenied(upstream=error.service, operation=error.operation, reason=reason)
            self._events.emit(event)


def _failure(state: RetryCallState) -> ExternalServiceException:
    """Return what the attempt raised; only failures on the positive list come this far."""
    return cast("ExternalServiceException", state.outcome and state.outcome.exception())
