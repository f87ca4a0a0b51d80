"""``DiscogsAccountRepository``: whose Discogs account is whose, and permissions under way."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, select

from services.storage.database import Transaction
from services.storage.statements import insert_into
from services.storage.tables import DISCOGS_ACCOUNTS, DISCOGS_REQUESTS

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A permission that a person was asked for; ``ciphertext`` is ASCII text."""

    user_id: int
    token_hash: str
    ciphertext: str = field(repr=False)
    asked_at: datetime


class DiscogsAccountRepository:
    """Statements on both tables; each takes part in the caller's transaction."""

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

    # --- Permissions under way

    async def put_request(self, transaction: Transaction, row: RequestRow) -> None:
        """Store a request instead of the person's earlier one."""
        await self.delete_request(transaction, row.user_id)
        values = {name: getattr(row, name) for name in RequestRow.__slots__}
        await transaction.execute(insert_into(transaction, DISCOGS_REQUESTS).values(values))

    async def request_of(self, transaction: Transaction, user_id: int) -> RequestRow | None:
        """Return what the person was asked for last, or None."""
        statement = select(DISCOGS_REQUESTS).where(DISCOGS_REQUESTS.c.user_id == user_id)
        row = (await transaction.execute(statement)).mappings().first()
        return None if row is None else RequestRow(**row)

    async def request_by_token(
        self, transaction: Transaction, token_hash: str
    ) -> RequestRow | None:
        """Return the request whose token has this hash, or None."""
        statement = select(DISCOGS_REQUESTS).where(DISCOGS_REQUESTS.c.token_hash == token_hash)
        row = (await transaction.execute(statement)).mappings().first()
        return None if row is None else RequestRow(**row)

    async def delete_request(
        self, transaction: Transaction, user_id: int, token_hash: str | None = None
    ) -> bool:
        """Forget the person's request; with ``token_hash`` only if it still is that one."""
        statement = delete(DISCOGS_REQUESTS).where(DISCOGS_REQUESTS.c.user_id == user_id)
        if token_hash is not None:
            statement = statement.where(DISCOGS_REQUESTS.c.token_hash == token_hash)
        return bool((await transaction.execute(statement)).rowcount)

    async def delete_requests_before(self, transaction: Transaction, before: datetime) -> None:
        """Forget requests that were made before an instant."""
        await transaction.execute(
            delete(DISCOGS_REQUESTS).where(DISCOGS_REQUESTS.c.asked_at < before)
        )
