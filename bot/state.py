"""The database that the settings name, open and with this version's tables."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bot.settings import Settings, SettingsError
from services.resilience.clock import Clock
from services.storage.database import Database
from services.storage.engines import postgres_url, sqlite_url
from services.storage.migrating import migrate

_FILE_NAME: Final = "aime.db"
_PRIVATE: Final = 0o700


@asynccontextmanager
async def open_state(settings: Settings, *, clock: Clock) -> AsyncIterator[Database]:
    """Open the database inside the block.

    Raises:
        StorageError: It cannot be reached, or a newer version has written it.
        OSError: DATA_DIR cannot be made.
        SettingsError: DATABASE_URL is no PostgreSQL URL.
    """
    if settings.database_url is None:
        settings.data_dir.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        url = sqlite_url(settings.data_dir / _FILE_NAME)
    else:
        try:
            url = postgres_url(settings.database_url)
        except ValueError as error:
            raise SettingsError([f"DATABASE_URL: expected {error}"]) from None
    database = Database(url, clock=clock)
    try:
        await migrate(database)
        yield database
    finally:
        await database.close()
