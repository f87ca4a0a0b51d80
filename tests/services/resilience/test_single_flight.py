import asyncio
from contextvars import ContextVar

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


# Flights that are kept


@in_virtual_time
async def test_a_kept_flight_finishes_when_everybody_has_left(clock: VirtualClock) -> None:
    flights, load = SingleFlight(), Script("found", takes=10)

    with flights.join("key", load.__call__) as flight:
        await clock.sleep(1)
        flight.keep()
    await clock.sleep(5)
    still_running = load.running
    await clock.sleep(5)

    assert (still_running, flight.task.result(), len(flights)) == (1, "found", 0)


@in_virtual_time
async def test_a_flight_is_told_apart_by_what_the_leader_started(clock: VirtualClock) -> None:
    flights, first, second = SingleFlight(), Script("found", takes=1), Script("never")

    leader = flights.join("key", first.__call__)
    follower = flights.join("key", second.__call__)
    await clock.sleep(2)

    assert leader is follower
    assert (follower.load, second.calls) == (first.__call__, 0)


@in_virtual_time
async def test_one_of_two_who_leaves_cancels_nothing(clock: VirtualClock) -> None:
    flights, load = SingleFlight(), Script("found", takes=2)

    with flights.join("key", load.__call__) as flight:
        with flights.join("key", load.__call__):
            await clock.sleep(1)
        result = await flight.result()

    assert (result, load.calls) == ("found", 1)


@in_virtual_time
async def test_a_started_flight_needs_nobody(clock: VirtualClock) -> None:
    flights, load = SingleFlight(), Script("found", takes=10)

    is_new = flights.start("key", load.__call__)
    await clock.sleep(10)
    await settle()

    assert (is_new, load.calls, load.running, len(flights)) == (True, 1, 0, 0)


@in_virtual_time
async def test_a_started_flight_survives_those_who_join_and_leave(clock: VirtualClock) -> None:
    flights, load = SingleFlight(), Script("found", takes=10)
    flights.start("key", load.__call__)

    caller = _join(flights, "key", load)
    await clock.sleep(1)
    caller.cancel()
    await outcomes(caller)

    assert (load.running, await _join(flights, "key", load), load.calls) == (1, "found", 1)


@in_virtual_time
async def test_nothing_is_started_while_the_same_is_under_way(clock: VirtualClock) -> None:
    flights, load = SingleFlight(), Script("found", takes=1)
    flights.start("key", load.__call__)

    again, other = flights.start("key", load.__call__), flights.start("other", load.__call__)
    await clock.sleep(1)

    assert (again, other, load.calls) == (False, True, 2)


@in_virtual_time
async def test_a_started_flight_that_fails_disturbs_nobody(clock: VirtualClock) -> None:
    flights, load = SingleFlight(), Script[str](DOWN, takes=1)

    flights.start("key", load.__call__)
    await clock.sleep(2)

    assert (load.calls, len(flights)) == (1, 0)


@in_virtual_time
async def test_ten_thousand_flights_leave_nothing_behind() -> None:
    flights, load = SingleFlight(), Script("found", DOWN, "found")

    await outcomes(*(_join(flights, str(number), load) for number in range(10_000)))

    assert (len(flights), len(asyncio.all_tasks())) == (0, 1)


@in_virtual_time
async def test_a_load_sees_the_leaders_context_and_a_started_one_sees_none() -> None:
    flights = SingleFlight()
    request: ContextVar[str] = ContextVar("request", default="nobody's")
    request.set("the leader's")

    async def load() -> str:
        return request.get()

    led = await flights.run("key", load)
    flights.start("key", load)

    assert (led, await flights.run("key", load)) == ("the leader's", "nobody's")


@in_virtual_time
async def test_closing_cancels_everything_and_waits_for_its_end(clock: VirtualClock) -> None:
    flights, ended = SingleFlight(), list[float]()

    async def slow_to_end() -> None:
        try:
            await clock.pass_time(60)
        finally:
            await clock.pass_time(2)
            ended.append(clock.elapsed)

    flights.start("one", slow_to_end)
    flights.start("two", slow_to_end)
    await settle()
    await flights.aclose()

    assert (ended, len(flights)) == ([2, 2], 0)


@in_virtual_time
async def test_closing_with_nothing_under_way_does_nothing(clock: VirtualClock) -> None:
    await SingleFlight().aclose()

    assert clock.elapsed == 0


@in_virtual_time
async def test_a_flight_names_its_task_after_its_key() -> None:
    flights, load = SingleFlight(), Script("found")

    with flights.join("discogs:search:1:abc", load.__call__) as flight:
        assert flight.task.get_name() == "single-flight discogs:search:1:abc"
