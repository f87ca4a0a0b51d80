"""``CollectionLookups``: what is stored of a person's records, asked without asking Discogs.

For autocompletion and for options that name a copy; every method is limited to one person.
"""

from typing import Final

from services.collection.models import Owned, StoredCopy, SyncState
from services.collection.rows import NO_NAMES, Names, copy_of, state_of
from services.storage.collection_models import NameKind, NameList
from services.storage.collection_reader import CollectionReader
from services.storage.collections import CollectionRepository
from services.storage.database import Database, Transaction

_MOST_CHOICES: Final = 25
_MOST_PRESSINGS: Final = 3


class CollectionLookups:
    """Answers from the database alone. Everything raises ``DatabaseUnavailable``."""

    def __init__(self, *, database: Database, collections: CollectionRepository) -> None:
        """Look into ``database``."""
        self._database = database
        self._collections = collections
        self._reader = CollectionReader()

    async def find(self, user_id: int, text: str, limit: int = 25) -> tuple[StoredCopy, ...]:
        """Return copies with words that begin with those of ``text``; Discogs is not asked."""
        async with self._database.read() as transaction:
            records = await self._reader.find(transaction, user_id, text, limit)
            names = await self._names(transaction, user_id)
        return tuple(copy_of(record, names) for record in records)

    async def get(self, user_id: int, item_id: int) -> StoredCopy | None:
        """Return one copy; None when the person has none of that number (any more)."""
        async with self._database.read() as transaction:
            record = await self._reader.item(transaction, user_id, item_id)
            names = await self._names(transaction, user_id)
        return None if record is None else copy_of(record, names)

    async def holds(self, user_id: int, release_id: int, master_id: int | None) -> Owned:
        """Return what the person has of a release; Discogs is not asked.

        Args:
            user_id: Whose.
            release_id: Discogs' release.
            master_id: The work that it is an edition of; None: nothing else is looked for.
        """
        async with self._database.read() as transaction:
            records = await self._reader.editions(transaction, user_id, release_id, master_id)
            others = [record for record in records if record.release_id != release_id]
            names = await self._names(transaction, user_id) if others else NO_NAMES
        return Owned(
            copies=len(records) - len(others),
            others=len(others),
            pressings=tuple(copy_of(record, names) for record in others[:_MOST_PRESSINGS]),
        )

    async def of_release(self, user_id: int, release_id: int) -> StoredCopy | None:
        """Return the copy of a release that was added last; None when the person has none."""
        async with self._database.read() as transaction:
            records = await self._reader.editions(transaction, user_id, release_id, None)
        return copy_of(records[0], NO_NAMES) if records else None

    async def state(self, user_id: int) -> SyncState | None:
        """Return how the collection stands; None when nothing is stored."""
        async with self._database.read() as transaction:
            return await self._state(transaction, user_id)

    # --- What can be typed: the names that occur, the most frequent first

    async def genres(self, user_id: int, prefix: str = "") -> tuple[str, ...]:
        """Return genres with a word that begins with ``prefix``."""
        return await self._listed(user_id, NameList.GENRES, prefix)

    async def styles(self, user_id: int, prefix: str = "") -> tuple[str, ...]:
        """Return styles likewise."""
        return await self._listed(user_id, NameList.STYLES, prefix)

    async def labels(self, user_id: int, prefix: str = "") -> tuple[str, ...]:
        """Return labels likewise."""
        return await self._listed(user_id, NameList.LABELS, prefix)

    async def formats(self, user_id: int, prefix: str = "") -> tuple[str, ...]:
        """Return names and descriptions of formats likewise."""
        return await self._listed(user_id, NameList.FORMATS, prefix)

    async def folders(self, user_id: int, prefix: str = "") -> tuple[str, ...]:
        """Return folders likewise, in the order of their names."""
        async with self._database.read() as transaction:
            return tuple(await self._reader.folders(transaction, user_id, prefix, _MOST_CHOICES))

    async def _listed(self, user_id: int, names: NameList, prefix: str) -> tuple[str, ...]:
        async with self._database.read() as transaction:
            found = await self._reader.listed(transaction, user_id, names, prefix, _MOST_CHOICES)
        return tuple(found)

    async def _state(self, transaction: Transaction, user_id: int) -> SyncState | None:
        row = await self._collections.get(transaction, user_id)
        if row is None:
            return None
        return state_of(row, await self._reader.count(transaction, user_id))

    async def _names(self, transaction: Transaction, user_id: int) -> Names:
        names = await self._reader.all_names(transaction, user_id)
        return Names(folders=names[NameKind.FOLDER], fields=names[NameKind.FIELD])
