"""Behaviour 36: stale answers for errors, negative entries and the cool-down."""

import pytest
from fakes.calls import Script
from fakes.clock import VirtualClock, wall
from fakes.keyed_calls import CODEC, DOWN, GONE, STALE_NAME, failure, keyed_call, keyed_policy
from fakes.stores import MemoryStore
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.answers import Answer, Source
from services.errors import (
    AccessDenied,
    ExternalServiceException,
    InvalidRequest,
    InvalidResponse,
    NotFound,
    RateLimitExceeded,
    UpstreamServerError,
)


@pytest.mark.parametrize(("age", "is_served"), [(3_600, True), (3_600.1, False)])
@in_virtual_time
async def test_a_stale_answer_stands_in_for_an_error_up_to_its_limit(
    clock: VirtualClock, age: float, *, is_served: bool
) -> None:
    policy, send = keyed_policy(clock), Script("old", DOWN)
    call = keyed_call(send, stale=3_600)
    await policy.call(call)
    await clock.sleep(age)

    (result,) = await outcomes(policy.call(call))

    expected = Answer(
        value="old", source=Source.STALE, as_of=wall(0), error=DOWN, tried=(STALE_NAME,)
    )
    assert result == (expected if is_served else DOWN)


@pytest.mark.parametrize(("age", "calls"), [(59.9, 1), (60, 2)])
@in_virtual_time
async def test_a_not_found_is_remembered_and_raised_again_as_an_equal_error(
    clock: VirtualClock, age: float, calls: int
) -> None:
    policy, send = keyed_policy(clock, negative_seconds=60), Script[str](GONE)
    await failure(policy, keyed_call(send))
    await clock.sleep(age)

    error = await failure(policy, keyed_call(send))

    assert (type(error), vars(error), send.calls) == (NotFound, vars(GONE), calls)


@in_virtual_time
async def test_what_is_gone_does_not_come_back_as_a_stale_answer(
    clock: VirtualClock, store: MemoryStore
) -> None:
    policy, send = keyed_policy(clock, store=store), Script[object]("found", GONE, DOWN)
    call = keyed_call(send, codec=CODEC)
    await policy.call(call)
    await clock.sleep(100)
    await failure(policy, call)
    await settle()

    assert await failure(policy, call) is DOWN
    assert store.entries == {}


@in_virtual_time
async def test_what_is_gone_is_not_looked_for_in_the_store_without_a_codec(
    clock: VirtualClock, store: MemoryStore
) -> None:
    await failure(keyed_policy(clock, store=store), keyed_call(Script[object](GONE)))
    await settle()

    assert store.asked == []


@pytest.mark.parametrize(
    "error",
    [DOWN, InvalidResponse("discogs", "search"), RateLimitExceeded("discogs", "search")],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize(("age", "calls"), [(4.9, 1), (5, 2)])
@in_virtual_time
async def test_a_key_that_failed_is_left_alone_during_the_cool_down(
    clock: VirtualClock, error: ExternalServiceException, age: float, calls: int
) -> None:
    policy, send = keyed_policy(clock, cooldown_seconds=5), Script[str](error)
    await failure(policy, keyed_call(send))
    await clock.sleep(age)

    repeated = await outcomes(*(policy.call(keyed_call(send)) for _ in range(100)))

    assert {type(result) for result in repeated} == {type(error)}
    assert send.calls == calls


@pytest.mark.parametrize(
    "error",
    [InvalidRequest("discogs", "search", 400), AccessDenied("discogs", "search", 403)],
    ids=lambda error: type(error).__name__,
)
@in_virtual_time
async def test_an_error_that_is_about_the_call_is_not_remembered(
    clock: VirtualClock, error: ExternalServiceException
) -> None:
    policy = keyed_policy(clock, cooldown_seconds=5, negative_seconds=60)
    send = Script(error, "found")
    await failure(policy, keyed_call(send))

    assert (await policy.call(keyed_call(send))).source is Source.LIVE


@in_virtual_time
async def test_during_the_cool_down_the_stale_answer_is_served_at_once(
    clock: VirtualClock,
) -> None:
    policy, send = keyed_policy(clock, cooldown_seconds=5), Script("old", DOWN, takes=1)
    await policy.call(keyed_call(send))
    await clock.sleep(100)
    await policy.call(keyed_call(send))
    before = clock.elapsed

    answer = await policy.call(keyed_call(send))

    assert (answer.value, answer.source, type(answer.error)) == (
        "old",
        Source.STALE,
        UpstreamServerError,
    )
    assert (clock.elapsed - before, send.calls) == (0, 2)


@in_virtual_time
async def test_other_keys_do_not_cool_down_with_one(clock: VirtualClock) -> None:
    policy = keyed_policy(clock, cooldown_seconds=5)
    await failure(policy, keyed_call(Script[str](DOWN), key="one"))

    assert (await policy.call(keyed_call(Script("found"), key="two"))).value == "found"
