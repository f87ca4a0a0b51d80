"""Processes that post digests and are killed: ``python -m harness.digest_process '{…}'``.

As ``job_process.py``, which starts them. The wall clock of all of them is the system's, moved by
what stands in a file: whoever runs them says that it is Monday, eight o'clock. Discord is a line of
JSON to a socket of the test.
"""

import asyncio
import json
import logging
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from fakes.chance import seeded

from harness.databases import open_database
from harness.job_process import die, place, supervise, tell
from services.delivery import DiscordUnavailable
from services.digests.models import Place, Schedule, Slot
from services.digests.planning import DigestPlanner, planning
from services.digests.posting import DigestPosting
from services.digests.preparing import DigestPreparing
from services.digests.slot_book import Found, SlotBook
from services.digests.work import POST, PREPARE, SlotWork
from services.jobs.kinds import Handlers, RunningJob
from services.jobs.leases import Lease
from services.jobs.queue import JobQueue
from services.jobs.worker import Worker, working
from services.resilience.clock import Clock, SystemClock
from services.storage.database import Database, Transaction
from services.storage.digests import DigestRow

STEPS = (
    "claim is not committed",
    "claimed",
    "before it is noted",
    "noted",
    "before it is sent",
    "answered",
    "before the record",
    "recorded",
)
_LOOK_SECONDS = 0.05


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the processes do.

    Attributes:
        where: A path of SQLite or a URL of PostgreSQL.
        discord: A port on this machine.
        ahead: A file with the seconds by which the wall clock is ahead.
        workers: Processes at a time.
        seed: Of everybody's chance.
        kill_chance: The share of steps at which a process kills itself.
        kill_at: The step at which the first process kills itself, once.
    """

    where: str
    discord: int
    ahead: str
    workers: int = 2
    seed: int = 1
    kill_chance: float = 0.0
    kill_at: str | None = None


class Words(msgspec.Struct, frozen=True):
    """What a digest says."""

    text: str


class Fate:
    """Decides at which step a process dies."""

    def __init__(self, plan: Plan, chance: random.Random, number: int) -> None:
        self._chance = chance
        self._share = plan.kill_chance
        self._kill_at = plan.kill_at if number == 0 else None

    def reach(self, step: str) -> None:
        assert step in STEPS
        tell(step)
        if step == self._kill_at or self._chance.random() < self._share:
            die()


class SetClock(SystemClock):
    """The system's, ahead by what stands in a file; it tells whoever asked when that changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._actions: list[Callable[[], None]] = []
        self._ahead = self._read()

    def now(self) -> datetime:
        return super().now() + self._ahead

    def on_step(self, action: Callable[[], None]) -> None:
        self._actions.append(action)

    async def watch(self) -> None:
        while True:
            ahead = self._read()
            if ahead != self._ahead:
                self._ahead = ahead
                for action in self._actions:
                    action()
            await self.sleep(_LOOK_SECONDS)

    def _read(self) -> timedelta:
        return timedelta(seconds=float(self._path.read_text("utf-8")))


class Wire:
    """The Publisher, the PostedMessages and the Composer."""

    def __init__(self, port: int, fate: Fate) -> None:
        self._port = port
        self._fate = fate

    async def post(self, channel_id: int, content: object, *, locale: str, key: str) -> int:
        del content, locale
        self._fate.reach("before it is sent")
        message_id = await self._ask({"channel": channel_id, "mark": key, "post": True})
        assert message_id is not None
        self._fate.reach("answered")
        return message_id

    async def tell(self, user_id: int, content: object, *, locale: str, key: str) -> int:
        raise NotImplementedError

    async def find(self, channel_id: int, mark: str, after: datetime) -> int | None:
        del after
        return await self._ask({"channel": channel_id, "mark": mark, "post": False})

    async def compose(
        self, schedule: Schedule, *, since: datetime | None, now: datetime
    ) -> Words | None:
        del since, now
        return Words(f"digest {schedule.digest_id}")

    async def posted(self, schedule: Schedule, slot: Slot, place: Place, content: Words) -> None:
        pass

    async def _ask(self, question: dict[str, Any]) -> int | None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(json.dumps(question).encode() + b"\n")
            line = await reader.readline()
        finally:
            writer.close()
        if not line:
            raise DiscordUnavailable("ServerDisconnectedError")
        answer: int | None = json.loads(line)
        return answer


class DeadlyPlanner(DigestPlanner):
    """A planner whose process may die around the claim."""

    fate: Fate

    async def _claim(self, transaction: Transaction, digest: DigestRow, now: datetime) -> None:
        await super()._claim(transaction, digest, now)
        self.fate.reach("claim is not committed")

    async def _claim_some(self) -> int:
        number = await super()._claim_some()
        if number:
            self.fate.reach("claimed")
        return number


class DeadlyBook(SlotBook):
    """A book whose process may die around what it writes."""

    fate: Fate

    async def begin(self, job: RunningJob[SlotWork], found: Found) -> Found:
        self.fate.reach("before it is noted")
        begun = await super().begin(job, found)
        self.fate.reach("noted")
        return begun

    async def note_post(self, job: RunningJob[SlotWork], found: Found, message_id: int) -> None:
        self.fate.reach("before the record")
        await super().note_post(job, found, message_id)
        self.fate.reach("recorded")


async def work(plan: Plan, number: int) -> None:
    """Be one process until SIGTERM."""
    chance = seeded(plan.seed * 10_000 + number)
    clock = SetClock(Path(plan.ahead))
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with open_database(place(plan.where), clock) as database:
        watching = asyncio.create_task(clock.watch())
        async with _posting(plan, database, clock, chance, number):
            await stopped.wait()
        watching.cancel()


@asynccontextmanager
async def _posting(
    plan: Plan, database: Database, clock: Clock, chance: random.Random, number: int
) -> AsyncIterator[None]:
    """Do what the bot does for digests."""
    fate = Fate(plan, chance, number)
    wire = Wire(plan.discord, fate)
    posts, preparations = JobQueue(database, clock=clock), JobQueue(database, clock=clock)
    preparing = DigestPreparing(database, composer=wire, content=Words, clock=clock)
    posting = DigestPosting(
        database,
        preparing=preparing,
        composer=wire,
        publisher=wire,
        messages=wire,
        queue=posts,
        clock=clock,
        chance=chance,
    )
    posting._book = book = DeadlyBook(database, queue=posts, clock=clock)
    planner = DeadlyPlanner(database, posts=posts, preparations=preparations, clock=clock)
    planner.fate = book.fate = fate
    handlers = Handlers(), Handlers()
    handlers[0].register(POST, posting.post)
    handlers[1].register(PREPARE, preparing.prepare)
    name = f"{plan.seed}/{number}"
    async with (
        working(_worker(posts, handlers[0], f"posts {name}", clock, chance), drain_seconds=2),
        working(_worker(preparations, handlers[1], name, clock, chance), drain_seconds=2),
        planning(planner),
    ):
        yield


def _worker(
    queue: JobQueue, handlers: Handlers, name: str, clock: Clock, chance: random.Random
) -> Worker:
    clock.on_step(queue.wake)
    return Worker(
        queue,
        handlers,
        name=name,
        clock=clock,
        chance=chance,
        concurrency=8,
        lease=Lease(seconds=2.0, beat_every=0.5, watch_every=0.25),
    )


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout, level=logging.WARNING, format="log %(message)s")
    decoded = msgspec.json.decode(sys.argv[1], type=Plan)
    supervise(decoded.workers, partial(work, decoded))
