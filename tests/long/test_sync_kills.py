"""A sync over sockets, whose process is killed with -9 twenty times: nothing lost or doubled."""

import secrets
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.chance import seeded
from harness.databases import open_database
from harness.fuses import play
from harness.sync_process import USER, Plan
from sqlalchemy import select

from bot.sandbox.discogs import DiscogsStandIn
from services.storage.database import Database
from services.storage.migrating import migrate
from services.storage.tables import COLLECTION_ITEMS, JOBS

pytestmark = pytest.mark.long

KILLS = 20
COPIES = 4_030
PAGES = 41
_ROOT = Path(__file__).parents[2]

Row = tuple[int, int, int, int]


@pytest.fixture
async def discogs() -> AsyncIterator[DiscogsStandIn]:
    """Discogs in this process, without a limit: it is not what is tested."""
    stand_in = DiscogsStandIn(owned_copies=COPIES, authenticated_limit=1_000_000)
    await stand_in.start()
    yield stand_in
    await stand_in.stop()


@pytest.fixture
async def where(empty_database: Path | str) -> str:
    """A database with all tables."""
    async with open_database(empty_database) as database:
        await migrate(database)
    return str(empty_database)


async def test_sync_that_is_killed_twenty_times_stores_exactly_what_discogs_has(
    where: str, empty_database: Path | str, discogs: DiscogsStandIn
) -> None:
    seed = secrets.randbelow(10**6)
    sys.stdout.write(f"seed {seed}\n")  # shown when it fails
    plan = Plan(
        where=where,
        api_url=discogs.api_url,
        token=discogs.token,
        username=discogs.username,
        kills=KILLS,
        most_steps=seeded(seed).randint(8, 16),
        seed=seed,
    )

    endings = await play("harness.sync_process", plan)

    assert endings == [-signal.SIGKILL] * KILLS + [0]
    async with open_database(empty_database) as database:
        assert await stored(database) == upstream(discogs)
        assert await jobs_left(database) == 0
    asked = pages_asked(discogs)
    assert set(asked) == set(range(1, PAGES + 1))
    assert asked.total() <= PAGES + KILLS


async def stored(database: Database) -> Counter[Row]:
    """Return every row of the table, of whatever generation: twice the same would show."""
    columns = COLLECTION_ITEMS.c
    statement = select(
        columns.instance_id, columns.release_id, columns.folder_id, columns.rating
    ).where(columns.user_id == USER)
    async with database.read() as transaction:
        return Counter(tuple(row) for row in await transaction.execute(statement))


async def jobs_left(database: Database) -> int:
    async with database.read() as transaction:
        return len((await transaction.execute(select(JOBS.c.id))).all())


def upstream(discogs: DiscogsStandIn) -> Counter[Row]:
    """Return what Discogs has: each copy once."""
    items = discogs.people[discogs.username].collection
    everything = (items.item(number) for number in range(COPIES))
    return Counter(
        (item.instance_id, item.pressing.edition.release_id, item.folder_id, item.rating)
        for item in everything
    )


def pages_asked(discogs: DiscogsStandIn) -> Counter[int]:
    """Return how often each page of the collection was asked for."""
    return Counter(
        int(request.query["page"])
        for request in discogs.requests
        if request.path.endswith("/folders/0/releases")
    )
