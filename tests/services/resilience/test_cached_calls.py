"""Keyed calls through a whole policy: what the cache's parts do together."""

import asyncio
import logging

import pytest
from fakes.calls import Script
from fakes.clock import VirtualClock, wall
from fakes.keyed_calls import (
    CODEC,
    DOWN,
    STALE_NAME,
    cache_read,
    keyed_call,
    keyed_policy,
    start_a_session,
)
from fakes.stores import MemoryStore
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.answers import Answer, Source
from services.errors import (
    DeadlineExceeded,
)
from services.resilience.cache_key import cache_key
from services.resilience.codec import Codec
from services.resilience.config import Call
from services.resilience.events import AttemptEnded, Event, Events, FallbackUsed, RetryDenied

# Behaviour 34: stampedes


def attempt_ended(outcome: str) -> AttemptEnded:
    return AttemptEnded(upstream="discogs", operation="search", seconds=0.0, outcome=outcome)


@in_virtual_time
async def test_a_cold_stampede_sends_one_call(clock: VirtualClock, store: MemoryStore) -> None:
    policy, send = keyed_policy(clock, store=store), Script[object]("found", takes=1)
    call = keyed_call(send, codec=CODEC)

    answers = await outcomes(*(policy.call(call) for _ in range(100)))

    assert answers == [Answer(value="found", source=Source.LIVE, as_of=wall(1))] * 100
    assert (send.calls, store.asked.count("get key")) == (1, 1)


@in_virtual_time
async def test_a_stampede_whose_leader_fails_sends_one_call(clock: VirtualClock) -> None:
    policy, send = keyed_policy(clock), Script[str](DOWN, takes=1)

    results = await outcomes(*(policy.call(keyed_call(send)) for _ in range(100)))

    assert (send.calls, results) == (1, [DOWN] * 100)


@in_virtual_time
async def test_a_stampede_whose_leader_leaves_sends_one_call(clock: VirtualClock) -> None:
    policy, send = keyed_policy(clock), Script("found", takes=2)
    leader, *others = [asyncio.create_task(policy.call(keyed_call(send))) for _ in range(100)]
    await clock.sleep(1)
    leader.cancel()

    answers = await outcomes(*others)

    assert (send.calls, leader.cancelled()) == (1, True)
    assert answers == [Answer(value="found", source=Source.LIVE, as_of=wall(2))] * 99


@in_virtual_time
async def test_a_stampede_that_runs_out_of_time_sends_one_call(clock: VirtualClock) -> None:
    policy, send = keyed_policy(clock, deadline_seconds=5), Script("late", takes=50)

    results = await outcomes(*(policy.call(keyed_call(send)) for _ in range(100)))

    assert [type(result) for result in results] == [DeadlineExceeded] * 100
    assert (send.calls, send.running, clock.elapsed) == (1, 0, 5)


@in_virtual_time
async def test_who_joins_a_load_late_is_told_what_it_failed_with(clock: VirtualClock) -> None:
    policy, send = keyed_policy(clock, deadline_seconds=5), Script("late", takes=50)
    first = asyncio.create_task(outcomes(policy.call(keyed_call(send))))
    await clock.sleep(3)

    (late,) = await outcomes(policy.call(keyed_call(send)))

    assert (str(late), clock.elapsed) == ("discogs.search: no answer within 5 s", 5)
    await first


# Behaviour 37: bounds


@in_virtual_time
async def test_the_cache_of_a_policy_is_bounded_by_entries(clock: VirtualClock) -> None:
    policy = keyed_policy(clock, cache_entries=2)
    for key in ("a", "b", "c"):
        await policy.call(keyed_call(Script(key), key=key))

    sources = [
        (await policy.call(keyed_call(Script("new"), key=key))).source for key in ("c", "b", "a")
    ]

    assert sources == [Source.CACHED, Source.CACHED, Source.LIVE]


@in_virtual_time
async def test_the_cache_of_a_policy_is_bounded_by_bytes_as_serialised(
    clock: VirtualClock,
) -> None:
    data = len(CODEC.encode("x" * 100))
    policy = keyed_policy(clock, cache_bytes=2 * (data + 1 + 512))
    for key in ("a", "b", "c"):
        await policy.call(keyed_call(Script[object]("x" * 100), key=key, codec=CODEC))

    sources = [
        (await policy.call(keyed_call(Script[object]("new"), key=key))).source
        for key in ("c", "b", "a")
    ]

    assert sources == [Source.CACHED, Source.CACHED, Source.LIVE]


@in_virtual_time
async def test_size_of_an_answer_is_that_of_its_serialised_form(clock: VirtualClock) -> None:
    size = len(CODEC.encode("found")) + len("key") + 512
    exact, too_small = (keyed_policy(clock, cache_bytes=size - missing) for missing in (0, 1))
    for policy in (exact, too_small):
        await policy.call(keyed_call(Script[object]("found"), codec=CODEC))

    again = [
        (await policy.call(keyed_call(Script[object]("new"), codec=CODEC))).value
        for policy in (exact, too_small)
    ]

    assert again == ["found", "new"]


@in_virtual_time
async def test_ten_thousand_keys_leave_no_timer_and_no_task(clock: VirtualClock) -> None:
    policy = keyed_policy(clock, cache_entries=10, cooldown_seconds=5)
    for number in range(10_000):
        await policy.call(keyed_call(Script("found"), key=str(number)))
    await settle()

    loop = asyncio.get_running_loop()
    timers = [t for t in loop._scheduled if not t.cancelled()]  # type: ignore[attr-defined]  # asyncio's heap

    assert (timers, len(asyncio.all_tasks())) == ([], 1)


# Behaviour 38: None and other empty values


@pytest.mark.parametrize("value", [None, "", 0, False, ()])
@in_virtual_time
async def test_an_empty_value_is_kept_on_both_levels_like_any_other(
    clock: VirtualClock, store: MemoryStore, value: object
) -> None:
    codec: Codec[object] = Codec(type(value))
    send = Script(value)
    first, second = keyed_policy(clock, store=store), keyed_policy(clock, store=store)
    await first.call(keyed_call(send, codec=codec))
    await settle()

    answers = [await policy.call(keyed_call(send, codec=codec)) for policy in (first, second)]

    assert answers == [Answer(value=value, source=Source.CACHED, as_of=wall(0))] * 2
    assert send.calls == 1


# Behaviour 39: immutable values


@in_virtual_time
async def test_an_answer_that_somebody_could_change_is_refused_as_a_bug(
    clock: VirtualClock,
) -> None:
    with pytest.raises(TypeError, match="only immutable values are cached, not list"):
        await keyed_policy(clock).call(keyed_call(Script(["found"])))


# Behaviour 40: people do not see each other's answers


@in_virtual_time
async def test_an_answer_for_one_person_never_serves_another(
    clock: VirtualClock, store: MemoryStore
) -> None:
    policy = keyed_policy(clock, store=store)

    def collection_of(user: int) -> Call[object]:
        key = cache_key("discogs", "get_collection", {"page": 1}, user=user)
        return keyed_call(Script[object](f"owned by {user}", takes=1), key=key, codec=CODEC)

    together = await outcomes(*(policy.call(collection_of(user)) for user in (1, 2)))
    await settle()
    kept = [await policy.call(collection_of(user)) for user in (2, 1)]
    after_a_restart = [
        await keyed_policy(clock, store=store).call(collection_of(user)) for user in (1, 2)
    ]

    values = [answer.value for answer in (*together, *kept) if isinstance(answer, Answer)]
    assert values == ["owned by 1", "owned by 2", "owned by 2", "owned by 1"]
    assert [answer.value for answer in after_a_restart] == ["owned by 1", "owned by 2"]
    assert len(store.entries) == 2


# TTL jitter


@pytest.mark.parametrize(
    ("chance", "age", "source"),
    [
        (0.0, 100, Source.CACHED),
        (1.0, 90, Source.CACHED),
        (1.0, 90.1, Source.LIVE),
        (0.5, 95, Source.CACHED),
        (0.5, 95.1, Source.LIVE),
    ],
)
@in_virtual_time
async def test_freshness_ends_up_to_a_tenth_early_by_chance(
    clock: VirtualClock, chance: float, age: float, source: Source
) -> None:
    policy, send = keyed_policy(clock, chance=chance), Script("found", "new")
    await policy.call(keyed_call(send, fresh=100))
    await clock.sleep(age)

    assert (await policy.call(keyed_call(send, fresh=100))).source is source


# Events


@in_virtual_time
async def test_every_read_of_the_cache_is_told(clock: VirtualClock, store: MemoryStore) -> None:
    seen: list[Event] = []
    await start_a_session(clock, store)
    policy = keyed_policy(clock, store=store, events=Events(seen.append), cooldown_seconds=5)
    send = Script[object](DOWN)

    await policy.call(keyed_call(send, codec=CODEC))  # restored
    await policy.call(keyed_call(send, codec=CODEC))  # in memory by now
    await clock.sleep(100)
    await policy.call(keyed_call(send, codec=CODEC, swr=600))  # stale; its refresh misses and fails
    await settle()
    await policy.call(keyed_call(send, codec=CODEC))  # not asked again

    assert seen == [
        cache_read("hit", 2),
        cache_read("hit"),
        cache_read("stale"),
        cache_read("miss"),
        attempt_ended(type(DOWN).__name__),
        RetryDenied(upstream="discogs", operation="search", reason="attempts"),
        cache_read("negative"),
        FallbackUsed(upstream="discogs", operation="search", rung=STALE_NAME),
    ]


@in_virtual_time
async def test_a_stale_read_of_level_2_is_told(clock: VirtualClock, store: MemoryStore) -> None:
    seen: list[Event] = []
    await start_a_session(clock, store)
    await clock.sleep(100)
    policy = keyed_policy(clock, store=store, events=Events(seen.append))

    await policy.call(keyed_call(Script[object]("new"), codec=CODEC, swr=600))
    await settle()

    assert seen == [cache_read("stale", 2), cache_read("miss"), attempt_ended("success")]


@in_virtual_time
async def test_who_subscribes_later_is_told_from_then_on(clock: VirtualClock) -> None:
    seen: list[Event] = []
    events = Events()
    policy = keyed_policy(clock, events=events)
    await policy.call(keyed_call(Script("found")))
    events.subscribe(seen.append)

    await policy.call(keyed_call(Script("found")))

    assert seen == [cache_read("hit")]


@in_virtual_time
async def test_no_key_is_in_an_event_or_a_log_line(
    clock: VirtualClock, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="services")
    seen: list[Event] = []
    policy = keyed_policy(clock, store=store, events=Events(seen.append))
    send = Script[object]("found", DOWN)
    await policy.call(keyed_call(send, key="canary", codec=CODEC))
    await clock.sleep(100)
    await policy.call(keyed_call(send, key="canary", codec=CODEC))

    assert "canary" not in f"{seen} {caplog.text}"
