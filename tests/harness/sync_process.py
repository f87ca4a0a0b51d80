"""A sync in processes that are killed: ``python -m harness.sync_process '{…}'``.

The first process imports everything and then only forks, one child after the other. Each of the
first ones kills itself at a step by chance: as it asks, when it is answered, right before a commit,
right after it. The last one ends the sync.
"""

import random

import aiohttp
import msgspec
from fakes.chance import seeded

from harness.databases import open_database
from harness.fuses import SHORT_LEASE, DeadlyQueue, Fuse, main
from harness.job_process import place, tell
from services.collection.sync import CollectionSync
from services.collection.sync_work import SYNC, SyncWork
from services.discogs.accounts import DiscogsAccount
from services.discogs.service import DiscogsService
from services.discogs.shelf import DiscogsShelf
from services.discogs.shelf_models import CollectionPage, Folder, NoteField
from services.http import HttpClient
from services.jobs.kinds import Handlers, RunningJob
from services.jobs.queue import JobQueue
from services.jobs.worker import Worker, working
from services.resilience.clock import SystemClock
from services.resilience.config import PolicyConfig
from services.resilience.policy import Policy
from services.secret import Secret
from services.storage.collection_entries import LocalEntries
from services.storage.collections import CollectionRepository
from services.storage.database import Database

USER = 7


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the processes do.

    Attributes:
        where: A path of SQLite or a URL of PostgreSQL.
        api_url: Discogs.
        token: Of the collection's owner.
        username: The owner.
        kills: How many processes kill themselves.
        most_steps: Before one does, from 1; by chance.
        seed: Of chance.
    """

    where: str
    api_url: str
    token: str
    username: str
    kills: int = 0
    most_steps: int = 12
    seed: int = 1


class DeadlyShelf:
    """A shelf whose process may die as it asks, and when it is answered."""

    def __init__(self, shelf: DiscogsShelf, fuse: Fuse) -> None:
        self._shelf = shelf
        self._fuse = fuse

    async def page(self, number: int, *, newest_first: bool) -> CollectionPage:
        self._fuse.burn()
        page = await self._shelf.page(number, newest_first=newest_first)
        self._fuse.burn()
        return page

    async def folders(self) -> tuple[Folder, ...]:
        return await self._shelf.folders()

    async def fields(self) -> tuple[NoteField, ...]:
        return await self._shelf.fields()


class Owner:
    """Everybody is the owner."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    async def account(self, user_id: int) -> DiscogsAccount | None:
        token = Secret(f"Discogs token={self._plan.token}")
        return DiscogsAccount(
            user_id=user_id, username=self._plan.username, authorization=lambda: token
        )


def make_policy(chance: random.Random) -> Policy:
    """Return a policy without a rate: it is not what is tested."""
    config = PolicyConfig(upstream="discogs", deadline=30.0, attempt_timeout=10.0, concurrency=5)
    return Policy(config, clock=SystemClock(), chance=chance)


def make_sync(
    plan: Plan, database: Database, session: aiohttp.ClientSession, fuse: Fuse
) -> tuple[CollectionSync, JobQueue]:
    """Return a sync over sockets, and the queue of its jobs."""
    clock = SystemClock()
    service = DiscogsService(
        http=HttpClient(session, clock=clock),
        policy=make_policy(seeded(plan.seed)),
        authorization=None,
        api_url=plan.api_url,
    )
    queue = DeadlyQueue(database, clock=clock)
    queue.fuse = fuse
    sync = CollectionSync(
        database=database,
        collections=CollectionRepository(),
        entries=LocalEntries(),
        queue=queue,
        accounts=Owner(plan),
        open_shelf=lambda account: DeadlyShelf(service.shelf(account), fuse),
        clock=clock,
    )
    return sync, queue


async def work(plan: Plan, number: int, steps: int | None) -> None:
    """Sync to the end, or until the fuse has burnt."""
    clock, fuse = SystemClock(), Fuse()
    headers = {"User-Agent": "AimeTests/1.0 +https://example.org"}
    async with (
        open_database(place(plan.where), clock) as database,
        aiohttp.ClientSession(headers=headers) as session,
    ):
        sync, queue = make_sync(plan, database, session, fuse)
        await sync.start(USER)

        async def run(job: RunningJob[SyncWork]) -> None:
            fuse.left = steps  # lit now: waiting for the lease of the one before is no step
            await sync.run(job)

        handlers = Handlers()
        handlers.register(SYNC, run)
        worker = Worker(
            queue,
            handlers,
            name=f"sync {number}",
            clock=clock,
            chance=seeded(number),
            lease=SHORT_LEASE,
        )
        async with working(worker, drain_seconds=10):
            async for state in sync.watch(USER):
                tell(f"pages {state.pages_done}")


if __name__ == "__main__":
    main(Plan, work)
