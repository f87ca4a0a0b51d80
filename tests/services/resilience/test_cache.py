import asyncio
import sys
from collections import OrderedDict
from datetime import timedelta

import pytest
from fakes.chance import FixedChance
from fakes.clock import VirtualClock, wall
from fakes.virtual_time import VirtualTimeLoop, in_virtual_time
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.resilience.cache import ENTRY_OVERHEAD_BYTES, Cache


async def _keys(cache: Cache, *keys: str) -> list[object]:
    entries = [await cache.get(key, max_age=3_600) for key in keys]
    return [entry and entry.value for entry in entries]


@in_virtual_time
async def test_what_was_never_stored_is_not_there(clock: VirtualClock) -> None:
    assert await Cache(capacity=2, clock=clock).get("key", max_age=10) is None


@in_virtual_time
async def test_an_entry_knows_when_it_was_stored(clock: VirtualClock) -> None:
    cache = Cache(capacity=2, clock=clock)
    await clock.sleep(5)

    await cache.set("key", "value")
    await clock.sleep(5)
    entry = await cache.get("key", max_age=10)

    assert entry is not None
    assert (entry.value, entry.as_of) == ("value", wall(5))


@pytest.mark.parametrize(("age", "is_there"), [(9.9, True), (10, True), (10.1, False)])
@in_virtual_time
async def test_an_entry_counts_up_to_the_age_asked_for(
    clock: VirtualClock, age: float, *, is_there: bool
) -> None:
    cache = Cache(capacity=2, clock=clock)
    await cache.set("key", "value")

    await clock.sleep(age)

    assert (await cache.get("key", max_age=10) is not None) is is_there


@in_virtual_time
async def test_too_old_for_one_is_not_too_old_for_another(clock: VirtualClock) -> None:
    cache = Cache(capacity=2, clock=clock)
    await cache.set("key", "value")
    await clock.sleep(60)

    ages = [await cache.get("key", max_age=age) is not None for age in (10, 100)]

    assert ages == [False, True]


@in_virtual_time
async def test_none_and_empty_values_are_kept_like_any_other(clock: VirtualClock) -> None:
    cache = Cache(capacity=2, clock=clock)
    await cache.set("key", None)

    assert await cache.get("key", max_age=10) is not None


@in_virtual_time
async def test_storing_again_replaces_value_and_age(clock: VirtualClock) -> None:
    cache = Cache(capacity=2, clock=clock)
    await cache.set("key", "old")
    await clock.sleep(60)
    await cache.set("key", "new")

    entry = await cache.get("key", max_age=10)

    assert entry is not None
    assert (entry.value, entry.as_of) == ("new", wall(60))


@in_virtual_time
async def test_the_least_recently_used_entry_leaves_first(clock: VirtualClock) -> None:
    cache = Cache(capacity=2, clock=clock)
    await cache.set("a", 1)
    await cache.set("b", 2)
    await cache.get("a", max_age=10)

    await cache.set("c", 3)

    assert await _keys(cache, "a", "b", "c") == [1, None, 3]


@in_virtual_time
async def test_the_bound_holds_under_many_entries(clock: VirtualClock) -> None:
    cache = Cache(capacity=10, clock=clock)
    for number in range(1_000):
        await cache.set(str(number), number)

    kept = await _keys(cache, *(str(number) for number in range(1_000)))

    assert [value for value in kept if value is not None] == list(range(990, 1_000))


@in_virtual_time
async def test_storing_the_same_key_again_evicts_nobody(clock: VirtualClock) -> None:
    cache = Cache(capacity=2, clock=clock)
    await cache.set("a", 1)
    await cache.set("b", 2)
    await cache.set("b", 3)

    assert await _keys(cache, "a", "b") == [1, 3]


@in_virtual_time
async def test_two_caches_share_nothing(clock: VirtualClock) -> None:
    first, second = Cache(capacity=2, clock=clock), Cache(capacity=2, clock=clock)

    await first.set("key", "value")

    assert await second.get("key", max_age=10) is None


# Bytes


def _size(key: str, value_bytes: int) -> int:
    return value_bytes + len(key) + ENTRY_OVERHEAD_BYTES


@in_virtual_time
async def test_an_entry_counts_its_serialised_value_its_key_and_a_fixed_overhead(
    clock: VirtualClock,
) -> None:
    cache = Cache(capacity=2, clock=clock)

    entry = await cache.set("key", ("ab", 1))

    # msgpack: one byte for the array, three for the text, one for the number.
    assert (entry.size, cache.bytes) == (5 + 3 + 512, 520)


@in_virtual_time
async def test_a_size_that_is_known_is_not_estimated(clock: VirtualClock) -> None:
    cache = Cache(capacity=2, clock=clock)

    entry = await cache.set("key", "x" * 100, size=7)

    assert entry.size == _size("key", 7)


@in_virtual_time
async def test_a_value_that_cannot_be_serialised_counts_what_python_says(
    clock: VirtualClock,
) -> None:
    cache, too_large_for_msgpack = Cache(capacity=2, clock=clock), 2**64

    entry = await cache.set("key", too_large_for_msgpack)

    assert entry.size == _size("key", sys.getsizeof(too_large_for_msgpack))


@in_virtual_time
async def test_entries_leave_until_the_bytes_fit_least_recently_used_first(
    clock: VirtualClock,
) -> None:
    cache = Cache(capacity=100, max_bytes=3 * _size("a", 100), clock=clock)
    for key in ("a", "b", "c"):
        await cache.set(key, key, size=100)
    await cache.get("a")

    await cache.set("d", "d", size=101)

    assert await _keys(cache, "a", "b", "c", "d") == ["a", None, None, "d"]
    assert cache.bytes == _size("a", 100) + _size("d", 101)


@in_virtual_time
async def test_entries_may_fill_the_bound_to_the_last_byte(clock: VirtualClock) -> None:
    cache = Cache(capacity=100, max_bytes=2 * _size("a", 100), clock=clock)

    await cache.set("a", "a", size=100)
    await cache.set("b", "b", size=100)

    assert (len(cache), cache.bytes) == (2, 2 * _size("a", 100))


@pytest.mark.parametrize(("size", "is_kept"), [(100, True), (101, False)])
@in_virtual_time
async def test_a_value_that_alone_exceeds_the_bound_is_not_kept_and_evicts_nobody_else(
    clock: VirtualClock, size: int, *, is_kept: bool
) -> None:
    cache = Cache(capacity=100, max_bytes=_size("k", 100), clock=clock)

    entry = await cache.set("k", "value", size=size)

    assert entry.value == "value"
    assert (await cache.get("k") is not None, len(cache)) == (is_kept, int(is_kept))


@in_virtual_time
async def test_a_value_that_has_grown_too_large_replaces_the_old_one_by_nothing(
    clock: VirtualClock,
) -> None:
    cache = Cache(capacity=100, max_bytes=_size("k", 100), clock=clock)
    await cache.set("k", "old", size=100)

    await cache.set("k", "new", size=101)

    assert (await cache.get("k"), cache.bytes) == (None, 0)


@in_virtual_time
async def test_storing_again_counts_the_new_size_only(clock: VirtualClock) -> None:
    cache = Cache(capacity=2, clock=clock)
    await cache.set("key", "old", size=100)

    await cache.set("key", "new", size=30)

    assert (len(cache), cache.bytes) == (1, _size("key", 30))


@in_virtual_time
async def test_a_deleted_entry_is_gone_with_its_bytes(clock: VirtualClock) -> None:
    cache = Cache(capacity=2, clock=clock)
    await cache.set("a", 1)
    await cache.set("b", 2)

    await cache.delete("a")
    await cache.delete("never there")

    assert (await _keys(cache, "a", "b"), len(cache)) == ([None, 2], 1)
    assert cache.bytes == _size("b", 1)


@in_virtual_time
async def test_a_thousand_entries_set_no_timer(clock: VirtualClock) -> None:
    cache = Cache(capacity=10, clock=clock)
    for number in range(1_000):
        await cache.set(str(number), number)

    loop = asyncio.get_running_loop()

    assert (loop._scheduled, len(cache)) == ([], 10)  # type: ignore[attr-defined]  # asyncio's heap


# Age


@in_virtual_time
async def test_an_entry_may_be_older_than_its_stay_in_the_cache(clock: VirtualClock) -> None:
    cache = Cache(capacity=2, clock=clock)

    entry = await cache.set("key", "value", age=60, as_of=wall(-60))
    await clock.sleep(10)

    assert entry.as_of == wall(-60)
    assert [await cache.get("key", max_age=age) is not None for age in (69.9, 70)] == [False, True]


@in_virtual_time
async def test_an_entry_too_old_for_the_asker_is_not_thereby_used(clock: VirtualClock) -> None:
    cache = Cache(capacity=2, clock=clock)
    await cache.set("a", 1)
    await cache.set("b", 2)
    await clock.sleep(60)
    await cache.get("a", max_age=10)

    await cache.set("c", 3)

    assert await _keys(cache, "a", "b", "c") == [None, 2, 3]


@pytest.mark.parametrize(("share", "early"), [(0.0, 0.0), (0.5, 0.05), (1.0, 0.1)])
@in_virtual_time
async def test_an_entry_stops_being_fresh_up_to_a_tenth_early(
    clock: VirtualClock, share: float, early: float
) -> None:
    cache = Cache(capacity=2, clock=clock, chance=FixedChance(share))

    assert (await cache.set("key", "value")).early == early


@in_virtual_time
async def test_without_chance_entries_are_fresh_for_all_of_their_time(clock: VirtualClock) -> None:
    assert (await Cache(capacity=2, clock=clock).set("key", "value")).early == 0


@in_virtual_time
async def test_a_wall_clock_that_steps_changes_no_age(clock: VirtualClock) -> None:
    cache = Cache(capacity=2, clock=clock)
    await cache.set("key", "value")

    clock.step_wall(timedelta(hours=-1))
    await clock.sleep(10.1)

    assert await cache.get("key", max_age=10) is None


# Behaviour 39: immutable or refused


@pytest.mark.parametrize("value", [["a"], {"a": 1}, (1, ["a"]), bytearray(b"a")], ids=repr)
@in_virtual_time
async def test_a_value_that_somebody_could_change_is_refused(
    clock: VirtualClock, value: object
) -> None:
    cache = Cache(capacity=2, clock=clock)

    with pytest.raises(
        TypeError, match=rf"^only immutable values are cached, not {type(value).__name__}$"
    ):
        await cache.set("key", value)

    assert len(cache) == 0


# A model


class CacheModel(RuleBasedStateMachine):
    """Random gets, sets and deletes against a plain ordered dict."""

    CAPACITY, MAX_BYTES = 4, 3_000

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=VirtualTimeLoop)
        self.cache = Cache(capacity=self.CAPACITY, max_bytes=self.MAX_BYTES, clock=VirtualClock())
        self.model: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self.counter = 0

    def teardown(self) -> None:
        self.runner.close()

    @rule(key=st.sampled_from("abcdefg"), size=st.integers(0, 3_000))
    def set(self, key: str, size: int) -> None:
        self.counter += 1
        self.runner.run(self.cache.set(key, self.counter, size=size))
        self.model.pop(key, None)
        if _size(key, size) <= self.MAX_BYTES:
            self.model[key] = (self.counter, _size(key, size))
        while len(self.model) > self.CAPACITY or self._bytes() > self.MAX_BYTES:
            self.model.popitem(last=False)

    @rule(key=st.sampled_from("abcdefg"))
    def get(self, key: str) -> None:
        entry = self.runner.run(self.cache.get(key))
        expected = self.model.get(key)
        assert (entry and (entry.value, entry.size)) == expected
        if expected is not None:
            self.model.move_to_end(key)

    @rule(key=st.sampled_from("abcdefg"))
    def delete(self, key: str) -> None:
        self.runner.run(self.cache.delete(key))
        self.model.pop(key, None)

    @invariant()
    def holds_what_the_model_holds_in_the_same_order(self) -> None:
        assert list(self.cache._sizes.items()) == [(k, s) for k, (_, s) in self.model.items()]
        assert set(self.cache._store._cache) == set(self.model)

    @invariant()
    def keeps_within_its_bounds(self) -> None:
        assert len(self.cache) == len(self.model) <= self.CAPACITY
        assert self.cache.bytes == self._bytes() <= self.MAX_BYTES

    def _bytes(self) -> int:
        return sum(size for _, size in self.model.values())


TestCacheAgainstItsModel = CacheModel.TestCase
TestCacheAgainstItsModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
