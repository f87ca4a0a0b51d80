"""When a circuit breaker trips: what counts against an upstream, by which declared rules."""

from collections import deque
from dataclasses import dataclass

from services.errors import InvalidResponse, OutOfCredit, RateLimitExceeded, ServiceDown
from services.resilience.auth import RenewalFailed

# A spent daily quota without a Retry-After: ask again hourly, since asking may prolong it.
_QUOTA_SECONDS = 3_600.0
# Out of credit: asking is free and in vain, until somebody pays.
_CREDIT_SECONDS = 900.0
_LARGEST_SAMPLE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRules:
    """What opens a circuit besides failures in a row, and how it recovers; times in seconds.

    Attributes:
        window: How long a call counts for the rates.
        least_calls: With fewer calls in the window, 1 or more, no rate is judged.
        failure_rate: The share of failed calls that opens the circuit, above 0 and up to 1.
        slow_seconds: A call that took longer, waits before sending left out, is slow; None: none.
        slow_rate: The share of slow calls that opens the circuit, above 0 and up to 1.
        longest_open: The most that doubling the open time leads to, before jitter.
        jitter: The open time varies by up to this share, either way.
        probes_needed: Probes that must succeed, one after the other, before the circuit closes.
        probe_seconds: A probe that has no outcome so long after it was sent counts as hung, and
            its place is given away; longer than any attempt may take.
        longest_retry_after: A 429 that asks for more opens the circuit until then.
    """

    window: float = 60.0
    least_calls: int = 10
    failure_rate: float = 0.5
    slow_seconds: float | None = None
    slow_rate: float = 0.8
    longest_open: float = 300.0
    jitter: float = 0.1
    probes_needed: int = 1
    probe_seconds: float = 60.0
    longest_retry_after: float = 5.0

    def penalty_seconds(self, error: BaseException) -> float | None:
        """Return how long a 429 or a 402 shuts everybody out; None when it is short, or neither.

        One from whoever grants the credential counts as well: nothing works without it.
        """
        if isinstance(error, RenewalFailed):
            error = error.error
        if isinstance(error, OutOfCredit):
            return error.retry_after or _CREDIT_SECONDS
        if not isinstance(error, RateLimitExceeded):
            return None
        if error.is_quota:
            return error.retry_after or _QUOTA_SECONDS
        seconds = error.retry_after
        return None if seconds is None or seconds <= self.longest_retry_after else seconds


def is_failure(kind: type[BaseException], error: BaseException) -> bool:
    """Only these speak against the upstream; everything else is neutral.

    A credential that cannot be had because whoever grants it is down counts as well: without it
    nothing of the upstream can be used.
    """
    if isinstance(error, RenewalFailed):
        kind = type(error.error)
    return issubclass(kind, ServiceDown | InvalidResponse)


class RecentCalls:
    """The calls of the moving window; at most the last 1,000, so that a rush costs no memory."""

    def __init__(self, rules: BreakerRules) -> None:
        """Start with no calls."""
        self._rules = rules
        self._calls: deque[tuple[float, bool, bool]] = deque()
        self._failed = 0
        self._slow = 0

    def __len__(self) -> int:
        return len(self._calls)

    def is_slow(self, seconds: float) -> bool:
        """Return whether a call of so many seconds is slow."""
        limit = self._rules.slow_seconds
        return limit is not None and seconds > limit

    def add(self, now: float, *, failed: bool, slow: bool) -> None:
        """Count a call that ended ``now`` (monotonic), and forget those out of the window."""
        calls = self._calls
        calls.append((now, failed, slow))
        self._failed += failed
        self._slow += slow
        oldest = now - self._rules.window
        while calls[0][0] <= oldest or len(calls) > _LARGEST_SAMPLE:
            _, had_failed, was_slow = calls.popleft()
            self._failed -= had_failed
            self._slow -= was_slow

    def verdict(self) -> str | None:
        """Return which rate is too high, in words, or None when all is well."""
        calls, rules = len(self._calls), self._rules
        if calls < rules.least_calls:
            return None
        if self._failed >= rules.failure_rate * calls:
            return "failure rate"
        if self._slow >= rules.slow_rate * calls:
            return "slow calls"
        return None

    def clear(self) -> None:
        """Forget every call."""
        self._calls.clear()
        self._failed = self._slow = 0
