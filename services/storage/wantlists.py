"""``WantlistRepository``: what a sync and a person's own changes write of a wantlist.

As with collections, a walk writes a new *generation* beside the one that is shown, and publishing
it is one step. What a person changes here goes into both, so that a walk under way undoes nothing.
"""

from collections.abc import Sequence
from typing import Any, Final, Unpack

from sqlalchemy import ColumnElement, Row, delete, func, insert, or_, select, update

from services.storage.collection_words import key_of, words_of
from services.storage.database import Transaction
from services.storage.statements import insert_into
from services.storage.tables import WANTLISTS, WANTS
from services.storage.wantlist_models import WantlistChanges, WantlistRow, WantRow

_LISTS: Final = WANTLISTS.c
_WANTS: Final = WANTS.c
_LAST_YEAR: Final = 9_999


class WantlistRepository:
    """Statements on one person's wantlist; each takes part in the caller's transaction."""

    async def open(self, transaction: Transaction, user_id: int, username: str) -> WantlistRow:
        """Return the person's wantlist; an empty one is made where there was none."""
        statement = (
            insert_into(transaction, WANTLISTS)
            .values(user_id=user_id, username=username)
            .on_conflict_do_update(index_elements=["user_id"], set_={"username": username})
            .returning(*_LISTS)
        )
        return _wantlist((await transaction.execute(statement)).one())

    async def get(
        self, transaction: Transaction, user_id: int, *, for_update: bool = False
    ) -> WantlistRow | None:
        """Return the person's wantlist, or None.

        Args:
            transaction: The caller's.
            user_id: Whose.
            for_update: Have others wait who also want to change it, until the transaction ends.
        """
        statement = select(WANTLISTS).where(_LISTS.user_id == user_id)
        if for_update:
            statement = statement.with_for_update()
        row = (await transaction.execute(statement)).one_or_none()
        return None if row is None else _wantlist(row)

    async def change(
        self, transaction: Transaction, user_id: int, **changes: Unpack[WantlistChanges]
    ) -> None:
        """Change how the sync stands."""
        statement = update(WANTLISTS).where(_LISTS.user_id == user_id).values(**changes)
        await transaction.execute(statement)

    # --- What a walk writes

    async def begin_generation(self, transaction: Transaction, user_id: int) -> int | None:
        """Return the number of a new generation to be written; None without a wantlist.

        One that was being written is given up.
        """
        await self.give_up(transaction, user_id)
        following = _LISTS.last_generation + 1
        statement = (
            update(WANTLISTS)
            .where(_LISTS.user_id == user_id)
            .values(building=following, last_generation=following)
            .returning(_LISTS.building)
        )
        return (await transaction.execute(statement)).scalar_one_or_none()

    async def write(
        self, transaction: Transaction, user_id: int, generation: int, rows: Sequence[WantRow]
    ) -> None:
        """Write wishes, instead of what the generation has of the same releases."""
        by_release = {row.release_id: row for row in rows}
        if not by_release:
            return
        await transaction.execute(
            delete(WANTS).where(
                _in_generation(user_id, generation), _WANTS.release_id.in_(list(by_release))
            )
        )
        values = [_values(user_id, generation, row) for row in by_release.values()]
        await transaction.execute(insert(WANTS), values)

    async def count(self, transaction: Transaction, user_id: int, generation: int) -> int:
        """Return how many wishes a generation has."""
        statement = select(func.count()).select_from(WANTS)
        counted = await transaction.execute(statement.where(_in_generation(user_id, generation)))
        return int(counted.scalar_one())

    async def publish(self, transaction: Transaction, user_id: int, generation: int) -> bool:
        """Show ``generation`` and delete what was shown before.

        False, and nothing changes, when it is not the one being written.
        """
        statement = (
            update(WANTLISTS)
            .where(_LISTS.user_id == user_id, _LISTS.building == generation)
            .values(generation=generation, building=None)
        )
        if not (await transaction.execute(statement)).rowcount:
            return False
        others = (_WANTS.user_id == user_id) & (_WANTS.generation != generation)
        await transaction.execute(delete(WANTS).where(others))
        return True

    async def give_up(self, transaction: Transaction, user_id: int) -> None:
        """Write no longer what is being written, and delete it."""
        building = select(_LISTS.building).where(_LISTS.user_id == user_id).scalar_subquery()
        those = (_WANTS.user_id == user_id) & (_WANTS.generation == building)
        await transaction.execute(delete(WANTS).where(those))
        await transaction.execute(
            update(WANTLISTS).where(_LISTS.user_id == user_id).values(building=None)
        )

    # --- What a person changes

    async def put(self, transaction: Transaction, user_id: int, row: WantRow) -> None:
        """Add a wish, or replace it, in every generation there is."""
        wantlist = await self._edited(transaction, user_id)
        for generation in (wantlist.generation, wantlist.building) if wantlist else ():
            if generation is not None:
                await self.write(transaction, user_id, generation, [row])

    async def remove(self, transaction: Transaction, user_id: int, release_id: int) -> bool:
        """Delete a wish from every generation; False when it was not there."""
        await self._edited(transaction, user_id)
        wish = (_WANTS.user_id == user_id) & (_WANTS.release_id == release_id)
        return bool((await transaction.execute(delete(WANTS).where(wish))).rowcount)

    async def delete_person(self, transaction: Transaction, user_id: int) -> None:
        """Delete everything of a person."""
        for table in (WANTS, WANTLISTS):
            await transaction.execute(delete(table).where(table.c.user_id == user_id))

    async def _edited(self, transaction: Transaction, user_id: int) -> WantlistRow | None:
        """Note that pages on their way from Discogs may be older than what is written now."""
        statement = (
            update(WANTLISTS)
            .where(_LISTS.user_id == user_id)
            .values(edits=_LISTS.edits + 1)
            .returning(*_LISTS)
        )
        row = (await transaction.execute(statement)).one_or_none()
        return None if row is None else _wantlist(row)


def is_shown(user_id: int) -> ColumnElement[bool]:
    """Return the condition that a wish is this person's and is shown.

    Before the first generation is whole, what was read of it so far is.
    """
    generation = func.coalesce(_LISTS.generation, _LISTS.building)
    shown = select(generation).where(_LISTS.user_id == user_id).scalar_subquery()
    return (_WANTS.user_id == user_id) & (_WANTS.generation == shown)


def has_words(text: str) -> ColumnElement[bool]:
    """Return the condition that a wish has words that begin with those of ``text``, all of them.

    A wantlist is short: it is read through, without an index. A text without any word, such as the
    name of the band ``!!!``, is part of artist or title.
    """
    words = words_of(text)
    if not words:
        key = key_of(text)
        parts = (_WANTS.artist_key, _WANTS.title_key)
        return or_(*(part.contains(key, autoescape=True) for part in parts))
    found: ColumnElement[bool] = _WANTS.words.contains(f" {words[0]}", autoescape=True)
    for word in words[1:]:
        found &= _WANTS.words.contains(f" {word}", autoescape=True)
    return found


def _in_generation(user_id: int, generation: int) -> ColumnElement[bool]:
    return (_WANTS.user_id == user_id) & (_WANTS.generation == generation)


def _wantlist(row: Row[Any]) -> WantlistRow:
    return WantlistRow(**row._mapping)  # noqa: SLF001  # SQLAlchemy's public name for it


def _values(user_id: int, generation: int, row: WantRow) -> dict[str, Any]:
    texts = (row.artist, row.title, *row.labels, *row.texts)
    words = dict.fromkeys(word for text in texts for word in words_of(text))
    return {
        "user_id": user_id,
        "generation": generation,
        "release_id": row.release_id,
        "master_id": row.master_id,
        "rating": row.rating,
        "year": row.year if row.year is not None and 0 < row.year <= _LAST_YEAR else None,
        "added_at": row.added_at,
        "artist_key": key_of(row.artist),
        "title_key": key_of(row.title),
        "label_key": key_of(row.labels[0]) if row.labels else "",
        "words": " " + "".join(f"{word} " for word in words),
        "data": row.data,
    }
