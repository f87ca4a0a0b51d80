"""What a request passes right before it is sent: the daily quota, then the rate limiter.

The permit of the request under way is kept in a context variable, so that whoever reads the
upstream's answer can say ``learn(allowance)`` and it is clear which request it answers.
"""

from contextvars import ContextVar

from services.errors import RateLimitExceeded
from services.resilience.daily_quota import DailyQuota
from services.resilience.rate_limiter import Allowance, Permit, RateLimiter

_PERMIT: ContextVar[Permit | None] = ContextVar("permit", default=None)


class Turnstile:
    """Lets one request through at a time, counted; either part may be missing."""

    def __init__(self, limiter: RateLimiter | None, quota: DailyQuota | None) -> None:
        """Combine what there is."""
        self._limiter = limiter
        self._quota = quota

    async def enter(self) -> None:
        """Wait for the permit to send one request.

        Raises:
            QuotaSpent: There is none, or not before the operation's deadline; nothing is counted.
        """
        quota = self._quota
        if quota is not None:
            quota.take()
        if self._limiter is None:
            return
        try:
            _PERMIT.set(await self._limiter.acquire())
        except BaseException:
            if quota is not None:
                quota.give_back()
            raise

    def turn_back(self) -> None:
        """Give everything back: the request will not be sent after all."""
        permit = _PERMIT.get()
        if self._limiter is not None and permit is not None:
            self._limiter.give_back(permit)
        if self._quota is not None:
            self._quota.give_back()

    def learn(self, allowance: Allowance | None) -> None:
        """Correct the limiter by what the answer to the request under way says, if anything."""
        permit = _PERMIT.get()
        if self._limiter is not None and permit is not None and allowance is not None:
            self._limiter.feedback(allowance, permit)

    def refused(self, error: RateLimitExceeded, *, at_least: float) -> None:
        """Hold everybody back: the upstream refused the request under way.

        Args:
            error: Its 429.
            at_least: The shortest wait in seconds when the error names none.
        """
        if self._limiter is not None:
            # A Retry-After of 0 says as little as none: the same request was just refused.
            self._limiter.freeze(error.retry_after or None, at_least=at_least)
