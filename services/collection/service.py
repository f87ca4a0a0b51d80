"""``CollectionService``: a person's own records, looked at, picked from, exported and changed.

What it shows is what is stored; before that is older than Discogs' terms allow, the sync looks for
news for at most three seconds, and when it cannot, the age is shown (``architecture.md`` 4.4).
Every method is limited to the person who asks.
"""

import random
from datetime import timedelta
from typing import Final

from services.collection.changes import CollectionChanges
from services.collection.errors import NoSuchCopy
from services.collection.export import file_name, make_exporter
from services.collection.freshness import Freshness
from services.collection.lookups import CollectionLookups
from services.collection.models import (
    Added,
    CopiesPage,
    Entry,
    Export,
    ExportFormat,
    Filters,
    Pick,
    Played,
    Sort,
    StoredCopy,
    SyncState,
)
from services.collection.ports import Accounts, Sync
from services.collection.rows import FIELD_NAMES, copy_of, query_of
from services.discogs.accounts import DiscogsAccount
from services.resilience.clock import Clock
from services.storage.collection_models import ItemOrder
from services.storage.collection_picks import CollectionPicks, Picked
from services.storage.collection_reader import ExportKey
from services.storage.collections import CollectionRepository
from services.storage.database import Database
from services.storage.plays import PlayRepository

_LONG_AGO: Final = timedelta(days=30)
_EXPORT_BATCH: Final = 100


class CollectionService(CollectionLookups):
    """Answers what people ask about their own collections.

    Everything raises ``DatabaseUnavailable``; what shows copies also ``NotLinked`` (no account) and
    ``LinkAgain`` (its tokens are of no use).
    """

    def __init__(
        self,
        *,
        database: Database,
        collections: CollectionRepository,
        accounts: Accounts,
        sync: Sync,
        changes: CollectionChanges,
        clock: Clock,
        chance: random.Random,
        stale_seconds: float,
    ) -> None:
        """Show what is in ``database``; older than ``stale_seconds``, ``sync`` looks for news."""
        super().__init__(database=database, collections=collections)
        self._picks, self._plays = CollectionPicks(), PlayRepository()
        self._freshness = Freshness(
            database=database,
            collections=collections,
            accounts=accounts,
            sync=sync,
            clock=clock,
            stale_seconds=stale_seconds,
        )
        self._changes = changes
        self._clock = clock
        self._chance = chance

    async def browse(
        self,
        user_id: int,
        filters: Filters,
        *,
        sort: Sort = Sort.ADDED,
        page: int = 1,
        page_size: int = 6,
    ) -> CopiesPage:
        """Return one page of the copies that ``filters`` let through.

        Args:
            user_id: Whose.
            filters: Which.
            sort: In what order.
            page: 1 or more; the last one is shown instead of one beyond it.
            page_size: Copies on a page, 1 or more.
        """
        account = await self._freshness.current(user_id)
        query, order = query_of(filters), ItemOrder(sort.value)
        async with self._database.read() as transaction:
            matching = await self._reader.count(transaction, user_id, query)
            pages = max(1, -(-matching // page_size))
            page = min(max(1, page), pages)
            records = await self._reader.page(
                transaction,
                user_id,
                query,
                order=order,
                offset=(page - 1) * page_size,
                limit=page_size,
            )
            names = await self._names(transaction, user_id)
            state = await self._state(transaction, user_id) or _nothing_yet(account)
        return CopiesPage(
            copies=tuple(copy_of(record, names) for record in records),
            page=page,
            pages=pages,
            matching=matching,
            state=state,
            is_fresh=not self._freshness.is_stale(state.synced_at),
        )

    async def random(self, user_id: int, filters: Filters) -> Pick | None:
        """Return one of the copies that ``filters`` let through; None when there is none.

        No copy comes again until all of them have been shown; that is remembered for good. Until
        then, those that were never played come first.
        """
        account = await self._freshness.current(user_id)
        now = self._clock.now()
        async with self._database.write() as transaction:
            # Two that ask at once take turns, or they might be shown the same copy.
            await self._collections.get(transaction, user_id, for_update=True)
            condition = await self._reader.condition(transaction, user_id, query_of(filters))
            picked = await self._picks.pick(
                transaction, user_id, condition, chance=self._chance, now=now
            )
            names = await self._names(transaction, user_id)
            state = await self._state(transaction, user_id) or _nothing_yet(account)
        if picked is None:
            return None
        return Pick(
            copy=copy_of(picked.record, names),
            matching=picked.matching,
            reason=self._reason(picked),
            state=state,
            played_at=picked.played_at,
        )

    async def play(self, user_id: int, item_id: int) -> Played:
        """Note that the person plays one of their copies now; ``random`` prefers the others.

        Raises:
            NoSuchCopy: There is none of that number (any more).
        """
        account, now = await self._freshness.account(user_id), self._clock.now()
        async with self._database.write() as transaction:
            record = await self._reader.item(transaction, user_id, item_id)
            if record is None:
                raise NoSuchCopy
            await self._plays.note(transaction, user_id, item_id, now)
            names = await self._names(transaction, user_id)
            state = await self._state(transaction, user_id) or _nothing_yet(account)
        return Played(copy=copy_of(record, names), played_at=now, state=state)

    async def export(self, user_id: int, kind: ExportFormat) -> Export:
        """Return everything as a file; local entries are in it."""
        account = await self._freshness.current(user_id)
        now, copies = self._clock.now(), 0
        async with self._database.read() as transaction:
            names = await self._names(transaction, user_id)
            fields = {**FIELD_NAMES, **names.fields}
            exporter = make_exporter(kind, username=account.username, fields=fields, now=now)
            after: ExportKey | None = None
            while True:
                records, after = await self._reader.batch(
                    transaction, user_id, after=after, limit=_EXPORT_BATCH
                )
                exporter.add(copy_of(record, names) for record in records)
                copies += len(records)
                if after is None:
                    break
        return Export(
            filename=file_name(kind, account.username, now),
            content=exporter.finish(),
            copies=copies,
        )

    async def add(self, user_id: int, entry: Entry) -> Added:
        """Add a copy, to Discogs where that is possible; see ``CollectionChanges.add``.

        Raises:
            NotFound, InvalidRequest: Discogs has no such release; nothing is stored.
        """
        account = await self._freshness.account(user_id)
        item_id, where = await self._changes.add(account, entry)
        added = await self.get(user_id, item_id)
        if added is None:  # somebody was quick to remove it
            raise NoSuchCopy
        return Added(copy=added, where=where)

    async def remove(self, user_id: int, item_id: int) -> StoredCopy:
        """Remove a copy, also from Discogs; returns what it was.

        Raises:
            NoSuchCopy: There is none of that number (any more).
            ReadOnlyLink: It is on Discogs, where the person lets us change nothing.
            ExternalServiceException: Discogs did not remove it; it stays here, too.
        """
        async with self._database.read() as transaction:
            record = await self._reader.item(transaction, user_id, item_id)
            names = await self._names(transaction, user_id)
        if record is None:
            raise NoSuchCopy
        await self._changes.remove(user_id, record)
        return copy_of(record, names)

    def _reason(self, picked: Picked) -> str:
        if picked.before is None:
            return "never_picked"
        return "long_ago" if self._clock.now() - picked.before >= _LONG_AGO else "chance"


def _nothing_yet(account: DiscogsAccount) -> SyncState:
    return SyncState(username=account.username)
