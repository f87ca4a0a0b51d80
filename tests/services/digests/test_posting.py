"""Each slot of a digest is posted once, whatever happens, in virtual time."""

from datetime import timedelta

import pytest
from fakes.clock import VirtualClock
from fakes.digests import BEFORE, CHANNEL, CREATOR, EIGHT, GUILD, MONDAY_EIGHT, Newsroom
from fakes.virtual_time import in_virtual_time
from sqlalchemy import update

from services.digests.models import (
    Cadence,
    Changes,
    NoSuchDigest,
    PauseReason,
    Place,
    Slot,
    Timing,
    WhenNothing,
)
from services.digests.slots import next_slot
from services.digests.work import TELL, TellWork
from services.jobs.queue import JobQueue
from services.storage.digest_slots import SlotState
from services.storage.digest_tables import DIGESTS

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEKLY = Timing(cadence=Cadence.WEEKLY, hour=8, zone="UTC", weekday=0)
STEPS = 18
"""What a process does for one slot that others could see."""
ANSWERED = STEPS - 3
"""Discord has the post, and the process does not know it yet."""


@pytest.fixture
def room(clock: VirtualClock) -> Newsroom:
    return Newsroom(clock)


@in_virtual_time
async def test_digest_is_posted_on_time_from_what_was_prepared_before(room: Newsroom) -> None:
    room.desk.seconds = 5.0
    schedule = await room.create(WEEKLY)

    async with room.process():
        await room.until(MONDAY_EIGHT + SECOND)

    [(composed_at, _)] = room.desk.composed
    [post] = room.board.posts
    assert composed_at == BEFORE
    assert post.mark == Slot(schedule.digest_id, MONDAY_EIGHT).mark
    assert post.digest.content.text == "en 1"
    assert room.desk.heard == [(post.digest.slot, Place(CHANNEL, post.message_id))]
    row = await room.slot(schedule, MONDAY_EIGHT)
    assert row is not None
    assert (row.state, row.content, row.message_id) == (SlotState.POSTED, None, post.message_id)


@in_virtual_time
async def test_digest_is_prepared_in_the_hour_before_and_not_earlier(room: Newsroom) -> None:
    await room.create(WEEKLY)
    room.jump(MONDAY_EIGHT - HOUR - 20 * SECOND)

    async with room.process():
        await room.until(MONDAY_EIGHT - HOUR - SECOND)
        before = list(room.desk.composed)
        await room.until(MONDAY_EIGHT - HOUR + 20 * SECOND)

    assert before == []
    assert len(room.desk.composed) == 1
    assert room.board.posts == []


@in_virtual_time
async def test_next_digest_tells_what_is_new_since_the_last_one_was_composed(
    room: Newsroom,
) -> None:
    schedule = await room.create()
    async with room.process():
        await room.until(MONDAY_EIGHT + SECOND)
        room.jump(BEFORE + DAY)
        await room.until(MONDAY_EIGHT + DAY + SECOND)

    assert [post.digest.content.since for post in room.board.posts] == [None, BEFORE]
    now = await room.schedules.get(GUILD, schedule.digest_id)
    assert now is not None
    assert now.last_posted_at is not None
    assert MONDAY_EIGHT + DAY <= now.last_posted_at <= MONDAY_EIGHT + DAY + SECOND
    assert now.next_at == MONDAY_EIGHT + 2 * DAY


@pytest.mark.parametrize("step", range(STEPS))
def test_slot_is_posted_once_when_its_process_is_killed_at_any_step(step: int) -> None:
    @in_virtual_time
    async def scenario() -> None:
        room = Newsroom(VirtualClock())
        schedule = await room.create(WEEKLY)
        async with room.process(kill_at=step) as doomed:
            await room.until(MONDAY_EIGHT + 2 * SECOND)
            assert doomed.life.is_over
        async with room.process():
            await room.until(MONDAY_EIGHT + 14 * SECOND)

        assert room.board.marks == [Slot(schedule.digest_id, MONDAY_EIGHT).mark]
        assert await room.state(schedule, MONDAY_EIGHT) is SlotState.POSTED
        assert len(room.desk.heard) >= 1

    scenario()


@in_virtual_time
async def test_slot_takes_as_many_steps_as_the_test_above_kills_at(room: Newsroom) -> None:
    await room.create(WEEKLY)

    async with room.process() as living:
        await room.until(MONDAY_EIGHT + 6 * SECOND)

    assert living.life.steps.count("send") == 1
    assert len(living.life.steps) == STEPS


@pytest.mark.parametrize(
    ("timing", "late", "expected"),
    [
        pytest.param(EIGHT, 5 * HOUR, SlotState.POSTED, id="daily, five hours late"),
        pytest.param(EIGHT, 7 * HOUR, SlotState.MISSED, id="daily, seven hours late"),
        pytest.param(WEEKLY, 23 * HOUR, SlotState.POSTED, id="weekly, a day late"),
        pytest.param(WEEKLY, 25 * HOUR, SlotState.MISSED, id="weekly, more than a day late"),
    ],
)
def test_after_downtime_only_the_latest_slot_is_posted_and_only_if_it_is_worth_it(
    timing: Timing, late: timedelta, expected: SlotState
) -> None:
    @in_virtual_time
    async def scenario() -> None:
        room = Newsroom(VirtualClock())
        schedule = await room.create(timing)
        latest = MONDAY_EIGHT + 21 * DAY
        room.jump(latest + late)
        async with room.process():
            await room.until(latest + late + 5 * SECOND)

        now = await room.schedules.get(GUILD, schedule.digest_id)
        assert await room.state(schedule, latest) is expected
        assert len(room.board.posts) == (expected is SlotState.POSTED)
        assert now is not None
        assert now.next_at == next_slot(timing, latest + late)

    scenario()


@in_virtual_time
async def test_clock_that_is_set_back_posts_nothing_a_second_time(room: Newsroom) -> None:
    schedule = await room.create()
    async with room.process():
        await room.until(MONDAY_EIGHT + 200 * SECOND)  # until its nonce is forgotten
        room.jump(BEFORE)
        await room.until(MONDAY_EIGHT + SECOND)
        room.jump(BEFORE + DAY)
        await room.until(MONDAY_EIGHT + DAY + SECOND)

    assert room.board.marks == [
        Slot(schedule.digest_id, MONDAY_EIGHT).mark,
        Slot(schedule.digest_id, MONDAY_EIGHT + DAY).mark,
    ]


@in_virtual_time
async def test_clock_that_was_a_year_ahead_for_a_while_loses_no_slot_of_this_year(
    room: Newsroom,
) -> None:
    await room.create()
    async with room.process():
        await room.until(MONDAY_EIGHT + SECOND)
        room.jump(MONDAY_EIGHT + 365 * DAY + SECOND)
        await room.until(MONDAY_EIGHT + 365 * DAY + 3 * SECOND)
        room.jump(BEFORE + DAY)
        await room.until(MONDAY_EIGHT + DAY + SECOND)

    days = sorted((post.digest.slot.slot_at - MONDAY_EIGHT) // DAY for post in room.board.posts)
    assert days == [0, 1, 365]


@in_virtual_time
async def test_clock_that_nobody_says_was_set_is_noticed(room: Newsroom) -> None:
    await room.create()
    async with room.process():
        await room.until(MONDAY_EIGHT + SECOND)
        room.clock._step += BEFORE + DAY - room.clock.now()
        await room.until(MONDAY_EIGHT + DAY + 20 * SECOND)

    assert len(room.board.posts) == 2


@in_virtual_time
async def test_two_processes_post_each_slot_once(room: Newsroom) -> None:
    schedules = [await room.create(guild_id=guild) for guild in range(30)]

    async with room.process(), room.process():
        await room.until(MONDAY_EIGHT + 10 * SECOND)

    expected = sorted(Slot(each.digest_id, MONDAY_EIGHT).mark for each in schedules)
    assert room.board.marks == expected


@in_virtual_time
async def test_database_that_is_away_for_ten_seconds_loses_and_doubles_nothing(
    room: Newsroom,
) -> None:
    schedules = [await room.create(guild_id=guild) for guild in range(10)]

    async with room.process():
        await room.until(MONDAY_EIGHT + 0.3 * SECOND)
        posted = len(room.board.posts)
        room.database.is_away = True
        await room.until(MONDAY_EIGHT + 10 * SECOND)
        room.database.is_away = False
        await room.until(MONDAY_EIGHT + 40 * SECOND)

    assert 0 < posted < 10
    assert room.board.marks == sorted(Slot(each.digest_id, MONDAY_EIGHT).mark for each in schedules)


@in_virtual_time
async def test_discord_that_is_down_for_long_gets_every_post_when_it_is_back(
    room: Newsroom,
) -> None:
    schedules = [await room.create(guild_id=guild) for guild in range(6)]
    room.board.is_down = True

    async with room.process():
        await room.until(MONDAY_EIGHT + 60 * SECOND)
        room.jump(MONDAY_EIGHT + HOUR)
        await room.until(MONDAY_EIGHT + HOUR + 20 * SECOND)
        room.board.is_down = False
        await room.until(MONDAY_EIGHT + HOUR + 60 * SECOND)

    assert room.board.marks == sorted(Slot(each.digest_id, MONDAY_EIGHT).mark for each in schedules)


@pytest.mark.parametrize(
    "away", [pytest.param(0, id="at once"), pytest.param(240, id="when its nonce is forgotten")]
)
def test_post_whose_answer_is_lost_is_found_and_not_repeated(away: int) -> None:
    @in_virtual_time
    async def scenario() -> None:
        room = Newsroom(VirtualClock())
        schedule = await room.create()
        room.board.lost_answers = 1
        async with room.process() as process:
            await room.until(MONDAY_EIGHT + SECOND)
            room.board.is_down = away > 0
            await room.clock.pass_time(away)
            room.board.is_down = False
            await room.clock.pass_time(30)

        [post] = room.board.posts
        assert process.life.steps.count("send") == 1
        assert room.desk.heard == [(post.digest.slot, Place(CHANNEL, post.message_id))]
        assert await room.state(schedule, MONDAY_EIGHT) is SlotState.POSTED

    scenario()


@in_virtual_time
async def test_discord_that_is_back_too_late_gets_no_post(room: Newsroom) -> None:
    schedule = await room.create()
    room.board.is_down = True

    async with room.process():
        await room.until(MONDAY_EIGHT + 5 * SECOND)
        room.board.is_down = False
        room.jump(MONDAY_EIGHT + 7 * HOUR)
        await room.clock.pass_time(5)

    assert room.board.posts == []
    assert await room.state(schedule, MONDAY_EIGHT) is SlotState.MISSED


@in_virtual_time
async def test_digest_that_is_edited_after_a_refusal_is_written_anew_for_the_other_channel(
    room: Newsroom,
) -> None:
    schedule = await room.create()
    room.board.closed.add(CHANNEL)

    async with room.process():
        await room.until(MONDAY_EIGHT + 5 * SECOND)
        changes = Changes(locale="fr", channel_id=CHANNEL + 1)
        await room.schedules.edit(GUILD, schedule.digest_id, changes)
        room.jump(MONDAY_EIGHT + 6 * MINUTE)
        await room.clock.pass_time(5)

    [post] = room.board.posts
    assert (post.channel_id, post.digest.content.text) == (CHANNEL + 1, "fr 2")


@pytest.mark.parametrize(
    ("away", "expected"),
    [
        pytest.param(20 * SECOND, SlotState.POSTED, id="while its nonce is known"),
        pytest.param(10 * MINUTE, SlotState.UNCERTAIN, id="later"),
    ],
)
def test_crash_in_a_channel_that_may_not_be_read_never_doubles_a_post(
    away: timedelta, expected: SlotState
) -> None:
    @in_virtual_time
    async def scenario() -> None:
        room = Newsroom(VirtualClock())
        schedule = await room.create()
        room.board.unreadable.add(CHANNEL)
        async with room.process(kill_at=ANSWERED):
            await room.until(MONDAY_EIGHT + SECOND)
        await room.clock.pass_time(away.total_seconds())
        async with room.process():
            await room.clock.pass_time(20)

        assert len(room.board.posts) == 1
        assert await room.state(schedule, MONDAY_EIGHT) is expected
        told = [(CREATOR, Slot(schedule.digest_id, MONDAY_EIGHT))]
        assert room.desk.told == (told if expected is SlotState.UNCERTAIN else [])

    scenario()


@in_virtual_time
async def test_channel_that_refuses_three_times_pauses_the_digest_and_its_creator_is_told(
    room: Newsroom,
) -> None:
    schedule = await room.create()
    room.board.closed.add(CHANNEL)

    async with room.process():
        for _ in range(3):
            await room.clock.pass_time(15)
            room.jump(room.clock.now() + 5 * MINUTE)
        await room.clock.pass_time(5)

    now = await room.schedules.get(GUILD, schedule.digest_id)
    assert now is not None
    assert (now.is_paused, now.pause_reason, now.failures) == (True, PauseReason.REFUSED, 3)
    assert room.desk.told == [(CREATOR, PauseReason.REFUSED)]
    assert await room.state(schedule, MONDAY_EIGHT) is SlotState.SKIPPED


@in_virtual_time
async def test_channel_that_is_open_again_after_a_refusal_gets_the_post(room: Newsroom) -> None:
    schedule = await room.create()
    room.board.closed.add(CHANNEL)

    async with room.process():
        await room.until(MONDAY_EIGHT + 5 * SECOND)
        room.board.closed.clear()
        room.jump(MONDAY_EIGHT + 6 * MINUTE)
        await room.until(MONDAY_EIGHT + 6 * MINUTE + 5 * SECOND)

    now = await room.schedules.get(GUILD, schedule.digest_id)
    assert len(room.board.posts) == 1
    assert now is not None
    assert (now.is_paused, now.failures) == (False, 0)


@in_virtual_time
async def test_edited_digest_says_nothing_that_was_prepared_before(room: Newsroom) -> None:
    schedule = await room.create()
    async with room.process():
        await room.until(MONDAY_EIGHT - 4 * SECOND)
        changes = Changes(locale="fr", channel_id=CHANNEL + 1)
        await room.schedules.edit(GUILD, schedule.digest_id, changes)
        await room.until(MONDAY_EIGHT + 2 * SECOND)

    [post] = room.board.posts
    assert (post.channel_id, post.digest.content.text) == (CHANNEL + 1, "fr 2")


@in_virtual_time
async def test_digest_tells_nothing_of_somebody_who_left_after_it_was_prepared(
    room: Newsroom,
) -> None:
    schedule = await room.create()
    await room.members.join(schedule.digest_id, GUILD, 1)
    async with room.process():
        await room.until(MONDAY_EIGHT - 4 * SECOND)
        await room.members.leave(schedule.digest_id, GUILD, 1)
        await room.until(MONDAY_EIGHT + 2 * SECOND)

    [post] = room.board.posts
    assert post.digest.content.text == "en 2"


@in_virtual_time
async def test_digest_tells_nothing_of_somebody_who_left_while_discord_was_down(
    room: Newsroom,
) -> None:
    schedule = await room.create()
    await room.members.join(schedule.digest_id, GUILD, 1)
    room.board.is_down = True
    async with room.process():
        await room.until(MONDAY_EIGHT + 2 * SECOND)
        state = await room.state(schedule, MONDAY_EIGHT)
        await room.members.leave(schedule.digest_id, GUILD, 1)
        room.board.is_down = False
        await room.clock.pass_time(40)

    [post] = room.board.posts
    assert state is SlotState.SENDING
    assert post.digest.content.text == "en 2"


@in_virtual_time
async def test_digest_that_was_written_hours_ago_is_written_anew_when_discord_is_back(
    room: Newsroom,
) -> None:
    await room.create(WEEKLY)
    room.board.is_down = True
    async with room.process():
        await room.until(MONDAY_EIGHT + 2 * SECOND)
        room.jump(MONDAY_EIGHT + 10 * HOUR)
        room.board.is_down = False
        await room.clock.pass_time(40)

    [post] = room.board.posts
    assert post.digest.content.text == "en 2"


@in_virtual_time
async def test_post_that_may_stand_there_is_not_followed_by_another_text(room: Newsroom) -> None:
    schedule = await room.create()
    room.board.unreadable.add(CHANNEL)
    room.board.is_down = True
    async with room.process():
        await room.until(MONDAY_EIGHT + 2 * SECOND)
        await room.schedules.edit(GUILD, schedule.digest_id, Changes(locale="fr"))
        room.board.is_down = False
        await room.clock.pass_time(40)

    assert room.board.posts == []
    assert await room.state(schedule, MONDAY_EIGHT) is SlotState.UNCERTAIN


@in_virtual_time
async def test_slot_after_a_post_by_hand_does_not_tell_the_same_again(room: Newsroom) -> None:
    schedule = await room.create()
    room.jump(MONDAY_EIGHT - 90 * SECOND)
    async with room.process() as process:
        await room.until(MONDAY_EIGHT - 80 * SECOND)
        prepared = len(room.desk.composed)
        await process.posting.post_now(GUILD, schedule.digest_id)
        await room.until(MONDAY_EIGHT + 4 * SECOND)

    by_hand, on_time = room.board.posts
    assert prepared == 1
    assert on_time.digest.slot.slot_at == MONDAY_EIGHT
    assert by_hand.digest.content.since is None
    assert on_time.digest.content.since is not None
    assert on_time.digest.content.since >= MONDAY_EIGHT - 80 * SECOND


@in_virtual_time
async def test_digest_whose_slot_was_skipped_is_posted_by_hand_in_the_same_minute(
    room: Newsroom,
) -> None:
    schedule = await room.create(when_nothing=WhenNothing.SKIP)
    room.desk.is_nothing_new = True
    async with room.process() as process:
        await room.until(MONDAY_EIGHT + 10 * SECOND)
        state = await room.state(schedule, MONDAY_EIGHT)
        for _ in range(2):
            await process.posting.post_now(GUILD, schedule.digest_id)
        await room.until(MONDAY_EIGHT + 20 * SECOND)

    assert state is SlotState.SKIPPED
    assert room.board.marks == [Slot(schedule.digest_id, MONDAY_EIGHT + SECOND).mark]


@in_virtual_time
async def test_creator_is_not_told_of_a_pause_that_is_over(room: Newsroom) -> None:
    schedule = await room.create(WEEKLY)
    queue = JobQueue(room.database, clock=room.clock)
    work = TellWork(schedule.digest_id, 0, PauseReason.REFUSED)
    async with queue.writing() as transaction:
        await queue.enqueue(TELL, work, transaction=transaction)

    async with room.process():
        await room.clock.pass_time(5)

    assert room.desk.told == []


@pytest.mark.parametrize("act", ["pause", "delete"])
def test_digest_that_is_ended_before_it_is_sent_is_not_posted(act: str) -> None:
    @in_virtual_time
    async def scenario() -> None:
        room = Newsroom(VirtualClock())
        schedule = await room.create()
        room.board.is_down = True
        async with room.process():
            await room.until(MONDAY_EIGHT + 2 * SECOND)
            await getattr(room.schedules, act)(GUILD, schedule.digest_id)
            room.board.is_down = False
            await room.until(MONDAY_EIGHT + 30 * SECOND)

        assert room.board.posts == []
        expected = SlotState.SKIPPED if act == "pause" else None
        assert await room.state(schedule, MONDAY_EIGHT) is expected

    scenario()


@in_virtual_time
async def test_paused_digest_is_not_posted_until_it_is_resumed(room: Newsroom) -> None:
    schedule = await room.create()
    await room.schedules.pause(GUILD, schedule.digest_id)
    async with room.process():
        await room.until(MONDAY_EIGHT + 2 * SECOND)
        await room.schedules.resume(GUILD, schedule.digest_id)
        room.jump(BEFORE + DAY)
        await room.until(MONDAY_EIGHT + DAY + 2 * SECOND)

    assert room.board.marks == [Slot(schedule.digest_id, MONDAY_EIGHT + DAY).mark]


@in_virtual_time
async def test_digest_without_anything_new_is_skipped_when_its_server_wants_that(
    room: Newsroom,
) -> None:
    schedule = await room.create(when_nothing=WhenNothing.SKIP)
    room.desk.is_nothing_new = True

    async with room.process():
        await room.until(MONDAY_EIGHT + 5 * SECOND)

    assert room.board.posts == []
    assert await room.state(schedule, MONDAY_EIGHT) is SlotState.SKIPPED


@in_virtual_time
async def test_digest_asked_for_by_hand_is_posted_once_paused_or_not_and_never_skipped(
    room: Newsroom,
) -> None:
    schedule = await room.create(WEEKLY, when_nothing=WhenNothing.SKIP)
    await room.schedules.pause(GUILD, schedule.digest_id)
    room.desk.is_nothing_new = True

    async with room.process() as process:
        await process.posting.post_now(GUILD, schedule.digest_id)
        await process.posting.post_now(GUILD, schedule.digest_id)
        await room.clock.pass_time(5)

    assert len(room.board.posts) == 1
    now = await room.schedules.get(GUILD, schedule.digest_id)
    assert now is not None
    assert now.next_at == MONDAY_EIGHT


@in_virtual_time
async def test_digest_of_another_server_cannot_be_posted_by_hand(room: Newsroom) -> None:
    schedule = await room.create()
    async with room.process() as process:
        with pytest.raises(NoSuchDigest):
            await process.posting.post_now(GUILD + 1, schedule.digest_id)


@in_virtual_time
async def test_post_waits_not_long_for_what_nobody_prepared(
    room: Newsroom,
) -> None:
    schedule = await room.create()
    room.desk.seconds = 30.0

    async with room.process():
        await room.until(MONDAY_EIGHT + 25 * SECOND)
        room.desk.seconds = 1.0
        await room.until(MONDAY_EIGHT + 60 * SECOND)

    assert len(room.board.posts) == 1
    assert await room.state(schedule, MONDAY_EIGHT) is SlotState.POSTED


@in_virtual_time
async def test_preparation_for_an_earlier_edition_that_ends_late_is_not_posted(
    room: Newsroom,
) -> None:
    schedule = await room.create()
    room.desk.seconds = 6.0
    async with room.process() as process:
        await room.clock.pass_time(1)
        room.desk.seconds = 1.0
        await room.schedules.edit(GUILD, schedule.digest_id, Changes(locale="fr"))
        process.planner.wake()
        await room.until(MONDAY_EIGHT + 2 * SECOND)

    [post] = room.board.posts
    assert post.digest.content.text == "fr 2"


@in_virtual_time
async def test_digest_that_is_edited_while_it_is_composed_at_its_slot_is_composed_anew(
    room: Newsroom,
) -> None:
    schedule = await room.create()
    room.desk.seconds = 3.0
    room.jump(MONDAY_EIGHT)
    async with room.process():
        await room.clock.pass_time(1)
        await room.schedules.edit(GUILD, schedule.digest_id, Changes(locale="fr"))
        await room.clock.pass_time(15)

    [post] = room.board.posts
    assert post.digest.content.text == "fr 2"


@in_virtual_time
async def test_refusal_says_nothing_about_a_post_that_was_perhaps_made_before(
    room: Newsroom,
) -> None:
    schedule = await room.create()
    room.board.unreadable.add(CHANNEL)
    async with room.process(kill_at=ANSWERED):
        await room.until(MONDAY_EIGHT + SECOND)
    room.board.closed.add(CHANNEL)
    async with room.process():
        await room.clock.pass_time(20)
        room.board.closed.clear()
        await room.clock.pass_time(180)  # until its nonce is forgotten
        room.jump(MONDAY_EIGHT + 15 * MINUTE)
        await room.clock.pass_time(20)

    assert len(room.board.posts) == 1
    assert await room.state(schedule, MONDAY_EIGHT) is SlotState.UNCERTAIN


@in_virtual_time
async def test_third_slot_in_a_row_that_fails_uncertain_pauses_the_digest(room: Newsroom) -> None:
    schedule = await room.create()
    async with room.database.write() as transaction:
        await transaction.execute(update(DIGESTS).values(failures=2))
    room.board.unreadable.add(CHANNEL)
    async with room.process(kill_at=ANSWERED):
        await room.until(MONDAY_EIGHT + SECOND)
    room.jump(MONDAY_EIGHT + HOUR)
    async with room.process():
        await room.clock.pass_time(20)

    now = await room.schedules.get(GUILD, schedule.digest_id)
    assert now is not None
    assert (now.is_paused, now.pause_reason) == (True, PauseReason.UNCERTAIN)
    assert room.desk.told == [(CREATOR, PauseReason.UNCERTAIN)]
    assert await room.state(schedule, MONDAY_EIGHT) is SlotState.UNCERTAIN
