"""Kinds of jobs and handlers for the tests."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec

from services.jobs.kinds import JobKind, RunningJob
from services.resilience.retry import Backoff


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
    """

    behave: Callable[[RunningJob[Chore]], Awaitable[None]] | None = None
    seen: list[str] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, job: RunningJob[Chore]) -> None:
        self.seen.append(job.payload.name)
        self.attempts.append(job.attempt)
        self.changed.set()
        if self.behave is not None:
            await self.behave(job)
