"""A stale answer is better than a longer wait."""

import asyncio

import pytest
from fakes.calls import Script
from fakes.clock import VirtualClock, wall
from fakes.keyed_calls import (
    CODEC,
    DOWN,
    STALE_NAME,
    keyed_call,
    keyed_policy,
    start_a_session,
)
from fakes.stores import MemoryStore
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.answers import Answer, Source


@pytest.mark.parametrize(("takes", "value"), [(2.9, "new"), (3.1, "old")])
@in_virtual_time
async def test_after_three_seconds_a_stale_answer_is_better_than_waiting(
    clock: VirtualClock, takes: float, value: str
) -> None:
    policy = keyed_policy(clock)
    await policy.call(keyed_call(Script("old")))
    await clock.sleep(100)
    before = clock.elapsed

    answer = await policy.call(keyed_call(Script("new", takes=takes), patience=3))

    assert answer.value == value
    assert clock.elapsed - before == pytest.approx(min(takes, 3))


@in_virtual_time
async def test_an_answer_for_the_impatient_is_stale_without_an_error(clock: VirtualClock) -> None:
    policy = keyed_policy(clock)
    await policy.call(keyed_call(Script("old")))
    await clock.sleep(100)

    answer = await policy.call(keyed_call(Script("new", takes=10), patience=3))

    assert answer == Answer(
        value="old", source=Source.STALE, as_of=wall(0), retry_at=None, tried=(STALE_NAME,)
    )


@in_virtual_time
async def test_the_load_that_was_too_slow_still_fills_the_cache(clock: VirtualClock) -> None:
    policy, slow = keyed_policy(clock), Script("new", takes=10)
    await policy.call(keyed_call(Script("old")))
    await clock.sleep(100)
    await outcomes(*(policy.call(keyed_call(slow, patience=3)) for _ in range(100)))
    await clock.sleep(7)
    await settle()

    answer = await policy.call(keyed_call(slow, patience=3))

    assert answer == Answer(value="new", source=Source.CACHED, as_of=wall(110))
    assert slow.calls == 1


@in_virtual_time
async def test_who_joins_a_slow_load_waits_three_seconds_of_his_own(clock: VirtualClock) -> None:
    policy, slow = keyed_policy(clock), Script("new", takes=10)
    await policy.call(keyed_call(Script("old")))
    await clock.sleep(100)

    async def ask_after(seconds: float) -> float:
        await clock.pass_time(seconds)
        await policy.call(keyed_call(slow, patience=3))
        return clock.elapsed

    assert await outcomes(ask_after(0), ask_after(2), ask_after(8)) == [103, 105, 110]


@in_virtual_time
async def test_patience_has_no_end_when_nothing_is_kept(clock: VirtualClock) -> None:
    answer = await keyed_policy(clock).call(keyed_call(Script("found", takes=10), patience=3))

    assert answer == Answer(value="found", source=Source.LIVE, as_of=wall(10))


@in_virtual_time
async def test_patience_has_no_end_when_what_is_kept_is_too_old(clock: VirtualClock) -> None:
    policy = keyed_policy(clock)
    await policy.call(keyed_call(Script("old")))
    await clock.sleep(3_600.1)

    assert (await policy.call(keyed_call(Script("new", takes=10), patience=3))).value == "new"


@in_virtual_time
async def test_without_patience_nobody_is_given_a_stale_answer_early(clock: VirtualClock) -> None:
    policy = keyed_policy(clock)
    await policy.call(keyed_call(Script("old")))
    await clock.sleep(100)

    assert (await policy.call(keyed_call(Script("new", takes=10)))).value == "new"


@in_virtual_time
async def test_an_upstream_without_a_stale_fallback_takes_all_patience(
    clock: VirtualClock,
) -> None:
    policy = keyed_policy(clock, stale_name=None)
    await policy.call(keyed_call(Script("old")))
    await clock.sleep(100)

    assert (await policy.call(keyed_call(Script("new", takes=10), patience=3))).value == "new"


@in_virtual_time
async def test_after_a_restart_the_impatient_are_served_from_level_2(
    clock: VirtualClock, store: MemoryStore
) -> None:
    await start_a_session(clock, store)
    await clock.sleep(100)
    slow = Script[object]("new", takes=10)

    answer = await keyed_policy(clock, store=store).call(keyed_call(slow, codec=CODEC, patience=3))

    assert (answer.value, answer.as_of, clock.elapsed) == ("found", wall(0), 103)


@in_virtual_time
async def test_a_patient_caller_who_leaves_alone_cancels_the_load(clock: VirtualClock) -> None:
    policy, slow = keyed_policy(clock), Script("new", takes=10)
    await policy.call(keyed_call(Script("old")))
    await clock.sleep(100)
    caller = asyncio.create_task(policy.call(keyed_call(slow, patience=3)))
    await clock.sleep(2)
    caller.cancel()
    await outcomes(caller)
    await settle()

    assert (slow.calls, slow.running) == (1, 0)


@in_virtual_time
async def test_a_failure_within_the_patience_falls_back_at_once(clock: VirtualClock) -> None:
    policy = keyed_policy(clock)
    await policy.call(keyed_call(Script("old")))
    await clock.sleep(100)

    answer = await policy.call(keyed_call(Script[str](DOWN, takes=1), patience=3))

    assert (answer.error, clock.elapsed) == (DOWN, 101)


@in_virtual_time
async def test_a_slow_load_that_fails_after_all_disturbs_nobody(clock: VirtualClock) -> None:
    policy, slow = keyed_policy(clock), Script[str](DOWN, takes=10)
    await policy.call(keyed_call(Script("old")))
    await clock.sleep(100)
    await policy.call(keyed_call(slow, patience=3))
    await clock.sleep(7)
    await settle()

    assert (slow.calls, slow.running) == (1, 0)
