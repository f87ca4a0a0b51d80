"""The first level of the cache: answers kept in memory, bounded by number and by bytes.

aiocache's memory backend holds the entries; its own TTL timers stay unused (they outlive
``clear``), and the bounds it lacks are kept here: least recently used entries leave first.
``timeout=None`` spares a task per operation, and without one none of the backend's methods ever
suspends, so what is done here to the entries and to their bookkeeping is atomic on the loop.

Values are shared between callers, therefore only immutable ones are taken; others are refused.
"""

import random
import sys
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Final

import msgspec
from aiocache import SimpleMemoryCache

from services.resilience._immutable import is_immutable
from services.resilience.clock import Clock

ENTRY_OVERHEAD_BYTES: Final = 512
"""What an entry takes besides its value: measured 419 bytes in the backend, and our own."""

_JITTER: Final = 0.1
_UNENCODABLE = (msgspec.MsgspecError, TypeError, ValueError, OverflowError, NotImplementedError)


@dataclass(frozen=True, slots=True)
class Entry:
    """A cached value.

    Attributes:
        value: Immutable.
        stored: The monotonic instant at which the upstream gave it.
        as_of: The same as wall time (UTC).
        size: What it counts for, in bytes.
        early: The share of its lifetime, 0 to 0.1, by which it stops being fresh early.
    """

    value: object
    stored: float
    as_of: datetime
    size: int
    early: float


class Cache:
    """Keeps the last answers within its bounds, whatever their age; the caller judges the age."""

    def __init__(
        self,
        *,
        capacity: int,
        clock: Clock,
        max_bytes: float = inf,
        chance: random.Random | None = None,
    ) -> None:
        """Set the bounds.

        Args:
            capacity: Entries, 1 or more.
            clock: Where time comes from.
            max_bytes: The sum of all sizes. Sizes are those of the serialised values and are
                estimated once; the objects themselves take a few times as much.
            chance: Draws ``Entry.early``, so that what was stored together does not have to be
                refreshed together; without it entries are fresh for all of their time.
        """
        self._capacity = capacity
        self._clock = clock
        self._max_bytes = max_bytes
        self._chance = chance
        self._store = SimpleMemoryCache(timeout=None)
        self._sizes: OrderedDict[str, int] = OrderedDict()  # least recently used first
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._sizes)

    @property
    def bytes(self) -> int:
        """The sum of the sizes of all entries."""
        return self._bytes

    async def get(self, key: str, *, max_age: float = inf) -> Entry | None:
        """Return the entry of ``key`` unless it is older than ``max_age`` seconds."""
        if key not in self._sizes:
            return None  # a question to the backend costs 2.5 µs, also one that is in vain
        entry: Entry | None = await self._store.get(key)
        if entry is None or self._clock.monotonic() - entry.stored > max_age:
            return None
        self._sizes.move_to_end(key)
        return entry

    async def set(
        self,
        key: str,
        value: object,
        *,
        size: int | None = None,
        age: float = 0.0,
        as_of: datetime | None = None,
    ) -> Entry:
        """Store ``value``; one that alone exceeds the bound is returned but not kept.

        Args:
            key: Its key.
            value: An immutable object.
            size: Its serialised length in bytes, where it is known already.
            age: How many seconds ago the upstream gave it.
            as_of: When that was (UTC); None: now.

        Raises:
            TypeError: ``value`` is, or contains, something that can be changed.
        """
        if not is_immutable(value):
            raise TypeError(f"only immutable values are cached, not {type(value).__name__}")
        size = (_size_of(value) if size is None else size) + len(key) + ENTRY_OVERHEAD_BYTES
        early = self._chance.uniform(0.0, _JITTER) if self._chance is not None else 0.0
        stored = self._clock.monotonic() - age
        entry = Entry(value, stored, as_of or self._clock.now(), size, early)
        await self.delete(key)
        if size <= self._max_bytes:
            await self._store.set(key, entry)
            self._sizes[key] = size
            self._bytes += size
            await self._evict()
        return entry

    async def delete(self, key: str) -> None:
        """Forget ``key``, if it is known."""
        if key in self._sizes:
            self._bytes -= self._sizes.pop(key)
            await self._store.delete(key)

    async def _evict(self) -> None:
        while len(self._sizes) > self._capacity or self._bytes > self._max_bytes:
            await self.delete(next(iter(self._sizes)))


def _size_of(value: object) -> int:
    try:
        return len(msgspec.msgpack.encode(value))
    except _UNENCODABLE:
        return sys.getsizeof(value)
