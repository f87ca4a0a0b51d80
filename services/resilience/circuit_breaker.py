"""The circuit breaker of one upstream: ``circuitbreaker``'s class, made fit for concurrency.

The stock class lets a herd through when it half-opens, counts a cancelled call as a success,
guards no lambda and prints request headers in its error. This subclass keeps its vocabulary
(closed, open, half-open, failure threshold, recovery timeout), its decorator and its monitor, and
hands admission and bookkeeping to ``Circuit``, where the rules are described.
"""

import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime, timedelta
from math import inf
from typing import NoReturn, TypeVar

from circuitbreaker import CircuitBreaker

from services.resilience import _guards, breaker_monitor
from services.resilience._circuit import Admission, Circuit, OnPenalty
from services.resilience.breaker_rules import BreakerRules, is_failure
from services.resilience.clock import Clock
from services.resilience.events import Events

T = TypeVar("T")
CallableT = TypeVar("CallableT", bound=Callable[..., object])


class UpstreamCircuitBreaker(CircuitBreaker):  # type: ignore[misc]  # the package has no types
    """Leaves an upstream alone while it keeps failing."""

    def __init__(
        self,
        upstream: str,
        *,
        failures: int,
        open_seconds: float,
        rules: BreakerRules | None = None,
        clock: Clock,
        chance: random.Random,
        events: Events | None = None,
    ) -> None:
        """Set the limits.

        Args:
            upstream: Its name, for errors, events and logs; ``name`` is unique in the process.
            failures: Failures in a row that open the circuit, 1 or more.
            open_seconds: How long the first opening lasts; doubles with each failed probe.
            rules: Everything else; None for the defaults.
            clock: Where time comes from.
            chance: Spreads reopening, so that several processes do not probe together.
            events: Told of every change of state.
        """
        super().__init__(
            failure_threshold=failures,
            recovery_timeout=open_seconds,
            expected_exception=is_failure,
            name=breaker_monitor.unique_name(upstream),
        )
        self._clock = clock
        self._circuit = Circuit(
            upstream,
            failures=failures,
            open_seconds=open_seconds,
            rules=rules or BreakerRules(),
            clock=clock,
            chance=chance,
            events=Events() if events is None else events,
        )
        breaker_monitor.register(self)

    @property
    def state(self) -> str:
        """``closed``, ``open`` or ``half_open``, as of now."""
        return self._circuit.state

    @property
    def opened(self) -> bool:
        """True while a new call would be refused."""
        return self._circuit.is_refusing

    @property
    def open_remaining(self) -> float:
        """Seconds until the next probe; 0 when closed or ready, infinity when isolated."""
        return self._circuit.open_remaining

    @property
    def open_until(self) -> datetime | None:
        """The wall time of the next probe (UTC); None when not open, or isolated."""
        seconds = self.open_remaining
        return self._clock.now() + timedelta(seconds=seconds) if 0 < seconds < inf else None

    @property
    def failure_count(self) -> int:
        """Failures in a row."""
        return self._circuit.failures_in_a_row

    @property
    def trips(self) -> int:
        """How often it has opened since the start."""
        return self._circuit.trips

    @property
    def generation(self) -> int:
        """What began in an older one no longer counts."""
        return self._circuit.generation

    async def call_async(  # the base class has no types
        self, func: Callable[..., Awaitable[T]], *args: object, **kwargs: object
    ) -> T:
        """Await ``func`` if the circuit admits it, and learn from the outcome.

        Raises:
            CircuitOpen: Refused; ``retry_after`` says when a probe will be admitted.
        """
        return await self.call_admitted(lambda _admission: func(*args, **kwargs))

    async def call_admitted(self, func: Callable[[Admission], Awaitable[T]]) -> T:
        """Do as ``call_async``, for a call that waits before it sends.

        ``func`` hands its admission to ``start`` once it is about to send.

        Raises:
            CircuitOpen: Refused.
        """
        admission = self._circuit.admit()
        try:
            result = await func(admission)
        except BaseException as error:
            self._circuit.settle(admission, error)
            raise
        self._circuit.settle(admission, None)
        return result

    def start(self, admission: Admission) -> None:
        """Note that an admitted call is sent now: its seconds, and a probe's, count from here.

        Raises:
            CircuitOpen: The circuit has changed while the call waited, and refuses it now.
        """
        self._circuit.start(admission)

    def record_failure(self, error: BaseException, *, generation: int) -> None:
        """Count a failure seen after a call was already settled, such as a broken stream.

        Args:
            error: What went wrong.
            generation: The one in which the call was settled.
        """
        self._circuit.settle(Admission(generation, self._clock.monotonic()), error)

    def call_async_generator(
        self, func: Callable[..., AsyncGenerator[T, None]], *args: object, **kwargs: object
    ) -> AsyncGenerator[T, None]:
        """Yield what ``func`` yields; its first item is a success, a break later a failure.

        Raises:
            CircuitOpen: Refused, when the first item is asked for.
        """
        return _guards.guard_generator(self, lambda: func(*args, **kwargs))

    def decorate(self, function: CallableT) -> CallableT:
        """Return ``function``, async in whatever form, as one that only runs when admitted."""
        return _guards.decorate(self, function)

    def __enter__(self) -> NoReturn:
        raise TypeError("a block cannot be refused: use call_async or call_async_generator")

    def isolate(self) -> None:
        """Refuse every call until ``close``, whatever happens."""
        self._circuit.isolate()

    def close(self) -> None:
        """Close the circuit and forget everything, penalties included."""
        self._circuit.close()

    def reset(self) -> None:
        """Do as ``close``; the stock class's name for it."""
        self._circuit.close()

    def on_penalty(self, listener: OnPenalty) -> None:
        """Tell ``listener`` of every opening until a named instant, and when one is lifted.

        It replaces an earlier one, and must return at once and not raise.
        """
        self._circuit.on_penalty = listener

    def restore(self, until: datetime) -> None:
        """Leave the upstream alone until a wall time known from before a restart; past: nothing.

        From here on it is a monotonic instant, and no step of the wall clock moves it.
        """
        self._circuit.restore(until)
