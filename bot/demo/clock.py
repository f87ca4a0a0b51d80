"""A clock whose wall time can be moved, so that a demo need not wait for Monday morning."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from services.resilience.clock import SystemClock


class MovableClock(SystemClock):
    """The real clock, some time ahead (or behind).

    Monotonic time goes its own way: what waits for seconds waits for them, what waits for a date
    finds that it has come.
    """

    def __init__(self) -> None:
        """Begin with the real time."""
        self._moved = timedelta()
        self._actions: list[Callable[[], object]] = []

    def now(self) -> datetime:
        """Return the wall time in UTC, as moved."""
        return super().now() + self._moved

    def on_step(self, action: Callable[[], None]) -> None:
        """Call ``action`` on the running loop whenever ``move`` was called, from any thread."""
        loop = asyncio.get_running_loop()
        self._actions.append(lambda: loop.call_soon_threadsafe(action))

    def move(self, by: timedelta) -> None:
        """Move the wall time."""
        self._moved += by
        for action in self._actions:
            action()
