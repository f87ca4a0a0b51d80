"""Failures of a moment ago, by key: asked again at once, the upstream would say the same.

A *not found* is an answer and is remembered like one, for a short time. Any other failure is
remembered for a cool-down, so that those who come right after it do not stampede a failing key.
"""

import copy
from collections import OrderedDict
from typing import NamedTuple

from services.errors import ExternalServiceException
from services.resilience.clock import Clock


class _Failure(NamedTuple):
    error: ExternalServiceException
    at: float
    until: float


class KnownFailures:
    """Remembers the last ``capacity`` failures, each for its own time."""

    def __init__(self, *, capacity: int, clock: Clock) -> None:
        """Hold at most ``capacity`` failures, 1 or more; the oldest leaves first."""
        self._capacity = capacity
        self._clock = clock
        self._failures: OrderedDict[str, _Failure] = OrderedDict()

    def __len__(self) -> int:
        return len(self._failures)

    def remember(self, key: str, error: ExternalServiceException, seconds: float) -> None:
        """Keep ``error`` for ``seconds``; 0: not at all."""
        if seconds <= 0:
            return
        now = self._clock.monotonic()
        # A copy has no traceback, which would keep the frames of the failed call alive.
        self._failures[key] = _Failure(copy.copy(error), now, now + seconds)
        self._failures.move_to_end(key)
        if len(self._failures) > self._capacity:
            self._failures.popitem(last=False)

    def get(self, key: str) -> ExternalServiceException | None:
        """Return an equal error to raise, its Retry-After less the time since, or None."""
        failure = self._failures.get(key)
        if failure is None:
            return None
        now = self._clock.monotonic()
        if now >= failure.until:
            del self._failures[key]
            return None
        # One instance raised in several tasks would mix up their tracebacks.
        error = copy.copy(failure.error)
        if error.retry_after is not None:
            error.retry_after = max(0.0, error.retry_after - (now - failure.at))
        return error
