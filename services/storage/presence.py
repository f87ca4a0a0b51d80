"""Who uses the database: running bots share it, and a restore wants it for itself.

SQLite: a lock on a file beside the database, which the system frees when a process dies in
whatever way. PostgreSQL: an advisory lock on a connection that is kept for it.
"""

import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from sqlalchemy import text

from services.storage.database import Database
from services.storage.errors import StorageError

_ADVISORY_LOCK = 4_149_735  # next to the one of ``migrating.py``


class DatabaseInUse(StorageError):  # noqa: N818  # says what is wrong
    """Another process uses the database, or wants it for itself."""


@asynccontextmanager
async def present(database: Database) -> AsyncIterator[None]:
    """Be one of the processes that use ``database``, inside the block.

    Raises:
        DatabaseInUse: Somebody restores it just now.
        DatabaseUnavailable: It cannot be reached.
    """
    async with _locked(database, is_alone=False):
        yield


@asynccontextmanager
async def alone(database: Database) -> AsyncIterator[None]:
    """Be the only process that uses ``database``, inside the block.

    Raises:
        DatabaseInUse: A bot runs on it.
        DatabaseUnavailable: It cannot be reached.
    """
    async with _locked(database, is_alone=True):
        yield


@asynccontextmanager
async def _locked(database: Database, *, is_alone: bool) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        if database.path is None:
            shared = "" if is_alone else "_shared"
            statement = text(f"SELECT pg_try_advisory_lock{shared}({_ADVISORY_LOCK})")
            transaction = await stack.enter_async_context(database.session())
            is_locked = bool((await transaction.execute(statement)).scalar_one())
        else:
            lock = _open(database.path.with_suffix(".lock"))
            stack.callback(os.close, lock)  # closing frees the lock
            is_locked = _try_lock(lock, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH)
        if not is_locked:
            raise DatabaseInUse("another process uses the database")
        yield


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_lock(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
