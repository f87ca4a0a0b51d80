"""What opens a circuit besides failures in a row: the rates of a moving window."""

import pytest
from fakes.breakers import DOWN, BreakerLog, feed, feed_slow, make_breaker
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time

from services.errors import NotFound
from services.resilience.breaker_rules import BreakerRules, RecentCalls
from services.resilience.circuit_breaker import UpstreamCircuitBreaker

SLOW = BreakerRules(slow_seconds=2, slow_rate=0.8, least_calls=5)


def _rated(clock: VirtualClock, rules: BreakerRules | None = None) -> UpstreamCircuitBreaker:
    """Return a breaker that no failures in a row can open."""
    return make_breaker(clock, failures=1_000, rules=rules)


@in_virtual_time
async def test_low_traffic_never_trips_by_rate(clock: VirtualClock) -> None:
    breaker = _rated(clock)

    await feed(breaker, *[DOWN] * 9)

    assert breaker.state == "closed"


@in_virtual_time
async def test_the_tenth_call_makes_the_rate_count(clock: VirtualClock) -> None:
    breaker = _rated(clock)

    await feed(breaker, *[DOWN] * 10)

    assert (breaker.state, breaker.trips) == ("open", 1)


@in_virtual_time
async def test_eighty_percent_alternating_failures_trip_at_the_first_failure_of_enough_calls(
    clock: VirtualClock,
) -> None:
    breaker = make_breaker(clock, failures=5)
    await feed(breaker, *[DOWN] * 4, "found", *[DOWN] * 4, "found")
    after_ten = breaker.state

    await feed(breaker, DOWN)

    assert (after_ten, breaker.state) == ("closed", "open")


@pytest.mark.parametrize(
    ("good", "bad", "state"),
    [
        pytest.param(5, 5, "open", id="half of ten"),
        pytest.param(6, 5, "closed", id="just below half"),
        pytest.param(50, 50, "open", id="half of a hundred"),
        pytest.param(51, 50, "closed", id="just below half of a hundred"),
    ],
)
@in_virtual_time
async def test_a_failure_rate_of_half_trips(
    clock: VirtualClock, good: int, bad: int, state: str
) -> None:
    breaker = _rated(clock)

    await feed(breaker, *["found"] * good, *[DOWN] * bad)

    assert breaker.state == state


@in_virtual_time
async def test_the_rate_can_be_declared(clock: VirtualClock) -> None:
    breaker = _rated(clock, BreakerRules(least_calls=4, failure_rate=0.75))
    await feed(breaker, "found", DOWN, DOWN)
    before = breaker.state

    await feed(breaker, DOWN)

    assert (before, breaker.state) == ("closed", "open")


@in_virtual_time
async def test_a_success_never_opens_the_circuit(clock: VirtualClock) -> None:
    breaker = _rated(clock)

    await feed(breaker, *[DOWN] * 9, "found")

    assert breaker.state == "closed"


@in_virtual_time
async def test_neutral_outcomes_do_not_dilute_the_rate(clock: VirtualClock) -> None:
    breaker = _rated(clock)

    await feed(breaker, *[NotFound("discogs", "search", 404)] * 50, *[DOWN] * 10)

    assert breaker.state == "open"


@pytest.mark.parametrize(
    ("pause", "state"),
    [pytest.param(59.9, "open", id="in the window"), pytest.param(60, "closed", id="just out")],
)
@in_virtual_time
async def test_old_failures_leave_the_window(clock: VirtualClock, pause: float, state: str) -> None:
    breaker = _rated(clock)
    await feed(breaker, *[DOWN] * 9)
    await clock.sleep(pause)

    await feed(breaker, DOWN)

    assert breaker.state == state


@in_virtual_time
async def test_old_successes_leave_the_window(clock: VirtualClock) -> None:
    breaker = _rated(clock)
    await feed(breaker, *["found"] * 100)
    await clock.sleep(60)

    await feed(breaker, *[DOWN] * 10)

    assert breaker.state == "open"


@in_virtual_time
async def test_a_closed_circuit_begins_with_an_empty_window(clock: VirtualClock) -> None:
    breaker = _rated(clock, BreakerRules(window=1_000))
    await feed(breaker, *[DOWN] * 10)
    await clock.sleep(60)
    await feed(breaker, "found")

    await feed(breaker, *[DOWN] * 9)

    assert breaker.state == "closed"


@in_virtual_time
async def test_slow_calls_alone_trip(clock: VirtualClock) -> None:
    log = BreakerLog()
    breaker = make_breaker(clock, rules=SLOW, events=log.events)
    await feed_slow(breaker, 2.1, times=4)
    before = breaker.state

    await feed_slow(breaker, 2.1)

    assert (before, breaker.state) == ("closed", "open")
    assert log.changes == [("closed", "open", "slow calls")]


@pytest.mark.parametrize(
    ("seconds", "state"),
    [pytest.param(2, "closed", id="at the limit"), pytest.param(2.01, "open", id="above it")],
)
@in_virtual_time
async def test_a_call_is_slow_above_the_limit(
    clock: VirtualClock, seconds: float, state: str
) -> None:
    breaker = make_breaker(clock, rules=SLOW)

    await feed_slow(breaker, seconds, times=5)

    assert breaker.state == state


@pytest.mark.parametrize(
    ("quick", "slow", "state"),
    [pytest.param(1, 4, "open", id="80 %"), pytest.param(2, 7, "closed", id="below 80 %")],
)
@in_virtual_time
async def test_the_share_of_slow_calls_decides(
    clock: VirtualClock, quick: int, slow: int, state: str
) -> None:
    breaker = make_breaker(clock, rules=SLOW)

    await feed_slow(breaker, 1, times=quick)
    await feed_slow(breaker, 3, times=slow)

    assert breaker.state == state


@in_virtual_time
async def test_no_call_is_slow_without_a_limit(clock: VirtualClock) -> None:
    breaker = _rated(clock)

    await feed_slow(breaker, 5, times=50)

    assert breaker.state == "closed"


@in_virtual_time
async def test_slow_calls_leave_the_window(clock: VirtualClock) -> None:
    breaker = make_breaker(clock, rules=SLOW)
    await feed_slow(breaker, 3, times=4)
    await clock.sleep(60)

    await feed_slow(breaker, 3)

    assert breaker.state == "closed"


@in_virtual_time
async def test_waiting_before_the_request_is_sent_makes_no_call_slow(clock: VirtualClock) -> None:
    breaker = make_breaker(clock, rules=SLOW)

    for _ in range(5):
        await breaker.call_admitted(lambda admission: _queued(clock, breaker, admission))

    assert breaker.state == "closed"


async def _queued(clock: VirtualClock, breaker: UpstreamCircuitBreaker, admission: object) -> None:
    await clock.sleep(5)
    breaker.start(admission)  # type: ignore[arg-type]  # what the breaker itself handed out
    await clock.sleep(2)


@pytest.mark.parametrize(
    ("rules", "failures", "reason"),
    [
        pytest.param(BreakerRules(), 3, "failures in a row", id="in a row"),
        pytest.param(BreakerRules(least_calls=2), 100, "failure rate", id="rate"),
    ],
)
@in_virtual_time
async def test_listeners_learn_why_it_tripped(
    clock: VirtualClock, rules: BreakerRules, failures: int, reason: str
) -> None:
    log = BreakerLog()
    breaker = make_breaker(clock, failures=failures, rules=rules, events=log.events)

    await feed(breaker, DOWN, DOWN, DOWN)

    assert log.changes == [("closed", "open", reason)]
    assert log.seen[0].open_seconds == 60


def test_the_rules_that_nobody_declared_are_those_of_the_design() -> None:
    assert BreakerRules() == BreakerRules(
        window=60,
        least_calls=10,
        failure_rate=0.5,
        slow_seconds=None,
        slow_rate=0.8,
        longest_open=300,
        jitter=0.1,
        probes_needed=1,
        probe_seconds=60,
        longest_retry_after=5,
    )


def test_recent_calls_forget_what_was_slow_with_the_call() -> None:
    calls = RecentCalls(BreakerRules(least_calls=5, slow_seconds=1))
    _add(calls, 4, at=0.0, slow=True)
    _add(calls, 4, at=60.0)

    _add(calls, 1, at=60.0, slow=True)

    assert (len(calls), calls.verdict()) == (5, None)


def _add(
    calls: RecentCalls, times: int, *, at: float, failed: bool = False, slow: bool = False
) -> None:
    for _ in range(times):
        calls.add(at, failed=failed, slow=slow)


def test_recent_calls_are_forgotten_beyond_a_thousand() -> None:
    calls = RecentCalls(BreakerRules())
    _add(calls, 500, at=0.0, failed=True)
    half = calls.verdict()

    _add(calls, 1_000, at=1.0)

    assert (half, len(calls), calls.verdict()) == ("failure rate", 1_000, None)


def test_recent_calls_forget_exactly_one_for_each_new_one_beyond_a_thousand() -> None:
    calls = RecentCalls(BreakerRules())
    _add(calls, 500, at=0.0)
    _add(calls, 500, at=0.0, failed=True)
    at_half = calls.verdict()

    _add(calls, 1, at=0.0)

    # A good one came, and the oldest good one left: still half.
    assert (at_half, calls.verdict(), len(calls)) == ("failure rate", "failure rate", 1_000)


def test_recent_calls_begin_again_when_cleared() -> None:
    calls = RecentCalls(BreakerRules(least_calls=1, slow_seconds=1, slow_rate=1.0))
    calls.add(0.0, failed=True, slow=True)

    calls.clear()
    calls.add(0.0, failed=False, slow=False)

    assert (len(calls), calls.verdict()) == (1, None)


def test_recent_calls_keep_the_slow_ones_when_a_fast_one_leaves() -> None:
    calls = RecentCalls(BreakerRules(window=60, least_calls=3, slow_seconds=1, slow_rate=1.0))
    calls.add(0.0, failed=False, slow=False)
    for now in (10.0, 20.0, 60.0):
        calls.add(now, failed=False, slow=True)

    assert (len(calls), calls.verdict()) == (3, "slow calls")
