"""Backups: everything in the database as one compressed text file, for SQLite and PostgreSQL.

One format for both, so that a backup of one can be restored into the other. The file holds one
consistent snapshot, taken while the bot runs; its last line has a checksum of all lines before
and the number of rows of each table, so that a cut or changed file is recognised. Rows are read
and written as the tables were at the backup's own revision, and then migrated.

Kept answers of the upstreams are left out: they can be asked for again. Tokens are in it as they
are in the database: encrypted. The keys are not.
"""

import gzip
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TextIO

from sqlalchemy import Connection, DateTime, MetaData, Table, func, insert, select, text
from sqlalchemy.engine import Dialect

from services.storage.backup_file import BackupReader, BackupWriter, Manifest, decode
from services.storage.database import Database, Transaction
from services.storage.errors import BackupUnusable
from services.storage.migrating import HEAD, is_known, move, revision_of
from services.storage.tables import SEARCH_NAME

_BATCH: Final = 500
# Alembic's own, and what can be asked for again.
_LEFT_OUT: Final = frozenset({"alembic_version", "cached_answers", "permissions"})


async def back_up(database: Database, path: Path, *, now: datetime) -> Manifest:
    """Write a backup to ``path`` and read it back; replaces a file of that name only when whole.

    Raises:
        OSError: The file cannot be written.
        BackupUnusable: What was read back is not what was written.
        DatabaseUnavailable: Of the storage.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        # Nobody but us: the texts and ids of people are in it.
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as raw:
            with gzip.open(raw, "wt", encoding="utf-8") as file:
                async with database.read() as transaction:
                    await transaction.run_sync(lambda each: _dump(each, file, now))
            raw.flush()
            os.fsync(raw.fileno())
        manifest = verify(partial)
        partial.replace(path)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()
    return manifest


def verify(path: Path) -> Manifest:
    """Return what the backup at ``path`` holds, after reading all of it.

    Raises:
        BackupUnusable: It is not a whole backup.
        OSError: It cannot be read.
    """
    reader = BackupReader(path)
    for _ in reader.tables():
        pass
    return reader.manifest


async def restore(database: Database, path: Path) -> Manifest:
    """Replace everything in ``database`` by the backup, in one transaction, and migrate it.

    The caller makes sure that nobody else uses the database (``presence.alone``).

    Raises:
        BackupUnusable: The file is not a whole backup, or of a newer version; nothing changed.
        DatabaseTooNew: The database itself is; nothing changed.
        DatabaseUnavailable: Of the storage; nothing changed.
        OSError: The file cannot be read.
    """
    manifest = verify(path)
    if not is_known(manifest.revision):
        raise BackupUnusable("the backup was made by a newer version of the bot")
    async with database.migrating() as transaction:
        await move(transaction, "base")
        await move(transaction, manifest.revision)
        await transaction.run_sync(lambda connection: _load(connection, path))
        await _check_rows(transaction, manifest)
        await move(transaction, HEAD)
    return manifest


def _dump(connection: Connection, file: TextIO, now: datetime) -> None:
    writer = BackupWriter(file, revision=revision_of(connection), created_at=now)
    for table in _tables(connection):
        columns = [column.name for column in table.columns]
        rows = (tuple(row) for row in connection.execute(select(table)))
        writer.table(table.name, columns, rows)
    writer.end()


def _tables(connection: Connection) -> list[Table]:
    """Return the tables as they are, those that others refer to first."""
    metadata = MetaData()
    # What follows other tables by itself, triggers fill again.
    metadata.reflect(connection, only=lambda name, _: not name.startswith(SEARCH_NAME))
    return [table for table in metadata.sorted_tables if table.name not in _LEFT_OUT]


def _load(connection: Connection, path: Path) -> None:
    tables = {table.name: table for table in _tables(connection)}
    for name, columns, rows in BackupReader(path).tables():
        table = tables.get(name)
        if table is None:
            raise BackupUnusable(f"the backup has a table that its revision does not: {name}")
        for batch in _batches(rows):
            values = [_decoded(table, columns, row, connection.dialect) for row in batch]
            connection.execute(insert(table), values)
        _count_on(connection, table)


def _batches(rows: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    batch: list[list[Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _decoded(
    table: Table, columns: Sequence[str], row: list[Any], dialect: Dialect
) -> dict[str, Any]:
    values = dict(zip(columns, map(decode, row), strict=True))
    if dialect.name == "sqlite":  # whose own type knows no time zones
        for name, value in values.items():
            if isinstance(value, datetime) and isinstance(table.c[name].type, DateTime):
                values[name] = value.replace(tzinfo=None)
    return values


def _count_on(connection: Connection, table: Table) -> None:
    """Have PostgreSQL number new rows after the restored ones; SQLite does so by itself."""
    key = table.primary_key.columns
    if connection.dialect.name != "postgresql" or len(key) != 1:
        return
    column = next(iter(key)).name
    sequence = select(func.pg_get_serial_sequence(table.name, column))
    if connection.execute(sequence).scalar_one() is None:
        return
    last = connection.execute(select(func.max(table.c[column]))).scalar_one()
    if last is not None:
        setval = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
        connection.execute(setval, {"table": table.name, "column": column, "last": last})


async def _check_rows(transaction: Transaction, manifest: Manifest) -> None:
    def count(connection: Connection) -> dict[str, int]:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in _tables(connection)
        }

    if await transaction.run_sync(count) != manifest.rows:
        raise BackupUnusable("what was restored is not what the backup says it holds")
