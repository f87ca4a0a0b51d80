"""The rate limiter: an exact moving window and a minimum spacing, first come first served."""

import asyncio
from collections import deque
from dataclasses import dataclass

from services.errors import QuotaSpent
from services.resilience import deadline
from services.resilience.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """An allowance: at most ``permits`` sends in any ``window`` seconds, ``spacing`` s apart."""

    permits: int
    window: float
    spacing: float = 0.0


class RateLimiter:
    """Hands out permits so that no moving window ever holds more than the rate allows."""

    def __init__(self, upstream: str, rate: Rate, *, clock: Clock) -> None:
        """Start with the full allowance."""
        self._upstream = upstream
        self._rate = rate
        self._clock = clock
        self._sent: deque[float] = deque(maxlen=rate.permits)
        self._frozen_until = 0.0
        self._turn = asyncio.Lock()  # asyncio's lock wakes its waiters in order of arrival

    @property
    def wait_seconds(self) -> float:
        """How long a call that asked now, with nobody before it, would wait."""
        now = self._clock.monotonic()
        free_at = self._frozen_until
        if self._sent:
            free_at = max(free_at, self._sent[-1] + self._rate.spacing)
        if len(self._sent) == self._rate.permits:
            free_at = max(free_at, self._sent[0] + self._rate.window)
        return max(0.0, free_at - now)

    async def acquire(self) -> None:
        """Wait for a permit; cancelling the wait frees the place.

        Raises:
            QuotaSpent: The permit would come after the operation's deadline; refused at once.
        """
        async with self._turn:
            while (wait := self.wait_seconds) > 0:
                if wait >= deadline.remaining(self._clock):
                    message = f"no permit for {wait:.1f} s, longer than the operation may take"
                    raise QuotaSpent(self._upstream, "acquire", None, message, retry_after=wait)
                await self._clock.sleep(wait)
            self._sent.append(self._clock.monotonic())

    def freeze(self, seconds: float) -> None:
        """Let nothing through for ``seconds``: the upstream answered 429."""
        self._frozen_until = max(self._frozen_until, self._clock.monotonic() + seconds)
