"""A quota store in memory, which can be held up and made to fail."""

import asyncio
from collections import Counter
from collections.abc import Mapping

from services.resilience.daily_quota import Slot


class MemoryQuotaStore:
    """Keeps the counts of every upstream.

    Attributes:
        counts: What is stored, by upstream and slot.
        writes: The changes of every ``add``, in order.
        gate: Cleared to hold up everybody who writes.
        error: What reading and writing raise, or None.
    """

    def __init__(self) -> None:
        self.counts: dict[str, Counter[Slot]] = {}
        self.writes: list[dict[Slot, int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def load(self, upstream: str, *, since: int) -> Mapping[Slot, int]:
        if self.error is not None:
            raise self.error
        counts = self.counts.get(upstream, Counter())
        return {slot: count for slot, count in counts.items() if slot.start >= since}

    async def add(self, upstream: str, changes: Mapping[Slot, int], *, since: int) -> None:
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.writes.append(dict(changes))
        counts = self.counts.setdefault(upstream, Counter())
        counts.update(changes)
        for slot in [slot for slot in counts if slot.start < since]:
            del counts[slot]

    def total(self, upstream: str = "spotify") -> int:
        """Return the sum of all counts of an upstream."""
        return self.counts.get(upstream, Counter()).total()
