"""``JobDesk``: what an operator may do to jobs."""

from collections.abc import Collection

from services.storage.database import Database
from services.storage.job_models import Job, JobState
from services.storage.jobs import JobRepository


class JobDesk:
    """Looks at jobs, revives dead letters, throws jobs away; safe while the bot runs."""

    def __init__(self, database: Database) -> None:
        """Work on the jobs of ``database``."""
        self._database = database
        self._jobs = JobRepository()

    async def jobs(self, states: Collection[JobState], *, limit: int) -> list[Job]:
        """Return jobs in these states, in the order of their ids.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.read() as transaction:
            return await self._jobs.in_states(transaction, states=states, limit=limit)

    async def count(self) -> dict[JobState, int]:
        """Return how many jobs are in each state that occurs.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.read() as transaction:
            return await self._jobs.count(transaction)

    async def requeue(self, ids: Collection[int] | None) -> list[int]:
        """Give dead letters new attempts, all of them for None; returns those it applied to.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.write() as transaction:
            return await self._jobs.requeue(transaction, ids)

    async def discard(self, ids: Collection[int] | None) -> list[int]:
        """Delete jobs that are not running; for None, all dead letters. Returns the ids.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.write() as transaction:
            return await self._jobs.discard(transaction, ids)
