"""``SyncStore``: what a sync notes about a collection, apart from the copies themselves."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Final

from services.collection.models import SyncProblem
from services.resilience.clock import Clock
from services.storage.collection_entries import LocalEntries
from services.storage.collection_models import CollectionRow
from services.storage.collections import CollectionRepository
from services.storage.database import Database, Transaction

_FULL_PASS_EVERY: Final = timedelta(days=7)
"""Only a full pass finds removals that additions made up for, moves, ratings and notes."""

OnSynced = Callable[[Transaction, int], Awaitable[None]]
"""Told that a person's collection is what Discogs has, before that is committed."""


class SyncStore:
    """The database, as syncs use it.

    Attributes:
        database: Opens transactions.
        collections: Knows the statements.
        tell: To be called when something was committed that shows.
    """

    def __init__(
        self,
        database: Database,
        collections: CollectionRepository,
        *,
        entries: LocalEntries,
        clock: Clock,
        tell: Callable[[], None],
        on_synced: OnSynced | None = None,
    ) -> None:
        """Note with these statements; ``on_synced`` takes part in what notes a success."""
        self.database = database
        self.collections = collections
        self.tell = tell
        self._entries = entries
        self._clock = clock
        self._on_synced = on_synced

    async def get(self, user_id: int) -> CollectionRow | None:
        """Return the person's collection, or None."""
        async with self.database.read() as transaction:
            return await self.collections.get(transaction, user_id)

    async def count(self, user_id: int, generation: int) -> int:
        """Return how many copies a generation has."""
        async with self.database.read() as transaction:
            return await self.collections.count(transaction, user_id, generation)

    async def known(self, user_id: int, instances: Collection[int]) -> set[int]:
        """Return those of ``instances`` that the published generation has."""
        async with self.database.read() as transaction:
            return await self.collections.known_instances(transaction, user_id, instances)

    async def note_start(self, transaction: Transaction, user_id: int) -> None:
        """A sync is queued; nothing of an earlier one is shown any more."""
        await self.collections.change(
            transaction,
            user_id,
            is_running=True,
            is_cancelled=False,
            pages_done=0,
            pages=0,
            copies_done=0,
            total=None,
            seconds_left=None,
            problem=None,
            retry_at=None,
        )

    async def note_wait(self, transaction: Transaction, user_id: int, retry_at: datetime) -> None:
        """Discogs cannot be read until then."""
        await self.collections.change(
            transaction,
            user_id,
            seconds_left=None,
            problem=SyncProblem.UNAVAILABLE,
            retry_at=retry_at,
        )

    async def note_end(
        self, transaction: Transaction, row: CollectionRow, problem: SyncProblem | None
    ) -> None:
        """Note that the sync is over and has changed nothing that is shown.

        What was read of a first one stays, as the part that it is.
        """
        if row.generation is not None and row.building is not None:
            await self.collections.give_up(transaction, row.user_id, row.building)
        await self.collections.change(
            transaction,
            row.user_id,
            is_running=False,
            is_cancelled=False,
            seconds_left=None,
            problem=problem,
            retry_at=None,
        )

    async def note_success(
        self, transaction: Transaction, user_id: int, *, stored: int, total: int
    ) -> None:
        """Note that what is shown is what Discogs has; what it hides is the difference."""
        await self._entries.reconcile(transaction, user_id)
        await self.collections.change(
            transaction,
            user_id,
            synced_at=self._clock.now(),
            is_running=False,
            copies_done=stored,
            total=total,
            seconds_left=None,
            problem=None,
            retry_at=None,
        )
        if self._on_synced is not None:
            await self._on_synced(transaction, user_id)

    async def drop_stale(self, user_id: int) -> None:
        """Delete copies of generations that nobody needs, a part at a time.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        dropped = True
        while dropped:
            async with self.database.write() as transaction:
                dropped = bool(await self.collections.drop_stale(transaction, user_id))


def hidden_copies(row: CollectionRow | None) -> int:
    """Return how many copies Discogs counted and did not show, when the last sync ended well.

    0 when it did not: then what is stored seems too little, and everything is read.
    """
    if row is None or row.is_running or row.problem is not None or row.total is None:
        return 0
    return max(0, row.total - row.copies_done)


def needs_full_pass(row: CollectionRow, now: datetime) -> bool:
    """Tell whether catching up with the newest copies is not enough."""
    if row.generation is None or row.full_at is None:
        return True
    return now - row.full_at >= _FULL_PASS_EVERY
