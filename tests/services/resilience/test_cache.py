import pytest
from fakes.clock import VirtualClock, wall
from fakes.virtual_time import in_virtual_time

from services.resilience.cache import Cache


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
