"""``DigestRepository``: the digests of servers, and when each is due."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, and_, delete, exists, func, insert, select, update

from services.storage.database import Transaction
from services.storage.digest_tables import DIGEST_MEMBERS, DIGEST_SLOTS, DIGESTS


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestRow:
    """A row of the table, as it is stored."""

    digest_id: int
    guild_id: int
    channel_id: int
    creator_id: int
    cadence: str
    hour: int
    zone: str
    weekday: int | None
    day: int | None
    when_nothing: str
    locale: str
    is_paused: bool
    pause_reason: str | None
    next_at: datetime
    last_posted_at: datetime | None
    told_until: datetime | None
    failures: int
    edition: int
    created_at: datetime


_NAMES: Final = tuple(field.name for field in fields(DigestRow))


class DigestRepository:
    """Statements on the table; each takes part in the caller's transaction."""

    # --- What people ask for: of one server

    async def count(self, transaction: Transaction, guild_id: int) -> int:
        """Return how many digests the server has; who would also add one waits until the end."""
        if transaction.is_postgres:  # SQLite has one writer
            await transaction.execute(select(func.pg_advisory_xact_lock(guild_id)))
        statement = select(func.count()).where(DIGESTS.c.guild_id == guild_id)
        return int((await transaction.execute(statement)).scalar_one())

    async def add(self, transaction: Transaction, values: dict[str, Any]) -> DigestRow:
        """Add a digest, described by the columns without a default."""
        statement = insert(DIGESTS).values(values).returning(*DIGESTS.c)
        return _row((await transaction.execute(statement)).one())

    async def of_guild(self, transaction: Transaction, guild_id: int) -> list[DigestRow]:
        """Return the server's digests, oldest first."""
        statement = select(DIGESTS).where(DIGESTS.c.guild_id == guild_id)
        rows = await transaction.execute(statement.order_by(DIGESTS.c.digest_id))
        return [_row(row) for row in rows]

    async def get(
        self, transaction: Transaction, guild_id: int, digest_id: int
    ) -> DigestRow | None:
        """Return a digest of the server, locked where the database locks rows."""
        statement = select(DIGESTS).where(_of(guild_id, digest_id)).with_for_update()
        row = (await transaction.execute(statement)).first()
        return None if row is None else _row(row)

    async def change(
        self, transaction: Transaction, guild_id: int, digest_id: int, values: dict[str, Any]
    ) -> DigestRow | None:
        """Change columns of a digest; whatever was prepared for it is of an older edition."""
        statement = (
            update(DIGESTS)
            .where(_of(guild_id, digest_id))
            .values(**values, edition=DIGESTS.c.edition + 1)
            .returning(*DIGESTS.c)
        )
        row = (await transaction.execute(statement)).first()
        return None if row is None else _row(row)

    async def delete(self, transaction: Transaction, guild_id: int, digest_id: int) -> bool:
        """Delete a digest with its members and slots; False when the server has none such."""
        statement = delete(DIGESTS).where(_of(guild_id, digest_id))
        if not (await transaction.execute(statement)).rowcount:
            return False
        for table in (DIGEST_MEMBERS, DIGEST_SLOTS):
            await transaction.execute(delete(table).where(table.c.digest_id == digest_id))
        return True

    # --- What the bot itself asks for

    async def find(self, transaction: Transaction, digest_id: int) -> DigestRow | None:
        """Return a digest of whatever server."""
        statement = select(DIGESTS).where(DIGESTS.c.digest_id == digest_id)
        row = (await transaction.execute(statement)).first()
        return None if row is None else _row(row)

    async def due(self, transaction: Transaction, now: datetime, limit: int) -> list[DigestRow]:
        """Return digests whose next slot has come, the longest due first.

        PostgreSQL: competing processes step over each other's rows; SQLite has one writer.
        """
        statement = (
            select(DIGESTS)
            .where(DIGESTS.c.is_paused.is_(False), DIGESTS.c.next_at <= now)
            .order_by(DIGESTS.c.next_at, DIGESTS.c.digest_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [_row(row) for row in await transaction.execute(statement)]

    async def unprepared(
        self, transaction: Transaction, *, after: datetime, until: datetime, limit: int
    ) -> list[DigestRow]:
        """Return digests due between two instants whose next slot nobody prepares."""
        is_known = exists().where(
            DIGEST_SLOTS.c.digest_id == DIGESTS.c.digest_id,
            DIGEST_SLOTS.c.slot_at == DIGESTS.c.next_at,
        )
        statement = (
            select(DIGESTS)
            .where(
                DIGESTS.c.is_paused.is_(False),
                DIGESTS.c.next_at > after,
                DIGESTS.c.next_at <= until,
                ~is_known,
            )
            .order_by(DIGESTS.c.next_at, DIGESTS.c.digest_id)
            .limit(limit)
        )
        return [_row(row) for row in await transaction.execute(statement)]

    async def next_due(self, transaction: Transaction) -> datetime | None:
        """Return when the next slot of all is."""
        statement = select(func.min(DIGESTS.c.next_at, type_=DIGESTS.c.next_at.type)).where(
            DIGESTS.c.is_paused.is_(False)
        )
        moment: datetime | None = (await transaction.execute(statement)).scalar_one()
        return moment

    async def waiting(self, transaction: Transaction) -> Sequence[DigestRow]:
        """Return every digest that is not paused."""
        statement = select(DIGESTS).where(DIGESTS.c.is_paused.is_(False))
        return [_row(row) for row in await transaction.execute(statement)]

    async def move(self, transaction: Transaction, digest: DigestRow, next_at: datetime) -> bool:
        """Set the next slot; False when somebody has changed the digest since it was read."""
        statement = (
            update(DIGESTS)
            .where(
                DIGESTS.c.digest_id == digest.digest_id,
                DIGESTS.c.next_at == digest.next_at,
                DIGESTS.c.edition == digest.edition,
            )
            .values(next_at=next_at)
        )
        return bool((await transaction.execute(statement)).rowcount)

    async def note_post(
        self, transaction: Transaction, digest_id: int, *, at: datetime, told_until: datetime | None
    ) -> None:
        """Note that it was posted, and that it works."""
        statement = update(DIGESTS).where(DIGESTS.c.digest_id == digest_id)
        await transaction.execute(
            statement.values(last_posted_at=at, told_until=told_until, failures=0)
        )

    async def note_failure(self, transaction: Transaction, digest_id: int) -> int:
        """Count a failure; returns how many there were in a row, 0 for a deleted digest."""
        statement = (
            update(DIGESTS)
            .where(DIGESTS.c.digest_id == digest_id)
            .values(failures=DIGESTS.c.failures + 1)
            .returning(DIGESTS.c.failures)
        )
        return int((await transaction.execute(statement)).scalar_one_or_none() or 0)

    async def pause(self, transaction: Transaction, digest_id: int, reason: str) -> None:
        """Pause a digest that is not paused yet."""
        statement = update(DIGESTS).where(
            DIGESTS.c.digest_id == digest_id, DIGESTS.c.is_paused.is_(False)
        )
        await transaction.execute(statement.values(is_paused=True, pause_reason=reason))

    async def outdate(self, transaction: Transaction, digest_id: int) -> None:
        """Have whatever was prepared for the digest be of an older edition."""
        statement = update(DIGESTS).where(DIGESTS.c.digest_id == digest_id)
        await transaction.execute(statement.values(edition=DIGESTS.c.edition + 1))


def _of(guild_id: int, digest_id: int) -> Any:  # noqa: ANN401  # SQLAlchemy's condition
    return and_(DIGESTS.c.digest_id == digest_id, DIGESTS.c.guild_id == guild_id)


def _row(row: Row[Any]) -> DigestRow:
    return DigestRow(**{name: getattr(row, name) for name in _NAMES})
