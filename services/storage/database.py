"""``Database``: short transactions on SQLite or PostgreSQL, and one boundary for their errors.

Repositories take a ``Transaction`` and know SQL; everybody above passes it on unopened, so that
several repositories, and a job that follows from their data, commit together or not at all.

SQLite has one writer per process: writers queue here, first come first served, instead of
fighting for the file's lock, where luck decides. Other processes are waited for (``BUSY_SECONDS``).
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import aiosqlite
import asyncpg
from sqlalchemy import URL, Connection, CursorResult, Executable
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.resilience.clock import Clock
from services.storage.engines import make_engines
from services.storage.errors import DatabaseDamaged, DatabaseUnavailable

T = TypeVar("T")

BUSY_SECONDS: Final = 30.0
"""How long a writer waits for another process's lock on SQLite before it gives up."""
_BUSY_PAUSE_SECONDS: Final = 0.01
_AWAY: Final = (
    OperationalError,
    InterfaceError,
    OSError,
    TimeoutError,
    # Raised bare while a connection is being made:
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
)


class Transaction:
    """A unit of work: what is done in it happens together, or not at all."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work on ``connection``, which is in a transaction already."""
        self._connection = connection
        self._after_commit: list[Callable[[], None]] = []

    @property
    def is_postgres(self) -> bool:
        """True on PostgreSQL, false on SQLite."""
        return self._connection.dialect.name == "postgresql"

    async def execute(
        self, statement: Executable, parameters: Sequence[dict[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run one statement; for repositories only."""
        with _translated():
            return await self._connection.execute(statement, parameters)

    async def run_sync(self, work: Callable[[Connection], T]) -> T:
        """Run code that knows only SQLAlchemy's blocking interface, such as Alembic."""
        with _translated():
            return await self._connection.run_sync(work)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Call ``action`` once everything is committed; never when it is rolled back."""
        self._after_commit.append(action)

    def committed(self) -> None:
        """Call what waited for the commit."""
        for action in self._after_commit:
            action()


class Database:
    """Opens transactions; who makes it closes it.

    Attributes:
        path: SQLite's file, or None on PostgreSQL.
    """

    def __init__(self, url: URL, *, clock: Clock) -> None:
        """Use the database at ``url``; nothing is connected yet."""
        self._clock = clock
        self.path = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
        self._writer, self._reader = make_engines(url)
        self._is_shared = self._writer is self._reader
        self._turn = asyncio.Lock()  # asyncio's lock wakes its waiters in order of arrival
        self._writing_task: asyncio.Task[Any] | None = None

    @property
    def is_postgres(self) -> bool:
        """True on PostgreSQL, false on SQLite."""
        return self.path is None

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """Commit what the block does; an exception undoes all of it. Keep it short.

        Raises:
            DatabaseUnavailable: It cannot be reached, or stays locked. When that happens at the
                commit, nobody knows whether it took place.
        """
        async with self._turn_to_write(), AsyncExitStack() as stack:
            with _translated():
                connection = await self._connect(stack)
                await self._begin(connection)
            transaction = Transaction(connection)
            # Not translated: what the block raises is the caller's. Leaving without a commit
            # rolls back.
            yield transaction
            with _translated():
                await connection.commit()
        transaction.committed()

    @asynccontextmanager
    async def migrating(self) -> AsyncIterator[Transaction]:
        """Do as ``write``, for changes of tables.

        SQLite rebuilds a table by dropping it, which would delete the rows that refer to it:
        foreign keys are off meanwhile, and checked before the commit.

        Raises:
            DatabaseUnavailable: As ``write``.
        """
        async with self._turn_to_write(), AsyncExitStack() as stack:
            with _translated():
                connection = await self._connect(stack)
                if not self._is_shared:
                    stack.push_async_callback(_foreign_keys, connection, "ON")
                    await _foreign_keys(connection, "OFF")
                await self._begin(connection)
            yield Transaction(connection)
            with _translated():
                if not self._is_shared:
                    broken = await connection.exec_driver_sql("PRAGMA foreign_key_check")
                    if broken.first() is not None:
                        raise RuntimeError("the migration would leave rows that refer to nothing")
                await connection.commit()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """Read one consistent snapshot.

        Raises:
            DatabaseUnavailable: It cannot be reached.
        """
        async with AsyncExitStack() as stack:
            with _translated():
                connection = await stack.enter_async_context(self._reader.connect())
                if self._is_shared:
                    connection = await connection.execution_options(
                        isolation_level="REPEATABLE READ", postgresql_readonly=True
                    )
            yield Transaction(connection)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Transaction]:
        """Hold a connection of its own inside the block, for locks of the session.

        Every statement commits by itself: a transaction as long as the process would keep
        PostgreSQL from cleaning up.

        Raises:
            DatabaseUnavailable: It cannot be reached.
        """
        async with self._own_connection() as connection:
            yield Transaction(await connection.execution_options(isolation_level="AUTOCOMMIT"))

    @asynccontextmanager
    async def listening(
        self, channel: str, notify: Callable[[], None], lost: Callable[[], None]
    ) -> AsyncIterator[None]:
        """Call ``notify`` for every NOTIFY on ``channel`` inside the block (PostgreSQL only).

        Args:
            channel: Its name.
            notify: Called on the event loop.
            lost: Called once when the connection breaks; leave the block and try again.

        Raises:
            DatabaseUnavailable: It cannot be reached.
        """
        async with self._own_connection() as connection:
            with _translated():
                raw = (await connection.get_raw_connection()).driver_connection
                assert isinstance(raw, asyncpg.Connection)  # noqa: S101  # for the type checker
                raw.add_termination_listener(lambda _connection: lost())
                await raw.add_listener(channel, lambda *_: notify())
            yield

    @asynccontextmanager
    async def _own_connection(self) -> AsyncIterator[AsyncConnection]:
        async with AsyncExitStack() as stack:
            with _translated():
                connection = await stack.enter_async_context(self._writer.connect())
            # Not given back to the pool: the next user would inherit listeners and locks.
            stack.push_async_callback(connection.invalidate)
            yield connection

    async def close(self) -> None:
        """Close every connection."""
        await self._writer.dispose()
        await self._reader.dispose()

    async def _connect(self, stack: AsyncExitStack) -> AsyncConnection:
        """Return a connection that ``stack`` gives back.

        The first one of all changes the mode of SQLite's file, which a transaction of another
        process forbids.
        """
        return await self._unlocked(lambda: stack.enter_async_context(self._writer.connect()))

    async def _begin(self, connection: AsyncConnection) -> None:
        """Begin a transaction."""
        _ = await self._unlocked(connection.begin)

    async def _unlocked(self, act: Callable[[], Awaitable[T]]) -> T:
        """Do ``act``; on SQLite wait for another process's lock, here, not in a thread.

        SQLite's own waiting cannot be cancelled: it would hold up a shutdown.
        """
        give_up_at = self._clock.monotonic() + BUSY_SECONDS
        while True:
            try:
                return await act()
            except OperationalError as error:
                is_locked = _sqlite_code(error) == sqlite3.SQLITE_BUSY
                if not is_locked or self._clock.monotonic() >= give_up_at:
                    raise
            await self._clock.sleep(_BUSY_PAUSE_SECONDS)

    @asynccontextmanager
    async def _turn_to_write(self) -> AsyncIterator[None]:
        if self._is_shared:  # PostgreSQL has as many writers as connections
            yield
            return
        task = asyncio.current_task()
        if task is not None and task is self._writing_task:
            raise RuntimeError("this task is already in a transaction; pass that one on")
        async with self._turn:
            self._writing_task = task
            try:
                yield
            finally:
                self._writing_task = None


def _sqlite_code(error: DBAPIError) -> int:
    """Return SQLite's result code, or 0 for another database's error."""
    # An extended code, such as SQLITE_BUSY_SNAPSHOT, has the plain one in its lowest byte.
    return int(getattr(error.orig, "sqlite_errorcode", 0)) & 0xFF


async def _foreign_keys(connection: AsyncConnection, state: str) -> None:
    """Switch SQLite's foreign keys; it ignores that inside a transaction, so not through one."""
    await connection.rollback()
    raw = (await connection.get_raw_connection()).driver_connection
    assert isinstance(raw, aiosqlite.Connection)  # noqa: S101  # for the type checker
    await raw.execute(f"PRAGMA foreign_keys={state}")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn "not there" and "locked" into our error; anything else is a bug and stays one.

    Always ``from None``: a driver's error may quote the URL or the parameters.
    """
    try:
        yield
    except _AWAY as error:
        raise DatabaseUnavailable(_said(error)) from None
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseUnavailable(_said(error)) from None
        if _sqlite_code(error) in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise DatabaseDamaged(_said(error)) from None
        raise


def _said(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, SQLAlchemyError) or cause is None:
        return type(error).__name__
    # SQLite's own words are safe and say what matters: "database is locked", "disk is full".
    words = str(cause).splitlines()[0] if "sqlite3" in type(cause).__module__ else ""
    return words or type(cause).__name__
