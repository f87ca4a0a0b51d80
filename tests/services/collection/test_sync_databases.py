"""Syncs on both databases, in real time: what locks and transactions could make differ."""

import asyncio

from fakes.shelves import FakeShelf, make_copies, make_copy
from fakes.syncs import USER, Syncs

from services.collection.models import SyncProblem
from services.errors import NotFound
from services.resilience.clock import SystemClock
from services.storage.database import Database

CLOCK = SystemClock()


def make_syncs(database: Database, copies: int) -> Syncs:
    return Syncs(database, CLOCK, FakeShelf(make_copies(copies)))


async def test_syncs_follow_additions_and_removals(database: Database) -> None:
    syncs = make_syncs(database, 320)
    first = await syncs.finish()
    syncs.shelf.copies.append(make_copy(900))
    second = await syncs.finish()
    syncs.shelf.remove(5)()
    third = await syncs.finish()

    assert [state.copies for state in (first, second, third)] == [320, 321, 320]
    assert await syncs.shown() == syncs.instances()
    assert await syncs.rows() == 320


async def test_syncs_wanted_at_the_same_instant_are_one(database: Database) -> None:
    syncs = make_syncs(database, 120)
    async with syncs.working():
        wishes = await asyncio.gather(*(syncs.another().start(USER) for _ in range(5)))
        await syncs.until_over()

    assert sorted(wishes) == [False] * 4 + [True]
    assert syncs.shelf.asked == [1, 2]


async def test_sync_that_is_cancelled_and_started_again_at_once_ends_well(
    database: Database,
) -> None:
    syncs = make_syncs(database, 620)
    async with syncs.working():
        for _ in range(3):
            await syncs.sync.start(USER)
            await syncs.sync.cancel(USER)
        await syncs.sync.start(USER)
        state = await syncs.until_over()

    assert (state.problem, state.copies) == (None, 620)
    assert await syncs.shown() == syncs.instances()


async def test_sync_of_a_user_who_was_renamed_keeps_what_is_shown(database: Database) -> None:
    syncs = make_syncs(database, 220)
    await syncs.finish()
    syncs.shelf.broken = NotFound("discogs", "get_collection", 404)

    state = await syncs.finish(full=True)

    assert (state.problem, state.copies) == (SyncProblem.NO_SUCH_USER, 220)
    assert await syncs.shown() == syncs.instances()
