"""``CollectionRepository``: what a sync writes; see ``docs/decisions/0013``.

A person's copies are stored in *generations*. A walk through the whole collection writes a new
one beside the one that is shown; ``publish`` makes it the shown one by changing one number. What
fails before that has changed nothing that anybody sees. Generation 0 holds local entries.

A copy keeps its number (``item_id``) from one generation to the next.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Unpack

from sqlalchemy import Row, delete, func, insert, select, update

from services.storage.collection_entries import LocalEntries
from services.storage.collection_models import CollectionRow, ItemRow, NameKind, SyncChanges
from services.storage.collection_rows import LOCAL, in_generation, item_values, write_items
from services.storage.collection_words import lines_of
from services.storage.database import Transaction
from services.storage.statements import insert_into
from services.storage.tables import (
    COLLECTION_IDS,
    COLLECTION_ITEMS,
    COLLECTION_NAMES,
    COLLECTION_PICKS,
    COLLECTION_VALUES,
    COLLECTIONS,
    PLAYS,
)

_PEOPLE: Final = COLLECTIONS.c
_ITEMS: Final = COLLECTION_ITEMS.c
_IDS: Final = COLLECTION_IDS.c
_BELONGING: Final = (
    COLLECTION_ITEMS,
    COLLECTION_IDS,
    COLLECTION_NAMES,
    COLLECTION_PICKS,
    COLLECTION_VALUES,
    PLAYS,
    COLLECTIONS,
)


class CollectionRepository:
    """Statements on one person's collection; each takes part in the caller's transaction."""

    def __init__(self) -> None:
        """Keep nothing: all of it is in the database."""
        self._entries = LocalEntries()

    async def open(self, transaction: Transaction, user_id: int, username: str) -> CollectionRow:
        """Return the person's collection; an empty one is made where there was none.

        Another ``username`` than before is noted; it is for the caller to know whether the account
        was renamed, or is another one whose copies replace those of before.
        """
        statement = (
            insert_into(transaction, COLLECTIONS)
            .values(user_id=user_id, username=username)
            .on_conflict_do_update(index_elements=["user_id"], set_={"username": username})
            .returning(*_PEOPLE)
        )
        return _collection((await transaction.execute(statement)).one())

    async def get(
        self, transaction: Transaction, user_id: int, *, for_update: bool = False
    ) -> CollectionRow | None:
        """Return the person's collection, or None.

        Args:
            transaction: The caller's.
            user_id: Whose.
            for_update: Have others wait who also want to change it, until the transaction ends.
        """
        statement = select(COLLECTIONS).where(_PEOPLE.user_id == user_id)
        if for_update:
            statement = statement.with_for_update()
        row = (await transaction.execute(statement)).one_or_none()
        return None if row is None else _collection(row)

    async def change(
        self, transaction: Transaction, user_id: int, **changes: Unpack[SyncChanges]
    ) -> bool:
        """Change how the sync stands; False when there is no collection (any more)."""
        statement = update(COLLECTIONS).where(_PEOPLE.user_id == user_id).values(**changes)
        return bool((await transaction.execute(statement)).rowcount)

    async def begin_generation(self, transaction: Transaction, user_id: int) -> int | None:
        """Return the number of a new generation to be written; None without a collection.

        One that was being written is given up; ``drop_stale`` deletes its rows.
        """
        following = _PEOPLE.last_generation + 1
        statement = (
            update(COLLECTIONS)
            .where(_PEOPLE.user_id == user_id)
            .values(building=following, last_generation=following)
            .returning(_PEOPLE.building)
        )
        return (await transaction.execute(statement)).scalar_one_or_none()

    async def write_page(
        self,
        transaction: Transaction,
        user_id: int,
        generation: int,
        page: int,
        rows: Sequence[ItemRow],
    ) -> None:
        """Make ``rows`` what the page holds, however often it is written.

        A copy that was on another page of this generation is on this one from now on; one that is
        on this page no longer is gone until another page brings it.

        Args:
            transaction: The caller's.
            user_id: Whose.
            generation: 1 or more.
            page: 1 or more.
            rows: Copies with an ``instance_id``; each is written once.
        """
        on_page = in_generation(user_id, generation) & (_ITEMS.page == page)
        await transaction.execute(delete(COLLECTION_ITEMS).where(on_page))
        await write_items(transaction, user_id, generation, rows, page=page)

    async def add_newest(
        self, transaction: Transaction, user_id: int, rows: Sequence[ItemRow]
    ) -> int:
        """Add copies to the generation that is shown; returns how many were not there before.

        Those that were there are replaced. Without a published generation nothing is written.
        """
        collection = await self.get(transaction, user_id)
        if collection is None or collection.generation is None:
            return 0
        before = await self.count(transaction, user_id, collection.generation)
        await write_items(transaction, user_id, collection.generation, rows)
        return await self.count(transaction, user_id, collection.generation) - before

    async def publish(self, transaction: Transaction, user_id: int, generation: int) -> bool:
        """Show ``generation``; False, and nothing changes, when it is not the one being written."""
        statement = (
            update(COLLECTIONS)
            .where(_PEOPLE.user_id == user_id, _PEOPLE.building == generation)
            .values(generation=generation, building=None)
        )
        return bool((await transaction.execute(statement)).rowcount)

    async def give_up(self, transaction: Transaction, user_id: int, generation: int) -> bool:
        """Write ``generation`` no longer; False when it is not the one being written.

        What was read of a first one is no longer shown.
        """
        statement = (
            update(COLLECTIONS)
            .where(_PEOPLE.user_id == user_id, _PEOPLE.building == generation)
            .values(building=None)
        )
        return bool((await transaction.execute(statement)).rowcount)

    async def drop_stale(self, transaction: Transaction, user_id: int, limit: int = 1_000) -> int:
        """Delete up to ``limit`` rows that are neither shown nor being written; returns how many.

        Call it until it returns 0, each time in a transaction of its own: others want to write too.
        """
        kept = _kept_generations(user_id)
        stale = (
            select(_ITEMS.row_id)
            .where(_ITEMS.user_id == user_id, _ITEMS.generation.not_in(kept))
            .limit(limit)
        )
        statement = delete(COLLECTION_ITEMS).where(_ITEMS.row_id.in_(stale))
        dropped = (await transaction.execute(statement)).rowcount
        if not dropped:
            await self._forget_numbers(transaction, user_id)
        return dropped

    async def known_instances(
        self, transaction: Transaction, user_id: int, instance_ids: Collection[int]
    ) -> set[int]:
        """Return those of ``instance_ids`` that the published generation has."""
        shown = select(_PEOPLE.generation).where(_PEOPLE.user_id == user_id).scalar_subquery()
        statement = select(_ITEMS.instance_id).where(
            _ITEMS.user_id == user_id,
            _ITEMS.generation == shown,
            _ITEMS.instance_id.in_(list(instance_ids)),
        )
        return set((await transaction.execute(statement)).scalars())

    async def count(self, transaction: Transaction, user_id: int, generation: int) -> int:
        """Return how many different copies a generation has; ``LOCAL`` for local entries."""
        statement = select(func.count()).select_from(COLLECTION_ITEMS)
        counted = await transaction.execute(statement.where(in_generation(user_id, generation)))
        return int(counted.scalar_one())

    async def save_names(
        self,
        transaction: Transaction,
        user_id: int,
        kind: NameKind,
        names: Mapping[int, str],
        options: Mapping[int, Sequence[str]] | None = None,
    ) -> None:
        """Replace the names of all folders, or of all fields, by Discogs' numbers for them.

        Args:
            transaction: The caller's.
            user_id: Whose.
            kind: Which.
            names: All of them.
            options: What may be chosen in a field.
        """
        columns = COLLECTION_NAMES.c
        those = (columns.user_id == user_id) & (columns.kind == kind)
        await transaction.execute(delete(COLLECTION_NAMES).where(those))
        if names:
            await transaction.execute(
                insert(COLLECTION_NAMES),
                [
                    {
                        "user_id": user_id,
                        "kind": kind.value,
                        "number": number,
                        "name": name,
                        "options": lines_of((options or {}).get(number, ())) or None,
                    }
                    for number, name in names.items()
                ],
            )

    async def rewrite(
        self, transaction: Transaction, user_id: int, item_id: int, row: ItemRow
    ) -> bool:
        """Replace a copy in every generation that has it; False: it was gone."""
        copy = (_ITEMS.user_id == user_id) & (_ITEMS.item_id == item_id)
        statement = update(COLLECTION_ITEMS).where(copy).values(**item_values(user_id, row))
        return bool((await transaction.execute(statement)).rowcount)

    async def remove_copy(self, transaction: Transaction, user_id: int, item_id: int) -> bool:
        """Delete a copy that Discogs has no longer, from every generation; False: it was gone."""
        copy = (_ITEMS.user_id == user_id) & (_ITEMS.item_id == item_id)
        return bool((await transaction.execute(delete(COLLECTION_ITEMS).where(copy))).rowcount)

    async def reconcile(self, transaction: Transaction, user_id: int) -> int:
        """Give up local entries that Discogs has by now; returns how many.

        See ``LocalEntries.reconcile``; to be called where copies were published or added.
        """
        return await self._entries.reconcile(transaction, user_id)

    async def delete_person(self, transaction: Transaction, user_id: int) -> bool:
        """Delete everything of a person, local entries too; False when there was nothing."""
        deleted = 0
        for table in _BELONGING:
            statement = delete(table).where(table.c.user_id == user_id)
            deleted += (await transaction.execute(statement)).rowcount
        return bool(deleted)

    async def _forget_numbers(self, transaction: Transaction, user_id: int) -> None:
        used = select(_ITEMS.item_id).where(_ITEMS.user_id == user_id)
        for columns in (_IDS, COLLECTION_PICKS.c, PLAYS.c):
            unused = (columns.user_id == user_id) & columns.item_id.not_in(used)
            await transaction.execute(delete(columns.item_id.table).where(unused))


def _kept_generations(user_id: int) -> list[Any]:
    """Return the generations that are shown or being written, as expressions."""
    mine = _PEOPLE.user_id == user_id
    shown = select(func.coalesce(_PEOPLE.generation, LOCAL)).where(mine).scalar_subquery()
    building = select(func.coalesce(_PEOPLE.building, LOCAL)).where(mine).scalar_subquery()
    return [LOCAL, shown, building]


def _collection(row: Row[Any]) -> CollectionRow:
    return CollectionRow(**row._mapping)  # noqa: SLF001  # SQLAlchemy's public name for it
