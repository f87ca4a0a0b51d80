"""An in-memory second cache level: slow or failing on demand, and it tells what was asked."""

from datetime import datetime

from services.resilience.cache_store import StoredEntry
from services.resilience.clock import SystemClock

_TIME = SystemClock()


class MemoryStore:
    """Keeps bytes in a dict; two policies that share one are two runs of the bot.

    Attributes:
        entries: What is stored.
        kept_until: Until when each entry is to be kept.
        asked: Every operation in order, such as ``get key``; also those that failed.
        takes: Seconds that each operation takes.
        error: What each operation raises; None: it works.
    """

    def __init__(self) -> None:
        self.entries: dict[str, StoredEntry] = {}
        self.kept_until: dict[str, datetime] = {}
        self.asked: list[str] = []
        self.takes = 0.0
        self.error: Exception | None = None

    async def get(self, key: str) -> StoredEntry | None:
        await self._work(f"get {key}")
        return self.entries.get(key)

    async def set(
        self, key: str, data: bytes, *, stored_at: datetime, keep_until: datetime
    ) -> None:
        await self._work(f"set {key}")
        self.entries[key] = StoredEntry(data, stored_at)
        self.kept_until[key] = keep_until

    async def delete(self, key: str) -> None:
        await self._work(f"delete {key}")
        self.entries.pop(key, None)

    async def _work(self, what: str) -> None:
        self.asked.append(what)
        if self.takes:
            await _TIME.sleep(self.takes)
        if self.error is not None:
            raise self.error
