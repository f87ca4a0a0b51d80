"""The clock of the tests: the loop's time, a wall time that follows it, and a list of sleeps."""

from collections.abc import Callable
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


def wall(seconds: float) -> datetime:
    """Return the wall time ``seconds`` after the loop started."""
    return WALL_START + timedelta(seconds=seconds)
