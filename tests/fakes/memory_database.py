"""The table of jobs in memory, for virtual time; a contract test compares it with the databases."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from services.resilience.clock import SystemClock
from services.storage.database import Database, Transaction
from services.storage.errors import DatabaseUnavailable
from services.storage.job_models import Job, JobState, NewJob
from services.storage.jobs import JobRepository

_TIME = SystemClock()


class MemoryTransaction(Transaction):
    """A copy of the rows, which replaces them at the commit."""

    is_postgres = False

    def __init__(self, rows: dict[int, Job]) -> None:
        self.rows = rows
        self._after_commit: list[Callable[[], None]] = []


class MemoryDatabase(Database):
    """One writer at a time, like SQLite.

    Attributes:
        rows: What is committed.
        is_away: True: nothing works.
        is_locked: True: reading works, writing does not.
        is_broken: True: whatever is tried is a bug.
        answers: Cleared: writers wait for it.
        lost_commits: So many of the next commits take place, and nobody is told.
        writes: How many transactions were begun for writing.
        reads: How many for reading.
    """

    is_postgres = False

    def __init__(self) -> None:
        self.rows: dict[int, Job] = {}
        self.ids = itertools.count(1)
        self.is_away = False
        self.is_locked = False
        self.is_broken = False
        self.answers = asyncio.Event()
        self.answers.set()
        self.lost_commits = 0
        self.writes = 0
        self.reads = 0
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        self.writes += 1
        async with self._turn:
            await self._reach(is_writing=True)
            transaction = MemoryTransaction(dict(self.rows))
            yield transaction
            await self._reach(is_writing=True)
            self.rows = transaction.rows
            if self.lost_commits:
                self.lost_commits -= 1
                raise DatabaseUnavailable("connection lost")
        transaction.committed()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        self.reads += 1
        await self._reach(is_writing=False)
        yield MemoryTransaction(dict(self.rows))

    async def close(self) -> None:
        pass

    def jobs(self, state: JobState) -> list[Job]:
        """Return the jobs in that state, oldest first."""
        return [job for job in self.rows.values() if job.state is state]

    async def _reach(self, *, is_writing: bool) -> None:
        await _TIME.sleep(0)
        if is_writing:
            await self.answers.wait()
        if self.is_broken:
            raise LookupError("no such table")
        if self.is_away or (is_writing and self.is_locked):
            raise DatabaseUnavailable("database is locked")


class MemoryJobs(JobRepository):
    """What ``JobRepository`` does, on the rows of a ``MemoryTransaction``."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._ids = database.ids

    async def hurry(self, transaction: Transaction, dedup_key: str) -> None:
        rows = _rows(transaction)
        for job_id, row in rows.items():
            if row.dedup_key == dedup_key and row.state is JobState.QUEUED:
                rows[job_id] = replace(row, run_at=None)

    async def add(self, transaction: Transaction, job: NewJob, now: datetime) -> tuple[int, bool]:
        rows = _rows(transaction)
        for row in rows.values():
            is_live = row.state is not JobState.DEAD
            if is_live and job.dedup_key is not None and row.dedup_key == job.dedup_key:
                return row.job_id, False
        job_id = next(self._ids)
        rows[job_id] = Job(
            job_id=job_id,
            kind=job.kind,
            payload=job.payload,
            state=JobState.QUEUED,
            priority=job.priority,
            dedup_key=job.dedup_key,
            run_at=job.run_at,
            attempts=0,
            max_attempts=job.max_attempts,
            fence=0,
            beat=0,
            worker=None,
            enqueued_at=now,
            last_error=None,
        )
        return job_id, True

    async def claim(
        self,
        transaction: Transaction,
        *,
        kinds: Collection[str],
        worker: str,
        now: datetime,
        limit: int,
    ) -> list[Job]:
        rows = _rows(transaction)
        due = [
            job
            for job in rows.values()
            if job.state is JobState.QUEUED
            and job.kind in kinds
            and (job.run_at is None or job.run_at <= now)
        ]
        due.sort(key=lambda job: (job.priority, job.job_id))
        claimed = [
            replace(
                job,
                state=JobState.RUNNING,
                worker=worker,
                attempts=job.attempts + 1,
                fence=job.fence + 1,
                beat=0,
            )
            for job in due[:limit]
        ]
        rows.update({job.job_id: job for job in claimed})
        return claimed

    async def next_run_at(
        self, transaction: Transaction, kinds: Collection[str]
    ) -> datetime | None:
        waiting = (
            job.run_at
            for job in _rows(transaction).values()
            if job.state is JobState.QUEUED and job.kind in kinds and job.run_at is not None
        )
        return min(waiting, default=None)

    async def beat(
        self, transaction: Transaction, worker: str, ids: Collection[int]
    ) -> dict[int, int]:
        rows = _rows(transaction)
        ours = [
            job
            for job in rows.values()
            if job.job_id in ids and job.worker == worker and job.state is JobState.RUNNING
        ]
        rows.update({job.job_id: replace(job, beat=job.beat + 1) for job in ours})
        return {job.job_id: job.fence for job in ours}

    async def take_back(self, transaction: Transaction, jobs: Sequence[Job]) -> int:
        rows = _rows(transaction)
        taken = [job for job in jobs if _is_held(rows, job) and rows[job.job_id].beat == job.beat]
        for job in taken:
            is_over = job.attempts >= job.max_attempts
            rows[job.job_id] = replace(
                rows[job.job_id],
                state=JobState.DEAD if is_over else JobState.QUEUED,
                worker=None,
                run_at=None,
                last_error="the process that ran it vanished",
            )
        return len(taken)

    async def save(self, transaction: Transaction, job_id: int, fence: int, payload: str) -> bool:
        return _change(transaction, job_id, fence, payload=payload)

    async def complete(self, transaction: Transaction, job_id: int, fence: int) -> bool:
        is_held = _change(transaction, job_id, fence)
        if is_held:
            del _rows(transaction)[job_id]
        return is_held

    async def put_back(
        self,
        transaction: Transaction,
        job_id: int,
        fence: int,
        *,
        run_at: datetime | None,
        error: str | None,
        counts: bool = True,
    ) -> bool:
        values: dict[str, object] = {"state": JobState.QUEUED, "worker": None, "run_at": run_at}
        if error is not None:
            values["last_error"] = error[:500]
        if not counts and job_id in _rows(transaction):
            values["attempts"] = _rows(transaction)[job_id].attempts - 1
        return _change(transaction, job_id, fence, **values)

    async def bury(self, transaction: Transaction, job_id: int, fence: int, error: str) -> bool:
        return _change(
            transaction, job_id, fence, state=JobState.DEAD, worker=None, last_error=error[:500]
        )

    async def in_states(
        self, transaction: Transaction, *, states: Collection[JobState], limit: int | None
    ) -> list[Job]:
        return [job for job in _rows(transaction).values() if job.state in states][:limit]

    async def live(self, transaction: Transaction, kind: str) -> int:
        rows = _rows(transaction).values()
        return sum(job.kind == kind and job.state is not JobState.DEAD for job in rows)


def _rows(transaction: Transaction) -> dict[int, Job]:
    assert isinstance(transaction, MemoryTransaction)
    return transaction.rows


def _is_held(rows: dict[int, Job], job: Job) -> bool:
    row = rows.get(job.job_id)
    return row is not None and row.state is JobState.RUNNING and row.fence == job.fence


def _change(transaction: Transaction, job_id: int, fence: int, **values: object) -> bool:
    rows = _rows(transaction)
    row = rows.get(job_id)
    if row is None or row.state is not JobState.RUNNING or row.fence != fence:
        return False
    rows[job_id] = replace(row, **values)  # type: ignore[arg-type]  # names of its fields
    return True
