"""``PreferenceRepository``: what people have decided about what others see of them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from services.storage.database import Transaction
from services.storage.statements import insert_into
from services.storage.tables import PREFERENCES


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceRow:
    """One person's decisions; somebody without a row has decided nothing.

    Attributes:
        user_id: Whose.
        shares: Others may see which records they own.
        shared_at: Since when (UTC); None while they do not.
        shows_value: Others may see what the collection is worth.
    """

    user_id: int
    shares: bool = False
    shared_at: datetime | None = None
    shows_value: bool = False


class PreferenceRepository:
    """Statements on one person's row; each takes part in the caller's transaction."""

    async def get(self, transaction: Transaction, user_id: int) -> PreferenceRow:
        """Return the person's decisions."""
        statement = select(PREFERENCES).where(PREFERENCES.c.user_id == user_id)
        row = (await transaction.execute(statement)).mappings().first()
        return PreferenceRow(user_id=user_id) if row is None else PreferenceRow(**row)

    async def begin_sharing(self, transaction: Transaction, user_id: int, now: datetime) -> None:
        """Note that the person shares; who does so already keeps the date."""
        columns = PREFERENCES.c
        statement = insert_into(transaction, PREFERENCES).values(
            user_id=user_id, shares=True, shared_at=now
        )
        await transaction.execute(
            statement.on_conflict_do_update(
                index_elements=[columns.user_id],
                set_={"shares": True, "shared_at": now},
                where=columns.shares.is_(False),
            )
        )

    async def end_sharing(self, transaction: Transaction, user_id: int) -> None:
        """Note that the person shares no longer."""
        statement = update(PREFERENCES).where(PREFERENCES.c.user_id == user_id)
        await transaction.execute(statement.values(shares=False, shared_at=None))

    async def show_nothing(self, transaction: Transaction, user_id: int) -> None:
        """Note that nobody else may see anything any more."""
        statement = update(PREFERENCES).where(PREFERENCES.c.user_id == user_id)
        await transaction.execute(statement.values(shares=False, shared_at=None, shows_value=False))

    async def show_value(self, transaction: Transaction, user_id: int, *, on: bool) -> None:
        """Note whether others may see what the collection is worth."""
        statement = insert_into(transaction, PREFERENCES).values(user_id=user_id, shows_value=on)
        await transaction.execute(
            statement.on_conflict_do_update(
                index_elements=[PREFERENCES.c.user_id], set_={"shows_value": on}
            )
        )
