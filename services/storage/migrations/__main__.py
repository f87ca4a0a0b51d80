"""Write a migration for what ``tables.py`` has and the migrations lack: ``make migration``."""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from services.resilience.clock import SystemClock
from services.storage.database import Database
from services.storage.engines import sqlite_url
from services.storage.migrating import migrate, new_revision


async def _write(message: str) -> None:
    with TemporaryDirectory() as folder:
        database = Database(sqlite_url(Path(folder) / "empty.db"), clock=SystemClock())
        try:
            await migrate(database)
            await new_revision(database, message)
        finally:
            await database.close()


if __name__ == "__main__":
    if not "".join(sys.argv[1:]).strip():
        sys.exit('say what changes: make migration ARGS="ratings of copies"')
    asyncio.run(_write(" ".join(sys.argv[1:])))
