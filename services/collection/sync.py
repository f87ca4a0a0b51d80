"""``CollectionSync``: keeps what is stored of people's collections what Discogs has.

One sync per person is under way at a time, as a durable job: it survives restarts, and whoever
asks a second time joins. A failure never takes away what is shown; it is shown with its age.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

from services.collection.checking import Checking
from services.collection.models import SyncProblem, SyncState
from services.collection.rows import state_of
from services.collection.sync_handler import SyncHandler
from services.collection.sync_store import OnSynced, SyncStore, hidden_copies
from services.collection.sync_work import SYNC, Accounts, OpenShelf, SyncWork
from services.errors import NotLinked
from services.jobs.kinds import RunningJob
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock
from services.resilience.single_flight import SingleFlight
from services.storage.collection_entries import LocalEntries
from services.storage.collection_rows import LOCAL
from services.storage.collections import CollectionRepository
from services.storage.database import Database

_LOOK_EVERY_SECONDS: Final = 1.0


class CollectionSync:
    """Starts, watches and cancels syncs; ``run`` is the handler of their jobs."""

    def __init__(
        self,
        *,
        database: Database,
        collections: CollectionRepository,
        entries: LocalEntries,
        queue: JobQueue,
        accounts: Accounts,
        open_shelf: OpenShelf,
        clock: Clock,
        on_synced: OnSynced | None = None,
    ) -> None:
        """Sync into ``database`` what ``open_shelf`` shows of the people's ``accounts``.

        ``on_synced`` takes part in each transaction that notes a success.
        """
        self._database = database
        self._collections = collections
        self._queue = queue
        self._accounts = accounts
        self._clock = clock
        self._store = SyncStore(
            database,
            collections,
            entries=entries,
            clock=clock,
            tell=self._tell,
            on_synced=on_synced,
        )
        self._handler = SyncHandler(
            store=self._store, accounts=accounts, open_shelf=open_shelf, clock=clock
        )
        self._checking = Checking(
            store=self._store,
            accounts=accounts,
            open_shelf=open_shelf,
            start=self.start,
            clock=clock,
        )
        self._checks = SingleFlight()
        self._news = asyncio.Event()

    # --- For people

    async def start(self, user_id: int, *, full: bool = False) -> bool:
        """Have the collection synced; False when a sync is under way, which this one joins.

        Args:
            user_id: Whose.
            full: Read everything, though the newest copies might do.

        Raises:
            NotLinked: There is no account to read from.
            DatabaseUnavailable: Of the storage.
        """
        account = await self._accounts.account(user_id)
        if account is None:
            raise NotLinked("discogs", "sync_collection")
        async with self._database.write() as transaction:
            before = await self._collections.get(transaction, user_id, for_update=True)
            await self._collections.open(transaction, user_id, account.username)
            work = SyncWork(user_id=user_id, hidden=hidden_copies(before))
            queued = await self._queue.enqueue(
                SYNC, work, transaction=transaction, key=str(user_id)
            )
            if full or before is None or before.username != account.username:
                await self._collections.change(transaction, user_id, full_at=None)
            if before is None or not before.is_running:
                await self._store.note_start(transaction, user_id)
            transaction.after_commit(self._tell)
        return queued.is_new

    async def cancel(self, user_id: int) -> bool:
        """Stop the sync before its next page; False when none is under way.

        What was shown before stays.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.write() as transaction:
            row = await self._collections.get(transaction, user_id, for_update=True)
            if row is None or not row.is_running:
                return False
            await self._store.note_end(transaction, row, SyncProblem.CANCELLED)
            # The job may be waiting, or in another process: it looks before it writes.
            await self._collections.change(transaction, user_id, is_cancelled=True)
            transaction.after_commit(self._tell)
        return True

    async def state(self, user_id: int) -> SyncState | None:
        """Return how the collection stands, or None when there is none.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.read() as transaction:
            row = await self._collections.get(transaction, user_id)
            if row is None:
                return None
            shown = row.building if row.generation is None else row.generation
            copies = await self._collections.count(transaction, user_id, LOCAL)
            if shown is not None:
                copies += await self._collections.count(transaction, user_id, shown)
        return state_of(row, copies)

    async def watch(self, user_id: int) -> AsyncIterator[SyncState]:
        """Yield how the collection stands now, then at every change, until no sync is under way.

        Syncs of other processes are looked at once a second.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        last: SyncState | None = None
        while True:
            news = self._news
            state = await self.state(user_id)
            if state is None:
                return
            if state != last:
                yield state
            if not state.is_running:
                return
            last = state
            with suppress(TimeoutError):
                async with self._clock.timeout_at(self._clock.monotonic() + _LOOK_EVERY_SECONDS):
                    await news.wait()

    async def freshen(self, user_id: int, within: float = 3.0) -> bool:
        """Look for new copies now, with two requests at most; False when what is shown may be old.

        What two requests cannot settle is left to a sync, which is started. Somebody waits:
        this is interactive.

        Args:
            user_id: Whose collection.
            within: How long it may take, in seconds.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        try:
            async with self._clock.timeout_at(self._clock.monotonic() + within):
                return await self._checks.run(str(user_id), lambda: self._checking.check(user_id))
        except TimeoutError:
            return False

    async def run(self, job: RunningJob[SyncWork]) -> None:
        """Handle the job of a sync; see ``SyncHandler.run``."""
        await self._handler.run(job)

    def _tell(self) -> None:
        """Wake everybody who watches; each looks at its own collection."""
        self._news.set()
        self._news = asyncio.Event()
