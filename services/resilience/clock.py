"""Time, owned in one place: monotonic time, wall time, sleeping and timeouts.

Everything else asks a ``Clock``, so a test can run hours of policy in milliseconds. Monotonic
instants are seconds on the event loop's own clock; they are never compared with wall time.
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Protocol

from services.resilience._timeout import Timeout


class Clock(Protocol):
    """What policies and services need to know about time."""

    def monotonic(self) -> float:
        """Return the monotonic instant, in seconds."""

    def now(self) -> datetime:
        """Return the wall time, aware, in UTC."""

    def on_step(self, action: Callable[[], None]) -> None:
        """Call ``action`` whenever wall time was moved by hand: what waits for a date looks again.

        Only clocks of tests and of the demo are moved by hand.
        """

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``; 0 or less only lets other tasks run."""

    def timeout_at(self, instant: float | None) -> AbstractAsyncContextManager[None]:
        """Cancel the block at a monotonic ``instant`` and raise TimeoutError; None: never."""


class SystemClock:
    """The real clock. Monotonic time is the running loop's, as asyncio's own timers use."""

    def monotonic(self) -> float:
        """Return the loop's time in seconds."""
        return asyncio.get_running_loop().time()

    def now(self) -> datetime:
        """Return the wall time in UTC."""
        return datetime.now(UTC)

    def on_step(self, action: Callable[[], None]) -> None:
        """Do nothing: nobody moves this clock by hand, and what the system does is not told."""

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``."""
        await asyncio.sleep(max(0.0, seconds))

    def timeout_at(self, instant: float | None) -> AbstractAsyncContextManager[None]:
        """Limit the block by the loop's clock."""
        return Timeout(instant)


def system_random() -> random.Random:
    """Return a source of chance for jitter, seeded by the system."""
    return random.Random()
