"""Discogs' request limit: so many in any moving window, for all credentials of one address.

Only admitted requests take room, as the site's own limit leaks back continuously. Every request
counts for `worst`, which is what a polite client must keep below the limit.
"""

from collections import deque
from collections.abc import Callable


class MovingWindow:
    """Admits requests while fewer than the limit were admitted in the last `seconds`.

    Attributes:
        seconds: Length of the window; may be changed while running.
        worst: Most requests seen in any one window, refused ones included.
    """

    def __init__(self, *, seconds: float, monotonic: Callable[[], float]) -> None:
        """Watch a window of `seconds`, above 0, of the given clock."""
        self.seconds = seconds
        self.worst = 0
        self._monotonic = monotonic
        self._admitted: deque[float] = deque()
        self._arrived: deque[float] = deque()

    @property
    def used(self) -> int:
        """Requests admitted in the window that ends now."""
        self._forget(self._admitted)
        return len(self._admitted)

    def admit(self, limit: int) -> bool:
        """Count one request and tell whether it may pass.

        Args:
            limit: Most requests in one window for this request's credentials.
        """
        self._forget(self._arrived)
        self._arrived.append(self._monotonic())
        self.worst = max(self.worst, len(self._arrived))
        if self.used >= limit:
            return False
        self._admitted.append(self._monotonic())
        return True

    def reset(self) -> None:
        """Forget every request and the worst window."""
        self.worst = 0
        self._admitted.clear()
        self._arrived.clear()

    def _forget(self, times: deque[float]) -> None:
        # The window is open at its old end: a request exactly `seconds` ago is outside.
        oldest = self._monotonic() - self.seconds
        while times and times[0] <= oldest:
            times.popleft()
