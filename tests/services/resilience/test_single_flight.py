import asyncio

import pytest
from fakes.calls import Script
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.errors import UpstreamServerError
from services.resilience.single_flight import SingleFlight

DOWN = UpstreamServerError("discogs", "search", 503)


def _join(flights: SingleFlight, key: str, load: Script[str]) -> asyncio.Task[str]:
    return asyncio.create_task(flights.run(key, load.__call__))


@in_virtual_time
async def test_a_hundred_identical_calls_send_one() -> None:
    flights, load = SingleFlight(), Script("found", takes=1)

    results = await outcomes(*(_join(flights, "key", load) for _ in range(100)))

    assert (load.calls, results) == (1, ["found"] * 100)


@in_virtual_time
async def test_different_calls_are_sent_apart() -> None:
    flights, load = SingleFlight(), Script("found", takes=1)

    await outcomes(*(_join(flights, str(number), load) for number in range(10)))

    assert (load.calls, load.peak) == (10, 10)


@in_virtual_time
async def test_a_call_after_the_flight_has_ended_is_sent_again() -> None:
    flights, load = SingleFlight(), Script("first", "second")

    assert [await _join(flights, "key", load) for _ in range(2)] == ["first", "second"]


@in_virtual_time
async def test_when_the_leader_leaves_the_others_are_served(clock: VirtualClock) -> None:
    flights, load = SingleFlight(), Script("found", takes=1)
    leader, *others = [_join(flights, "key", load) for _ in range(100)]
    await clock.sleep(0.5)
    leader.cancel()

    assert await outcomes(*others) == ["found"] * 99
    assert (leader.cancelled(), load.calls, clock.elapsed) == (True, 1, 1)


@in_virtual_time
async def test_when_everybody_leaves_the_load_is_cancelled(clock: VirtualClock) -> None:
    flights, load = SingleFlight(), Script("found", takes=10)
    callers = [_join(flights, "key", load) for _ in range(5)]
    await clock.sleep(1)
    for caller in callers:
        caller.cancel()
    await outcomes(*callers)
    await settle()

    assert (load.running, len(asyncio.all_tasks())) == (0, 1)


@in_virtual_time
async def test_whoever_comes_after_everybody_left_starts_anew(clock: VirtualClock) -> None:
    flights, load = SingleFlight(), Script("abandoned", "found", takes=10)
    leaver = _join(flights, "key", load)
    await clock.sleep(1)
    leaver.cancel()
    await outcomes(leaver)

    assert await _join(flights, "key", load) == "found"


@in_virtual_time
async def test_a_failure_reaches_everybody() -> None:
    flights, load = SingleFlight(), Script[str](DOWN, takes=1)

    results = await outcomes(*(_join(flights, "key", load) for _ in range(10)))

    assert (load.calls, results) == (1, [DOWN] * 10)


@in_virtual_time
async def test_a_failure_is_not_kept() -> None:
    flights, load = SingleFlight(), Script(DOWN, "found")

    with pytest.raises(UpstreamServerError):
        await flights.run("key", load.__call__)

    assert await flights.run("key", load.__call__) == "found"


@in_virtual_time
async def test_the_end_of_an_older_flight_does_not_forget_a_newer_one(clock: VirtualClock) -> None:
    flights, newer = SingleFlight(), Script("newer", takes=5)

    async def slow_to_leave() -> str:
        try:
            await clock.pass_time(60)
        finally:
            await clock.pass_time(2)
        return "older"

    older = asyncio.create_task(flights.run("key", slow_to_leave))
    await settle()
    older.cancel()
    await settle()
    first = _join(flights, "key", newer)
    await clock.pass_time(3)

    assert await outcomes(first, _join(flights, "key", newer)) == ["newer", "newer"]
    assert newer.calls == 1


@in_virtual_time
async def test_a_load_that_fails_after_everybody_left_disturbs_nobody(clock: VirtualClock) -> None:
    flights = SingleFlight()

    async def fails_on_leaving() -> str:
        try:
            await clock.pass_time(60)
        finally:
            raise DOWN

    caller = asyncio.create_task(flights.run("key", fails_on_leaving))
    await settle()
    caller.cancel()

    with pytest.raises(asyncio.CancelledError):
        await caller
