"""Scripted calls and streams: what an upstream does next, and how often it was asked."""

from collections.abc import AsyncGenerator, Sequence
from typing import Generic, TypeVar

from services.resilience.clock import SystemClock

T = TypeVar("T")

Step = str | float | Exception
"""One step of a scripted stream: text to yield, seconds to wait, or an error to raise."""

_TIME = SystemClock()


class Script(Generic[T]):
    """An async callable that returns or raises its outcomes in turn; the last one repeats.

    Attributes:
        calls: How often it was called.
        started_at: The loop's time of each call.
        running: How many calls are under way now.
        peak: The most that were ever under way together.
    """

    def __init__(self, *outcomes: T | BaseException, takes: float = 0.0) -> None:
        """Follow ``outcomes``; every call takes ``takes`` seconds."""
        self._outcomes = outcomes
        self._takes = takes
        self.calls = 0
        self.started_at: list[float] = []
        self.running = 0
        self.peak = 0

    async def __call__(self) -> T:
        outcome = self._outcomes[min(self.calls, len(self._outcomes) - 1)]
        self.calls += 1
        self.started_at.append(_TIME.monotonic())
        self.running += 1
        self.peak = max(self.peak, self.running)
        try:
            await _TIME.sleep(self._takes)
        finally:
            self.running -= 1
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class StreamScript:
    """Makes one scripted stream per attempt; the last attempt's steps repeat.

    Attributes:
        opened: How many streams were started.
        closed: How many of them have ended, were closed or were cancelled.
    """

    def __init__(self, *attempts: Sequence[Step]) -> None:
        self._attempts = attempts
        self.opened = 0
        self.closed = 0

    async def __call__(self) -> AsyncGenerator[str, None]:
        steps = self._attempts[min(self.opened, len(self._attempts) - 1)]
        self.opened += 1
        try:
            for step in steps:
                if isinstance(step, str):
                    yield step
                elif isinstance(step, Exception):
                    raise step
                else:
                    await _TIME.sleep(step)
        finally:
            self.closed += 1
