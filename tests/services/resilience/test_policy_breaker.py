"""Circuit breaker, bulkhead and retry as the policy joins them; more is in ``test_policy.py``."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import pytest
from fakes.calls import Script, Step, StreamScript
from fakes.chance import FixedChance
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.errors import RateLimitExceeded, UpstreamServerError
from services.resilience.breaker_rules import BreakerRules
from services.resilience.config import Call, PolicyConfig, StreamLimits
from services.resilience.events import (
    AttemptEnded,
    BreakerChanged,
    Event,
    Events,
    Refused,
    RetryDenied,
    RetryScheduled,
)
from services.resilience.policy import Policy
from services.resilience.rate_limiter import Rate
from services.resilience.retry import Backoff
from services.resilience.retry_budget import BudgetRules

DOWN = UpstreamServerError("discogs", "search", 503)
LIMITS = StreamLimits(first=30, idle=30, whole=120)


def _policy(
    clock: VirtualClock,
    *,
    attempts: int = 1,
    concurrency: int = 100,
    rate: Rate | None = None,
    breaker_failures: int = 1_000,
    rules: BreakerRules | None = None,
    budget: BudgetRules | None = None,
    events: Events | None = None,
) -> Policy:
    config = PolicyConfig(
        upstream="discogs",
        deadline=300,
        attempt_timeout=10,
        concurrency=concurrency,
        queue=200,
        rate=rate,
        backoff=Backoff(attempts=attempts),
        retry_budget=budget or BudgetRules(),
        breaker_failures=breaker_failures,
        breaker=rules or BreakerRules(),
    )
    return Policy(config, clock=clock, chance=FixedChance(0.0), events=events)


async def _ask(policy: Policy, send: Callable[[], Awaitable[str]], times: int = 1) -> None:
    """Make calls together that share neither key nor answer."""
    call = Call(operation="search", send=send)
    await outcomes(*(policy.call(call) for _ in range(times)))


async def _ask_one_after_the_other(
    policy: Policy, send: Callable[[], Awaitable[str]], times: int
) -> None:
    for _ in range(times):
        await _ask(policy, send)


@in_virtual_time
async def test_the_declared_rules_reach_the_breaker(clock: VirtualClock) -> None:
    policy = _policy(clock, rules=BreakerRules(least_calls=4, failure_rate=1.0))
    await _ask_one_after_the_other(policy, Script[str](DOWN), times=3)
    before = policy.breaker.state

    await _ask(policy, Script[str](DOWN))

    assert (before, policy.breaker.state) == ("closed", "open")


@in_virtual_time
async def test_a_slow_upstream_opens_the_circuit(clock: VirtualClock) -> None:
    policy = _policy(clock, rules=BreakerRules(slow_seconds=2, least_calls=5))

    await _ask_one_after_the_other(policy, Script("found", takes=3), times=5)

    assert policy.breaker.state == "open"


@in_virtual_time
async def test_time_in_our_own_queues_does_not_make_the_upstream_slow(clock: VirtualClock) -> None:
    policy = _policy(
        clock,
        concurrency=1,
        rate=Rate(permits=1, window=5),
        rules=BreakerRules(slow_seconds=2, least_calls=5),
    )
    send = Script("found", takes=2)

    await _ask(policy, send, times=10)

    assert (send.calls, policy.breaker.state, clock.elapsed) == (10, "closed", 47)


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        pytest.param([5.0, "a", 20.0, "b"], "closed", id="a long text"),
        pytest.param([5.1, "a"], "open", id="a late first item"),
    ],
)
@in_virtual_time
async def test_a_stream_is_as_slow_as_its_first_item(
    clock: VirtualClock, steps: list[Step], state: str
) -> None:
    policy = _policy(clock, rules=BreakerRules(slow_seconds=5, least_calls=2))

    await _read(policy, StreamScript(steps))
    await _read(policy, StreamScript(steps))

    assert policy.breaker.state == state


async def _read(
    policy: Policy, script: StreamScript, on_place: Callable[[int], None] | None = None
) -> list[str]:
    stream = policy.stream("write", script.__call__, LIMITS, on_place=on_place)
    async with aclosing(stream):
        return [item async for item in stream]


@in_virtual_time
async def test_a_slow_stream_that_opened_the_circuit_does_not_count_twice_by_breaking(
    clock: VirtualClock,
) -> None:
    rules = BreakerRules(slow_seconds=5, least_calls=1)
    policy = _policy(clock, breaker_failures=1, rules=rules)

    await outcomes(_read(policy, StreamScript([5.5, "a", 10.0, DOWN])))

    assert (policy.breaker.open_remaining, policy.breaker.trips) == (50, 1)


@in_virtual_time
async def test_a_stream_takes_a_permit_and_waiting_for_it_does_not_make_it_slow(
    clock: VirtualClock,
) -> None:
    rules = BreakerRules(slow_seconds=5, least_calls=2)
    policy = _policy(clock, rate=Rate(permits=1, window=20), rules=rules)

    for _ in range(3):
        await _read(policy, StreamScript([5.0, "a"]))

    assert (clock.elapsed, policy.breaker.state) == (45, "closed")


@in_virtual_time
async def test_a_stream_that_waits_is_told_its_place(clock: VirtualClock) -> None:
    policy, places = _policy(clock, concurrency=1), list[int]()
    scripts = [StreamScript([1.0, "a"]) for _ in range(3)]
    first = [asyncio.create_task(_read(policy, script)) for script in scripts[:2]]
    await settle()

    await _read(policy, scripts[2], places.append)

    assert places == [2, 1, 0]
    await outcomes(*first)


@in_virtual_time
async def test_a_herd_at_half_open_sends_one_request(clock: VirtualClock) -> None:
    policy, send = _policy(clock, breaker_failures=1), Script("found", takes=1)
    await _ask(policy, Script[str](DOWN))
    await clock.sleep(60)

    await _ask(policy, send, times=100)

    assert (send.calls, policy.breaker.state) == (1, "closed")


@in_virtual_time
async def test_calls_in_our_queue_since_before_an_outage_send_one_probe(
    clock: VirtualClock,
) -> None:
    policy = _policy(clock, breaker_failures=1, rate=Rate(permits=1, window=70))
    answers = iter([Script[str](DOWN)])
    found = Script("found", takes=1)

    # The first fails at once; the others have been admitted before it and wait for a permit.
    await _ask(policy, lambda: next(answers, found).__call__(), times=4)

    # Each finds the circuit half-open or closed when its permit comes, one every 70 s.
    assert (found.calls, policy.breaker.state, policy.breaker.trips) == (3, "closed", 1)


@in_virtual_time
async def test_a_dead_upstream_is_sent_the_threshold_and_one_probe_per_open_time(
    clock: VirtualClock,
) -> None:
    policy, send = _policy(clock, attempts=3, breaker_failures=5), Script[str](DOWN)

    await _ask_one_after_the_other(policy, send, times=100)
    tripped_after = send.calls
    await clock.sleep(policy.breaker.open_remaining)
    await _ask(policy, send, times=100)

    assert (tripped_after, send.calls, policy.breaker.open_remaining) == (5, 6, 120)


@in_virtual_time
async def test_all_calls_of_an_upstream_share_one_retry_budget(clock: VirtualClock) -> None:
    policy = _policy(clock, attempts=3, rules=BreakerRules(least_calls=10**6))
    send = Script[str](DOWN)

    await _ask_one_after_the_other(policy, send, times=500)

    # 5 from the start and one for every ten requests: 1.11 times, where 3 attempts allow 3 times.
    assert send.calls == 554


@in_virtual_time
async def test_streams_share_it_too(clock: VirtualClock) -> None:
    policy = _policy(clock, attempts=3, budget=BudgetRules(capacity=1))
    await _ask(policy, Script(DOWN, "found"))
    script = StreamScript([DOWN], ["a"])

    await outcomes(_read(policy, script))

    assert script.opened == 1


@in_virtual_time
async def test_a_spent_quota_is_neither_retried_nor_asked_again(clock: VirtualClock) -> None:
    policy = _policy(clock, attempts=3)
    send = Script[str](RateLimitExceeded("discogs", "search", retry_after=1, is_quota=True))

    await _ask_one_after_the_other(policy, send, times=10)

    assert (send.calls, policy.breaker.state) == (1, "open")


@in_virtual_time
async def test_listeners_of_a_policy_hear_its_breaker_and_its_retries(clock: VirtualClock) -> None:
    seen: list[Event] = []
    policy = _policy(clock, attempts=2, breaker_failures=2, events=Events(seen.append))

    await _ask(policy, Script[str](DOWN))

    assert [type(event) for event in seen] == [
        AttemptEnded,
        RetryScheduled,
        AttemptEnded,
        BreakerChanged,
        RetryDenied,
    ]


@in_virtual_time
async def test_somebody_may_begin_to_listen_later(clock: VirtualClock) -> None:
    events, seen = Events(), list[Event]()
    policy = _policy(clock, breaker_failures=1, events=events)
    events.subscribe(seen.append)

    await _ask(policy, Script[str](DOWN))

    assert [type(event) for event in seen] == [AttemptEnded, BreakerChanged, RetryDenied]


@pytest.mark.parametrize("takes", [10.1, 1_000])
@in_virtual_time
async def test_a_hung_probe_is_a_failed_probe_once_its_attempt_times_out(
    clock: VirtualClock, takes: float
) -> None:
    policy = _policy(clock, breaker_failures=1)
    await _ask(policy, Script[str](DOWN))
    await clock.sleep(60)

    await _ask(policy, Script("late", takes=takes))

    assert (policy.breaker.state, policy.breaker.open_remaining) == ("open", 120)


@in_virtual_time
async def test_listeners_hear_how_long_an_attempt_took_and_what_was_refused(
    clock: VirtualClock,
) -> None:
    seen: list[Event] = []
    policy = _policy(clock, breaker_failures=1, events=Events(seen.append))

    await _ask(policy, Script[str](DOWN, takes=2))
    await _ask(policy, Script[str]("never"))

    assert seen[0] == AttemptEnded(
        upstream="discogs", operation="search", seconds=2.0, outcome="UpstreamServerError"
    )
    assert seen[-1] == Refused(upstream="discogs", operation="search", reason="CircuitOpen")


@in_virtual_time
async def test_listeners_hear_when_a_stream_got_its_first_item(clock: VirtualClock) -> None:
    seen: list[Event] = []
    policy = _policy(clock, events=Events(seen.append))
    script = StreamScript([3.0, "first", 5.0, "second"])

    async with aclosing(policy.stream("write", script, LIMITS)) as items:
        received = [item async for item in items]

    assert received == ["first", "second"]
    assert seen == [
        AttemptEnded(upstream="discogs", operation="write", seconds=3.0, outcome="success")
    ]


@in_virtual_time
async def test_listeners_hear_why_a_stream_did_not_start(clock: VirtualClock) -> None:
    seen: list[Event] = []
    policy = _policy(clock, events=Events(seen.append))

    async with aclosing(policy.stream("write", StreamScript([3.0, DOWN]), LIMITS)) as items:
        await outcomes(anext(items))

    assert seen[0] == AttemptEnded(
        upstream="discogs", operation="write", seconds=3.0, outcome="UpstreamServerError"
    )


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [pytest.param(4.0, 4, id="as asked"), pytest.param(None, 0.5, id="nothing said: the backoff")],
)
@in_virtual_time
async def test_stream_that_is_refused_with_429_holds_everybody_back(
    clock: VirtualClock, retry_after: float | None, wait: float
) -> None:
    policy = _policy(clock, rate=Rate(permits=10, window=1))
    error = RateLimitExceeded("discogs", "write", retry_after=retry_after)

    async with aclosing(policy.stream("write", StreamScript([error]), LIMITS)) as items:
        await outcomes(anext(items))

    assert policy.limiter is not None
    assert policy.limiter.wait_seconds == wait
