"""Every form of async callable is guarded, also through the decorator."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial

import pytest
from fakes.breakers import DOWN, feed, make_breaker, make_tripped
from fakes.calls import Step, StreamScript
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, outcomes

from services.errors import CircuitOpen, ExternalServiceException, NotFound


async def _function(_argument: str = "") -> str:
    raise DOWN


class _CallableObject:
    async def __call__(self) -> str:
        raise DOWN


async def _generator(first: str, *, second: str = "b") -> AsyncGenerator[str, None]:
    yield first
    yield second


CALLABLES = [
    pytest.param(_function, id="function"),
    pytest.param(lambda: _function(""), id="lambda"),
    pytest.param(partial(_function, ""), id="partial"),
    pytest.param(_CallableObject(), id="callable object"),
    pytest.param(_CallableObject().__call__, id="method"),
]


@pytest.mark.parametrize("call", CALLABLES)
@in_virtual_time
async def test_every_kind_of_callable_is_guarded_by_call_async(
    clock: VirtualClock, call: Callable[[], Awaitable[str]]
) -> None:
    breaker = make_breaker(clock, failures=1)

    await outcomes(breaker.call_async(call))

    assert breaker.state == "open"


@pytest.mark.parametrize("call", CALLABLES)
@in_virtual_time
async def test_every_kind_of_callable_is_guarded_by_the_decorator(
    clock: VirtualClock, call: Callable[[], Awaitable[str]]
) -> None:
    breaker = make_breaker(clock, failures=1)
    guarded = breaker(call)

    results = await outcomes(guarded(), guarded())

    assert (results[0], type(results[1]), breaker.state) == (DOWN, CircuitOpen, "open")


async def _read(stream: AsyncGenerator[str, None]) -> tuple[list[str], Exception | None]:
    items: list[str] = []
    try:
        async with aclosing(stream):
            async for item in stream:
                items.append(item)  # noqa: PERF401  # what came before an error counts
    except ExternalServiceException as error:
        return items, error
    return items, None


@pytest.mark.parametrize(
    "generate",
    [
        pytest.param(_generator, id="function"),
        pytest.param(partial(_generator, second="b"), id="partial"),
    ],
)
@in_virtual_time
async def test_a_decorated_generator_yields_what_it_yields(
    clock: VirtualClock, generate: Callable[[str], AsyncGenerator[str, None]]
) -> None:
    guarded = make_breaker(clock)(generate)

    assert await _read(guarded("a")) == (["a", "b"], None)


@in_virtual_time
async def test_a_decorated_object_that_generates_is_guarded(clock: VirtualClock) -> None:
    breaker = make_breaker(clock, failures=1)
    guarded = breaker(StreamScript([DOWN]))

    results = [await _read(guarded()), await _read(guarded())]

    assert [type(error) for _, error in results] == [type(DOWN), CircuitOpen]


def test_a_decorated_function_keeps_its_name(clock: VirtualClock) -> None:
    assert make_breaker(clock)(_function).__name__ == "_function"


@in_virtual_time
async def test_arguments_reach_a_decorated_call(clock: VirtualClock) -> None:
    async def join(first: str, *, second: str) -> str:
        return first + second

    assert await make_breaker(clock)(join)("a", second="b") == "ab"


@in_virtual_time
async def test_arguments_reach_a_decorated_generator(clock: VirtualClock) -> None:
    stream = make_breaker(clock)(_generator)("1", second="2")

    assert await _read(stream) == (["1", "2"], None)


@in_virtual_time
async def test_arguments_reach_a_generator(clock: VirtualClock) -> None:
    stream = make_breaker(clock).call_async_generator(_generator, "1", second="2")

    assert await _read(stream) == (["1", "2"], None)


@in_virtual_time
async def test_a_generator_is_not_even_made_while_the_circuit_is_open(clock: VirtualClock) -> None:
    breaker, script = await make_tripped(clock), StreamScript(["a"])

    items, error = await _read(breaker.call_async_generator(script.__call__))

    assert (items, type(error), script.opened) == ([], CircuitOpen, 0)


@pytest.mark.parametrize(
    ("steps", "items", "state"),
    [
        pytest.param([DOWN], [], "open", id="before the first item"),
        pytest.param(["a", "b", DOWN], ["a", "b"], "open", id="in mid-stream"),
        pytest.param(["a", NotFound("discogs", "x")], ["a"], "closed", id="neutral in mid-stream"),
    ],
)
@in_virtual_time
async def test_a_generator_that_breaks_counts(
    clock: VirtualClock, steps: list[Step], items: list[str], state: str
) -> None:
    breaker, script = make_breaker(clock, failures=1), StreamScript(steps)

    result = await _read(breaker.call_async_generator(script.__call__))

    assert (result, breaker.state, script.closed) == ((items, steps[-1]), state, 1)


@in_virtual_time
async def test_an_item_of_nothing_does_not_end_a_generator(clock: VirtualClock) -> None:
    async def items() -> AsyncGenerator[str | None, None]:
        yield None
        yield "a"

    stream = make_breaker(clock).call_async_generator(items)

    assert [item async for item in stream] == [None, "a"]


@in_virtual_time
async def test_an_empty_generator_is_a_success(clock: VirtualClock) -> None:
    breaker = make_breaker(clock, failures=2)
    await feed(breaker, DOWN)

    assert await _read(breaker.call_async_generator(StreamScript([]).__call__)) == ([], None)
    assert breaker.failure_count == 0


@in_virtual_time
async def test_the_first_item_of_a_probe_closes_the_circuit_and_a_break_opens_it_again(
    clock: VirtualClock,
) -> None:
    breaker, script = await make_tripped(clock), StreamScript(["a", DOWN])
    await clock.sleep(60)

    async with aclosing(breaker.call_async_generator(script.__call__)) as stream:
        await anext(stream)
        state = breaker.state
        await outcomes(anext(stream))

    assert (state, breaker.state, breaker.trips) == ("closed", "open", 2)


@in_virtual_time
async def test_a_consumer_who_leaves_is_neutral_and_closes_the_generator_at_once(
    clock: VirtualClock,
) -> None:
    breaker, script = make_breaker(clock, failures=2), StreamScript(["a", 60.0, "b"])
    await feed(breaker, DOWN)

    async with aclosing(breaker.call_async_generator(script.__call__)) as stream:
        await anext(stream)
        await feed(breaker, DOWN)

    assert (script.closed, clock.elapsed, breaker.failure_count) == (1, 0, 1)


@in_virtual_time
async def test_a_cancelled_consumer_is_neutral_and_closes_the_generator(
    clock: VirtualClock,
) -> None:
    breaker, script = make_breaker(clock, failures=1), StreamScript(["a", 60.0, "b"])
    task = asyncio.create_task(_read(breaker.call_async_generator(script.__call__)))
    await clock.sleep(5)
    task.cancel()
    await outcomes(task)

    assert (task.cancelled(), script.closed, breaker.state) == (True, 1, "closed")
