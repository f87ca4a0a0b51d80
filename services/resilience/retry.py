"""Retry: tenacity's loop, entered only after a first failure.

The happy path costs one ``await``; tenacity (~25 µs per call) is built when there is something
to repeat. Every call gets its own ``AsyncRetrying``: sharing one between tasks mixes up their
attempts. Waits are full jitter, also at the cap, and the upstream's own Retry-After wins.
"""

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from services.errors import (
    ExternalServiceException,
    RateLimitExceeded,
    ServiceDown,
    UpstreamUnreachable,
)
from services.resilience import deadline
from services.resilience.clock import Clock

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
    """Repeats a call while its failure is worth repeating and time remains."""

    def __init__(self, backoff: Backoff, *, clock: Clock, chance: random.Random) -> None:
        """Use ``backoff`` for every call; ``chance`` gives the jitter."""
        self._backoff = backoff
        self._clock = clock
        self._chance = chance

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
            return await attempt()
        except ExternalServiceException as error:
            if self._backoff.attempts == 1 or not self._is_worth_repeating(
                error, repeatable=repeatable
            ):
                raise
            return await self._repeat(attempt, error, repeatable=repeatable, until=until)

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
        seconds = self._backoff.seconds(state.attempt_number, self._chance)
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, ExternalServiceException) and error.retry_after is not None:
            # Never earlier than the upstream asked, and not all of us at the same instant.
            return error.retry_after * self._chance.uniform(1.0, 1.1)
        return seconds

    def _is_over(self, state: RetryCallState, until: float) -> bool:
        if state.attempt_number >= self._backoff.attempts:
            return True
        # A wait that outlives the operation helps nobody: say now what is known now.
        time_left = min(deadline.remaining(self._clock), until - self._clock.monotonic())
        _LOGGER.debug(
            "attempt %s failed; next in %.2f s, %.2f s left",
            state.attempt_number,
            state.upcoming_sleep,
            time_left,
        )
        return state.upcoming_sleep >= time_left
