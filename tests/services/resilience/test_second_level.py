"""Behaviours 41 and 42, and restarts: a policy in front of a store."""

from datetime import timedelta

import pytest
from fakes.calls import Script
from fakes.clock import VirtualClock, wall
from fakes.keyed_calls import (
    CODEC,
    DOWN,
    STALE_NAME,
    failure,
    keyed_call,
    keyed_policy,
    start_a_session,
)
from fakes.stores import MemoryStore
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.answers import Answer, Source
from services.resilience.cache_store import StoredEntry
from services.resilience.codec import Codec

# Behaviour 41: entries that cannot be read


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"garbage", id="corrupt"),
        pytest.param(Codec(str).encode("found")[:-2], id="cut short"),
        pytest.param(Codec(str, version=2).encode("found"), id="another version"),
        pytest.param(Codec(int).encode(1), id="another type"),
    ],
)
@in_virtual_time
async def test_an_unreadable_entry_of_level_2_is_a_miss_and_is_replaced(
    clock: VirtualClock, store: MemoryStore, data: bytes
) -> None:
    codec = Codec(str)
    store.entries["key"] = StoredEntry(data, wall(0))

    answer = await keyed_policy(clock, store=store).call(keyed_call(Script("new"), codec=codec))
    await settle()

    assert (answer.value, answer.source) == ("new", Source.LIVE)
    assert store.entries["key"].data == codec.encode("new")


# Behaviour 42: a slow level 2


@in_virtual_time
async def test_a_level_2_that_takes_5_s_does_not_slow_hits(
    clock: VirtualClock, store: MemoryStore
) -> None:
    policy, call = (
        keyed_policy(clock, store=store),
        keyed_call(Script[object]("found"), codec=CODEC),
    )
    await policy.call(call)
    await settle()
    store.takes = 5
    before = clock.elapsed

    answers = [await policy.call(call) for _ in range(1_000)]

    assert {answer.source for answer in answers} == {Source.CACHED}
    assert clock.elapsed == before


@in_virtual_time
async def test_a_level_2_that_takes_5_s_slows_one_miss_by_a_quarter_of_a_second(
    clock: VirtualClock, store: MemoryStore
) -> None:
    store.takes = 5
    policy = keyed_policy(clock, store=store)

    first = await policy.call(keyed_call(Script[object]("found"), key="one", codec=CODEC))
    first_at = clock.elapsed
    second = await policy.call(keyed_call(Script[object]("found"), key="two", codec=CODEC))

    assert (first.source, second.source) == (Source.LIVE, Source.LIVE)
    assert (first_at, clock.elapsed) == (0.25, 0.25)


@in_virtual_time
async def test_an_answer_does_not_wait_for_being_stored(
    clock: VirtualClock, store: MemoryStore
) -> None:
    store.takes = 0.125
    await keyed_policy(clock, store=store).call(keyed_call(Script[object]("found"), codec=CODEC))

    assert (store.entries, clock.elapsed) == ({}, 0.125)


@in_virtual_time
async def test_closing_the_policy_stores_what_is_still_to_be_stored(
    clock: VirtualClock, store: MemoryStore
) -> None:
    store.takes = 0.125
    policy = keyed_policy(clock, store=store)
    await policy.call(keyed_call(Script[object]("found"), codec=CODEC))

    await policy.aclose()

    assert (list(store.entries), clock.elapsed) == (["key"], 0.25)


@in_virtual_time
async def test_a_level_2_that_fails_costs_nobody_an_answer(
    clock: VirtualClock, store: MemoryStore
) -> None:
    store.error = RuntimeError("the database is gone")
    policy, send = keyed_policy(clock, store=store), Script[object]("found")

    answers = [await policy.call(keyed_call(send, codec=CODEC)) for _ in range(2)]

    assert [answer.source for answer in answers] == [Source.LIVE, Source.CACHED]


# Level 2


@in_virtual_time
async def test_only_calls_with_a_codec_use_level_2(clock: VirtualClock, store: MemoryStore) -> None:
    await keyed_policy(clock, store=store).call(keyed_call(Script("found")))
    await settle()

    assert store.asked == []


@in_virtual_time
async def test_an_entry_is_stored_until_it_is_of_no_more_use(
    clock: VirtualClock, store: MemoryStore
) -> None:
    policy = keyed_policy(clock, store=store)
    for key, fresh, swr, stale in (("f", 9, 1, 1), ("r", 1, 9, 1), ("s", 1, 1, 9)):
        send = Script[object]("found")
        await policy.call(keyed_call(send, key=key, codec=CODEC, fresh=fresh, swr=swr, stale=stale))
    await settle()

    assert store.kept_until == dict.fromkeys("frs", wall(9))


@in_virtual_time
async def test_level_2_is_not_asked_while_level_1_has_an_entry_of_any_age(
    clock: VirtualClock, store: MemoryStore
) -> None:
    policy, send = keyed_policy(clock, store=store), Script[object]("old", "new")
    await policy.call(keyed_call(send, codec=CODEC))
    await clock.sleep(100)

    await policy.call(keyed_call(send, codec=CODEC))
    await settle()

    assert store.asked == ["get key", "set key", "set key"]


@in_virtual_time
async def test_what_level_1_had_to_drop_comes_back_from_level_2(
    clock: VirtualClock, store: MemoryStore
) -> None:
    policy, send = keyed_policy(clock, store=store, cache_entries=1), Script[object]("found")
    await policy.call(keyed_call(send, key="a", codec=CODEC))
    await policy.call(keyed_call(Script[object]("other"), key="b", codec=CODEC))
    await clock.sleep(10)

    answer = await policy.call(keyed_call(send, key="a", codec=CODEC))

    assert (answer, send.calls) == (
        Answer(value="found", source=Source.CACHED, as_of=wall(0)),
        1,
    )


# Behaviour 53 and cache_from_previous_session: after a restart


@pytest.mark.parametrize(
    ("age", "source"), [(60, Source.CACHED), (60.1, Source.LIVE)], ids=["fresh", "no longer"]
)
@in_virtual_time
async def test_after_a_restart_an_entry_is_fresh_for_the_rest_of_its_time(
    clock: VirtualClock, store: MemoryStore, age: float, source: Source
) -> None:
    await start_a_session(clock, store)
    await clock.sleep(age)

    answer = await keyed_policy(clock, store=store).call(
        keyed_call(Script[object]("found"), codec=CODEC)
    )

    assert answer.source is source


@pytest.mark.parametrize(("age", "is_served"), [(3_600, True), (3_600.1, False)])
@in_virtual_time
async def test_after_a_restart_an_entry_stands_in_with_its_age_when_the_upstream_fails(
    clock: VirtualClock, store: MemoryStore, age: float, *, is_served: bool
) -> None:
    await start_a_session(clock, store)
    await clock.sleep(age)
    send = Script[object](DOWN)

    (result,) = await outcomes(keyed_policy(clock, store=store).call(keyed_call(send, codec=CODEC)))

    expected = Answer(
        value="found", source=Source.STALE, as_of=wall(0), error=DOWN, tried=(STALE_NAME,)
    )
    assert (result, send.calls) == (expected if is_served else DOWN, 1)


@in_virtual_time
async def test_a_restored_entry_goes_on_ageing_in_memory(
    clock: VirtualClock, store: MemoryStore
) -> None:
    await start_a_session(clock, store)
    await clock.sleep(40)
    policy, send = keyed_policy(clock, store=store), Script[object]("new")
    restored = await policy.call(keyed_call(send, codec=CODEC))
    await clock.sleep(20)
    still_fresh = await policy.call(keyed_call(send, codec=CODEC))
    await clock.sleep(0.1)

    assert (restored.source, still_fresh.source) == (Source.CACHED, Source.CACHED)
    assert (await policy.call(keyed_call(send, codec=CODEC))).source is Source.LIVE
    assert store.asked.count("get key") == 2


@in_virtual_time
async def test_after_a_restart_a_stampede_is_served_stale_with_one_read_and_one_refresh(
    clock: VirtualClock, store: MemoryStore
) -> None:
    await start_a_session(clock, store)
    await clock.sleep(100)
    store.asked.clear()
    store.takes = 0.1
    policy, send = keyed_policy(clock, store=store), Script[object]("new", takes=1)
    call = keyed_call(send, codec=CODEC, swr=600)

    answers = await outcomes(*(policy.call(call) for _ in range(100)))
    await clock.sleep(2)

    assert answers == [Answer(value="found", source=Source.STALE, as_of=wall(0))] * 100
    assert (store.asked, send.calls) == (["get key", "set key"], 1)
    assert (await policy.call(call)).value == "new"


@pytest.mark.parametrize(
    ("missing", "reads"),
    [pytest.param(0, 1, id="it fits"), pytest.param(1, 2, id="a byte too few")],
)
@in_virtual_time
async def test_a_restored_entry_counts_by_its_size_as_stored(
    clock: VirtualClock, store: MemoryStore, missing: int, reads: int
) -> None:
    await start_a_session(clock, store)
    size = len(CODEC.encode("found")) + len("key") + 512
    policy = keyed_policy(clock, store=store, cache_bytes=size - missing)
    store.asked.clear()
    for _ in range(2):
        await policy.call(keyed_call(Script[object]("new"), codec=CODEC))

    assert store.asked == ["get key"] * reads


@in_virtual_time
async def test_an_entry_too_old_for_anything_is_not_brought_back(
    clock: VirtualClock, store: MemoryStore
) -> None:
    await start_a_session(clock, store)
    await clock.sleep(3_600.1)
    policy = keyed_policy(clock, store=store)

    error = await failure(policy, keyed_call(Script[object](DOWN), codec=CODEC))

    assert (error, len(policy._cached._cache)) == (DOWN, 0)


@in_virtual_time
async def test_a_fresh_entry_does_not_become_immortal_when_the_wall_clock_is_set_back(
    clock: VirtualClock, store: MemoryStore
) -> None:
    await start_a_session(clock, store)
    clock.step_wall(timedelta(days=-365))
    await clock.sleep(1)

    answer = await keyed_policy(clock, store=store).call(
        keyed_call(Script[object]("new"), codec=CODEC)
    )

    assert (answer.value, answer.source) == ("new", Source.LIVE)


@in_virtual_time
async def test_a_wall_clock_that_steps_while_an_entry_is_in_memory_changes_nothing(
    clock: VirtualClock, store: MemoryStore
) -> None:
    policy, send = keyed_policy(clock, store=store), Script[object]("found", "new")
    await policy.call(keyed_call(send, codec=CODEC))
    sources = []
    for step in (timedelta(hours=1), timedelta(hours=-2)):
        clock.step_wall(step)
        sources.append((await policy.call(keyed_call(send, codec=CODEC))).source)
    await clock.sleep(60.1)
    sources.append((await policy.call(keyed_call(send, codec=CODEC))).source)

    assert sources == [Source.CACHED, Source.CACHED, Source.LIVE]


@in_virtual_time
async def test_a_crowd_that_falls_back_reads_the_store_once(
    clock: VirtualClock, store: MemoryStore
) -> None:
    await start_a_session(clock, store)
    await clock.sleep(100)
    store.asked.clear()
    policy, call = (
        keyed_policy(clock, store=store),
        keyed_call(Script[object](DOWN, takes=1), codec=CODEC),
    )

    answers = await outcomes(*(policy.call(call) for _ in range(100)))

    assert [getattr(answer, "value", answer) for answer in answers] == ["found"] * 100
    assert store.asked == ["get key"]


@in_virtual_time
async def test_a_crowd_that_is_impatient_in_vain_reads_the_store_once(
    clock: VirtualClock, store: MemoryStore
) -> None:
    policy, send = keyed_policy(clock, store=store), Script[object]("found", takes=9)

    await outcomes(*(policy.call(keyed_call(send, codec=CODEC, patience=3)) for _ in range(100)))

    assert store.asked.count("get key") == 1
