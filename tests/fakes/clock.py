"""The clock of the tests: the loop's time, a wall time that follows it, and a list of sleeps."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

from fakes.virtual_time import START
from services.resilience.clock import SystemClock

WALL_START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class VirtualClock(SystemClock):
    """``SystemClock`` on a virtual loop.

    Attributes:
        sleeps: Every sleep asked of this clock, in seconds and in order.
    """

    def __init__(self) -> None:
        self.sleeps: list[float] = []
        self._step = timedelta()
        self._actions: list[Callable[[], None]] = []

    @property
    def elapsed(self) -> float:
        """Seconds since the loop started."""
        return self.monotonic() - START

    def now(self) -> datetime:
        return WALL_START + timedelta(seconds=self.elapsed) + self._step

    def step_wall(self, step: timedelta) -> None:
        """Set the wall clock forward or back, as an operator or NTP would."""
        self._step += step
        for action in self._actions:
            action()

    def on_step(self, action: Callable[[], None]) -> None:
        self._actions.append(action)

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        await super().sleep(seconds)

    async def pass_time(self, seconds: float) -> None:
        """Let time go by without recording a sleep."""
        await super().sleep(seconds)


class FastClock(SystemClock):
    """The system's clock, ``speed`` times as fast, and set forward by ``skip``."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self.skipped = 0.0

    def monotonic(self) -> float:
        return super().monotonic() * self.speed + self.skipped

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.skipped)

    def skip(self, seconds: float) -> None:
        self.skipped += seconds

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / self.speed)

    def timeout_at(self, instant: float | None) -> AbstractAsyncContextManager[None]:
        return super().timeout_at(
            None if instant is None else (instant - self.skipped) / self.speed
        )


def wall(seconds: float) -> datetime:
    """Return the wall time ``seconds`` after the loop started."""
    return WALL_START + timedelta(seconds=seconds)
