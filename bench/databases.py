"""What our storage is compared with: the same file and durability, with nothing around it."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL

from services.resilience.clock import SystemClock
from services.storage.database import Database
from services.storage.engines import sqlite_url
from services.storage.migrating import migrate


@dataclass(frozen=True, slots=True)
class Pair:
    """A migrated database, through our layers and, for SQLite, through Python's own module."""

    path: Path
    database: Database
    raw: sqlite3.Connection


@contextmanager
def sqlite_pair(runner: asyncio.Runner) -> Iterator[Pair]:
    """Open a fresh file both ways."""
    with TemporaryDirectory(prefix="aime-bench-") as folder:
        path = Path(folder) / "aime.db"
        database = runner.run(opened(sqlite_url(path)))
        raw = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}")
        try:
            yield Pair(path, database, raw)
        finally:
            raw.close()
            runner.run(database.close())


async def opened(url: URL) -> Database:
    """Return the database at ``url`` with all tables."""
    database = Database(url, clock=SystemClock())
    await migrate(database)
    return database
