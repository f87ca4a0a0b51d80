"""Worker processes that are killed: ``python -m harness.job_process '{…}'``.

The first process imports everything and then only forks: a worker that is killed is replaced in
milliseconds. Each worker tells every step on standard output, a line each, and may kill itself at
a step, by chance or at a named one. The first process ends on SIGTERM, after its workers have
drained; its group can be killed as a whole.
"""

import asyncio
import logging
import os
import random
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import msgspec
from fakes.chance import seeded
from sqlalchemy import text

from harness.databases import open_database
from services.jobs.kinds import Handlers, JobKind, RetryLater, RunningJob
from services.jobs.leases import Lease
from services.jobs.queue import JobQueue
from services.jobs.worker import Worker
from services.resilience.clock import Clock, SystemClock
from services.resilience.retry import Backoff
from services.storage.database import Transaction

STEPS = (
    "claim is not committed",
    "claimed",
    "before the effect",
    "after the effect",
    "committed",
    "before the checkpoint",
    "after the checkpoint",
)
CHECKPOINTS = 3


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the processes do.

    Attributes:
        where: A path of SQLite or a URL of PostgreSQL.
        workers: Processes at a time.
        lease_seconds: How long a claim holds.
        seed: Of everybody's chance.
        kill_chance: The share of steps at which a worker kills itself.
        kill_at: The step at which the first worker kills itself, once.
        freeze_at: The step at which the first worker stops as a whole (SIGSTOP), once.
        wall_step_hours: The wall clock is off by so much, forward or back, at every look at it.
    """

    where: str
    workers: int = 2
    lease_seconds: float = 1.0
    seed: int = 1
    kill_chance: float = 0.0
    kill_at: str | None = None
    freeze_at: str | None = None
    wall_step_hours: float = 0.0


class Work(msgspec.Struct, frozen=True):
    """How far a job is."""

    done: int = 0


_SOON = Backoff(floor=0.0, base=0.05, cap=0.1)
ONCE = JobKind(name="kills.once", payload=Work, max_attempts=1_000, backoff=_SOON)
STEPWISE = JobKind(name="kills.stepwise", payload=Work, max_attempts=1_000, backoff=_SOON)
RAISES = JobKind(name="kills.raises", payload=Work, max_attempts=3, backoff=_SOON)
DIES = JobKind(name="kills.dies", payload=Work, max_attempts=2, backoff=_SOON)


def place(where: str) -> Path | str:
    """Return ``where`` as ``open_database`` wants it."""
    return where if "://" in where else Path(where)


def tell(line: str) -> None:
    """Write one line at once, whole, though several processes share the pipe."""
    try:
        os.write(1, f"{line}\n".encode())
    except BrokenPipeError:  # the test is gone, and so are we
        os.killpg(0, signal.SIGKILL)


def die() -> NoReturn:
    """End as if the power had failed."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


class Fate:
    """Decides at which step a process dies."""

    def __init__(self, plan: Plan, chance: random.Random, number: int) -> None:
        """Follow the plan for that worker."""
        self._chance = chance
        self._share = plan.kill_chance
        self._kill_at = plan.kill_at if number == 0 else None
        self._freeze_at = plan.freeze_at if number == 0 else None

    def reach(self, step: str, job_id: int = 0) -> None:
        """Tell the step, and perhaps end there."""
        assert step in STEPS
        tell(f"{step} {job_id}")
        if step == self._kill_at or self._chance.random() < self._share:
            die()
        if step == self._freeze_at:
            self._freeze_at = None
            tell(f"frozen {os.getpid()}")
            os.kill(os.getpid(), signal.SIGSTOP)


class SteppingClock(SystemClock):
    """Somebody sets the wall clock all the time."""

    def __init__(self, chance: random.Random, hours: float) -> None:
        self._chance = chance
        self._hours = hours

    def now(self) -> datetime:
        return super().now() + timedelta(hours=self._hours * self._chance.choice((-1, 0, 1)))


class DeadlyQueue(JobQueue):
    """A queue whose process may die right before a commit, of whatever it is."""

    fate: Fate

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        async with super().writing() as transaction:
            yield transaction
            self.fate.reach("claim is not committed")


def make_handlers(fate: Fate) -> Handlers:
    """Return handlers whose effects are rows."""

    async def once(job: RunningJob[Work]) -> None:
        fate.reach("claimed", job.job_id)
        async with job.finishing() as transaction:
            fate.reach("before the effect", job.job_id)
            await take_effect(transaction, job.job_id, 0)
            fate.reach("after the effect", job.job_id)
        fate.reach("committed", job.job_id)

    async def stepwise(job: RunningJob[Work]) -> None:
        fate.reach("claimed", job.job_id)
        for step in range(job.payload.done, CHECKPOINTS):
            async with job.saving(Work(done=step + 1)) as transaction:
                fate.reach("before the checkpoint", job.job_id)
                await take_effect(transaction, job.job_id, step)
            fate.reach("after the checkpoint", job.job_id)

    async def fail(_job: RunningJob[Work]) -> None:
        raise RetryLater("always", seconds=0.01)

    async def end_everything(_job: RunningJob[Work]) -> None:
        die()

    handlers = Handlers()
    handlers.register(ONCE, once)
    handlers.register(STEPWISE, stepwise)
    handlers.register(RAISES, fail)
    handlers.register(DIES, end_everything)
    return handlers


async def take_effect(transaction: Transaction, job_id: int, step: int) -> None:
    """Add a row; nothing keeps a second one out but the fence."""
    statement = text("INSERT INTO effects (job_id, step) VALUES (:job_id, :step)")
    await transaction.execute(statement, [{"job_id": job_id, "step": step}])


async def work(plan: Plan, number: int) -> None:
    """Be one worker until SIGTERM."""
    chance = seeded(plan.seed * 10_000 + number)
    fate = Fate(plan, chance, number)
    clock: Clock = SystemClock()
    if plan.wall_step_hours:
        clock = SteppingClock(chance, plan.wall_step_hours)
    async with open_database(place(plan.where), clock) as database:
        queue = DeadlyQueue(database, clock=clock)
        queue.fate = fate
        lease = Lease(
            seconds=plan.lease_seconds,
            beat_every=plan.lease_seconds / 4,
            watch_every=plan.lease_seconds / 8,
        )
        worker = Worker(
            queue,
            make_handlers(fate),
            name=f"worker {plan.seed}/{number}",
            clock=clock,
            chance=chance,
            lease=lease,
        )
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
        await worker.run(drain_seconds=2)


def fork(work: Callable[[int], Coroutine[Any, Any, None]], number: int) -> int:
    """Start a worker process; returns its id."""
    child = os.fork()
    if child:
        return child
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        asyncio.run(work(number))
    except BaseException:  # noqa: BLE001  # a bug: say it, and do not become a second first process
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def supervise(workers: int, work: Callable[[int], Coroutine[Any, Any, None]]) -> None:
    """Keep so many workers alive until SIGTERM; each is told its number."""
    stopping: list[bool] = []
    children: set[int] = set()

    def stop(_signal: int, _frame: object) -> None:
        stopping.append(True)
        for child in children:
            os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    started = 0
    while children or not stopping:
        while len(children) < workers and not stopping:
            # A signal that comes while a child is not in the set yet would miss it.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
            children.add(fork(work, started))
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            started += 1
        ended, status = os.wait()
        children.discard(ended)
        tell(f"ended {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout, level=logging.WARNING, format="log %(message)s")
    decoded = msgspec.json.decode(sys.argv[1], type=Plan)
    supervise(decoded.workers, partial(work, decoded))
