import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import pytest
from fakes.calls import Script
from fakes.chance import FixedChance
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
from services.resilience.circuit_breaker import UpstreamCircuitBreaker

DOWN = UpstreamServerError("discogs", "search", 503)
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


def _breaker(
    clock: VirtualClock,
    *,
    failures: int = 3,
    open_seconds: float = 60,
    longest: float = 300,
    share: float = 0.0,
) -> UpstreamCircuitBreaker:
    return UpstreamCircuitBreaker(
        "discogs",
        failures=failures,
        open_seconds=open_seconds,
        rules=BreakerRules(longest_open=longest),
        clock=clock,
        chance=FixedChance(share),
    )


async def _feed(breaker: UpstreamCircuitBreaker, *results: str | BaseException) -> None:
    """Make one call per result, one after the other."""
    for result in results:
        await outcomes(breaker.call_async(Script(result)))


async def _tripped(
    clock: VirtualClock,
    *,
    open_seconds: float = 60,
    longest: float = 300,
    share: float = 0.0,
) -> UpstreamCircuitBreaker:
    breaker = _breaker(clock, failures=1, open_seconds=open_seconds, longest=longest, share=share)
    await _feed(breaker, DOWN)
    return breaker


async def _fail_next_probe(clock: VirtualClock, breaker: UpstreamCircuitBreaker) -> float:
    """Wait for the probe, let it fail, and return how long the circuit opens then."""
    await clock.sleep(breaker.open_remaining)
    await _feed(breaker, DOWN)
    return breaker.open_remaining


@asynccontextmanager
async def _in_flight(
    breaker: UpstreamCircuitBreaker, result: str | BaseException = "late"
) -> AsyncIterator[asyncio.Event]:
    """Keep a call under way until the event is set; at the end of the block it has ended."""
    gate = asyncio.Event()

    async def call() -> str:
        await gate.wait()
        if isinstance(result, BaseException):
            raise result
        return result

    task = asyncio.create_task(breaker.call_async(call))
    await settle()
    yield gate
    gate.set()
    await outcomes(task)


@in_virtual_time
async def test_a_closed_circuit_returns_what_the_call_returns(clock: VirtualClock) -> None:
    assert await _breaker(clock).call_async(Script("found")) == "found"


@in_virtual_time
async def test_the_circuit_stays_closed_below_the_threshold(clock: VirtualClock) -> None:
    breaker = _breaker(clock, failures=3)

    await _feed(breaker, DOWN, DOWN)

    assert breaker.state == "closed"


@in_virtual_time
async def test_the_circuit_opens_at_the_threshold(clock: VirtualClock) -> None:
    breaker = _breaker(clock, failures=3)

    await _feed(breaker, DOWN, DOWN, DOWN)

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
    breaker = _breaker(clock, failures=1)

    await _feed(breaker, error)

    assert breaker.state == "open"


@pytest.mark.parametrize("error", NEUTRAL)
@in_virtual_time
async def test_what_is_neutral_never_opens_the_circuit(
    clock: VirtualClock, error: BaseException
) -> None:
    breaker = _breaker(clock, failures=1)

    await _feed(breaker, error, error, error)

    assert breaker.state == "closed"


@pytest.mark.parametrize("error", NEUTRAL)
@in_virtual_time
async def test_what_is_neutral_does_not_forget_earlier_failures(
    clock: VirtualClock, error: BaseException
) -> None:
    breaker = _breaker(clock, failures=3)

    await _feed(breaker, DOWN, DOWN, error, DOWN)

    assert breaker.state == "open"


@in_virtual_time
async def test_a_success_resets_the_count(clock: VirtualClock) -> None:
    breaker = _breaker(clock, failures=3)

    await _feed(breaker, DOWN, DOWN, "found", DOWN, DOWN)

    assert breaker.state == "closed"


@in_virtual_time
async def test_an_open_circuit_refuses_without_calling(clock: VirtualClock) -> None:
    breaker, call = await _tripped(clock), Script("found")
    await clock.sleep(59.9)

    with pytest.raises(CircuitOpen):
        await breaker.call_async(call)

    assert call.calls == 0


@in_virtual_time
async def test_a_refusal_says_when_the_next_probe_will_be_admitted(clock: VirtualClock) -> None:
    breaker = await _tripped(clock)
    await clock.sleep(20)

    with pytest.raises(CircuitOpen) as caught:
        await breaker.call_async(Script("found"))

    assert (caught.value.service, caught.value.retry_after) == ("discogs", 40)


@in_virtual_time
async def test_a_refusal_never_quotes_the_failure_that_opened_the_circuit(
    clock: VirtualClock,
) -> None:
    breaker = _breaker(clock, failures=1)
    await _feed(breaker, UpstreamServerError("discogs", "search", 500, "Bearer canary-4f9a"))

    with pytest.raises(CircuitOpen) as caught:
        await breaker.call_async(Script("found"))

    assert "canary" not in f"{caught.value} {caught.value!r} {breaker}"
    assert breaker.last_failure is None


@in_virtual_time
async def test_after_the_open_time_a_probe_is_admitted(clock: VirtualClock) -> None:
    breaker = await _tripped(clock)

    await clock.sleep(60)

    assert (breaker.state, breaker.opened, breaker.open_remaining) == ("half_open", False, 0)


@in_virtual_time
async def test_of_a_hundred_calls_at_half_open_exactly_one_goes_through(
    clock: VirtualClock,
) -> None:
    breaker, call = await _tripped(clock), Script("found", takes=1)
    await clock.sleep(60)

    results = await outcomes(*(breaker.call_async(call) for _ in range(100)))

    refused = [result for result in results if isinstance(result, CircuitOpen)]
    assert (call.calls, len(refused)) == (1, 99)


@in_virtual_time
async def test_a_successful_probe_closes_the_circuit(clock: VirtualClock) -> None:
    breaker = await _tripped(clock)
    await clock.sleep(60)

    await _feed(breaker, "found")

    assert (breaker.state, breaker.failure_count) == ("closed", 0)


@in_virtual_time
async def test_after_a_successful_probe_everybody_is_admitted(clock: VirtualClock) -> None:
    breaker, call = await _tripped(clock), Script("found", takes=1)
    await clock.sleep(60)
    await _feed(breaker, "found")

    await outcomes(*(breaker.call_async(call) for _ in range(100)))

    assert call.calls == 100


@in_virtual_time
async def test_failed_probes_double_the_open_time_up_to_the_cap(clock: VirtualClock) -> None:
    breaker = await _tripped(clock, open_seconds=60, longest=300)

    opened = [await _fail_next_probe(clock, breaker) for _ in range(5)]

    assert opened == [120, 240, 300, 300, 300]


@in_virtual_time
async def test_open_times_are_spread_also_at_the_cap(clock: VirtualClock) -> None:
    breaker = await _tripped(clock, open_seconds=60, longest=100, share=1.0)

    opened = [breaker.open_remaining, await _fail_next_probe(clock, breaker)]

    assert opened == [pytest.approx(66), pytest.approx(110)]


@in_virtual_time
async def test_a_recovery_forgets_the_doubling(clock: VirtualClock) -> None:
    breaker = await _tripped(clock)
    await _fail_next_probe(clock, breaker)
    await clock.sleep(breaker.open_remaining)
    await _feed(breaker, "found")

    await _feed(breaker, DOWN)

    assert breaker.open_remaining == 60


@in_virtual_time
async def test_one_failed_probe_is_enough_to_open_again(clock: VirtualClock) -> None:
    breaker = _breaker(clock, failures=3)
    await _feed(breaker, DOWN, DOWN, DOWN)

    await _fail_next_probe(clock, breaker)

    assert (breaker.state, breaker.trips) == ("open", 2)


@pytest.mark.parametrize("error", NEUTRAL)
@in_virtual_time
async def test_a_neutral_probe_gives_its_place_back(
    clock: VirtualClock, error: BaseException
) -> None:
    breaker = await _tripped(clock)
    await clock.sleep(60)
    await _feed(breaker, error)

    assert (breaker.state, breaker.opened) == ("half_open", False)


@in_virtual_time
async def test_a_cancelled_probe_gives_its_place_back(clock: VirtualClock) -> None:
    breaker = await _tripped(clock)
    await clock.sleep(60)
    probe = asyncio.create_task(breaker.call_async(Script("late", takes=10)))
    await clock.sleep(1)
    probe.cancel()
    await outcomes(probe)

    assert await breaker.call_async(Script("found")) == "found"
    assert breaker.state == "closed"


@in_virtual_time
async def test_late_failures_do_not_extend_the_open_time(clock: VirtualClock) -> None:
    breaker = _breaker(clock, failures=1)
    async with _in_flight(breaker, DOWN), _in_flight(breaker, DOWN):
        await _feed(breaker, DOWN)
        await clock.sleep(20)

    assert (breaker.open_remaining, breaker.trips) == (40, 1)


@in_virtual_time
async def test_a_late_success_does_not_close_an_open_circuit(clock: VirtualClock) -> None:
    breaker = _breaker(clock, failures=1)
    async with _in_flight(breaker, "late"):
        await _feed(breaker, DOWN)

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
    breaker = _breaker(clock, failures=1)
    async with _in_flight(breaker, late) as gate:
        await _feed(breaker, DOWN)
        await clock.sleep(60)
        async with _in_flight(breaker, "probe"):
            gate.set()
            await settle()

            assert (breaker.state, breaker.opened) == ("half_open", True)


@in_virtual_time
async def test_a_broken_stream_counts_as_a_failure(clock: VirtualClock) -> None:
    breaker = _breaker(clock, failures=2)
    await _feed(breaker, DOWN)

    breaker.record_failure(DOWN, generation=breaker.generation)

    assert breaker.state == "open"


@in_virtual_time
async def test_a_stream_that_breaks_while_the_circuit_is_open_does_not_extend_it(
    clock: VirtualClock,
) -> None:
    breaker = _breaker(clock, failures=1)
    generation = breaker.generation
    await _feed(breaker, DOWN)
    await clock.sleep(20)

    breaker.record_failure(DOWN, generation=generation)

    assert (breaker.open_remaining, breaker.trips) == (40, 1)


@in_virtual_time
async def test_an_old_stream_that_breaks_does_not_end_the_probe(clock: VirtualClock) -> None:
    breaker = _breaker(clock, failures=1)
    generation = breaker.generation
    await _feed(breaker, DOWN)
    await clock.sleep(60)
    async with _in_flight(breaker, "probe"):
        breaker.record_failure(DOWN, generation=generation)

        assert (breaker.state, breaker.opened) == ("half_open", True)


@pytest.mark.parametrize("seconds", [5.1, 3_600, 86_400])
@in_virtual_time
async def test_a_long_rate_limit_opens_the_circuit_until_then(
    clock: VirtualClock, seconds: float
) -> None:
    breaker = _breaker(clock, share=1.0)

    await _feed(breaker, RateLimitExceeded("discogs", "search", retry_after=seconds))

    assert breaker.state == "open"
    assert breaker.open_remaining == pytest.approx(seconds)


@in_virtual_time
async def test_a_spent_quota_opens_the_circuit_until_it_is_renewed(clock: VirtualClock) -> None:
    breaker = _breaker(clock)

    await _feed(breaker, RateLimitExceeded("discogs", "search", retry_after=48_925, is_quota=True))

    assert breaker.open_remaining == 48_925


@in_virtual_time
async def test_a_spent_quota_without_a_time_opens_the_circuit_for_an_hour(
    clock: VirtualClock,
) -> None:
    breaker = _breaker(clock)

    await _feed(breaker, RateLimitExceeded("discogs", "search", is_quota=True))

    assert breaker.open_remaining == 3_600


@in_virtual_time
async def test_a_probe_after_a_long_rate_limit_closes_the_circuit(clock: VirtualClock) -> None:
    breaker = _breaker(clock)
    await _feed(breaker, RateLimitExceeded("discogs", "search", retry_after=3_600))
    await clock.sleep(3_600)

    await _feed(breaker, "found")

    assert breaker.state == "closed"


@pytest.mark.parametrize("hours", [1, -1])
@in_virtual_time
async def test_a_step_of_the_wall_clock_changes_nothing(clock: VirtualClock, hours: int) -> None:
    breaker = await _tripped(clock)
    await clock.sleep(20)

    clock.step_wall(timedelta(hours=hours))

    assert (breaker.state, breaker.open_remaining) == ("open", 40)


class _CallableObject:
    async def __call__(self) -> str:
        raise DOWN


async def _function(_argument: str) -> str:
    raise DOWN


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: _function(""), id="lambda"),
        pytest.param(partial(_function, ""), id="partial"),
        pytest.param(_CallableObject(), id="callable object"),
    ],
)
@in_virtual_time
async def test_every_kind_of_callable_is_guarded(clock: VirtualClock, call: Script[str]) -> None:
    breaker = _breaker(clock, failures=1)

    await outcomes(breaker.call_async(call))

    assert breaker.state == "open"


@in_virtual_time
async def test_arguments_reach_the_call(clock: VirtualClock) -> None:
    async def call(first: str, *, second: str) -> str:
        return first + second

    assert await _breaker(clock).call_async(call, "a", second="b") == "ab"
