"""What the policies remember across restarts: answers, daily counts, long penalties.

Each class is one of the stores that ``services/resilience`` declares. They may raise anything and
take their time: no call waits for them longer than the policy allows.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select

from services.resilience.cache_store import StoredEntry
from services.resilience.clock import Clock
from services.resilience.daily_quota import Slot
from services.resilience.priority import Priority
from services.storage.database import Database, Transaction
from services.storage.statements import insert_into
from services.storage.tables import CACHED_ANSWERS, PENALTIES, QUOTA_COUNTS

MOST_ANSWERS: Final = 20_000
_WRITES_PER_CLEANING: Final = 500
_CLEANING_EVERY: Final = timedelta(hours=1)


class DatabaseCacheStore:
    """The second cache level: at most ``MOST_ANSWERS`` answers.

    It is cleaned with the first write after the start, after an hour, and after 500 writes.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Keep answers in ``database``."""
        self._database = database
        self._clock = clock
        self._writes = 0
        self._cleaned_at: datetime | None = None

    async def get(self, key: str) -> StoredEntry | None:
        """Return the entry of ``key``, whatever its age, or None.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        columns = CACHED_ANSWERS.c
        statement = select(columns.data, columns.stored_at).where(columns.key == key)
        async with self._database.read() as transaction:
            row = (await transaction.execute(statement)).first()
        return None if row is None else StoredEntry(bytes(row.data), row.stored_at)

    async def set(
        self, key: str, data: bytes, *, stored_at: datetime, keep_until: datetime
    ) -> None:
        """Store or replace an entry.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        values = {"data": data, "stored_at": stored_at, "keep_until": keep_until}
        async with self._database.write() as transaction:
            statement = insert_into(transaction, CACHED_ANSWERS).values(key=key, **values)
            await transaction.execute(
                statement.on_conflict_do_update(index_elements=["key"], set_=values)
            )
            if self._is_cleaning_due():
                await self._clean(transaction)
                self._writes, self._cleaned_at = 0, self._clock.now()
        self._writes += 1

    async def delete(self, key: str) -> None:
        """Forget ``key``, if it is known.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.write() as transaction:
            await transaction.execute(delete(CACHED_ANSWERS).where(CACHED_ANSWERS.c.key == key))

    def _is_cleaning_due(self) -> bool:
        if self._cleaned_at is None or self._writes >= _WRITES_PER_CLEANING:
            return True
        return abs(self._clock.now() - self._cleaned_at) >= _CLEANING_EVERY

    async def _clean(self, transaction: Transaction) -> None:
        """Throw away what nobody may use any more, and the oldest of too many."""
        columns = CACHED_ANSWERS.c
        now = self._clock.now()
        await transaction.execute(delete(CACHED_ANSWERS).where(columns.keep_until < now))
        too_old = (
            select(columns.stored_at)
            .order_by(columns.stored_at.desc())
            .offset(MOST_ANSWERS)
            .limit(1)
            .scalar_subquery()
        )
        await transaction.execute(delete(CACHED_ANSWERS).where(columns.stored_at <= too_old))


class DatabaseQuotaStore:
    """The daily counts: one row per upstream, ten minutes and priority."""

    def __init__(self, database: Database) -> None:
        """Keep counts in ``database``."""
        self._database = database

    async def load(self, upstream: str, *, since: int) -> Mapping[Slot, int]:
        """Return the counts of all slots that start at ``since`` (Unix seconds) or later.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        columns = QUOTA_COUNTS.c
        statement = select(columns.slot_start, columns.priority, columns.requests).where(
            columns.upstream == upstream, columns.slot_start >= since
        )
        async with self._database.read() as transaction:
            rows = (await transaction.execute(statement)).all()
        return {Slot(row.slot_start, Priority(row.priority)): row.requests for row in rows}

    async def add(self, upstream: str, changes: Mapping[Slot, int], *, since: int) -> None:
        """Add to the counts, all or nothing, and forget the slots that are over.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        columns = QUOTA_COUNTS.c
        key = ("upstream", "slot_start", "priority")
        async with self._database.write() as transaction:
            for slot, change in changes.items():
                statement = insert_into(transaction, QUOTA_COUNTS).values(
                    upstream=upstream,
                    slot_start=slot.start,
                    priority=slot.priority,
                    requests=change,
                )
                added = columns.requests + statement.excluded.requests
                await transaction.execute(
                    statement.on_conflict_do_update(index_elements=key, set_={"requests": added})
                )
            over = (columns.upstream == upstream) & (columns.slot_start < since)
            await transaction.execute(delete(QUOTA_COUNTS).where(over))


class DatabaseBreakerStore:
    """Until when each upstream is to be left alone."""

    def __init__(self, database: Database) -> None:
        """Keep one instant per upstream in ``database``."""
        self._database = database

    async def load(self, upstream: str) -> datetime | None:
        """Return the instant (aware, UTC), or None.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        statement = select(PENALTIES.c.until).where(PENALTIES.c.upstream == upstream)
        async with self._database.read() as transaction:
            until: datetime | None = (await transaction.execute(statement)).scalar_one_or_none()
        return until

    async def save(self, upstream: str, until: datetime | None) -> None:
        """Keep ``until`` (aware, UTC) instead of what was kept before; None: forget it.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.write() as transaction:
            await transaction.execute(delete(PENALTIES).where(PENALTIES.c.upstream == upstream))
            if until is not None:
                statement = insert_into(transaction, PENALTIES)
                await transaction.execute(statement.values(upstream=upstream, until=until))
