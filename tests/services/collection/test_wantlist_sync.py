"""Syncs of wantlists in virtual time, on the real statements: what is shown while and after."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fakes.clock import VirtualClock
from fakes.copies import FakeAccounts
from fakes.direct_database import DirectDatabase
from fakes.virtual_time import in_virtual_time
from fakes.wishes import Event, make_wish
from harness.wantlists import STALE_SECONDS, Wantlists

from services.collection.models import SyncProblem
from services.errors import AccessDenied, NotFound, NotLinked, UpstreamServerError
from services.storage.migrating import migrate

USER, STRANGER = 7, 8
DOWN = UpstreamServerError("discogs", "get_wantlist", 503)
PRIVATE = AccessDenied("discogs", "get_wantlist", 403)
SECONDS = 3.0


@asynccontextmanager
async def stored(clock: VirtualClock, wishes: int) -> AsyncIterator[Wantlists]:
    """Yield a wantlist of that size, which nobody reads."""
    database = DirectDatabase()
    await migrate(database)
    yield Wantlists(database, clock, accounts=FakeAccounts(writers={USER}), wishes=wishes)
    await database.close()


@asynccontextmanager
async def syncing(clock: VirtualClock, wishes: int) -> AsyncIterator[Wantlists]:
    """Yield a wantlist of that size, and a worker that reads it."""
    async with stored(clock, wishes) as wantlists, wantlists.working():
        yield wantlists


@in_virtual_time
async def test_wantlist_is_read_whole_with_each_page_asked_for_once(clock: VirtualClock) -> None:
    async with syncing(clock, 250) as wantlists:
        is_fresh = await wantlists.sync.freshen(USER, SECONDS)

        assert is_fresh
        assert wantlists.shelf.asked == [1, 2, 3]
        assert await wantlists.wanted(USER) == list(range(1, 251))


@in_virtual_time
async def test_wantlist_is_replaced_at_once_by_what_is_there_now(clock: VirtualClock) -> None:
    async with syncing(clock, 120) as wantlists:
        await wantlists.sync.freshen(USER, SECONDS)
        seen: list[list[int]] = []

        async def look() -> None:
            seen.append(await wantlists.wanted(USER))

        wantlists.shelf.wishes = {number: make_wish(number) for number in range(100, 350)}
        wantlists.shelf.events = dict.fromkeys((4, 5), look)
        await wantlists.sync.freshen(USER, SECONDS)

        assert seen == [list(range(1, 121))] * 2
        assert await wantlists.wanted(USER) == list(range(100, 350))


@pytest.mark.parametrize("request_number", [3, 4])
@in_virtual_time
async def test_wantlist_keeps_what_it_had_while_discogs_fails_and_goes_on_where_it_was(
    clock: VirtualClock, request_number: int
) -> None:
    async with syncing(clock, 150) as wantlists:
        await wantlists.sync.freshen(USER, SECONDS)
        wantlists.shelf.wishes[200] = make_wish(200)
        wantlists.shelf.errors[request_number] = DOWN

        is_fresh = await wantlists.sync.freshen(USER, SECONDS)
        meanwhile = await wantlists.wanted(USER)
        page = await wantlists.service.browse(USER)
        await clock.sleep(60)

        assert not is_fresh
        assert meanwhile == list(range(1, 151))
        assert page.state.problem is SyncProblem.UNAVAILABLE
        assert page.state.retry_at is not None
        assert len(wantlists.shelf.asked) == 5  # no page twice, but for the one that failed
        assert await wantlists.wanted(USER) == [*range(1, 151), 200]


@in_virtual_time
async def test_wish_that_slips_to_the_page_before_is_not_lost(clock: VirtualClock) -> None:
    async with syncing(clock, 250) as wantlists:

        async def somebody_removes() -> None:
            del wantlists.shelf.wishes[250]

        wantlists.shelf.events[1] = somebody_removes
        await wantlists.sync.freshen(USER, SECONDS)

        # 250 was read before it was removed; one too many makes it read everything again.
        assert await wantlists.wanted(USER) == list(range(1, 250))


def _adding(wantlists: Wantlists) -> Event:
    async def add() -> None:
        await wantlists.service.add(USER, 900)

    return add


def _removing(wantlists: Wantlists) -> Event:
    async def remove() -> None:
        await wantlists.service.remove(USER, 10)

    return remove


@pytest.mark.parametrize("request_number", [3, 4])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(_adding, [*range(1, 151), 900], id="added"),
        pytest.param(_removing, [n for n in range(1, 151) if n != 10], id="removed"),
    ],
)
@in_virtual_time
async def test_change_made_here_while_the_list_is_read_is_not_undone_by_an_older_page(
    clock: VirtualClock, change: object, expected: list[int], request_number: int
) -> None:
    async with syncing(clock, 150) as wantlists:
        await wantlists.sync.freshen(USER, SECONDS)
        assert callable(change)
        # The page is on its way already when the list changes, and arrives after.
        wantlists.shelf.events[request_number] = change(wantlists)

        await wantlists.sync.freshen(USER, SECONDS)

        assert await wantlists.wanted(USER) == expected


@in_virtual_time
async def test_private_wantlist_says_so_and_is_read_once_it_is_open(clock: VirtualClock) -> None:
    async with syncing(clock, 3) as wantlists:
        wantlists.shelf.broken = PRIVATE
        private = await wantlists.service.browse(USER)
        wantlists.shelf.broken = None
        opened = await wantlists.service.browse(USER)

        assert (private.state.problem, private.wants) == (SyncProblem.PRIVATE, ())
        assert (opened.state.problem, opened.matching) == (None, 3)


@in_virtual_time
async def test_sync_gives_up_after_a_day_and_keeps_what_is_shown(clock: VirtualClock) -> None:
    async with stored(clock, 3) as wantlists:
        async with wantlists.working():
            await wantlists.sync.freshen(USER, SECONDS)
        wantlists.shelf.broken = DOWN
        await wantlists.sync.start(USER)

        first = await wantlists.work()
        await clock.sleep(86_401)
        last = await wantlists.work()

        assert (first, last) == (15.0, None)
        async with wantlists.database.read() as transaction:
            row = await wantlists.repository.get(transaction, USER)
        assert row is not None
        assert (row.problem, row.is_running) == (SyncProblem.UNAVAILABLE, False)
        assert await wantlists.wanted(USER) == [1, 2, 3]


@in_virtual_time
async def test_wantlist_that_is_unlinked_while_it_is_read_leaves_nothing(
    clock: VirtualClock,
) -> None:
    async with syncing(clock, 250) as wantlists:

        async def unlink() -> None:
            wantlists.accounts.writers = ()
            async with wantlists.database.write() as transaction:
                await wantlists.repository.delete_person(transaction, USER)

        wantlists.shelf.events[2] = unlink

        is_fresh = await wantlists.sync.freshen(USER, SECONDS)
        await clock.sleep(60)

        assert not is_fresh
        assert await wantlists.wanted(USER) == []
        assert wantlists.shelf.asked == [1, 2]


@in_virtual_time
async def test_wantlist_is_read_again_only_when_it_is_older_than_it_may_be(
    clock: VirtualClock,
) -> None:
    async with syncing(clock, 3) as wantlists:
        await wantlists.service.browse(USER)
        await clock.sleep(STALE_SECONDS)
        await wantlists.service.browse(USER)
        asked = len(wantlists.shelf.asked)
        await clock.sleep(1)
        page = await wantlists.service.browse(USER)

        assert asked == 1
        assert len(wantlists.shelf.asked) == 2
        assert (page.is_fresh, page.state.synced_at) == (True, clock.now())


@in_virtual_time
async def test_wantlist_of_nobody_is_not_read(clock: VirtualClock) -> None:
    async with syncing(clock, 1) as wantlists:
        with pytest.raises(NotLinked):
            await wantlists.service.browse(STRANGER)

        assert wantlists.shelf.asked == []


@in_virtual_time
async def test_page_that_is_gone_when_it_is_asked_for_ends_no_sync(clock: VirtualClock) -> None:
    async with syncing(clock, 250) as wantlists:
        wantlists.shelf.errors[3] = NotFound("discogs", "get_wantlist", 404)

        assert await wantlists.sync.freshen(USER, SECONDS)
        assert await wantlists.wanted(USER) == list(range(1, 251))
