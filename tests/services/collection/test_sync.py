"""Whole syncs in virtual time, on the real statements: what is shown while and after."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from fakes.clock import VirtualClock
from fakes.shelves import make_copy
from fakes.syncs import OWNER, PAGE_SECONDS, STRANGER, USER, in_memory
from fakes.virtual_time import in_virtual_time

from services.collection.models import Entry, SyncProblem, SyncState
from services.collection.rows import entry_row
from services.collection.sync_work import SYNC
from services.discogs.accounts import DiscogsAccount
from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    InvalidResponse,
    NotFound,
    NotLinked,
    RateLimitExceeded,
    UpstreamServerError,
    UpstreamTimeout,
)

DOWN = UpstreamServerError("discogs", "get_collection", 503)
GONE = NotFound("discogs", "get_collection", 404)
PRIVATE = AccessDenied("discogs", "get_collection", 403)


# --- A first sync


@in_virtual_time
async def test_first_sync_stores_every_copy_with_each_page_asked_for_once(
    clock: VirtualClock,
) -> None:
    async with in_memory(clock, 350) as syncs:
        state = await syncs.finish()

        assert await syncs.shown() == syncs.instances()
        assert syncs.shelf.asked == [1, 2, 3, 4]
        assert state == SyncState(
            username="digger",
            copies=350,
            synced_at=clock.now(),
            pages_done=4,
            pages=4,
            copies_done=350,
            total=350,
        )


@in_virtual_time
async def test_sync_of_an_empty_collection_ends_with_nothing(clock: VirtualClock) -> None:
    async with in_memory(clock, 0) as syncs:
        state = await syncs.finish()

        assert (state.copies, state.synced_at, state.is_partial) == (0, clock.now(), False)
        assert syncs.shelf.asked == [1]


@in_virtual_time
async def test_first_sync_shows_what_it_has_read_so_far_as_partial(clock: VirtualClock) -> None:
    async with in_memory(clock, 350) as syncs, syncs.working():
        assert await syncs.sync.start(USER)

        state = await syncs.until(2)

        assert (state.copies, state.is_partial, state.is_running) == (200, True, True)
        assert (state.pages_done, state.pages, state.copies_done, state.total) == (2, 4, 200, 350)
        assert state.synced_at is None
        assert len(await syncs.shown()) == 200


@in_virtual_time
async def test_sync_tells_its_progress_and_the_seconds_left(clock: VirtualClock) -> None:
    async with in_memory(clock, 1_000) as syncs, syncs.working():
        await syncs.sync.start(USER)

        states = [state async for state in syncs.sync.watch(USER)]

        assert [state.pages_done for state in states if state.pages] == list(range(1, 11))
        halfway = next(state for state in states if state.pages_done == 5)
        assert halfway.seconds_left == pytest.approx(5 * 1.1)
        assert states[0].pages == 0
        assert not states[-1].is_running


@in_virtual_time
async def test_watch_sees_a_sync_of_another_process_within_a_second(clock: VirtualClock) -> None:
    async with in_memory(clock, 500) as syncs, syncs.working():
        await syncs.sync.start(USER)
        other = syncs.another()  # nothing that the first one commits wakes it

        seen = [(clock.elapsed, state.pages_done) async for state in other.watch(USER)]

        assert [pages for _, pages in seen][-1] == 5
        assert seen[-1][0] <= 5 * 1.1 + 1.0


@in_virtual_time
async def test_second_asker_joins_the_sync_under_way(clock: VirtualClock) -> None:
    async with in_memory(clock, 350) as syncs, syncs.working():
        first = await syncs.sync.start(USER)
        await syncs.until(1)
        second = await syncs.another().start(USER)

        state = await syncs.until_over()

        assert (first, second) == (True, False)
        assert state.copies == 350
        assert syncs.shelf.asked == [1, 2, 3, 4]


@in_virtual_time
async def test_sync_of_somebody_without_an_account_is_refused(clock: VirtualClock) -> None:
    async with in_memory(clock, 1) as syncs:
        syncs.accounts.linked.clear()

        with pytest.raises(NotLinked):
            await syncs.sync.start(USER)

        assert await syncs.sync.state(USER) is None


# --- Later syncs


@in_virtual_time
async def test_later_sync_reads_only_what_is_new(clock: VirtualClock) -> None:
    async with in_memory(clock, 350) as syncs:
        await syncs.finish()
        syncs.shelf.copies += [make_copy(900), make_copy(901)]
        syncs.shelf.asked.clear()

        state = await syncs.finish()

        assert syncs.shelf.asked == [-1]
        assert await syncs.shown() == syncs.instances()
        assert (state.copies, state.synced_at) == (352, clock.now())


@in_virtual_time
async def test_later_sync_reads_everything_when_a_copy_was_removed(clock: VirtualClock) -> None:
    async with in_memory(clock, 350) as syncs:
        await syncs.finish()
        syncs.shelf.remove(17)()
        syncs.shelf.asked.clear()

        await syncs.finish()

        assert syncs.shelf.asked == [-1, 1, 2, 3, 4]
        assert await syncs.shown() == syncs.instances()
        assert await syncs.rows() == 349


@in_virtual_time
async def test_full_pass_after_a_week_finds_ratings(clock: VirtualClock) -> None:
    async with in_memory(clock, 150) as syncs:
        await syncs.finish()
        syncs.shelf.rate(3, 5)
        await syncs.finish()
        early = (await syncs.records())[10_003].rating
        await clock.pass_time(7 * 86_400)

        await syncs.finish()

        assert (early, (await syncs.records())[10_003].rating) == (3, 5)


@in_virtual_time
async def test_full_pass_is_made_at_once_when_asked_for(clock: VirtualClock) -> None:
    async with in_memory(clock, 150) as syncs:
        await syncs.finish()
        syncs.shelf.rate(3, 5)

        await syncs.finish(full=True)

        assert (await syncs.records())[10_003].rating == 5


@in_virtual_time
async def test_copy_keeps_its_number_from_one_sync_to_the_next(clock: VirtualClock) -> None:
    async with in_memory(clock, 150) as syncs:
        await syncs.finish()
        before = {key: record.item_id for key, record in (await syncs.records()).items()}

        await syncs.finish(full=True)

        after = {key: record.item_id for key, record in (await syncs.records()).items()}
        assert after == before


@in_virtual_time
async def test_copies_that_discogs_counts_and_hides_cause_no_walk_each_time(
    clock: VirtualClock,
) -> None:
    async with in_memory(clock, 250) as syncs:
        syncs.shelf.hidden = {10_003, 10_120}
        await syncs.finish()
        syncs.shelf.copies.append(make_copy(900))
        syncs.shelf.asked.clear()

        state = await syncs.finish()

        assert syncs.shelf.asked == [-1]
        assert (state.copies, state.problem) == (249, None)


@in_virtual_time
async def test_other_account_replaces_the_copies_of_the_one_before(clock: VirtualClock) -> None:
    async with in_memory(clock, 150) as syncs:
        await syncs.finish()
        syncs.accounts.linked[USER] = DiscogsAccount(user_id=USER, username="other")
        syncs.shelf.copies = [make_copy(5_000 + number) for number in range(120)]

        state = await syncs.finish()

        assert (state.username, state.copies) == ("other", 120)
        assert await syncs.shown() == syncs.instances()


@in_virtual_time
async def test_local_entry_becomes_the_copy_that_discogs_has_by_now(clock: VirtualClock) -> None:
    async with in_memory(clock, 50) as syncs:
        await syncs.finish()
        entry = Entry(artist="Artist 900", title="Title 900", release_id=901)
        item_id = await syncs.add_local(entry_row(entry, clock.now()))
        with_entry = (await syncs.state()).copies
        syncs.shelf.copies.append(make_copy(900))

        state = await syncs.finish()

        assert (with_entry, state.copies) == (51, 51)
        assert (await syncs.records())[10_900].item_id == item_id


# --- What changes while it is read


@pytest.mark.parametrize(
    "what", [pytest.param(w, id=w) for w in ("removed", "moved", "swapped", "added")]
)
@in_virtual_time
async def test_sync_ends_with_what_discogs_has_when_a_copy_changes_its_place_meanwhile(
    clock: VirtualClock, what: str
) -> None:
    async with in_memory(clock, 420) as syncs:
        shelf = syncs.shelf
        young = msgspec.structs.replace(make_copy(900), added_at=clock.now() + timedelta(seconds=9))
        events = {
            "removed": shelf.remove(10),
            "moved": shelf.move_to_end(10),
            "swapped": shelf.replace(0, young),
            "added": shelf.add(young),
        }
        shelf.events[3] = events[what]

        state = await syncs.finish()

        assert await syncs.shown() == syncs.instances()
        assert (state.problem, state.is_partial) == (None, False)
        assert await syncs.rows() == len(syncs.instances())


@in_virtual_time
async def test_collection_that_never_stands_still_keeps_the_copies_of_before(
    clock: VirtualClock,
) -> None:
    async with in_memory(clock, 220) as syncs:
        before = await syncs.finish()
        old = await syncs.shown()
        syncs.shelf.events = {request: syncs.shelf.remove(0) for request in range(5, 120)}

        state = await syncs.finish(full=True)

        assert await syncs.shown() == old
        assert (state.problem, state.synced_at) == (SyncProblem.CHANGING, before.synced_at)
        assert (state.copies, state.is_running) == (220, False)
        assert await syncs.rows() == 220


# --- Failures


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(DOWN, id="a page fails"),
        pytest.param(UpstreamTimeout("discogs", "get_collection"), id="a page takes too long"),
        pytest.param(InvalidResponse("discogs", "get_collection"), id="a page is no page"),
        pytest.param(GONE, id="a page is not found"),
    ],
)
@in_virtual_time
async def test_sync_goes_on_where_it_was_after_a_failure(
    clock: VirtualClock, error: Exception
) -> None:
    async with in_memory(clock, 450) as syncs, syncs.working():
        syncs.shelf.errors[3] = error

        await syncs.sync.start(USER)
        state = await syncs.until_over()

        assert await syncs.shown() == syncs.instances()
        assert (state.problem, state.retry_at) == (None, None)
        assert [page for page in syncs.shelf.asked if page > 1] == [2, 3, 3, 4, 5]


@in_virtual_time
async def test_failing_sync_says_when_it_tries_again_and_keeps_what_is_shown(
    clock: VirtualClock,
) -> None:
    async with in_memory(clock, 250) as syncs:
        await syncs.finish()
        syncs.shelf.broken = RateLimitExceeded("discogs", "get_collection", retry_after=90.0)
        async with syncs.working():
            await syncs.sync.start(USER, full=True)
            failed_at = clock.now() + timedelta(seconds=PAGE_SECONDS)
            await clock.pass_time(30)

            state = await syncs.state()

            assert state.problem is SyncProblem.UNAVAILABLE
            assert state.retry_at == failed_at + timedelta(seconds=90)
            assert (state.is_running, state.copies) == (True, 250)
            syncs.shelf.broken = None
            assert (await syncs.until_over()).problem is None
        assert len(syncs.shelf.asked) == 3 + 1 + 3


@in_virtual_time
async def test_sync_gives_up_after_a_day_of_failures_and_keeps_what_is_shown(
    clock: VirtualClock,
) -> None:
    async with in_memory(clock, 250) as syncs:
        before = await syncs.finish()
        syncs.shelf.broken = DOWN
        async with syncs.working():
            await syncs.sync.start(USER, full=True)
            await clock.pass_time(5)
            waiting = await syncs.state()
            clock.step_wall(timedelta(days=1))

            state = await syncs.until_over()

        assert (waiting.problem, waiting.is_running) == (SyncProblem.UNAVAILABLE, True)
        assert (state.problem, state.copies) == (SyncProblem.UNAVAILABLE, 250)
        assert state.synced_at == before.synced_at


@pytest.mark.parametrize(
    ("error", "account", "problem"),
    [
        pytest.param(PRIVATE, STRANGER, SyncProblem.PRIVATE, id="went private"),
        pytest.param(
            AuthenticationFailed("discogs", "get_collection", 401),
            STRANGER,
            SyncProblem.PRIVATE,
            id="went private, says 401",
        ),
        pytest.param(
            AuthenticationFailed("discogs", "get_collection", 401),
            OWNER,
            SyncProblem.REFUSED,
            id="link is void",
        ),
        pytest.param(GONE, OWNER, SyncProblem.NO_SUCH_USER, id="renamed or deleted"),
    ],
)
@in_virtual_time
async def test_sync_ends_with_the_reason_and_keeps_what_is_shown(
    clock: VirtualClock, error: Exception, account: DiscogsAccount, problem: SyncProblem
) -> None:
    async with in_memory(clock, 350) as syncs:
        before = await syncs.finish()
        old = await syncs.shown()
        syncs.accounts.linked[USER] = account

        def break_down() -> None:
            syncs.shelf.broken = error

        syncs.shelf.events[7] = break_down  # in the middle of the second walk

        state = await syncs.finish(full=True)

        assert (state.problem, state.synced_at) == (problem, before.synced_at)
        assert (state.is_running, state.is_partial) == (False, False)
        assert await syncs.shown() == old
        assert await syncs.rows() == 350


@in_virtual_time
async def test_page_that_is_empty_though_it_should_not_be_is_asked_for_again(
    clock: VirtualClock,
) -> None:
    async with in_memory(clock, 250) as syncs:
        await syncs.finish()
        syncs.shelf.hidden = set(range(10_000, 10_100))
        syncs.shelf.events[7] = syncs.shelf.hidden.clear  # after it came so three times

        await syncs.finish(full=True)

        assert await syncs.shown() == syncs.instances()


@in_virtual_time
async def test_page_that_is_not_found_though_it_should_be_there_ends_no_sync(
    clock: VirtualClock,
) -> None:
    async with in_memory(clock, 250) as syncs:
        await syncs.finish()
        syncs.shelf.lost = {2}
        syncs.shelf.asked.clear()
        async with syncs.working():
            await syncs.sync.start(USER, full=True)
            await clock.pass_time(10)
            waiting, asked = await syncs.state(), syncs.shelf.asked[:]
            syncs.shelf.lost.clear()

            state = await syncs.until_over()

        assert (waiting.problem, waiting.copies) == (SyncProblem.UNAVAILABLE, 250)
        assert asked == [1, 2, 1, 2]
        assert (state.problem, state.copies) == (None, 250)


@in_virtual_time
async def test_sync_needs_no_names_of_folders_from_whoever_keeps_them_secret(
    clock: VirtualClock,
) -> None:
    async with in_memory(clock, 150) as syncs:
        syncs.shelf.names_error = PRIVATE

        state = await syncs.finish()

        assert (state.copies, state.problem) == (150, None)


# --- Stopping


@in_virtual_time
async def test_cancelled_sync_stops_before_its_next_page_and_keeps_what_is_shown(
    clock: VirtualClock,
) -> None:
    async with in_memory(clock, 350) as syncs:
        await syncs.finish()
        async with syncs.working():
            await syncs.sync.start(USER, full=True)
            await syncs.until(2)

            was_running = await syncs.another().cancel(USER)
            state = await syncs.until_over()
            await clock.pass_time(10)

        assert was_running
        assert (state.problem, state.is_running) == (SyncProblem.CANCELLED, False)
        assert len(syncs.shelf.asked) == 4 + 3
        assert await syncs.shown() == syncs.instances()
        assert await syncs.rows() == 350
        assert await syncs.queue.waiting(SYNC) == 0
        assert not await syncs.sync.cancel(USER)


@in_virtual_time
async def test_first_sync_that_was_cancelled_leaves_a_part_that_says_so(
    clock: VirtualClock,
) -> None:
    async with in_memory(clock, 350) as syncs, syncs.working():
        await syncs.sync.start(USER)
        await syncs.until(2)
        await syncs.sync.cancel(USER)
        await clock.pass_time(10)

        state = await syncs.state()

        assert (state.copies, state.is_partial, state.synced_at) == (200, True, None)


@in_virtual_time
async def test_sync_that_is_started_again_while_it_stops_goes_on(clock: VirtualClock) -> None:
    async with in_memory(clock, 350) as syncs, syncs.working():
        await syncs.sync.start(USER)
        await syncs.until(2)
        await syncs.sync.cancel(USER)

        is_new = await syncs.sync.start(USER)
        state = await syncs.until_over()

        assert not is_new
        assert (state.problem, state.copies) == (None, 350)
        assert syncs.shelf.asked == [1, 2, 3, 4]


@in_virtual_time
async def test_sync_that_waits_to_try_again_can_be_cancelled(clock: VirtualClock) -> None:
    async with in_memory(clock, 350) as syncs, syncs.working():
        syncs.shelf.broken = DOWN
        await syncs.sync.start(USER)
        await clock.pass_time(5)

        await syncs.sync.cancel(USER)
        state = await syncs.until_over()
        await clock.pass_time(60)

        assert state.problem is SyncProblem.CANCELLED
        assert syncs.shelf.asked == [1]
        assert await syncs.queue.waiting(SYNC) == 0


@in_virtual_time
async def test_sync_ends_when_the_account_is_unlinked_meanwhile(clock: VirtualClock) -> None:
    async with in_memory(clock, 350) as syncs, syncs.working():
        await syncs.sync.start(USER)
        await syncs.until(2)
        syncs.accounts.linked.clear()
        async with syncs.database.write() as transaction:
            await syncs.collections.delete_person(transaction, USER)
        await clock.pass_time(10)

        assert await syncs.queue.waiting(SYNC) == 0
        assert await syncs.sync.state(USER) is None
        assert await syncs.rows() == 0


@in_virtual_time
async def test_sync_reads_the_new_account_when_another_was_linked_meanwhile(
    clock: VirtualClock,
) -> None:
    async with in_memory(clock, 350) as syncs, syncs.working():
        await syncs.sync.start(USER)
        await syncs.until(2)
        syncs.accounts.linked[USER] = DiscogsAccount(user_id=USER, username="other")
        syncs.shelf.copies = [make_copy(5_000 + number) for number in range(220)]
        await syncs.sync.start(USER)

        state = await syncs.until_over()

        assert (state.username, state.copies) == ("other", 220)
        assert await syncs.shown() == syncs.instances()


# --- A short look


@in_virtual_time
async def test_short_look_stores_what_is_new_with_one_request(clock: VirtualClock) -> None:
    async with in_memory(clock, 350) as syncs:
        await syncs.finish()
        syncs.shelf.copies.append(make_copy(900))
        syncs.shelf.asked.clear()

        is_fresh = await syncs.sync.freshen(USER)

        assert is_fresh
        assert syncs.shelf.asked == [-1]
        assert (await syncs.state()).synced_at == clock.now()
        assert await syncs.shown() == syncs.instances()


@in_virtual_time
async def test_short_look_leaves_to_a_sync_what_two_requests_cannot_settle(
    clock: VirtualClock,
) -> None:
    async with in_memory(clock, 350) as syncs:
        await syncs.finish()
        syncs.shelf.copies += [make_copy(1_000 + number) for number in range(250)]
        syncs.shelf.asked.clear()

        is_fresh = await syncs.sync.freshen(USER)
        async with syncs.working():
            await syncs.until_over()

        assert not is_fresh
        assert syncs.shelf.asked[:2] == [-1, -2]
        assert await syncs.shown() == syncs.instances()


@in_virtual_time
async def test_short_look_starts_a_full_sync_when_copies_were_removed(clock: VirtualClock) -> None:
    async with in_memory(clock, 250) as syncs:
        await syncs.finish()
        syncs.shelf.remove(0)()

        is_fresh = await syncs.sync.freshen(USER)
        state = await syncs.state()
        async with syncs.working():
            await syncs.until_over()

        assert (is_fresh, state.is_running, state.copies) == (False, True, 250)
        assert await syncs.shown() == syncs.instances()


@in_virtual_time
async def test_short_look_takes_three_seconds_at_most(clock: VirtualClock) -> None:
    async with in_memory(clock, 250) as syncs:
        await syncs.finish()
        syncs.shelf.travel = lambda: clock.sleep(60)
        began_at = clock.elapsed

        is_fresh = await syncs.sync.freshen(USER)

        assert (is_fresh, clock.elapsed - began_at) == (False, 3.0)
        assert (await syncs.state()).copies == 250


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        pytest.param(DOWN, None, id="Discogs is down"),
        pytest.param(PRIVATE, SyncProblem.PRIVATE, id="went private"),
        pytest.param(GONE, SyncProblem.NO_SUCH_USER, id="renamed"),
    ],
)
@in_virtual_time
async def test_short_look_that_fails_keeps_what_is_shown(
    clock: VirtualClock, error: Exception, problem: SyncProblem | None
) -> None:
    async with in_memory(clock, 250) as syncs:
        before = await syncs.finish()
        syncs.shelf.broken = error

        is_fresh = await syncs.sync.freshen(USER)

        state = await syncs.state()
        assert not is_fresh
        assert (state.problem, state.copies, state.synced_at) == (problem, 250, before.synced_at)


@in_virtual_time
async def test_short_look_at_a_collection_never_read_starts_its_sync(clock: VirtualClock) -> None:
    async with in_memory(clock, 50) as syncs:
        is_fresh = await syncs.sync.freshen(USER)

        assert not is_fresh
        assert (await syncs.state()).is_running
        assert syncs.shelf.asked == []


@in_virtual_time
async def test_two_short_looks_at_once_are_one(clock: VirtualClock) -> None:
    async with in_memory(clock, 250) as syncs:
        await syncs.finish()
        syncs.shelf.asked.clear()

        first, second = await asyncio.gather(syncs.sync.freshen(USER), syncs.sync.freshen(USER))

        assert (first, second) == (True, True)
        assert syncs.shelf.asked == [-1]
