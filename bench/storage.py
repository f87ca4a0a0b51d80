"""What ``Database`` adds to a statement, and how long the event loop stands still meanwhile."""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from bench.databases import Pair, sqlite_pair
from bench.report import Row, microseconds, milliseconds, print_section
from bench.timing import measure
from services.storage.database import Database

_READS = 100
_WRITES = 20
_WRITERS = 4
_TICK_SECONDS = 0.001
_SETTLING_SECONDS = 0.5
_LOCKED_SECONDS = 1.0
_INSERT = "INSERT INTO bench (word) VALUES ('x')"
_SELECT = "SELECT word FROM bench WHERE id = 1"
# Another process that holds the write lock, as a backup or a second bot would.
_LOCKER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("COMMIT")
"""


def bench_statements(runner: asyncio.Runner) -> None:
    """Compare one read and one committed write with raw sqlite3 in the same durability mode."""
    with sqlite_pair(runner) as pair:
        pair.raw.execute("CREATE TABLE bench (id INTEGER PRIMARY KEY, word TEXT)")
        pair.raw.execute(_INSERT)
        reads = measure(
            {
                "raw": lambda: _raw_reads(pair),
                "ours": lambda: runner.run(_repeat(lambda: _read(pair.database), _READS)),
            },
            operations=_READS,
        )
        blocks = {
            "raw": lambda: _raw_writes(pair),
            "ours": lambda: runner.run(_repeat(lambda: _write(pair.database), _WRITES)),
        }
        writes = measure(blocks, operations=_WRITES)
        waits = measure(blocks, operations=_WRITES, clock=time.perf_counter)
    print_section(
        "One statement in a transaction of its own, on SQLite",
        "sqlite3 from the standard library, same file, WAL, synchronous=FULL",
        [
            Row("read, raw", None, microseconds(reads.of("raw").median)),
            Row(
                "read through Database",
                reads.ratio("ours", "raw"),
                microseconds(reads.of("ours").median),
                "begin, select, end: three trips to aiosqlite's thread, where raw blocks the loop",
            ),
            Row("write, raw", None, microseconds(writes.of("raw").median)),
            Row(
                "write through Database",
                writes.ratio("ours", "raw"),
                microseconds(writes.of("ours").median),
            ),
            Row("write, raw, wall time", None, microseconds(waits.of("raw").median)),
            Row(
                "write through Database, wall time",
                waits.ratio("ours", "raw"),
                microseconds(waits.of("ours").median),
                "with the waiting for the disk (fsync), which both have",
            ),
        ],
    )


def bench_stalls(runner: asyncio.Runner) -> None:
    """Measure the gaps of a ticker while writers work and another process holds the lock."""
    with sqlite_pair(runner) as pair:
        pair.raw.execute("CREATE TABLE bench (id INTEGER PRIMARY KEY, word TEXT)")
        quiet = runner.run(_gaps(None, pair.path))
        busy = runner.run(_gaps(pair.database, pair.path))
    rows = []
    for what, gaps in (("nothing else runs", quiet), ("4 writers, locked for 1 s", busy)):
        percentiles = statistics.quantiles(gaps, n=100)
        rows.append(
            Row(
                what,
                None,
                milliseconds(max(gaps)),
                f"p50 {milliseconds(percentiles[49])}, p99 {milliseconds(percentiles[98])}, "
                f"{len(gaps)} ticks",
            )
        )
    print_section(
        "How long the event loop stands still: the longest gap of a 1 ms ticker",
        "none; it must stay below 50 ms on a machine that is not overloaded",
        rows,
    )


def _raw_reads(pair: Pair) -> None:
    for _ in range(_READS):
        pair.raw.execute("BEGIN")
        pair.raw.execute(_SELECT).fetchone()
        pair.raw.execute("COMMIT")


def _raw_writes(pair: Pair) -> None:
    for _ in range(_WRITES):
        pair.raw.execute("BEGIN IMMEDIATE")
        pair.raw.execute(_INSERT)
        pair.raw.execute("COMMIT")


async def _read(database: Database) -> None:
    async with database.read() as transaction:
        (await transaction.execute(text(_SELECT))).first()


async def _write(database: Database) -> None:
    async with database.write() as transaction:
        await transaction.execute(text(_INSERT))


async def _repeat(action: Callable[[], Awaitable[None]], times: int) -> None:
    for _ in range(times):
        await action()


async def _hammer(database: Database) -> None:
    while True:
        await _write(database)
        await _read(database)


async def _gaps(database: Database | None, path: Path) -> list[float]:
    """Return the seconds between ticks, before, during and after a lock."""
    loop = asyncio.get_running_loop()
    gaps: list[float] = []
    last = loop.time()
    is_over = False

    def tick() -> None:
        nonlocal last
        now = loop.time()
        gaps.append(now - last)
        last = now
        if not is_over:
            loop.call_later(_TICK_SECONDS, tick)

    loop.call_later(_TICK_SECONDS, tick)
    writers: list[asyncio.Task[None]] = []
    if database is not None:
        writers = [asyncio.create_task(_hammer(database)) for _ in range(_WRITERS)]
    try:
        await _settle(loop)
        if database is not None:
            with _locked(path) as locker:
                await asyncio.to_thread(locker.wait)
        await _settle(loop)
    finally:
        is_over = True
        for writer in writers:
            writer.cancel()
        await asyncio.gather(*writers, return_exceptions=True)
    return gaps


async def _settle(loop: asyncio.AbstractEventLoop) -> None:
    done = loop.create_future()
    loop.call_later(_SETTLING_SECONDS, done.set_result, None)
    await done


@contextmanager
def _locked(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", _LOCKER, str(path), str(_LOCKED_SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603  # our own text
        try:
            yield process
        finally:
            process.terminate()
