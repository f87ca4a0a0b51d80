"""What moves a circuit besides calls: an operator's hand, long penalties and restarts."""

import asyncio
from datetime import datetime, timedelta
from math import inf

import pytest
from fakes.breakers import DOWN, BreakerLog, feed, in_flight, is_refused, make_breaker, make_tripped
from fakes.calls import Script
from fakes.clock import VirtualClock, wall
from fakes.virtual_time import in_virtual_time, outcomes

from services.errors import (
    AskedToWait,
    CircuitOpen,
    ExternalServiceException,
    OutOfCredit,
    RateLimitExceeded,
)
from services.resilience.breaker_rules import BreakerRules
from services.resilience.circuit_breaker import UpstreamCircuitBreaker


def _limited(retry_after: float | None, *, is_quota: bool = False) -> RateLimitExceeded:
    return RateLimitExceeded("discogs", "search", retry_after=retry_after, is_quota=is_quota)


def _listen(breaker: UpstreamCircuitBreaker) -> list[tuple[str, datetime | None]]:
    told: list[tuple[str, datetime | None]] = []
    breaker.on_penalty(lambda upstream, until: told.append((upstream, until)))
    return told


@in_virtual_time
async def test_an_isolated_circuit_refuses_until_it_is_closed(clock: VirtualClock) -> None:
    breaker = make_breaker(clock)

    breaker.isolate()
    await clock.sleep(86_400)
    refused = await is_refused(breaker)
    breaker.close()

    assert (refused, await is_refused(breaker)) == (True, False)


@in_virtual_time
async def test_an_isolated_circuit_names_no_time(clock: VirtualClock) -> None:
    breaker = make_breaker(clock)
    breaker.isolate()

    with pytest.raises(CircuitOpen) as caught:
        await breaker.call_async(Script("found"))

    assert (caught.value.retry_after, str(caught.value)) == (None, "discogs.call: circuit isolated")
    assert (breaker.state, breaker.open_remaining, breaker.open_until) == ("open", inf, None)


@pytest.mark.parametrize("result", [pytest.param("late", id="success"), DOWN, _limited(3_600)])
@in_virtual_time
async def test_calls_under_way_do_not_touch_an_isolated_circuit(
    clock: VirtualClock, result: str | BaseException
) -> None:
    breaker = make_breaker(clock, failures=1)
    async with in_flight(breaker, result):
        breaker.isolate()

    assert (breaker.open_remaining, breaker.trips) == (inf, 1)


@in_virtual_time
async def test_closing_by_hand_forgets_failures_and_doubling(clock: VirtualClock) -> None:
    breaker = make_breaker(clock, failures=2)
    await feed(breaker, DOWN, DOWN)
    await clock.sleep(60)
    await feed(breaker, DOWN, "refused")

    breaker.close()
    await feed(breaker, DOWN)
    after_one = breaker.state
    await feed(breaker, DOWN)

    assert (after_one, breaker.open_remaining) == ("closed", 60)


@in_virtual_time
async def test_calls_under_way_when_it_is_closed_by_hand_change_nothing(
    clock: VirtualClock,
) -> None:
    breaker = make_breaker(clock, failures=1)
    async with in_flight(breaker, DOWN):
        breaker.close()

    assert breaker.state == "closed"


@in_virtual_time
async def test_reset_is_the_stock_classs_name_for_closing(clock: VirtualClock) -> None:
    breaker = await make_tripped(clock)

    breaker.reset()

    assert (breaker.state, breaker.failure_count) == ("closed", 0)


@in_virtual_time
async def test_listeners_learn_of_what_was_done_by_hand(clock: VirtualClock) -> None:
    log = BreakerLog()
    breaker = make_breaker(clock, events=log.events)

    breaker.isolate()
    breaker.close()

    assert log.changes == [("closed", "open", "isolated"), ("open", "closed", "closed by hand")]
    assert log.seen[0].open_seconds == inf


@in_virtual_time
async def test_closing_a_closed_circuit_is_no_event(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    log = BreakerLog()

    make_breaker(clock, events=log.events).close()

    assert (log.changes, caplog.records) == ([], [])


@in_virtual_time
async def test_isolating_an_open_circuit_is_one(clock: VirtualClock) -> None:
    log = BreakerLog()
    breaker = make_breaker(clock, failures=1, events=log.events)
    await feed(breaker, DOWN)

    breaker.isolate()

    assert log.changes[-1] == ("open", "open", "isolated")


@in_virtual_time
async def test_a_refusal_is_safe_to_show_and_says_when_to_come_back(clock: VirtualClock) -> None:
    breaker = await make_tripped(clock)
    await clock.sleep(12)

    with pytest.raises(CircuitOpen) as caught:
        await breaker.call_async(Script("found"))

    assert str(caught.value) == "discogs.call: circuit open, next probe in 48 s"
    assert (caught.value.retry_after, breaker.open_until) == (48, wall(60))


@in_virtual_time
async def test_the_last_moment_of_the_open_time_is_told_as_exactly(clock: VirtualClock) -> None:
    breaker = await make_tripped(clock)
    await clock.sleep(59.5)

    with pytest.raises(CircuitOpen) as caught:
        await breaker.call_async(Script("found"))
    open_until = breaker.open_until
    await clock.sleep(0.5)

    assert (caught.value.retry_after, open_until, breaker.open_until) == (0.5, wall(60), None)


@in_virtual_time
async def test_a_long_rate_limit_is_told_with_its_instant(clock: VirtualClock) -> None:
    log = BreakerLog()
    breaker = make_breaker(clock, events=log.events)
    told = _listen(breaker)
    await clock.sleep(5)

    await feed(breaker, _limited(3_600))

    assert told == [("discogs", wall(3_605))]
    assert log.changes == [("closed", "open", "rate limited")]


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        pytest.param(_limited(5.1), 5.1, id="just long"),
        pytest.param(_limited(86_400), 86_400, id="a day"),
        pytest.param(_limited(None, is_quota=True), 3_600, id="quota without a time"),
        pytest.param(_limited(2, is_quota=True), 2, id="quota renewed soon"),
        pytest.param(OutOfCredit("discogs", "search", 402), 900, id="out of credit"),
        pytest.param(OutOfCredit("discogs", "search", 402, retry_after=3), 3, id="credit at 3 s"),
    ],
)
@in_virtual_time
async def test_a_penalty_is_exact_also_for_a_probe(
    clock: VirtualClock, error: ExternalServiceException, seconds: float
) -> None:
    breaker = await make_tripped(clock)
    told = _listen(breaker)
    await clock.sleep(60)

    await feed(breaker, error)

    assert breaker.open_remaining == pytest.approx(seconds)
    assert told == [("discogs", wall(60 + seconds))]


@in_virtual_time
async def test_being_out_of_credit_is_told_as_such(clock: VirtualClock) -> None:
    log = BreakerLog()
    breaker = make_breaker(clock, events=log.events)

    await feed(breaker, OutOfCredit("discogs", "search", 402))

    assert log.changes == [("closed", "open", "out of credit")]


@pytest.mark.parametrize("error", [DOWN, _limited(5), _limited(None), asyncio.CancelledError()])
@in_virtual_time
async def test_nothing_else_is_told_as_a_penalty(clock: VirtualClock, error: BaseException) -> None:
    breaker = make_breaker(clock, failures=1)
    told = _listen(breaker)

    await feed(breaker, error)
    await clock.sleep(60)
    await feed(breaker, "found")

    assert told == []


@in_virtual_time
async def test_what_counts_as_long_can_be_declared(clock: VirtualClock) -> None:
    breaker = make_breaker(clock, rules=BreakerRules(longest_retry_after=30))
    await feed(breaker, _limited(30))
    before = breaker.state

    await feed(breaker, _limited(30.1))

    assert (before, breaker.state) == ("closed", "open")


@in_virtual_time
async def test_a_penalty_is_lifted_once_by_the_probe_that_closes_the_circuit(
    clock: VirtualClock,
) -> None:
    breaker = make_breaker(clock)
    await feed(breaker, _limited(3_600))
    told = _listen(breaker)
    await clock.sleep(3_600)

    await feed(breaker, "found")
    breaker.close()

    assert told == [("discogs", None)]


@in_virtual_time
async def test_a_penalty_is_lifted_by_hand(clock: VirtualClock) -> None:
    breaker = make_breaker(clock)
    await feed(breaker, _limited(3_600))
    told = _listen(breaker)

    breaker.close()

    assert told == [("discogs", None)]


@in_virtual_time
async def test_a_penalty_holds_without_a_listener(clock: VirtualClock) -> None:
    breaker = make_breaker(clock)
    await feed(breaker, _limited(3_600))
    breaker.close()

    assert breaker.state == "closed"


@pytest.mark.parametrize("seconds", [0.5, 3_600])
@in_virtual_time
async def test_a_restored_penalty_holds_until_its_instant(
    clock: VirtualClock, seconds: float
) -> None:
    log = BreakerLog()
    breaker = make_breaker(clock, events=log.events)

    breaker.restore(wall(seconds))
    await clock.sleep(seconds - 0.1)
    before = await is_refused(breaker)
    await clock.sleep(0.1)

    assert (before, await is_refused(breaker)) == (True, False)
    assert log.changes[0] == ("closed", "open", "restored")


@in_virtual_time
async def test_a_refusal_says_whether_the_upstream_asked_for_it(clock: VirtualClock) -> None:
    limited, restored, failing = (make_breaker(clock, failures=1) for _ in range(3))
    await feed(limited, _limited(3_600))
    restored.restore(wall(60))
    await feed(failing, DOWN)

    kinds = [type(await refusal(each)) for each in (limited, restored, failing)]
    await clock.sleep(3_600)
    await feed(limited, DOWN)  # the probe: from now on it is failing

    assert kinds == [AskedToWait, AskedToWait, CircuitOpen]
    assert type(await refusal(limited)) is CircuitOpen


async def refusal(breaker: UpstreamCircuitBreaker) -> object:
    (result,) = await outcomes(breaker.call_async(Script("found")))
    return result


@pytest.mark.parametrize("seconds", [pytest.param(0, id="now"), pytest.param(-86_400, id="past")])
@in_virtual_time
async def test_a_restored_penalty_that_is_over_changes_nothing(
    clock: VirtualClock, seconds: float
) -> None:
    breaker = make_breaker(clock)

    breaker.restore(wall(seconds))

    assert (breaker.state, breaker.trips) == ("closed", 0)


@in_virtual_time
async def test_an_absurd_restored_penalty_is_cut_to_a_month(clock: VirtualClock) -> None:
    breaker = make_breaker(clock)

    breaker.restore(wall(0) + timedelta(days=3_650))

    assert breaker.open_remaining == 30 * 86_400


@in_virtual_time
async def test_a_restored_penalty_is_told_only_when_it_is_lifted(clock: VirtualClock) -> None:
    breaker = make_breaker(clock)
    told = _listen(breaker)
    breaker.restore(wall(60))
    await clock.sleep(60)

    await feed(breaker, "found")

    assert told == [("discogs", None)]


@pytest.mark.parametrize("hours", [1, -1])
@in_virtual_time
async def test_a_step_of_the_wall_clock_moves_no_restored_penalty(
    clock: VirtualClock, hours: int
) -> None:
    breaker = make_breaker(clock)
    breaker.restore(wall(60))

    clock.step_wall(timedelta(hours=hours))
    await clock.sleep(59.9)
    before = await is_refused(breaker)
    await clock.sleep(0.1)

    assert (before, await is_refused(breaker)) == (True, False)


@pytest.mark.parametrize("hours", [1, -1])
@in_virtual_time
async def test_a_step_of_the_wall_clock_moves_no_window(clock: VirtualClock, hours: int) -> None:
    breaker = make_breaker(clock, failures=1_000)
    await feed(breaker, *[DOWN] * 9)

    clock.step_wall(timedelta(hours=hours))
    await feed(breaker, DOWN)

    assert breaker.state == "open"


def test_the_stock_class_has_the_same_limits_and_tells_failures_apart_alike(
    clock: VirtualClock,
) -> None:
    breaker = make_breaker(clock, failures=7, open_seconds=42)

    limits = (breaker._failure_threshold, breaker._recovery_timeout)
    verdicts = [breaker.is_failure(type(error), error) for error in (DOWN, _limited(1), OSError())]

    assert (limits, verdicts) == ((7, 42), [True, False, False])


@in_virtual_time
async def test_a_block_cannot_be_guarded_and_says_so(clock: VirtualClock) -> None:
    with pytest.raises(TypeError, match=r"^a block cannot .* call_async_generator$"):
        make_breaker(clock).__enter__()


@in_virtual_time
async def test_the_stock_classs_synchronous_call_is_refused(clock: VirtualClock) -> None:
    breaker, call = make_breaker(clock), Script("found")

    with pytest.raises(TypeError, match="call_async"):
        breaker.call(call)

    assert call.calls == 0
