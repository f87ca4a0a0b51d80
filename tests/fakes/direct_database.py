"""SQLite in the test's own thread, for virtual time: the real statements, no thread, no socket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Executable, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from services.storage.database import Database, Transaction
from services.storage.errors import DatabaseUnavailable

T = TypeVar("T")


class DirectTransaction(Transaction):
    """Works on a blocking connection."""

    is_postgres = False

    def __init__(self, connection: Connection) -> None:
        self._direct = connection
        self._after_commit: list[Callable[[], None]] = []

    async def execute(
        self, statement: Executable, parameters: Sequence[dict[str, Any]] | None = None
    ) -> CursorResult[Any]:
        return self._direct.execute(statement, parameters)

    async def run_sync(self, work: Callable[[Connection], T]) -> T:
        return work(self._direct)


class DirectDatabase(Database):
    """One connection in memory, so one transaction at a time, reading ones included.

    Attributes:
        is_away: True: nothing works.
    """

    is_postgres = False

    def __init__(self) -> None:
        self.is_away = False
        self._only = asyncio.Lock()
        self._engine = create_engine("sqlite://", poolclass=StaticPool)
        event.listen(self._engine, "connect", _set_up)
        event.listen(self._engine, "begin", _begin)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        async with self._connected() as connection:
            transaction = DirectTransaction(connection)
            yield transaction
            connection.commit()
        transaction.committed()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        async with self._connected() as connection:
            yield DirectTransaction(connection)

    @asynccontextmanager
    async def migrating(self) -> AsyncIterator[Transaction]:
        async with self._connected() as connection:
            yield DirectTransaction(connection)
            connection.commit()

    async def close(self) -> None:
        self._engine.dispose()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        async with self._only:
            if self.is_away:
                raise DatabaseUnavailable("database is locked")
            with self._engine.connect() as connection, connection.begin():
                yield connection


def _set_up(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
