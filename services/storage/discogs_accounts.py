"""``DiscogsAccountRepository``: whose Discogs account is whose."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, select

from services.storage.database import Transaction
from services.storage.statements import insert_into
from services.storage.tables import DISCOGS_ACCOUNTS

# Built once: it is asked before every card.
_IS_PROVEN: Final = select(DISCOGS_ACCOUNTS.c.is_proven).where(
    DISCOGS_ACCOUNTS.c.user_id == bindparam("user_id")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """A linked account; ``user_id`` is the person's on Discord, ``discogs_id`` that on Discogs."""

    user_id: int
    username: str
    discogs_id: int
    is_proven: bool
    linked_at: datetime


class DiscogsAccountRepository:
    """Statements on the table; each takes part in the caller's transaction."""

    async def put(self, transaction: Transaction, row: AccountRow) -> None:
        """Store an account instead of the one that was there."""
        values = {name: getattr(row, name) for name in AccountRow.__slots__}
        changes = {name: value for name, value in values.items() if name != "user_id"}
        statement = insert_into(transaction, DISCOGS_ACCOUNTS).values(values)
        await transaction.execute(
            statement.on_conflict_do_update(
                index_elements=[DISCOGS_ACCOUNTS.c.user_id], set_=changes
            )
        )

    async def get(self, transaction: Transaction, user_id: int) -> AccountRow | None:
        """Return the person's account, or None."""
        statement = select(DISCOGS_ACCOUNTS).where(DISCOGS_ACCOUNTS.c.user_id == user_id)
        row = (await transaction.execute(statement)).mappings().first()
        return None if row is None else AccountRow(**row)

    async def is_proven(self, transaction: Transaction, user_id: int) -> bool | None:
        """Return whether the person has shown that their account is theirs; None without one."""
        parameters = [{"user_id": user_id}]
        return (await transaction.execute(_IS_PROVEN, parameters)).scalar_one_or_none()

    async def delete(self, transaction: Transaction, user_id: int) -> bool:
        """Forget the person's account; False when there is none."""
        statement = delete(DISCOGS_ACCOUNTS).where(DISCOGS_ACCOUNTS.c.user_id == user_id)
        return bool((await transaction.execute(statement)).rowcount)
