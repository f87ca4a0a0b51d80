"""Bring the database to this version's tables, or back, in one transaction.

SQLite and PostgreSQL both roll back changes of tables, so a migration that fails, or is killed,
has not happened. Several processes that start together take turns: SQLite's write lock, and an
advisory lock on PostgreSQL, let the first one migrate and the others find it done.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from services.storage.database import Database, Transaction
from services.storage.errors import DatabaseTooNew, StorageError

HEAD: Final = "head"
BASE: Final = "base"

_SCRIPTS: Final = Path(__file__).parent / "migrations"
_ADVISORY_LOCK: Final = 4_149_734  # any number that nobody else uses in this database


class UnknownRevision(StorageError):  # noqa: N818  # says what is wrong
    """No migration of this version has that name."""


@dataclass(frozen=True, slots=True)
class Revisions:
    """Where the database is, and where this version wants it; None for an empty database."""

    current: str | None
    wanted: str | None

    @property
    def is_current(self) -> bool:
        """True when nothing is to be done."""
        return self.current == self.wanted


async def revisions(database: Database) -> Revisions:
    """Return the revisions of ``database`` and of this version.

    Raises:
        DatabaseTooNew: The database's revision is not known here.
        DatabaseUnavailable: It cannot be reached.
    """
    async with database.read() as transaction:
        return await transaction.run_sync(_revisions)


async def migrate(database: Database, target: str = HEAD) -> Revisions:
    """Bring ``database`` to ``target``, forward or back; returns where it was and where it is.

    Args:
        database: An open database.
        target: ``head``, ``base``, a revision such as ``0002``, or ``-1`` for one step back.

    Raises:
        DatabaseTooNew: A newer version of the bot has written it; nothing was changed.
        UnknownRevision: There is no ``target``.
        DatabaseUnavailable: It cannot be reached, or stays locked.
    """
    async with database.migrating() as transaction:
        if transaction.is_postgres:
            await transaction.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        before = await transaction.run_sync(_revisions)
        await move(transaction, target)
        after = await transaction.run_sync(_revisions)
    return Revisions(before.current, after.current)


async def new_revision(database: Database, message: str) -> None:
    """Write a migration for what ``tables.py`` has and the migrations lack; for developers."""

    def write(connection: Connection) -> None:
        script = _scripts()
        number = len(list(script.walk_revisions())) + 1
        command.revision(_config(connection), message, autogenerate=True, rev_id=f"{number:04}")

    async with database.read() as transaction:
        await transaction.run_sync(write)


async def differences(database: Database) -> None:
    """Compare the database with ``tables.py``.

    Raises:
        CommandError: They differ; the text says how.
    """
    async with database.read() as transaction:
        await transaction.run_sync(lambda connection: command.check(_config(connection)))


async def move(transaction: Transaction, target: str) -> None:
    """Bring the tables to ``target`` as part of ``transaction``, of ``Database.migrating``.

    Raises:
        DatabaseTooNew: A newer version of the bot has written it.
        UnknownRevision: There is no ``target``.
    """
    current = (await transaction.run_sync(_revisions)).current
    direction = _direction(current, target)
    try:
        await transaction.run_sync(lambda connection: direction(_config(connection), target))
    except CommandError as error:
        raise UnknownRevision(f"there is no migration {target!r}") from error


def revision_of(connection: Connection) -> str | None:
    """Return the revision of the tables, or None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def is_known(revision: str) -> bool:
    """Return whether this version has a migration of that name."""
    return revision in {script.revision for script in _scripts().walk_revisions()}


def _direction(current: str | None, target: str) -> Callable[[Config, str], None]:
    if target == BASE or target.startswith("-"):
        return command.downgrade
    if target == HEAD:
        return command.upgrade
    known = [script.revision for script in _scripts().walk_revisions()][::-1]
    if target not in known:
        raise UnknownRevision(f"there is no migration {target!r}; there are {', '.join(known)}")
    is_back = current is not None and known.index(target) < known.index(current)
    return command.downgrade if is_back else command.upgrade


def _revisions(connection: Connection) -> Revisions:
    current, wanted = revision_of(connection), _scripts().get_current_head()
    if current is not None and not is_known(current):
        raise DatabaseTooNew(
            f"the database was written by a newer version of the bot (its tables are at {current}, "
            f"this version knows up to {wanted})"
        )
    return Revisions(current, wanted)


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(None))


def _config(connection: Connection | None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
