"""Running worker processes against one database, and reading what came of it."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
from sqlalchemy import text

from harness.job_process import CHECKPOINTS, Work
from services.jobs.kinds import JobKind
from services.jobs.queue import JobQueue
from services.resilience.clock import SystemClock
from services.storage.database import Database
from services.storage.job_models import JobState
from services.storage.jobs import JobRepository

_ROOT = Path(__file__).parents[2]
_JOBS = JobRepository()
_TIME = SystemClock()


class Processes:
    """A group of worker processes.

    Attributes:
        lines: Everything they said.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.lines: list[str] = []

    @property
    def kills(self) -> int:
        """How many processes were killed."""
        return self.lines.count(f"ended {-signal.SIGKILL}")

    def count(self, text_in_line: str) -> int:
        return sum(text_in_line in line for line in self.lines)

    async def read(self, seconds: float) -> bool:
        """Wait for a line, for so long at most; returns False when none came."""
        assert self._process.stdout is not None
        with suppress(TimeoutError):
            async with _TIME.timeout_at(_TIME.monotonic() + seconds):
                line = await self._process.stdout.readline()
                assert line, "the processes ended by themselves:\n" + "\n".join(self.lines[-30:])
                self.lines.append(line.decode().rstrip())
                return True
        return False

    async def until(self, text_in_line: str) -> None:
        """Wait for a line, for half a minute at most."""
        give_up_at = _TIME.monotonic() + 30
        while not (self.lines and text_in_line in self.lines[-1]):
            await self.read(5)
            assert _TIME.monotonic() < give_up_at, self.lines[-30:]

    async def until_nothing_is_left(self, database: Database, *, limit: float) -> None:
        """Wait until only dead letters remain.

        Every change is followed by a line, so the table is looked at when lines stop coming, and
        now and then meanwhile.
        """
        give_up_at = _TIME.monotonic() + limit
        looked_at = 0.0
        while True:
            has_line = await self.read(0.3)
            if has_line and _TIME.monotonic() - looked_at < 1.0:
                continue
            looked_at = _TIME.monotonic()
            counts = await states(database)
            if set(counts) <= {JobState.DEAD}:
                return
            assert looked_at < give_up_at, (counts, self.lines[-30:])


@asynccontextmanager
async def processes(
    plan: msgspec.Struct, module: str = "harness.job_process"
) -> AsyncIterator[Processes]:
    """Run workers inside the block; none is left afterwards, whatever happens."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        msgspec.json.encode(plan).decode(),
        stdout=asyncio.subprocess.PIPE,
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": f"{_ROOT}:{_ROOT / 'tests'}"},  # noqa: TID251  # a child's
        start_new_session=True,
    )
    running = Processes(process)
    try:
        yield running
        process.terminate()
        assert process.stdout is not None
        running.lines += (await process.stdout.read()).decode().splitlines()
        assert await process.wait() == 0, running.lines[-30:]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def create_effects(database: Database) -> None:
    """Make the table of effects, which would take doubled ones."""
    async with database.write() as transaction:
        await transaction.execute(text("CREATE TABLE effects (job_id INTEGER, step INTEGER)"))


async def enqueue(database: Database, kind: JobKind[Work], number: int) -> list[int]:
    """Queue so many jobs at once; returns their ids."""
    queue = JobQueue(database, clock=_TIME)
    async with database.write() as transaction:
        return [
            (await queue.enqueue(kind, Work(), transaction=transaction)).job_id
            for _ in range(number)
        ]


async def effects(database: Database) -> Counter[tuple[int, int]]:
    """Return how often each step of each job took effect."""
    async with database.read() as transaction:
        rows = await transaction.execute(text("SELECT job_id, step FROM effects"))
        return Counter((int(row.job_id), int(row.step)) for row in rows)


def expected_effects(once: list[int], stepwise: list[int]) -> Counter[tuple[int, int]]:
    """Return what must have taken effect: each exactly once."""
    steps = {(job_id, step) for job_id in stepwise for step in range(CHECKPOINTS)}
    return Counter({(job_id, 0) for job_id in once} | steps)


async def states(database: Database) -> dict[JobState, int]:
    """Return how many jobs there are in each state."""
    async with database.read() as transaction:
        return await _JOBS.count(transaction)


async def dead_letters(database: Database) -> list[tuple[int, int, str | None]]:
    """Return the id, the attempts and the reason of each."""
    async with database.read() as transaction:
        jobs = await _JOBS.in_states(transaction, states=[JobState.DEAD], limit=None)
    return [(job.job_id, job.attempts, job.last_error) for job in jobs]


@asynccontextmanager
async def locked(where: str, *, seconds: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """Have another process lock the database for so long; the block begins once it holds."""
    script = _LOCK_POSTGRES if "://" in where else _LOCK_SQLITE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, where, str(seconds), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"locked\n"
        yield process
        assert await process.stdout.read() == b""
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


_LOCK_SQLITE = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("COMMIT")
"""

_LOCK_POSTGRES = """
import asyncio, asyncpg, sys

async def main():
    connection = await asyncpg.connect(sys.argv[1])
    async with connection.transaction():
        await connection.execute("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE")
        print("locked", flush=True)
        await asyncio.sleep(float(sys.argv[2]))
    await connection.close()

asyncio.run(main())
"""
