import asyncio

import pytest
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, settle

from services.errors import QuotaSpent, RateLimitExceeded
from services.resilience.daily_quota import DailyQuota
from services.resilience.priority import background
from services.resilience.rate_limiter import Allowance, Rate, RateLimiter
from services.resilience.turnstile import Turnstile


def _limiter(clock: VirtualClock, permits: int = 1) -> RateLimiter:
    return RateLimiter("spotify", Rate(permits=permits, window=10), clock=clock)


@in_virtual_time
async def test_request_waits_for_its_permit(clock: VirtualClock) -> None:
    turnstile = Turnstile(_limiter(clock), None)

    await turnstile.enter()
    await turnstile.enter()

    assert clock.elapsed == 10


@in_virtual_time
async def test_request_is_refused_by_the_quota_before_it_takes_a_permit(
    clock: VirtualClock,
) -> None:
    limiter, quota = _limiter(clock, permits=2), DailyQuota("spotify", 1, clock=clock)
    turnstile = Turnstile(limiter, quota)
    await turnstile.enter()

    with pytest.raises(QuotaSpent):
        await turnstile.enter()

    assert (clock.elapsed, limiter.wait_seconds) == (0, 0)


@in_virtual_time
async def test_request_counts_before_it_is_sent(clock: VirtualClock) -> None:
    quota = DailyQuota("spotify", 5, clock=clock)

    await Turnstile(None, quota).enter()

    assert quota.used == 1


@in_virtual_time
async def test_request_that_gets_no_permit_is_not_counted(clock: VirtualClock) -> None:
    quota = DailyQuota("spotify", 5, clock=clock)
    turnstile = Turnstile(_limiter(clock), quota)
    await turnstile.enter()
    waiting = asyncio.create_task(turnstile.enter())
    await settle()
    used_while_waiting = quota.used

    waiting.cancel()
    await settle()

    assert (used_while_waiting, quota.used) == (2, 1)


@in_virtual_time
async def test_cancelled_wait_without_a_quota_ends_as_cancelled(clock: VirtualClock) -> None:
    turnstile = Turnstile(_limiter(clock), None)
    await turnstile.enter()
    waiting = asyncio.create_task(turnstile.enter())
    await settle()

    waiting.cancel()
    await settle()

    assert waiting.cancelled()


@in_virtual_time
async def test_request_that_turns_back_gives_everything_back(clock: VirtualClock) -> None:
    limiter, quota = _limiter(clock), DailyQuota("spotify", 5, clock=clock)
    turnstile = Turnstile(limiter, quota)
    with background():
        await turnstile.enter()

        turnstile.turn_back()

    assert (limiter.wait_seconds, quota.used) == (0, 0)


@in_virtual_time
async def test_turning_back_keeps_the_permit_of_another_upstream(clock: VirtualClock) -> None:
    limiter = _limiter(clock)
    await Turnstile(limiter, None).enter()

    Turnstile(None, None).turn_back()

    assert limiter.wait_seconds == 10


@in_virtual_time
async def test_answer_is_taken_for_the_request_of_the_same_task(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=9)
    turnstile, answered = Turnstile(limiter, None), asyncio.Event()

    async def older() -> None:
        await turnstile.enter()
        await answered.wait()
        turnstile.learn(Allowance(limit=1))

    task = asyncio.create_task(older())
    await settle()
    await turnstile.enter()
    turnstile.learn(Allowance(limit=3))
    answered.set()
    await task

    # The older request's answer came last and is ignored: one of three permits is left.
    await turnstile.enter()
    assert (clock.elapsed, limiter.wait_seconds) == (0, 10)


@in_virtual_time
async def test_turnstile_without_parts_lets_everything_through(clock: VirtualClock) -> None:
    turnstile = Turnstile(None, None)

    await turnstile.enter()
    turnstile.learn(Allowance(limit=1))
    turnstile.refused(RateLimitExceeded("euria", "chat", retry_after=60), at_least=5)
    turnstile.turn_back()
    await turnstile.enter()

    assert clock.elapsed == 0


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        pytest.param(7.0, 7, id="as asked"),
        pytest.param(None, 3, id="nothing said"),
        pytest.param(0.0, 3, id="zero says nothing"),
    ],
)
@in_virtual_time
async def test_429_holds_everybody_back(
    clock: VirtualClock, retry_after: float | None, wait: float
) -> None:
    limiter = _limiter(clock, permits=5)
    turnstile = Turnstile(limiter, None)

    error = RateLimitExceeded("spotify", "search", retry_after=retry_after)
    turnstile.refused(error, at_least=3)

    assert limiter.wait_seconds == wait


@in_virtual_time
async def test_answer_that_says_nothing_changes_nothing(clock: VirtualClock) -> None:
    limiter = _limiter(clock, permits=2)
    turnstile = Turnstile(limiter, None)
    await turnstile.enter()

    turnstile.learn(None)

    assert limiter.wait_seconds == 0


def test_answer_without_a_request_is_ignored(clock: VirtualClock) -> None:
    Turnstile(_limiter(clock), None).learn(Allowance(limit=1))
