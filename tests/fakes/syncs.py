"""Syncs for the tests: one person's collection at Discogs, our database, and a worker between."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy import func, select

from fakes.chance import FixedChance
from fakes.direct_database import DirectDatabase
from fakes.shelves import FakeShelf, make_copies
from services.collection.models import SyncState
from services.collection.sync import CollectionSync
from services.collection.sync_work import SYNC, OpenShelf
from services.discogs.accounts import DiscogsAccount
from services.jobs.kinds import Handlers
from services.jobs.queue import JobQueue
from services.jobs.worker import Worker, working
from services.resilience.clock import Clock
from services.secret import Secret
from services.storage.collection_entries import LocalEntries
from services.storage.collection_models import ItemRecord, ItemRow
from services.storage.collection_rows import RECORD_COLUMNS, item_record, shown_generation
from services.storage.collections import CollectionRepository
from services.storage.database import Database
from services.storage.migrating import migrate
from services.storage.tables import COLLECTION_ITEMS

USER = 7
OWNER = DiscogsAccount(user_id=USER, username="digger", authorization=lambda: Secret("OAuth"))
STRANGER = DiscogsAccount(user_id=USER, username="digger")


@dataclass
class FakeAccounts:
    """Who has linked what; change it at will."""

    linked: dict[int, DiscogsAccount] = field(default_factory=lambda: {USER: OWNER})

    async def account(self, user_id: int) -> DiscogsAccount | None:
        return self.linked.get(user_id)


class Syncs:
    """Everything around ``CollectionSync``.

    Attributes:
        shelf: What Discogs has.
        open_shelf: How a sync gets at it.
        accounts: Who is linked.
        sync: What is tested.
        collections: The statements, for looking at what was stored.
    """

    def __init__(self, database: Database, clock: Clock, shelf: FakeShelf) -> None:
        self.shelf = shelf
        self.open_shelf: OpenShelf = lambda _account: self.shelf
        self.accounts = FakeAccounts()
        self.collections = CollectionRepository()
        self.entries = LocalEntries()
        self.database = database
        self.clock = clock
        self.queue = JobQueue(database, clock=clock)
        self.sync = self.another()

    def another(self) -> CollectionSync:
        """Return a sync as another process has it."""
        return CollectionSync(
            database=self.database,
            collections=self.collections,
            entries=self.entries,
            queue=self.queue,
            accounts=self.accounts,
            open_shelf=self.open_shelf,
            clock=self.clock,
        )

    @asynccontextmanager
    async def working(self, *, drain_seconds: float = 0) -> AsyncIterator[None]:
        """Have a worker run syncs inside the block, and so long after it as the last one takes."""
        handlers = Handlers()
        handlers.register(SYNC, self.sync.run)
        worker = Worker(self.queue, handlers, name="w1", clock=self.clock, chance=FixedChance(0.0))
        async with working(worker, drain_seconds=drain_seconds):
            yield

    async def finish(self, *, full: bool = False) -> SyncState:
        """Sync to the end, and clean up; returns how it stands then."""
        async with self.working(drain_seconds=20):
            await self.sync.start(USER, full=full)
            return await self.until_over()

    async def until_over(self) -> SyncState:
        """Wait until no sync is under way; returns how it stands then."""
        states = [state async for state in self.sync.watch(USER)]
        return states[-1]

    async def until(self, pages_done: int) -> SyncState:
        """Wait until so many pages are done."""
        async for state in self.sync.watch(USER):
            if state.pages_done >= pages_done:
                return state
        raise AssertionError("the sync is over")

    async def state(self) -> SyncState:
        state = await self.sync.state(USER)
        assert state is not None
        return state

    async def shown(self) -> list[int]:
        """Return the instances that are shown, local entries left out, in order; no set: twice
        the same would be a mistake."""
        statement = select(COLLECTION_ITEMS.c.instance_id).where(
            COLLECTION_ITEMS.c.user_id == USER,
            COLLECTION_ITEMS.c.generation == shown_generation(USER),
        )
        async with self.database.read() as transaction:
            return sorted((await transaction.execute(statement)).scalars())

    async def records(self) -> dict[int | None, ItemRecord]:
        """Return what is shown, by instance."""
        statement = select(*RECORD_COLUMNS).where(
            COLLECTION_ITEMS.c.user_id == USER,
            COLLECTION_ITEMS.c.generation == shown_generation(USER),
        )
        async with self.database.read() as transaction:
            rows = (await transaction.execute(statement)).all()
        return {record.instance_id: record for record in map(item_record, rows)}

    async def rows(self) -> int:
        """Return how many rows are stored of everybody, shown or not."""
        statement = select(func.count()).select_from(COLLECTION_ITEMS)
        async with self.database.read() as transaction:
            return int((await transaction.execute(statement)).scalar_one())

    async def add_local(self, row: ItemRow) -> int:
        async with self.database.write() as transaction:
            await self.collections.open(transaction, USER, "digger")
            return await self.entries.add(transaction, USER, row)

    def instances(self) -> list[int]:
        """Return the instances that Discogs has, in order."""
        return sorted(copy.instance_id for copy in self.shelf.copies)


PAGE_SECONDS = 1.1


@asynccontextmanager
async def in_memory(clock: Clock, copies: int) -> AsyncIterator[Syncs]:
    """Yield syncs of a collection of that size, in virtual time; a page takes 1.1 s."""
    database = DirectDatabase()
    await migrate(database)
    shelf = FakeShelf(make_copies(copies), travel=lambda: clock.sleep(PAGE_SECONDS))
    yield Syncs(database, clock, shelf)
    await database.close()
