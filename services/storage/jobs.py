"""``JobRepository``: the table of durable jobs, and nothing of how they are run.

Whoever claims a job gets a *fence*: a number that grows with every claim of that job. Every later
change names it, so a worker that lost its job without noticing changes nothing. Completed jobs
leave the table; ids are never used twice.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CursorResult, Row, and_, case, delete, func, null, or_, select, update

from services.storage.database import Transaction
from services.storage.job_models import Job, JobState, NewJob
from services.storage.statements import insert_into
from services.storage.tables import JOBS

CHANNEL: Final = "aime_jobs"
"""What PostgreSQL notifies when a job was enqueued."""

_LONGEST_ERROR: Final = 500
_VANISHED: Final = "the process that ran it vanished"


class JobRepository:
    """Statements on the table of jobs; each takes part in the caller's transaction."""

    async def add(self, transaction: Transaction, job: NewJob, now: datetime) -> tuple[int, bool]:
        """Enqueue ``job``; returns its id, and False when one with its key was there already."""
        values = {
            "kind": job.kind,
            "payload": job.payload,
            "state": JobState.QUEUED,
            "priority": job.priority,
            "dedup_key": job.dedup_key,
            "run_at": job.run_at,
            "max_attempts": job.max_attempts,
            "enqueued_at": now,
        }
        statement = (
            insert_into(transaction, JOBS)
            .values(values)
            .on_conflict_do_nothing()
            .returning(JOBS.c.id)
        )
        existing = select(JOBS.c.id).where(
            JOBS.c.dedup_key == job.dedup_key, JOBS.c.state != JobState.DEAD
        )
        while True:
            job_id = (await transaction.execute(statement)).scalar_one_or_none()
            if job_id is not None:
                if transaction.is_postgres:
                    await transaction.execute(select(func.pg_notify(CHANNEL, "")))
                return int(job_id), True
            job_id = (await transaction.execute(existing)).scalar_one_or_none()
            if job_id is not None:
                return int(job_id), False
            # On PostgreSQL the other one may have been completed between the two statements.

    async def delete_key(self, transaction: Transaction, dedup_key: str) -> None:
        """Remove every job with this key, in whatever state it is."""
        await transaction.execute(delete(JOBS).where(JOBS.c.dedup_key == dedup_key))

    async def hurry(self, transaction: Transaction, dedup_key: str) -> None:
        """Make the queued job with this key due now."""
        is_it = and_(JOBS.c.dedup_key == dedup_key, JOBS.c.state == JobState.QUEUED)
        await transaction.execute(update(JOBS).where(is_it).values(run_at=null()))
        if transaction.is_postgres:
            await transaction.execute(select(func.pg_notify(CHANNEL, "")))

    async def claim(
        self,
        transaction: Transaction,
        *,
        kinds: Collection[str],
        worker: str,
        now: datetime,
        limit: int,
    ) -> list[Job]:
        """Make up to ``limit`` due jobs the ``worker``'s, the most urgent first."""
        due = (
            select(JOBS.c.id)
            .where(
                JOBS.c.state == JobState.QUEUED,
                JOBS.c.kind.in_(list(kinds)),
                or_(JOBS.c.run_at.is_(None), JOBS.c.run_at <= now),
            )
            .order_by(JOBS.c.priority, JOBS.c.id)
            .limit(limit)
            # PostgreSQL: competing workers step over each other's rows; SQLite has one writer.
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        statement = (
            update(JOBS)
            .where(JOBS.c.id.in_(select(due.c.id)))
            .values(
                state=JobState.RUNNING,
                worker=worker,
                attempts=JOBS.c.attempts + 1,
                fence=JOBS.c.fence + 1,
                beat=0,
            )
            .returning(*JOBS.c)
        )
        jobs = _jobs(await transaction.execute(statement))
        return sorted(jobs, key=lambda job: (job.priority, job.job_id))

    async def next_run_at(
        self, transaction: Transaction, kinds: Collection[str]
    ) -> datetime | None:
        """Return when the earliest of the jobs that wait for their time is due."""
        statement = select(func.min(JOBS.c.run_at, type_=JOBS.c.run_at.type)).where(
            JOBS.c.state == JobState.QUEUED, JOBS.c.kind.in_(list(kinds))
        )
        moment: datetime | None = (await transaction.execute(statement)).scalar_one()
        return moment

    async def beat(
        self, transaction: Transaction, worker: str, ids: Collection[int]
    ) -> dict[int, int]:
        """Show that ``worker`` lives; returns the fences of those of ``ids`` still its own."""
        statement = (
            update(JOBS)
            .where(
                JOBS.c.id.in_(list(ids)),
                JOBS.c.worker == worker,
                JOBS.c.state == JobState.RUNNING,
            )
            .values(beat=JOBS.c.beat + 1)
            .returning(JOBS.c.id, JOBS.c.fence)
        )
        rows = (await transaction.execute(statement)).all()
        return {int(row.id): int(row.fence) for row in rows}

    async def running(self, transaction: Transaction) -> list[Job]:
        """Return every job that somebody has claimed."""
        return await self.in_states(transaction, states=[JobState.RUNNING], limit=None)

    async def take_back(self, transaction: Transaction, jobs: Sequence[Job]) -> int:
        """Queue jobs whose worker stopped beating; returns how many were still as seen.

        One that was tried often enough becomes a dead letter: it may be what kills the workers.
        """
        taken = 0
        for job in jobs:
            is_over = JOBS.c.attempts >= JOBS.c.max_attempts
            statement = (
                update(JOBS)
                .where(_held(job.job_id, job.fence), JOBS.c.beat == job.beat)
                .values(
                    state=case((is_over, JobState.DEAD.value), else_=JobState.QUEUED.value),
                    worker=null(),
                    run_at=null(),
                    last_error=_VANISHED,
                )
            )
            taken += (await transaction.execute(statement)).rowcount
        return taken

    async def save(self, transaction: Transaction, job_id: int, fence: int, payload: str) -> bool:
        """Replace the payload; False when the job is no longer held with that fence."""
        statement = update(JOBS).where(_held(job_id, fence)).values(payload=payload)
        return bool((await transaction.execute(statement)).rowcount)

    async def complete(self, transaction: Transaction, job_id: int, fence: int) -> bool:
        """Remove the job; False when it is no longer held with that fence."""
        statement = delete(JOBS).where(_held(job_id, fence))
        return bool((await transaction.execute(statement)).rowcount)

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
        """Queue the job again; False when it is no longer held with that fence.

        Args:
            transaction: The caller's.
            job_id: Which.
            fence: The one it was claimed with.
            run_at: Not before, or None for at once.
            error: Why, or None to keep what was noted before.
            counts: False takes the attempt back: it was no fault of the job.
        """
        values: dict[str, Any] = {"state": JobState.QUEUED, "worker": null(), "run_at": run_at}
        if error is not None:
            values["last_error"] = error[:_LONGEST_ERROR]
        if not counts:
            values["attempts"] = JOBS.c.attempts - 1
        statement = update(JOBS).where(_held(job_id, fence)).values(values)
        return bool((await transaction.execute(statement)).rowcount)

    async def bury(self, transaction: Transaction, job_id: int, fence: int, error: str) -> bool:
        """Make it a dead letter; False when it is no longer held with that fence."""
        statement = (
            update(JOBS)
            .where(_held(job_id, fence))
            .values(state=JobState.DEAD, worker=null(), last_error=error[:_LONGEST_ERROR])
        )
        return bool((await transaction.execute(statement)).rowcount)

    async def in_states(
        self, transaction: Transaction, *, states: Collection[JobState], limit: int | None
    ) -> list[Job]:
        """Return jobs in the order of their ids."""
        statement = select(JOBS).where(JOBS.c.state.in_(list(states))).order_by(JOBS.c.id)
        return _jobs(await transaction.execute(statement.limit(limit)))

    async def count(self, transaction: Transaction) -> dict[JobState, int]:
        """Return how many jobs there are in each state that occurs."""
        statement = select(JOBS.c.state, func.count().label("number")).group_by(JOBS.c.state)
        rows = (await transaction.execute(statement)).mappings()
        return {JobState(row["state"]): int(row["number"]) for row in rows}

    async def live(self, transaction: Transaction, kind: str) -> int:
        """Return how many jobs of ``kind`` are queued or running."""
        statement = select(func.count()).where(JOBS.c.kind == kind, JOBS.c.state != JobState.DEAD)
        return int((await transaction.execute(statement)).scalar_one())

    async def requeue(self, transaction: Transaction, ids: Collection[int] | None) -> list[int]:
        """Give dead letters, all of them for None, a new life; returns the ids it applied to.

        One whose key is taken by a live job stays dead: that one does the same work.
        """
        revived: list[int] = []
        for job in await self.in_states(transaction, states=[JobState.DEAD], limit=None):
            if ids is not None and job.job_id not in ids:
                continue
            taken = select(JOBS.c.id).where(
                JOBS.c.dedup_key == job.dedup_key, JOBS.c.state != JobState.DEAD
            )
            if (await transaction.execute(taken)).first() is not None:
                continue
            statement = (
                update(JOBS)
                .where(JOBS.c.id == job.job_id, JOBS.c.state == JobState.DEAD)
                .values(state=JobState.QUEUED, attempts=0, run_at=null())
            )
            await transaction.execute(statement)
            revived.append(job.job_id)
        if revived and transaction.is_postgres:
            await transaction.execute(select(func.pg_notify(CHANNEL, "")))
        return revived

    async def discard(self, transaction: Transaction, ids: Collection[int] | None) -> list[int]:
        """Delete jobs that nobody runs; for None, all dead letters. Returns the ids."""
        condition = JOBS.c.state == JobState.DEAD
        if ids is not None:
            condition = and_(JOBS.c.id.in_(list(ids)), JOBS.c.state != JobState.RUNNING)
        statement = delete(JOBS).where(condition).returning(JOBS.c.id)
        return sorted(int(row.id) for row in (await transaction.execute(statement)).all())


def _held(job_id: int, fence: int) -> Any:  # noqa: ANN401  # SQLAlchemy's condition
    return and_(JOBS.c.id == job_id, JOBS.c.fence == fence, JOBS.c.state == JobState.RUNNING)


def _jobs(result: CursorResult[Any]) -> list[Job]:
    return [_job(row) for row in result]


def _job(row: Row[Any]) -> Job:
    values = dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's public name for it
    return Job(job_id=int(values.pop("id")), state=JobState(values.pop("state")), **values)
