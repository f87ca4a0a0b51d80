"""Digests under kill -9, with real processes on real databases: each slot posted exactly once."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from harness.databases import open_database
from harness.digest_process import STEPS, Plan
from harness.kills import Processes, locked, processes
from sqlalchemy import func, select

from services.digests.models import Cadence, NewSchedule, Slot, Timing
from services.digests.schedules import DigestSchedules
from services.resilience.clock import SystemClock
from services.storage.database import Database
from services.storage.digest_slots import SlotState
from services.storage.digest_tables import DIGEST_SLOTS
from services.storage.migrating import migrate

pytestmark = pytest.mark.long

MODULE = "harness.digest_process"
EIGHT = Timing(cadence=Cadence.DAILY, hour=8, zone="UTC")
MONDAY = datetime(2031, 12, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
TIME = SystemClock()


class Discord:
    """Channels of messages, a nonce that is soon forgotten, and answers that are lost.

    Attributes:
        port: Where it listens.
        posts: How often each mark stands in a channel.
        nonce_seconds: How long the same mark makes no second message.
        lose_every: Every so many posts the answer is lost; 0: never.
        is_down: No connection is answered.
    """

    def __init__(self) -> None:
        self.port = 0
        self.posts: Counter[str] = Counter()
        self.nonce_seconds = 1.0
        self.lose_every = 0
        self.is_down = False
        self._newest: dict[str, tuple[float, int]] = {}

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        if line and not self.is_down:
            question = json.loads(line)
            found = self._post(question["mark"]) if question["post"] else self._find(question)
            if not question["post"] or not self._loses():
                writer.write(json.dumps(found).encode() + b"\n")
        writer.close()

    def _post(self, mark: str) -> int:
        at, message_id = self._newest.get(mark, (-1e9, 0))
        if TIME.monotonic() - at >= self.nonce_seconds:
            self.posts[mark] += 1
            message_id = self.posts.total()
            self._newest[mark] = (TIME.monotonic(), message_id)
        return message_id

    def _find(self, question: dict[str, str]) -> int | None:
        return self._newest[question["mark"]][1] if question["mark"] in self._newest else None

    def _loses(self) -> bool:
        return bool(self.lose_every) and self.posts.total() % self.lose_every == 0


class Wall:
    """The clock on the wall of every process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.show(MONDAY - timedelta(minutes=2))

    def show(self, moment: datetime) -> None:
        ahead = (moment - TIME.now()).total_seconds()
        new = self.path.with_suffix(".new")
        new.write_text(str(ahead), "utf-8")
        new.replace(self.path)


@pytest.fixture
async def discord() -> AsyncIterator[Discord]:
    board = Discord()
    server = await asyncio.start_server(board.answer, "127.0.0.1", 0)
    board.port = server.sockets[0].getsockname()[1]
    yield board
    server.close()


@pytest.fixture
def wall(tmp_path: Path) -> Wall:
    return Wall(tmp_path / "ahead")


@pytest.fixture
async def database(empty_database: Path | str) -> AsyncIterator[Database]:
    async with open_database(empty_database) as opened:
        await migrate(opened)
        yield opened


async def create(database: Database, number: int, days: int) -> list[str]:
    """Make so many digests; returns the marks of their slots on so many days."""

    class Then(SystemClock):
        def now(self) -> datetime:
            return MONDAY - timedelta(minutes=2)

    schedules = DigestSchedules(database, clock=Then())
    made = [
        await schedules.create(
            NewSchedule(guild_id=guild, channel_id=guild, creator_id=1, timing=EIGHT)
        )
        for guild in range(number)
    ]
    return [Slot(each.digest_id, MONDAY + day * DAY).mark for day in range(days) for each in made]


async def until_settled(
    running: Processes, database: Database, number: int, *, limit: float = 90
) -> None:
    """Wait until so many slots have ended, all of them as posts."""
    statement = select(DIGEST_SLOTS.c.state, func.count().label("number")).where(
        DIGEST_SLOTS.c.state != SlotState.PLANNED
    )
    give_up_at = TIME.monotonic() + limit
    counts: dict[str, int] = {}
    while counts != {SlotState.POSTED: number}:
        assert TIME.monotonic() < give_up_at, (counts, running.lines[-30:])
        looked_at = TIME.monotonic()
        while TIME.monotonic() < looked_at + 0.3:
            await running.read(0.1)
        async with database.read() as transaction:
            rows = await transaction.execute(statement.group_by(DIGEST_SLOTS.c.state))
            counts = {row.state: int(row.number) for row in rows}


@pytest.mark.parametrize("step", [pytest.param(step, id=step) for step in STEPS])
async def test_slots_are_posted_once_when_a_process_is_killed_at_a_step(
    step: str, database: Database, empty_database: Path | str, discord: Discord, wall: Wall
) -> None:
    marks = await create(database, 3, days=1)
    plan = Plan(
        where=str(empty_database),
        discord=discord.port,
        ahead=str(wall.path),
        workers=1,
        kill_at=step,
    )

    async with processes(plan, MODULE) as running:
        wall.show(MONDAY - timedelta(seconds=0.5))
        await running.until("ended -9")
        await until_settled(running, database, len(marks))

    assert discord.posts == Counter(marks)
    assert running.kills == 1


async def test_hundreds_of_slots_are_posted_once_while_processes_are_killed_by_chance(
    database: Database, empty_database: Path | str, discord: Discord, wall: Wall
) -> None:
    marks = await create(database, 60, days=4)
    discord.lose_every = 17
    plan = Plan(
        where=str(empty_database), discord=discord.port, ahead=str(wall.path), kill_chance=0.01
    )

    async with processes(plan, MODULE) as running:
        for day in range(4):
            wall.show(MONDAY + day * DAY - timedelta(seconds=0.5))
            await _posted_once(running, database, discord, wall, (day + 1) * 60)

    assert discord.posts == Counter(marks)
    assert running.kills >= 10
    sys.stdout.write(f"{len(marks)} slots, {running.kills} processes killed\n")


async def test_clock_set_both_ways_and_a_locked_database_lose_and_double_nothing(
    database: Database, empty_database: Path | str, discord: Discord, wall: Wall
) -> None:
    marks = await create(database, 60, days=2)
    plan = Plan(
        where=str(empty_database),
        discord=discord.port,
        ahead=str(wall.path),
        seed=2,
        kill_chance=0.005,
    )

    async with processes(plan, MODULE) as running:
        wall.show(MONDAY)
        await running.until("recorded")
        async with locked(str(empty_database), seconds=10) as lock:
            wall.show(MONDAY - timedelta(hours=1))
            await lock.wait()
        wall.show(MONDAY + timedelta(hours=1))
        await _posted_once(running, database, discord, wall, 60)
        wall.show(MONDAY - timedelta(seconds=1))  # the hour comes a second time
        await running.read(3)
        wall.show(MONDAY + DAY)
        await _posted_once(running, database, discord, wall, 120)

    assert discord.posts == Counter(marks)


async def test_discord_that_is_down_for_an_hour_gets_every_post_once(
    database: Database, empty_database: Path | str, discord: Discord, wall: Wall
) -> None:
    marks = await create(database, 60, days=1)
    plan = Plan(
        where=str(empty_database),
        discord=discord.port,
        ahead=str(wall.path),
        seed=3,
        kill_chance=0.005,
    )

    async with processes(plan, MODULE) as running:
        discord.is_down = True
        wall.show(MONDAY)
        for minutes in (20, 40, 60):
            await running.until("before it is sent")
            wall.show(MONDAY + timedelta(minutes=minutes))
        assert discord.posts.total() == 0
        discord.is_down = False
        await _posted_once(running, database, discord, wall, 60)

    assert discord.posts == Counter(marks)


async def _posted_once(
    running: Processes, database: Database, discord: Discord, wall: Wall, number: int
) -> None:
    """Wait until so many slots are posted; half a minute of waiting is skipped now and then."""
    waiting = asyncio.create_task(until_settled(running, database, number))
    while not waiting.done():
        await asyncio.wait({waiting}, timeout=2)
        ahead = float(wall.path.read_text("utf-8"))
        wall.show(TIME.now() + timedelta(seconds=ahead + 30))
    await waiting
    assert discord.posts.total() == number
