"""Runs one claimed job and records how it ended."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from services.errors import ExternalServiceException
from services.jobs.kinds import Abandon, Handlers, JobLost, RetryLater, RunningJob
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock
from services.storage.errors import DatabaseUnavailable
from services.storage.job_models import Job

_LOGGER = logging.getLogger(__name__)

_DATABASE_PAUSE_SECONDS: Final = 1.0
_EXPECTED: Final = (ExternalServiceException, RetryLater, Abandon, DatabaseUnavailable)


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

    async def run(self, job: Job, *, is_lost: Callable[[], bool]) -> None:
        """Run ``job`` to its end.

        Args:
            job: A claimed one.
            is_lost: Asked when this is cancelled: True when somebody else has the job.

        Raises:
            CancelledError: The bot stops; the job is back in the queue at no cost.
        """
        try:
            await self._handle(job)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or not task.cancelling():  # the handler made it up
                await self._failed(job, error)
                return
            if is_lost():
                _log_lost(job)
                return
            with suppress(DatabaseUnavailable):  # then its lease gives it back
                await self._queue.put_back(job, run_at=None, error=None, counts=False)
            raise
        except JobLost:
            _log_lost(job)
        except Exception as error:  # noqa: BLE001  # the edge of a background task
            await self._failed(job, error)

    async def _handle(self, job: Job) -> None:
        running = RunningJob(self._handlers.kind(job.kind), job, self._queue)
        await self._handlers.handler(job.kind)(running)
        if not running.is_done:
            await self._settle(job, lambda: self._complete(job))

    async def _complete(self, job: Job) -> bool:
        async with self._queue.writing() as transaction:
            return await self._queue.complete(transaction, job)

    async def _failed(self, job: Job, error: BaseException) -> None:
        reason = _reason(error)
        if not isinstance(error, _EXPECTED):
            _LOGGER.error("unexpected error in job %s (%s)", job.job_id, job.kind, exc_info=error)
        counts = error.counts if isinstance(error, RetryLater) else True
        if isinstance(error, Abandon) or (counts and job.attempts >= job.max_attempts):
            _LOGGER.warning("job %s (%s) is given up: %s", job.job_id, job.kind, reason)
            await self._settle(job, lambda: self._queue.bury(job, reason))
            return
        seconds = self._backoff(job, error)
        run_at = self._clock.now() + timedelta(seconds=seconds)
        _LOGGER.info("job %s (%s) again in %.0f s: %s", job.job_id, job.kind, seconds, reason)
        await self._settle(
            job,
            lambda: self._queue.put_back(job, run_at=run_at, error=reason, counts=counts),
        )

    def _backoff(self, job: Job, error: BaseException) -> float:
        if isinstance(error, RetryLater):
            return error.seconds
        seconds = self._handlers.kind(job.kind).backoff.seconds(job.attempts, self._chance)
        asked = error.retry_after if isinstance(error, ExternalServiceException) else None
        # Never earlier than the upstream asked, and not all jobs at the same instant.
        return seconds if asked is None else asked + seconds

    async def _settle(self, job: Job, record: Callable[[], Awaitable[bool]]) -> None:
        """Record an outcome, however long the database is away; the fence decides if it counts."""
        while True:
            try:
                if not await record():
                    _log_lost(job)
            except DatabaseUnavailable:
                await self._clock.sleep(_DATABASE_PAUSE_SECONDS)
            else:
                return


def _log_lost(job: Job) -> None:
    _LOGGER.warning("job %s (%s) is no longer ours; nothing is recorded", job.job_id, job.kind)


def _reason(error: BaseException) -> str:
    """Return what may be stored: our own words, or just the class of a stranger's error."""
    return str(error) if isinstance(error, _EXPECTED) else type(error).__name__
