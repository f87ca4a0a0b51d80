import asyncio
from datetime import timedelta

import pytest
from fakes.breakers import (
    DOWN,
    fail_next_probe,
    feed,
    in_flight,
    make_breaker,
    make_tripped,
)
from fakes.calls import Script
from fakes.chance import FixedChance, seeded
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    BulkheadFull,
    CircuitOpen,
    DeadlineExceeded,
    InvalidRequest,
    InvalidResponse,
    NotFound,
    QuotaSpent,
    RateLimitExceeded,
    ServiceDown,
    UpstreamServerError,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from services.resilience.breaker_rules import BreakerRules

NEUTRAL = [
    pytest.param(NotFound("discogs", "search", 404), id="404"),
    pytest.param(InvalidRequest("discogs", "search", 400), id="400"),
    pytest.param(AuthenticationFailed("discogs", "search", 401), id="401"),
    pytest.param(AccessDenied("discogs", "search", 403), id="403"),
    pytest.param(RateLimitExceeded("discogs", "search", retry_after=5), id="short 429"),
    pytest.param(RateLimitExceeded("discogs", "search"), id="429 without a wait"),
    pytest.param(BulkheadFull("discogs", "search"), id="bulkhead full"),
    pytest.param(QuotaSpent("discogs", "search"), id="own quota"),
    pytest.param(DeadlineExceeded("discogs", "search"), id="deadline"),
    pytest.param(asyncio.CancelledError(), id="cancelled"),
    pytest.param(GeneratorExit(), id="generator closed"),
    pytest.param(RuntimeError("a bug"), id="bug"),
]


@in_virtual_time
async def test_a_closed_circuit_returns_what_the_call_returns(clock: VirtualClock) -> None:
    assert await make_breaker(clock).call_async(Script("found")) == "found"


@in_virtual_time
async def test_the_circuit_stays_closed_below_the_threshold(clock: VirtualClock) -> None:
    breaker = make_breaker(clock, failures=3)

    await feed(breaker, DOWN, DOWN)

    assert breaker.state == "closed"


@in_virtual_time
async def test_the_circuit_opens_at_the_threshold(clock: VirtualClock) -> None:
    breaker = make_breaker(clock, failures=3)

    await feed(breaker, DOWN, DOWN, DOWN)

    assert (breaker.state, breaker.open_remaining, breaker.trips) == ("open", 60, 1)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ServiceDown("discogs", "search"), id="down"),
        pytest.param(UpstreamTimeout("discogs", "search"), id="timeout"),
        pytest.param(UpstreamUnreachable("discogs", "search"), id="unreachable"),
        pytest.param(UpstreamServerError("discogs", "search", 500), id="server error"),
        pytest.param(InvalidResponse("discogs", "search", 200), id="broken answer"),
    ],
)
@in_virtual_time
async def test_what_speaks_against_the_upstream_counts(
    clock: VirtualClock, error: Exception
) -> None:
    breaker = make_breaker(clock, failures=1)

    await feed(breaker, error)

    assert breaker.state == "open"


@pytest.mark.parametrize("error", NEUTRAL)
@in_virtual_time
async def test_what_is_neutral_never_opens_the_circuit(
    clock: VirtualClock, error: BaseException
) -> None:
    breaker = make_breaker(clock, failures=1)

    await feed(breaker, error, error, error)

    assert breaker.state == "closed"


@pytest.mark.parametrize("error", NEUTRAL)
@in_virtual_time
async def test_what_is_neutral_does_not_forget_earlier_failures(
    clock: VirtualClock, error: BaseException
) -> None:
    breaker = make_breaker(clock, failures=3)

    await feed(breaker, DOWN, DOWN, error, DOWN)

    assert breaker.state == "open"


@in_virtual_time
async def test_a_success_resets_the_count(clock: VirtualClock) -> None:
    breaker = make_breaker(clock, failures=3)

    await feed(breaker, DOWN, DOWN, "found", DOWN, DOWN)

    assert breaker.state == "closed"


@in_virtual_time
async def test_an_open_circuit_refuses_without_calling(clock: VirtualClock) -> None:
    breaker, call = await make_tripped(clock), Script("found")
    await clock.sleep(59.9)

    with pytest.raises(CircuitOpen):
        await breaker.call_async(call)

    assert call.calls == 0


@in_virtual_time
async def test_a_refusal_says_when_the_next_probe_will_be_admitted(clock: VirtualClock) -> None:
    breaker = await make_tripped(clock)
    await clock.sleep(20)

    with pytest.raises(CircuitOpen) as caught:
        await breaker.call_async(Script("found"))

    assert (caught.value.service, caught.value.retry_after) == ("discogs", 40)


@in_virtual_time
async def test_a_refusal_never_quotes_the_failure_that_opened_the_circuit(
    clock: VirtualClock,
) -> None:
    breaker = make_breaker(clock, failures=1)
    await feed(breaker, UpstreamServerError("discogs", "search", 500, "Bearer canary-4f9a"))

    with pytest.raises(CircuitOpen) as caught:
        await breaker.call_async(Script("found"))

    assert "canary" not in f"{caught.value} {caught.value!r} {breaker}"
    assert breaker.last_failure is None


@in_virtual_time
async def test_after_the_open_time_a_probe_is_admitted(clock: VirtualClock) -> None:
    breaker = await make_tripped(clock)

    await clock.sleep(60)

    assert (breaker.state, breaker.opened, breaker.open_remaining) == ("half_open", False, 0)


@in_virtual_time
async def test_of_a_hundred_calls_at_half_open_exactly_one_goes_through(
    clock: VirtualClock,
) -> None:
    breaker, call = await make_tripped(clock), Script("found", takes=1)
    await clock.sleep(60)

    results = await outcomes(*(breaker.call_async(call) for _ in range(100)))

    refused = [result for result in results if isinstance(result, CircuitOpen)]
    assert (call.calls, len(refused)) == (1, 99)


@in_virtual_time
async def test_a_successful_probe_closes_the_circuit(clock: VirtualClock) -> None:
    breaker = await make_tripped(clock)
    await clock.sleep(60)

    await feed(breaker, "found")

    assert (breaker.state, breaker.failure_count) == ("closed", 0)


@in_virtual_time
async def test_after_a_successful_probe_everybody_is_admitted(clock: VirtualClock) -> None:
    breaker, call = await make_tripped(clock), Script("found", takes=1)
    await clock.sleep(60)
    await feed(breaker, "found")

    await outcomes(*(breaker.call_async(call) for _ in range(100)))

    assert call.calls == 100


@in_virtual_time
async def test_failed_probes_double_the_open_time_up_to_the_cap(clock: VirtualClock) -> None:
    breaker = await make_tripped(clock, open_seconds=60, rules=BreakerRules(longest_open=300))

    opened = [await fail_next_probe(clock, breaker) for _ in range(5)]

    assert opened == [120, 240, 300, 300, 300]


async def _shares_of_the_open_time(clock: VirtualClock, *, failed_probes: int) -> list[float]:
    """Return how long 300 circuits open, each as a share of what it would be without jitter."""
    chance, rules = seeded(7), BreakerRules(longest_open=100, jitter=0.1)
    shares = []
    for _ in range(300):
        breaker = await make_tripped(clock, rules=rules, chance=chance)
        for _ in range(failed_probes):
            await fail_next_probe(clock, breaker)
        shares.append(breaker.open_remaining / (100 if failed_probes else 60))
    return shares


@pytest.mark.parametrize(
    "failed_probes", [pytest.param(0, id="first opening"), pytest.param(3, id="at the cap")]
)
@in_virtual_time
async def test_open_times_are_spread_both_ways_also_at_the_cap(
    clock: VirtualClock, failed_probes: int
) -> None:
    shares = await _shares_of_the_open_time(clock, failed_probes=failed_probes)

    assert 0.9 <= min(shares) < 0.905
    assert 1.095 < max(shares) <= 1.1
    assert sum(shares) / len(shares) == pytest.approx(1.0, abs=0.01)


@in_virtual_time
async def test_the_open_time_varies_by_a_tenth(clock: VirtualClock) -> None:
    breaker = await make_tripped(clock, chance=FixedChance(1.0))

    assert round(breaker.open_remaining, 9) in {54, 66}


@in_virtual_time
async def test_a_recovery_forgets_the_doubling(clock: VirtualClock) -> None:
    breaker = await make_tripped(clock)
    await fail_next_probe(clock, breaker)
    await clock.sleep(breaker.open_remaining)
    await feed(breaker, "found")

    await feed(breaker, DOWN)

    assert breaker.open_remaining == 60


@in_virtual_time
async def test_one_failed_probe_is_enough_to_open_again(clock: VirtualClock) -> None:
    breaker = make_breaker(clock, failures=3)
    await feed(breaker, DOWN, DOWN, DOWN)

    await fail_next_probe(clock, breaker)

    assert (breaker.state, breaker.trips) == ("open", 2)


@pytest.mark.parametrize("error", NEUTRAL)
@in_virtual_time
async def test_a_neutral_probe_gives_its_place_back(
    clock: VirtualClock, error: BaseException
) -> None:
    breaker = await make_tripped(clock)
    await clock.sleep(60)
    await feed(breaker, error)

    assert (breaker.state, breaker.opened) == ("half_open", False)


@in_virtual_time
async def test_a_cancelled_probe_gives_its_place_back(clock: VirtualClock) -> None:
    breaker = await make_tripped(clock)
    await clock.sleep(60)
    probe = asyncio.create_task(breaker.call_async(Script("late", takes=10)))
    await clock.sleep(1)
    probe.cancel()
    await outcomes(probe)

    assert await breaker.call_async(Script("found")) == "found"
    assert breaker.state == "closed"


@in_virtual_time
async def test_late_failures_do_not_extend_the_open_time(clock: VirtualClock) -> None:
    breaker = make_breaker(clock, failures=1)
    async with in_flight(breaker, DOWN), in_flight(breaker, DOWN):
        await feed(breaker, DOWN)
        await clock.sleep(20)

    assert (breaker.open_remaining, breaker.trips) == (40, 1)


@in_virtual_time
async def test_a_late_success_does_not_close_an_open_circuit(clock: VirtualClock) -> None:
    breaker = make_breaker(clock, failures=1)
    async with in_flight(breaker, "late"):
        await feed(breaker, DOWN)

    assert breaker.state == "open"


@pytest.mark.parametrize(
    "late",
    [
        pytest.param("late", id="success"),
        pytest.param(DOWN, id="failure"),
        pytest.param(asyncio.CancelledError(), id="cancelled"),
    ],
)
@in_virtual_time
async def test_a_late_outcome_does_not_end_the_probe(
    clock: VirtualClock, late: str | BaseException
) -> None:
    breaker = make_breaker(clock, failures=1)
    async with in_flight(breaker, late) as gate:
        await feed(breaker, DOWN)
        await clock.sleep(60)
        async with in_flight(breaker, "probe"):
            gate.set()
            await settle()

            assert (breaker.state, breaker.opened) == ("half_open", True)


@in_virtual_time
async def test_a_broken_stream_counts_as_a_failure(clock: VirtualClock) -> None:
    breaker = make_breaker(clock, failures=2)
    await feed(breaker, DOWN)

    breaker.record_failure(DOWN, generation=breaker.generation)

    assert breaker.state == "open"


@in_virtual_time
async def test_a_stream_that_breaks_while_the_circuit_is_open_does_not_extend_it(
    clock: VirtualClock,
) -> None:
    breaker = make_breaker(clock, failures=1)
    generation = breaker.generation
    await feed(breaker, DOWN)
    await clock.sleep(20)

    breaker.record_failure(DOWN, generation=generation)

    assert (breaker.open_remaining, breaker.trips) == (40, 1)


@in_virtual_time
async def test_an_old_stream_that_breaks_does_not_end_the_probe(clock: VirtualClock) -> None:
    breaker = make_breaker(clock, failures=1)
    generation = breaker.generation
    await feed(breaker, DOWN)
    await clock.sleep(60)
    async with in_flight(breaker, "probe"):
        breaker.record_failure(DOWN, generation=generation)

        assert (breaker.state, breaker.opened) == ("half_open", True)


@pytest.mark.parametrize("seconds", [5.1, 3_600, 86_400])
@in_virtual_time
async def test_a_long_rate_limit_opens_the_circuit_until_then(
    clock: VirtualClock, seconds: float
) -> None:
    breaker = make_breaker(clock, share=1.0)

    await feed(breaker, RateLimitExceeded("discogs", "search", retry_after=seconds))

    assert breaker.state == "open"
    assert breaker.open_remaining == pytest.approx(seconds)


@in_virtual_time
async def test_a_spent_quota_opens_the_circuit_until_it_is_renewed(clock: VirtualClock) -> None:
    breaker = make_breaker(clock)

    await feed(breaker, RateLimitExceeded("discogs", "search", retry_after=48_925, is_quota=True))

    assert breaker.open_remaining == 48_925


@in_virtual_time
async def test_a_spent_quota_without_a_time_opens_the_circuit_for_an_hour(
    clock: VirtualClock,
) -> None:
    breaker = make_breaker(clock)

    await feed(breaker, RateLimitExceeded("discogs", "search", is_quota=True))

    assert breaker.open_remaining == 3_600


@in_virtual_time
async def test_a_probe_after_a_long_rate_limit_closes_the_circuit(clock: VirtualClock) -> None:
    breaker = make_breaker(clock)
    await feed(breaker, RateLimitExceeded("discogs", "search", retry_after=3_600))
    await clock.sleep(3_600)

    await feed(breaker, "found")

    assert breaker.state == "closed"


@pytest.mark.parametrize("hours", [1, -1])
@in_virtual_time
async def test_a_step_of_the_wall_clock_changes_nothing(clock: VirtualClock, hours: int) -> None:
    breaker = await make_tripped(clock)
    await clock.sleep(20)

    clock.step_wall(timedelta(hours=hours))

    assert (breaker.state, breaker.open_remaining) == ("open", 40)


@in_virtual_time
async def test_arguments_reach_the_call(clock: VirtualClock) -> None:
    async def call(first: str, *, second: str) -> str:
        return first + second

    assert await make_breaker(clock).call_async(call, "a", second="b") == "ab"
