"""``Worker``: claims jobs, has them run, shows life, and gives back what it cannot finish.

What can go wrong, and what then happens:

1. The handler fails: the job waits (full jitter, or as long as the upstream asked) and is tried
   again; after its last attempt it is a dead letter.
2. The process dies: another worker sees no life for a lease and queues the job again.
3. The job is lost (this process was frozen, or could not show life for a lease): the handler is
   cancelled, and the job's fence keeps it from recording anything.
4. The database is away: the outcome is recorded when it is back, if the job is still ours.
5. The bot stops: what is not finished in time goes back to the queue and costs no attempt.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Final

from services.jobs.execution import Execution
from services.jobs.kinds import Handlers
from services.jobs.leases import Lease, LeaseWatch
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock
from services.storage.errors import DatabaseUnavailable
from services.storage.job_models import Job

_LOGGER = logging.getLogger(__name__)

_POLL_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 1.0


class Worker:
    """Runs jobs, a few at once, until it is told to stop."""

    def __init__(
        self,
        queue: JobQueue,
        handlers: Handlers,
        *,
        name: str,
        clock: Clock,
        chance: random.Random,
        concurrency: int = 4,
        lease: Lease | None = None,
    ) -> None:
        """Prepare to work; ``run`` works.

        Args:
            queue: Where the jobs are.
            handlers: Who does which kind.
            name: Unique among all workers of the database, ever.
            clock: Where time comes from.
            chance: Spreads retries.
            concurrency: Jobs at once, 1 or more.
            lease: How long a claim holds without a sign of life.
        """
        self._queue = queue
        self._kinds = handlers.names
        self._execution = Execution(queue, handlers, clock=clock, chance=chance)
        self._name = name
        self._clock = clock
        self._concurrency = concurrency
        self._lease = lease or Lease()
        self._watch = LeaseWatch(self._lease)
        self._mine: dict[int, tuple[Job, asyncio.Task[None]]] = {}
        self._lost: set[int] = set()
        self._alive_at = 0.0
        self._is_stopping = False
        self._is_in_trouble = False

    async def run(self, *, drain_seconds: float) -> None:
        """Work until ``stop``; then let running jobs end, for ``drain_seconds`` at most."""
        async with asyncio.TaskGroup() as group:
            helpers = [
                group.create_task(self._every(self._lease.beat_every, self._beat), name="beat"),
                group.create_task(self._every(self._lease.watch_every, self._look), name="look"),
                group.create_task(self._queue.listen(), name="listen"),
            ]
            while not self._is_stopping:
                await self._surviving(lambda: self._claim(group))
                await self._wait_for_work()
            await self._drain(drain_seconds)
            for helper in helpers:
                helper.cancel()

    def stop(self) -> None:
        """Claim nothing more."""
        self._is_stopping = True
        self._queue.wake()

    # --- Finding work

    async def _claim(self, group: asyncio.TaskGroup) -> None:
        free = self._concurrency - len(self._mine)
        if free <= 0 or self._is_stopping:
            return
        claimed = await self._queue.claim(kinds=self._kinds, worker=self._name, limit=free)
        if not self._mine:
            self._alive_at = self._clock.monotonic()
        for job in claimed:
            running = self._execution.run(job, is_lost=partial(self._lost.__contains__, job.job_id))
            task = group.create_task(running, name=f"job {job.job_id} {job.kind}")
            self._mine[job.job_id] = (job, task)
            task.add_done_callback(partial(self._ended, job.job_id))

    def _ended(self, job_id: int, _task: asyncio.Task[None]) -> None:
        del self._mine[job_id]
        self._lost.discard(job_id)
        self._queue.wake()  # there is room for another one

    async def _wait_for_work(self) -> None:
        if self._is_stopping:
            return
        seconds = _POLL_SECONDS
        with suppress(DatabaseUnavailable):
            run_at = await self._queue.next_run_at(self._kinds)
            # What is due and was not claimed waits for room, not for time.
            if run_at is not None and (until := run_at - self._clock.now()) > timedelta():
                seconds = min(seconds, until.total_seconds())
        with suppress(TimeoutError):
            async with self._clock.timeout_at(self._clock.monotonic() + seconds):
                await self._queue.wait()

    # --- Leases

    async def _beat(self) -> None:
        """Show life; let go of what is no longer ours, or may not be since we could not."""
        if not self._mine:
            return
        before = dict(self._mine)
        try:
            fences = await self._queue.beat(self._name, list(before))
        except DatabaseUnavailable:
            if self._clock.monotonic() - self._alive_at >= self._lease.seconds:
                self._let_go(list(before.values()))
            raise
        self._alive_at = self._clock.monotonic()
        self._let_go([each for each in before.values() if fences.get(each[0].job_id) is None])

    def _let_go(self, lost: list[tuple[Job, asyncio.Task[None]]]) -> None:
        for job, task in lost:
            if not task.done():
                self._lost.add(job.job_id)
                task.cancel()

    async def _look(self) -> None:
        """Queue the jobs whose worker shows no life; one that we let go is among them."""
        running = [job for job in await self._queue.running() if not self._holds(job)]
        expired = self._watch.expired(running, self._clock.monotonic())
        if expired and await self._queue.take_back(expired):
            _LOGGER.warning("took back %s jobs of workers that vanished", len(expired))

    def _holds(self, job: Job) -> bool:
        mine = self._mine.get(job.job_id)
        return mine is not None and mine[0].fence == job.fence

    async def _every(self, seconds: float, action: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._clock.sleep(seconds)
            await self._surviving(action)

    async def _surviving(self, action: Callable[[], Awaitable[None]]) -> None:
        """Do ``action``; say once when it cannot be done, and once when it can again."""
        try:
            await action()
        except Exception as error:  # the edge of a background task
            if not isinstance(error, DatabaseUnavailable):
                _LOGGER.exception("unexpected error of the job worker")
            elif not self._is_in_trouble:
                _LOGGER.warning("the database cannot be used (%s); jobs wait for it", error)
            self._is_in_trouble = True
            await self._clock.sleep(_PAUSE_SECONDS)
        else:
            if self._is_in_trouble:
                _LOGGER.warning("the database can be used again")
            self._is_in_trouble = False

    # --- Stopping

    async def _drain(self, seconds: float) -> None:
        tasks = [task for _, task in self._mine.values()]
        if not tasks:
            return
        with suppress(TimeoutError):
            async with self._clock.timeout_at(self._clock.monotonic() + seconds):
                await asyncio.wait(tasks)
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def working(worker: Worker, *, drain_seconds: float) -> AsyncIterator[None]:
    """Have ``worker`` work inside the block, and end its jobs on leaving it.

    Args:
        worker: One that was not run before.
        drain_seconds: How long running jobs may take to end by themselves.
    """
    work = asyncio.create_task(worker.run(drain_seconds=drain_seconds), name="jobs")
    try:
        yield
    finally:
        worker.stop()
        await work
