"""Joins what people's collections are made of: links, storage, the sync, and the jobs of both."""

from dataclasses import dataclass

from bot.operators import Operators
from bot.upstreams import Upstreams
from services.accounts.cipher import TokenCipher
from services.accounts.discogs import DiscogsLinks, OnUnlink
from services.accounts.grants import Grants
from services.collection.changes import ADD_LATER, CollectionChanges
from services.collection.freshness import Freshness
from services.collection.service import CollectionService
from services.collection.statistics import CollectionStatistics
from services.collection.sync import CollectionSync
from services.collection.sync_store import OnSynced
from services.collection.sync_work import SYNC
from services.collection.values import KEEP_VALUE, CollectionValues
from services.collection.views import CollectionViews
from services.jobs.kinds import Handlers
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock, system_random
from services.storage.collection_entries import LocalEntries
from services.storage.collections import CollectionRepository
from services.storage.database import Database, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Collecting:
    """Everything about people's collections."""

    links: DiscogsLinks
    service: CollectionService
    statistics: CollectionStatistics
    values: CollectionValues
    sync: CollectionSync
    views: CollectionViews


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one worker: where they wait, and who does them."""

    queue: JobQueue
    handlers: Handlers


def make_collecting(
    database: Database,
    *,
    upstreams: Upstreams,
    cipher: TokenCipher,
    jobs: Jobs,
    syncs: Jobs,
    operators: Operators,
    stale_seconds: float,
    clock: Clock,
) -> Collecting:
    """Join the parts, and register who does their jobs.

    Syncs have a worker of their own: each takes minutes, and must not hold up what takes seconds.
    """
    collections = CollectionRepository()
    views = CollectionViews(database, clock=clock)
    links = _make_links(
        database, upstreams, cipher, operators, clock=clock, forget=_forgetting(collections, views)
    )
    ground = _Ground(database, collections, links, upstreams, clock)
    values = ground.make_values(jobs.queue)
    sync = ground.make_sync(syncs.queue, on_synced=values.want)
    changes = ground.make_changes(jobs.queue)
    syncs.handlers.register(SYNC, sync.run)
    jobs.handlers.register(ADD_LATER, changes.add_later)
    jobs.handlers.register(KEEP_VALUE, values.keep)
    return Collecting(
        links=links,
        service=ground.make_service(sync, changes, stale_seconds),
        statistics=ground.make_statistics(sync, stale_seconds),
        values=values,
        sync=sync,
        views=views,
    )


@dataclass(frozen=True, slots=True)
class _Ground:
    """What all parts stand on."""

    database: Database
    collections: CollectionRepository
    links: DiscogsLinks
    upstreams: Upstreams
    clock: Clock

    def make_values(self, queue: JobQueue) -> CollectionValues:
        return CollectionValues(
            database=self.database,
            collections=self.collections,
            accounts=self.links,
            open_shelf=self.upstreams.discogs.shelf,
            queue=queue,
            clock=self.clock,
        )

    def make_sync(self, queue: JobQueue, *, on_synced: OnSynced) -> CollectionSync:
        return CollectionSync(
            database=self.database,
            collections=self.collections,
            entries=LocalEntries(),
            queue=queue,
            accounts=self.links,
            open_shelf=self.upstreams.discogs.shelf,
            clock=self.clock,
            on_synced=on_synced,
        )

    def make_changes(self, queue: JobQueue) -> CollectionChanges:
        return CollectionChanges(
            database=self.database,
            collections=self.collections,
            entries=LocalEntries(),
            accounts=self.links,
            open_shelf=self.upstreams.discogs.shelf,
            queue=queue,
            clock=self.clock,
        )

    def make_service(
        self, sync: CollectionSync, changes: CollectionChanges, stale_seconds: float
    ) -> CollectionService:
        return CollectionService(
            database=self.database,
            collections=self.collections,
            accounts=self.links,
            sync=sync,
            changes=changes,
            clock=self.clock,
            chance=system_random(),
            stale_seconds=stale_seconds,
        )

    def make_statistics(self, sync: CollectionSync, stale_seconds: float) -> CollectionStatistics:
        freshness = Freshness(
            database=self.database,
            collections=self.collections,
            accounts=self.links,
            sync=sync,
            clock=self.clock,
            stale_seconds=stale_seconds,
        )
        return CollectionStatistics(
            database=self.database, collections=self.collections, freshness=freshness
        )


def _make_links(
    database: Database,
    upstreams: Upstreams,
    cipher: TokenCipher,
    operators: Operators,
    *,
    clock: Clock,
    forget: OnUnlink,
) -> DiscogsLinks:
    return DiscogsLinks(
        database,
        grants=Grants(database, cipher=cipher, clock=clock),
        cipher=cipher,
        discogs=upstreams.discogs,
        oauth=upstreams.discogs_oauth,
        is_operator=operators.__contains__,
        on_unlink=forget,
        clock=clock,
    )


def _forgetting(collections: CollectionRepository, views: CollectionViews) -> OnUnlink:
    """Return what deletes everything that is stored of a person's account."""

    async def forget(transaction: Transaction, user_id: int) -> None:
        await collections.delete_person(transaction, user_id)
        await views.forget(transaction, user_id)

    return forget
