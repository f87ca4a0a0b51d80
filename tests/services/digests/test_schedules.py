"""What servers decide about their digests, and who joins them, on both databases."""

import asyncio
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import pytest
from fakes.clock import WALL_START
from fakes.digest_content import make_content
from fakes.promises import FakeEditor
from harness.collections import HandClock
from sqlalchemy import func, select, update

from services.accounts.preferences import Preferences
from services.digests.members import DigestMembers
from services.digests.models import (
    MOST_DIGESTS,
    Cadence,
    Changes,
    NewSchedule,
    NoSuchDigest,
    PauseReason,
    Place,
    Schedule,
    Slot,
    Timing,
    TooManyDigests,
    UnknownZone,
    WhenNothing,
)
from services.digests.planning import DigestPlanner
from services.digests.posts import DigestPosts
from services.digests.schedules import DigestSchedules
from services.jobs.queue import JobQueue
from services.resilience.clock import SystemClock
from services.storage.database import Database
from services.storage.digest_slots import DigestSlotRepository, SlotRow, SlotState
from services.storage.digest_tables import DIGEST_POSTS, DIGESTS
from services.storage.digests import DigestRepository

GUILD, OTHER_GUILD = 7, 8
ME, OTHER = 42, 99
TWENTY = Timing(cadence=Cadence.DAILY, hour=20, zone="Europe/Zurich")
TONIGHT = WALL_START.replace(hour=19)
WEEKLY = Timing(cadence=Cadence.WEEKLY, hour=9, zone="UTC", weekday=2)
ON_WEDNESDAY = WALL_START.replace(day=25, hour=9)


def wish(guild_id: int = GUILD, timing: Timing = TWENTY) -> NewSchedule:
    return NewSchedule(guild_id=guild_id, channel_id=70, creator_id=ME, timing=timing, locale="fr")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def schedules(database: Database, clock: HandClock) -> DigestSchedules:
    return DigestSchedules(database, clock=clock)


@pytest.fixture
def members(database: Database, clock: HandClock) -> DigestMembers:
    return DigestMembers(database, clock=clock)


async def slot(database: Database, schedule: Schedule, slot_at: datetime) -> SlotRow | None:
    async with database.read() as transaction:
        return await DigestSlotRepository().find(transaction, schedule.digest_id, slot_at)


async def test_created_digest_is_due_next_and_only_its_server_sees_it(
    schedules: DigestSchedules,
) -> None:
    made = await schedules.create(wish())

    assert (made.timing, made.locale, made.next_at) == (TWENTY, "fr", TONIGHT)
    assert (made.is_paused, made.last_posted_at, made.failures) == (False, None, 0)
    assert await schedules.get(GUILD, made.digest_id) == made
    assert await schedules.list(GUILD) == (made,)
    assert await schedules.get(OTHER_GUILD, made.digest_id) is None
    assert await schedules.list(OTHER_GUILD) == ()


async def test_server_has_ten_digests_at_most(schedules: DigestSchedules) -> None:
    for _ in range(MOST_DIGESTS):
        await schedules.create(wish())

    with pytest.raises(TooManyDigests):
        await schedules.create(wish())
    await schedules.create(wish(OTHER_GUILD))


async def test_digest_that_is_made_while_the_tenth_is_has_to_wait_and_is_one_too_many(
    database: Database, schedules: DigestSchedules
) -> None:
    for _ in range(MOST_DIGESTS - 1):
        await schedules.create(wish())
    rows = DigestRepository()
    async with database.read() as transaction:
        [first, *_] = await rows.of_guild(transaction, GUILD)

    async with database.write() as transaction:
        assert await rows.count(transaction, GUILD) == MOST_DIGESTS - 1
        other = asyncio.create_task(schedules.create(wish()))
        await SystemClock().sleep(0.1)
        values = {name: value for name, value in asdict(first).items() if name != "digest_id"}
        await rows.add(transaction, values)

    with pytest.raises(TooManyDigests):
        await other
    assert len(await schedules.list(GUILD)) == MOST_DIGESTS


async def test_digest_in_no_zone_is_not_made(schedules: DigestSchedules) -> None:
    nowhere = Timing(cadence=Cadence.DAILY, hour=8, zone="Europe/Nowhere")

    with pytest.raises(UnknownZone):
        await schedules.create(wish(timing=nowhere))

    assert await schedules.list(GUILD) == ()


async def test_edit_changes_what_is_named_and_nothing_else(schedules: DigestSchedules) -> None:
    made = await schedules.create(wish())

    elsewhere = await schedules.edit(GUILD, made.digest_id, Changes(channel_id=71))
    weekly = await schedules.edit(
        GUILD, made.digest_id, Changes(timing=WEEKLY, when_nothing=WhenNothing.SKIP)
    )

    assert (elsewhere.channel_id, elsewhere.next_at) == (71, TONIGHT)
    assert (elsewhere.timing, elsewhere.when_nothing) == (TWENTY, WhenNothing.SHORT)
    assert (weekly.channel_id, weekly.timing, weekly.next_at) == (71, WEEKLY, ON_WEDNESDAY)
    assert weekly.when_nothing is WhenNothing.SKIP
    assert made.edition < elsewhere.edition < weekly.edition


async def test_paused_digest_goes_on_with_the_next_slot_when_it_is_resumed(
    schedules: DigestSchedules, clock: HandClock
) -> None:
    made = await schedules.create(wish())

    paused = await schedules.pause(GUILD, made.digest_id)
    clock.later(3 * 86_400)
    resumed = await schedules.resume(GUILD, made.digest_id)

    assert (paused.is_paused, paused.pause_reason) == (True, PauseReason.BY_HAND)
    assert (resumed.is_paused, resumed.pause_reason) == (False, None)
    assert resumed.next_at == TONIGHT + timedelta(days=3)


async def test_digest_of_another_server_cannot_be_changed(
    schedules: DigestSchedules, members: DigestMembers
) -> None:
    made = await schedules.create(wish())

    with pytest.raises(NoSuchDigest):
        await schedules.edit(OTHER_GUILD, made.digest_id, Changes(channel_id=1))
    with pytest.raises(NoSuchDigest):
        await schedules.pause(OTHER_GUILD, made.digest_id)
    with pytest.raises(NoSuchDigest):
        await schedules.resume(OTHER_GUILD, made.digest_id)
    with pytest.raises(NoSuchDigest):
        await schedules.delete(OTHER_GUILD, made.digest_id)
    with pytest.raises(NoSuchDigest):
        await members.join(made.digest_id, OTHER_GUILD, ME)

    assert await schedules.list(GUILD) == (made,)


async def test_deleted_digest_leaves_nothing_behind_and_its_number_is_not_used_again(
    schedules: DigestSchedules, members: DigestMembers
) -> None:
    made = await schedules.create(wish())
    await members.join(made.digest_id, GUILD, ME)

    await schedules.delete(GUILD, made.digest_id)
    again = await schedules.create(wish())

    assert await members.of(made.digest_id) == ()
    assert again.digest_id > made.digest_id


async def test_members_are_who_joined_and_have_not_left(
    schedules: DigestSchedules, members: DigestMembers, clock: HandClock
) -> None:
    first, second = await schedules.create(wish()), await schedules.create(wish())
    joined = [await members.join(first.digest_id, GUILD, OTHER)]
    clock.later(1)
    joined += [
        await members.join(first.digest_id, GUILD, ME),
        await members.join(first.digest_id, GUILD, ME),
        await members.join(second.digest_id, GUILD, ME),
    ]

    assert joined == [True, True, False, True]
    assert await members.of(first.digest_id) == (OTHER, ME)
    assert await members.joined_by(GUILD, ME) == (first.digest_id, second.digest_id)
    assert await members.joined_by(OTHER_GUILD, ME) == ()
    assert not await members.leave(first.digest_id, OTHER_GUILD, ME)
    assert await members.leave(first.digest_id, GUILD, ME)
    assert not await members.leave(first.digest_id, GUILD, ME)
    assert await members.of(first.digest_id) == (OTHER,)


async def test_person_who_unlinks_leaves_every_digest_and_what_was_prepared_is_forgotten(
    database: Database, schedules: DigestSchedules, members: DigestMembers, clock: HandClock
) -> None:
    made = await schedules.create(wish())
    for user_id in (ME, OTHER):
        await members.join(made.digest_id, GUILD, user_id)
    clock.later(6.5 * 3_600)
    await planner(database, clock).plan()
    planned = await slot(database, made, TONIGHT)

    async with database.write() as transaction:
        await members.forget(transaction, ME)

    assert planned is not None
    assert await slot(database, made, TONIGHT) is None
    assert await members.of(made.digest_id) == (OTHER,)


async def test_value_that_is_hidden_is_in_nothing_that_was_prepared(
    database: Database, schedules: DigestSchedules, members: DigestMembers, clock: HandClock
) -> None:
    mine, others = await schedules.create(wish()), await schedules.create(wish(OTHER_GUILD))
    await members.join(mine.digest_id, GUILD, ME)
    await members.join(others.digest_id, OTHER_GUILD, OTHER)
    clock.later(6.5 * 3_600)
    await planner(database, clock).plan()
    preferences = Preferences(database, clock=clock, on_value_hidden=members.outdate)

    await preferences.set_value_shown(ME, on=True)
    when_shown = await slot(database, mine, TONIGHT)
    await preferences.set_value_shown(ME, on=False)

    assert when_shown is not None
    assert await slot(database, mine, TONIGHT) is None
    assert await slot(database, others, TONIGHT) is not None
    now = await schedules.get(GUILD, mine.digest_id)
    assert now is not None
    assert now.edition == mine.edition + 1


async def test_what_nobody_needs_any_more_is_forgotten_in_a_day_though_nothing_is_posted(
    database: Database, schedules: DigestSchedules, clock: HandClock
) -> None:
    made, slots, planning = await schedules.create(wish()), DigestSlotRepository(), DigestPlanner
    queue = JobQueue(database, clock=clock)
    running = planning(database, posts=queue, preparations=queue, clock=clock)
    await running.plan()
    posts = DigestPosts(database, editor=FakeEditor(), clock=clock)
    told = Slot(made.digest_id, clock.now())
    await posts.note(made, told, Place(70, 700), make_content())
    async with database.write() as transaction:
        for age in (timedelta(days=3), timedelta(days=399)):
            slot_at = clock.now() - age
            await slots.plan(transaction, made.digest_id, slot_at, 0)
            await slots.prepare(
                transaction,
                made.digest_id,
                slot_at,
                edition=0,
                content=b"{}",
                told_until=slot_at,
            )
            await slots.take(transaction, made.digest_id, slot_at, edition=0)
    abandoned, ancient = (clock.now() - timedelta(days=days) for days in (3, 399))

    clock.later(41 * 86_400)
    await running.plan()

    left = await slot(database, made, abandoned)
    assert left is not None
    assert left.content is None
    assert await slot(database, made, ancient) is None
    async with database.read() as transaction:
        statement = select(func.count()).select_from(DIGEST_POSTS)
        assert (await transaction.execute(statement)).scalar_one() == 0


async def test_what_was_prepared_by_a_clock_that_was_ahead_is_not_kept_for_days(
    database: Database, schedules: DigestSchedules, clock: HandClock
) -> None:
    made, planning = await schedules.create(wish()), planner(database, clock)
    await planning.plan()
    clock.wall += timedelta(days=3, hours=6.5)
    await planning.plan()
    ahead = TONIGHT + timedelta(days=3)
    before = await slot(database, made, ahead)

    clock.wall -= timedelta(days=3)
    await planning.plan()

    assert before is not None
    assert await slot(database, made, ahead) is None
    assert await slot(database, made, TONIGHT) is not None


def planner(database: Database, clock: HandClock) -> DigestPlanner:
    queue = JobQueue(database, clock=clock)
    return DigestPlanner(database, posts=queue, preparations=queue, clock=clock)


async def test_planner_prepares_and_claims_each_slot_once_whoever_plans(
    database: Database, schedules: DigestSchedules, clock: HandClock
) -> None:
    made = await schedules.create(wish())
    one, other = planner(database, clock), planner(database, clock)
    queue = JobQueue(database, clock=clock)

    early = [await one.plan(), await other.plan()]
    clock.later(6.5 * 3_600)
    soon = [await one.plan(), await other.plan()]
    planned = await slot(database, made, TONIGHT)
    clock.later(1_800)
    due = [await one.plan(), await other.plan()]
    claimed = await slot(database, made, TONIGHT)

    assert (early, soon, due) == ([False, False], [True, False], [True, False])
    assert planned is not None
    assert claimed is not None
    assert (planned.state, claimed.state) == (SlotState.PLANNED, SlotState.CLAIMED)
    jobs = await queue.claim(kinds=["digests.prepare", "digests.post"], worker="w", limit=10)
    assert sorted(job.kind for job in jobs) == ["digests.post", "digests.prepare"]
    now = await schedules.get(GUILD, made.digest_id)
    assert now is not None
    assert now.next_at == TONIGHT + timedelta(days=1)


@pytest.mark.parametrize("damage", [{"zone": "Europe/Atlantis"}, {"hour": 24}])
async def test_digest_that_cannot_be_timed_holds_up_no_other_one(
    database: Database, schedules: DigestSchedules, clock: HandClock, damage: dict[str, Any]
) -> None:
    lost, other = await schedules.create(wish()), await schedules.create(wish())
    async with database.write() as transaction:
        damaging = update(DIGESTS).where(DIGESTS.c.digest_id == lost.digest_id)
        await transaction.execute(damaging.values(damage))
    clock.later(7 * 3_600)

    await planner(database, clock).plan()

    assert await slot(database, other, TONIGHT) is not None
    async with database.read() as transaction:
        statement = select(DIGESTS.c.next_at).where(DIGESTS.c.digest_id == lost.digest_id)
        put_off = (await transaction.execute(statement)).scalar_one()
    assert put_off == clock.now() + timedelta(days=1)
