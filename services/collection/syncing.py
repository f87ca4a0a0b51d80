"""``Syncing``: one attempt at a sync, in the hands of a worker.

Every answer is committed together with the job's progress, so whatever dies, one page at most is
asked for again. What is read goes to a generation that nobody sees (but for the first one, which
is shown as partial); publishing it and completing the job are one commit.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Final

import msgspec

from services.collection.newest import read_newest
from services.collection.rows import row_of
from services.collection.sync_store import SyncStore, needs_full_pass
from services.collection.sync_work import Shelf, SyncWork
from services.collection.walk import PER_PAGE, Walk
from services.collection.walking import read_pages
from services.discogs.shelf_models import CollectionPage
from services.errors import AuthenticationFailed
from services.jobs.kinds import RunningJob
from services.resilience.clock import Clock
from services.storage.collection_models import CollectionRow, NameKind
from services.storage.database import Transaction

_MOST_WALKS: Final = 3
_MOST_NEW_PAGES: Final = 5


class Stopped(Exception):  # noqa: N818  # says what happened
    """Somebody cancelled the sync, or what it was to read is another collection now."""


class Changing(Exception):  # noqa: N818  # says what happened
    """The collection changed each time while it was read."""


class Syncing:
    """Reads one collection from Discogs and stores it."""

    def __init__(
        self,
        job: RunningJob[SyncWork],
        username: str,
        shelf: Shelf,
        *,
        store: SyncStore,
        clock: Clock,
    ) -> None:
        """Work on ``job``, for the account of that name."""
        self._job = job
        self._user_id = job.payload.user_id
        self._username = username
        self._shelf = shelf
        self._store = store
        self._collections = store.collections
        self._clock = clock
        self._began_at = clock.monotonic()
        self._requests = 0

    async def run(self) -> None:
        """Bring what is stored up to date, and complete the job.

        Raises:
            Stopped: It was cancelled; or the account was unlinked, or replaced by another.
            Changing: It could not be read while it stood still.
            ExternalServiceException: Discogs fails, or refuses.
            JobLost: Somebody else has the job.
            DatabaseUnavailable: Of the storage.
        """
        row = await self._open()
        walk = self._job.payload.walk
        if walk is None:
            if not needs_full_pass(row, self._clock.now()) and await self._catch_up(row):
                return
            walk = await self._begin_walk(1)
        while True:
            walk = await self._read(walk)
            if await self._publish(walk):
                return
            if walk.number >= _MOST_WALKS:
                raise Changing
            walk = await self._begin_walk(walk.number + 1)

    # --- The newest only

    async def _catch_up(self, row: CollectionRow) -> bool:
        known = partial(self._store.known, self._user_id)
        newest = await read_newest(self._shelf, known, most_pages=_MOST_NEW_PAGES)
        rows = [row_of(copy) for copy in newest.copies]
        async with self._saving(self._job.payload) as transaction:
            await self._collections.add_newest(transaction, self._user_id, rows)
        stored = await self._store.count(self._user_id, row.generation or 0)
        hidden = self._job.payload.hidden
        if not newest.is_complete or stored + hidden != newest.total:
            return False
        async with self._finishing() as transaction:
            current = await self._collections.get(transaction, self._user_id)
            if current is None or needs_full_pass(current, self._clock.now()):
                raise Stopped  # somebody asked for a full pass meanwhile
            await self._store.note_success(
                transaction, self._user_id, stored=stored, total=newest.total
            )
        return True

    # --- Everything

    async def _begin_walk(self, number: int) -> Walk:
        row = await self._store.get(self._user_id)
        if row is None:
            raise Stopped
        generation = row.last_generation + 1
        walk = Walk(generation=generation, began_at=self._clock.now(), number=number)
        work = msgspec.structs.replace(self._job.payload, walk=walk, username=self._username)
        async with self._saving(work) as transaction:
            begun = await self._collections.begin_generation(transaction, self._user_id)
            if begun != generation:  # somebody else's account, or another process, was faster
                raise Stopped
            await self._collections.change(
                transaction, self._user_id, pages_done=0, pages=0, copies_done=0, total=None
            )
        await self._store.drop_stale(self._user_id)
        return walk

    async def _read(self, walk: Walk) -> Walk:
        return await read_pages(walk, self._fetch, self._keep, operation="get_collection")

    async def _fetch(self, number: int) -> CollectionPage:
        return await self._shelf.page(number, newest_first=False)

    async def _keep(self, walk: Walk, page: CollectionPage) -> Walk:
        answer, walk = walk.requests + 1, walk.after(page)
        self._requests += 1
        rows = [row_of(copy) for copy in page.copies]
        async with self._saving(self._with(walk)) as transaction:
            # Numbered by answers: a page that is read again adds to what it held before.
            await self._collections.write_page(
                transaction, self._user_id, walk.generation, answer, rows
            )
            await self._collections.change(
                transaction,
                self._user_id,
                pages_done=walk.pages_done,
                pages=walk.pages,
                copies_done=min(walk.total, PER_PAGE * walk.pages_done),
                total=walk.total,
                seconds_left=self._seconds_left(walk),
                problem=None,
                retry_at=None,
            )
        return walk if walk.has_names else await self._read_names(walk)

    async def _read_names(self, walk: Walk) -> Walk:
        try:
            folders = {each.folder_id: each.name for each in await self._shelf.folders()}
            fields = await self._shelf.fields()
        except AuthenticationFailed:  # the copies are public, the names are not
            folders, fields = {}, ()
        names = {each.field_id: each.name for each in fields}
        options = {each.field_id: each.options for each in fields}
        walk = msgspec.structs.replace(walk, has_names=True)
        async with self._saving(self._with(walk)) as transaction:
            save = self._collections.save_names
            await save(transaction, self._user_id, NameKind.FOLDER, folders)
            await save(transaction, self._user_id, NameKind.FIELD, names, options)
        return walk

    async def _publish(self, walk: Walk) -> bool:
        distinct = await self._store.count(self._user_id, walk.generation)
        if walk.next_page is not None or not walk.is_consistent(distinct):
            return False
        async with self._finishing() as transaction:
            if not await self._collections.publish(transaction, self._user_id, walk.generation):
                raise Stopped
            await self._store.note_success(
                transaction, self._user_id, stored=distinct, total=walk.total
            )
            await self._collections.change(transaction, self._user_id, full_at=walk.began_at)
        return True

    # --- Both

    async def _open(self) -> CollectionRow:
        """Return the row; a walk through another account, or for another row, is forgotten."""
        async with self._store.database.write() as transaction:
            row = await self._collections.open(transaction, self._user_id, self._username)
            if row.is_cancelled:
                raise Stopped
            await self._collections.change(transaction, self._user_id, is_running=True)
        work = self._job.payload
        is_ours = work.username == self._username
        if work.walk is not None and not (is_ours and work.walk.generation == row.building):
            async with self._job.saving(msgspec.structs.replace(work, walk=None)):
                pass
        return row

    def _with(self, walk: Walk) -> SyncWork:
        return msgspec.structs.replace(self._job.payload, walk=walk, failing_since=None)

    def _seconds_left(self, walk: Walk) -> float | None:
        """Return the estimate from the pace of this attempt; None after a single page."""
        if self._requests < 2:  # noqa: PLR2004  # two answers make a pace
            return None
        pace = (self._clock.monotonic() - self._began_at) / self._requests
        return pace * (walk.pages - walk.pages_done)

    def _saving(self, work: SyncWork) -> AbstractAsyncContextManager[Transaction]:
        return self._locked(self._job.saving(work))

    def _finishing(self) -> AbstractAsyncContextManager[Transaction]:
        return self._locked(self._job.finishing())

    @asynccontextmanager
    async def _locked(
        self, commit: AbstractAsyncContextManager[Transaction]
    ) -> AsyncIterator[Transaction]:
        async with commit as transaction:
            await self._lock(transaction)
            yield transaction
            transaction.after_commit(self._store.tell)

    async def _lock(self, transaction: Transaction) -> None:
        """Keep the row from being changed by others, unless somebody has stopped us.

        Raises:
            Stopped: It was cancelled, unlinked or linked to another account.
        """
        row = await self._collections.get(transaction, self._user_id, for_update=True)
        if row is None or row.is_cancelled or row.username != self._username:
            raise Stopped
        walk = self._job.payload.walk
        if walk is not None and row.building != walk.generation:
            raise Stopped
