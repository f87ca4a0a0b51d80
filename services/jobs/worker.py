"""``Worker``: claims jobs, has them run, shows life, and gives back what it cannot finish.

What can go wrong, and what then happens:

1. The handler fails: the job waits (full jitter, or as long as the upstream asked) and is tried
   again; after its last attempt it is a dead letter.
2. The process dies: another worker sees no life for a lease and queues the job again.
3. The job is lost (this process was frozen, or could not show life for a lease): the handler is
   cancelled, and the job's fence keeps it from recording anything.
4. The database is away: the outcome is recorded when it is back, if the job is still ours.
5. The bot stops: what is not finished in time goes back to the queue and costs no attempt.
6. A handler ignores that it is cancelled: it is left behind, and its lease gives the job back.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

from services.jobs.execution import Execution, Hold
from services.jobs.kinds import Handlers
from services.jobs.leases import Lease, LeaseWatch
from services.jobs.outages import Outages
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock
from services.storage.errors import DatabaseUnavailable

_LOGGER = logging.getLogger(__name__)

_POLL_SECONDS: Final = 5.0
_LISTEN_AGAIN_SECONDS: Final = 5.0
_RELEASE_SECONDS: Final = 2.0
"""How long a cancelled handler may take to clean up when the bot stops."""
_AGAIN_SECONDS: Final = 0.1
"""When a job is due that we could not claim: it became due meanwhile, or a row is locked."""


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
            queue: Where the jobs are; of this worker alone.
            handlers: Who does which kind; complete by now.
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
        self._holds: dict[asyncio.Task[None], Hold] = {}
        self._alive_at = 0.0
        self._stopping = asyncio.Event()
        self._outages = Outages(clock)

    async def run(self, *, drain_seconds: float) -> None:
        """Work until ``stop``; then let running jobs end, for ``drain_seconds`` at most.

        When this is cancelled, they go back to the queue at once.
        """
        async with asyncio.TaskGroup() as group:
            finding = group.create_task(self._find(), name="jobs: find")
            helpers = [
                group.create_task(self._outages.repeat(seconds, action), name=f"jobs: {name}")
                for name, seconds, action in (
                    ("beat", self._lease.beat_every, self._beat),
                    ("look", self._lease.watch_every, self._look),
                    ("listen", _LISTEN_AGAIN_SECONDS, self._listen),
                )
            ]
            try:
                await self._stopping.wait()
                drained_at = self._clock.monotonic() + drain_seconds
                # A claim that is under way ends, unless the database does not answer.
                await self._ended([finding], until=self._clock.monotonic() + _RELEASE_SECONDS)
                await self._ended(self._holds, until=drained_at)
            finally:
                await self._release()
                for helper in (finding, *helpers):
                    helper.cancel()

    def stop(self) -> None:
        """Claim nothing more."""
        self._stopping.set()
        self._queue.wake()

    # --- Finding work. What is done here returns True when it has changed the database.

    async def _find(self) -> None:
        while not self._stopping.is_set():
            if await self._outages.survive(self._claim):
                await self._outages.survive(self._wait_for_work)

    async def _claim(self) -> bool:
        free = self._concurrency - len(self._holds)
        if free <= 0:
            return False
        asked_at = self._clock.monotonic()
        claimed = await self._queue.claim(kinds=self._kinds, worker=self._name, limit=free)
        if not self._holds:
            self._alive_at = asked_at
        for job in claimed:
            hold = Hold(job)
            running = self._execution.run(hold)
            task = asyncio.create_task(running, name=f"job {job.job_id} {job.kind}")
            self._holds[task] = hold
            task.add_done_callback(self._let_in_the_next)
        return True

    def _let_in_the_next(self, ended: asyncio.Task[None]) -> None:
        job = self._holds.pop(ended).job
        self._queue.wake()
        error = None if ended.cancelled() else ended.exception()
        if error is not None:
            _LOGGER.error(
                "job %s (%s) has no outcome; its lease gives it back",
                job.job_id,
                job.kind,
                exc_info=error,
            )

    async def _wait_for_work(self) -> bool:
        seconds = _POLL_SECONDS
        if len(self._holds) < self._concurrency:
            run_at = await self._queue.next_run_at(self._kinds)
            if run_at is not None:
                until = (run_at - self._clock.now()) / timedelta(seconds=1)
                seconds = min(seconds, until) if until > 0 else _AGAIN_SECONDS
        with suppress(TimeoutError):
            async with self._clock.timeout_at(self._clock.monotonic() + seconds):
                await self._queue.wait()
        return False

    async def _listen(self) -> bool:
        await self._queue.listen()
        return False

    # --- Leases

    async def _beat(self) -> bool:
        """Show life; let go of what is no longer ours, or may not be since we could not."""
        holds = dict(self._holds)
        if not holds:
            return False
        asked_at = self._clock.monotonic()
        # An answer that does not come must not hide the end of the lease.
        limit = max(self._alive_at + self._lease.seconds, asked_at + self._lease.beat_every)
        try:
            async with self._clock.timeout_at(limit):
                ids = [hold.job.job_id for hold in holds.values()]
                fences = await self._queue.beat(self._name, ids)
        except (DatabaseUnavailable, TimeoutError) as error:
            if self._clock.monotonic() - self._alive_at >= self._lease.seconds:
                self._let_go(holds)
            if isinstance(error, TimeoutError):
                raise DatabaseUnavailable("no answer within a lease") from None
            raise
        self._alive_at = asked_at
        self._let_go(
            {
                task: hold
                for task, hold in holds.items()
                if fences.get(hold.job.job_id) != hold.job.fence
            }
        )
        return True

    def _let_go(self, lost: dict[asyncio.Task[None], Hold]) -> None:
        for task, hold in lost.items():
            if not (hold.is_lost or hold.is_settling):
                hold.is_lost = True
                task.cancel()

    async def _look(self) -> bool:
        """Queue the jobs whose worker shows no life; one that we let go is among them."""
        running = await self._queue.running()
        ours = {(hold.job.job_id, hold.job.fence) for hold in self._holds.values()}
        others = [job for job in running if (job.job_id, job.fence) not in ours]
        expired = self._watch.expired(others, self._clock.monotonic())
        if not expired:
            return False
        if taken := await self._queue.take_back(expired):
            _LOGGER.warning("took back %s jobs of workers that vanished", taken)
        return True

    # --- Stopping

    async def _ended(self, tasks: Collection[asyncio.Task[None]], *, until: float) -> None:
        """Wait until all of them have ended, or for the instant ``until``."""
        with suppress(TimeoutError):
            async with self._clock.timeout_at(until):
                while waiting := [task for task in tasks if not task.done()]:
                    await asyncio.wait(waiting)

    async def _release(self) -> None:
        """Have what still runs go back to the queue; wait a little for handlers that clean up."""
        for task in self._holds:
            task.cancel()
        await self._ended(self._holds, until=self._clock.monotonic() + _RELEASE_SECONDS)
        if self._holds:
            _LOGGER.warning(
                "%s jobs do not end though they are cancelled; they are left behind",
                len(self._holds),
            )


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
