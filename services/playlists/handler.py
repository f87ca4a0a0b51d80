"""``FillHandler``: runs the jobs of playlists, and decides what becomes of one that fails."""

import logging
from contextlib import suppress
from datetime import timedelta
from typing import Final

import msgspec

from services.errors import (
    AuthenticationFailed,
    ExternalServiceException,
    InvalidRequest,
    LinkAgain,
    NotFound,
    NotLinked,
    RateLimitExceeded,
    RefusedLocally,
    ServiceDisabled,
)
from services.jobs.kinds import RetryLater, RunningJob
from services.playlists.filling import Filling, Stopped
from services.playlists.models import Problem, Run, Stage
from services.playlists.ports import Accounts, Catalogue, Matcher, Shelf
from services.playlists.run_store import FillWork, RunStore
from services.resilience.priority import background

_LOGGER = logging.getLogger(__name__)

_replace = msgspec.structs.replace

# The day's requests come back within a day, but others may use them first.
GIVE_UP_SECONDS: Final = 2 * 86_400.0
_FIRST_PAUSE_SECONDS: Final = 15.0
_LONGEST_PAUSE_SECONDS: Final = 1_800.0


class _StartedAgain(Exception):  # noqa: N818  # says what happened
    """The run was cancelled, and somebody wants it after all."""


class FillHandler:
    """Works on one job at a time, as often as it is called."""

    def __init__(
        self,
        *,
        store: RunStore,
        accounts: Accounts,
        shelf: Shelf,
        matcher: Matcher,
        catalogue: Catalogue,
    ) -> None:
        """Fill playlists of ``accounts`` with what ``matcher`` finds."""
        self._store = store
        self._accounts = accounts
        self._shelf = shelf
        self._matcher = matcher
        self._catalogue = catalogue

    async def run(self, job: RunningJob[FillWork]) -> None:
        """Handle the job.

        Raises:
            RetryLater: Spotify cannot be asked now; what was done is kept.
            JobLost: Somebody else has the job.
            DatabaseUnavailable: Of the storage.
        """
        with background():
            while not await self._attempt(job):
                pass

    async def _attempt(self, job: RunningJob[FillWork]) -> bool:
        """Fill; False when it was cancelled and started again meanwhile."""
        work = job.payload
        try:
            run = await self._store.find(work.user_id, work.run_id)
            if run is None or not run.is_running:
                return await self._end(job, None)
            account = await self._accounts.account(work.user_id)
            if account is None:
                raise NotLinked("spotify", "fill_playlist")  # one table for all
            await Filling(
                job,
                run,
                account,
                shelf=self._shelf,
                matcher=self._matcher,
                catalogue=self._catalogue,
                store=self._store,
            ).run()
        except Stopped:
            return await self._end(job, None)
        except ExternalServiceException as error:
            return await self._failed(job, error)
        return True

    async def _failed(self, job: RunningJob[FillWork], error: ExternalServiceException) -> bool:
        problem = final_problem(error)
        if problem is not None:
            _LOGGER.info("a playlist cannot be filled: %s", error)
            return await self._end(job, problem)
        seconds = await self._wait(job, error)
        if seconds is None:
            return await self._end(job, passing_problem(error))
        raise RetryLater(str(error), seconds=seconds, counts=False) from error

    async def _wait(
        self, job: RunningJob[FillWork], error: ExternalServiceException
    ) -> float | None:
        """Note why the run waits; returns for how many seconds, None: no longer."""
        now, work = self._store.clock.now(), job.payload
        async with job.saving(work) as transaction:
            run = await self._store.get(transaction, work.user_id, work.run_id, for_update=True)
            if run is None or not run.is_running:
                return None
            since = run.progress.failing_since or now
            seconds = pause_seconds(error, (now - since).total_seconds())
            if seconds is None:
                return None
            waiting = _replace(
                run.progress,
                problem=passing_problem(error),
                retry_at=now + timedelta(seconds=seconds),
                failing_since=since,
            )
            await self._store.put(transaction, work.user_id, _replace(run, progress=waiting))
        return seconds

    async def _end(self, job: RunningJob[FillWork], problem: Problem | None) -> bool:
        """Complete the job; False, and it goes on, when the run was started again meanwhile."""
        work = job.payload
        with suppress(_StartedAgain):
            async with job.finishing() as transaction:
                run = await self._store.get(transaction, work.user_id, work.run_id, for_update=True)
                if run is not None and run.is_running:
                    if problem is None:
                        raise _StartedAgain  # nothing is committed
                    await self._store.put(transaction, work.user_id, _failed_run(run, problem))
            return True
        return False


def _failed_run(run: Run, problem: Problem) -> Run:
    progress = _replace(run.progress, problem=problem, retry_at=None, failing_since=None)
    return _replace(run, stage=Stage.FAILED, progress=progress)


def final_problem(error: ExternalServiceException) -> Problem | None:
    """Return why trying again is pointless, or None when it is not."""
    if isinstance(error, (NotLinked, LinkAgain)):
        return Problem.NOT_LINKED
    if isinstance(error, NotFound):  # albums that are gone are missed, and no reason to end
        return Problem.GONE
    if isinstance(error, (AuthenticationFailed, InvalidRequest)):
        return Problem.REFUSED
    return Problem.DOWN if isinstance(error, ServiceDisabled) else None


def passing_problem(error: ExternalServiceException) -> Problem:
    """Return why a run waits, or has waited for too long."""
    is_busy = isinstance(error, (RateLimitExceeded, RefusedLocally))
    return Problem.BUSY if is_busy else Problem.DOWN


def pause_seconds(error: ExternalServiceException, failing: float) -> float | None:
    """Return how long to wait before the next try; None: nothing has worked for two days.

    Args:
        error: What Spotify, or this side, answered.
        failing: For how many seconds nothing has worked.
    """
    if failing > GIVE_UP_SECONDS:
        return None
    # More patient with every hour, and never earlier than Spotify or our own quota says.
    patience = min(max(_FIRST_PAUSE_SECONDS, failing / 4), _LONGEST_PAUSE_SECONDS)
    return min(max(patience, error.retry_after or 0.0), GIVE_UP_SECONDS)
