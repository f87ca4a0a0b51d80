"""``TimeLeft``: how long a digest that is being written may still wait for upstreams."""

from contextlib import AbstractAsyncContextManager
from typing import Final

from services.errors import DeadlineExceeded
from services.resilience.clock import Clock
from services.resilience.deadline import deadline, remaining

_FOR_THE_REST_SECONDS: Final = 2.0
"""What is stored is read in this time, whatever upstreams do."""


class TimeLeft:
    """Ends with its own time, or with the deadline of whoever is in a hurry, less a moment."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        """Begin now."""
        self._clock = clock
        self._end = clock.monotonic() + min(seconds, remaining(clock) - _FOR_THE_REST_SECONDS)

    @property
    def seconds(self) -> float:
        """Return what is left; 0 or more."""
        return max(0.0, self._end - self._clock.monotonic())

    def limit(
        self, upstream: str, operation: str, seconds: float
    ) -> AbstractAsyncContextManager[None]:
        """Return a block that may take ``seconds``, or what is left.

        Raises:
            DeadlineExceeded: It took longer.
        """
        most = min(seconds, self.seconds)

        def too_slow() -> DeadlineExceeded:
            return DeadlineExceeded(upstream, operation, None, f"not within {most:g} s")

        return deadline(self._clock, most, expired=too_slow)
