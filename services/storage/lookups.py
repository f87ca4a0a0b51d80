"""``LookupRepository``: the releases that a person looked at last."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from services.storage.database import Transaction
from services.storage.statements import insert_into
from services.storage.tables import LOOKUPS

_COLUMNS = LOOKUPS.c


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupRow:
    """A release that a person looked at, and when last (UTC)."""

    user_id: int
    release_id: int
    title: str
    artist: str
    looked_at: datetime


class LookupRepository:
    """Statements on one person's rows; each takes part in the caller's transaction."""

    async def put(self, transaction: Transaction, row: LookupRow) -> None:
        """Store a release, or that it was looked at again."""
        values = {name: getattr(row, name) for name in LookupRow.__slots__}
        changes = {name: values[name] for name in ("title", "artist", "looked_at")}
        statement = insert_into(transaction, LOOKUPS).values(values)
        keys = [_COLUMNS.user_id, _COLUMNS.release_id]
        await transaction.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=changes)
        )

    async def newest(self, transaction: Transaction, user_id: int, limit: int) -> list[LookupRow]:
        """Return what the person looked at last, the newest first."""
        statement = select(LOOKUPS).where(_COLUMNS.user_id == user_id)
        ordered = statement.order_by(_COLUMNS.looked_at.desc(), _COLUMNS.release_id).limit(limit)
        rows = (await transaction.execute(ordered)).mappings()
        return [LookupRow(**row) for row in rows]

    async def keep_newest(self, transaction: Transaction, user_id: int, count: int) -> None:
        """Forget all of a person's but the ``count`` newest."""
        kept = [row.release_id for row in await self.newest(transaction, user_id, count)]
        await transaction.execute(
            delete(LOOKUPS).where(_COLUMNS.user_id == user_id, _COLUMNS.release_id.not_in(kept))
        )

    async def delete_of(self, transaction: Transaction, user_id: int) -> None:
        """Forget all of a person's."""
        await transaction.execute(delete(LOOKUPS).where(_COLUMNS.user_id == user_id))
