"""``SpotifyAccountRepository``: whose Spotify account is whose."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from services.storage.database import Transaction
from services.storage.statements import insert_into
from services.storage.tables import SPOTIFY_ACCOUNTS


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotifyAccountRow:
    """A linked account.

    Attributes:
        user_id: The person's Discord id.
        account_id: Spotify's.
        name: How Spotify shows the person.
        scopes: What they have allowed, separated by spaces.
        linked_at: When they allowed it (UTC).
    """

    user_id: int
    account_id: str
    name: str
    scopes: str
    linked_at: datetime


class SpotifyAccountRepository:
    """Statements on the table; each takes part in the caller's transaction."""

    async def put(self, transaction: Transaction, row: SpotifyAccountRow) -> None:
        """Store an account instead of the one that was there."""
        values = {name: getattr(row, name) for name in SpotifyAccountRow.__slots__}
        changes = {name: value for name, value in values.items() if name != "user_id"}
        statement = insert_into(transaction, SPOTIFY_ACCOUNTS).values(values)
        await transaction.execute(
            statement.on_conflict_do_update(
                index_elements=[SPOTIFY_ACCOUNTS.c.user_id], set_=changes
            )
        )

    async def get(self, transaction: Transaction, user_id: int) -> SpotifyAccountRow | None:
        """Return the person's account, or None."""
        statement = select(SPOTIFY_ACCOUNTS).where(SPOTIFY_ACCOUNTS.c.user_id == user_id)
        row = (await transaction.execute(statement)).mappings().first()
        return None if row is None else SpotifyAccountRow(**row)

    async def delete(self, transaction: Transaction, user_id: int) -> bool:
        """Forget the person's account; False when there is none."""
        statement = delete(SPOTIFY_ACCOUNTS).where(SPOTIFY_ACCOUNTS.c.user_id == user_id)
        return bool((await transaction.execute(statement)).rowcount)
