"""``RunStore``: runs as they are stored, and who is told that one has changed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec

from services.accounts.grants import OnUnlink
from services.jobs.kinds import JobKind
from services.jobs.queue import JobQueue
from services.playlists.models import Progress, Run, Stage
from services.resilience.clock import Clock
from services.storage.database import Database, Transaction
from services.storage.playlist_runs import PlaylistRunRepository, PlaylistRunRow

_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Progress)
_ENDED: Final = (Stage.DONE, Stage.CANCELLED, Stage.FAILED)
_DRAFTS_KEPT: Final = timedelta(days=1)
_ENDED_KEPT: Final = timedelta(days=30)
_ENDED_TOLD: Final = timedelta(days=1)


class FillWork(msgspec.Struct, frozen=True, kw_only=True):
    """The job: which run, and whose; everything else is in the run itself."""

    user_id: int
    run_id: int


# Each kill of the process is an attempt, and costs an album at most: many are allowed.
FILL: Final = JobKind(name="playlists.fill", payload=FillWork, max_attempts=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStore:
    """Reads and writes one person's runs.

    Attributes:
        database: Where they are.
        clock: Where time comes from.
        tell: Wakes whoever watches, after a commit.
        rows: The statements.
    """

    database: Database
    clock: Clock
    tell: Callable[[], None]
    rows: PlaylistRunRepository = field(default_factory=PlaylistRunRepository)

    async def add(self, user_id: int, progress: Progress) -> Run:
        """Store a draft; old runs of the person are forgotten.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        now, content = self.clock.now(), _ENCODER.encode(progress).decode()
        async with self.database.write() as transaction:
            await self._tidy(transaction, user_id, now)
            run_id = await self.rows.add(transaction, user_id, Stage.DRAFT, content, now)
        return Run(run_id=run_id, stage=Stage.DRAFT, progress=progress)

    async def find(self, user_id: int, run_id: int) -> Run | None:
        """Return a person's run; None when it is forgotten, or never was theirs.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self.database.read() as transaction:
            return await self.get(transaction, user_id, run_id)

    async def running(self, user_id: int) -> Run | None:
        """Return the person's run that is under way, or None.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self.database.read() as transaction:
            row = await self.rows.newest(transaction, user_id, (Stage.RUNNING,))
        return _run_of(row)

    async def ended(self, user_id: int) -> Run | None:
        """Return the person's run that ended last, if that was within a day, or None.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        since = self.clock.now() - _ENDED_TOLD
        async with self.database.read() as transaction:
            row = await self.rows.newest(transaction, user_id, _ENDED, since)
        return _run_of(row)

    async def get(
        self, transaction: Transaction, user_id: int, run_id: int, *, for_update: bool = False
    ) -> Run | None:
        """Return a person's run, as part of the caller's transaction."""
        return _run_of(await self.rows.get(transaction, user_id, run_id, for_update=for_update))

    async def all_of(self, transaction: Transaction, user_id: int) -> list[Run]:
        """Return all of a person's runs, the oldest first, locked for the caller's transaction."""
        rows = await self.rows.all_of(transaction, user_id)
        return [run for run in map(_run_of, rows) if run is not None]

    async def put(self, transaction: Transaction, user_id: int, run: Run) -> None:
        """Store how a run stands, as part of the caller's transaction."""
        content = _ENCODER.encode(run.progress).decode()
        row = PlaylistRunRow(run_id=run.run_id, stage=run.stage, content=content)
        await self.rows.put(transaction, user_id, row, self.clock.now())
        transaction.after_commit(self.tell)

    async def _tidy(self, transaction: Transaction, user_id: int, now: datetime) -> None:
        for stages, kept in (((Stage.DRAFT,), _DRAFTS_KEPT), (_ENDED, _ENDED_KEPT)):
            await self.rows.delete_older(transaction, user_id, stages, now - kept)


def forgetting_runs(queue: JobQueue) -> OnUnlink:
    """Return what deletes a person's runs with their jobs in ``queue``, as part of unlinking.

    A run that is worked on ends at its next step.
    """
    rows = PlaylistRunRepository()

    async def forget(transaction: Transaction, user_id: int) -> None:
        for run_id in await rows.delete_person(transaction, user_id):
            await queue.withdraw(transaction, FILL, str(run_id))

    return forget


def _run_of(row: PlaylistRunRow | None) -> Run | None:
    if row is None:
        return None
    progress = _DECODER.decode(row.content)
    return Run(run_id=row.run_id, stage=Stage(row.stage), progress=progress)
