"""Copies as rows of their table, and back."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, ScalarSelect, delete, func, insert, select

from services.music import clean_text
from services.storage.collection_models import ItemRecord, ItemRow
from services.storage.collection_words import key_of, keys_of, lines_of, stored_words
from services.storage.database import Transaction
from services.storage.statements import insert_into
from services.storage.tables import COLLECTION_IDS, COLLECTION_ITEMS, COLLECTIONS

LOCAL: Final = 0
"""The generation of local entries."""
RECORD_COLUMNS: Final = tuple(COLLECTION_ITEMS.c[name] for name in ItemRecord.__slots__)
"""What a query selects to make ``ItemRecord`` of it."""

_LAST_YEAR: Final = 9_999
_ITEMS: Final = COLLECTION_ITEMS.c
_IDS: Final = COLLECTION_IDS.c


async def write_items(
    transaction: Transaction,
    user_id: int,
    generation: int,
    rows: Sequence[ItemRow],
    *,
    page: int = 0,
) -> None:
    """Write copies that Discogs has, instead of what the generation has of the same copies.

    A local entry that was added to Discogs before anything was read from there ends here.

    Args:
        transaction: The caller's.
        user_id: Whose.
        generation: The one that is shown or being written.
        rows: Those without an ``instance_id`` are left out.
        page: On which they were read; 0 for those that no walk has read.
    """
    by_instance = {row.instance_id: row for row in rows if row.instance_id is not None}
    if not by_instance:
        return
    numbers = await _numbers(transaction, user_id, list(by_instance))
    replaced = delete(COLLECTION_ITEMS).where(
        _ITEMS.user_id == user_id,
        _ITEMS.generation.in_([LOCAL, generation]),
        _ITEMS.item_id.in_(list(numbers.values())),
    )
    await transaction.execute(replaced)
    values = [
        {
            **item_values(user_id, row),
            "item_id": numbers[instance_id],
            "generation": generation,
            "page": page,
        }
        for instance_id, row in by_instance.items()
    ]
    await transaction.execute(insert(COLLECTION_ITEMS), values)


async def _numbers(
    transaction: Transaction, user_id: int, instance_ids: Sequence[int]
) -> dict[int, int]:
    """Return our number of each copy; new ones grow in the order of ``instance_ids``."""
    statement = insert_into(transaction, COLLECTION_IDS).on_conflict_do_nothing()
    new = [{"user_id": user_id, "instance_id": each} for each in instance_ids]
    await transaction.execute(statement, new)
    known = select(_IDS.instance_id, _IDS.item_id).where(
        _IDS.user_id == user_id, _IDS.instance_id.in_(list(instance_ids))
    )
    rows = (await transaction.execute(known)).all()
    return {int(row.instance_id): int(row.item_id) for row in rows}


def item_values(user_id: int, row: ItemRow) -> dict[str, Any]:
    """Return the columns of a copy, without its number, generation and page."""
    texts = (row.artist, row.title, *row.labels, *row.texts)
    return {
        "user_id": user_id,
        "instance_id": row.instance_id,
        "release_id": row.release_id,
        "master_id": row.master_id,
        "folder_id": row.folder_id,
        "rating": row.rating,
        "year": row.year if row.year is not None and 0 < row.year <= _LAST_YEAR else None,
        "added_at": row.added_at,
        "artist_key": key_of(row.artist),
        "title_key": key_of(row.title),
        "label_key": key_of(row.labels[0]) if row.labels else "",
        "genres": lines_of(row.genres),
        "styles": lines_of(row.styles),
        "labels": lines_of(row.labels),
        "formats": lines_of(row.formats),
        "genre_keys": keys_of(row.genres),
        "style_keys": keys_of(row.styles),
        "label_keys": keys_of(row.labels),
        "format_keys": keys_of(row.formats),
        "words": stored_words(user_id, texts),
        "data": row.data,
        "country": clean_text(row.country),
        "format_names": lines_of(row.format_names),
    }


def item_record(row: Row[Any]) -> ItemRecord:
    """Return the copy behind a row with ``RECORD_COLUMNS``."""
    return ItemRecord(**row._mapping)  # noqa: SLF001  # SQLAlchemy's public name for it


def in_generation(user_id: int, generation: int) -> ColumnElement[bool]:
    """Return the condition that a row is of that person and generation."""
    return (_ITEMS.user_id == user_id) & (_ITEMS.generation == generation)


def shown_generation(user_id: int) -> ScalarSelect[int | None]:
    """Return which generation is shown: before the first is whole, what was read of it so far."""
    columns = COLLECTIONS.c
    generation = func.coalesce(columns.generation, columns.building)
    return select(generation).where(columns.user_id == user_id).scalar_subquery()
