"""``SharedCollections``: the only statements that show one person's records to another.

Each of them asks in itself whether the owner shares (``preferences.shares``); a caller cannot
forget it. They return what others may see and nothing else: no notes, ratings, folders or dates.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, union

from services.storage.collection_conditions import are_indexed, is_shown
from services.storage.collection_rows import LOCAL
from services.storage.database import Transaction
from services.storage.tables import COLLECTION_ITEMS, COLLECTIONS, PREFERENCES

_ITEMS: Final = COLLECTION_ITEMS.c
_PEOPLE: Final = COLLECTIONS.c
_SHARED: Final = COLLECTION_ITEMS.join(COLLECTIONS, _PEOPLE.user_id == _ITEMS.user_id).join(
    PREFERENCES, PREFERENCES.c.user_id == _ITEMS.user_id
)
_IS_SHARED: Final = and_(
    PREFERENCES.c.shares,
    _ITEMS.generation.in_([func.coalesce(_PEOPLE.generation, _PEOPLE.building), LOCAL]),
)
_PEOPLE_AT_ONCE: Final = 50
"""For how many people one statement asks the full-text index."""
_SHOWN_OF_A_PERSON: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which records; what one of the conditions lets through.

    Attributes:
        words: Artist and title together have words that begin with these, all of them.
        release_id: This pressing.
        master_ids: Any pressing of these works.
    """

    words: tuple[str, ...] = ()
    release_id: int | None = None
    master_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedRow:
    """A record of somebody's who shares.

    Attributes:
        user_id: Whose.
        release_id: Discogs', or None.
        master_id: Or None.
        matching: How many records of this person fit in all.
        synced_at: When the person's collection was last known to be what Discogs has (UTC).
        data: JSON; only its public members may be read.
    """

    user_id: int
    release_id: int | None
    master_id: int | None
    matching: int
    synced_at: datetime | None
    data: str = field(repr=False)


class SharedCollections:
    """Questions across people; each takes part in the caller's transaction."""

    async def people(self, transaction: Transaction, limit: int) -> list[int]:
        """Return up to ``limit`` people who share a collection, those who began last first."""
        columns = PREFERENCES.c
        statement = (
            select(columns.user_id)
            .join(COLLECTIONS, _PEOPLE.user_id == columns.user_id)
            .where(columns.shares)
            .order_by(columns.shared_at.desc(), columns.user_id)
            .limit(limit)
        )
        return list((await transaction.execute(statement)).scalars())

    async def masters_of(
        self, transaction: Transaction, release_id: int, *, asker_id: int
    ) -> tuple[int, ...]:
        """Return the works of a release, as far as the asker or somebody who shares knows them."""
        this = (_ITEMS.release_id == release_id) & _ITEMS.master_id.is_not(None)
        shared = select(_ITEMS.master_id).select_from(_SHARED).where(_IS_SHARED, this)
        own = select(_ITEMS.master_id).where(is_shown(asker_id), this)
        return tuple((await transaction.execute(union(shared, own))).scalars())

    async def owners(
        self, transaction: Transaction, people: Sequence[int], wish: Wish, limit: int
    ) -> list[int]:
        """Return those of ``people`` who have it, up to ``limit``; who has most comes first."""
        counts: list[tuple[int, int]] = []
        for start in range(0, len(people), _PEOPLE_AT_ONCE):
            some = people[start : start + _PEOPLE_AT_ONCE]
            matching = _matching(some, wish, is_postgres=transaction.is_postgres)
            statement = (
                select(func.count().label("copies"), _ITEMS.user_id)
                .where(_ITEMS.row_id.in_(matching))
                .group_by(_ITEMS.user_id)
            )
            found = (await transaction.execute(statement)).all()
            counts += [(-row.copies, row.user_id) for row in found]
        return [user_id for _, user_id in sorted(counts)[:limit]]

    async def found(
        self, transaction: Transaction, people: Sequence[int], wish: Wish
    ) -> list[SharedRow]:
        """Return the first records of each that fit, this very pressing before others.

        Who has stopped sharing by now has none. ``people`` are at most 50.
        """
        if not people:
            return []
        matching = _matching(people, wish, is_postgres=transaction.is_postgres)
        is_it = _ITEMS.release_id == (-1 if wish.release_id is None else wish.release_id)
        order = (is_it.desc().nulls_last(), _ITEMS.artist_key, _ITEMS.title_key, _ITEMS.item_id)
        each = (
            select(
                *(_ITEMS.user_id, _ITEMS.release_id, _ITEMS.master_id, _ITEMS.data),
                _PEOPLE.synced_at,
                func.count().over(partition_by=_ITEMS.user_id).label("matching"),
                func.row_number().over(partition_by=_ITEMS.user_id, order_by=order).label("place"),
            )
            .join(COLLECTIONS, _PEOPLE.user_id == _ITEMS.user_id)
            .where(_ITEMS.row_id.in_(matching))
            .subquery()
        )
        columns = [each.c[name] for name in SharedRow.__slots__]
        statement = select(*columns).where(each.c.place <= _SHOWN_OF_A_PERSON)
        return await _rows(transaction, statement.order_by(each.c.user_id, each.c.place))

    # --- One person's, for another to be compared with

    async def read_at(
        self, transaction: Transaction, owner_id: int, *, asker_id: int
    ) -> tuple[bool, datetime | None]:
        """Return whether there is anything that the asker may see, and from when it is."""
        statement = select(_PEOPLE.synced_at).where(
            _PEOPLE.user_id == owner_id, _may_see(owner_id, asker_id)
        )
        row = (await transaction.execute(statement)).one_or_none()
        return (False, None) if row is None else (True, row.synced_at)

    async def pressings(
        self, transaction: Transaction, owner_id: int, *, asker_id: int
    ) -> list[tuple[int, int | None]]:
        """Return release and master of each copy that has a release, by artist and title."""
        statement = (
            select(_ITEMS.release_id, _ITEMS.master_id)
            .where(_seen(owner_id, asker_id), _ITEMS.release_id.is_not(None))
            .order_by(_ITEMS.artist_key, _ITEMS.title_key, _ITEMS.item_id)
        )
        found = (await transaction.execute(statement)).all()
        return [(row.release_id, row.master_id) for row in found]

    async def genres(
        self, transaction: Transaction, owner_id: int, *, asker_id: int
    ) -> list[tuple[str, int]]:
        """Return each combination of genres, one a line, and how many copies have it."""
        statement = (
            select(_ITEMS.genres, func.count().label("copies"))
            .where(_seen(owner_id, asker_id))
            .group_by(_ITEMS.genres)
        )
        return [(row.genres, row.copies) for row in (await transaction.execute(statement)).all()]

    async def records(
        self,
        transaction: Transaction,
        owner_id: int,
        release_ids: Collection[int],
        *,
        asker_id: int,
    ) -> list[SharedRow]:
        """Return the owner's copies of these releases."""
        columns = (_ITEMS.user_id, _ITEMS.release_id, _ITEMS.master_id, _ITEMS.data)
        statement = (
            select(*columns, _PEOPLE.synced_at, literal(1).label("matching"))
            .join(COLLECTIONS, _PEOPLE.user_id == _ITEMS.user_id)
            .where(_seen(owner_id, asker_id), _ITEMS.release_id.in_(list(release_ids)))
        )
        return await _rows(transaction, statement)


async def _rows(transaction: Transaction, statement: Select[Any]) -> list[SharedRow]:
    found = (await transaction.execute(statement)).mappings()
    return [SharedRow(**{name: row[name] for name in SharedRow.__slots__}) for row in found]


def _may_see(owner_id: int, asker_id: int) -> ColumnElement[bool]:
    """Return the condition that the owner shares; nobody needs leave to see their own."""
    columns = PREFERENCES.c
    shares = exists().where(columns.user_id == owner_id, columns.shares)
    return or_(shares, literal(owner_id) == asker_id)


def _seen(owner_id: int, asker_id: int) -> ColumnElement[bool]:
    return and_(is_shown(owner_id), _may_see(owner_id, asker_id))


def _matching(people: Sequence[int], wish: Wish, *, is_postgres: bool) -> Any:  # noqa: ANN401  # SQLAlchemy's name for it is internal
    """Return a query of the row ids that are these people's, are shared and are wished for."""
    conditions = []
    if wish.words:
        indexed = are_indexed(wish.words, user_ids=people, is_postgres=is_postgres)
        conditions.append(and_(indexed, *map(_is_named, wish.words)))
    if wish.release_id is not None:
        conditions.append(_ITEMS.release_id == wish.release_id)
    if wish.master_ids:
        conditions.append(_ITEMS.master_id.in_(wish.master_ids))
    theirs = _ITEMS.user_id.in_(list(people))
    shared = select(_ITEMS.row_id).select_from(_SHARED).where(_IS_SHARED, theirs)
    return union(*(shared.where(condition) for condition in conditions))


def _is_named(word: str) -> ColumnElement[bool]:
    """Return the condition that the word is one of artist or title.

    The full-text index also has labels, numbers and notes: a match must not tell what somebody's
    notes say. Characters of scripts without spaces are words of their own, anywhere in a name.
    """
    names = literal(" ") + _ITEMS.artist_key + " " + _ITEMS.title_key
    is_unspaced = len(word) == 1 and not word.isascii() and word.isalpha() and ord(word) >= 0x2E80  # noqa: PLR2004  # where such scripts begin
    return names.contains(word if is_unspaced else f" {word}", autoescape=True)
