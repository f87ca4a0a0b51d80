import asyncio
from itertools import pairwise

import pytest
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, outcomes, run, settle
from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import DeadlineExceeded, QuotaSpent
from services.resilience.deadline import deadline
from services.resilience.rate_limiter import Rate, RateLimiter


def _limiter(clock: VirtualClock, permits: int, window: float, spacing: float = 0.0) -> RateLimiter:
    rate = Rate(permits=permits, window=window, spacing=spacing)
    return RateLimiter("discogs", rate, clock=clock)


def _expired() -> DeadlineExceeded:
    return DeadlineExceeded("discogs", "search")


async def _permit_at(limiter: RateLimiter, clock: VirtualClock) -> float:
    """Acquire a permit and return when it was given."""
    await limiter.acquire()
    return clock.elapsed


@in_virtual_time
async def test_a_burst_within_the_allowance_does_not_wait(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=5, window=10)

    assert await outcomes(*(_permit_at(limiter, clock) for _ in range(5))) == [0] * 5


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
