"""``CollectionCandidates``: some of a person's records, those that fit best first."""

import random
from collections.abc import Iterable
from typing import Final

from services.collection.models import Filters, StoredCopy
from services.collection.rows import Names, copy_of, query_of
from services.storage.collection_models import EVERYTHING, ItemOrder, ItemRecord, NameKind
from services.storage.collection_reader import CollectionReader
from services.storage.database import Database, Transaction

_EACH: Final = 60
"""The most copies that one filter brings, so that the others have a turn."""


class CollectionCandidates:
    """Chooses in the database; Discogs is not asked."""

    def __init__(self, database: Database, *, chance: random.Random) -> None:
        """Choose by ``chance`` among what fits alike."""
        self._database = database
        self._chance = chance
        self._reader = CollectionReader()

    async def choose(
        self, user_id: int, filters: Iterable[Filters], *, limit: int
    ) -> tuple[StoredCopy, ...]:
        """Return copies that any of ``filters`` lets through, then others, each once.

        Args:
            user_id: Whose.
            filters: What is looked for, the most wanted first.
            limit: How many at most, 1 or more.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        found: dict[int, ItemRecord] = {}
        async with self._database.read() as transaction:
            for wanted in [*filters, Filters()]:
                if len(found) >= limit:
                    break
                rest = limit - len(found)
                size = rest if wanted == Filters() else min(rest, _EACH)
                for record in await self._some(transaction, user_id, wanted, size):
                    found.setdefault(record.item_id, record)
            names = await self._reader.all_names(transaction, user_id)
        named = Names(folders=names[NameKind.FOLDER], fields=names[NameKind.FIELD])
        return tuple(copy_of(record, named) for record in list(found.values())[:limit])

    async def _some(
        self, transaction: Transaction, user_id: int, filters: Filters, size: int
    ) -> list[ItemRecord]:
        """Return ``size`` of the copies in a row, from anywhere among them."""
        query = query_of(filters) if filters != Filters() else EVERYTHING
        count = await self._reader.count(transaction, user_id, query)
        offset = self._chance.randint(0, max(0, count - size))
        return await self._reader.page(
            transaction, user_id, query, order=ItemOrder.ARTIST, offset=offset, limit=size
        )
