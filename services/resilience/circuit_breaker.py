"""The circuit breaker of one upstream: ``circuitbreaker``'s class, made fit for concurrency.

The stock class lets a herd through when it half-opens, counts a cancelled call as a success and
prints request headers in its error. This subclass keeps its vocabulary (closed, open, half-open,
failure threshold, recovery timeout) and replaces admission and bookkeeping:

* closed -> open after ``failure_threshold`` failures in a row;
* open -> half-open when ``open_remaining`` is 0: **one** probe is admitted, everybody else is
  refused until it ends; a cancelled probe hands its place back;
* half-open -> closed on a successful probe; -> open again, twice as long, on a failed one.

Admission and bookkeeping never await, so they are atomic on the event loop. Every admission
carries the generation it was made in; outcomes of an older generation change nothing.
"""

import logging
import random
from collections.abc import Awaitable, Callable
from typing import TypeGuard, TypeVar

from circuitbreaker import STATE_CLOSED, STATE_HALF_OPEN, STATE_OPEN, CircuitBreaker

from services.errors import CircuitOpen, InvalidResponse, RateLimitExceeded, ServiceDown
from services.resilience.clock import Clock

_LOGGER = logging.getLogger(__name__)
_JITTER = 0.1
# A spent daily quota without a Retry-After: ask again hourly, since asking may prolong it.
_QUOTA_SECONDS = 3_600.0

T = TypeVar("T")


def _is_failure(kind: type[BaseException], _error: BaseException) -> bool:
    """Only these speak against the upstream; everything else is neutral."""
    return issubclass(kind, ServiceDown | InvalidResponse)


class UpstreamCircuitBreaker(CircuitBreaker):  # type: ignore[misc]  # the package has no types
    """Leaves an upstream alone while it keeps failing.

    Attributes:
        trips: How often it has opened since the start.
    """

    def __init__(
        self,
        upstream: str,
        *,
        failures: int,
        open_seconds: float,
        longest_open_seconds: float = 300.0,
        longest_retry_after: float = 5.0,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        """Set the limits.

        Args:
            upstream: Its name, for errors and logs.
            failures: Failures in a row that open the circuit, 1 or more.
            open_seconds: How long the first opening lasts; doubles with each failed probe.
            longest_open_seconds: The most that doubling leads to.
            longest_retry_after: A 429 that asks for more seconds than this opens the circuit
                until then, however long that is.
            clock: Where time comes from.
            chance: Spreads reopening, so that several processes do not probe together.
        """
        super().__init__(
            failure_threshold=failures,
            recovery_timeout=open_seconds,
            expected_exception=_is_failure,
            name=upstream,
        )
        self.trips = 0
        self._first_open_seconds = open_seconds
        self._open_seconds = open_seconds
        self._longest_open_seconds = longest_open_seconds
        self._longest_retry_after = longest_retry_after
        self._clock = clock
        self._chance = chance
        self._reopens_at = 0.0
        self._generation = 0
        self._probing = False

    @property
    def state(self) -> str:
        """``closed``, ``open`` or ``half_open``, as of now."""
        if self._state == STATE_OPEN and self.open_remaining <= 0:
            return str(STATE_HALF_OPEN)
        return str(self._state)

    @property
    def open_remaining(self) -> float:
        """Seconds until the next probe is admitted; 0 when closed or ready for one."""
        if self._state != STATE_OPEN:
            return 0.0
        return max(0.0, self._reopens_at - self._clock.monotonic())

    @property
    def opened(self) -> bool:
        """True while a new call would be refused."""
        return self.state == STATE_OPEN or (self.state == STATE_HALF_OPEN and self._probing)

    async def call_async(  # the base class has no types
        self, func: Callable[..., Awaitable[T]], *args: object, **kwargs: object
    ) -> T:
        """Await ``func`` if the circuit admits it, and learn from the outcome.

        Raises:
            CircuitOpen: Refused; ``retry_after`` says when a probe will be admitted.
        """
        result, _ = await self.call_in_generation(lambda: func(*args, **kwargs))
        return result

    async def call_in_generation(self, func: Callable[[], Awaitable[T]]) -> tuple[T, int]:
        """Do as ``call_async``; return the generation in which the success was counted as well.

        Raises:
            CircuitOpen: Refused.
        """
        generation = self._admit()
        try:
            result = await func()
        except BaseException as error:
            self._learn(generation, error)
            raise
        is_current = generation == self._generation
        self._learn(generation, None)
        return result, self._generation if is_current else generation

    @property
    def generation(self) -> int:
        """Changes with every opening and closing; what began in an older one no longer counts."""
        return self._generation

    def check_again(self, *, generation: int) -> None:
        """Refuse a call that was admitted in ``generation`` and has waited since.

        Raises:
            CircuitOpen: The circuit has opened in the meantime.
        """
        if generation != self._generation and self.opened:
            raise self._refusal()

    def record_failure(self, error: BaseException, *, generation: int) -> None:
        """Count a failure seen after a call was already settled, such as a broken stream.

        Args:
            error: What went wrong.
            generation: The one in which the call was settled.
        """
        self._learn(generation, error)

    def _admit(self) -> int:
        if self.opened:
            raise self._refusal()
        if self.state == STATE_HALF_OPEN:
            self._probing = True
        return self._generation

    def _refusal(self) -> CircuitOpen:
        seconds = self.open_remaining
        message = f"circuit open, next probe in {seconds:.0f} s"
        # While a probe is out nobody knows when it will be over.
        return CircuitOpen(self.name, "call", None, message, retry_after=seconds or None)

    def _learn(self, generation: int, error: BaseException | None) -> None:
        if generation != self._generation:
            return
        was_probe, self._probing = self._probing, False
        if error is None:
            self._succeed(was_probe=was_probe)
        elif self._is_long_penalty(error):
            self._open(self._penalty_seconds(error))
        elif self.is_failure(type(error), error):
            self._fail(was_probe=was_probe)

    def _is_long_penalty(self, error: BaseException) -> TypeGuard[RateLimitExceeded]:
        if not isinstance(error, RateLimitExceeded):
            return False
        return error.is_quota or (error.retry_after or 0.0) > self._longest_retry_after

    def _penalty_seconds(self, error: RateLimitExceeded) -> float:
        if error.retry_after:
            return error.retry_after
        return _QUOTA_SECONDS if error.is_quota else self._open_seconds

    def _succeed(self, *, was_probe: bool) -> None:
        self._failure_count = 0
        if was_probe:
            self._generation += 1
            self._state = STATE_CLOSED
            self._open_seconds = self._first_open_seconds
            _LOGGER.warning("%s: circuit closed, the probe succeeded", self.name)

    def _fail(self, *, was_probe: bool) -> None:
        self._failure_count += 1
        if was_probe:
            self._open_seconds = min(self._open_seconds * 2, self._longest_open_seconds)
        elif self._failure_count < self._failure_threshold:
            return
        self._open(self._open_seconds * self._chance.uniform(1.0, 1.0 + _JITTER))

    def _open(self, seconds: float) -> None:
        self.trips += 1
        self._generation += 1
        self._state = STATE_OPEN
        self._reopens_at = self._clock.monotonic() + seconds
        _LOGGER.warning("%s: circuit open for %.0f s", self.name, seconds)
