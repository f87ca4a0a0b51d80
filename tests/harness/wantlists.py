"""A wantlist service with its sync and a worker, on a real database; Discogs is in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fakes.chance import FixedChance
from fakes.copies import FakeAccounts
from fakes.wishes import FakeWishes, make_wish

from services.collection.wantlist import WantlistService
from services.collection.wantlist_sync import WantlistSync
from services.collection.wantlist_work import WANTLIST_SYNC
from services.jobs.kinds import Handlers, RetryLater, RunningJob
from services.jobs.queue import JobQueue
from services.jobs.worker import Worker, working
from services.resilience.clock import Clock
from services.storage.database import Database
from services.storage.wantlists import WantlistRepository

STALE_SECONDS = 600.0


class Wantlists:
    """The service and its surroundings.

    Attributes:
        shelf: What there is on Discogs; everybody's.
        sync: Reads it.
        service: What is tested.
    """

    def __init__(
        self, database: Database, clock: Clock, *, accounts: FakeAccounts, wishes: int = 0
    ) -> None:
        self.shelf = FakeWishes({number: make_wish(number) for number in range(1, wishes + 1)})
        self.accounts = accounts
        self.database = database
        self._clock = clock
        self.queue = JobQueue(database, clock=clock)
        self.repository = WantlistRepository()
        self.sync = WantlistSync(
            database=database,
            wantlists=self.repository,
            queue=self.queue,
            accounts=accounts,
            open_shelf=lambda _account: self.shelf,
            clock=clock,
        )
        self.service = WantlistService(
            database=database,
            wantlists=self.repository,
            accounts=accounts,
            open_shelf=lambda _account: self.shelf,
            sync=self.sync,
            clock=clock,
            stale_seconds=STALE_SECONDS,
        )

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Have a worker run syncs inside the block."""
        handlers = Handlers()
        handlers.register(WANTLIST_SYNC, self.sync.run)
        worker = Worker(self.queue, handlers, name="w1", clock=self._clock, chance=FixedChance(0.0))
        async with working(worker, drain_seconds=0):
            yield

    async def work(self) -> float | None:
        """Do the one job that waits, as a worker would; returns the seconds until its next try."""
        [job] = await self.queue.claim(kinds=[WANTLIST_SYNC.name], worker="w", limit=1)
        running = RunningJob(WANTLIST_SYNC, job, self.queue)
        try:
            await self.sync.run(running)
        except RetryLater as error:
            await self.queue.put_back(job, run_at=None, error=None, counts=error.counts)
            return error.seconds
        assert running.is_done
        return None

    async def wanted(self, user_id: int) -> list[int]:
        """Return what is shown, by number; no set: twice the same would be a mistake."""
        return sorted(want.release_id for want in await self.service.find(user_id, "", 10_000))
