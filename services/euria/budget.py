"""The token budget: what all texts of 24 hours may cost, half of it kept for people.

A text is reserved at its estimate before anything is sent, so that many at once cannot overrun the
budget together, and counted at what it really cost once that is known. The counts outlive the
process as those of any daily quota do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from services.resilience.clock import Clock
from services.resilience.daily_quota import DailyQuota, QuotaStore
from services.resilience.priority import Priority, current_priority

_AHEAD_TOKENS: Final = 2_000


class Bill:
    """What one text has cost so far, all its attempts together."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.tokens = 0

    def add(self, tokens: int) -> None:
        """Put one more answer on it."""
        self.tokens += tokens


class TokenBudget:
    """Counts the tokens of the last 24 hours and refuses a text that is too many."""

    def __init__(self, tokens: int, *, clock: Clock, store: QuotaStore | None = None) -> None:
        """Start with nothing used; load ``quota`` to know what earlier processes used.

        Args:
            tokens: Allowed in 24 hours, 1 or more.
            clock: Where wall time comes from.
            store: Where the counts outlive the process; None: nowhere.
        """
        self._tokens = tokens
        self.quota = DailyQuota(
            "euria", tokens, clock=clock, store=store, unit="tokens", ahead=_AHEAD_TOKENS
        )

    @contextmanager
    def reserve(self, estimate: int) -> Iterator[Bill]:
        """Hold ``estimate`` tokens for one text; afterwards only what is on its bill counts.

        Raises:
            QuotaSpent: So many are not left; ``retry_after`` says when they are.
        """
        # A budget smaller than one text still allows one, while nothing else is used.
        is_background = current_priority() is Priority.BACKGROUND
        most = self._tokens // 2 if is_background else self._tokens
        reserved = min(estimate, most)
        slot = self.quota.take(reserved)
        bill = Bill()
        try:
            yield bill
        finally:
            self.quota.correct(slot, bill.tokens - reserved)
