"""The moving window of one process, corrected by what the upstream counts.

Invariants, ``sent`` being this process's permits:

* no window of ``rate.window`` seconds holds more than ``rate.permits`` of them, and no two are
  closer than ``rate.spacing``, whatever the upstream says;
* a background permit is given only while at least ``rate.reserve`` permits stay free after it, so
  the next ``reserve`` interactive calls wait for nothing but the spacing;
* background permits are paced evenly over the window, so the reserve refills evenly as well:
  sent in one go they would leave the window in one go, and nothing in between.

Sends that are not ours (another program behind the same address, ourselves before a restart) are
known by their number only. They are taken to be spread evenly over the last window: when the
upstream says that next to nothing remains, one permit is free every ``window / limit`` seconds
instead of none until an answer that nobody can ask for.
"""

from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from math import inf

from services.resilience.clock import Clock
from services.resilience.priority import Priority
from services.resilience.rate_limiter._permits import Allowance, Correction, Permit, Rate

_INTERACTIVE = Priority.INTERACTIVE


class MovingWindow:
    """Counts permits; the ``PermitStore`` of a single process. Nothing in it ever waits."""

    def __init__(self, rate: Rate, *, clock: Clock) -> None:
        """Start with the full allowance."""
        self._rate = rate
        self._clock = clock
        self._limit = rate.permits
        self._sent: deque[float] = deque()
        self._elsewhere: deque[float] = deque()
        self._not_before = -inf  # for anybody: the spacing and a freeze
        self._paced_at = -inf  # for background work
        self._frozen_until = -inf
        self._number = 0
        self._newest_answer = 0

    async def take(self, priority: Priority) -> Permit | float:
        """Return a permit, or the monotonic instant at which one will be free."""
        now = self._clock.monotonic()
        free_at = self._free_at(priority, now)
        return free_at if free_at > now else self._record(priority, now)

    def give_back(self, permit: Permit) -> None:
        """Forget a permit that was never used."""
        with suppress(ValueError):  # it may have left the window by itself
            self._sent.remove(permit.sent_at)
        if self._sent:
            self._not_before = max(self._sent[-1] + self._rate.spacing, self._frozen_until)
        if permit.priority is not _INTERACTIVE:
            self._paced_at -= self._pace

    def forecast(self, order: Iterable[Priority]) -> list[float]:
        """Return the instants at which permits would be given in this order."""
        # Tried out on copies and undone, so that it cannot differ from what will happen.
        state = vars(self).copy()
        self._sent, self._elsewhere = self._sent.copy(), self._elsewhere.copy()
        now, instants = self._clock.monotonic(), list[float]()
        for priority in order:
            now = max(now, self._free_at(priority, now))
            self._record(priority, now)
            instants.append(now)
        vars(self).update(state)
        return instants

    def correct(self, allowance: Allowance, permit: Permit) -> Correction | None:
        """Learn from an answer, unless one to a later request was learnt from already.

        The limit follows the upstream's, down and up again, but never above ``rate.permits``.
        What it counted beyond our own permits was sent elsewhere. Numbers that make no sense
        are ignored.
        """
        if permit.number < self._newest_answer:
            return None
        limit = allowance.limit
        if limit is None or limit < 1:
            limit = None
        used = _used(allowance, limit)
        if limit is None and used is None:
            return None
        self._newest_answer = permit.number
        before = (self._limit, len(self._elsewhere))
        if limit is not None:
            self._limit = min(limit, self._rate.permits)
        if used is not None:
            # Where our share is less than the upstream's limit, others may use the difference.
            spare = max(0, (limit or self._limit) - self._rate.permits)
            others = used - permit.used - spare
            # One more than seen: our window is a little longer than theirs, so our oldest permits
            # hide as many of theirs; and they went on while the answer travelled.
            self._elsewhere = self._spread(min(others + 1, self._limit) if others > 0 else 0)
        if self._limit != before[0]:
            return Correction("limit", self._limit)
        elsewhere = len(self._elsewhere)
        return Correction("elsewhere", elsewhere) if elsewhere != before[1] else None

    def freeze(self, seconds: float | None, *, at_least: float) -> bool:
        """Give no permit for ``seconds``; None: the window is full, whatever we counted."""
        now = self._clock.monotonic()
        was_free = self._frozen_until <= now
        if seconds is None:
            self._forget(now)
            missing = self._limit - len(self._sent)
            if missing > len(self._elsewhere):
                self._elsewhere = self._spread(missing)
            seconds = max(at_least, self._leaves(0) - now)
        self._frozen_until = max(self._frozen_until, now + seconds)
        self._not_before = max(self._not_before, self._frozen_until)
        return was_free

    @property
    def _share(self) -> int:
        """What background work may use of the window."""
        return max(1, self._limit - self._rate.reserve)

    @property
    def _pace(self) -> float:
        """Seconds between two background permits in the long run."""
        return self._rate.window / self._share

    def _free_at(self, priority: Priority, now: float) -> float:
        """Return when the next permit is free; ``now`` or earlier means at once."""
        self._forget(now)
        at, share = self._not_before, self._limit
        if priority is not _INTERACTIVE:
            at, share = max(at, self._paced_at), self._share
        excess = len(self._sent) + len(self._elsewhere) - share
        return at if excess < 0 else max(at, self._leaves(excess))

    def _record(self, priority: Priority, now: float) -> Permit:
        self._sent.append(now)
        self._not_before = now + self._rate.spacing
        if priority is not _INTERACTIVE:
            # Who was late by up to one step may catch up, so that delays do not add up.
            self._paced_at = max(self._paced_at, now - self._pace) + self._pace
        self._number += 1
        return Permit(self._number, now, len(self._sent), priority)

    def _forget(self, now: float) -> None:
        """Drop what has left the window; it is open at its old end."""
        window, sent, elsewhere = self._rate.window, self._sent, self._elsewhere
        while sent and sent[0] + window <= now:
            sent.popleft()
        while elsewhere and elsewhere[0] + window <= now:
            elsewhere.popleft()

    def _leaves(self, position: int) -> float:
        """Return when the oldest stamp but ``position`` leaves the window."""
        stamps = self._sent if not self._elsewhere else sorted([*self._sent, *self._elsewhere])
        return stamps[position] + self._rate.window

    def _spread(self, count: int) -> deque[float]:
        """Return ``count`` stamps, evenly over the window that ends now."""
        now, window = self._clock.monotonic(), self._rate.window
        return deque(now - window + window * k / count for k in range(1, count + 1))


def _used(allowance: Allowance, limit: int | None) -> int | None:
    """Return what the upstream counted; the greater number when its headers disagree."""
    counts = []
    if allowance.used is not None and allowance.used >= 0:
        counts.append(allowance.used)
    if limit is not None and allowance.remaining is not None and 0 <= allowance.remaining <= limit:
        counts.append(limit - allowance.remaining)
    return max(counts, default=None)
