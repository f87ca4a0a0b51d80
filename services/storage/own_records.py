"""``OwnRecordReader``: a person's copies and wishes with some words, for a glance at a card.

The statements are built once and take everything as parameters: a card is shown often, and building
one costs as much as running it. Each is limited to one ``user_id``.
"""

from functools import cache
from typing import Any, Final, cast

from sqlalchemy import (
    Select,
    Text,
    bindparam,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy import table as sql_table
from sqlalchemy.dialects.postgresql import TSQUERY

from services.storage.collection_conditions import is_shown
from services.storage.collection_models import ItemRecord
from services.storage.collection_rows import RECORD_COLUMNS, item_record
from services.storage.collection_words import postgres_match, sqlite_match, words_of
from services.storage.database import Transaction
from services.storage.tables import COLLECTION_ITEMS, SEARCH_NAME, WANTS
from services.storage.wantlist_models import WantRecord
from services.storage.wantlists import is_shown as is_wanted

_ITEMS: Final = COLLECTION_ITEMS.c
_MOST: Final = 200


class OwnRecordReader:
    """Questions about one person's records; each takes part in the caller's transaction."""

    async def copies(self, transaction: Transaction, user_id: int, text: str) -> list[ItemRecord]:
        """Return up to 200 copies with words that begin with those of ``text``, newest first."""
        words = words_of(text)
        if not words:
            return []
        is_postgres = transaction.is_postgres
        asked = (postgres_match if is_postgres else sqlite_match)(user_id, words)
        parameters = [{"user_id": user_id, "asked": asked}]
        rows = await transaction.execute(_copies(is_postgres=is_postgres), parameters)
        return [item_record(row) for row in rows]

    async def wants(self, transaction: Transaction, user_id: int, text: str) -> list[WantRecord]:
        """Return up to 200 wishes with a word that begins with the longest of ``text``.

        What of them is in the collection is not looked up.
        """
        words = words_of(text)
        if not words:
            return []
        parameters = [{"user_id": user_id, "asked": f" {max(words, key=len)}"}]
        rows = await transaction.execute(_wants(), parameters)
        return [
            WantRecord(release_id=row.release_id, data=row.data, has_copy=False, has_other=False)
            for row in rows
        ]


@cache
def _copies(*, is_postgres: bool) -> Select[Any]:
    asked = bindparam("asked", type_=Text)
    statement = select(*RECORD_COLUMNS).where(is_shown(_user()))
    if is_postgres:
        # As the index has it: literally so, or PostgreSQL does not recognise it.
        indexed = func.array_to_tsvector(func.string_to_array(_ITEMS.words, literal_column("' '")))
        is_match = indexed.op("@@", is_comparison=True)(sql_cast(asked, TSQUERY))
    else:
        search = sql_table(SEARCH_NAME, column("rowid"))
        found = literal_column(SEARCH_NAME).op("MATCH", is_comparison=True)(asked)
        is_match = _ITEMS.row_id.in_(select(search.c.rowid).where(found))
    newest = (_ITEMS.added_at.desc().nulls_last(), _ITEMS.item_id)
    return statement.where(is_match).order_by(*newest).limit(_MOST)


@cache
def _wants() -> Select[Any]:
    # Words are folded: none of LIKE's signs is among them.
    has_word = WANTS.c.words.contains(bindparam("asked", type_=Text))
    statement = select(WANTS.c.release_id, WANTS.c.data).where(is_wanted(_user()), has_word)
    return statement.order_by(WANTS.c.release_id).limit(_MOST)


def _user() -> int:
    """Return the parameter in place of the number that conditions are usually made of."""
    return cast("int", bindparam("user_id"))
