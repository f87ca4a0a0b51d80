"""Joins what people's collections are made of: links, storage, the syncs, and their jobs."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypedDict

from bot.operators import Operators
from bot.upstreams import Upstreams
from services.accounts.cipher import TokenCipher
from services.accounts.discogs import DiscogsLinks
from services.accounts.grants import Grants, OnUnlink
from services.accounts.preferences import Preferences
from services.collection.changes import ADD_LATER, CollectionChanges
from services.collection.editing import CollectionEditing
from services.collection.freshness import Freshness
from services.collection.service import CollectionService
from services.collection.sharing import SharedRecords
from services.collection.statistics import CollectionStatistics
from services.collection.sync import CollectionSync
from services.collection.sync_work import SYNC, SyncWork
from services.collection.values import KEEP_VALUE, CollectionValues
from services.collection.views import CollectionViews
from services.collection.wantlist import WantlistService
from services.collection.wantlist_sync import WantlistSync
from services.collection.wantlist_work import WANTLIST_SYNC
from services.digests.members import DigestMembers
from services.digests.mending import take_out_of_posts
from services.discogs.accounts import DiscogsAccount
from services.discogs.shelf import DiscogsShelf
from services.errors import ExternalServiceException
from services.jobs.kinds import Handler, Handlers, RunningJob
from services.jobs.queue import JobQueue
from services.playlists.run_store import forgetting_runs
from services.resilience.clock import Clock, system_random
from services.storage.ai_uses import AiConsentRepository
from services.storage.collection_entries import LocalEntries
from services.storage.collections import CollectionRepository
from services.storage.database import Database, Transaction
from services.storage.errors import DatabaseUnavailable
from services.storage.lookups import LookupRepository
from services.storage.wantlists import WantlistRepository

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collecting:
    """Everything about people's collections."""

    links: DiscogsLinks
    preferences: Preferences
    service: CollectionService
    sync: CollectionSync
    views: CollectionViews
    editing: CollectionEditing
    statistics: CollectionStatistics
    values: CollectionValues
    wantlist: WantlistService
    shared: SharedRecords


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one worker: where they wait, who does them, and how many at once."""

    queue: JobQueue
    handlers: Handlers
    at_once: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What everything about collections works with, that is there before it.

    Syncs have a worker of their own: each takes minutes, and must not hold up what takes seconds.
    """

    database: Database
    upstreams: Upstreams
    clock: Clock
    jobs: Jobs
    syncs: Jobs


class _Shared(TypedDict):
    """What reading and changing both work with."""

    database: Database
    accounts: DiscogsLinks
    open_shelf: Callable[[DiscogsAccount], DiscogsShelf]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What every part stands on, and how each is made of it."""

    tools: Tools
    collections: CollectionRepository
    wantlists: WantlistRepository
    entries: LocalEntries
    links: DiscogsLinks
    stale_seconds: float

    @property
    def database(self) -> Database:
        return self.tools.database

    @property
    def clock(self) -> Clock:
        return self.tools.clock

    @property
    def shared(self) -> _Shared:
        return {
            "database": self.database,
            "accounts": self.links,
            "open_shelf": self.tools.upstreams.discogs.shelf,
        }

    def make_values(self) -> CollectionValues:
        values = CollectionValues(
            collections=self.collections,
            queue=self.tools.jobs.queue,
            clock=self.clock,
            **self.shared,
        )
        self.tools.jobs.handlers.register(KEEP_VALUE, values.keep)
        return values

    def make_sync(self, values: CollectionValues) -> CollectionSync:
        return CollectionSync(
            collections=self.collections,
            entries=self.entries,
            queue=self.tools.syncs.queue,
            clock=self.clock,
            on_synced=values.want,
            **self.shared,
        )

    def make_service(self, sync: CollectionSync) -> CollectionService:
        changes = CollectionChanges(
            collections=self.collections,
            entries=self.entries,
            queue=self.tools.jobs.queue,
            clock=self.clock,
            **self.shared,
        )
        self.tools.jobs.handlers.register(ADD_LATER, changes.add_later)
        return CollectionService(
            database=self.database,
            collections=self.collections,
            accounts=self.links,
            sync=sync,
            changes=changes,
            clock=self.clock,
            chance=system_random(),
            stale_seconds=self.stale_seconds,
        )

    def make_statistics(self, sync: CollectionSync) -> CollectionStatistics:
        freshness = Freshness(
            database=self.database,
            collections=self.collections,
            accounts=self.links,
            sync=sync,
            clock=self.clock,
            stale_seconds=self.stale_seconds,
        )
        return CollectionStatistics(
            database=self.database, collections=self.collections, freshness=freshness
        )

    def make_editing(self, sync: CollectionSync) -> CollectionEditing:
        read_anew = partial(sync.start, full=True)
        return CollectionEditing(collections=self.collections, read_anew=read_anew, **self.shared)

    def make_wantlist(self, sync: CollectionSync) -> WantlistService:
        """Also join the two syncs: a wantlist is read after its owner's collection."""
        reading = WantlistSync(
            wantlists=self.wantlists, queue=self.tools.syncs.queue, clock=self.clock, **self.shared
        )
        self.tools.syncs.handlers.register(SYNC, _followed_by_wants(sync, reading))
        self.tools.syncs.handlers.register(WANTLIST_SYNC, reading.run)
        return WantlistService(
            wantlists=self.wantlists,
            sync=reading,
            clock=self.clock,
            stale_seconds=self.stale_seconds,
            **self.shared,
        )


def make_collecting(
    tools: Tools, cipher: TokenCipher, operators: Operators, *, stale_seconds: float
) -> Collecting:
    """Join the parts, and register who does their jobs.

    Args:
        tools: What they work with.
        cipher: Encrypts people's tokens.
        operators: Who runs the bot.
        stale_seconds: From this age on, Discogs is asked before something is shown.
    """
    database, clock = tools.database, tools.clock
    collections, wantlists = CollectionRepository(), WantlistRepository()
    views, members = CollectionViews(database, clock=clock), DigestMembers(database, clock=clock)
    preferences = Preferences(database, clock=clock, on_value_hidden=members.outdate)
    forget = _forgetting(tools, views, preferences, members)
    ground = _Ground(
        tools=tools,
        collections=collections,
        wantlists=wantlists,
        entries=LocalEntries(),
        links=_make_links(tools, cipher, operators, forget),
        stale_seconds=stale_seconds,
    )
    values = ground.make_values()
    sync = ground.make_sync(values)
    return Collecting(
        links=ground.links,
        preferences=preferences,
        service=ground.make_service(sync),
        sync=sync,
        views=views,
        editing=ground.make_editing(sync),
        statistics=ground.make_statistics(sync),
        values=values,
        wantlist=ground.make_wantlist(sync),
        shared=SharedRecords(database, clock=clock),
    )


def _make_links(
    tools: Tools, cipher: TokenCipher, operators: Operators, forget: OnUnlink
) -> DiscogsLinks:
    return DiscogsLinks(
        tools.database,
        grants=Grants(tools.database, cipher=cipher, clock=tools.clock),
        cipher=cipher,
        discogs=tools.upstreams.discogs,
        oauth=tools.upstreams.discogs_oauth,
        is_operator=operators.__contains__,
        on_unlink=forget,
        clock=tools.clock,
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
    tools: Tools, views: CollectionViews, preferences: Preferences, members: DigestMembers
) -> OnUnlink:
    """Return what deletes everything that is stored of a person's account, and ends sharing it."""
    collections, wantlists = CollectionRepository(), WantlistRepository()
    lookups, queue = LookupRepository(), tools.jobs.queue
    forget_playlists = forgetting_runs(tools.syncs.queue)

    async def forget(transaction: Transaction, user_id: int) -> None:
        await collections.delete_person(transaction, user_id)
        await views.forget(transaction, user_id)
        await wantlists.delete_person(transaction, user_id)
        await preferences.forget(transaction, user_id)
        await members.forget(transaction, user_id)
        await lookups.delete_of(transaction, user_id)
        await AiConsentRepository().delete(transaction, user_id)
        await take_out_of_posts(transaction, user_id, queue=queue, clock=tools.clock)
        await forget_playlists(transaction, user_id)  # they name records

    return forget
