"""``CollectionReader``: what is shown of a collection; see ``collections.py`` for how it is stored.

Every statement is limited to one ``user_id``: there is none that could return another's rows.
"""

from typing import Final

from sqlalchemy import ColumnElement, func, or_, select, tuple_

from services.music import clean_text
from services.storage.collection_conditions import is_shown, matches, order_of
from services.storage.collection_models import (
    EVERYTHING,
    ItemOrder,
    ItemQuery,
    ItemRecord,
    NameKind,
    NameList,
)
from services.storage.collection_rows import RECORD_COLUMNS, item_record
from services.storage.collection_words import key_of
from services.storage.database import Transaction
from services.storage.tables import COLLECTION_ITEMS, COLLECTION_NAMES

ExportKey = tuple[str, str, int]
"""Where an export is: artist and title, folded, and the number of its last copy."""

_ITEMS: Final = COLLECTION_ITEMS.c
_KEYS: Final = {
    NameList.GENRES: _ITEMS.genre_keys,
    NameList.STYLES: _ITEMS.style_keys,
    NameList.LABELS: _ITEMS.label_keys,
    NameList.FORMATS: _ITEMS.format_keys,
}
_MOST_LINES: Final = 500
_LARGEST_NUMBER: Final = 2**63 - 1


class CollectionReader:
    """Questions about one person's shown copies; each takes part in the caller's transaction."""

    async def count(
        self, transaction: Transaction, user_id: int, query: ItemQuery = EVERYTHING
    ) -> int:
        """Return how many copies ``query`` wants."""
        condition = await self.condition(transaction, user_id, query)
        statement = select(func.count()).select_from(COLLECTION_ITEMS).where(condition)
        return int((await transaction.execute(statement)).scalar_one())

    async def page(
        self,
        transaction: Transaction,
        user_id: int,
        query: ItemQuery,
        *,
        order: ItemOrder,
        offset: int,
        limit: int,
    ) -> list[ItemRecord]:
        """Return up to ``limit`` of the copies that ``query`` wants, after the first ``offset``."""
        condition = await self.condition(transaction, user_id, query)
        ordered = select(_ITEMS.row_id).where(condition).order_by(*order_of(order))
        wanted = ordered.offset(offset).limit(limit).subquery()
        # In two steps: sorting carries numbers and keys about, not everything that is shown.
        statement = (
            select(*RECORD_COLUMNS)
            .join(wanted, wanted.c.row_id == _ITEMS.row_id)
            .order_by(*order_of(order))
        )
        return [item_record(row) for row in await transaction.execute(statement)]

    async def batch(
        self, transaction: Transaction, user_id: int, *, after: ExportKey | None, limit: int
    ) -> tuple[list[ItemRecord], ExportKey | None]:
        """Return the next copies by artist and title, and where to go on; None: those were all."""
        key = (_ITEMS.artist_key, _ITEMS.title_key, _ITEMS.item_id)
        statement = select(*RECORD_COLUMNS, *key[:2]).where(is_shown(user_id))
        if after is not None:
            statement = statement.where(tuple_(*key) > tuple_(*after))
        result = await transaction.execute(statement.order_by(*key).limit(limit))
        rows = result.mappings().all()
        records = [ItemRecord(**{name: row[name] for name in ItemRecord.__slots__}) for row in rows]
        if len(rows) < limit:
            return records, None
        last = rows[-1]
        return records, (last["artist_key"], last["title_key"], last["item_id"])

    async def item(self, transaction: Transaction, user_id: int, item_id: int) -> ItemRecord | None:
        """Return one copy, or None when the person has none of that number (any more)."""
        if not 0 < item_id <= _LARGEST_NUMBER:
            return None
        statement = select(*RECORD_COLUMNS).where(is_shown(user_id), _ITEMS.item_id == item_id)
        row = (await transaction.execute(statement)).one_or_none()
        return None if row is None else item_record(row)

    async def find(
        self, transaction: Transaction, user_id: int, text: str, limit: int
    ) -> list[ItemRecord]:
        """Return copies with words that begin with those of ``text``, by artist and title.

        Without any text, those that were added last.
        """
        order = ItemOrder.ARTIST if clean_text(text) else ItemOrder.ADDED
        query = ItemQuery(text=text)
        return await self.page(transaction, user_id, query, order=order, offset=0, limit=limit)

    async def editions(
        self, transaction: Transaction, user_id: int, release_id: int, master_id: int | None
    ) -> list[ItemRecord]:
        """Return the copies of a release, and of other releases of its master, newest first."""
        is_meant = _ITEMS.release_id == release_id
        if master_id is not None:
            is_meant = or_(is_meant, _ITEMS.master_id == master_id)
        statement = select(*RECORD_COLUMNS).where(is_shown(user_id), is_meant)
        rows = await transaction.execute(statement.order_by(*order_of(ItemOrder.ADDED)))
        return [item_record(row) for row in rows]

    async def names(self, transaction: Transaction, user_id: int, kind: NameKind) -> dict[int, str]:
        """Return what the person calls folders or fields, by Discogs' numbers for them."""
        return (await self.all_names(transaction, user_id))[kind]

    async def all_names(
        self, transaction: Transaction, user_id: int
    ) -> dict[NameKind, dict[int, str]]:
        """Return both at once."""
        columns = COLLECTION_NAMES.c
        statement = select(columns.kind, columns.number, columns.name)
        names: dict[NameKind, dict[int, str]] = {kind: {} for kind in NameKind}
        for row in await transaction.execute(statement.where(columns.user_id == user_id)):
            names[NameKind(row.kind)][int(row.number)] = row.name
        return names

    async def field_options(
        self, transaction: Transaction, user_id: int
    ) -> dict[int, tuple[str, ...]]:
        """Return what may be chosen in fields, by Discogs' numbers; free texts are left out."""
        columns = COLLECTION_NAMES.c
        statement = select(columns.number, columns.options).where(
            columns.user_id == user_id, columns.options.is_not(None)
        )
        rows = await transaction.execute(statement)
        return {int(row.number): tuple(row.options.split("\n")) for row in rows}

    async def listed(
        self, transaction: Transaction, user_id: int, names: NameList, prefix: str, limit: int
    ) -> list[str]:
        """Return names with a word that begins with ``prefix``, the most frequent ones first."""
        key = key_of(prefix)
        column, keys = _ITEMS[names.value], _KEYS[names]
        statement = select(column, func.count().label("copies")).where(is_shown(user_id))
        if key:
            statement = statement.where(_has_beginning(keys, key))
        grouped = statement.group_by(column).order_by(func.count().desc(), column)
        totals: dict[str, int] = {}
        for row in await transaction.execute(grouped.limit(_MOST_LINES)):
            for name in filter(None, row[0].split("\n")):
                totals[name] = totals.get(name, 0) + row.copies
        if key:
            totals = {name: n for name, n in totals.items() if f" {key}" in f" {key_of(name)}"}
        return sorted(totals, key=lambda name: (-totals[name], name))[:limit]

    async def folders(
        self, transaction: Transaction, user_id: int, prefix: str, limit: int
    ) -> list[str]:
        """Return names of folders with a word that begins with ``prefix``, by name."""
        names = set((await self.names(transaction, user_id, NameKind.FOLDER)).values())
        key = f" {key_of(prefix)}" if key_of(prefix) else ""
        return sorted(name for name in names if key in f" {key_of(name)}")[:limit]

    async def condition(
        self, transaction: Transaction, user_id: int, query: ItemQuery
    ) -> ColumnElement[bool]:
        """Return the condition that a row is this person's, is shown, and that ``query`` wants."""
        folders: list[int] = []
        if clean_text(query.folder):
            part = key_of(query.folder)
            names = await self.names(transaction, user_id, NameKind.FOLDER)
            folders = [number for number, name in names.items() if part in key_of(name)]
        return matches(query, user_id=user_id, folders=folders, is_postgres=transaction.is_postgres)


def _has_beginning(keys: ColumnElement[str], key: str) -> ColumnElement[bool]:
    """Return the condition that a word of the names begins with ``key``."""
    return or_(
        keys.contains(f"\n{key}", autoescape=True), keys.contains(f" {key}", autoescape=True)
    )
