"""Runs one claimed job and records how it ended."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from services.errors import ExternalServiceException
from services.jobs.kinds import Abandon, Handlers, JobLost, RetryLater, RunningJob
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock
from services.storage.errors import DatabaseUnavailable
from services.storage.job_models import Job

_LOGGER = logging.getLogger(__name__)

_DATABASE_PAUSE_SECONDS: Final = 1.0
_EXPECTED: Final = (ExternalServiceException, RetryLater, Abandon, DatabaseUnavailable)


@dataclass(slots=True, eq=False)
class Hold:
    """A claimed job in this process, as its worker and its execution see it.

    Attributes:
        job: As it was claimed.
        is_lost: Set by the worker before it cancels the execution: somebody else may have the job.
        is_recording: Set by the execution once it knows the outcome.
        running: What the handler was given; None until the payload was read.
    """

    job: Job
    is_lost: bool = False
    is_recording: bool = False
    running: RunningJob[Any] | None = None

    @property
    def is_settling(self) -> bool:
        """True once an outcome is on its way to the database, where the fence decides.

        A job that has left the table since is not lost, and cancelling would gain nothing.
        """
        running = self.running
        return self.is_recording or (
            running is not None and (running.is_finishing or running.is_done)
        )


class Execution:
    """Hands a job to its handler; the outcome is recorded under the job's fence."""

    def __init__(
        self, queue: JobQueue, handlers: Handlers, *, clock: Clock, chance: random.Random
    ) -> None:
        """Record in ``queue``; ``chance`` spreads retries."""
        self._queue = queue
        self._handlers = handlers
        self._clock = clock
        self._chance = chance

    async def run(self, hold: Hold) -> None:
        """Run the job to its end; when this is cancelled, it goes back to the queue at no cost.

        Raises:
            CancelledError: It was cancelled, and not because the job is lost.
        """
        try:
            await self._attempt(hold)
        except JobLost:
            _log_lost(hold.job)
        except asyncio.CancelledError:
            if hold.is_lost:
                _log_lost(hold.job)
                return
            hold.is_recording = True
            with suppress(DatabaseUnavailable):  # then its lease gives it back
                await self._queue.put_back(hold.job, run_at=None, error=None, counts=False)
            raise

    async def _attempt(self, hold: Hold) -> None:
        try:
            await self._handle(hold)
        except JobLost:
            raise
        except (asyncio.CancelledError, Exception) as error:  # the edge of a background task
            if _is_being_cancelled():  # whatever the handler makes of it
                raise asyncio.CancelledError from error
            await self._failed(hold, error)

    async def _handle(self, hold: Hold) -> None:
        job = hold.job
        hold.running = RunningJob(self._handlers.kind(job.kind), job, self._queue)
        await self._handlers.handler(job.kind)(hold.running)
        if not hold.running.is_done:
            await self._settle(hold, lambda: self._complete(job))

    async def _complete(self, job: Job) -> bool:
        async with self._queue.writing() as transaction:
            return await self._queue.complete(transaction, job)

    async def _failed(self, hold: Hold, error: BaseException) -> None:
        job, reason = hold.job, _reason(error)
        if not isinstance(error, _EXPECTED):
            _LOGGER.error("unexpected error in job %s (%s)", job.job_id, job.kind, exc_info=error)
        counts = error.counts if isinstance(error, RetryLater) else True
        if isinstance(error, Abandon) or (counts and job.attempts >= job.max_attempts):
            _LOGGER.warning("job %s (%s) is given up: %s", job.job_id, job.kind, reason)
            await self._settle(hold, lambda: self._queue.bury(job, reason))
            return
        seconds = self._backoff(job, error)
        run_at = self._clock.now() + timedelta(seconds=seconds)
        _LOGGER.debug("job %s (%s) again in %.0f s: %s", job.job_id, job.kind, seconds, reason)
        await self._settle(
            hold, lambda: self._queue.put_back(job, run_at=run_at, error=reason, counts=counts)
        )

    def _backoff(self, job: Job, error: BaseException) -> float:
        if isinstance(error, RetryLater):
            return error.seconds
        seconds = self._handlers.kind(job.kind).backoff.seconds(job.attempts, self._chance)
        asked = error.retry_after if isinstance(error, ExternalServiceException) else None
        # Never earlier than the upstream asked, and not all jobs at the same instant.
        return seconds if asked is None else asked + seconds

    async def _settle(self, hold: Hold, record: Callable[[], Awaitable[bool]]) -> None:
        """Record an outcome, however long the database is away; the fence decides if it counts."""
        hold.is_recording = True
        while True:
            try:
                if not await record():
                    raise JobLost
            except DatabaseUnavailable:
                await self._clock.sleep(_DATABASE_PAUSE_SECONDS)
            else:
                return


def _is_being_cancelled() -> bool:
    """Tell a cancellation by the worker from one that a handler made up."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _log_lost(job: Job) -> None:
    _LOGGER.warning("job %s (%s) is no longer ours; nothing is recorded", job.job_id, job.kind)


def _reason(error: BaseException) -> str:
    """Return what may be stored: our own words, or just the class of a stranger's error."""
    return str(error) if isinstance(error, _EXPECTED) else type(error).__name__
