"""``LocalEntries``: copies that only we know of, until Discogs has them, too.

A local entry that Discogs turns out to have, or that was added there, keeps its number: whoever
holds a message about it can still act on it.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, delete, insert, or_, select, update

from services.storage.collection_models import ItemRecord, ItemRow
from services.storage.collection_rows import (
    LOCAL,
    RECORD_COLUMNS,
    in_generation,
    item_record,
    item_values,
    shown_generation,
    write_items,
)
from services.storage.database import Transaction
from services.storage.tables import COLLECTION_IDS, COLLECTION_ITEMS

_ITEMS: Final = COLLECTION_ITEMS.c
_IDS: Final = COLLECTION_IDS.c


class LocalEntries:
    """Statements on generation 0; each takes part in the caller's transaction."""

    async def add(self, transaction: Transaction, user_id: int, row: ItemRow) -> int:
        """Store a local entry; returns its number. ``row`` has no ``instance_id``."""
        statement = insert(COLLECTION_IDS).values(user_id=user_id).returning(_IDS.item_id)
        item_id = int((await transaction.execute(statement)).scalar_one())
        values = {**item_values(user_id, row), "item_id": item_id, "generation": LOCAL, "page": 0}
        await transaction.execute(insert(COLLECTION_ITEMS).values(values))
        return item_id

    async def get(self, transaction: Transaction, user_id: int, item_id: int) -> ItemRecord | None:
        """Return a local entry, or None when it is none (any more)."""
        statement = select(*RECORD_COLUMNS).where(_entry(user_id, item_id))
        row = (await transaction.execute(statement)).one_or_none()
        return None if row is None else item_record(row)

    async def remove(self, transaction: Transaction, user_id: int, item_id: int) -> bool:
        """Delete a local entry; False when it is none (any more)."""
        statement = delete(COLLECTION_ITEMS).where(_entry(user_id, item_id))
        return bool((await transaction.execute(statement)).rowcount)

    async def adopt(
        self, transaction: Transaction, user_id: int, item_id: int, row: ItemRow
    ) -> bool:
        """Turn a local entry into the copy that Discogs has of it, under the same number.

        False when it is no local entry any more: somebody removed it, or a sync was faster. Before
        anything was read from Discogs it stays in generation 0 until a sync brings it.
        """
        if row.instance_id is None or await self.get(transaction, user_id, item_id) is None:
            return False
        shown = (await transaction.execute(select(shown_generation(user_id)))).scalar_one()
        await self.remove(transaction, user_id, item_id)
        await write_items(transaction, user_id, LOCAL if shown is None else shown, [row])
        await self._join(transaction, user_id, item_id, row.instance_id)
        return True

    async def reconcile(self, transaction: Transaction, user_id: int) -> int:
        """Give up local entries that Discogs has by now; returns how many.

        It has one when a copy that became known to us only after the entry was made is of the same
        release, or has the same artist and title and was added after the entry. A copy stands for
        one entry at most: who enters two has two.
        """
        entries = select(COLLECTION_ITEMS).where(
            in_generation(user_id, LOCAL), _ITEMS.instance_id.is_(None)
        )
        given_up = 0
        for entry in (await transaction.execute(entries.order_by(_ITEMS.item_id))).all():
            found = (await transaction.execute(_same(user_id, entry))).scalar_one_or_none()
            if found is not None:
                await self._join(transaction, user_id, entry.item_id, found)
                given_up += await self.remove(transaction, user_id, entry.item_id)
        return given_up

    async def _join(
        self, transaction: Transaction, user_id: int, item_id: int, instance_id: int
    ) -> None:
        """Give a copy of Discogs' the number of a local entry."""
        its_own = select(_IDS.item_id).where(
            _IDS.user_id == user_id, _IDS.instance_id == instance_id
        )
        number = (await transaction.execute(its_own)).scalar_one_or_none()
        if number is not None:
            mine = (_IDS.user_id == user_id) & (_IDS.item_id == number)
            await transaction.execute(delete(COLLECTION_IDS).where(mine))
            copies = (_ITEMS.user_id == user_id) & (_ITEMS.item_id == number)
            renumber = update(COLLECTION_ITEMS).where(copies).values(item_id=item_id)
            await transaction.execute(renumber)
        entry = (_IDS.user_id == user_id) & (_IDS.item_id == item_id)
        await transaction.execute(
            update(COLLECTION_IDS).where(entry).values(instance_id=instance_id)
        )


def _entry(user_id: int, item_id: int) -> ColumnElement[bool]:
    return and_(
        in_generation(user_id, LOCAL), _ITEMS.item_id == item_id, _ITEMS.instance_id.is_(None)
    )


def _same(user_id: int, entry: Row[Any]) -> Select[tuple[int]]:
    """Ask for the copy that Discogs has of a local entry."""
    is_named_alike = and_(
        _ITEMS.artist_key == entry.artist_key,
        _ITEMS.title_key == entry.title_key,
        _ITEMS.added_at >= entry.added_at,
    )
    is_same = _ITEMS.release_id == entry.release_id
    return (
        select(_ITEMS.instance_id)
        .where(
            _ITEMS.user_id == user_id,
            _ITEMS.generation == shown_generation(user_id),
            # Numbers grow: it became known to us after the entry was made.
            _ITEMS.item_id > entry.item_id,
            or_(is_same, is_named_alike),
        )
        .order_by(_ITEMS.item_id)
        .limit(1)
    )
