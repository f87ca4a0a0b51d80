"""The bulkhead: a cap on concurrent calls to one upstream, with a bounded queue before it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.errors import BulkheadFull


class Bulkhead:
    """Lets ``concurrency`` calls run and ``queue`` more wait, in order; sheds the rest."""

    def __init__(self, upstream: str, *, concurrency: int, queue: int) -> None:
        """Set the caps; both count calls."""
        self._upstream = upstream
        self._slots = asyncio.Semaphore(concurrency)
        self._queue = queue
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How many calls wait for a slot."""
        return self._waiting

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold a slot for the block.

        Raises:
            BulkheadFull: The queue is full.
        """
        if self._slots.locked() and self._waiting >= self._queue:
            raise BulkheadFull(self._upstream, "slot", None, f"{self._waiting} calls already wait")
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._slots.release()
