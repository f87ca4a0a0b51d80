"""Joins what people's collections are made of: links, storage, the syncs, and their jobs."""

import logging
from dataclasses import dataclass
from functools import partial

from bot.operators import Operators
from bot.upstreams import Upstreams
from services.accounts.cipher import TokenCipher
from services.accounts.discogs import DiscogsLinks, OnUnlink
from services.accounts.grants import Grants
from services.collection.changes import ADD_LATER, CollectionChanges
from services.collection.editing import CollectionEditing
from services.collection.service import CollectionService
from services.collection.sync import CollectionSync
from services.collection.sync_work import SYNC, SyncWork
from services.collection.views import CollectionViews
from services.collection.wantlist import WantlistService
from services.collection.wantlist_sync import WantlistSync
from services.collection.wantlist_work import WANTLIST_SYNC
from services.discogs.service import DiscogsService
from services.errors import ExternalServiceException
from services.jobs.kinds import Handler, Handlers, RunningJob
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock, system_random
from services.storage.collection_entries import LocalEntries
from services.storage.collections import CollectionRepository
from services.storage.database import Database, Transaction
from services.storage.errors import DatabaseUnavailable
from services.storage.wantlists import WantlistRepository

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collecting:
    """Everything about people's collections."""

    links: DiscogsLinks
    service: CollectionService
    sync: CollectionSync
    views: CollectionViews
    wantlist: WantlistService
    editing: CollectionEditing


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one worker: where they wait, and who does them."""

    queue: JobQueue
    handlers: Handlers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What every part stands on."""

    database: Database
    collections: CollectionRepository
    entries: LocalEntries
    links: DiscogsLinks
    discogs: DiscogsService
    clock: Clock
    stale_seconds: float


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
    collections, wantlists = CollectionRepository(), WantlistRepository()
    views = CollectionViews(database, clock=clock)
    forget = _forgetting(collections, views, wantlists)
    ground = _Ground(
        database=database,
        collections=collections,
        entries=LocalEntries(),
        links=_make_links(database, upstreams, cipher, operators, clock=clock, forget=forget),
        discogs=upstreams.discogs,
        clock=clock,
        stale_seconds=stale_seconds,
    )
    sync = _make_sync(ground, syncs)
    return Collecting(
        links=ground.links,
        service=_make_service(ground, sync, jobs),
        sync=sync,
        views=views,
        wantlist=_make_wantlist(ground, wantlists, sync, syncs),
        editing=CollectionEditing(
            database=database,
            collections=collections,
            accounts=ground.links,
            open_shelf=upstreams.discogs.shelf,
            read_anew=partial(sync.start, full=True),
        ),
    )


def _make_sync(ground: _Ground, syncs: Jobs) -> CollectionSync:
    return CollectionSync(
        database=ground.database,
        collections=ground.collections,
        entries=ground.entries,
        queue=syncs.queue,
        accounts=ground.links,
        open_shelf=ground.discogs.shelf,
        clock=ground.clock,
    )


def _make_service(ground: _Ground, sync: CollectionSync, jobs: Jobs) -> CollectionService:
    changes = CollectionChanges(
        database=ground.database,
        collections=ground.collections,
        entries=ground.entries,
        accounts=ground.links,
        open_shelf=ground.discogs.shelf,
        queue=jobs.queue,
        clock=ground.clock,
    )
    jobs.handlers.register(ADD_LATER, changes.add_later)
    return CollectionService(
        database=ground.database,
        collections=ground.collections,
        accounts=ground.links,
        sync=sync,
        changes=changes,
        clock=ground.clock,
        chance=system_random(),
        stale_seconds=ground.stale_seconds,
    )


def _make_wantlist(
    ground: _Ground, wantlists: WantlistRepository, sync: CollectionSync, syncs: Jobs
) -> WantlistService:
    """Join what wantlists are made of; one is read after each sync of its owner's collection."""
    reading = WantlistSync(
        database=ground.database,
        wantlists=wantlists,
        queue=syncs.queue,
        accounts=ground.links,
        open_shelf=ground.discogs.shelf,
        clock=ground.clock,
    )
    syncs.handlers.register(SYNC, _followed_by_wants(sync, reading))
    syncs.handlers.register(WANTLIST_SYNC, reading.run)
    return WantlistService(
        database=ground.database,
        wantlists=wantlists,
        accounts=ground.links,
        open_shelf=ground.discogs.shelf,
        sync=reading,
        clock=ground.clock,
        stale_seconds=ground.stale_seconds,
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


def _followed_by_wants(sync: CollectionSync, wants: WantlistSync) -> Handler[SyncWork]:
    """Return what syncs a collection and then has the wantlist read, too."""

    async def run(job: RunningJob[SyncWork]) -> None:
        await sync.run(job)
        try:
            await wants.start(job.payload.user_id)
        except (ExternalServiceException, DatabaseUnavailable) as error:
            # Nothing is lost: who looks at the wantlist has it read.
            _LOGGER.info("a wantlist is not read after its collection: %s", error)

    return run


def _forgetting(
    collections: CollectionRepository, views: CollectionViews, wantlists: WantlistRepository
) -> OnUnlink:
    """Return what deletes everything that is stored of a person's account."""

    async def forget(transaction: Transaction, user_id: int) -> None:
        await collections.delete_person(transaction, user_id)
        await views.forget(transaction, user_id)
        await wantlists.delete_person(transaction, user_id)

    return forget
