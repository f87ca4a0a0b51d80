"""What the policies remember, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from fakes.chance import FixedChance
from sqlalchemy import func, select

from services.resilience.cache_store import StoredEntry
from services.resilience.circuit_breaker import UpstreamCircuitBreaker
from services.resilience.clock import SystemClock
from services.resilience.daily_quota import SLOT_SECONDS, DailyQuota, Slot
from services.resilience.penalties import Penalties
from services.resilience.priority import Priority
from services.storage import resilience as stores
from services.storage.database import Database
from services.storage.resilience import (
    DatabaseBreakerStore,
    DatabaseCacheStore,
    DatabaseQuotaStore,
)
from services.storage.tables import CACHED_ANSWERS

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
START = 1_764_158_400


async def count_answers(database: Database) -> int:
    async with database.read() as transaction:
        statement = select(func.count()).select_from(CACHED_ANSWERS)
        return int((await transaction.execute(statement)).scalar_one())


class FixedClock(SystemClock):
    """A wall time that moves when it is told."""

    def __init__(self) -> None:
        self.wall = NOW

    def now(self) -> datetime:
        return self.wall


@pytest.fixture
def fixed_clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def cache(database: Database, fixed_clock: FixedClock) -> DatabaseCacheStore:
    return DatabaseCacheStore(database, clock=fixed_clock)


# --- Answers


async def test_answer_is_returned_as_it_was_stored(cache: DatabaseCacheStore) -> None:
    data = bytes(range(256))

    await cache.set("key", data, stored_at=NOW, keep_until=NOW + DAY)

    assert await cache.get("key") == StoredEntry(data, NOW)
    assert await cache.get("other") is None


async def test_newer_answer_replaces_the_older(
    cache: DatabaseCacheStore, database: Database
) -> None:
    await cache.set("key", b"old", stored_at=NOW, keep_until=NOW + DAY)
    await cache.set("key", b"new", stored_at=NOW + DAY, keep_until=NOW + 2 * DAY)

    assert await cache.get("key") == StoredEntry(b"new", NOW + DAY)
    assert await count_answers(database) == 1


async def test_deleted_answer_is_gone(cache: DatabaseCacheStore) -> None:
    await cache.set("key", b"old", stored_at=NOW, keep_until=NOW + DAY)

    await cache.delete("key")
    await cache.delete("never there")

    assert await cache.get("key") is None


async def test_answers_that_nobody_may_use_are_cleaned_away(
    cache: DatabaseCacheStore, fixed_clock: FixedClock, database: Database
) -> None:
    await cache.set("short", b"", stored_at=NOW, keep_until=NOW + timedelta(hours=1))
    await cache.set("long", b"", stored_at=NOW, keep_until=NOW + 7 * DAY)
    fixed_clock.wall += DAY

    fresh = DatabaseCacheStore(database, clock=fixed_clock)  # the next process cleans first
    await fresh.set("new", b"", stored_at=NOW, keep_until=NOW + 7 * DAY)

    assert await fresh.get("short") is None
    assert await fresh.get("long") is not None


@pytest.mark.parametrize(
    ("passed", "is_kept"), [(timedelta(minutes=59), True), (timedelta(hours=1), False)]
)
async def test_answers_are_cleaned_once_an_hour(
    cache: DatabaseCacheStore, fixed_clock: FixedClock, passed: timedelta, *, is_kept: bool
) -> None:
    await cache.set("short", b"", stored_at=NOW, keep_until=NOW + timedelta(minutes=1))
    fixed_clock.wall += passed

    await cache.set("new", b"", stored_at=NOW, keep_until=NOW + DAY)

    assert (await cache.get("short") is not None) == is_kept


async def test_oldest_of_too_many_answers_are_cleaned_away(
    fixed_clock: FixedClock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "MOST_ANSWERS", 3)
    for number in range(6):
        # Each cleans at its first write.
        writer = DatabaseCacheStore(database, clock=fixed_clock)
        moment = NOW + timedelta(seconds=number)
        await writer.set(str(number), b"", stored_at=moment, keep_until=NOW + DAY)

    reader = DatabaseCacheStore(database, clock=fixed_clock)
    kept = [number for number in range(6) if await reader.get(str(number)) is not None]

    assert kept == [3, 4, 5]


# --- Daily counts


async def test_counts_are_added_up_and_read_back(database: Database) -> None:
    store = DatabaseQuotaStore(database)
    first = Slot(START, Priority.INTERACTIVE)
    second = Slot(START, Priority.BACKGROUND)
    await store.add("spotify", {first: 10, second: 3}, since=0)
    await store.add("spotify", {first: -4}, since=0)
    await store.add("discogs", {first: 1}, since=0)

    assert await store.load("spotify", since=START) == {first: 6, second: 3}
    assert await store.load("spotify", since=START + 1) == {}


async def test_counts_that_are_over_are_forgotten(database: Database) -> None:
    store = DatabaseQuotaStore(database)
    old, new = Slot(START, Priority.INTERACTIVE), Slot(START + SLOT_SECONDS, Priority.INTERACTIVE)
    await store.add("spotify", {old: 1}, since=0)

    await store.add("spotify", {new: 1}, since=START + SLOT_SECONDS)

    assert await store.load("spotify", since=0) == {new: 1}


async def test_quota_goes_on_where_the_last_process_was_killed(database: Database) -> None:
    clock = SystemClock()
    first = DailyQuota("spotify", 100, clock=clock, store=DatabaseQuotaStore(database))
    await first.load()
    for _ in range(30):
        first.take()
    await first.close()

    second = DailyQuota("spotify", 100, clock=clock, store=DatabaseQuotaStore(database))
    await second.load()

    assert second.used == 30


# --- Penalties


async def test_penalty_is_kept_replaced_and_forgotten(database: Database) -> None:
    store = DatabaseBreakerStore(database)
    before = await store.load("spotify")
    await store.save("spotify", NOW)
    await store.save("spotify", NOW + DAY)
    await store.save("discogs", NOW)
    kept = await store.load("spotify")
    await store.save("spotify", None)

    assert (before, kept) == (None, NOW + DAY)
    assert await store.load("spotify") is None
    assert await store.load("discogs") == NOW


async def test_penalty_opens_the_circuit_of_the_next_process(database: Database) -> None:
    store = DatabaseBreakerStore(database)
    clock = SystemClock()
    await store.save("spotify", clock.now() + timedelta(hours=10))
    breaker = UpstreamCircuitBreaker(
        "spotify", failures=5, open_seconds=60, clock=clock, chance=FixedChance(0.0)
    )

    await Penalties({"spotify": breaker}, store).restore()

    assert breaker.state == "open"
    assert 35_990 < breaker.open_remaining <= 36_000
