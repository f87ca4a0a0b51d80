"""``AiUseRepository`` and ``AiConsentRepository``: texts that were paid for, and who agreed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, insert, select

from services.storage.database import Transaction
from services.storage.statements import insert_into
from services.storage.tables import AI_CONSENTS, AI_USES


@dataclass(frozen=True, slots=True)
class Uses:
    """How many there are, and when the first one was (UTC; None for none)."""

    count: int
    oldest: datetime | None


class AiUseRepository:
    """Statements on the texts of the last day; each takes part in the caller's transaction."""

    async def add(
        self, transaction: Transaction, user_id: int, guild_id: int | None, now: datetime
    ) -> int:
        """Note a text; returns its number."""
        values = {"user_id": user_id, "guild_id": guild_id, "used_at": now}
        statement = insert(AI_USES).values(values).returning(AI_USES.c.id)
        return int((await transaction.execute(statement)).scalar_one())

    async def remove(self, transaction: Transaction, number: int) -> None:
        """Forget one text."""
        await transaction.execute(delete(AI_USES).where(AI_USES.c.id == number))

    async def of_user(self, transaction: Transaction, user_id: int, since: datetime) -> Uses:
        """Return what a person has had since an instant."""
        return await self._uses(transaction, AI_USES.c.user_id == user_id, since)

    async def of_guild(self, transaction: Transaction, guild_id: int, since: datetime) -> Uses:
        """Return what a server has had since an instant."""
        return await self._uses(transaction, AI_USES.c.guild_id == guild_id, since)

    async def forget_before(self, transaction: Transaction, before: datetime) -> None:
        """Forget what no longer counts."""
        await transaction.execute(delete(AI_USES).where(AI_USES.c.used_at < before))

    async def _uses(
        self, transaction: Transaction, whose: ColumnElement[bool], since: datetime
    ) -> Uses:
        statement = select(func.count(), func.min(AI_USES.c.used_at))
        row = (await transaction.execute(statement.where(whose, AI_USES.c.used_at >= since))).one()
        count, oldest = tuple(row)
        return Uses(count, oldest)


class AiConsentRepository:
    """Statements on who lets their collection be shown to the model."""

    async def put(self, transaction: Transaction, user_id: int, now: datetime) -> None:
        """Note that a person agrees."""
        statement = insert_into(transaction, AI_CONSENTS).values(user_id=user_id, given_at=now)
        await transaction.execute(statement.on_conflict_do_nothing())

    async def exists(self, transaction: Transaction, user_id: int) -> bool:
        """Return whether a person has agreed."""
        statement = select(AI_CONSENTS.c.user_id).where(AI_CONSENTS.c.user_id == user_id)
        return (await transaction.execute(statement)).first() is not None

    async def delete(self, transaction: Transaction, user_id: int) -> None:
        """Forget that a person agreed."""
        await transaction.execute(delete(AI_CONSENTS).where(AI_CONSENTS.c.user_id == user_id))
