"""The retry budget: what all calls to one upstream together may repeat.

Without it, an upstream that fails for everybody gets as many times the load as there are
attempts, just when it can bear least. The rule, in whole numbers:

* every request (the first attempt of a call) earns one coin, every retry costs
  ``requests_per_retry`` coins;
* the purse starts full and holds ``capacity`` retries' worth; what is earned beyond is lost.

So N requests are followed by at most ``capacity + N / requests_per_retry`` retries, whatever
fails: with the defaults no run of 50 requests or more sends over 20 % extra, a long one 10 %. The
full purse is the floor for low traffic: a few calls an hour can all be repeated.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRules:
    """The size of a retry budget.

    Attributes:
        capacity: Retries that a rested upstream may get at once.
        requests_per_retry: Requests that earn one more retry.
    """

    capacity: int = 5
    requests_per_retry: int = 10


class RetryBudget:
    """Counts requests and retries; one per upstream."""

    def __init__(self, rules: BudgetRules) -> None:
        """Start with a full purse."""
        self._cost = rules.requests_per_retry
        self._most = rules.capacity * rules.requests_per_retry
        self._coins = self._most

    @property
    def retries_left(self) -> int:
        """How many retries it would grant right now."""
        return self._coins // self._cost

    def earn(self) -> None:
        """Note a request: the first attempt of a call, if it was sent at all."""
        if self._coins < self._most:
            self._coins += 1

    def spend(self) -> bool:
        """Pay for a retry; False when there is not enough left."""
        if self._coins < self._cost:
            return False
        self._coins -= self._cost
        return True
