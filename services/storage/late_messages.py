"""``LateMessageRepository``: messages that are to be changed later.

A row is the permission to change its message once: whoever regenerates the message deletes the
row, and with it every late edit of before.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from services.storage.database import Transaction
from services.storage.tables import LATE_MESSAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class LateMessage:
    """A row of the table; ``token`` is a ciphertext."""

    channel_id: int
    message_id: int
    application_id: int
    token: str | None
    token_until: datetime | None
    is_in_reach: bool
    locale: str
    noted_at: datetime


class LateMessageRepository:
    """Statements on the table; each takes part in the caller's transaction."""

    async def add(self, transaction: Transaction, message: LateMessage) -> int:
        """Note ``message`` instead of what was noted of it before; returns the row's number."""
        await self.supersede(transaction, message.message_id)
        values = {name: getattr(message, name) for name in message.__slots__}
        statement = insert(LATE_MESSAGES).values(values).returning(LATE_MESSAGES.c.id)
        return int((await transaction.execute(statement)).scalar_one())

    async def find(self, transaction: Transaction, late_id: int) -> LateMessage | None:
        """Return the row, or None when it was superseded or removed."""
        statement = select(LATE_MESSAGES).where(LATE_MESSAGES.c.id == late_id)
        row = (await transaction.execute(statement)).mappings().first()
        if row is None:
            return None
        return LateMessage(**{name: row[name] for name in LateMessage.__slots__})

    async def supersede(self, transaction: Transaction, message_id: int) -> bool:
        """Forget what was noted of a message; False when there was nothing."""
        statement = delete(LATE_MESSAGES).where(LATE_MESSAGES.c.message_id == message_id)
        return bool((await transaction.execute(statement)).rowcount)

    async def remove(self, transaction: Transaction, late_id: int) -> None:
        """Forget one row."""
        await transaction.execute(delete(LATE_MESSAGES).where(LATE_MESSAGES.c.id == late_id))

    async def remove_older(self, transaction: Transaction, before: datetime) -> int:
        """Forget rows noted before an instant; returns how many."""
        statement = delete(LATE_MESSAGES).where(LATE_MESSAGES.c.noted_at < before)
        return int((await transaction.execute(statement)).rowcount)
