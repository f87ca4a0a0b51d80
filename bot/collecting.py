"""Joins what people's collections are made of: links, storage, the sync, and the jobs of both."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

from bot.operators import Operators
from bot.upstreams import Upstreams
from services.accounts.cipher import TokenCipher
from services.accounts.discogs import DiscogsLinks, OnUnlink
from services.accounts.grants import Grants
from services.collection.changes import ADD_LATER, CollectionChanges
from services.collection.service import CollectionService
from services.collection.sync import CollectionSync
from services.collection.sync_work import SYNC
from services.collection.views import CollectionViews
from services.discogs.accounts import DiscogsAccount
from services.discogs.shelf import DiscogsShelf
from services.jobs.kinds import Handlers
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock, system_random
from services.storage.ai_uses import AiConsentRepository
from services.storage.collection_entries import LocalEntries
from services.storage.collections import CollectionRepository
from services.storage.database import Database, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Collecting:
    """Everything about people's collections."""

    links: DiscogsLinks
    service: CollectionService
    sync: CollectionSync
    views: CollectionViews


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one worker: where they wait, and who does them."""

    queue: JobQueue
    handlers: Handlers


class _Shared(TypedDict):
    """What reading and changing both work with."""

    database: Database
    collections: CollectionRepository
    entries: LocalEntries
    accounts: DiscogsLinks
    open_shelf: Callable[[DiscogsAccount], DiscogsShelf]
    clock: Clock


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
    collections, entries = CollectionRepository(), LocalEntries()
    views = CollectionViews(database, clock=clock)
    links = _make_links(
        database, upstreams, cipher, operators, clock=clock, forget=_forgetting(collections, views)
    )
    shared: _Shared = {
        "database": database,
        "collections": collections,
        "entries": entries,
        "accounts": links,
        "open_shelf": upstreams.discogs.shelf,
        "clock": clock,
    }
    sync = CollectionSync(queue=syncs.queue, **shared)
    changes = CollectionChanges(queue=jobs.queue, **shared)
    syncs.handlers.register(SYNC, sync.run)
    jobs.handlers.register(ADD_LATER, changes.add_later)
    service = CollectionService(
        database=database,
        collections=collections,
        accounts=links,
        sync=sync,
        changes=changes,
        clock=clock,
        chance=system_random(),
        stale_seconds=stale_seconds,
    )
    return Collecting(links=links, service=service, sync=sync, views=views)


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
        await AiConsentRepository().delete(transaction, user_id)

    return forget
