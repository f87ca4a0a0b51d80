"""SQLAlchemy engines for SQLite and PostgreSQL, set up the one way we want them.

SQLite: write-ahead log, so that readers never wait for the writer; ``synchronous=FULL``, so that
a committed job or token survives a power cut as well (measured in ``make bench``); foreign keys
on; and transactions that begin as what they are: a writer takes the write lock at once
(``BEGIN IMMEDIATE``) instead of failing half-way, a reader sees one snapshot. Python's own
implicit transactions are off (``isolation_level = None``): they begin too late.
"""

import functools
from pathlib import Path
from typing import Final

import aiosqlite
from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from services.secret import Secret

# SQLite's own wait for another process's lock blocks a thread and cannot be cancelled; ``Database``
# does a writer's waiting. It tries often: when another process writes without a pause, only luck
# hits the gap between two of its transactions (measured: a run of 450 of its writes while ours
# waited with 0.2 s here and pauses of 50 ms, below 100 with these and pauses of 10 ms).
_WRITER_BUSY_SECONDS: Final = 0.02
_READER_BUSY_SECONDS: Final = 0.2
_POOL_SECONDS: Final = 60.0
_READERS: Final = 4
_POSTGRES_CONNECTIONS: Final = 10
_CONNECT_SECONDS: Final = 10.0


def sqlite_url(path: Path) -> URL:
    """Return the URL of a database file."""
    return URL.create("sqlite+aiosqlite", database=str(path))


def postgres_url(url: Secret) -> URL:
    """Return the URL for our driver.

    Raises:
        ValueError: It is no PostgreSQL URL; the text does not quote it.
    """
    expected = "a URL such as postgresql://user:password@host/database"
    try:
        parsed = make_url(url.reveal())
    except ArgumentError:
        raise ValueError(expected) from None
    if parsed.get_backend_name() not in ("postgresql", "postgres") or not parsed.database:
        raise ValueError(expected)
    return parsed.set(drivername="postgresql+asyncpg")


def make_engines(url: URL) -> tuple[AsyncEngine, AsyncEngine]:
    """Return the engine for writing and the one for reading; on PostgreSQL they are the same."""
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, is_writer=True), _sqlite_engine(url, is_writer=False)
    engine = create_async_engine(
        url,
        pool_size=_POSTGRES_CONNECTIONS,
        max_overflow=0,
        # A restarted server leaves dead connections in the pool; asking first finds them.
        pool_pre_ping=True,
        connect_args={"timeout": _CONNECT_SECONDS},
        hide_parameters=True,
    )
    return engine, engine


def _sqlite_engine(url: URL, *, is_writer: bool) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=1 if is_writer else _READERS,
        max_overflow=0,
        pool_timeout=_POOL_SECONDS,
        connect_args={"timeout": _WRITER_BUSY_SECONDS if is_writer else _READER_BUSY_SECONDS},
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        raw = connection.driver_connection
        assert isinstance(raw, aiosqlite.Connection)  # noqa: S101  # for the type checker
        # A call that is cancelled twice has its connection stopped while that is being closed;
        # a second stop would wait for an answer of a thread that is gone, for ever.
        raw.stop = functools.cache(raw.stop)  # type: ignore[method-assign]  # this object's only
        connection.isolation_level = None
        cursor = connection.cursor()
        pragmas = ["foreign_keys=ON", "synchronous=FULL"]
        # Only the writer may create the file or change its mode.
        pragmas.append("journal_mode=WAL" if is_writer else "query_only=ON")
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    return engine
