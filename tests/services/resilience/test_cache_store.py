import asyncio
import logging
from contextvars import ContextVar
from datetime import timedelta

import msgspec
import pytest
from fakes.clock import VirtualClock, wall
from fakes.stores import MemoryStore
from fakes.virtual_time import in_virtual_time, settle

from services.resilience.cache_store import Restored, SecondLevel, StoredEntry
from services.resilience.codec import Codec

CODEC = Codec(str, version=2)
DATA = CODEC.encode("found")


@pytest.fixture
def level(store: MemoryStore, clock: VirtualClock) -> SecondLevel:
    return SecondLevel(store, upstream="discogs", clock=clock)


def _write(level: SecondLevel, key: str, data: bytes = DATA) -> None:
    level.write(key, data, stored_at=wall(0), keep_until=wall(60))


# Reading


@in_virtual_time
async def test_what_was_never_stored_is_not_there(level: SecondLevel) -> None:
    assert await level.read("key", CODEC) is None


@in_virtual_time
async def test_an_entry_comes_back_with_its_age_and_length(
    level: SecondLevel, store: MemoryStore, clock: VirtualClock
) -> None:
    store.entries["key"] = StoredEntry(DATA, wall(-90))
    await clock.sleep(10)

    restored = await level.read("key", CODEC)

    assert restored == Restored("found", 100.0, wall(-90), len(DATA))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(DATA[:-1], id="cut short"),
        pytest.param(DATA[:-1] + b"?", id="corrupt"),
        pytest.param(Codec(str, version=1).encode("found"), id="old version"),
        pytest.param(Codec(int, version=2).encode(7), id="another type"),
        pytest.param(msgspec.json.encode("found"), id="no envelope"),
    ],
)
@in_virtual_time
async def test_an_unreadable_entry_is_a_miss_and_is_removed(
    level: SecondLevel, store: MemoryStore, data: bytes
) -> None:
    store.entries["key"] = StoredEntry(data, wall(0))

    restored = await level.read("key", CODEC)
    await settle()

    assert (restored, store.entries) == (None, {})


@pytest.mark.parametrize(("ahead", "age"), [(0, 0.0), (5, 0.0), (5.1, None), (3_600, None)])
@in_virtual_time
async def test_an_entry_from_the_future_is_not_believed(
    level: SecondLevel, store: MemoryStore, ahead: float, age: float | None
) -> None:
    store.entries["key"] = StoredEntry(DATA, wall(ahead))

    restored = await level.read("key", CODEC)
    await settle()

    assert (restored and restored.age) == age
    assert ("key" in store.entries) is (age is not None)


@in_virtual_time
async def test_an_entry_is_removed_when_the_clock_was_set_back_behind_it(
    level: SecondLevel, store: MemoryStore, clock: VirtualClock
) -> None:
    store.entries["key"] = StoredEntry(DATA, clock.now())

    clock.step_wall(timedelta(hours=-1))
    restored = await level.read("key", CODEC)
    await settle()

    assert (restored, store.entries) == (None, {})


@pytest.mark.parametrize(("takes", "is_there"), [(0.125, True), (0.375, False)])
@in_virtual_time
async def test_a_read_waits_a_quarter_of_a_second_and_then_it_is_a_miss(
    level: SecondLevel, store: MemoryStore, clock: VirtualClock, takes: float, *, is_there: bool
) -> None:
    store.entries["key"] = StoredEntry(DATA, wall(0))
    store.takes = takes

    restored = await level.read("key", CODEC)

    assert (restored is not None, clock.elapsed) == (is_there, min(takes, 0.25))


@pytest.mark.parametrize("error", [RuntimeError("canary"), OSError(), TimeoutError()], ids=repr)
@in_virtual_time
async def test_a_failing_read_is_a_miss(
    level: SecondLevel, store: MemoryStore, error: Exception
) -> None:
    store.error = error

    assert await level.read("key", CODEC) is None


@in_virtual_time
async def test_a_store_that_forgets_the_time_zone_is_a_miss(
    level: SecondLevel, store: MemoryStore
) -> None:
    store.entries["key"] = StoredEntry(DATA, wall(0).replace(tzinfo=None))

    assert await level.read("key", CODEC) is None


@in_virtual_time
async def test_leaving_a_read_is_not_a_failure_of_the_store(
    level: SecondLevel, store: MemoryStore, clock: VirtualClock
) -> None:
    store.takes = 0.2
    reader = asyncio.create_task(level.read("key", CODEC))
    await clock.sleep(0.1)
    reader.cancel()
    await settle()
    store.entries["key"] = StoredEntry(DATA, wall(0))

    assert reader.cancelled()
    assert await level.read("key", CODEC) is not None


# Writing


@in_virtual_time
async def test_a_write_is_carried_out_after_the_caller_went_on(
    level: SecondLevel, store: MemoryStore, clock: VirtualClock
) -> None:
    store.takes = 4.9
    _write(level, "key")
    asked_at_once = list(store.asked)
    await clock.sleep(4.9)
    await settle()

    assert (asked_at_once, store.asked) == ([], ["set key"])
    assert store.entries == {"key": StoredEntry(DATA, wall(0))}
    assert store.kept_until == {"key": wall(60)}


@in_virtual_time
async def test_writes_are_carried_out_one_after_another_in_order(
    level: SecondLevel, store: MemoryStore, clock: VirtualClock
) -> None:
    store.takes = 1
    for key in ("a", "b", "c"):
        _write(level, key)
    level.delete("d")
    await clock.sleep(2.5)
    halfway = list(store.entries)
    await clock.sleep(2)

    assert (halfway, store.asked) == (["a", "b"], ["set a", "set b", "set c", "delete d"])


@in_virtual_time
async def test_only_the_last_write_of_a_key_counts(
    level: SecondLevel, store: MemoryStore, clock: VirtualClock
) -> None:
    store.takes = 1
    for key in ("busy", "a", "b", "c", "a"):
        _write(level, key)
    level.delete("c")
    await clock.sleep(10)

    assert store.asked == ["set busy", "set b", "set a", "delete c"]


@in_virtual_time
async def test_a_write_after_all_others_are_done_is_carried_out_too(
    level: SecondLevel, store: MemoryStore
) -> None:
    _write(level, "a")
    await settle()
    _write(level, "b")
    await settle()

    assert list(store.entries) == ["a", "b"]


@in_virtual_time
async def test_writes_that_pile_up_are_dropped_oldest_first(
    level: SecondLevel, store: MemoryStore
) -> None:
    for number in range(258):
        _write(level, str(number))
    await settle()
    await level.aclose()

    assert list(store.entries) == [str(number) for number in range(2, 258)]


@pytest.mark.parametrize(("takes", "written"), [(4.9, ["set a", "set b"]), (5.1, ["set a"])])
@in_virtual_time
async def test_a_write_may_take_five_seconds(
    level: SecondLevel, store: MemoryStore, clock: VirtualClock, takes: float, written: list[str]
) -> None:
    store.takes = takes
    _write(level, "a")
    _write(level, "b")
    await clock.sleep(20)

    assert store.asked == written


@in_virtual_time
async def test_writes_do_not_run_under_the_first_callers_deadline(
    level: SecondLevel, store: MemoryStore
) -> None:
    request: ContextVar[str] = ContextVar("request", default="nobody's")
    request.set("the first caller's")
    seen: list[str] = []

    async def note(key: str) -> None:
        seen.append(f"{key} is {request.get()}")

    store.delete = note  # type: ignore[method-assign]  # a store that looks at its context
    level.delete("key")
    await settle()

    assert seen == ["key is nobody's"]


# Failing


@in_virtual_time
async def test_a_store_that_failed_is_left_alone_for_five_seconds(
    level: SecondLevel, store: MemoryStore, clock: VirtualClock
) -> None:
    store.error = RuntimeError("down")
    await level.read("a", CODEC)
    await clock.sleep(4.9)
    await level.read("b", CODEC)
    _write(level, "b")
    level.delete("b")
    await settle()
    while_resting = list(store.asked)
    await clock.sleep(0.1)
    await level.read("c", CODEC)

    assert (while_resting, store.asked) == (["get a"], ["get a", "get c"])


@in_virtual_time
async def test_a_late_read_rests_the_store_as_well(
    level: SecondLevel, store: MemoryStore, clock: VirtualClock
) -> None:
    store.takes = 60
    for _ in range(10):
        await level.read("key", CODEC)

    assert (store.asked, clock.elapsed) == (["get key"], 0.25)


@in_virtual_time
async def test_a_failing_write_gives_up_those_behind_it(
    level: SecondLevel, store: MemoryStore
) -> None:
    store.error = RuntimeError("down")
    for key in ("a", "b", "c"):
        _write(level, key)
    await settle()

    assert store.asked == ["set a"]


@in_virtual_time
async def test_failing_and_recovering_is_said_once_each_without_quoting_the_store(
    level: SecondLevel, store: MemoryStore, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    store.error = RuntimeError("canary")
    for _ in range(3):
        await level.read("key", CODEC)
        await clock.sleep(5)
    store.error = None
    for _ in range(2):
        await level.read("key", CODEC)
        _write(level, "key")
        await settle()

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        (
            "WARNING",
            "discogs: the cache's store fails (RuntimeError); answers are kept in memory only",
        ),
        ("WARNING", "discogs: the cache's store works again"),
    ]


@in_virtual_time
async def test_a_failing_write_is_said_as_well(
    level: SecondLevel, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.error = RuntimeError("canary")
    _write(level, "key")
    await settle()

    assert caplog.messages == [
        "discogs: the cache's store fails (RuntimeError); answers are kept in memory only"
    ]


@in_virtual_time
async def test_a_read_that_works_ends_the_failing(
    level: SecondLevel, store: MemoryStore, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    store.error = OSError()
    await level.read("key", CODEC)
    await clock.sleep(5)
    store.error = None

    await level.read("key", CODEC)

    assert caplog.messages[-1] == "discogs: the cache's store works again"


@in_virtual_time
async def test_a_write_that_works_ends_the_failing_too(
    level: SecondLevel, store: MemoryStore, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    store.error = OSError()
    await level.read("key", CODEC)
    await clock.sleep(5)
    store.error = None
    _write(level, "key")
    await settle()

    assert caplog.messages[-1] == "discogs: the cache's store works again"


@in_virtual_time
async def test_a_dropped_entry_is_told_at_debug_without_its_content(
    level: SecondLevel, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    store.entries["key"] = StoredEntry(b"canary", wall(0))

    await level.read("key", CODEC)

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("DEBUG", "discogs: a cache entry is dropped: another format or version, or damaged")
    ]


@in_virtual_time
async def test_task_that_writes_says_for_which_upstream(level: SecondLevel) -> None:
    _write(level, "key")

    assert "cache writer discogs" in {task.get_name() for task in asyncio.all_tasks()}
    await level.aclose()


# Closing


@in_virtual_time
async def test_closing_carries_out_what_is_pending(level: SecondLevel, store: MemoryStore) -> None:
    for key in ("a", "b"):
        _write(level, key)

    await level.aclose()

    assert list(store.entries) == ["a", "b"]


@in_virtual_time
async def test_closing_gives_a_slow_store_two_seconds(
    level: SecondLevel, store: MemoryStore, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    store.takes = 1.5
    for key in ("a", "b"):
        _write(level, key)

    await level.aclose()

    assert (list(store.entries), clock.elapsed) == (["a"], 2)
    assert caplog.messages == ["discogs: cache entries could not be stored in time"]
    assert len(asyncio.all_tasks()) == 1


@in_virtual_time
async def test_closing_with_nothing_pending_does_nothing(
    level: SecondLevel, clock: VirtualClock
) -> None:
    await level.aclose()

    assert clock.elapsed == 0
