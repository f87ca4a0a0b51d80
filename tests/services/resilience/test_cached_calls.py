"""Keyed calls through a whole policy: what the cache's parts do together."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import timedelta
from typing import TypeVar

import pytest
from fakes.calls import Script
from fakes.chance import FixedChance
from fakes.clock import VirtualClock, wall
from fakes.stores import MemoryStore
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.answers import Answer, Source
from services.errors import (
    AccessDenied,
    DeadlineExceeded,
    ExternalServiceException,
    InvalidRequest,
    InvalidResponse,
    NotFound,
    RateLimitExceeded,
    UpstreamServerError,
)
from services.resilience.cache_key import cache_key
from services.resilience.cache_store import StoredEntry
from services.resilience.codec import Codec
from services.resilience.config import Call, PolicyConfig
from services.resilience.deadline import deadline
from services.resilience.events import CacheRead, Event, Events, FallbackUsed
from services.resilience.policy import Policy
from services.resilience.retry import Backoff

T = TypeVar("T")

DOWN = UpstreamServerError("discogs", "search", 503)
GONE = NotFound("discogs", "search", 404)
CODEC: Codec[object] = Codec(object)
STALE_NAME = "cache_from_last_import"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def _policy(  # a builder: nothing is remembered and nobody waits unless a test says so
    clock: VirtualClock,
    *,
    store: MemoryStore | None = None,
    events: Events | None = None,
    chance: float = 0.0,
    deadline_seconds: float = 30,
    attempts: int = 1,
    stale_name: str | None = STALE_NAME,
    negative_seconds: float = 0,
    cooldown_seconds: float = 0,
    cache_entries: int = 100,
    cache_bytes: int = 1_000_000,
) -> Policy:
    config = PolicyConfig(
        upstream="discogs",
        deadline=deadline_seconds,
        attempt_timeout=60,
        concurrency=1_000,
        backoff=Backoff(attempts=attempts, floor=2.0, base=5.0, cap=5.0),
        breaker_failures=1_000,
        retry_name="lightweight_retry",
        stale_name=stale_name,
        negative_seconds=negative_seconds,
        cooldown_seconds=cooldown_seconds,
        cache_entries=cache_entries,
        cache_bytes=cache_bytes,
    )
    return Policy(config, clock=clock, chance=FixedChance(chance), store=store, events=events)


def _call(
    send: Callable[[], Awaitable[T]],
    *,
    key: str = "key",
    codec: Codec[T] | None = None,
    fresh: float = 60,
    swr: float = 0,
    stale: float = 3_600,
    patience: float | None = None,
) -> Call[T]:
    return Call(
        operation="search",
        send=send,
        key=key,
        codec=codec,
        fresh=fresh,
        swr=swr,
        stale=stale,
        patience=patience,
    )


async def _failure(policy: Policy, call: Call[T]) -> ExternalServiceException:
    with pytest.raises(ExternalServiceException) as caught:
        await policy.call(call)
    return caught.value


def _read(outcome: str, level: int = 1) -> CacheRead:
    return CacheRead(upstream="discogs", operation="search", outcome=outcome, level=level)


# Behaviour 34: stampedes


@in_virtual_time
async def test_a_cold_stampede_sends_one_call(clock: VirtualClock, store: MemoryStore) -> None:
    policy, send = _policy(clock, store=store), Script[object]("found", takes=1)
    call = _call(send, codec=CODEC)

    answers = await outcomes(*(policy.call(call) for _ in range(100)))

    assert answers == [Answer(value="found", source=Source.LIVE, as_of=wall(1))] * 100
    assert (send.calls, store.asked.count("get key")) == (1, 1)


@in_virtual_time
async def test_a_stampede_whose_leader_fails_sends_one_call(clock: VirtualClock) -> None:
    policy, send = _policy(clock), Script[str](DOWN, takes=1)

    results = await outcomes(*(policy.call(_call(send)) for _ in range(100)))

    assert (send.calls, results) == (1, [DOWN] * 100)


@in_virtual_time
async def test_a_stampede_whose_leader_leaves_sends_one_call(clock: VirtualClock) -> None:
    policy, send = _policy(clock), Script("found", takes=2)
    leader, *others = [asyncio.create_task(policy.call(_call(send))) for _ in range(100)]
    await clock.sleep(1)
    leader.cancel()

    answers = await outcomes(*others)

    assert (send.calls, leader.cancelled()) == (1, True)
    assert answers == [Answer(value="found", source=Source.LIVE, as_of=wall(2))] * 99


@in_virtual_time
async def test_a_stampede_that_runs_out_of_time_sends_one_call(clock: VirtualClock) -> None:
    policy, send = _policy(clock, deadline_seconds=5), Script("late", takes=50)

    results = await outcomes(*(policy.call(_call(send)) for _ in range(100)))

    assert [type(result) for result in results] == [DeadlineExceeded] * 100
    assert (send.calls, send.running, clock.elapsed) == (1, 0, 5)


# Behaviour 35: stale while revalidate


@in_virtual_time
async def test_a_stale_answer_within_the_window_is_served_at_once_with_one_refresh(
    clock: VirtualClock,
) -> None:
    policy, send = _policy(clock), Script("old", "new", takes=1)
    call = _call(send, swr=600)
    await policy.call(call)
    await clock.sleep(599)

    asked_at = clock.elapsed
    answers = await outcomes(*(policy.call(call) for _ in range(100)))
    answered_at = clock.elapsed
    await clock.sleep(1)
    await settle()
    refreshed = await policy.call(call)

    assert answers == [Answer(value="old", source=Source.STALE, as_of=wall(1))] * 100
    assert (answered_at - asked_at, send.calls) == (0, 2)
    assert refreshed == Answer(value="new", source=Source.CACHED, as_of=wall(601))


@pytest.mark.parametrize(
    ("age", "source"),
    [(60, Source.CACHED), (60.1, Source.STALE), (600, Source.STALE), (600.1, Source.LIVE)],
)
@in_virtual_time
async def test_the_window_begins_after_freshness_and_ends_at_its_own_age(
    clock: VirtualClock, age: float, source: Source
) -> None:
    policy, send = _policy(clock), Script("old", "new")
    call = _call(send, swr=600)
    await policy.call(call)
    await clock.sleep(age)

    assert (await policy.call(call)).source is source


@in_virtual_time
async def test_a_refresh_outlives_those_who_caused_it(clock: VirtualClock) -> None:
    policy, send = _policy(clock), Script("old", "new", takes=10)
    call = _call(send, swr=600)
    await policy.call(call)
    await clock.sleep(100)

    caller = asyncio.create_task(policy.call(call))
    await settle()
    caller.cancel()
    await clock.sleep(10)
    await settle()

    assert (await policy.call(call)).value == "new"


@in_virtual_time
async def test_a_refresh_has_a_deadline_and_a_context_of_its_own(clock: VirtualClock) -> None:
    request: ContextVar[str] = ContextVar("request", default="nobody's")
    policy, seen = _policy(clock, deadline_seconds=5), list[str]()

    async def send() -> str:
        seen.append(request.get())
        await clock.pass_time(0 if len(seen) == 1 else 4)
        return "found"

    request.set("a person's")
    await policy.call(_call(send, swr=600))
    await clock.sleep(100)
    async with deadline(clock, 1, expired=lambda: DeadlineExceeded("discogs", "outer")):
        await policy.call(_call(send, swr=600))
    await clock.sleep(4)
    await settle()

    assert seen == ["a person's", "nobody's"]
    assert (await policy.call(_call(send, swr=600))).source is Source.CACHED


@in_virtual_time
async def test_a_refresh_that_hangs_ends_at_the_deadline(clock: VirtualClock) -> None:
    policy, send = _policy(clock, deadline_seconds=5), Script("old", "late", takes=0)
    await policy.call(_call(send, swr=600))
    slow = Script("late", takes=50)
    await clock.sleep(100)
    await policy.call(_call(slow, swr=600))
    await clock.sleep(5)
    await settle()

    assert (slow.calls, slow.running, len(asyncio.all_tasks())) == (1, 0, 1)


@in_virtual_time
async def test_a_refresh_that_fails_is_logged_once_and_raised_to_nobody(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    policy, send = _policy(clock), Script("old", DOWN)
    call = _call(send, swr=600)
    await policy.call(call)
    await clock.sleep(100)

    answers = await outcomes(*(policy.call(call) for _ in range(10)))
    await settle()

    assert [answer.value for answer in answers if isinstance(answer, Answer)] == ["old"] * 10
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", f"{DOWN}; the answer that is kept stays stale")
    ]


@in_virtual_time
async def test_a_refresh_with_a_bug_is_logged_with_its_traceback(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    policy, send = _policy(clock), Script("old", RuntimeError("a bug"))
    call = _call(send, swr=600)
    await policy.call(call)
    await clock.sleep(100)

    await policy.call(call)
    await settle()

    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("ERROR", "search: a refresh has a bug")
    assert record.exc_info is not None


@in_virtual_time
async def test_a_foreground_failure_is_not_logged_as_a_refresh(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    await _failure(_policy(clock), _call(Script[str](DOWN)))
    await outcomes(_policy(clock).call(_call(Script[str](RuntimeError("a bug")))))

    assert caplog.records == []


@in_virtual_time
async def test_a_failing_refresh_is_not_repeated_within_the_cool_down(clock: VirtualClock) -> None:
    policy, send = _policy(clock, cooldown_seconds=5), Script("old", DOWN)
    call = _call(send, swr=600)
    await policy.call(call)
    await clock.sleep(100)
    for _ in range(10):
        await policy.call(call)
        await settle()
    calls_at_first = send.calls
    await clock.sleep(5)
    await policy.call(call)
    await settle()

    assert (calls_at_first, send.calls) == (2, 3)


@in_virtual_time
async def test_closing_the_policy_ends_a_refresh(clock: VirtualClock) -> None:
    policy = _policy(clock)
    await policy.call(_call(Script("old"), swr=600))
    await clock.sleep(100)
    slow = Script("late", takes=20)
    await policy.call(_call(slow, swr=600))
    await settle()

    await policy.aclose()

    assert (slow.calls, slow.running, len(asyncio.all_tasks())) == (1, 0, 1)


# Behaviour 36: stale if error, negative entries and the cool-down


@pytest.mark.parametrize(("age", "is_served"), [(3_600, True), (3_600.1, False)])
@in_virtual_time
async def test_a_stale_answer_stands_in_for_an_error_up_to_its_limit(
    clock: VirtualClock, age: float, *, is_served: bool
) -> None:
    policy, send = _policy(clock), Script("old", DOWN)
    call = _call(send, stale=3_600)
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
    policy, send = _policy(clock, negative_seconds=60), Script[str](GONE)
    await _failure(policy, _call(send))
    await clock.sleep(age)

    error = await _failure(policy, _call(send))

    assert (type(error), vars(error), send.calls) == (NotFound, vars(GONE), calls)


@in_virtual_time
async def test_what_is_gone_does_not_come_back_as_a_stale_answer(
    clock: VirtualClock, store: MemoryStore
) -> None:
    policy, send = _policy(clock, store=store), Script[object]("found", GONE, DOWN)
    call = _call(send, codec=CODEC)
    await policy.call(call)
    await clock.sleep(100)
    await _failure(policy, call)
    await settle()

    assert await _failure(policy, call) is DOWN
    assert store.entries == {}


@in_virtual_time
async def test_what_is_gone_is_not_looked_for_in_the_store_without_a_codec(
    clock: VirtualClock, store: MemoryStore
) -> None:
    await _failure(_policy(clock, store=store), _call(Script[object](GONE)))
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
    policy, send = _policy(clock, cooldown_seconds=5), Script[str](error)
    await _failure(policy, _call(send))
    await clock.sleep(age)

    repeated = await outcomes(*(policy.call(_call(send)) for _ in range(100)))

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
    policy = _policy(clock, cooldown_seconds=5, negative_seconds=60)
    send = Script(error, "found")
    await _failure(policy, _call(send))

    assert (await policy.call(_call(send))).source is Source.LIVE


@in_virtual_time
async def test_during_the_cool_down_the_stale_answer_is_served_at_once(
    clock: VirtualClock,
) -> None:
    policy, send = _policy(clock, cooldown_seconds=5), Script("old", DOWN, takes=1)
    await policy.call(_call(send))
    await clock.sleep(100)
    await policy.call(_call(send))
    before = clock.elapsed

    answer = await policy.call(_call(send))

    assert (answer.value, answer.source, type(answer.error)) == (
        "old",
        Source.STALE,
        UpstreamServerError,
    )
    assert (clock.elapsed - before, send.calls) == (0, 2)


@in_virtual_time
async def test_other_keys_do_not_cool_down_with_one(clock: VirtualClock) -> None:
    policy = _policy(clock, cooldown_seconds=5)
    await _failure(policy, _call(Script[str](DOWN), key="one"))

    assert (await policy.call(_call(Script("found"), key="two"))).value == "found"


# Behaviour 37: bounds


@in_virtual_time
async def test_the_cache_of_a_policy_is_bounded_by_entries(clock: VirtualClock) -> None:
    policy = _policy(clock, cache_entries=2)
    for key in ("a", "b", "c"):
        await policy.call(_call(Script(key), key=key))

    sources = [(await policy.call(_call(Script("new"), key=key))).source for key in ("c", "b", "a")]

    assert sources == [Source.CACHED, Source.CACHED, Source.LIVE]


@in_virtual_time
async def test_the_cache_of_a_policy_is_bounded_by_bytes_as_serialised(
    clock: VirtualClock,
) -> None:
    data = len(CODEC.encode("x" * 100))
    policy = _policy(clock, cache_bytes=2 * (data + 1 + 512))
    for key in ("a", "b", "c"):
        await policy.call(_call(Script[object]("x" * 100), key=key, codec=CODEC))

    sources = [
        (await policy.call(_call(Script[object]("new"), key=key))).source for key in ("c", "b", "a")
    ]

    assert sources == [Source.CACHED, Source.CACHED, Source.LIVE]


@in_virtual_time
async def test_ten_thousand_keys_leave_no_timer_and_no_task(clock: VirtualClock) -> None:
    policy = _policy(clock, cache_entries=10, cooldown_seconds=5)
    for number in range(10_000):
        await policy.call(_call(Script("found"), key=str(number)))
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
    first, second = _policy(clock, store=store), _policy(clock, store=store)
    await first.call(_call(send, codec=codec))
    await settle()

    answers = [await policy.call(_call(send, codec=codec)) for policy in (first, second)]

    assert answers == [Answer(value=value, source=Source.CACHED, as_of=wall(0))] * 2
    assert send.calls == 1


# Behaviour 39: immutable values


@in_virtual_time
async def test_an_answer_that_somebody_could_change_is_refused_as_a_bug(
    clock: VirtualClock,
) -> None:
    with pytest.raises(TypeError, match="only immutable values are cached, not list"):
        await _policy(clock).call(_call(Script(["found"])))


# Behaviour 40: people do not see each other's answers


@in_virtual_time
async def test_an_answer_for_one_person_never_serves_another(
    clock: VirtualClock, store: MemoryStore
) -> None:
    policy = _policy(clock, store=store)

    def collection_of(user: int) -> Call[object]:
        key = cache_key("discogs", "get_collection", {"page": 1}, user=user)
        return _call(Script[object](f"owned by {user}", takes=1), key=key, codec=CODEC)

    together = await outcomes(*(policy.call(collection_of(user)) for user in (1, 2)))
    await settle()
    kept = [await policy.call(collection_of(user)) for user in (2, 1)]
    after_a_restart = [
        await _policy(clock, store=store).call(collection_of(user)) for user in (1, 2)
    ]

    values = [answer.value for answer in (*together, *kept) if isinstance(answer, Answer)]
    assert values == ["owned by 1", "owned by 2", "owned by 2", "owned by 1"]
    assert [answer.value for answer in after_a_restart] == ["owned by 1", "owned by 2"]
    assert len(store.entries) == 2


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

    answer = await _policy(clock, store=store).call(_call(Script("new"), codec=codec))
    await settle()

    assert (answer.value, answer.source) == ("new", Source.LIVE)
    assert store.entries["key"].data == codec.encode("new")


# Behaviour 42: a slow level 2


@in_virtual_time
async def test_a_level_2_that_takes_5_s_does_not_slow_hits(
    clock: VirtualClock, store: MemoryStore
) -> None:
    policy, call = _policy(clock, store=store), _call(Script[object]("found"), codec=CODEC)
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
    policy = _policy(clock, store=store)

    first = await policy.call(_call(Script[object]("found"), key="one", codec=CODEC))
    first_at = clock.elapsed
    second = await policy.call(_call(Script[object]("found"), key="two", codec=CODEC))

    assert (first.source, second.source) == (Source.LIVE, Source.LIVE)
    assert (first_at, clock.elapsed) == (0.25, 0.25)


@in_virtual_time
async def test_an_answer_does_not_wait_for_being_stored(
    clock: VirtualClock, store: MemoryStore
) -> None:
    store.takes = 0.125
    await _policy(clock, store=store).call(_call(Script[object]("found"), codec=CODEC))

    assert (store.entries, clock.elapsed) == ({}, 0.125)


@in_virtual_time
async def test_a_level_2_that_fails_costs_nobody_an_answer(
    clock: VirtualClock, store: MemoryStore
) -> None:
    store.error = RuntimeError("the database is gone")
    policy, send = _policy(clock, store=store), Script[object]("found")

    answers = [await policy.call(_call(send, codec=CODEC)) for _ in range(2)]

    assert [answer.source for answer in answers] == [Source.LIVE, Source.CACHED]


# Level 2


@in_virtual_time
async def test_only_calls_with_a_codec_use_level_2(clock: VirtualClock, store: MemoryStore) -> None:
    await _policy(clock, store=store).call(_call(Script("found")))
    await settle()

    assert store.asked == []


@in_virtual_time
async def test_an_entry_is_stored_until_it_is_of_no_more_use(
    clock: VirtualClock, store: MemoryStore
) -> None:
    policy = _policy(clock, store=store)
    for key, fresh, swr, stale in (("f", 9, 1, 1), ("r", 1, 9, 1), ("s", 1, 1, 9)):
        send = Script[object]("found")
        await policy.call(_call(send, key=key, codec=CODEC, fresh=fresh, swr=swr, stale=stale))
    await settle()

    assert store.kept_until == dict.fromkeys("frs", wall(9))


@in_virtual_time
async def test_level_2_is_not_asked_while_level_1_has_an_entry_of_any_age(
    clock: VirtualClock, store: MemoryStore
) -> None:
    policy, send = _policy(clock, store=store), Script[object]("old", "new")
    await policy.call(_call(send, codec=CODEC))
    await clock.sleep(100)

    await policy.call(_call(send, codec=CODEC))
    await settle()

    assert store.asked == ["get key", "set key", "set key"]


@in_virtual_time
async def test_what_level_1_had_to_drop_comes_back_from_level_2(
    clock: VirtualClock, store: MemoryStore
) -> None:
    policy, send = _policy(clock, store=store, cache_entries=1), Script[object]("found")
    await policy.call(_call(send, key="a", codec=CODEC))
    await policy.call(_call(Script[object]("other"), key="b", codec=CODEC))
    await clock.sleep(10)

    answer = await policy.call(_call(send, key="a", codec=CODEC))

    assert (answer, send.calls) == (
        Answer(value="found", source=Source.CACHED, as_of=wall(0)),
        1,
    )


# Behaviour 53 and cache_from_previous_session: after a restart


async def _a_first_session(clock: VirtualClock, store: MemoryStore) -> None:
    policy = _policy(clock, store=store)
    await policy.call(_call(Script[object]("found"), codec=CODEC))
    await policy.aclose()


@pytest.mark.parametrize(
    ("age", "source"), [(60, Source.CACHED), (60.1, Source.LIVE)], ids=["fresh", "no longer"]
)
@in_virtual_time
async def test_after_a_restart_an_entry_is_fresh_for_the_rest_of_its_time(
    clock: VirtualClock, store: MemoryStore, age: float, source: Source
) -> None:
    await _a_first_session(clock, store)
    await clock.sleep(age)

    answer = await _policy(clock, store=store).call(_call(Script[object]("found"), codec=CODEC))

    assert answer.source is source


@pytest.mark.parametrize(("age", "is_served"), [(3_600, True), (3_600.1, False)])
@in_virtual_time
async def test_after_a_restart_an_entry_stands_in_with_its_age_when_the_upstream_fails(
    clock: VirtualClock, store: MemoryStore, age: float, *, is_served: bool
) -> None:
    await _a_first_session(clock, store)
    await clock.sleep(age)
    send = Script[object](DOWN)

    (result,) = await outcomes(_policy(clock, store=store).call(_call(send, codec=CODEC)))

    expected = Answer(
        value="found", source=Source.STALE, as_of=wall(0), error=DOWN, tried=(STALE_NAME,)
    )
    assert (result, send.calls) == (expected if is_served else DOWN, 1)


@in_virtual_time
async def test_a_restored_entry_goes_on_ageing_in_memory(
    clock: VirtualClock, store: MemoryStore
) -> None:
    await _a_first_session(clock, store)
    await clock.sleep(40)
    policy, send = _policy(clock, store=store), Script[object]("new")
    restored = await policy.call(_call(send, codec=CODEC))
    await clock.sleep(20)
    still_fresh = await policy.call(_call(send, codec=CODEC))
    await clock.sleep(0.1)

    assert (restored.source, still_fresh.source) == (Source.CACHED, Source.CACHED)
    assert (await policy.call(_call(send, codec=CODEC))).source is Source.LIVE
    assert store.asked.count("get key") == 2


@in_virtual_time
async def test_after_a_restart_a_stampede_is_served_stale_with_one_read_and_one_refresh(
    clock: VirtualClock, store: MemoryStore
) -> None:
    await _a_first_session(clock, store)
    await clock.sleep(100)
    store.asked.clear()
    store.takes = 0.1
    policy, send = _policy(clock, store=store), Script[object]("new", takes=1)
    call = _call(send, codec=CODEC, swr=600)

    answers = await outcomes(*(policy.call(call) for _ in range(100)))
    await clock.sleep(2)

    assert answers == [Answer(value="found", source=Source.STALE, as_of=wall(0))] * 100
    assert (store.asked, send.calls) == (["get key", "set key"], 1)
    assert (await policy.call(call)).value == "new"


@in_virtual_time
async def test_an_entry_too_old_for_anything_is_not_brought_back(
    clock: VirtualClock, store: MemoryStore
) -> None:
    await _a_first_session(clock, store)
    await clock.sleep(3_600.1)
    policy = _policy(clock, store=store)

    error = await _failure(policy, _call(Script[object](DOWN), codec=CODEC))

    assert (error, len(policy._cached._cache)) == (DOWN, 0)


@in_virtual_time
async def test_a_fresh_entry_does_not_become_immortal_when_the_wall_clock_is_set_back(
    clock: VirtualClock, store: MemoryStore
) -> None:
    await _a_first_session(clock, store)
    clock.step_wall(timedelta(days=-365))
    await clock.sleep(1)

    answer = await _policy(clock, store=store).call(_call(Script[object]("new"), codec=CODEC))

    assert (answer.value, answer.source) == ("new", Source.LIVE)


@in_virtual_time
async def test_a_wall_clock_that_steps_while_an_entry_is_in_memory_changes_nothing(
    clock: VirtualClock, store: MemoryStore
) -> None:
    policy, send = _policy(clock, store=store), Script[object]("found", "new")
    await policy.call(_call(send, codec=CODEC))
    sources = []
    for step in (timedelta(hours=1), timedelta(hours=-2)):
        clock.step_wall(step)
        sources.append((await policy.call(_call(send, codec=CODEC))).source)
    await clock.sleep(60.1)
    sources.append((await policy.call(_call(send, codec=CODEC))).source)

    assert sources == [Source.CACHED, Source.CACHED, Source.LIVE]


@in_virtual_time
async def test_a_crowd_that_falls_back_reads_the_store_once(
    clock: VirtualClock, store: MemoryStore
) -> None:
    await _a_first_session(clock, store)
    await clock.sleep(100)
    store.asked.clear()
    policy, call = _policy(clock, store=store), _call(Script[object](DOWN, takes=1), codec=CODEC)

    answers = await outcomes(*(policy.call(call) for _ in range(100)))

    assert [getattr(answer, "value", answer) for answer in answers] == ["found"] * 100
    assert store.asked == ["get key"]


@in_virtual_time
async def test_a_crowd_that_is_impatient_in_vain_reads_the_store_once(
    clock: VirtualClock, store: MemoryStore
) -> None:
    policy, send = _policy(clock, store=store), Script[object]("found", takes=9)

    await outcomes(*(policy.call(_call(send, codec=CODEC, patience=3)) for _ in range(100)))

    assert store.asked.count("get key") == 1


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
    policy, send = _policy(clock, chance=chance), Script("found", "new")
    await policy.call(_call(send, fresh=100))
    await clock.sleep(age)

    assert (await policy.call(_call(send, fresh=100))).source is source


# Patience


@pytest.mark.parametrize(("takes", "value"), [(2.9, "new"), (3.1, "old")])
@in_virtual_time
async def test_after_three_seconds_a_stale_answer_is_better_than_waiting(
    clock: VirtualClock, takes: float, value: str
) -> None:
    policy = _policy(clock)
    await policy.call(_call(Script("old")))
    await clock.sleep(100)
    before = clock.elapsed

    answer = await policy.call(_call(Script("new", takes=takes), patience=3))

    assert answer.value == value
    assert clock.elapsed - before == pytest.approx(min(takes, 3))


@in_virtual_time
async def test_an_answer_for_the_impatient_is_stale_without_an_error(clock: VirtualClock) -> None:
    policy = _policy(clock)
    await policy.call(_call(Script("old")))
    await clock.sleep(100)

    answer = await policy.call(_call(Script("new", takes=10), patience=3))

    assert answer == Answer(
        value="old", source=Source.STALE, as_of=wall(0), retry_at=None, tried=(STALE_NAME,)
    )


@in_virtual_time
async def test_the_load_that_was_too_slow_still_fills_the_cache(clock: VirtualClock) -> None:
    policy, slow = _policy(clock), Script("new", takes=10)
    await policy.call(_call(Script("old")))
    await clock.sleep(100)
    await outcomes(*(policy.call(_call(slow, patience=3)) for _ in range(100)))
    await clock.sleep(7)
    await settle()

    answer = await policy.call(_call(slow, patience=3))

    assert answer == Answer(value="new", source=Source.CACHED, as_of=wall(110))
    assert slow.calls == 1


@in_virtual_time
async def test_who_joins_a_slow_load_waits_three_seconds_of_his_own(clock: VirtualClock) -> None:
    policy, slow = _policy(clock), Script("new", takes=10)
    await policy.call(_call(Script("old")))
    await clock.sleep(100)

    async def ask_after(seconds: float) -> float:
        await clock.pass_time(seconds)
        await policy.call(_call(slow, patience=3))
        return clock.elapsed

    assert await outcomes(ask_after(0), ask_after(2), ask_after(8)) == [103, 105, 110]


@in_virtual_time
async def test_patience_has_no_end_when_nothing_is_kept(clock: VirtualClock) -> None:
    answer = await _policy(clock).call(_call(Script("found", takes=10), patience=3))

    assert answer == Answer(value="found", source=Source.LIVE, as_of=wall(10))


@in_virtual_time
async def test_patience_has_no_end_when_what_is_kept_is_too_old(clock: VirtualClock) -> None:
    policy = _policy(clock)
    await policy.call(_call(Script("old")))
    await clock.sleep(3_600.1)

    assert (await policy.call(_call(Script("new", takes=10), patience=3))).value == "new"


@in_virtual_time
async def test_without_patience_nobody_is_given_a_stale_answer_early(clock: VirtualClock) -> None:
    policy = _policy(clock)
    await policy.call(_call(Script("old")))
    await clock.sleep(100)

    assert (await policy.call(_call(Script("new", takes=10)))).value == "new"


@in_virtual_time
async def test_an_upstream_without_a_stale_fallback_takes_all_patience(
    clock: VirtualClock,
) -> None:
    policy = _policy(clock, stale_name=None)
    await policy.call(_call(Script("old")))
    await clock.sleep(100)

    assert (await policy.call(_call(Script("new", takes=10), patience=3))).value == "new"


@in_virtual_time
async def test_after_a_restart_the_impatient_are_served_from_level_2(
    clock: VirtualClock, store: MemoryStore
) -> None:
    await _a_first_session(clock, store)
    await clock.sleep(100)
    slow = Script[object]("new", takes=10)

    answer = await _policy(clock, store=store).call(_call(slow, codec=CODEC, patience=3))

    assert (answer.value, answer.as_of, clock.elapsed) == ("found", wall(0), 103)


@in_virtual_time
async def test_a_patient_caller_who_leaves_alone_cancels_the_load(clock: VirtualClock) -> None:
    policy, slow = _policy(clock), Script("new", takes=10)
    await policy.call(_call(Script("old")))
    await clock.sleep(100)
    caller = asyncio.create_task(policy.call(_call(slow, patience=3)))
    await clock.sleep(2)
    caller.cancel()
    await outcomes(caller)
    await settle()

    assert (slow.calls, slow.running) == (1, 0)


@in_virtual_time
async def test_a_failure_within_the_patience_falls_back_at_once(clock: VirtualClock) -> None:
    policy = _policy(clock)
    await policy.call(_call(Script("old")))
    await clock.sleep(100)

    answer = await policy.call(_call(Script[str](DOWN, takes=1), patience=3))

    assert (answer.error, clock.elapsed) == (DOWN, 101)


@in_virtual_time
async def test_a_slow_load_that_fails_after_all_disturbs_nobody(clock: VirtualClock) -> None:
    policy, slow = _policy(clock), Script[str](DOWN, takes=10)
    await policy.call(_call(Script("old")))
    await clock.sleep(100)
    await policy.call(_call(slow, patience=3))
    await clock.sleep(7)
    await settle()

    assert (slow.calls, slow.running) == (1, 0)


# Events


@in_virtual_time
async def test_every_read_of_the_cache_is_told(clock: VirtualClock, store: MemoryStore) -> None:
    seen: list[Event] = []
    await _a_first_session(clock, store)
    policy = _policy(clock, store=store, events=Events(seen.append), cooldown_seconds=5)
    send = Script[object](DOWN)

    await policy.call(_call(send, codec=CODEC))  # restored
    await policy.call(_call(send, codec=CODEC))  # in memory by now
    await clock.sleep(100)
    await policy.call(_call(send, codec=CODEC, swr=600))  # stale; its refresh misses and fails
    await settle()
    await policy.call(_call(send, codec=CODEC))  # not asked again

    assert seen == [
        _read("hit", 2),
        _read("hit"),
        _read("stale"),
        _read("miss"),
        _read("negative"),
        FallbackUsed(upstream="discogs", operation="search", rung=STALE_NAME),
    ]


@in_virtual_time
async def test_a_stale_read_of_level_2_is_told(clock: VirtualClock, store: MemoryStore) -> None:
    seen: list[Event] = []
    await _a_first_session(clock, store)
    await clock.sleep(100)
    policy = _policy(clock, store=store, events=Events(seen.append))

    await policy.call(_call(Script[object]("new"), codec=CODEC, swr=600))
    await settle()

    assert seen == [_read("stale", 2), _read("miss")]


@in_virtual_time
async def test_who_subscribes_later_is_told_from_then_on(clock: VirtualClock) -> None:
    seen: list[Event] = []
    events = Events()
    policy = _policy(clock, events=events)
    await policy.call(_call(Script("found")))
    events.subscribe(seen.append)

    await policy.call(_call(Script("found")))

    assert seen == [_read("hit")]


@in_virtual_time
async def test_no_key_is_in_an_event_or_a_log_line(
    clock: VirtualClock, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="services")
    seen: list[Event] = []
    policy = _policy(clock, store=store, events=Events(seen.append))
    send = Script[object]("found", DOWN)
    await policy.call(_call(send, key="canary", codec=CODEC))
    await clock.sleep(100)
    await policy.call(_call(send, key="canary", codec=CODEC))

    assert "canary" not in f"{seen} {caplog.text}"
