"""How many jobs a second can be claimed and completed, against the same two statements raw."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec

from bench.databases import Pair, opened, sqlite_pair
from bench.report import Row, microseconds, print_section, write
from bench.timing import Quartiles, measure
from services.jobs.kinds import JobKind
from services.jobs.queue import JobQueue
from services.resilience.clock import SystemClock
from services.secret import Secret
from services.storage.database import Database
from services.storage.engines import postgres_url

_PAIRS = 20
_WAITING = 2_000
_CLAIM = """
UPDATE jobs SET state = 'running', worker = 'raw', attempts = attempts + 1, fence = fence + 1,
    beat = 0
WHERE id IN (
    SELECT id FROM jobs WHERE state = 'queued' AND kind IN ('bench.job')
        AND (run_at IS NULL OR run_at <= datetime('now'))
    ORDER BY priority, id LIMIT 1
) RETURNING id, fence
"""
_COMPLETE = "DELETE FROM jobs WHERE id = ? AND fence = ? AND state = 'running'"


class _Nothing(msgspec.Struct, frozen=True):
    """A job about nothing."""


_KIND = JobKind(name="bench.job", payload=_Nothing)


def bench_jobs(runner: asyncio.Runner) -> None:
    """Compare claim and completion through ``JobQueue`` with raw sqlite3, each committed."""
    with sqlite_pair(runner) as pair:
        queue = JobQueue(pair.database, clock=SystemClock())
        runner.run(_fill(pair.database, queue))
        blocks = {
            "raw": lambda: _raw_pairs(pair),
            "ours": lambda: runner.run(_repeat(lambda: _pair(queue))),
        }
        cpu = measure(blocks, operations=_PAIRS)
        wall = measure(blocks, operations=_PAIRS, clock=time.perf_counter)
    print_section(
        "Claim one job, complete it: two transactions on SQLite",
        "the same two statements by raw sqlite3, WAL, synchronous=FULL",
        [
            Row("raw, CPU", None, microseconds(cpu.of("raw").median)),
            Row("JobQueue, CPU", cpu.ratio("ours", "raw"), microseconds(cpu.of("ours").median)),
            Row(
                "raw, wall time",
                None,
                microseconds(wall.of("raw").median),
                _per_second(wall.of("raw")),
            ),
            Row(
                "JobQueue, wall time",
                wall.ratio("ours", "raw"),
                microseconds(wall.of("ours").median),
                f"{_per_second(wall.of('ours'))}, one at a time; a worker claims several at once",
            ),
        ],
    )


def bench_postgres_jobs(runner: asyncio.Runner, url: str | None) -> None:
    """Do the same on a PostgreSQL server, when there is one."""
    if url is None:
        write("\nClaim one job on PostgreSQL: skipped; name an empty database with --postgres URL")
        return
    database = runner.run(opened(postgres_url(Secret(url))))
    queue = JobQueue(database, clock=SystemClock())
    runner.run(_fill(database, queue))
    wall = measure(
        {"ours": lambda: runner.run(_repeat(lambda: _pair(queue)))},
        operations=_PAIRS,
        clock=time.perf_counter,
    )
    runner.run(database.close())
    pair = wall.of("ours")
    print_section(
        "Claim one job, complete it: two transactions on PostgreSQL",
        "none; depends on the server and the way to it",
        [Row("JobQueue, wall time", None, microseconds(pair.median), _per_second(pair))],
    )


async def _fill(database: Database, queue: JobQueue) -> None:
    async with database.write() as transaction:
        for _ in range(_WAITING):
            await queue.enqueue(_KIND, _Nothing(), transaction=transaction)


async def _pair(queue: JobQueue) -> None:
    [job] = await queue.claim(kinds=[_KIND.name], worker="bench", limit=1)
    async with queue.writing() as transaction:
        await queue.complete(transaction, job)


def _raw_pairs(pair: Pair) -> None:
    for _ in range(_PAIRS):
        pair.raw.execute("BEGIN IMMEDIATE")
        [(job_id, fence)] = pair.raw.execute(_CLAIM).fetchall()
        pair.raw.execute("COMMIT")
        pair.raw.execute("BEGIN IMMEDIATE")
        pair.raw.execute(_COMPLETE, (job_id, fence))
        pair.raw.execute("COMMIT")


async def _repeat(action: Callable[[], Awaitable[None]]) -> None:
    for _ in range(_PAIRS):
        await action()


def _per_second(pair: Quartiles) -> str:
    return f"{1 / pair.median:.0f} jobs a second"
