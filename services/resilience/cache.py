"""The cache in front of an upstream: fresh answers, and stale ones for when it fails.

aiocache's memory backend holds the entries; its own TTL timers stay unused (they outlive
``clear``), and the bound it lacks is kept here: least recently used entries leave first.
``timeout=None`` spares a task per operation.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from aiocache import SimpleMemoryCache

from services.resilience.clock import Clock


@dataclass(frozen=True, slots=True)
class Entry:
    """A cached value; ``stored`` is a monotonic instant, ``as_of`` the wall time (UTC)."""

    value: object
    stored: float
    as_of: datetime


class Cache:
    """Keeps the last ``capacity`` answers, whatever their age; the caller judges the age."""

    def __init__(self, *, capacity: int, clock: Clock) -> None:
        """Hold at most ``capacity`` entries, 1 or more."""
        self._capacity = capacity
        self._clock = clock
        self._store = SimpleMemoryCache(timeout=None)
        self._recency: OrderedDict[str, None] = OrderedDict()

    async def get(self, key: str, *, max_age: float) -> Entry | None:
        """Return the entry of ``key`` unless it is older than ``max_age`` seconds."""
        entry: Entry | None = await self._store.get(key)
        if entry is None or self._clock.monotonic() - entry.stored > max_age:
            return None
        self._recency.move_to_end(key)
        return entry

    async def set(self, key: str, value: object) -> Entry:
        """Store ``value`` as of now. It is shared between callers, so it must be immutable."""
        entry = Entry(value, self._clock.monotonic(), self._clock.now())
        await self._store.set(key, entry)
        self._recency[key] = None
        self._recency.move_to_end(key)
        while len(self._recency) > self._capacity:
            oldest, _ = self._recency.popitem(last=False)
            await self._store.delete(oldest)
        return entry
