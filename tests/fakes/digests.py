"""A newsroom in virtual time: processes that post digests, and can be killed at any step."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from fakes.chance import FixedChance
from fakes.clock import WALL_START, VirtualClock
from fakes.direct_database import DirectDatabase, DirectTransaction
from services.delivery import DiscordUnavailable, Refused
from services.digests.members import DigestMembers
from services.digests.models import (
    Cadence,
    NewSchedule,
    PauseReason,
    Place,
    PostedDigest,
    Schedule,
    Slot,
    Timing,
    WhenNothing,
)
from services.digests.planning import DigestPlanner
from services.digests.posting import DigestPosting
from services.digests.preparing import DigestPreparing
from services.digests.schedules import DigestSchedules
from services.digests.telling import DigestTelling
from services.digests.work import POST, PREPARE, TELL
from services.jobs.kinds import Handlers
from services.jobs.leases import Lease
from services.jobs.queue import JobQueue
from services.jobs.worker import Worker
from services.storage.database import Transaction
from services.storage.digest_slots import DigestSlotRepository, SlotRow, SlotState
from services.storage.digest_tables import DIGEST_METADATA
from services.storage.tables import METADATA

GUILD, CHANNEL, CREATOR = 7, 70, 700
EIGHT = Timing(cadence=Cadence.DAILY, hour=8, zone="UTC")
MONDAY_EIGHT = datetime(2026, 11, 30, 8, tzinfo=UTC)
BEFORE = MONDAY_EIGHT - timedelta(seconds=8)
"""When tests begin: workers look every few seconds, so hours of them take long."""
LEASE = Lease(seconds=4.0, beat_every=1.0, watch_every=2.0)


class Killed(BaseException):
    """The process ends here, and what it had begun is rolled back."""


class Words(msgspec.Struct, frozen=True):
    """What a digest of the tests says."""

    text: str
    since: datetime | None = None


class Life:
    """A process, until it is killed; every step that others could see is counted.

    Attributes:
        steps: What it did, in order.
        kill_at: The number of the step at which it ends, before it is taken.
    """

    def __init__(self, kill_at: int | None = None) -> None:
        self.steps: list[str] = []
        self.kill_at = kill_at
        self.is_over = False

    def reach(self, step: str) -> None:
        self.is_over |= len(self.steps) == self.kill_at
        if self.is_over:
            raise Killed
        self.steps.append(step)


class MortalDatabase(DirectDatabase):
    """A process's view of a database that others use, too."""

    def __init__(self, shared: DirectDatabase, life: Life) -> None:
        self._shared = shared
        self._life = life

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        if self._life.is_over:
            raise Killed
        async with self._shared.write() as transaction:
            before = _changes(transaction)
            yield transaction
            has_changed = _changes(transaction) > before
            if has_changed:
                self._life.reach("commit")
        if has_changed:
            self._life.reach("committed")

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        if self._life.is_over:
            raise Killed
        async with self._shared.read() as transaction:
            yield transaction


def _changes(transaction: Transaction) -> int:
    """Return how many rows this connection has changed so far."""
    assert isinstance(transaction, DirectTransaction)
    driver = transaction._direct.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver.total_changes


@dataclass(frozen=True)
class Post:
    """A message that stands in a channel."""

    mark: str
    channel_id: int
    message_id: int
    at: datetime
    digest: PostedDigest[Words]


class Board:
    """Discord, as far as digests see it.

    Attributes:
        posts: What stands there, in order.
        is_down: Nothing is answered.
        lost_answers: So many of the next posts are made, and nobody is told.
        closed: Channels that refuse posts.
        unreadable: Channels whose history may not be read.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.posts: list[Post] = []
        self.is_down = False
        self.lost_answers = 0
        self.closed: set[int] = set()
        self.unreadable: set[int] = set()

    @property
    def marks(self) -> list[str]:
        return sorted(post.mark for post in self.posts)

    async def post(self, channel_id: int, content: object, *, key: str) -> int:
        await self._reach()
        if channel_id in self.closed:
            raise Refused("403 50013")
        assert isinstance(content, PostedDigest)
        now = self._clock.monotonic()
        for post in self.posts:
            is_new = now - (post.at - datetime.fromtimestamp(0, UTC)).total_seconds() < 180
            if post.mark == key and post.channel_id == channel_id and is_new:
                return post.message_id
        message_id = 1_000 + len(self.posts)
        at = datetime.fromtimestamp(now, UTC)
        self.posts.append(Post(key, channel_id, message_id, at, content))
        if self.lost_answers:
            self.lost_answers -= 1
            raise DiscordUnavailable("ServerDisconnectedError")
        return message_id

    async def find(self, channel_id: int, mark: str) -> int | None:
        await self._reach()
        if channel_id in self.unreadable:
            raise Refused("403 50001")
        found = (p for p in self.posts if p.mark == mark and p.channel_id == channel_id)
        return next((post.message_id for post in found), None)

    async def _reach(self) -> None:
        await self._clock.pass_time(0.2)
        if self.is_down:
            raise DiscordUnavailable("status 503")


class MortalBoard:
    """The Publisher and the PostedMessages of one process."""

    def __init__(self, board: Board, life: Life) -> None:
        self._board = board
        self._life = life

    async def post(self, channel_id: int, content: object, *, locale: str, key: str) -> int:
        del locale
        self._life.reach("send")
        message_id = await self._board.post(channel_id, content, key=key)
        self._life.reach("answered")
        return message_id

    async def tell(self, user_id: int, content: object, *, locale: str, key: str) -> int:
        raise NotImplementedError

    async def find(self, channel_id: int, mark: str, after: datetime) -> int | None:
        del after
        self._life.reach("look")
        return await self._board.find(channel_id, mark)


@dataclass
class Desk:
    """The Composer and the Announcer.

    Attributes:
        seconds: How long composing takes.
        is_nothing_new: Digests that may be skipped are.
        composed: When, and for which digest.
        heard: The posts that it was told of.
        told: What creators were told: a reason, or a slot.
    """

    clock: VirtualClock
    seconds: float = 1.0
    is_nothing_new: bool = False
    composed: list[tuple[datetime, Schedule]] = field(default_factory=list)
    heard: list[tuple[Slot, Place]] = field(default_factory=list)
    told: list[tuple[int, PauseReason | Slot]] = field(default_factory=list)

    async def compose(
        self, schedule: Schedule, *, since: datetime | None, now: datetime
    ) -> Words | None:
        self.composed.append((now, schedule))
        await self.clock.pass_time(self.seconds)
        if self.is_nothing_new and schedule.when_nothing is WhenNothing.SKIP:
            return None
        return Words(f"{schedule.locale} {len(self.composed)}", since)

    async def posted(self, schedule: Schedule, slot: Slot, place: Place, content: Words) -> None:
        del schedule, content
        self.heard.append((slot, place))

    async def paused(self, schedule: Schedule, reason: PauseReason) -> None:
        self.told.append((schedule.creator_id, reason))

    async def uncertain(self, schedule: Schedule, slot: Slot) -> None:
        self.told.append((schedule.creator_id, slot))


class Newsroom:
    """One database, one Discord, and processes that come and go."""

    def __init__(self, clock: VirtualClock) -> None:
        clock.step_wall(BEFORE - WALL_START)
        self.clock = clock
        self.database = DirectDatabase()
        with self.database._engine.begin() as connection:
            METADATA.create_all(connection, tables=[METADATA.tables["jobs"]])
            DIGEST_METADATA.create_all(connection)
        self.board = Board(clock)
        self.desk = Desk(clock)
        self.schedules = DigestSchedules(self.database, clock=clock)
        self.members = DigestMembers(self.database, clock=clock)
        self._started = 0

    async def create(self, timing: Timing = EIGHT, **more: object) -> Schedule:
        wish = {"guild_id": GUILD, "channel_id": CHANNEL, "creator_id": CREATOR} | more
        return await self.schedules.create(NewSchedule(timing=timing, **wish))  # type: ignore[arg-type]  # a builder

    @asynccontextmanager
    async def process(self, *, kill_at: int | None = None) -> AsyncIterator["Process"]:
        """Run a process inside the block; on leaving it ends as if killed."""
        self._started += 1
        running = Process(self, Life(kill_at), self._started)
        task = asyncio.create_task(running.run())
        try:
            yield running
        finally:
            running.life.is_over = True
            task.cancel()
            with suppress(BaseException):
                await task

    async def until(self, moment: datetime) -> None:
        """Let time pass until the clock on the wall shows ``moment``."""
        await self.clock.pass_time((moment - self.clock.now()).total_seconds())

    def jump(self, moment: datetime) -> None:
        """Let the clock on the wall show ``moment``: nobody runs meanwhile, or it is set."""
        self.clock.step_wall(moment - self.clock.now())

    async def slot(self, schedule: Schedule, slot_at: datetime) -> SlotRow | None:
        async with self.database.read() as transaction:
            return await DigestSlotRepository().find(transaction, schedule.digest_id, slot_at)

    async def state(self, schedule: Schedule, slot_at: datetime) -> SlotState | None:
        row = await self.slot(schedule, slot_at)
        return None if row is None else row.state


class Process:
    """A planner and two workers, as the bot has them."""

    def __init__(self, room: Newsroom, life: Life, number: int) -> None:
        clock, self.life = room.clock, life
        database = MortalDatabase(room.database, life)
        posts, preparations = JobQueue(database, clock=clock), JobQueue(database, clock=clock)
        clock.on_step(posts.wake)
        clock.on_step(preparations.wake)
        board = MortalBoard(room.board, life)
        preparing = DigestPreparing(database, composer=room.desk, content=Words, clock=clock)
        self.posting = DigestPosting(
            database,
            preparing=preparing,
            composer=room.desk,
            publisher=board,
            messages=board,
            queue=posts,
            clock=clock,
            chance=FixedChance(0.0),
        )
        self.planner = DigestPlanner(database, posts=posts, preparations=preparations, clock=clock)
        writing, posting = Handlers(), Handlers()
        writing.register(PREPARE, preparing.prepare)
        posting.register(POST, self.posting.post)
        posting.register(TELL, DigestTelling(database, announcer=room.desk).tell)
        self._workers = [
            Worker(
                queue,
                handlers,
                name=f"{name} {number}",
                clock=clock,
                chance=FixedChance(0.0),
                lease=LEASE,
            )
            for name, queue, handlers in (
                ("posts", posts, posting),
                ("preparations", preparations, writing),
            )
        ]

    async def run(self) -> None:
        async with AsyncExitStack() as stack:
            group = await stack.enter_async_context(asyncio.TaskGroup())
            group.create_task(self.planner.run())
            for worker in self._workers:
                group.create_task(worker.run(drain_seconds=0))
