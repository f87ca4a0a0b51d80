"""``SyncHandler``: runs the jobs of syncs, and decides what becomes of one that fails."""

import logging
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec

from services.collection.models import SyncProblem
from services.collection.sync_failures import final_problem, pause_seconds
from services.collection.sync_store import SyncStore
from services.collection.sync_work import Accounts, OpenShelf, SyncWork
from services.collection.syncing import Changing, Stopped, Syncing
from services.discogs.accounts import DiscogsAccount
from services.errors import ExternalServiceException, NotLinked
from services.jobs.kinds import RetryLater, RunningJob
from services.resilience.clock import Clock
from services.resilience.priority import background
from services.storage.collection_models import CollectionRow
from services.storage.database import Transaction
from services.storage.errors import DatabaseUnavailable

_LOGGER = logging.getLogger(__name__)


class _StartedAgain(Exception):  # noqa: N818  # says what happened
    """The sync was cancelled, and somebody wants it after all."""


class SyncHandler:
    """Works on one job at a time, as often as it is called."""

    def __init__(
        self, *, store: SyncStore, accounts: Accounts, open_shelf: OpenShelf, clock: Clock
    ) -> None:
        """Read what ``open_shelf`` shows of the ``accounts``, and keep it in ``store``."""
        self._store = store
        self._collections = store.collections
        self._accounts = accounts
        self._open_shelf = open_shelf
        self._clock = clock

    async def run(self, job: RunningJob[SyncWork]) -> None:
        """Handle the job.

        Raises:
            RetryLater: Discogs cannot be read now; what was read is kept.
            JobLost: Somebody else has the job.
            DatabaseUnavailable: Of the storage.
        """
        with background():
            while not await self._attempt(job):
                pass
            user_id = job.payload.user_id
            with suppress(DatabaseUnavailable):  # then the next sync does it
                await self._store.drop_stale(user_id)

    async def _attempt(self, job: RunningJob[SyncWork]) -> bool:
        """Sync; False when it was cancelled and started again meanwhile."""
        account: DiscogsAccount | None = None
        try:
            account = await self._accounts.account(job.payload.user_id)
            if account is None:
                raise NotLinked("discogs", "sync_collection")  # one table for all
            shelf = self._open_shelf(account)
            await Syncing(job, account.username, shelf, store=self._store, clock=self._clock).run()
        except Stopped:
            return await self._end(job, None)
        except Changing:
            return await self._end(job, SyncProblem.CHANGING)
        except ExternalServiceException as error:
            is_owner = account is not None and account.may_write
            return await self._failed(job, error, is_owner=is_owner)
        return True

    async def _failed(
        self, job: RunningJob[SyncWork], error: ExternalServiceException, *, is_owner: bool
    ) -> bool:
        now, since = self._clock.now(), job.payload.failing_since
        problem = final_problem(error, is_owner=is_owner)
        seconds = pause_seconds(error, since or now, now)
        if problem is not None or seconds is None:
            _LOGGER.info("a collection cannot be read: %s", error)
            return await self._end(job, problem or SyncProblem.UNAVAILABLE)
        if since is None:
            _LOGGER.warning("a sync goes on later: %s", error)
        try:
            await self._wait(job, since or now, now + timedelta(seconds=seconds))
        except Stopped:
            return await self._end(job, None)
        raise RetryLater(str(error), seconds=seconds, counts=False) from error

    async def _wait(
        self, job: RunningJob[SyncWork], failing_since: datetime, retry_at: datetime
    ) -> None:
        work = msgspec.structs.replace(job.payload, failing_since=failing_since)
        async with job.saving(work) as transaction:
            row = await self._collections.get(transaction, work.user_id, for_update=True)
            if row is None or row.is_cancelled:
                raise Stopped
            await self._store.note_wait(transaction, work.user_id, retry_at)
            transaction.after_commit(self._store.tell)

    async def _end(self, job: RunningJob[SyncWork], problem: SyncProblem | None) -> bool:
        """Complete the job; False, and it goes on, when it was started again meanwhile."""
        user_id = job.payload.user_id
        with suppress(_StartedAgain):
            async with job.finishing() as transaction:
                row = await self._collections.get(transaction, user_id, for_update=True)
                if row is not None:
                    await self._note_end(transaction, row, problem)
                transaction.after_commit(self._store.tell)
            return True
        return False

    async def _note_end(
        self, transaction: Transaction, row: CollectionRow, problem: SyncProblem | None
    ) -> None:
        if row.is_cancelled:
            problem = SyncProblem.CANCELLED
        elif problem is None:
            raise _StartedAgain  # nothing is committed
        await self._store.note_end(transaction, row, problem)
