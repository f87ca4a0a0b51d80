import asyncio
import logging
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any, TypeVar

import pytest
from fakes.clock import VirtualClock
from fakes.permits import SharedPermits
from fakes.virtual_time import START, in_virtual_time, outcomes, run, settle
from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import DeadlineExceeded, QuotaSpent
from services.resilience.deadline import deadline
from services.resilience.events import Event, Events, LimiterCorrected, LimiterWaited
from services.resilience.priority import Priority, background
from services.resilience.rate_limiter import Allowance, Rate, RateLimiter

T = TypeVar("T")


def _limiter(clock: VirtualClock, permits: int, window: float, spacing: float = 0.0) -> RateLimiter:
    rate = Rate(permits=permits, window=window, spacing=spacing)
    return RateLimiter("discogs", rate, clock=clock)


def _expired() -> DeadlineExceeded:
    return DeadlineExceeded("discogs", "search")


async def _permit_at(limiter: RateLimiter, clock: VirtualClock) -> float:
    """Acquire a permit and return when it was given."""
    await limiter.acquire()
    return clock.elapsed


def _work(waiting: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start ``waiting`` with background priority."""
    with background():
        return asyncio.create_task(waiting)


async def _within(seconds: float, limiter: RateLimiter, clock: VirtualClock) -> float:
    """Acquire a permit for an operation that must end after so many seconds."""
    async with deadline(clock, seconds, expired=_expired):
        return await _permit_at(limiter, clock)


def _facts(results: Sequence[float | BaseException]) -> list[float | None]:
    """Return when permits were given and, negative, the ``retry_after`` of each refusal."""
    return [
        -(result.retry_after or 0.0) if isinstance(result, QuotaSpent) else _number(result)
        for result in results
    ]


def _number(result: float | BaseException) -> float | None:
    return None if isinstance(result, BaseException) else result


@in_virtual_time
async def test_a_burst_within_the_allowance_does_not_wait(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=5, window=10)

    assert await outcomes(*(_permit_at(limiter, clock) for _ in range(5))) == [0] * 5


@in_virtual_time
async def test_permit_that_is_free_is_of_the_askers_own_priority(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=5, window=10)

    permits = [await limiter.acquire(), await _work(limiter.acquire())]

    assert [permit.priority for permit in permits] == [Priority.INTERACTIVE, Priority.BACKGROUND]


@in_virtual_time
async def test_permit_that_was_waited_for_is_of_the_askers_own_priority(
    clock: VirtualClock,
) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()

    assert (await _work(limiter.acquire())).priority is Priority.BACKGROUND
    assert (await limiter.acquire()).priority is Priority.INTERACTIVE


@in_virtual_time
async def test_the_next_permit_waits_until_the_oldest_leaves_the_window(
    clock: VirtualClock,
) -> None:
    limiter = _limiter(clock, permits=2, window=10)
    await limiter.acquire()
    await clock.sleep(4)
    await limiter.acquire()

    times = [await _permit_at(limiter, clock), await _permit_at(limiter, clock)]

    assert times == [10, 14]


@in_virtual_time
async def test_permits_are_spaced(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=60, window=61, spacing=0.5)

    times = await outcomes(*(_permit_at(limiter, clock) for _ in range(4)))

    assert times == [0, 0.5, 1.0, 1.5]


@in_virtual_time
async def test_permits_are_given_in_order_of_arrival(clock: VirtualClock) -> None:
    limiter, served = _limiter(clock, permits=1, window=1), list[int]()

    async def ask(number: int) -> None:
        await limiter.acquire()
        served.append(number)

    await outcomes(*(ask(number) for number in range(20)))

    assert served == list(range(20))


@in_virtual_time
async def test_a_cancelled_waiter_frees_its_place(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()
    leaver = asyncio.create_task(limiter.acquire())
    stayer = asyncio.create_task(_permit_at(limiter, clock))
    await clock.sleep(5)
    leaver.cancel()

    assert await stayer == 10


@in_virtual_time
async def test_a_cancelled_waiter_in_the_middle_of_the_queue_frees_its_place(
    clock: VirtualClock,
) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()
    first, second, third = (asyncio.create_task(_permit_at(limiter, clock)) for _ in range(3))
    await settle()
    second.cancel()

    assert await outcomes(first, third) == [10, 20]


@in_virtual_time
async def test_a_permit_that_would_come_after_the_deadline_is_refused_at_once(
    clock: VirtualClock,
) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()
    await clock.sleep(1)

    with pytest.raises(QuotaSpent) as caught:
        async with deadline(clock, 5, expired=_expired):
            await limiter.acquire()

    assert (caught.value.retry_after, clock.elapsed) == (9, 1)


@in_virtual_time
async def test_a_refused_call_takes_no_permit(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()

    with pytest.raises(QuotaSpent):
        async with deadline(clock, 5, expired=_expired):
            await limiter.acquire()

    assert await _permit_at(limiter, clock) == 10


@in_virtual_time
async def test_a_permit_before_the_deadline_is_waited_for(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()

    async with deadline(clock, 11, expired=_expired):
        assert await _permit_at(limiter, clock) == 10


@in_virtual_time
async def test_a_freeze_holds_everybody_back(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=5, window=10)

    limiter.freeze(7)

    assert await outcomes(*(_permit_at(limiter, clock) for _ in range(3))) == [7, 7, 7]


@in_virtual_time
async def test_a_shorter_freeze_does_not_shorten_a_longer_one(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=5, window=10)
    limiter.freeze(7)

    limiter.freeze(2)

    assert limiter.wait_seconds == 7


@in_virtual_time
async def test_a_freeze_also_holds_back_who_waits_already(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()
    waiter = asyncio.create_task(_permit_at(limiter, clock))
    await clock.sleep(5)

    limiter.freeze(20)

    assert await waiter == 25


@in_virtual_time
async def test_wait_seconds_is_zero_when_a_permit_is_free(clock: VirtualClock) -> None:
    assert _limiter(clock, permits=1, window=10).wait_seconds == 0


# Priorities


@in_virtual_time
async def test_interactive_goes_before_background_that_came_earlier(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await outcomes(limiter.acquire())
    await clock.sleep(1)
    work = [_work(_permit_at(limiter, clock)) for _ in range(2)]
    await settle()
    people = [asyncio.create_task(_permit_at(limiter, clock)) for _ in range(2)]

    assert await outcomes(*people, *work) == [10, 20, 30, 40]


@in_virtual_time
async def test_background_is_served_in_order_of_arrival(clock: VirtualClock) -> None:
    limiter, served = _limiter(clock, permits=1, window=1), list[int]()

    async def ask(number: int) -> None:
        await limiter.acquire()
        served.append(number)

    await outcomes(*(_work(ask(number)) for number in range(20)))

    assert served == list(range(20))


@in_virtual_time
async def test_interactive_is_served_at_once_while_background_waits_for_its_share(
    clock: VirtualClock,
) -> None:
    limiter = RateLimiter("discogs", Rate(permits=3, window=10, reserve=2), clock=clock)
    await _work(limiter.acquire())
    waiting = _work(_permit_at(limiter, clock))
    await clock.sleep(1)

    assert (await _permit_at(limiter, clock), await waiting) == (1, 11)


@in_virtual_time
async def test_background_is_not_starved_by_people_who_never_stop(clock: VirtualClock) -> None:
    limiter = RateLimiter("discogs", Rate(permits=2, window=10, reserve=1), clock=clock)

    async def insist() -> None:
        while True:
            await limiter.acquire()

    people = [asyncio.create_task(insist()) for _ in range(3)]
    await settle()
    work = [_work(_permit_at(limiter, clock)) for _ in range(3)]

    # One permit in two windows, before everybody else.
    assert await outcomes(*work) == [20, 40, 60]
    for person in people:
        person.cancel()
    await outcomes(*people)


@in_virtual_time
async def test_background_is_overdue_only_after_two_whole_windows(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()
    await clock.sleep(1)
    work = _work(_permit_at(limiter, clock))
    await settle()
    people = [asyncio.create_task(_permit_at(limiter, clock)) for _ in range(4)]

    assert await outcomes(*people, work) == [10, 20, 40, 50, 30]


@in_virtual_time
async def test_background_that_is_overdue_may_use_the_reserve(clock: VirtualClock) -> None:
    limiter = RateLimiter("discogs", Rate(permits=3, window=10, reserve=2), clock=clock)

    async def ask_in_time() -> None:
        while True:
            await limiter.acquire()
            await clock.sleep(6)

    person = asyncio.create_task(ask_in_time())
    await clock.sleep(1)
    work = _work(_permit_at(limiter, clock))

    assert await work == 21
    person.cancel()
    await outcomes(person)


@in_virtual_time
async def test_background_is_overdue_also_when_each_call_gives_up_before(
    clock: VirtualClock,
) -> None:
    limiter = _limiter(clock, permits=1, window=10)

    async def insist() -> None:
        while True:
            await limiter.acquire()

    people = [asyncio.create_task(insist()) for _ in range(3)]
    await settle()
    refused = _facts(await outcomes(_work(_within(15, limiter, clock))))
    await clock.sleep(19)
    waiting = _facts(await outcomes(_work(_within(15, limiter, clock))))
    await clock.sleep(6)
    served = await _work(_within(15, limiter, clock))

    # Refused ahead of time twice; overdue since 20, so that nobody is before the third.
    assert (refused, waiting, served) == ([-40], [-31], 30)
    for person in people:
        person.cancel()
    await outcomes(*people)


@in_virtual_time
async def test_background_served_without_waiting_is_not_overdue(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()
    await outcomes(_work(_within(5, limiter, clock)))
    await clock.sleep(15)
    await _work(limiter.acquire())
    await clock.sleep(7)
    work = _work(_permit_at(limiter, clock))
    await settle()
    person = asyncio.create_task(_permit_at(limiter, clock))

    assert await outcomes(person, work) == [25, 35]


@in_virtual_time
async def test_background_is_not_overdue_by_what_was_served_long_ago(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await _work(limiter.acquire())
    await clock.sleep(100)
    await limiter.acquire()
    work = _work(_permit_at(limiter, clock))
    await settle()
    person = asyncio.create_task(_permit_at(limiter, clock))

    assert await outcomes(person, work) == [110, 120]


@in_virtual_time
async def test_task_that_serves_the_queue_says_whose_permits_it_gives(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()
    waiter = asyncio.create_task(limiter.acquire())
    await settle()

    assert "permits of discogs" in {task.get_name() for task in asyncio.all_tasks()}
    await waiter


# Refusals


@in_virtual_time
async def test_refusal_counts_whoever_waits_before(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()
    first = asyncio.create_task(_permit_at(limiter, clock))
    await settle()

    results = await outcomes(_within(20, limiter, clock), _within(21, limiter, clock), first)

    assert (_facts(results), limiter.waiting) == ([-20, 20, 10], 0)


@in_virtual_time
async def test_refused_call_does_not_hold_up_the_next_one(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()

    results = await outcomes(_within(10, limiter, clock), _within(11, limiter, clock))

    assert _facts(results) == [-10, 10]


@in_virtual_time
async def test_background_is_refused_at_once_when_people_push_it_beyond_its_deadline(
    clock: VirtualClock,
) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()
    work = _work(_within(15, limiter, clock))
    await clock.sleep(1)
    person = asyncio.create_task(_permit_at(limiter, clock))
    await settle()

    assert work.done()
    assert (_facts(await outcomes(work)), clock.elapsed, await person) == ([-19], 1, 10)


@in_virtual_time
async def test_freeze_refuses_at_once_whom_it_keeps_beyond_the_deadline(
    clock: VirtualClock,
) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()
    waiters = [asyncio.create_task(_within(seconds, limiter, clock)) for seconds in (26, 25, 40)]
    await clock.sleep(5)

    limiter.freeze(20)
    await settle()

    assert [waiter.done() for waiter in waiters] == [False, True, False]
    assert _facts(await outcomes(*waiters)) == [25, -30, 35]


@in_virtual_time
async def test_lower_limit_refuses_at_once_whom_it_keeps_beyond_the_deadline(
    clock: VirtualClock,
) -> None:
    limiter = _limiter(clock, permits=2, window=10)
    permit = await limiter.acquire()
    await clock.sleep(4)
    await limiter.acquire()
    waiter = asyncio.create_task(_within(8, limiter, clock))
    await settle()

    limiter.feedback(Allowance(limit=1), permit)
    await settle()

    assert waiter.done()
    assert _facts(await outcomes(waiter)) == [-10]


@in_virtual_time
async def test_refusal_names_the_upstream_and_the_wait_and_nothing_else(
    clock: VirtualClock,
) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()

    with pytest.raises(QuotaSpent) as caught:
        await _within(5, limiter, clock)

    expected = "discogs.acquire: no permit for 10.0 s, longer than the operation may take"
    assert (str(caught.value), caught.value.status_code) == (expected, None)


# Feedback and freezing


@in_virtual_time
async def test_feedback_that_raises_the_limit_serves_who_waits(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=2, window=10)
    permit = await limiter.acquire()
    limiter.feedback(Allowance(limit=1), permit)
    waiter = asyncio.create_task(_permit_at(limiter, clock))
    await clock.sleep(3)

    limiter.feedback(Allowance(limit=60), permit)

    assert await waiter == 3


@in_virtual_time
async def test_freeze_without_a_time_waits_for_the_oldest_permit(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=2, window=10)
    await limiter.acquire()
    await clock.sleep(4)
    await limiter.acquire()
    await clock.sleep(5.5)

    limiter.freeze(None)

    assert await outcomes(*(_permit_at(limiter, clock) for _ in range(2))) == [10, 14]


@in_virtual_time
async def test_freeze_without_a_time_lasts_at_least_so_long(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=2, window=10)

    limiter.freeze(None, at_least=8)

    assert limiter.wait_seconds == 8


@in_virtual_time
async def test_freeze_is_logged_once_until_permits_are_given_again(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    limiter = _limiter(clock, permits=2, window=10)
    for seconds in (5, 6):
        limiter.freeze(seconds)
    await clock.sleep(6)
    limiter.freeze(1)

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "discogs: no permits for 5.0 s after a 429"),
        ("WARNING", "discogs: no permits for 1.0 s after a 429"),
    ]


@in_virtual_time
async def test_limit_of_the_upstream_is_logged_when_it_changes(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    limiter = _limiter(clock, permits=60, window=61)
    permit = await limiter.acquire()
    for _ in range(2):
        limiter.feedback(Allowance(limit=25, used=1), permit)

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "discogs: limit is 25 permits now"),
    ]


@in_virtual_time
async def test_use_by_others_is_logged_for_debugging_only(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    limiter = _limiter(clock, permits=60, window=61)
    limiter.feedback(Allowance(limit=60, used=10), await limiter.acquire())

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("DEBUG", "discogs: elsewhere is 10 permits now"),
    ]


@in_virtual_time
async def test_permit_given_back_serves_who_waits(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    permit = await limiter.acquire()
    waiter = asyncio.create_task(_permit_at(limiter, clock))
    await clock.sleep(3)

    limiter.give_back(permit)

    assert await waiter == 3


# Leaving the queue


@in_virtual_time
async def test_waiter_cancelled_as_its_permit_comes_hands_it_on(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()
    leaver = asyncio.create_task(limiter.acquire())
    stayer = asyncio.create_task(_permit_at(limiter, clock))
    await settle()
    # This timer runs after the limiter's own of the same instant: the permit is on its way.
    asyncio.get_running_loop().call_at(START + 10, lambda: None)
    await clock.sleep(10)
    leaver.cancel()

    assert (await stayer, leaver.cancelled()) == (10, True)


@in_virtual_time
async def test_queue_is_empty_after_everybody_left(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()
    waiters = [asyncio.create_task(limiter.acquire()) for _ in range(3)]
    waiters.append(_work(limiter.acquire()))
    await settle()
    was_waiting = limiter.waiting
    for waiter in waiters:
        waiter.cancel()
    await settle()

    assert (was_waiting, limiter.waiting, asyncio.all_tasks()) == (
        4,
        0,
        {asyncio.current_task()},
    )


@in_virtual_time
async def test_wall_clock_steps_change_no_wait(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=1, window=10)
    await limiter.acquire()
    waiter = asyncio.create_task(_permit_at(limiter, clock))
    await clock.sleep(1)
    clock.step_wall(timedelta(hours=1))
    await clock.sleep(1)
    clock.step_wall(timedelta(hours=-2))

    assert await waiter == 10


# Events


@in_virtual_time
async def test_events_tell_every_permit_with_its_wait_and_priority(clock: VirtualClock) -> None:
    seen, events = list[Event](), Events()
    rate = Rate(permits=1, window=10)
    limiter = RateLimiter("discogs", rate, clock=clock, events=events)
    events.subscribe(seen.append)
    await limiter.acquire()
    await clock.sleep(4)

    await _work(limiter.acquire())

    assert seen == [
        LimiterWaited(upstream="discogs", seconds=0.0, priority="interactive"),
        LimiterWaited(upstream="discogs", seconds=6.0, priority="background"),
    ]


@in_virtual_time
async def test_events_tell_every_correction(clock: VirtualClock) -> None:
    seen = list[Event]()
    rate = Rate(permits=5, window=10)
    limiter = RateLimiter("discogs", rate, clock=clock, events=Events(seen.append))
    permit = await limiter.acquire()
    seen.clear()

    limiter.feedback(Allowance(limit=4, used=1), permit)
    limiter.feedback(Allowance(limit=4, used=3), permit)
    limiter.feedback(Allowance(limit=4, used=3), permit)
    limiter.freeze(1)

    assert seen == [
        LimiterCorrected(upstream="discogs", reason="limit"),
        LimiterCorrected(upstream="discogs", reason="elsewhere"),
        LimiterCorrected(upstream="discogs", reason="429"),
    ]


# A store elsewhere


@in_virtual_time
async def test_two_limiters_share_one_window(clock: VirtualClock) -> None:
    rate = Rate(permits=2, window=10)
    store = SharedPermits(rate, clock=clock, round_trip=0.25)
    first, second = (RateLimiter("discogs", rate, clock=clock, store=store) for _ in range(2))

    times = await outcomes(*(_permit_at(limiter, clock) for limiter in (first, second, first)))

    # Counted on arrival of the question; known when the answer is back.
    assert times == [0.25, 0.25, 10.375]


@in_virtual_time
async def test_permit_for_a_waiter_who_left_meanwhile_goes_back(clock: VirtualClock) -> None:
    rate = Rate(permits=1, window=10)
    store = SharedPermits(rate, clock=clock, round_trip=2)
    limiter = RateLimiter("discogs", rate, clock=clock, store=store)
    await limiter.acquire()
    leaver = asyncio.create_task(limiter.acquire())
    await clock.sleep(11)
    leaver.cancel()
    await clock.sleep(5)

    assert (store.given, store.given_back, limiter.waiting) == (2, 1, 0)
    assert await _permit_at(limiter, clock) == 20


@in_virtual_time
async def test_change_while_a_store_elsewhere_answers_is_not_missed(clock: VirtualClock) -> None:
    rate = Rate(permits=1, window=10)
    store = SharedPermits(rate, clock=clock, round_trip=2)
    limiter = RateLimiter("discogs", rate, clock=clock, store=store)
    permit = await limiter.acquire()
    waiter = asyncio.create_task(_permit_at(limiter, clock))
    await clock.sleep(1.5)  # asked at 2, counted at 3, answered at 4: not before 11

    limiter.give_back(permit)

    assert await waiter == 6


@in_virtual_time
async def test_store_that_raises_fails_whoever_waits(clock: VirtualClock) -> None:
    rate = Rate(permits=1, window=10)
    store = SharedPermits(rate, clock=clock, round_trip=0)
    limiter = RateLimiter("discogs", rate, clock=clock, store=store)
    await limiter.acquire()
    waiters = [asyncio.create_task(_permit_at(limiter, clock)), _work(_permit_at(limiter, clock))]
    await settle()
    store.error = OSError("gone")
    results = await outcomes(*waiters)
    store.error = None

    assert [type(result) for result in results] == [OSError, OSError]
    assert limiter.waiting == 0
    assert await _permit_at(limiter, clock) == 20


ARRIVALS = st.lists(
    st.tuples(st.floats(0, 30), st.one_of(st.none(), st.floats(0, 15))), min_size=1, max_size=40
)


async def _storm(
    limiter: RateLimiter, clock: VirtualClock, arrivals: list[tuple[float, float | None]]
) -> list[float]:
    """Let callers arrive, some of whom give up after a while; return when permits were given."""
    given_at: list[float] = []

    async def caller(arrives: float, patience: float | None) -> None:
        await clock.sleep(arrives)
        until = None if patience is None else clock.monotonic() + patience
        async with clock.timeout_at(until):
            await limiter.acquire()
            given_at.append(clock.monotonic())

    results = await outcomes(*(caller(*arrival) for arrival in arrivals))
    assert [result for result in results if result is not None and not _gave_up(result)] == []
    return given_at


def _gave_up(result: object) -> bool:
    return isinstance(result, TimeoutError)


@settings(max_examples=60)
@given(
    arrivals=ARRIVALS,
    permits=st.integers(1, 6),
    window=st.floats(0.1, 20),
    spacing=st.floats(0, 1),
)
def test_no_window_ever_holds_more_than_the_allowance(
    arrivals: list[tuple[float, float | None]], permits: int, window: float, spacing: float
) -> None:
    clock = VirtualClock()

    async def scenario() -> list[float]:
        return await _storm(_limiter(clock, permits, window, spacing), clock, arrivals)

    given_at = run(scenario())

    pairs = zip(given_at, given_at[permits:], strict=False)
    assert [pair for pair in pairs if pair[1] - pair[0] < window - 1e-9] == []
    gaps = [later - earlier for earlier, later in pairwise(given_at)]
    assert [gap for gap in gaps if gap < spacing - 1e-9] == []


@settings(max_examples=30)
@given(arrivals=ARRIVALS)
def test_whoever_stays_is_served(arrivals: list[tuple[float, float | None]]) -> None:
    clock = VirtualClock()
    patient = [(arrives, None) for arrives, _ in arrivals]

    async def scenario() -> list[float]:
        return await _storm(_limiter(clock, 2, 5), clock, [*arrivals, *patient])

    assert len(run(scenario())) >= len(patient)
