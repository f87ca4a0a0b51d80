"""Kinds of jobs and handlers for the tests."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec

from fakes.chance import FixedChance
from fakes.clock import VirtualClock
from fakes.memory_database import MemoryDatabase, MemoryJobs
from fakes.virtual_time import START
from services.jobs.kinds import Handlers, JobKind, RunningJob
from services.jobs.leases import Lease
from services.jobs.queue import JobQueue
from services.jobs.worker import Worker
from services.resilience.clock import SystemClock
from services.resilience.retry import Backoff

_TIME = SystemClock()


class Chore(msgspec.Struct, frozen=True):
    """What a job of the tests is about."""

    name: str
    step: int = 0


CHORE = JobKind(
    name="tests.chore",
    payload=Chore,
    max_attempts=3,
    backoff=Backoff(floor=2.0, base=10.0, cap=60.0),
)


@dataclass
class Recorder:
    """A handler that notes what it is given; ``behave`` decides what happens then.

    Attributes:
        seen: The names of the chores, in the order in which they were begun.
        attempts: The attempt of each, in the same order.
        times: When each was begun, in seconds since the virtual loop started.
        ended: The names of those whose ``behave`` returned.
        cancelled: The names of those that were cancelled in it.
    """

    behave: Callable[[RunningJob[Chore]], Awaitable[None]] | None = None
    seen: list[str] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)

    async def __call__(self, job: RunningJob[Chore]) -> None:
        self.seen.append(job.payload.name)
        self.attempts.append(job.attempt)
        self.times.append(_TIME.monotonic() - START)
        try:
            if self.behave is not None:
                await self.behave(job)
        except asyncio.CancelledError:
            self.cancelled.append(job.payload.name)
            raise
        self.ended.append(job.payload.name)


LEASE = Lease(seconds=45.0, beat_every=10.0, watch_every=5.0)


class Workshop:
    """One database, and workers on it as if each were a process of its own.

    Attributes:
        clock: Of everybody.
        database: Of everybody.
        queue: For whoever enqueues.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.database = MemoryDatabase()
        self.queue = self.make_queue()

    def make_queue(self) -> JobQueue:
        return JobQueue(self.database, clock=self.clock, jobs=MemoryJobs(self.database))

    def worker(
        self,
        handler: Callable[[RunningJob[Chore]], Awaitable[None]],
        *,
        name: str = "w1",
        queue: JobQueue | None = None,
        kind: JobKind[Chore] = CHORE,
        concurrency: int = 4,
        lease: Lease = LEASE,
        chance: float = 0.0,
    ) -> Worker:
        """Return a worker for one kind; it shares ``self.queue`` unless it gets its own."""
        handlers = Handlers()
        handlers.register(kind, handler)
        return Worker(
            queue or self.queue,
            handlers,
            name=name,
            clock=self.clock,
            chance=FixedChance(chance),
            concurrency=concurrency,
            lease=lease,
        )

    async def enqueue(self, *names: str) -> None:
        """Queue one chore per name."""
        for name in names:
            await self.queue.enqueue(CHORE, Chore(name=name))
