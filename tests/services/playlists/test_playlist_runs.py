"""Whole runs in virtual time, on the real statements: what is in the playlist, and how often."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest
from fakes.clock import VirtualClock
from fakes.filling import USER, WISH, filling, lost, make_record
from fakes.virtual_time import in_virtual_time

from services.collection.want_models import StoredWant
from services.errors import (
    AccessDenied,
    ExternalServiceException,
    NotFound,
    NotLinked,
    QuotaSpent,
    RateLimitExceeded,
    UpstreamServerError,
)
from services.playlists.choosing import NothingFits
from services.playlists.handler import GIVE_UP_SECONDS
from services.playlists.models import (
    MOST_ALBUMS,
    Problem,
    RecordSource,
    Run,
    Selection,
    Stage,
    Wish,
)
from services.playlists.ports import Room
from services.playlists.run_store import FILL, forgetting_runs

OTHER = 8


def failing(error: ExternalServiceException) -> Callable[[], None]:
    def strike() -> None:
        raise error

    return strike


DOWN = UpstreamServerError("spotify", "test", 503)
SPENT = QuotaSpent("spotify", "quota", None, "spent", retry_after=7_200.0)


# --- What is shown before


@in_virtual_time
async def test_draft_tells_what_it_costs_and_asks_spotify_nothing(clock: VirtualClock) -> None:
    async with filling(clock, 83) as filled:
        draft = await filled.runs.draft(USER, WISH, about="")

        assert (draft.matching, len(draft.run.progress.albums), draft.run.progress.left) == (
            83,
            MOST_ALBUMS,
            33,
        )
        assert (draft.requests, draft.most_requests, draft.left) == (107, 157, 400)
        assert not draft.is_short
        assert filled.spotify.calls == []


@in_virtual_time
async def test_draft_takes_as_many_albums_as_todays_requests_allow(clock: VirtualClock) -> None:
    async with filling(clock, 83) as filled:
        filled.room = Room(daily=800, left=45)

        draft = await filled.runs.draft(USER, WISH, about="")

        assert (len(draft.run.progress.albums), draft.requests, draft.is_short) == (20, 44, True)


@in_virtual_time
async def test_draft_is_refused_until_the_quota_returns_when_nothing_is_left(
    clock: VirtualClock,
) -> None:
    async with filling(clock, 3) as filled:
        filled.room = Room(daily=800, left=2, retry_after=3_600.0)

        with pytest.raises(QuotaSpent) as refusal:
            await filled.runs.draft(USER, WISH, about="")

        assert refusal.value.retry_after == 3_600.0


@in_virtual_time
async def test_draft_tells_records_that_do_not_fit_from_none_at_all(clock: VirtualClock) -> None:
    polka = Selection(source=RecordSource.WANTLIST, genre="Polka")
    wish = Wish(name="Polka", selection=polka)
    async with filling(clock, 0) as filled:
        with pytest.raises(NothingFits) as none_known:
            await filled.runs.draft(USER, wish, about="")
        filled.records.wants.append(
            StoredWant(release_id=1, title="W", artist="Somebody", genres=("Jazz",))
        )
        with pytest.raises(NothingFits) as none_fits:
            await filled.runs.draft(USER, wish, about="")

        assert (none_known.value.has_none, none_fits.value.has_none) == (True, False)


@in_virtual_time
async def test_draft_is_refused_when_no_record_fits_or_no_account_is_linked(
    clock: VirtualClock,
) -> None:
    async with filling(clock, 0) as filled:
        with pytest.raises(NothingFits):
            await filled.runs.draft(USER, WISH, about="")
        with pytest.raises(NotLinked):
            await filled.runs.draft(OTHER, WISH, about="")


# --- A run


@in_virtual_time
async def test_run_adds_every_album_in_order_in_batches_of_whole_albums(
    clock: VirtualClock,
) -> None:
    async with filling(clock, 25) as filled:
        filled.spotify.tracks = 12

        run = await filled.finish()

        assert filled.held == filled.spotify.uris(*(f"A{n}" for n in range(1, 26)))
        assert filled.spotify.added == [96, 96, 96, 12]
        assert run.stage is Stage.DONE
        progress = run.progress
        assert (progress.added_albums, progress.added_tracks, progress.next) == (25, 300, 25)
        [playlist] = filled.spotify.playlists
        assert playlist.is_public is False
        assert playlist.description.startswith("From the shelf aime-")


@in_virtual_time
async def test_run_splits_an_album_that_is_larger_than_a_batch(clock: VirtualClock) -> None:
    async with filling(clock, 3) as filled:
        filled.spotify.tracks = 130

        run = await filled.finish()

        assert filled.held == filled.spotify.uris("A1", "A2", "A3")
        assert (run.progress.added_albums, run.progress.added_tracks) == (3, 390)


@in_virtual_time
async def test_run_waits_for_the_rest_of_an_album_instead_of_adding_half_of_it(
    clock: VirtualClock,
) -> None:
    async with filling(clock, 3) as filled:
        filled.spotify.cut = [DOWN, SPENT]

        run = await filled.finish()

        assert filled.held == filled.spotify.uris("A1", "A2", "A3")
        assert (run.stage, run.progress.added_tracks) == (Stage.DONE, 30)


@in_virtual_time
async def test_run_lists_what_is_missing_and_what_is_doubtful_and_adds_neither(
    clock: VirtualClock,
) -> None:
    async with filling(clock, 4) as filled:
        filled.spotify.missing, filled.spotify.doubtful = {"A2"}, {"A3"}

        run = await filled.finish()

        assert filled.held == filled.spotify.uris("A1", "A4")
        assert [album.title for album in run.progress.misses] == ["A2"]
        [doubt] = run.progress.doubts
        assert (doubt.album.title, doubt.url) == ("A3", "https://open.spotify.com/album/A3")


@in_virtual_time
async def test_run_adds_an_album_once_when_two_records_are_the_same_on_spotify(
    clock: VirtualClock,
) -> None:
    async with filling(clock, 3) as filled:
        filled.spotify.same = {"A1", "A3"}

        await filled.finish()

        assert filled.held == filled.spotify.uris("one", "A2")


@in_virtual_time
async def test_run_takes_one_pressing_of_each_work(clock: VirtualClock) -> None:
    async with filling(clock, 2) as filled:
        again = make_record(9, title="A1", master_id=filled.records.copies[0].master_id)
        filled.records.copies.append(again)

        draft = await filled.runs.draft(USER, WISH, about="")

        assert [album.title for album in draft.run.progress.albums] == ["A1", "A2"]


# --- Clicks


@in_virtual_time
async def test_start_that_is_pressed_twice_fills_one_playlist_once(clock: VirtualClock) -> None:
    async with filling(clock, 3) as filled, filled.working(drain_seconds=20):
        run_id = await filled.drafted()

        await asyncio.gather(*(filled.runs.start(USER, run_id) for _ in range(5)))
        await filled.until_over(run_id)
        again = await filled.runs.start(USER, run_id)

        assert again is not None
        assert again.stage is Stage.DONE
        assert filled.held == filled.spotify.uris("A1", "A2", "A3")
        assert filled.spotify.calls.count("create") == 1


@in_virtual_time
async def test_start_shows_the_run_under_way_instead_of_beginning_a_second(
    clock: VirtualClock,
) -> None:
    async with filling(clock, 3) as filled:
        first, second = await filled.drafted(), await filled.drafted()
        await filled.runs.start(USER, first)

        run = await filled.runs.start(USER, second)

        assert run is not None
        assert run.run_id == first


@in_virtual_time
async def test_run_is_nobody_elses(clock: VirtualClock) -> None:
    async with filling(clock, 1) as filled:
        filled.accounts.linked[OTHER] = filled.accounts.linked[USER]
        run_id = await filled.drafted()

        assert await filled.runs.start(OTHER, run_id) is None
        assert await filled.runs.cancel(OTHER, run_id) is None
        assert await filled.runs.more(OTHER, run_id) is None
        assert [run async for run in filled.runs.watch(OTHER, run_id)] == []


# --- Lost answers


@in_virtual_time
async def test_lost_answer_of_a_new_playlist_makes_no_second_one(clock: VirtualClock) -> None:
    async with filling(clock, 2) as filled:
        filled.spotify.after["create"] = [lost]

        await filled.finish()

        assert len(filled.spotify.playlists) == 1
        assert filled.held == filled.spotify.uris("A1", "A2")


@in_virtual_time
async def test_playlist_of_which_nobody_knows_is_looked_for_before_it_is_asked_for_again(
    clock: VirtualClock,
) -> None:
    async with filling(clock, 2) as filled:
        filled.spotify.after["create"] = [lost]
        filled.spotify.before["mine"] = [failing(DOWN)]

        await filled.finish()

        assert len(filled.spotify.playlists) == 1
        assert filled.spotify.calls.count("create") == 1
        assert filled.held == filled.spotify.uris("A1", "A2")


@in_virtual_time
async def test_playlist_that_was_never_made_is_asked_for_again(clock: VirtualClock) -> None:
    async with filling(clock, 2) as filled:
        filled.spotify.before["create"] = [lost]

        await filled.finish()

        assert len(filled.spotify.playlists) == 1
        assert filled.held == filled.spotify.uris("A1", "A2")


@in_virtual_time
async def test_lost_answer_of_a_batch_is_found_at_the_end_of_a_very_long_playlist(
    clock: VirtualClock,
) -> None:
    async with filling(clock, 2) as filled:

        def change_and_lose() -> None:
            filled.held[:0] = [f"spotify:track:other-{n}" for n in range(2_500)]
            lost()

        filled.spotify.after["add"] = [change_and_lose]
        filled.spotify.before["items"] = [failing(DOWN)]

        await filled.finish()

        assert filled.held[2_500:] == filled.spotify.uris("A1", "A2")


@in_virtual_time
@pytest.mark.parametrize("when", ["before", "after"])
async def test_lost_answer_of_a_batch_neither_loses_nor_doubles_it(
    clock: VirtualClock, when: str
) -> None:
    async with filling(clock, 25) as filled:
        getattr(filled.spotify, when)["add"] = [lost]

        run = await filled.finish()

        assert filled.held == filled.spotify.uris(*(f"A{n}" for n in range(1, 26)))
        assert run.progress.added_tracks == 250


@in_virtual_time
@pytest.mark.parametrize("when", ["before", "after"])
async def test_lost_answer_of_a_batch_is_told_by_the_tracks_when_somebody_changed_the_playlist(
    clock: VirtualClock, when: str
) -> None:
    async with filling(clock, 25) as filled:

        def strike() -> None:
            filled.held.insert(0, "spotify:track:mine")
            lost()

        getattr(filled.spotify, when)["add"] = [strike]

        await filled.finish()

        albums = filled.spotify.uris(*(f"A{n}" for n in range(1, 26)))
        assert filled.held == ["spotify:track:mine", *albums]


# --- Waiting, ending, going on


@in_virtual_time
@pytest.mark.parametrize(
    ("error", "problem", "seconds"),
    [
        pytest.param(SPENT, Problem.BUSY, 7_200.0, id="our own quota"),
        pytest.param(
            RateLimitExceeded("spotify", "test", retry_after=3_600.0),
            Problem.BUSY,
            3_600.0,
            id="Spotify's",
        ),
        pytest.param(DOWN, Problem.DOWN, 15.0, id="an outage"),
    ],
)
async def test_run_waits_until_spotify_can_be_asked_and_says_until_when(
    clock: VirtualClock, error: ExternalServiceException, problem: Problem, seconds: float
) -> None:
    async with filling(clock, 3) as filled:
        filled.spotify.before["get_album"] = [failing(error)]
        run_id = await filled.drafted()
        await filled.runs.start(USER, run_id)

        waiting = await filled.once(run_id, lambda run: run.progress.problem is not None)
        stopped_at = clock.now()
        await clock.sleep(seconds)
        run = await filled.once(run_id, lambda run: not run.is_running)

        assert waiting.progress.problem is problem
        retry_at = waiting.progress.retry_at
        assert retry_at is not None
        assert (retry_at - stopped_at).total_seconds() == pytest.approx(seconds, abs=2)
        assert run.stage is Stage.DONE
        assert run.progress.problem is None
        assert filled.held == filled.spotify.uris("A1", "A2", "A3")


@in_virtual_time
async def test_run_gives_up_after_two_days_without_a_success_and_can_go_on_later(
    clock: VirtualClock,
) -> None:
    async with filling(clock, 3) as filled:
        filled.spotify.before["get_album"] = [lambda: None, failing(DOWN), failing(DOWN)]
        run_id = await filled.drafted()
        await filled.runs.start(USER, run_id)
        await filled.once(run_id, lambda run: run.progress.problem is not None)
        await clock.sleep(GIVE_UP_SECONDS)

        failed = await filled.once(run_id, lambda run: not run.is_running)
        await filled.runs.start(USER, run_id)
        run = await filled.once(run_id, lambda run: not run.is_running)

        assert (failed.stage, failed.progress.problem) == (Stage.FAILED, Problem.DOWN)
        assert run.stage is Stage.DONE
        assert filled.held == filled.spotify.uris("A1", "A2", "A3")


@in_virtual_time
@pytest.mark.parametrize(
    ("error", "problem"),
    [
        pytest.param(AccessDenied("spotify", "test", 403), Problem.REFUSED, id="refused"),
        pytest.param(NotFound("spotify", "test", 404), Problem.GONE, id="deleted"),
        pytest.param(NotLinked("spotify", "test"), Problem.NOT_LINKED, id="unlinked"),
    ],
)
async def test_run_ends_at_once_when_trying_again_is_pointless(
    clock: VirtualClock, error: ExternalServiceException, problem: Problem
) -> None:
    async with filling(clock, 25) as filled:
        filled.spotify.before["add"] = [lambda: None, failing(error)]

        run = await filled.finish()

        assert (run.stage, run.progress.problem) == (Stage.FAILED, problem)
        assert (run.progress.added_albums, run.progress.added_tracks) == (10, 100)


@in_virtual_time
async def test_cancelled_run_stops_before_its_next_album_and_goes_on_where_it_was(
    clock: VirtualClock,
) -> None:
    async with filling(clock, 25) as filled, filled.working(drain_seconds=20):
        run_id = await filled.drafted()
        await filled.runs.start(USER, run_id)
        await filled.until(run_id, lambda run: run.progress.next == 12)

        cancelled = await filled.runs.cancel(USER, run_id)
        assert cancelled is not None
        await clock.sleep(5)
        held = len(filled.held)
        await filled.runs.start(USER, run_id)
        run = await filled.until_over(run_id)

        assert cancelled.stage is Stage.CANCELLED
        assert held == 100
        assert run.stage is Stage.DONE
        assert filled.held == filled.spotify.uris(*(f"A{n}" for n in range(1, 26)))


@in_virtual_time
async def test_run_that_is_cancelled_and_started_at_once_goes_on(clock: VirtualClock) -> None:
    async with filling(clock, 25) as filled, filled.working(drain_seconds=20):
        run_id = await filled.drafted()
        await filled.runs.start(USER, run_id)
        await filled.until(run_id, lambda run: run.progress.next == 3)

        await filled.runs.cancel(USER, run_id)
        await filled.runs.start(USER, run_id)
        run = await filled.until_over(run_id)

        assert run.stage is Stage.DONE
        assert filled.held == filled.spotify.uris(*(f"A{n}" for n in range(1, 26)))


@in_virtual_time
async def test_unlinking_ends_a_run_and_leaves_nothing_of_it(clock: VirtualClock) -> None:
    async with filling(clock, 25) as filled, filled.working(drain_seconds=20):
        run_id = await filled.drafted()
        await filled.runs.start(USER, run_id)
        await filled.until(run_id, lambda run: run.progress.next == 3)

        async with filled.database.write() as transaction:
            await forgetting_runs(filled.queue)(transaction, USER)
        await clock.sleep(60)

        assert await filled.runs.running(USER) is None
        assert [run async for run in filled.runs.watch(USER, run_id)] == []
        assert filled.spotify.calls.count("find_album") < 6


@in_virtual_time
async def test_unlinking_also_deletes_the_job_of_a_run_that_waits_for_tomorrow(
    clock: VirtualClock,
) -> None:
    async with filling(clock, 3) as filled:
        filled.spotify.before["find_album"] = [failing(SPENT)]
        run_id = await filled.drafted()
        await filled.runs.start(USER, run_id)
        await filled.once(run_id, lambda run: run.progress.retry_at is not None)
        assert await filled.queue.waiting(FILL) == 1

        async with filled.database.write() as transaction:
            await forgetting_runs(filled.queue)(transaction, USER)

        assert await filled.queue.waiting(FILL) == 0


@in_virtual_time
async def test_run_that_was_cancelled_while_it_waited_goes_on_at_once(clock: VirtualClock) -> None:
    async with filling(clock, 3) as filled, filled.working(drain_seconds=20):
        filled.spotify.before["find_album"] = [failing(SPENT)]
        run_id = await filled.drafted()
        await filled.runs.start(USER, run_id)
        await filled.until(run_id, lambda run: run.progress.retry_at is not None)
        await clock.sleep(1)
        await filled.runs.cancel(USER, run_id)

        began = clock.monotonic()
        await filled.runs.start(USER, run_id)
        run = await filled.until_over(run_id)

        assert run.stage is Stage.DONE
        assert clock.monotonic() - began < 60


@in_virtual_time
async def test_run_whose_job_was_given_up_goes_on_when_it_is_started_again(
    clock: VirtualClock,
) -> None:
    async with filling(clock, 3) as filled:
        run_id = await filled.drafted()
        await filled.runs.start(USER, run_id)
        async with filled.database.write() as transaction:
            await filled.queue.withdraw(transaction, FILL, str(run_id))

        async with filled.working(drain_seconds=20):
            await filled.runs.start(USER, run_id)
            run = await filled.until_over(run_id)

        assert (run.stage, run.progress.added_albums) == (Stage.DONE, 3)


@in_virtual_time
async def test_two_runs_that_are_started_at_once_fill_one_playlist(clock: VirtualClock) -> None:
    async with filling(clock, 3) as filled:
        drafts = [await filled.drafted(), await filled.drafted()]

        begun = await asyncio.gather(*(filled.runs.start(USER, each) for each in drafts))

        assert len({run.run_id for run in begun if run is not None}) == 1
        assert await filled.queue.waiting(FILL) == 1


# --- The next fifty


@in_virtual_time
async def test_more_goes_on_with_the_next_records_in_the_same_playlist(
    clock: VirtualClock,
) -> None:
    async with filling(clock, 60) as filled:
        first = await filled.finish()
        filled.records.copies.insert(0, make_record(99))  # bought meanwhile

        draft = await filled.runs.more(USER, first.run_id)
        assert draft is not None
        async with filled.working(drain_seconds=20):
            await filled.runs.start(USER, draft.run.run_id)
            run = await filled.until_over(draft.run.run_id)

        assert run.progress.left == 0
        expected = [f"A{n}" for n in (*range(1, 51), 99, *range(51, 61))]
        assert filled.held == filled.spotify.uris(*expected)
        with pytest.raises(NothingFits):
            await filled.runs.more(USER, run.run_id)


@in_virtual_time
async def test_two_drafts_of_the_same_next_records_add_them_once(clock: VirtualClock) -> None:
    async with filling(clock, 120) as filled:
        first = await filled.finish()
        twice = [await filled.runs.more(USER, first.run_id) for _ in range(2)]
        one, other = (draft.run.run_id for draft in twice if draft is not None)
        async with filled.working(drain_seconds=20):
            await filled.runs.start(USER, one)
            await filled.until_over(one)
            with pytest.raises(NothingFits):
                await filled.runs.start(USER, other)
            # The old message's button goes on behind what was added since.
            last = await filled.runs.more(USER, first.run_id)
            assert last is not None
            await filled.runs.start(USER, last.run.run_id)
            await filled.until_over(last.run.run_id)

        assert filled.held == filled.spotify.uris(*(f"A{n}" for n in range(1, 121)))


@in_virtual_time
async def test_more_is_refused_when_the_playlist_was_deleted(clock: VirtualClock) -> None:
    async with filling(clock, 60) as filled:
        first = await filled.finish()
        filled.spotify.playlists.clear()

        with pytest.raises(NotFound):
            await filled.runs.more(USER, first.run_id)


# --- What is stored


def kept(run: Run) -> tuple[Stage, int]:
    return run.stage, run.progress.next


@in_virtual_time
async def test_job_holds_numbers_alone(clock: VirtualClock) -> None:
    async with filling(clock, 3) as filled:
        await filled.runs.start(USER, await filled.drafted())

        [job] = await filled.queue.claim(kinds=["playlists.fill"], worker="w", limit=1)

        assert msgspec.json.decode(job.payload) == {"user_id": USER, "run_id": 1}


@in_virtual_time
async def test_run_that_has_ended_is_told_for_a_day_unless_another_is_under_way(
    clock: VirtualClock,
) -> None:
    async with filling(clock, 3) as filled:
        assert await filled.runs.latest(USER) is None
        ended = await filled.finish()
        told = await filled.runs.latest(USER)
        following = await filled.drafted()
        besides_a_draft = await filled.runs.latest(USER)
        await clock.sleep(86_400)
        a_day_later = await filled.runs.latest(USER)
        await filled.runs.start(USER, following)
        under_way = await filled.runs.latest(USER)

        assert told == ended == besides_a_draft
        assert a_day_later is None
        assert under_way is not None
        assert under_way.run_id == following


@in_virtual_time
async def test_old_runs_are_forgotten_and_those_under_way_are_not(clock: VirtualClock) -> None:
    async with filling(clock, 3) as filled:
        draft = await filled.drafted()
        running = await filled.drafted()
        await filled.runs.start(USER, running)
        await clock.sleep(2 * 86_400)

        await filled.drafted()

        assert [run async for run in filled.runs.watch(USER, draft)] == []
        under_way = await filled.runs.running(USER)
        assert under_way is not None
        assert kept(under_way) == (Stage.RUNNING, 0)
