"""The policy with its rate limiter and daily quota: what is sent, learnt and given back."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from fakes.calls import Script
from fakes.chance import FixedChance
from fakes.clock import VirtualClock, wall
from fakes.quota import MemoryQuotaStore
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.answers import Answer, Source
from services.errors import (
    CircuitOpen,
    ExternalServiceException,
    QuotaSpent,
    RateLimitExceeded,
    UpstreamServerError,
)
from services.resilience.config import Call, Fallback, PolicyConfig
from services.resilience.policy import Policy
from services.resilience.priority import background
from services.resilience.rate_limiter import Allowance, Rate
from services.resilience.retry import Backoff

DOWN = UpstreamServerError("discogs", "search", 503)
LINK = Fallback("manual_entry_mode", Source.MANUAL, lambda _error: "link")


def _policy(
    clock: VirtualClock,
    *,
    rate: Rate | None = None,
    daily_requests: int | None = None,
    attempts: int = 1,
    breaker_failures: int = 100,
    concurrency: int = 100,
    quota_store: MemoryQuotaStore | None = None,
) -> Policy:
    config = PolicyConfig(
        upstream="discogs",
        deadline=30,
        attempt_timeout=10,
        concurrency=concurrency,
        rate=rate,
        daily_requests=daily_requests,
        backoff=Backoff(attempts=attempts, base=5.0, floor=2.0),
        breaker_failures=breaker_failures,
    )
    return Policy(config, clock=clock, chance=FixedChance(0.0), quota_store=quota_store)


def _call(
    send: Callable[[], Awaitable[str]], fallbacks: tuple[Fallback[str], ...] = ()
) -> Call[str]:
    return Call(operation="search", send=send, fallbacks=fallbacks)


def _saying(policy: Policy, allowance: Allowance, error: Exception | None = None) -> Call[str]:
    """Return a call whose answer carries ``allowance``, and may be an error."""

    async def send() -> str:
        policy.learn(allowance)
        if error is not None:
            raise error
        return "found"

    return _call(send)


async def _failure(policy: Policy, call: Call[str]) -> ExternalServiceException:
    with pytest.raises(ExternalServiceException) as caught:
        await policy.call(call)
    return caught.value


@in_virtual_time
async def test_policy_learns_from_an_answer(clock: VirtualClock) -> None:
    policy = _policy(clock, rate=Rate(permits=60, window=61))

    await policy.call(_saying(policy, Allowance(limit=1, used=1, remaining=0)))

    assert policy.limiter is not None
    assert policy.limiter.wait_seconds == 61


@in_virtual_time
async def test_policy_learns_from_an_error(clock: VirtualClock) -> None:
    policy = _policy(clock, rate=Rate(permits=60, window=60))

    await _failure(policy, _saying(policy, Allowance(limit=60, used=60), DOWN))

    assert policy.limiter is not None
    assert policy.limiter.wait_seconds == 2


@in_virtual_time
async def test_429_without_retry_after_waits_one_backoff_and_then_goes_slowly(
    clock: VirtualClock,
) -> None:
    policy, sent_at = _policy(clock, rate=Rate(permits=30, window=60)), list[float]()
    limited = RateLimitExceeded("discogs", "search")
    await _failure(policy, _saying(policy, Allowance(limit=30, used=30), limited))

    async def send() -> str:
        sent_at.append(clock.elapsed)
        return "found"

    await outcomes(*(policy.call(_call(send)) for _ in range(4)))

    # The window is full with 30 that are not ours, one of which leaves every 2 s.
    assert sent_at == [5, 6, 8, 10]


@in_virtual_time
async def test_call_that_finds_the_circuit_open_after_waiting_gives_its_permit_back(
    clock: VirtualClock,
) -> None:
    policy = _policy(clock, rate=Rate(permits=1, window=10), daily_requests=10, breaker_failures=1)
    slow = Script[str](DOWN, takes=9)
    first = asyncio.create_task(_failure(policy, _call(slow)))
    await settle()
    late = asyncio.create_task(_failure(policy, _call(Script("never"))))
    errors = await outcomes(first, late)

    assert [type(error) for error in errors] == [UpstreamServerError, CircuitOpen]
    assert policy.limiter is not None
    assert policy.quota is not None
    assert (clock.elapsed, policy.limiter.wait_seconds, policy.quota.used) == (10, 0, 1)


# The daily quota


@in_virtual_time
async def test_spent_quota_falls_back_and_says_until_when(clock: VirtualClock) -> None:
    policy, send = _policy(clock, daily_requests=1), Script("found")
    await policy.call(_call(send))

    answer = await policy.call(_call(send, fallbacks=(LINK,)))

    assert (answer.value, type(answer.error), answer.retry_at, send.calls) == (
        "link",
        QuotaSpent,
        wall(87_000),
        1,
    )


@in_virtual_time
async def test_every_attempt_counts_for_the_day(clock: VirtualClock) -> None:
    policy = _policy(clock, daily_requests=10, attempts=3)

    await _failure(policy, _call(Script[str](DOWN)))

    assert policy.quota is not None
    assert policy.quota.used == 3


@in_virtual_time
async def test_spent_quota_is_not_retried_and_not_held_against_the_upstream(
    clock: VirtualClock,
) -> None:
    policy = _policy(clock, daily_requests=1, attempts=3, breaker_failures=1)
    await policy.call(_call(Script("found")))

    error = await _failure(policy, _call(Script("never")))

    assert (type(error), clock.elapsed, policy.breaker.state) == (QuotaSpent, 0, "closed")


@in_virtual_time
async def test_background_work_leaves_half_of_the_day_to_people(clock: VirtualClock) -> None:
    policy, send = _policy(clock, daily_requests=4), Script("found")
    with background():
        results = await outcomes(*(policy.call(_call(send)) for _ in range(4)))

    await outcomes(*(policy.call(_call(send)) for _ in range(4)))

    assert [isinstance(result, Answer) for result in results] == [True, True, False, False]
    assert send.calls == 4


@in_virtual_time
async def test_quota_of_a_policy_outlives_it(clock: VirtualClock) -> None:
    store = MemoryQuotaStore()
    first = _policy(clock, daily_requests=100, quota_store=store)
    assert first.quota is not None
    await first.quota.load()
    await first.call(_call(Script("found")))
    await first.quota.close()

    second = _policy(clock, daily_requests=100, quota_store=store)
    assert second.quota is not None
    await second.quota.load()

    assert second.quota.used == 1


@in_virtual_time
async def test_policy_without_a_quota_has_none(clock: VirtualClock) -> None:
    assert _policy(clock).quota is None
