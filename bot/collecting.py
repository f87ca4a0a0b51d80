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
    collections, entries, wantlists = CollectionRepository(), LocalEntries(), WantlistRepository()
    views = CollectionViews(database, clock=clock)
    forget = _forgetting(collections, views, wantlists)
    links = _make_links(database, upstreams, cipher, operators, clock=clock, forget=forget)
    sync = CollectionSync(
        database=database,
        collections=collections,
        entries=entries,
        queue=syncs.queue,
        accounts=links,
        open_shelf=upstreams.discogs.shelf,
        clock=clock,
    )
    wantlist = _make_wantlist(
        database,
        upstreams,
        wantlists,
        links=links,
        sync=sync,
        syncs=syncs,
        stale_seconds=stale_seconds,
        clock=clock,
    )
    changes = CollectionChanges(
        database=database,
        collections=collections,
        entries=entries,
        accounts=links,
        open_shelf=upstreams.discogs.shelf,
        queue=jobs.queue,
        clock=clock,
    )
    jobs.handlers.register(ADD_LATER, changes.add_later)
    return Collecting(
        links=links,
        service=CollectionService(
            database=database,
            collections=collections,
            accounts=links,
            sync=sync,
            changes=changes,
            clock=clock,
            chance=system_random(),
            stale_seconds=stale_seconds,
        ),
        sync=sync,
        views=views,
        wantlist=wantlist,
        editing=CollectionEditing(
            database=database,
            collections=collections,
            accounts=links,
            open_shelf=upstreams.discogs.shelf,
            read_anew=partial(sync.start, full=True),
        ),
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


def _make_wantlist(
    database: Database,
    upstreams: Upstreams,
    wantlists: WantlistRepository,
    *,
    links: DiscogsLinks,
    sync: CollectionSync,
    syncs: Jobs,
    stale_seconds: float,
    clock: Clock,
) -> WantlistService:
    """Join what wantlists are made of; one is read after each sync of its owner's collection."""
    reading = WantlistSync(
        database=database,
        wantlists=wantlists,
        queue=syncs.queue,
        accounts=links,
        open_shelf=upstreams.discogs.shelf,
        clock=clock,
    )
    syncs.handlers.register(SYNC, _followed_by_wants(sync, reading))
    syncs.handlers.register(WANTLIST_SYNC, reading.run)
    return WantlistService(
        database=database,
        wantlists=wantlists,
        accounts=links,
        open_shelf=upstreams.discogs.shelf,
        sync=reading,
        clock=clock,
        stale_seconds=stale_seconds,
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
