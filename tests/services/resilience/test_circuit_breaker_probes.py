"""Half-open: who probes, and what a probe's outcome, absence or delay changes."""

import asyncio

import pytest
from circuitbreaker import CircuitBreaker
from fakes.breakers import (
    DOWN,
    BreakerLog,
    fail_next_probe,
    feed,
    feed_slow,
    in_flight,
    is_refused,
    make_breaker,
    make_tripped,
)
from fakes.calls import Script
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.errors import CircuitOpen
from services.resilience._circuit import Admission
from services.resilience.breaker_rules import BreakerRules
from services.resilience.circuit_breaker import UpstreamCircuitBreaker


@in_virtual_time
async def test_a_herd_at_half_open_sends_one_probe_and_the_stock_class_sends_them_all(
    clock: VirtualClock,
) -> None:
    ours, stock = await make_tripped(clock), CircuitBreaker(failure_threshold=1, name="stock")
    stock._recovery_timeout = 0  # half-open as soon as it opens
    await outcomes(stock(Script[str](DOWN).__call__)())
    await clock.sleep(60)
    through, stampede = Script("found", takes=1), Script("found", takes=1)

    await outcomes(*(ours.call_async(through) for _ in range(100)))
    await outcomes(*(stock(stampede.__call__)() for _ in range(100)))

    assert (through.calls, stampede.calls, stampede.peak) == (1, 100, 100)


@in_virtual_time
async def test_a_dead_upstream_is_asked_once_per_open_time_and_by_the_stock_class_by_everybody(
    clock: VirtualClock,
) -> None:
    ours, stock = make_breaker(clock, failures=5), CircuitBreaker(failure_threshold=5, name="stock")
    stock._recovery_timeout = 0
    counted, stampede = Script[str](DOWN), Script[str](DOWN)
    guarded = stock(stampede.__call__)

    for _ in range(3):
        for _ in range(100):
            await outcomes(ours.call_async(counted), guarded())
        await clock.sleep(ours.open_remaining)

    assert (counted.calls, stampede.calls) == (5 + 2, 300)


@pytest.mark.parametrize("needed", [1, 2, 3])
@in_virtual_time
async def test_so_many_probes_must_succeed_before_the_circuit_closes(
    clock: VirtualClock, needed: int
) -> None:
    breaker = await make_tripped(clock, rules=BreakerRules(probes_needed=needed))
    await clock.sleep(60)
    await feed(breaker, *["found"] * (needed - 1))
    before = breaker.state

    await feed(breaker, "found")

    assert (before, breaker.state) == ("half_open", "closed")


@in_virtual_time
async def test_probes_are_sent_one_after_the_other_also_when_several_are_needed(
    clock: VirtualClock,
) -> None:
    breaker = await make_tripped(clock, rules=BreakerRules(probes_needed=2))
    call = Script("found", takes=1)
    await clock.sleep(60)
    await outcomes(*(breaker.call_async(call) for _ in range(100)))
    after_one = (call.calls, breaker.state)

    await outcomes(*(breaker.call_async(call) for _ in range(100)))

    assert (after_one, call.calls, breaker.state) == ((1, "half_open"), 2, "closed")


@in_virtual_time
async def test_one_failed_probe_forgets_the_successful_ones_before_it(clock: VirtualClock) -> None:
    breaker = await make_tripped(clock, rules=BreakerRules(probes_needed=2))
    await clock.sleep(60)
    await feed(breaker, "found", DOWN)
    opened = (breaker.state, breaker.open_remaining)
    await clock.sleep(120)

    await feed(breaker, "found")

    assert (opened, breaker.state) == (("open", 120), "half_open")


@in_virtual_time
async def test_a_slow_probe_fails(clock: VirtualClock) -> None:
    log = BreakerLog()
    rules = BreakerRules(slow_seconds=2)
    breaker = make_breaker(clock, failures=1, rules=rules, events=log.events)
    await feed(breaker, DOWN)
    await clock.sleep(60)

    await feed_slow(breaker, 2.1)

    assert (breaker.state, breaker.open_remaining) == ("open", 120)
    assert log.changes[-1] == ("half_open", "open", "slow probe")


@in_virtual_time
async def test_a_hung_probe_expires(clock: VirtualClock) -> None:
    breaker = await make_tripped(clock, rules=BreakerRules(probe_seconds=30))
    await clock.sleep(60)
    hung = asyncio.create_task(breaker.call_async(Script("late", takes=1_000)))
    await clock.sleep(29.9)
    before = await is_refused(breaker)
    await clock.sleep(0.1)

    assert (before, await is_refused(breaker), breaker.state) == (True, False, "closed")
    hung.cancel()
    await outcomes(hung)


@pytest.mark.parametrize(
    "late",
    [
        pytest.param("late", id="success"),
        pytest.param(DOWN, id="failure"),
        pytest.param(asyncio.CancelledError(), id="cancelled"),
    ],
)
@in_virtual_time
async def test_what_becomes_of_an_expired_probe_changes_nothing(
    clock: VirtualClock, late: str | BaseException
) -> None:
    breaker = await make_tripped(clock, rules=BreakerRules(probe_seconds=30))
    await clock.sleep(60)
    async with in_flight(breaker, late) as expired:
        await clock.sleep(30)
        async with in_flight(breaker, "second probe"):
            expired.set()
            await settle()

            assert (breaker.state, breaker.opened, breaker.trips) == ("half_open", True, 1)

    assert breaker.state == "closed"


@in_virtual_time
async def test_a_herd_behind_a_hung_probe_sends_one_more(clock: VirtualClock) -> None:
    breaker = await make_tripped(clock, rules=BreakerRules(probe_seconds=30))
    await clock.sleep(60)
    call = Script("found", takes=1)
    async with in_flight(breaker):
        await clock.sleep(30)

        await outcomes(*(breaker.call_async(call) for _ in range(100)))

    assert call.calls == 1


async def _sent_after(
    clock: VirtualClock, breaker: UpstreamCircuitBreaker, wait: float, call: Script[str]
) -> str:
    async def queued(admission: Admission) -> str:
        await clock.sleep(wait)
        breaker.start(admission)
        return await call()

    return await breaker.call_admitted(queued)


@in_virtual_time
async def test_a_probe_expires_so_long_after_it_was_sent_not_after_it_was_admitted(
    clock: VirtualClock,
) -> None:
    breaker = await make_tripped(clock, rules=BreakerRules(probe_seconds=30))
    await clock.sleep(60)
    probe = asyncio.create_task(_sent_after(clock, breaker, 20, Script("late", takes=100)))
    await clock.sleep(49.9)
    before = await is_refused(breaker)
    await clock.sleep(0.1)

    assert (before, await is_refused(breaker)) == (True, False)
    probe.cancel()
    await outcomes(probe)


@in_virtual_time
async def test_a_probe_that_expired_before_it_was_sent_is_not_sent_beside_the_next_one(
    clock: VirtualClock,
) -> None:
    breaker = await make_tripped(clock, rules=BreakerRules(probe_seconds=30))
    await clock.sleep(60)
    call = Script("found")
    waiting = asyncio.create_task(_sent_after(clock, breaker, 40, call))
    await clock.sleep(30)
    async with in_flight(breaker):
        await clock.sleep(10)
        (result,) = await outcomes(waiting)

    assert (type(result), call.calls) == (CircuitOpen, 0)


@in_virtual_time
async def test_calls_that_waited_from_before_the_opening_do_not_become_a_herd_at_half_open(
    clock: VirtualClock,
) -> None:
    breaker, call = make_breaker(clock, failures=1), Script("found", takes=1)
    waiting = [asyncio.create_task(_sent_after(clock, breaker, 70, call)) for _ in range(100)]
    await settle()
    await feed(breaker, DOWN)

    results = await outcomes(*waiting)

    assert (call.calls, results.count("found"), breaker.state) == (1, 1, "closed")


@in_virtual_time
async def test_a_call_that_waited_through_an_outage_counts_again(clock: VirtualClock) -> None:
    breaker = make_breaker(clock, failures=1)
    waiting = asyncio.create_task(_sent_after(clock, breaker, 70, Script[str](DOWN)))
    await settle()
    await feed(breaker, DOWN)
    await clock.sleep(60)
    await feed(breaker, "found")
    await outcomes(waiting)

    assert (breaker.state, breaker.trips) == ("open", 2)


@in_virtual_time
async def test_a_call_that_waited_while_the_circuit_opened_is_refused(clock: VirtualClock) -> None:
    breaker, call = make_breaker(clock, failures=1), Script("found")
    waiting = asyncio.create_task(_sent_after(clock, breaker, 10, call))
    await settle()
    await feed(breaker, DOWN)

    (result,) = await outcomes(waiting)

    assert isinstance(result, CircuitOpen)
    assert (result.retry_after, call.calls) == (50, 0)


@in_virtual_time
async def test_listeners_learn_of_every_change_once(clock: VirtualClock) -> None:
    log = BreakerLog()
    breaker = make_breaker(clock, failures=1, events=log.events)
    await feed(breaker, DOWN)
    await fail_next_probe(clock, breaker)
    await clock.sleep(120)

    # A cancelled probe gives its place back: still half-open, no further event.
    await feed(breaker, asyncio.CancelledError(), "found")

    assert log.changes == [
        ("closed", "open", "failures in a row"),
        ("open", "half_open", "open time over"),
        ("half_open", "open", "failed probe"),
        ("open", "half_open", "open time over"),
        ("half_open", "closed", "probe succeeded"),
    ]
    assert [event.open_seconds for event in log.seen] == [60, 0, 120, 0, 0]
    assert {(event.upstream, event.operation) for event in log.seen} == {("discogs", "")}


@in_virtual_time
async def test_a_refusal_behind_a_probe_names_no_time(clock: VirtualClock) -> None:
    breaker = await make_tripped(clock)
    await clock.sleep(60)
    async with in_flight(breaker):
        with pytest.raises(CircuitOpen) as caught:
            await breaker.call_async(Script("found"))

    assert caught.value.retry_after is None
    assert str(caught.value) == "discogs.call: a probe is under way"


@in_virtual_time
async def test_every_change_is_one_warning(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    breaker = await make_tripped(clock)
    await clock.sleep(60)
    await feed(breaker, "found", "found")

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "discogs: circuit open for 60 s (failures in a row)"),
        ("WARNING", "discogs: circuit half_open (open time over)"),
        ("WARNING", "discogs: circuit closed (probe succeeded)"),
    ]
