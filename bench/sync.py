"""A sync of 10,000 copies over sockets: what it adds to an idle process, and how long it blocks.

The sync runs in a process of its own (``python -m bench.sync URL USERNAME TOKEN``); Discogs is the
sandbox's, in this one. There is no limit of requests, so the pages come as fast as they can: worse
for the event loop than any real sync.
"""

import asyncio
import gc
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bench.report import write
from bot.sandbox.discogs import DiscogsStandIn
from services.collection.sync import CollectionSync
from services.collection.sync_work import SYNC
from services.discogs.accounts import DiscogsAccount
from services.discogs.service import DiscogsService
from services.http import HttpClient
from services.jobs.kinds import Handlers
from services.jobs.queue import JobQueue
from services.jobs.worker import Worker, working
from services.resilience.clock import SystemClock
from services.resilience.config import PolicyConfig
from services.resilience.policy import Policy
from services.secret import Secret
from services.storage.collection_entries import LocalEntries
from services.storage.collections import CollectionRepository
from services.storage.database import Database
from services.storage.engines import sqlite_url
from services.storage.migrating import migrate

_COPIES = 10_000
_USER = 7
_CLOCK = SystemClock()
_ROOT = Path(__file__).parents[1]
_TICK_SECONDS = 0.005
_MOST_MEGABYTES = 30.0
_MOST_BLOCKED_MS = 50.0


def bench_sync(runner: asyncio.Runner) -> None:
    """Print the memory of a sync and the longest time for which the event loop was blocked."""
    write(f"\n(j) A sync of {_COPIES:,} copies over sockets, into SQLite")
    idle, peak, blocked, wall, seconds = runner.run(_measure())
    write(f"  {seconds:.1f} s; memory {idle:.1f} MB idle, {peak - idle:.1f} MB more at the most")
    write(
        f"  longest block of the event loop: {blocked:.1f} ms of its own CPU time "
        f"({wall:.1f} ms as the clock saw it, other processes included)"
    )
    write(f"  aims: at most {_MOST_MEGABYTES:g} MB more, at most {_MOST_BLOCKED_MS:g} ms")


async def _measure() -> list[float]:
    stand_in = DiscogsStandIn(owned_copies=_COPIES, authenticated_limit=1_000_000)
    await stand_in.start()
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.sync",
            stand_in.api_url,
            stand_in.username,
            stand_in.token,
            stdout=asyncio.subprocess.PIPE,
            cwd=_ROOT,
        )
        output, _ = await process.communicate()
    finally:
        await stand_in.stop()
    if process.returncode:
        raise RuntimeError("the process of the sync failed")
    return [float(number) for number in output.split()]


# --- The process of the sync


@dataclass
class _Watch:
    """Looks at the process again and again.

    Attributes:
        peak: The most memory that it had, in MB.
        blocked: The longest time between two looks that was spent computing, in seconds.
        wall: The longest time by which a look was late, in seconds.
    """

    peak: float = 0.0
    blocked: float = 0.0
    wall: float = 0.0

    async def look(self) -> None:
        while True:
            began, computed = time.perf_counter(), time.thread_time()
            await _CLOCK.sleep(_TICK_SECONDS)
            self.blocked = max(self.blocked, time.thread_time() - computed)
            self.wall = max(self.wall, time.perf_counter() - began - _TICK_SECONDS)
            self.peak = max(self.peak, _memory())


def _memory() -> float:
    """Return the resident memory of this process in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    line = next(line for line in lines if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


class _Owner:
    """One person, who has linked their account."""

    def __init__(self, username: str, token: str) -> None:
        header = Secret(f"Discogs token={token}")
        self._account = DiscogsAccount(
            user_id=_USER, username=username, authorization=lambda: header
        )

    async def account(self, _user_id: int) -> DiscogsAccount | None:
        return self._account


async def _sync(api_url: str, username: str, token: str) -> None:
    async with _database() as database, _session() as session:
        service = DiscogsService(
            http=HttpClient(session, clock=_CLOCK),
            policy=_policy(),
            authorization=None,
            api_url=api_url,
        )
        queue, handlers = JobQueue(database, clock=_CLOCK), Handlers()
        sync = CollectionSync(
            database=database,
            collections=CollectionRepository(),
            entries=LocalEntries(),
            queue=queue,
            accounts=_Owner(username, token),
            open_shelf=service.shelf,
            clock=_CLOCK,
        )
        handlers.register(SYNC, sync.run)
        worker = Worker(queue, handlers, name="bench", clock=_CLOCK, chance=_chance())
        async with working(worker, drain_seconds=60):
            await _CLOCK.sleep(0.5)
            # What importing and migrating left is cleaned up now, not at the cost of the sync.
            gc.collect()
            idle, began = _memory(), time.perf_counter()
            watch = _Watch()
            looking = asyncio.create_task(watch.look())
            await sync.start(_USER)
            states = [state async for state in sync.watch(_USER)]
            seconds = time.perf_counter() - began
        looking.cancel()
        if states[-1].copies != _COPIES:
            raise RuntimeError("the sync is not complete")
        write(f"{idle} {watch.peak} {watch.blocked * 1e3} {watch.wall * 1e3} {seconds}")


@asynccontextmanager
async def _database() -> AsyncIterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(sqlite_url(Path(folder) / "bench.db"), clock=_CLOCK)
        await migrate(database)
        yield database
        await database.close()


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(headers={"User-Agent": "AimeBench/1.0 +https://example.org"})


def _policy() -> Policy:
    config = PolicyConfig(upstream="discogs", deadline=30.0, attempt_timeout=10.0, concurrency=5)
    return Policy(config, clock=_CLOCK, chance=_chance())


def _chance() -> random.Random:
    return random.Random(1)  # noqa: S311  # a measurement repeats itself


if __name__ == "__main__":
    asyncio.run(_sync(*sys.argv[1:4]))
