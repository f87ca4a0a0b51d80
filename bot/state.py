"""The bot's own data: the folder, the database, and what must be true before it is used."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from bot.settings import Settings
from services.resilience.clock import Clock
from services.storage.backup import back_up
from services.storage.backup_file import Manifest
from services.storage.database import Database
from services.storage.engines import postgres_url, sqlite_url
from services.storage.errors import (
    DatabaseDamaged,
    DatabaseTooNew,
    DatabaseUnavailable,
    StorageError,
)
from services.storage.migrating import Revisions, migrate, revisions
from services.storage.presence import DatabaseInUse, present

_LOGGER = logging.getLogger(__name__)

_FILE: Final = "aime.db"
_BACKUPS: Final = "backups"
_WAIT_SECONDS: Final = 60.0
_AGAIN_SECONDS: Final = 1.0


class StartError(Exception):
    """The bot cannot start; the text says why and what to do, in one line."""


@asynccontextmanager
async def open_database(settings: Settings, *, clock: Clock) -> AsyncIterator[Database]:
    """Open the database of the settings, wherever its tables are.

    Raises:
        StartError: The folder cannot be used, or the database cannot be reached.
    """
    make_data_dir(settings.data_dir)
    if settings.database_url is None:
        path = settings.data_dir.absolute() / _FILE
        path.touch(mode=0o600)  # its log beside it gets the same mode
        url = sqlite_url(path)
    else:
        url = postgres_url(settings.database_url)
    database = Database(url, clock=clock)
    try:
        yield database
    except StorageError as error:
        raise StartError(explain(error)) from error
    finally:
        await database.close()


@asynccontextmanager
async def open_state(settings: Settings, *, clock: Clock) -> AsyncIterator[Database]:
    """Open the database for a running bot: wait for it, and bring its tables up to date.

    Raises:
        StartError: It cannot be used; the text says what to do.
    """
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings, clock=clock))
        await _wait(database, clock)
        await stack.enter_async_context(present(database))
        await bring_up_to_date(database, settings.data_dir, clock=clock)
        yield database


async def bring_up_to_date(database: Database, data_dir: Path, *, clock: Clock) -> Revisions:
    """Migrate, after a backup of what is there; returns where the tables were and are.

    Raises:
        StorageError: It cannot be done.
    """
    found = await revisions(database)
    if found.is_current:
        return found
    if found.current is not None:
        path, _ = await keep_backup(database, data_dir, f"before-{found.wanted}", clock=clock)
        _LOGGER.info("the database is backed up in %s before it changes", path)
    moved = await migrate(database)
    _LOGGER.info("the database was at %s and is at %s", moved.current or "none", moved.wanted)
    return moved


async def keep_backup(
    database: Database, data_dir: Path, label: str, *, clock: Clock
) -> tuple[Path, Manifest]:
    """Write a backup into the folder for them; returns where, and what is in it.

    Raises:
        OSError: It cannot be written.
        StorageError: The database cannot be read.
    """
    now = clock.now()
    folder = data_dir / _BACKUPS
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"aime-{now:%Y%m%d-%H%M%S}-{label}.jsonl.gz"
    return path, await back_up(database, path, now=now)


def make_data_dir(folder: Path) -> None:
    """Make the folder for the bot's data, readable for nobody else.

    Raises:
        StartError: It cannot be made or written to.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_usable = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        is_usable = False
    if not is_usable:
        raise StartError(
            "DATA_DIR: the bot must be able to write into that folder. Mend its permissions, or "
            "set DATA_DIR to another one."
        )


def explain(error: StorageError) -> str:
    """Return what is wrong with the database and what to do, in one line."""
    if isinstance(error, DatabaseTooNew):
        return f"{error}. Update the bot, or restore a backup of this version (`aime restore`)."
    if isinstance(error, DatabaseDamaged):
        return f"the database is damaged ({error}). Move it away and restore a backup."
    if isinstance(error, DatabaseInUse):
        return f"{error}. Stop the bot (or wait for the restore to end) and try again."
    if isinstance(error, DatabaseUnavailable):
        return (
            f"the database cannot be used ({error}). Check DATABASE_URL and its server, or, "
            "without one, what else uses the file in DATA_DIR."
        )
    return f"{error}."


async def _wait(database: Database, clock: Clock) -> None:
    """Wait for a database that starts together with the bot.

    Raises:
        DatabaseUnavailable: It is not there after a minute.
    """
    give_up_at = clock.monotonic() + (_WAIT_SECONDS if database.is_postgres else 0.0)
    is_said = False
    while True:
        try:
            await revisions(database)
        except DatabaseUnavailable as error:
            if clock.monotonic() >= give_up_at:
                raise
            if not is_said:
                _LOGGER.warning("waiting for the database (%s)", error)
                is_said = True
            await clock.sleep(_AGAIN_SECONDS)
        else:
            return
