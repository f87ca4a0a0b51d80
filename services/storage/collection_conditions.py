"""What ``ItemQuery`` and ``ItemOrder`` mean in SQL, alike on SQLite and PostgreSQL."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    cast,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy import table as sql_table
from sqlalchemy.dialects.postgresql import TSQUERY

from services.music import clean_text
from services.storage.collection_models import ItemOrder, ItemQuery
from services.storage.collection_rows import LOCAL, shown_generation
from services.storage.collection_words import key_of, postgres_match, sqlite_match, words_of
from services.storage.tables import COLLECTION_ITEMS, SEARCH_NAME

_ITEMS: Final = COLLECTION_ITEMS.c
_TIES: Final = (_ITEMS.artist_key, _ITEMS.title_key, _ITEMS.item_id)
_ORDERS: Final[dict[ItemOrder, tuple[Any, ...]]] = {
    ItemOrder.ADDED: (_ITEMS.added_at.desc().nulls_last(),),
    ItemOrder.ARTIST: (),
    ItemOrder.TITLE: (_ITEMS.title_key,),
    ItemOrder.YEAR: (_ITEMS.year.nulls_last(),),
    # false sorts before true on both
    ItemOrder.LABEL: (_ITEMS.label_key == "", _ITEMS.label_key),
    ItemOrder.RATING: (_ITEMS.rating.desc(),),
}


def order_of(order: ItemOrder) -> tuple[Any, ...]:
    """Return what to order by; no two copies are equal in it."""
    return (*_ORDERS[order], *_TIES)


def is_shown(user_id: int) -> ColumnElement[bool]:
    """Return the condition that a row is this person's and is shown."""
    return and_(
        _ITEMS.user_id == user_id,
        _ITEMS.generation.in_([shown_generation(user_id), LOCAL]),
    )


def matches(
    query: ItemQuery, *, user_id: int, folders: Collection[int], is_postgres: bool
) -> ColumnElement[bool]:
    """Return the condition that a row is this person's, is shown, and that ``query`` wants it.

    Args:
        query: What is asked for.
        user_id: Whose.
        folders: Those that ``query.folder`` means.
        is_postgres: Which of the two full-text indexes there is.
    """
    conditions = [*_names(query), *_numbers(query)]
    if clean_text(query.folder):
        conditions.append(_ITEMS.folder_id.in_(sorted(folders)))
    if clean_text(query.text):
        conditions.append(has_words(query.text, user_id=user_id, is_postgres=is_postgres))
    return and_(is_shown(user_id), *conditions)


def has_words(text: str, *, user_id: int, is_postgres: bool) -> ColumnElement[bool]:
    """Return the condition that a row has words that begin with those of ``text``, all of them.

    A text without any word, such as the name of the band ``!!!``, is part of artist or title.
    """
    words = words_of(text)
    if not words:
        key = key_of(text)
        return or_(_has_part(_ITEMS.artist_key, key), _has_part(_ITEMS.title_key, key))
    return are_indexed(words, user_ids=[user_id], is_postgres=is_postgres)


def are_indexed(
    words: Sequence[str], *, user_ids: Sequence[int], is_postgres: bool
) -> ColumnElement[bool]:
    """Return the condition that a row of one of these people has words that begin so.

    Args:
        words: All of them must be there; of ``words_of``, at least one.
        user_ids: At least one.
        is_postgres: Which of the two full-text indexes there is.
    """
    if is_postgres:
        # As the index has it: literally so, or PostgreSQL does not recognise it.
        indexed = func.array_to_tsvector(func.string_to_array(_ITEMS.words, literal_column("' '")))
        asked = " | ".join(f"({postgres_match(user_id, words)})" for user_id in user_ids)
        match = cast(cast(literal(asked), Text), TSQUERY)
        return indexed.op("@@", is_comparison=True)(match)
    search = sql_table(SEARCH_NAME, column("rowid"))
    is_match = literal_column(SEARCH_NAME).op("MATCH", is_comparison=True)
    asked = " OR ".join(f"({sqlite_match(user_id, words)})" for user_id in user_ids)
    found = select(search.c.rowid).where(is_match(asked))
    return _ITEMS.row_id.in_(found)


def _names(query: ItemQuery) -> Iterator[ColumnElement[bool]]:
    parts = ((_ITEMS.artist_key, query.artist), (_ITEMS.label_keys, query.label))
    wholes = (
        (_ITEMS.genre_keys, query.genre),
        (_ITEMS.style_keys, query.style),
        (_ITEMS.format_keys, query.format),
    )
    yield from (_has_part(keys, key_of(text)) for keys, text in parts if key_of(text))
    yield from (_has_part(keys, f"\n{key_of(text)}\n") for keys, text in wholes if key_of(text))


def _numbers(query: ItemQuery) -> Iterator[ColumnElement[bool]]:
    if query.from_year is not None:
        yield _ITEMS.year >= query.from_year
    if query.to_year is not None:
        yield _ITEMS.year <= query.to_year
    if query.min_rating is not None:
        yield _ITEMS.rating >= query.min_rating
    if query.added_since is not None:
        yield _ITEMS.added_at >= query.added_since


def _has_part(keys: ColumnElement[str], part: str) -> ColumnElement[bool]:
    return keys.contains(part, autoescape=True)
