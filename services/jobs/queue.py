"""``JobQueue``: where durable work is put, and taken from by workers.

Enqueueing takes part in the caller's transaction, so a job exists exactly when the data that it
follows from does. Workers are woken after the commit; those of other processes by PostgreSQL's
NOTIFY, or by their own polling on SQLite.
"""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from services.jobs.kinds import JobKind
from services.resilience.clock import Clock
from services.storage.database import Database, Transaction
from services.storage.job_models import Job, NewJob, Priority
from services.storage.jobs import CHANNEL, JobRepository

P = TypeVar("P", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Enqueued:
    """What became of a wish: the job's id, and False when it was queued already."""

    job_id: int
    is_new: bool


class JobQueue:
    """The table of jobs, with the transactions around its statements."""

    def __init__(
        self, database: Database, *, clock: Clock, jobs: JobRepository | None = None
    ) -> None:
        """Keep the jobs in ``database``; ``jobs`` knows the statements."""
        self._database = database
        self._jobs = jobs or JobRepository()
        self._clock = clock
        self._changed = asyncio.Event()

    async def enqueue(
        self,
        kind: JobKind[P],
        payload: P,
        *,
        transaction: Transaction | None = None,
        key: str | None = None,
        run_at: datetime | None = None,
        priority: Priority | None = None,
    ) -> Enqueued:
        """Have ``payload`` worked on.

        Args:
            kind: What work it is.
            payload: What it is about.
            transaction: The caller's, to commit together with its data; a new one for None.
            key: At most one queued or running job of this kind has it: a second wish joins.
            run_at: Not before (aware); at once for None.
            priority: Other than the kind's.

        Raises:
            DatabaseUnavailable: The job is not queued, or nobody knows.
        """
        job = NewJob(
            kind=kind.name,
            payload=kind.encode(payload),
            priority=kind.priority if priority is None else priority,
            dedup_key=None if key is None else f"{kind.name}:{key}",
            run_at=run_at,
            max_attempts=kind.max_attempts,
        )
        if transaction is not None:
            return await self._add(transaction, job)
        async with self.writing() as own:
            return await self._add(own, job)

    async def _add(self, transaction: Transaction, job: NewJob) -> Enqueued:
        job_id, is_new = await self._jobs.add(transaction, job, self._clock.now())
        transaction.after_commit(self.wake)
        return Enqueued(job_id, is_new)

    async def withdraw(self, transaction: Transaction, kind: JobKind[Any], key: str) -> None:
        """Delete the jobs with this key, dead ones too, as part of the caller's transaction.

        One that runs goes on, and then finds that it is nobody's.
        """
        await self._jobs.delete_key(transaction, f"{kind.name}:{key}")

    async def hurry(self, transaction: Transaction, kind: JobKind[Any], key: str) -> None:
        """Have a job that waits for its time tried at once, as part of the caller's transaction."""
        await self._jobs.hurry(transaction, f"{kind.name}:{key}")
        transaction.after_commit(self.wake)

    async def waiting(self, kind: JobKind[Any]) -> int:
        """Return how many jobs of this kind are queued or running.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.read() as transaction:
            return await self._jobs.live(transaction, kind.name)

    # --- For workers

    def wake(self) -> None:
        """Have workers of this process look for work now."""
        self._changed.set()

    async def wait(self) -> None:
        """Wait until there may be something to do."""
        await self._changed.wait()
        self._changed.clear()

    async def listen(self) -> None:
        """Be woken by other processes until the connection breaks; SQLite has nothing to hear.

        Raises:
            DatabaseUnavailable: It cannot be reached.
        """
        if not self._database.is_postgres:
            return
        lost = asyncio.Event()
        async with self._database.listening(CHANNEL, self.wake, lost.set):
            self.wake()  # something may have come before we listened
            await lost.wait()

    def writing(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction."""
        return self._database.write()

    async def claim(self, *, kinds: Collection[str], worker: str, limit: int) -> list[Job]:
        """Return up to ``limit`` due jobs, now the ``worker``'s."""
        async with self.writing() as transaction:
            return await self._jobs.claim(
                transaction, kinds=kinds, worker=worker, now=self._clock.now(), limit=limit
            )

    async def next_run_at(self, kinds: Collection[str]) -> datetime | None:
        """Return when the next waiting job is due."""
        async with self._database.read() as transaction:
            return await self._jobs.next_run_at(transaction, kinds)

    async def beat(self, worker: str, ids: Collection[int]) -> dict[int, int]:
        """Show that ``worker`` lives; returns the fences of those of ``ids`` still its own."""
        async with self.writing() as transaction:
            return await self._jobs.beat(transaction, worker, ids)

    async def running(self) -> list[Job]:
        """Return every claimed job."""
        async with self._database.read() as transaction:
            return await self._jobs.running(transaction)

    async def take_back(self, jobs: Sequence[Job]) -> int:
        """Queue jobs that were abandoned; returns how many still were."""
        async with self.writing() as transaction:
            taken = await self._jobs.take_back(transaction, jobs)
            transaction.after_commit(self.wake)
            return taken

    async def save(self, transaction: Transaction, job: Job, payload: str) -> bool:
        """Replace the payload; False when the fence no longer fits."""
        return await self._jobs.save(transaction, job.job_id, job.fence, payload)

    async def complete(self, transaction: Transaction, job: Job) -> bool:
        """Remove the job; False when the fence no longer fits."""
        return await self._jobs.complete(transaction, job.job_id, job.fence)

    async def put_back(
        self, job: Job, *, run_at: datetime | None, error: str | None, counts: bool = True
    ) -> bool:
        """Queue the job again; False when the fence no longer fits."""
        async with self.writing() as transaction:
            return await self._jobs.put_back(
                transaction, job.job_id, job.fence, run_at=run_at, error=error, counts=counts
            )

    async def bury(self, job: Job, error: str) -> bool:
        """Make it a dead letter; False when the fence no longer fits."""
        async with self.writing() as transaction:
            return await self._jobs.bury(transaction, job.job_id, job.fence, error)
