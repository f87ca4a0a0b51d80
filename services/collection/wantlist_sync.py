"""``WantlistSync``: keeps what is stored of people's wantlists what Discogs has.

A wantlist is short, so it is always read whole: as a durable job in the background, one per person
at a time. A failure never takes away what is shown.
"""

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from typing import Final

import msgspec

from services.collection.models import SyncProblem
from services.collection.sync_failures import final_problem, pause_seconds
from services.collection.sync_work import Accounts
from services.collection.syncing import Changing, Stopped
from services.collection.wantlist_syncing import WantlistSyncing
from services.collection.wantlist_work import WANTLIST_SYNC, OpenWishes, WantlistWork
from services.discogs.accounts import DiscogsAccount
from services.errors import ExternalServiceException, NotLinked
from services.jobs.kinds import RetryLater, RunningJob
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock
from services.resilience.priority import background
from services.storage.database import Database
from services.storage.wantlist_models import WantlistRow
from services.storage.wantlists import WantlistRepository

_LOGGER = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS: Final = 1.0


class WantlistSync:
    """Starts syncs and waits for them; ``run`` is the handler of their jobs."""

    def __init__(
        self,
        *,
        database: Database,
        wantlists: WantlistRepository,
        queue: JobQueue,
        accounts: Accounts,
        open_shelf: OpenWishes,
        clock: Clock,
    ) -> None:
        """Sync into ``database`` what ``open_shelf`` shows of the people's ``accounts``."""
        self._database = database
        self._wantlists = wantlists
        self._queue = queue
        self._accounts = accounts
        self._open_shelf = open_shelf
        self._clock = clock
        self._news = asyncio.Event()

    async def start(self, user_id: int) -> bool:
        """Have the wantlist read; False when that is under way.

        Raises:
            NotLinked: There is no account to read from.
            LinkAgain: Its tokens are of no use.
            DatabaseUnavailable: Of the storage.
        """
        account = await self._accounts.account(user_id)
        if account is None:
            raise NotLinked("discogs", "sync_wantlist")
        async with self._database.write() as transaction:
            before = await self._wantlists.open(transaction, user_id, account.username)
            queued = await self._queue.enqueue(
                WANTLIST_SYNC,
                WantlistWork(user_id=user_id),
                transaction=transaction,
                key=str(user_id),
            )
            if not before.is_running:
                await self._wantlists.change(
                    transaction, user_id, is_running=True, problem=None, retry_at=None
                )
        return queued.is_new

    async def freshen(self, user_id: int, within: float) -> bool:
        """Have the wantlist read now; False when what is shown then may be old.

        What takes longer goes on behind the scenes.

        Args:
            user_id: Whose.
            within: How long to wait for it, in seconds.

        Raises:
            NotLinked: And everything else, as ``start``.
        """
        await self.start(user_id)
        with suppress(TimeoutError):
            async with self._clock.timeout_at(self._clock.monotonic() + within):
                return await self._settled(user_id)
        return False

    async def run(self, job: RunningJob[WantlistWork]) -> None:
        """Handle the job.

        Raises:
            RetryLater: Discogs cannot be read now; what was read is kept.
            JobLost: Somebody else has the job.
            DatabaseUnavailable: Of the storage.
        """
        with background():
            while not await self._attempt(job):
                pass

    async def _attempt(self, job: RunningJob[WantlistWork]) -> bool:
        """Sync; False when another account was linked meanwhile, which is to be read instead."""
        user_id = job.payload.user_id
        account: DiscogsAccount | None = None
        try:
            account = await self._accounts.account(user_id)
            if account is None:
                raise NotLinked("discogs", "sync_wantlist")  # one table for all
            await self._syncing(job, account).run()
        except Stopped:
            if await self._row(user_id) is not None:
                return False
            await self._end(job, None)
        except Changing:
            await self._end(job, SyncProblem.CHANGING)
        except ExternalServiceException as error:
            is_owner = account is not None and account.may_write
            await self._failed(job, error, is_owner=is_owner)
        return True

    def _syncing(self, job: RunningJob[WantlistWork], account: DiscogsAccount) -> WantlistSyncing:
        return WantlistSyncing(
            job,
            account.username,
            self._open_shelf(account),
            database=self._database,
            wantlists=self._wantlists,
            clock=self._clock,
            tell=self._tell,
        )

    async def _settled(self, user_id: int) -> bool:
        """Wait until the sync has ended, or failed; tells whether it ended well."""
        while True:
            news = self._news
            row = await self._row(user_id)
            if row is None or row.problem is not None or not row.is_running:
                return row is not None and row.problem is None
            with suppress(TimeoutError):
                # Another process may be the one that syncs: nothing of it wakes us.
                async with self._clock.timeout_at(self._clock.monotonic() + _LOOK_EVERY_SECONDS):
                    await news.wait()

    async def _failed(
        self, job: RunningJob[WantlistWork], error: ExternalServiceException, *, is_owner: bool
    ) -> None:
        now = self._clock.now()
        since = job.payload.failing_since or now
        problem, seconds = final_problem(error, is_owner=is_owner), pause_seconds(error, since, now)
        if problem is not None or seconds is None:
            _LOGGER.info("a wantlist cannot be read: %s", error)
            await self._end(job, problem or SyncProblem.UNAVAILABLE)
            return
        if job.payload.failing_since is None:
            _LOGGER.warning("the sync of a wantlist goes on later: %s", error)
        work = msgspec.structs.replace(job.payload, failing_since=since)
        async with job.saving(work) as transaction:
            await self._wantlists.change(
                transaction,
                work.user_id,
                problem=SyncProblem.UNAVAILABLE,
                retry_at=now + timedelta(seconds=seconds),
            )
            transaction.after_commit(self._tell)
        raise RetryLater(str(error), seconds=seconds, counts=False) from error

    async def _end(self, job: RunningJob[WantlistWork], problem: SyncProblem | None) -> None:
        """Complete the job; nothing that is shown has changed."""
        user_id = job.payload.user_id
        async with job.finishing() as transaction:
            row = await self._wantlists.get(transaction, user_id, for_update=True)
            if row is not None:
                if row.generation is not None:
                    await self._wantlists.give_up(transaction, user_id)
                await self._wantlists.change(
                    transaction, user_id, is_running=False, problem=problem, retry_at=None
                )
            transaction.after_commit(self._tell)

    async def _row(self, user_id: int) -> WantlistRow | None:
        async with self._database.read() as transaction:
            return await self._wantlists.get(transaction, user_id)

    def _tell(self) -> None:
        """Wake everybody who waits; each looks at its own wantlist."""
        self._news.set()
        self._news = asyncio.Event()
