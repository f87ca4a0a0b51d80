"""``DigestMemberRepository``: whose collections a digest tells of."""

from datetime import datetime

from sqlalchemy import delete, select

from services.storage.database import Transaction
from services.storage.digest_tables import DIGEST_MEMBERS, DIGESTS
from services.storage.statements import insert_into


class DigestMemberRepository:
    """Statements on the table; each takes part in the caller's transaction."""

    async def add(
        self,
        transaction: Transaction,
        *,
        digest_id: int,
        guild_id: int,
        user_id: int,
        now: datetime,
    ) -> bool:
        """Note that a person joined; False when they had."""
        statement = (
            insert_into(transaction, DIGEST_MEMBERS)
            .values(digest_id=digest_id, guild_id=guild_id, user_id=user_id, joined_at=now)
            .on_conflict_do_nothing()
        )
        return bool((await transaction.execute(statement)).rowcount)

    async def remove(
        self, transaction: Transaction, *, digest_id: int, guild_id: int, user_id: int
    ) -> bool:
        """Note that a person left; False when they had not joined."""
        columns = DIGEST_MEMBERS.c
        statement = delete(DIGEST_MEMBERS).where(
            columns.digest_id == digest_id,
            columns.guild_id == guild_id,
            columns.user_id == user_id,
        )
        return bool((await transaction.execute(statement)).rowcount)

    async def of_digest(self, transaction: Transaction, digest_id: int) -> tuple[int, ...]:
        """Return who joined, in the order of joining."""
        columns = DIGEST_MEMBERS.c
        statement = select(columns.user_id).where(columns.digest_id == digest_id)
        rows = await transaction.execute(statement.order_by(columns.joined_at, columns.user_id))
        return tuple(int(row.user_id) for row in rows)

    async def of_person(
        self, transaction: Transaction, *, guild_id: int, user_id: int
    ) -> tuple[int, ...]:
        """Return the digests of a server that a person joined."""
        columns = DIGEST_MEMBERS.c
        statement = select(columns.digest_id).where(
            columns.guild_id == guild_id, columns.user_id == user_id
        )
        rows = await transaction.execute(statement.order_by(columns.digest_id))
        return tuple(int(row.digest_id) for row in rows)

    async def digests_of(self, transaction: Transaction, user_id: int) -> tuple[int, ...]:
        """Return the digests of whatever server that a person joined."""
        columns = DIGEST_MEMBERS.c
        statement = select(columns.digest_id).where(columns.user_id == user_id)
        rows = await transaction.execute(statement.order_by(columns.digest_id))
        return tuple(int(row.digest_id) for row in rows)

    async def remove_person(self, transaction: Transaction, user_id: int) -> tuple[int, ...]:
        """Have a person leave every digest; returns which they were."""
        statement = (
            delete(DIGEST_MEMBERS)
            .where(DIGEST_MEMBERS.c.user_id == user_id)
            .returning(DIGEST_MEMBERS.c.digest_id)
        )
        return tuple(int(row.digest_id) for row in await transaction.execute(statement))

    async def exists(self, transaction: Transaction, guild_id: int, digest_id: int) -> bool:
        """Return whether the server has such a digest."""
        statement = select(DIGESTS.c.digest_id).where(
            DIGESTS.c.digest_id == digest_id, DIGESTS.c.guild_id == guild_id
        )
        return (await transaction.execute(statement)).first() is not None
