"""A collection service on a real database, with what it talks to in memory."""

import random
from datetime import datetime, timedelta

from fakes.clock import WALL_START
from fakes.copies import FakeAccounts, FakeSync, MemoryShelf

from services.collection.changes import ADD_LATER, CollectionChanges
from services.collection.ports import OpenShelf
from services.collection.service import CollectionService
from services.jobs.kinds import RetryLater, RunningJob
from services.jobs.queue import JobQueue
from services.resilience.clock import SystemClock
from services.storage.collection_entries import LocalEntries
from services.storage.collections import CollectionRepository
from services.storage.database import Database

STALE_SECONDS = 6 * 3_600.0
ADD_LATER_DUE_SECONDS = 60.0


class HandClock(SystemClock):
    """A wall clock that moves when it is told to."""

    def __init__(self) -> None:
        self.wall = WALL_START

    def now(self) -> datetime:
        return self.wall

    def later(self, seconds: float) -> None:
        """Let time go by."""
        self.wall += timedelta(seconds=seconds)


class Library:
    """The service and its surroundings.

    Attributes:
        accounts: Who has linked what.
        sync: What it asks of the sync.
        shelf: What there is on Discogs; everybody's.
        service: What is tested.
        changes: Handles its jobs.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: HandClock,
        accounts: FakeAccounts,
        chance: int = 1,
        open_shelf: OpenShelf | None = None,
    ) -> None:
        collections = CollectionRepository()
        self._clock = clock
        self.accounts = accounts
        self.sync = FakeSync()
        self.shelf = MemoryShelf()
        self.queue = JobQueue(database, clock=clock)
        self.changes = CollectionChanges(
            database=database,
            collections=collections,
            entries=LocalEntries(),
            accounts=accounts,
            open_shelf=open_shelf or (lambda _account: self.shelf),
            queue=self.queue,
            clock=clock,
        )
        self.service = CollectionService(
            database=database,
            collections=collections,
            accounts=accounts,
            sync=self.sync,
            changes=self.changes,
            clock=clock,
            chance=random.Random(chance),  # noqa: S311  # the same in every run
            stale_seconds=STALE_SECONDS,
        )

    async def jobs(self) -> int:
        """Return how many entries wait to be added to Discogs."""
        return await self.queue.waiting(ADD_LATER)

    async def work(self) -> float | None:
        """Do the one job that waits, as a worker would; returns the seconds until its next try."""
        self._clock.later(ADD_LATER_DUE_SECONDS)
        [job] = await self.queue.claim(kinds=[ADD_LATER.name], worker="w", limit=1)
        running = RunningJob(ADD_LATER, job, self.queue)
        try:
            await self.changes.add_later(running)
        except RetryLater as error:
            await self.queue.put_back(job, run_at=None, error=None, counts=error.counts)
            return error.seconds
        if not running.is_done:
            async with self.queue.writing() as transaction:
                assert await self.queue.complete(transaction, job)
        return None
