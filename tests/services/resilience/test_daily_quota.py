import asyncio
import contextlib
from datetime import timedelta

import pytest
from fakes.clock import WALL_START, VirtualClock
from fakes.quota import MemoryQuotaStore
from fakes.virtual_time import in_virtual_time, settle

from services.errors import QuotaSpent
from services.resilience.daily_quota import DailyQuota, Slot
from services.resilience.priority import Priority, background

PERSON, WORK = Priority.INTERACTIVE, Priority.BACKGROUND
NOON = int(WALL_START.timestamp())  # the virtual clock starts at the beginning of a slot
HOUR, DAY, TEN_MINUTES = 3_600, 86_400, 600
# A slot counts until 24 h after its end.
UNTIL_THE_FIRST_LEAVES = DAY + TEN_MINUTES


def _quota(clock: VirtualClock, requests: int, store: MemoryQuotaStore | None = None) -> DailyQuota:
    return DailyQuota("spotify", requests, clock=clock, store=store)


async def _loaded(clock: VirtualClock, requests: int, store: MemoryQuotaStore) -> DailyQuota:
    quota = _quota(clock, requests, store)
    await quota.load()
    return quota


def _take(quota: DailyQuota, count: int, priority: Priority = PERSON) -> None:
    with background() if priority is WORK else contextlib.nullcontext():
        for _ in range(count):
            quota.take()


def _refusal(quota: DailyQuota, priority: Priority = PERSON) -> float | None:
    """Return the ``retry_after`` of the refusal that the next request gets."""
    with pytest.raises(QuotaSpent) as caught:
        _take(quota, 1, priority)
    return caught.value.retry_after


# Counting


@in_virtual_time
async def test_quota_allows_so_many_requests_and_refuses_the_next(clock: VirtualClock) -> None:
    quota = _quota(clock, 3)
    _take(quota, 3)

    with pytest.raises(QuotaSpent) as caught:
        quota.take()

    assert str(caught.value) == "spotify.quota: 3 of 3 requests of the day used"
    assert (caught.value.status_code, quota.used) == (None, 3)


@in_virtual_time
async def test_refusal_says_when_the_oldest_slot_leaves(clock: VirtualClock) -> None:
    quota = _quota(clock, 2)
    await clock.sleep(30)
    _take(quota, 1)
    await clock.sleep(HOUR)
    _take(quota, 1)

    assert _refusal(quota) == UNTIL_THE_FIRST_LEAVES - HOUR - 30


@in_virtual_time
async def test_requests_count_until_a_day_after_the_end_of_their_slot(clock: VirtualClock) -> None:
    quota = _quota(clock, 1)
    _take(quota, 1)
    await clock.sleep(UNTIL_THE_FIRST_LEAVES - 1)
    before = _refusal(quota)

    await clock.sleep(1)
    _take(quota, 1)

    assert (before, quota.used) == (1, 1)


@in_virtual_time
async def test_slots_leave_one_by_one(clock: VirtualClock) -> None:
    quota, used = _quota(clock, 10), list[int]()
    for count in (3, 2, 1):
        _take(quota, count)
        await clock.sleep(TEN_MINUTES)

    await clock.sleep(DAY - 3 * TEN_MINUTES)
    for _ in range(5):
        used.append(quota.used)
        await clock.sleep(TEN_MINUTES)

    assert used == [6, 3, 1, 0, 0]


@in_virtual_time
async def test_background_may_use_half(clock: VirtualClock) -> None:
    quota = _quota(clock, 5)
    _take(quota, 2, WORK)

    refused_for = _refusal(quota, WORK)
    _take(quota, 3)

    assert (refused_for, quota.used) == (UNTIL_THE_FIRST_LEAVES, 5)


@in_virtual_time
async def test_refusal_after_the_quota_was_lowered_waits_until_enough_has_left(
    clock: VirtualClock,
) -> None:
    store = MemoryQuotaStore()
    quota = _quota(clock, 8, store)
    for count in (2, 3, 3):
        _take(quota, count)
        await clock.sleep(HOUR)
    await quota.close()
    lowered = _quota(clock, 4, store)
    await lowered.load()

    assert _refusal(lowered) == UNTIL_THE_FIRST_LEAVES + HOUR - 3 * HOUR


@in_virtual_time
async def test_people_may_use_everything(clock: VirtualClock) -> None:
    quota = _quota(clock, 4)

    _take(quota, 4)

    assert _refusal(quota, WORK) == UNTIL_THE_FIRST_LEAVES


@in_virtual_time
async def test_refusal_of_background_waits_for_a_slot_of_background(clock: VirtualClock) -> None:
    quota = _quota(clock, 4)
    _take(quota, 1)
    await clock.sleep(HOUR)
    _take(quota, 2, WORK)

    assert _refusal(quota, WORK) == UNTIL_THE_FIRST_LEAVES


@in_virtual_time
async def test_refusal_of_background_waits_for_the_first_that_makes_room(
    clock: VirtualClock,
) -> None:
    quota = _quota(clock, 4)
    for _ in range(2):
        _take(quota, 1, WORK)
        await clock.sleep(HOUR)

    assert _refusal(quota, WORK) == UNTIL_THE_FIRST_LEAVES - 2 * HOUR


@in_virtual_time
async def test_refused_request_is_not_counted(clock: VirtualClock) -> None:
    quota = _quota(clock, 1)
    _take(quota, 1)

    _refusal(quota)

    assert quota.used == 1


@in_virtual_time
async def test_request_given_back_is_not_counted(clock: VirtualClock) -> None:
    quota = _quota(clock, 2)
    _take(quota, 1, WORK)

    with background():
        quota.give_back()

    _take(quota, 1, WORK)
    assert quota.used == 1


@in_virtual_time
async def test_request_given_back_after_its_slot_stays_counted(clock: VirtualClock) -> None:
    quota = _quota(clock, 5)
    _take(quota, 1)
    await clock.sleep(TEN_MINUTES)
    _take(quota, 1, WORK)

    quota.give_back()

    assert quota.used == 2


@in_virtual_time
async def test_spent_quota_is_logged_once_until_there_is_room_again(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    quota = _quota(clock, 1)
    _take(quota, 1)
    for _ in range(3):
        _refusal(quota)
        await clock.sleep(TEN_MINUTES)
    await clock.sleep(DAY)
    _take(quota, 1)
    _refusal(quota)

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "spotify: the daily quota for interactive requests is spent for 87000 s"),
        ("WARNING", "spotify: the daily quota for interactive requests is spent for 87000 s"),
    ]


@in_virtual_time
async def test_each_priority_is_logged_by_itself(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    quota = _quota(clock, 2)
    _take(quota, 1, WORK)
    _refusal(quota, WORK)
    _take(quota, 1)
    _refusal(quota, WORK)

    assert [record.getMessage() for record in caplog.records] == [
        "spotify: the daily quota for background requests is spent for 87000 s"
    ]


# The wall clock


@in_virtual_time
async def test_wall_clock_set_back_keeps_the_counts_for_a_day_at_most(clock: VirtualClock) -> None:
    quota = _quota(clock, 2)
    clock.step_wall(timedelta(days=365))
    _take(quota, 2)

    clock.step_wall(timedelta(days=-365))

    assert (_refusal(quota), quota.used) == (UNTIL_THE_FIRST_LEAVES, 2)


@in_virtual_time
async def test_wall_clock_set_back_a_little_loses_nothing(clock: VirtualClock) -> None:
    quota = _quota(clock, 5)
    _take(quota, 2)
    clock.step_wall(timedelta(seconds=-1))
    _take(quota, 1, WORK)

    assert quota.used == 3


@in_virtual_time
async def test_wall_clock_set_ahead_frees_everything_and_is_never_negative(
    clock: VirtualClock,
) -> None:
    quota = _quota(clock, 2)
    _take(quota, 2)

    clock.step_wall(timedelta(days=2))
    quota.give_back()

    assert quota.used == 0


# The store


@in_virtual_time
async def test_restart_forgets_nothing(clock: VirtualClock) -> None:
    store = MemoryQuotaStore()
    quota = await _loaded(clock, 100, store)
    _take(quota, 30)
    _take(quota, 7, WORK)
    await settle()
    await quota.close()

    restarted = await _loaded(clock, 100, store)

    assert (restarted.used, store.total()) == (37, 37 + 10 + 10)
    _take(restarted, 43, WORK)
    assert _refusal(restarted, WORK) == UNTIL_THE_FIRST_LEAVES


@in_virtual_time
async def test_crash_counts_a_few_requests_that_were_never_sent(clock: VirtualClock) -> None:
    store = MemoryQuotaStore()
    quota = await _loaded(clock, 100, store)
    _take(quota, 13)
    await settle()

    restarted = await _loaded(clock, 100, store)

    # Ahead by ten when last stored: at the sixth of them, and at the thirteenth not yet again.
    assert (quota.used, restarted.used) == (13, 23)


@in_virtual_time
async def test_store_is_ahead_of_the_first_request(clock: VirtualClock) -> None:
    store = MemoryQuotaStore()

    await _loaded(clock, 100, store)

    assert store.counts["spotify"] == {Slot(NOON, PERSON): 10}


@in_virtual_time
async def test_task_that_stores_the_counts_says_whose_they_are(clock: VirtualClock) -> None:
    quota = _quota(clock, 100, MemoryQuotaStore())
    _take(quota, 1)

    assert "quota of spotify" in {task.get_name() for task in asyncio.all_tasks()}
    await quota.close()


@in_virtual_time
async def test_store_is_written_in_batches(clock: VirtualClock) -> None:
    store = MemoryQuotaStore()
    quota = await _loaded(clock, 100, store)
    for _ in range(24):
        _take(quota, 1)
        await settle()

    slot = Slot(NOON, PERSON)
    assert store.writes == [{slot: 10}, {slot: 6}, {slot: 6}, {slot: 6}, {slot: 6}]


@in_virtual_time
async def test_store_is_corrected_when_the_next_slot_begins(clock: VirtualClock) -> None:
    store = MemoryQuotaStore()
    quota = await _loaded(clock, 100, store)
    _take(quota, 2)
    await clock.sleep(TEN_MINUTES)

    _take(quota, 1, WORK)
    await settle()

    later = NOON + TEN_MINUTES
    assert store.counts["spotify"] == {
        Slot(NOON, PERSON): 2,
        Slot(later, PERSON): 10,
        Slot(later, WORK): 11,
    }


@in_virtual_time
async def test_store_forgets_slots_that_are_over(clock: VirtualClock) -> None:
    store = MemoryQuotaStore()
    quota = await _loaded(clock, 100, store)
    _take(quota, 2)
    await clock.sleep(UNTIL_THE_FIRST_LEAVES)

    _take(quota, 1)
    await settle()

    now = Slot(NOON + UNTIL_THE_FIRST_LEAVES, PERSON)
    assert (store.counts["spotify"], store.writes[-1]) == ({now: 11}, {now: 11})


@in_virtual_time
async def test_store_keeps_a_slot_until_its_last_instant(clock: VirtualClock) -> None:
    store = MemoryQuotaStore()
    quota = await _loaded(clock, 100, store)
    _take(quota, 2)
    await clock.sleep(DAY)

    _take(quota, 1)
    await settle()

    assert store.counts["spotify"] == {Slot(NOON, PERSON): 2, Slot(NOON + DAY, PERSON): 11}


@in_virtual_time
async def test_store_is_not_written_when_nothing_changed(clock: VirtualClock) -> None:
    store = MemoryQuotaStore()
    quota = await _loaded(clock, 100, store)

    await quota.close()
    await quota.close()

    slot = Slot(NOON, PERSON)
    assert store.writes == [{slot: 10}, {slot: -10}]


@in_virtual_time
async def test_store_is_left_alone_when_the_only_request_of_background_was_given_back(
    clock: VirtualClock,
) -> None:
    quota = await _loaded(clock, 100, MemoryQuotaStore())
    _take(quota, 1, WORK)
    with background():
        quota.give_back()
    _take(quota, 6)  # so many that they are stored

    await settle()

    assert asyncio.all_tasks() == {asyncio.current_task()}


@in_virtual_time
async def test_counts_in_the_future_are_stored_as_of_now(clock: VirtualClock) -> None:
    store = MemoryQuotaStore()
    clock.step_wall(timedelta(days=365))
    quota = await _loaded(clock, 5, store)
    _take(quota, 5)
    await quota.close()
    clock.step_wall(timedelta(days=-365))

    restarted = await _loaded(clock, 5, store)
    await restarted.close()

    assert (restarted.used, _refusal(restarted)) == (5, UNTIL_THE_FIRST_LEAVES)
    assert +store.counts["spotify"] == {Slot(NOON, PERSON): 5}


@in_virtual_time
async def test_upstreams_share_a_store_but_no_counts(clock: VirtualClock) -> None:
    store = MemoryQuotaStore()
    spotify = await _loaded(clock, 5, store)
    _take(spotify, 5)
    await spotify.close()

    discogs = DailyQuota("discogs", 5, clock=clock, store=store)
    await discogs.load()

    assert discogs.used == 0


@in_virtual_time
async def test_requests_never_wait_for_the_store(clock: VirtualClock) -> None:
    store = MemoryQuotaStore()
    quota = await _loaded(clock, 100, store)
    store.gate.clear()
    for _ in range(20):
        _take(quota, 1)
        await settle()
    written_while_held_up = len(store.writes)

    store.gate.set()
    await settle()

    # What was counted meanwhile follows at once, without another request.
    slot = Slot(NOON, PERSON)
    assert (written_while_held_up, store.writes[1:]) == (1, [{slot: 6}, {slot: 14}])


@in_virtual_time
async def test_close_waits_for_what_is_being_stored(clock: VirtualClock) -> None:
    store = MemoryQuotaStore()
    quota = await _loaded(clock, 100, store)
    store.gate.clear()
    _take(quota, 20)
    await settle()
    closing = asyncio.create_task(quota.close())
    await settle()
    was_done = closing.done()

    store.gate.set()
    await closing

    assert (was_done, store.total()) == (False, 20)


@in_virtual_time
async def test_store_that_fails_stops_nobody_and_is_logged_once(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    store = MemoryQuotaStore()
    quota = await _loaded(clock, 100, store)
    store.error = OSError("disk full of canary-4f9a")
    for _ in range(12):
        _take(quota, 1)
        await settle()
    store.error = None
    _take(quota, 1)
    await settle()

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "spotify: the counts of its quota cannot be stored (OSError)"),
        ("WARNING", "spotify: the counts of its quota are stored again"),
    ]
    assert (quota.used, store.total()) == (13, 23)


@in_virtual_time
async def test_store_that_works_is_not_worth_a_word(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    store = MemoryQuotaStore()
    _take(_quota(clock, 100, store), 1)
    await settle()

    assert (len(store.writes), caplog.messages) == (1, [])


@in_virtual_time
async def test_store_that_cannot_be_read_is_reported_to_who_starts(clock: VirtualClock) -> None:
    store = MemoryQuotaStore()
    store.error = OSError("gone")
    quota = _quota(clock, 3, store)

    with pytest.raises(OSError, match="gone"):
        await quota.load()

    _take(quota, 3)
    assert quota.used == 3


@in_virtual_time
async def test_store_that_is_cancelled_at_shutdown_complains_to_nobody(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    store = MemoryQuotaStore()
    quota = await _loaded(clock, 100, store)
    store.gate.clear()
    _take(quota, 20)
    await settle()

    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await settle()

    assert caplog.record_tuples == []


@in_virtual_time
async def test_quota_without_a_store_loads_and_closes(clock: VirtualClock) -> None:
    quota = _quota(clock, 100)
    await quota.load()
    _take(quota, 50)

    await quota.close()

    assert (quota.used, asyncio.all_tasks()) == (50, {asyncio.current_task()})


# Counting by more than one


@in_virtual_time
async def test_many_are_taken_at_once_or_not_at_all(clock: VirtualClock) -> None:
    quota = _quota(clock, 10)
    quota.take(7)

    with pytest.raises(QuotaSpent):
        quota.take(4)
    quota.take(3)

    assert quota.used == 10


@in_virtual_time
async def test_refusal_of_many_waits_until_all_of_them_fit(clock: VirtualClock) -> None:
    quota = _quota(clock, 10)
    for count in (2, 3, 5):
        quota.take(count)
        await clock.sleep(HOUR)

    with pytest.raises(QuotaSpent) as caught:
        quota.take(4)

    assert caught.value.retry_after == UNTIL_THE_FIRST_LEAVES - 2 * HOUR


@in_virtual_time
async def test_background_may_take_up_to_half_at_once(clock: VirtualClock) -> None:
    quota = _quota(clock, 10)

    with background():
        quota.take(5)
        with pytest.raises(QuotaSpent):
            quota.take(1)

    assert quota.used == 5


@pytest.mark.parametrize(("change", "used"), [(4, 9), (-3, 2), (-5, 0), (-99, 0)])
@in_virtual_time
async def test_what_was_taken_is_corrected_in_its_own_slot(
    clock: VirtualClock, change: int, used: int
) -> None:
    quota = _quota(clock, 10)
    slot = quota.take(5)
    await clock.sleep(HOUR)
    quota.take(1)

    quota.correct(slot, change)
    before = quota.used
    await clock.sleep(UNTIL_THE_FIRST_LEAVES - HOUR)

    assert (before, quota.used) == (used + 1, 1)


@in_virtual_time
async def test_a_correction_of_a_day_that_is_over_changes_nothing(clock: VirtualClock) -> None:
    quota = _quota(clock, 10)
    slot = quota.take(5)
    await clock.sleep(UNTIL_THE_FIRST_LEAVES)
    quota.take(1)

    quota.correct(slot, 5)

    assert quota.used == 1


@in_virtual_time
async def test_more_than_was_taken_is_stored_before_the_store_is_overtaken(
    clock: VirtualClock,
) -> None:
    store = MemoryQuotaStore()
    quota = await _loaded(clock, 100, store)
    slot = quota.take(2)
    await settle()

    quota.correct(slot, 20)
    await settle()

    assert store.total() == 2 + 20 + 10


@in_virtual_time
async def test_the_unit_and_the_lead_of_the_store_are_chosen(clock: VirtualClock) -> None:
    store = MemoryQuotaStore()
    quota = DailyQuota("euria", 1_000, clock=clock, store=store, unit="tokens", ahead=300)
    await quota.load()

    quota.take(900)
    with pytest.raises(QuotaSpent) as caught:
        quota.take(101)
    await settle()

    assert str(caught.value) == "euria.quota: 900 of 1000 tokens of the day used"
    assert store.total("euria") == 1_200


# Looking ahead


@in_virtual_time
async def test_room_is_what_each_priority_may_still_send(clock: VirtualClock) -> None:
    quota = _quota(clock, 10)
    _take(quota, 2, WORK)
    _take(quota, 4)

    assert quota.requests == 10
    assert quota.room(PERSON) == (4, 0.0)
    assert quota.room(WORK) == (3, 0.0)
    _take(quota, 3)
    assert quota.room(WORK) == (1, 0.0)


@in_virtual_time
async def test_room_that_is_none_says_in_how_many_seconds_there_is_some(
    clock: VirtualClock,
) -> None:
    quota = _quota(clock, 4)
    _take(quota, 2, WORK)
    await clock.sleep(HOUR)

    assert quota.room(WORK) == (0, UNTIL_THE_FIRST_LEAVES - HOUR)
    assert quota.room(PERSON) == (2, 0.0)
