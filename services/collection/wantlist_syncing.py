"""``WantlistSyncing``: one attempt at reading a wantlist, in the hands of a worker.

Every page is committed together with the job's progress. It goes to a generation beside the one
that is shown, which is published, together with the end of the job, only once its wishes are as
many as Discogs counts (``walk.py`` has the rules).
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Final

from services.collection.syncing import Changing, Stopped
from services.collection.walk import Walk
from services.collection.walking import read_pages
from services.collection.want_rows import want_row
from services.collection.wantlist_work import WantlistWork, Wishes
from services.discogs.shelf_models import WantlistPage
from services.jobs.kinds import RunningJob
from services.resilience.clock import Clock
from services.storage.database import Database, Transaction
from services.storage.wantlist_models import WantlistRow
from services.storage.wantlists import WantlistRepository

_MOST_WALKS: Final = 3


class _Outdated(Exception):  # noqa: N818  # says what happened
    """What was read is not what is there: nothing of it is committed."""


class WantlistSyncing:
    """Reads one wantlist from Discogs and stores it."""

    def __init__(
        self,
        job: RunningJob[WantlistWork],
        username: str,
        shelf: Wishes,
        *,
        database: Database,
        wantlists: WantlistRepository,
        clock: Clock,
        tell: Callable[[], None],
    ) -> None:
        """Work on ``job``, for the account of that name; ``tell`` is called when that shows."""
        self._job = job
        self._user_id = job.payload.user_id
        self._username = username
        self._shelf = shelf
        self._database = database
        self._wantlists = wantlists
        self._clock = clock
        self._tell = tell
        self._edits = 0

    async def run(self) -> None:
        """Bring what is stored up to date, and complete the job.

        Raises:
            Stopped: The account was unlinked, or replaced by another.
            Changing: It could not be read while it stood still.
            ExternalServiceException: Discogs fails, or refuses.
            JobLost: Somebody else has the job.
            DatabaseUnavailable: Of the storage.
        """
        row = await self._open()
        work = self._job.payload
        is_ours = work.username == self._username
        walk = work.walk
        if walk is None or not is_ours or walk.generation != row.building:
            walk = await self._begin(1)
        while True:
            walk = await read_pages(walk, self._fetch, self._keep, operation="get_wantlist")
            if await self._publish(walk):
                return
            if walk.number >= _MOST_WALKS:
                raise Changing
            walk = await self._begin(walk.number + 1)

    async def _open(self) -> WantlistRow:
        """Return the row; it is not made anew, since unlinking has deleted it for good."""
        async with self._database.write() as transaction:
            if await self._wantlists.get(transaction, self._user_id, for_update=True) is None:
                raise Stopped
            row = await self._wantlists.open(transaction, self._user_id, self._username)
            await self._wantlists.change(transaction, self._user_id, is_running=True)
        return row

    async def _begin(self, number: int) -> Walk:
        generation = (await self._current()).last_generation + 1
        walk = Walk(generation=generation, began_at=self._clock.now(), number=number)
        async with self._saving(walk) as (transaction, _):
            begun = await self._wantlists.begin_generation(transaction, self._user_id)
            if begun != generation:  # another process was faster
                raise Stopped
        return walk

    async def _fetch(self, number: int) -> WantlistPage:
        self._edits = (await self._current()).edits
        return await self._shelf.wants(number)

    async def _keep(self, walk: Walk, page: WantlistPage) -> Walk:
        following = walk.after(page)
        with suppress(_Outdated):
            async with self._saving(following) as (transaction, row):
                if row.building != walk.generation:
                    raise Stopped
                if row.edits != self._edits:
                    # The person has changed the list since this page was asked for.
                    raise _Outdated
                rows = [want_row(wish) for wish in page.wishes]
                await self._wantlists.write(transaction, self._user_id, walk.generation, rows)
            return following
        return walk

    async def _publish(self, walk: Walk) -> bool:
        if walk.next_page is not None:
            return False
        with suppress(_Outdated):
            async with self._locked(self._job.finishing()) as (transaction, _):
                stored = await self._wantlists.count(transaction, self._user_id, walk.generation)
                if not walk.is_consistent(stored):
                    raise _Outdated
                if not await self._wantlists.publish(transaction, self._user_id, walk.generation):
                    raise Stopped
                await self._wantlists.change(
                    transaction,
                    self._user_id,
                    synced_at=self._clock.now(),
                    is_running=False,
                    problem=None,
                    retry_at=None,
                )
            return True
        return False

    async def _current(self) -> WantlistRow:
        async with self._database.read() as transaction:
            return self._checked(await self._wantlists.get(transaction, self._user_id))

    def _checked(self, row: WantlistRow | None) -> WantlistRow:
        if row is None or row.username != self._username:
            raise Stopped
        return row

    def _saving(self, walk: Walk) -> AbstractAsyncContextManager[tuple[Transaction, WantlistRow]]:
        work = WantlistWork(user_id=self._user_id, username=self._username, walk=walk)
        return self._locked(self._job.saving(work))

    @asynccontextmanager
    async def _locked(
        self, commit: AbstractAsyncContextManager[Transaction]
    ) -> AsyncIterator[tuple[Transaction, WantlistRow]]:
        """Keep the row from being changed by others, unless it is no longer what we read."""
        async with commit as transaction:
            row = await self._wantlists.get(transaction, self._user_id, for_update=True)
            yield transaction, self._checked(row)
            transaction.after_commit(self._tell)
