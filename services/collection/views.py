"""``CollectionViews``: what a message's page buttons go on with, also after a restart.

A button's custom id has 100 characters, and a person may filter by six names and a text of 100
characters each: no compression makes that fit, and what people type has no business in an id.
So the filters are a row here, found by whose they are and by a hash of themselves.
"""

import hashlib
from datetime import timedelta
from typing import Final

import msgspec

from services.collection.models import Filters, Sort
from services.resilience.clock import Clock
from services.storage.collection_views import CollectionViewRepository
from services.storage.database import Database, Transaction

_KEPT: Final = timedelta(days=90)
_KEY_BYTES: Final = 8


class CollectionView(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown, and in which order."""

    filters: Filters = Filters()
    sort: Sort = Sort.ADDED


_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DECODER: Final = msgspec.json.Decoder(CollectionView)


class CollectionViews:
    """Keeps views; those that nobody has turned a page of for 90 days are forgotten."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Keep them in ``database``."""
        self._database = database
        self._clock = clock
        self._rows = CollectionViewRepository()

    async def keep(self, user_id: int, view: CollectionView) -> str:
        """Store a person's view; returns the key to find it by, 16 characters.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        content = _ENCODER.encode(view)
        key = hashlib.blake2b(content, digest_size=_KEY_BYTES).hexdigest()
        now = self._clock.now()
        async with self._database.write() as transaction:
            await self._rows.put(transaction, user_id, key, content.decode(), now)
            await self._rows.delete_before(transaction, now - _KEPT)
        return key

    async def find(self, user_id: int, key: str) -> CollectionView | None:
        """Return a person's own view; None when it is forgotten, or never was theirs.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.read() as transaction:
            content = await self._rows.get(transaction, user_id, key)
        if content is None:
            return None
        try:
            return _DECODER.decode(content)
        except msgspec.MsgspecError:  # of a version that filtered otherwise
            return None

    async def forget(self, transaction: Transaction, user_id: int) -> None:
        """Forget what a person filtered by, as part of unlinking."""
        await self._rows.delete_of(transaction, user_id)
