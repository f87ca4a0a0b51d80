"""Fresh databases of both kinds for the tests."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from sqlalchemy import text

from services.resilience.clock import Clock, SystemClock
from services.secret import Secret
from services.storage.database import Database
from services.storage.engines import postgres_url, sqlite_url
from services.storage.migrating import migrate

_numbers = itertools.count(1)

_TEMPLATE = "aime_template"
"""A database of PostgreSQL with all tables, which new ones are copied from."""


@asynccontextmanager
async def postgres_database(server: str, *, template: str = "template1") -> AsyncIterator[str]:
    """Create a database inside the block, empty or a copy; yields its URL."""
    name = f"aime_{next(_numbers)}"
    admin = await asyncpg.connect(f"{server}/postgres")
    try:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield f"{server}/{name}"
        finally:
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


async def make_postgres_template(server: str) -> str:
    """Make a database with all tables, to copy; returns its name."""
    admin = await asyncpg.connect(f"{server}/postgres")
    try:
        await admin.execute(f"CREATE DATABASE {_TEMPLATE}")
    finally:
        await admin.close()
    async with open_database(f"{server}/{_TEMPLATE}") as database:
        await migrate(database)
    return _TEMPLATE


async def make_sqlite_template(path: Path) -> None:
    """Make a file with all tables, to copy."""
    async with open_database(path) as database:
        await migrate(database)


@asynccontextmanager
async def open_database(where: Path | str, clock: Clock | None = None) -> AsyncIterator[Database]:
    """Open a file of SQLite, or a URL of PostgreSQL."""
    url = sqlite_url(where) if isinstance(where, Path) else postgres_url(Secret(where))
    database = Database(url, clock=clock or SystemClock())
    try:
        yield database
    finally:
        await database.close()


async def cut_connections(database: Database) -> None:
    """End every other connection to a database of PostgreSQL, as a restart would."""
    cut = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    async with database.write() as transaction:
        await transaction.execute(cut)
