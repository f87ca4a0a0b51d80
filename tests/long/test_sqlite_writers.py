"""Two processes that write into one SQLite file as hard as they can: nobody starves."""

import asyncio
import itertools
import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from harness.databases import open_database
from sqlalchemy import text

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
ROWS = 2_000


async def start(path: Path, name: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "harness.writer_process",
        str(path),
        name,
        str(ROWS),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},  # noqa: TID251  # a child's
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def test_no_process_waits_for_more_than_a_few_hundred_writes_of_the_other(
    tmp_path: Path,
) -> None:
    path = tmp_path / "aime.db"
    async with open_database(path) as database:
        async with database.write() as transaction:
            await transaction.execute(
                text("CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)")
            )
        processes = [await start(path, name) for name in ("a", "b")]
        try:
            await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
        finally:
            for process in processes:
                if process.returncode is None:
                    process.kill()
                await process.wait()
        async with database.read() as transaction:
            rows = await transaction.execute(text("SELECT name FROM notes ORDER BY id"))
            names = [str(row.name) for row in rows]

    both = names[: last_shared(names)]
    longest = max(len(list(run)) for _, run in itertools.groupby(both))
    sys.stdout.write(f"{len(both)} rows while both wrote; longest run of one: {longest}\n")
    assert [process.returncode for process in processes] == [0, 0]
    assert Counter(names) == {"a": ROWS, "b": ROWS}
    assert longest <= 500


def last_shared(names: list[str]) -> int:
    """Return where the first of the two had written its last row."""
    return min(len(names) - names[::-1].index(name) for name in ("a", "b"))
