"""``Policy.stream``; the calls are in ``test_policy.py``."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest
from fakes.calls import Step, StreamScript
from fakes.chance import FixedChance
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.errors import (
    BulkheadFull,
    CircuitOpen,
    ExternalServiceException,
    InvalidResponse,
    NotFound,
    UpstreamServerError,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from services.resilience.config import PolicyConfig, StreamLimits
from services.resilience.policy import Policy
from services.resilience.retry import Backoff

DOWN = UpstreamServerError("euria", "write", 503)
LOST = UpstreamUnreachable("euria", "write")
LIMITS = StreamLimits(first=30, idle=30, whole=120)


def _policy(
    clock: VirtualClock,
    *,
    attempts: int = 3,
    concurrency: int = 4,
    queue: int = 16,
    breaker_failures: int = 100,
) -> Policy:
    config = PolicyConfig(
        upstream="euria",
        deadline=45,
        attempt_timeout=45,
        concurrency=concurrency,
        queue=queue,
        backoff=Backoff(attempts=attempts, floor=2, base=2, cap=15, longest_retry_after=5),
        breaker_failures=breaker_failures,
        breaker_open=30,
    )
    return Policy(config, clock=clock, chance=FixedChance(0.0))


async def _read(
    policy: Policy, script: StreamScript, limits: StreamLimits = LIMITS
) -> tuple[list[str], ExternalServiceException | None]:
    """Return what a stream yielded until its end, and the error it ended with."""
    items: list[str] = []
    try:
        async with aclosing(policy.stream("write", script.__call__, limits)) as stream:
            async for item in stream:
                items.append(item)  # noqa: PERF401  # what came before an error counts
    except ExternalServiceException as error:
        return items, error
    return items, None


async def _read_steps(
    clock: VirtualClock, *steps: Step
) -> tuple[list[str], ExternalServiceException | None]:
    return await _read(_policy(clock), StreamScript(steps))


@in_virtual_time
async def test_every_item_is_yielded_in_order(clock: VirtualClock) -> None:
    assert await _read_steps(clock, "a", 1.0, "b", "c") == (["a", "b", "c"], None)


@in_virtual_time
async def test_items_are_yielded_as_they_come(clock: VirtualClock) -> None:
    script = StreamScript([1.0, "a", 1.0, "b"])

    async with aclosing(_policy(clock).stream("write", script.__call__, LIMITS)) as stream:
        times = [(item, clock.elapsed) async for item in stream]

    assert times == [("a", 1), ("b", 2)]


@in_virtual_time
async def test_a_stream_without_items_is_empty(clock: VirtualClock) -> None:
    script = StreamScript([1.0])

    assert await _read(_policy(clock), script) == ([], None)
    assert (script.opened, script.closed) == (1, 1)


@in_virtual_time
async def test_a_failure_before_the_first_item_is_retried(clock: VirtualClock) -> None:
    script = StreamScript([DOWN], [DOWN], ["a", "b"])

    assert await _read(_policy(clock), script) == (["a", "b"], None)
    assert (script.opened, script.closed, clock.sleeps) == (3, 3, [2, 2])


@in_virtual_time
async def test_attempts_are_counted_exactly(clock: VirtualClock) -> None:
    script = StreamScript([DOWN])

    assert await _read(_policy(clock, attempts=3), script) == ([], DOWN)
    assert script.opened == 3


@in_virtual_time
async def test_a_failure_after_the_first_item_is_never_retried(clock: VirtualClock) -> None:
    script = StreamScript(["a", LOST], ["a", "b"])

    assert await _read(_policy(clock), script) == (["a"], LOST)
    assert (script.opened, script.closed) == (1, 1)


@in_virtual_time
async def test_what_is_not_worth_repeating_is_not_repeated(clock: VirtualClock) -> None:
    refused = NotFound("euria", "write", 404)
    script = StreamScript([refused])

    assert await _read(_policy(clock), script) == ([], refused)
    assert script.opened == 1


@in_virtual_time
async def test_a_first_item_that_does_not_come_is_a_timeout(clock: VirtualClock) -> None:
    script = StreamScript([60.0, "late"])

    items, error = await _read(_policy(clock), script)

    assert (items, type(error), clock.elapsed) == ([], UpstreamTimeout, 30)
    assert str(error) == "euria.write: the stream fell silent"
    assert (script.opened, script.closed) == (1, 1)


@in_virtual_time
async def test_one_limit_for_the_first_item_spans_all_attempts(clock: VirtualClock) -> None:
    script = StreamScript([20.0, DOWN], [60.0, "late"])

    _, error = await _read(_policy(clock), script)

    assert (type(error), clock.elapsed, script.opened) == (UpstreamTimeout, 30, 2)


@in_virtual_time
async def test_no_attempt_starts_after_the_limit_for_the_first_item(clock: VirtualClock) -> None:
    script = StreamScript([29.0, DOWN], ["late"])

    assert await _read(_policy(clock), script) == ([], DOWN)
    assert (clock.elapsed, script.opened) == (29, 1)


@in_virtual_time
async def test_a_silence_between_items_is_a_timeout(clock: VirtualClock) -> None:
    items, error = await _read_steps(clock, 5.0, "a", 30.1, "late")

    assert (items, type(error), clock.elapsed) == (["a"], UpstreamTimeout, 35)
    assert str(error) == "euria.write: the stream fell silent"


@in_virtual_time
async def test_silences_within_the_limit_are_fine(clock: VirtualClock) -> None:
    assert await _read_steps(clock, 29.0, "a", 29.0, "b", 29.0, "c") == (["a", "b", "c"], None)


@in_virtual_time
async def test_a_stream_ends_at_the_limit_for_the_whole(clock: VirtualClock) -> None:
    steps: Sequence[Step] = [10.0, "item"] * 20

    items, error = await _read(_policy(clock), StreamScript(steps))

    assert (len(items), type(error)) == (11, UpstreamTimeout)
    assert clock.elapsed == pytest.approx(120, abs=0.05)


@in_virtual_time
async def test_streams_that_do_not_start_open_the_circuit(clock: VirtualClock) -> None:
    policy, script = _policy(clock, breaker_failures=3), StreamScript([DOWN])
    await _read(policy, script)

    _, error = await _read(policy, script)

    assert (type(error), script.opened) == (CircuitOpen, 3)


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(["a", LOST], id="connection lost"),
        pytest.param(["a", InvalidResponse("euria", "write")], id="ended early"),
        pytest.param(["a", 60.0], id="fell silent"),
    ],
)
@in_virtual_time
async def test_a_stream_that_breaks_counts_against_the_upstream(
    clock: VirtualClock, steps: list[Step]
) -> None:
    policy = _policy(clock, breaker_failures=1)

    await _read(policy, StreamScript(steps))

    assert policy.breaker.state == "open"


@in_virtual_time
async def test_a_first_item_closes_a_half_open_circuit(clock: VirtualClock) -> None:
    policy = _policy(clock, breaker_failures=1, attempts=1)
    await _read(policy, StreamScript([DOWN]))
    await clock.sleep(30)

    await _read(policy, StreamScript(["a"]))

    assert policy.breaker.state == "closed"


@in_virtual_time
async def test_a_consumer_who_leaves_closes_the_producer_at_once(clock: VirtualClock) -> None:
    policy, script = _policy(clock, breaker_failures=1), StreamScript(["a", 60.0, "b"])

    async with aclosing(policy.stream("write", script.__call__, LIMITS)) as stream:
        await anext(stream)

    assert (script.closed, clock.elapsed, policy.breaker.state) == (1, 0, "closed")


@in_virtual_time
async def test_a_cancelled_consumer_closes_the_producer(clock: VirtualClock) -> None:
    policy, script = _policy(clock, breaker_failures=1), StreamScript(["a", 60.0, "b"])
    task = asyncio.create_task(_read(policy, script))
    await clock.sleep(5)
    task.cancel()
    await outcomes(task)

    assert (task.cancelled(), script.closed, policy.breaker.state) == (True, 1, "closed")


@in_virtual_time
async def test_a_consumer_who_leaves_before_the_first_item_closes_the_producer(
    clock: VirtualClock,
) -> None:
    policy, script = _policy(clock, breaker_failures=1), StreamScript([10.0, "a"])
    task = asyncio.create_task(_read(policy, script))
    await clock.sleep(5)
    task.cancel()
    await outcomes(task)

    assert (script.opened, script.closed, policy.breaker.state) == (1, 1, "closed")


@in_virtual_time
async def test_a_stream_holds_its_slot_for_its_whole_life(clock: VirtualClock) -> None:
    policy = _policy(clock, concurrency=1)
    first, second = StreamScript(["a", 10.0, "b"]), StreamScript(["c"])
    tasks = [asyncio.create_task(_read(policy, script)) for script in (first, second)]
    await clock.sleep(9)

    assert (second.opened, policy.bulkhead.waiting) == (0, 1)
    assert await outcomes(*tasks) == [(["a", "b"], None), (["c"], None)]


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(["a"], id="ended"),
        pytest.param(["a", LOST], id="broken"),
        pytest.param([DOWN], id="never started"),
        pytest.param([60.0], id="timed out"),
    ],
)
@in_virtual_time
async def test_a_stream_frees_its_slot_however_it_ends(
    clock: VirtualClock, steps: list[Step]
) -> None:
    policy = _policy(clock, concurrency=1, queue=0)
    await _read(policy, StreamScript(steps))

    assert await _read(policy, StreamScript(["next"])) == (["next"], None)


@in_virtual_time
async def test_a_stream_closed_early_frees_its_slot(clock: VirtualClock) -> None:
    policy = _policy(clock, concurrency=1, queue=0)
    script = StreamScript(["a", 60.0])
    async with aclosing(policy.stream("write", script.__call__, LIMITS)) as stream:
        await anext(stream)

    assert await _read(policy, StreamScript(["next"])) == (["next"], None)


@in_virtual_time
async def test_a_full_bulkhead_sheds_a_stream_at_once(clock: VirtualClock) -> None:
    policy = _policy(clock, concurrency=1, queue=0)
    running = asyncio.create_task(_read(policy, StreamScript([10.0, "a"])))
    await settle()

    _, error = await _read(policy, StreamScript(["b"]))

    assert (type(error), clock.elapsed) == (BulkheadFull, 0)
    await running


@in_virtual_time
async def test_waiting_for_a_slot_is_not_part_of_the_limits(clock: VirtualClock) -> None:
    policy = _policy(clock, concurrency=1)
    first = asyncio.create_task(_read(policy, StreamScript([25.0, "a", 25.0, "b"])))
    await settle()

    assert await _read(policy, StreamScript([25.0, "c"])) == (["c"], None)
    await first


@in_virtual_time
async def test_a_stream_that_began_before_the_circuit_opened_changes_nothing_by_breaking(
    clock: VirtualClock,
) -> None:
    policy = _policy(clock, breaker_failures=1, attempts=1)
    older = asyncio.create_task(_read(policy, StreamScript([5.0, "a", 10.0, LOST])))
    await settle()
    await _read(policy, StreamScript([DOWN]))

    assert await older == (["a"], LOST)
    assert (policy.breaker.open_remaining, policy.breaker.trips) == (15, 1)


@in_virtual_time
async def test_a_probe_that_breaks_after_its_first_item_counts(clock: VirtualClock) -> None:
    policy = _policy(clock, breaker_failures=1, attempts=1)
    await _read(policy, StreamScript([DOWN]))
    await clock.sleep(30)

    await _read(policy, StreamScript(["a", LOST]))

    assert (policy.breaker.state, policy.breaker.trips) == ("open", 2)
