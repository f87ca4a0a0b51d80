"""The daily quota: so many requests in any 24 hours, half of them kept for people.

Requests are counted in slots of ten minutes of wall time, before they are sent. A slot counts until
24 h after its *end*, so no 24 hours ever hold more than the quota, and it is the unit in which the
counts are stored: a restart forgets nothing.

The hot path never waits for the store. Instead the store is kept a few requests *ahead* of the
truth: a crash loses those, on the safe side, and closing takes them back.

Wall time may jump. Back: slots that lie in the future by now are counted as of now, so they end
within 24 h. Forward: slots end early, and if that was wrong the upstream's own 429 says so.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from services.errors import QuotaSpent
from services.resilience.clock import Clock
from services.resilience.priority import Priority, current_priority

_LOGGER = logging.getLogger(__name__)

SLOT_SECONDS: Final = 600
_DAY_SECONDS: Final = 86_400
_AHEAD: Final = 10


class Slot(NamedTuple):
    """Ten minutes of one priority; ``start`` in Unix seconds, a multiple of ``SLOT_SECONDS``."""

    start: int
    priority: Priority

    @property
    def end(self) -> int:
        """When its requests no longer count, in Unix seconds."""
        return self.start + SLOT_SECONDS + _DAY_SECONDS


class QuotaStore(Protocol):
    """Where the counts outlive the process: one number per upstream, slot start and priority."""

    async def load(self, upstream: str, *, since: int) -> Mapping[Slot, int]:
        """Return the counts of all slots that start at ``since`` (Unix seconds) or later."""

    async def add(self, upstream: str, changes: Mapping[Slot, int], *, since: int) -> None:
        """Add to the counts, all or nothing; a change may be negative.

        Args:
            upstream: Whose counts.
            changes: What to add to each slot, which counts 0 when it is unknown.
            since: Slots that start before this (Unix seconds) are over and may be deleted.
        """


class DailyQuota:
    """Counts the requests of the last 24 hours and refuses one too many."""

    def __init__(
        self,
        upstream: str,
        requests: int,
        *,
        clock: Clock,
        store: QuotaStore | None = None,
        unit: str = "requests",
        ahead: int = _AHEAD,
    ) -> None:
        """Start with nothing used; ``load`` fetches what earlier processes used.

        Args:
            upstream: Its name, for errors, logs and the store.
            requests: Allowed in 24 hours, 1 or more; background work may use half of them.
            clock: Where wall time comes from.
            store: Where counts outlive the process; None: nowhere.
            unit: What is counted, if it is not requests; for errors and logs.
            ahead: How far the store is kept ahead of the truth, in that unit.
        """
        self._upstream = upstream
        self._requests = requests
        self._unit = unit
        self._ahead = ahead
        self._clock = clock
        self._store = store
        self._start = 0  # of the slot that counts now
        self._used: Counter[Slot] = Counter()
        self._stored: Counter[Slot] = Counter()
        self._total = 0
        self._background = 0
        self._spent: set[Priority] = set()
        self._saving: asyncio.Task[None] | None = None
        self._is_store_failing = False

    @property
    def used(self) -> int:
        """Requests that count now."""
        self._turn_to(self._clock.now().timestamp())
        return self._total

    @property
    def requests(self) -> int:
        """Allowed in 24 hours."""
        return self._requests

    def room(self, priority: Priority) -> tuple[int, float]:
        """Return how many requests of that priority fit now, and in how many seconds one does."""
        now = self._clock.now().timestamp()
        self._turn_to(now)
        left = self._requests - self._total
        if priority is Priority.BACKGROUND:
            left = min(left, self._requests // 2 - self._background)
        return max(0, left), 0.0 if left > 0 else self._room_at(priority, 1) - now

    def take(self, count: int = 1) -> Slot:
        """Count a request that is about to be sent, or what else is counted; returns where.

        Raises:
            QuotaSpent: It would be too many; ``retry_after`` says when it would not.
        """
        now, priority = self._clock.now().timestamp(), current_priority()
        if not 0 <= now - self._start < SLOT_SECONDS:
            self._turn_to(now)
        if not self._has_room(priority, self._total, self._background, count):
            raise self._refusal(priority, now, count)
        slot = Slot(self._start, priority)
        self._add(slot, count)
        if self._spent:
            self._spent.discard(priority)
        if self._store is not None and self._is_overtaking(slot):
            self._save_soon()
        return slot

    def correct(self, slot: Slot, change: int) -> None:
        """Count more or less than was taken in ``slot``; nothing once its day is over."""
        if slot.start < self._oldest:
            return
        self._add(slot, max(change, -self._used[slot]))
        if self._store is not None and slot.start == self._start and self._is_overtaking(slot):
            self._save_soon()

    def give_back(self) -> None:
        """Uncount a request that was not sent after all."""
        slot = Slot(self._start, current_priority())
        if self._used[slot] > 0:  # otherwise its slot has passed: counting it is the safe side
            self._add(slot, -1)

    async def load(self) -> None:
        """Fetch the counts of earlier processes; call it once, before the first request.

        Raises:
            Exception: Whatever the store raises; counting goes on from nothing.
        """
        if self._store is None:
            return
        self._turn_to(self._clock.now().timestamp())
        loaded = await self._store.load(self._upstream, since=self._oldest)
        self._used.update(loaded)
        self._stored.update(loaded)
        self._recount()
        await self._save(self._changes(ahead=self._ahead))

    async def close(self) -> None:
        """Store the exact counts; call it once, after the last request.

        Raises:
            Exception: Whatever the store raises; it is then a few requests ahead.
        """
        while self._saving is not None:
            await asyncio.wait({self._saving})
        await self._save(self._changes(ahead=0))

    @property
    def _oldest(self) -> int:
        """Start of the oldest slot that still counts."""
        return self._start - _DAY_SECONDS

    def _has_room(self, priority: Priority, total: int, background: int, count: int) -> bool:
        if priority is Priority.BACKGROUND and background + count > self._requests // 2:
            return False
        return total + count <= self._requests

    def _refusal(self, priority: Priority, now: float, count: int) -> QuotaSpent:
        seconds = self._room_at(priority, count) - now
        if priority not in self._spent:
            self._spent.add(priority)
            _LOGGER.warning(
                "%s: the daily quota for %s %s is spent for %.0f s",
                self._upstream,
                priority,
                self._unit,
                seconds,
            )
        message = f"{self._total} of {self._requests} {self._unit} of the day used"
        return QuotaSpent(self._upstream, "quota", None, message, retry_after=seconds)

    def _room_at(self, priority: Priority, count: int) -> float:
        """Return when the next request fits, in Unix seconds, if nothing else is sent."""
        total, background, end = self._total, self._background, 0
        for slot, used in sorted(self._used.items()):
            if self._has_room(priority, total, background, count):
                break
            end = slot.end
            total -= used
            background -= used if slot.priority is Priority.BACKGROUND else 0
        return end

    def _add(self, slot: Slot, count: int) -> None:
        self._used[slot] += count
        if not self._used[slot]:
            del self._used[slot]  # the store is kept ahead of what is used, not of nothing
        self._total += count
        if slot.priority is Priority.BACKGROUND:
            self._background += count

    def _turn_to(self, now: float) -> None:
        self._start = int(now // SLOT_SECONDS) * SLOT_SECONDS
        self._recount()

    def _recount(self) -> None:
        """Drop the slots that are over; what a wall clock set back left in the future is now."""
        counts, self._used = self._used, Counter()
        self._total = self._background = 0
        for slot, count in counts.items():
            if slot.start >= self._oldest:
                self._add(Slot(min(slot.start, self._start), slot.priority), count)
        stored = self._stored.items()
        self._stored = Counter({slot: n for slot, n in stored if slot.start >= self._oldest})

    def _changes(self, *, ahead: int) -> dict[Slot, int]:
        """Return what the store lacks to be ``ahead`` of the truth in the present slot."""
        wanted = Counter(self._used)
        for priority in Priority:
            slot = Slot(self._start, priority)
            if priority is Priority.INTERACTIVE or wanted[slot] > 0:
                wanted[slot] += ahead
        changes = {
            slot: wanted[slot] - self._stored[slot] for slot in sorted({*wanted, *self._stored})
        }
        return {slot: change for slot, change in changes.items() if change != 0}

    def _is_overtaking(self, slot: Slot) -> bool:
        """True when the store is no longer comfortably ahead."""
        return self._stored[slot] - self._used[slot] < self._ahead / 2

    async def _save(self, changes: Mapping[Slot, int]) -> None:
        if self._store is not None and changes:
            await self._store.add(self._upstream, changes, since=self._oldest)
            self._stored.update(changes)

    def _save_soon(self) -> None:
        if self._saving is None:
            changes = self._changes(ahead=self._ahead)
            self._saving = asyncio.create_task(
                self._save(changes), name=f"quota of {self._upstream}"
            )
            self._saving.add_done_callback(self._saved)

    def _saved(self, task: asyncio.Task[None]) -> None:
        """Say once that the store fails, and once that it is back; the next request tries again."""
        self._saving = None
        if task.cancelled():
            return
        error = task.exception()
        if (error is not None) is not self._is_store_failing:
            self._is_store_failing = error is not None
            state = "cannot be stored" if self._is_store_failing else "are stored again"
            reason = f" ({type(error).__name__})" if error is not None else ""
            _LOGGER.warning("%s: the counts of its quota %s%s", self._upstream, state, reason)
        slots = [slot for slot in self._used if slot.start == self._start]
        if error is None and any(map(self._is_overtaking, slots)):
            self._save_soon()  # more were counted while this was being stored
