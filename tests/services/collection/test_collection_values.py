"""What a collection is worth: asked, kept once a day, and shown when Discogs is down."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest
from fakes.clock import WALL_START
from fakes.copies import BLUE_TRAIN, FakeAccounts, store
from harness.collections import HandClock

from services.answers import Source
from services.collection.errors import OwnersOnly
from services.collection.values import KEEP_VALUE, CollectionValues, ValueHistory
from services.discogs.shelf_models import CollectionValue
from services.errors import AccessDenied, ExternalServiceException, NotLinked, ServiceDown
from services.jobs.kinds import RunningJob
from services.jobs.queue import JobQueue
from services.storage.collections import CollectionRepository
from services.storage.database import Database

ME, OTHER, READER = 42, 43, 44
A_DAY = 86_400.0
DOWN = ServiceDown("discogs", "get_value", 503)


@dataclass
class ValueShelf:
    """Says what it is told to say.

    Attributes:
        median: What it says.
        error: What it ends with instead.
        asked: How often it was asked.
        meanwhile: Happens while it is asked.
    """

    median: str = "£100.00"
    error: ExternalServiceException | None = None
    asked: int = 0
    meanwhile: Callable[[], Awaitable[None]] | None = field(default=None)

    async def value(self) -> CollectionValue:
        self.asked += 1
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.error is not None:
            raise self.error
        return CollectionValue(minimum="£1.00", median=self.median, maximum="£500.00")


class Till:
    """The service and its surroundings."""

    def __init__(self, database: Database) -> None:
        self.clock, self.shelf = HandClock(), ValueShelf()
        self.queue = JobQueue(database, clock=self.clock)
        self.database = database
        self.values = CollectionValues(
            database=database,
            collections=CollectionRepository(),
            accounts=FakeAccounts(readers={READER}, writers={ME, OTHER}),
            open_shelf=lambda _account: self.shelf,
            queue=self.queue,
            clock=self.clock,
        )

    async def medians(self, user_id: int = ME) -> list[str]:
        """Return what is kept, as a look shows it while Discogs is down."""
        self.shelf.error = DOWN
        answer = await self.values.of(user_id)
        self.shelf.error = None
        return [reading.value.median for reading in answer.value.readings]

    async def synced(self, user_id: int = ME) -> int:
        """End a sync well, and do the jobs that follow from it; returns how many."""
        async with self.database.write() as transaction:
            await self.values.want(transaction, user_id)
        jobs = await self.queue.claim(kinds=[KEEP_VALUE.name], worker="w", limit=5)
        for job in jobs:
            await self.values.keep(RunningJob(KEEP_VALUE, job, self.queue))
            async with self.queue.writing() as transaction:
                assert await self.queue.complete(transaction, job)
        return len(jobs)


@pytest.fixture
async def till(database: Database) -> Till:
    for user_id in (ME, OTHER, READER):
        await store(database, user_id, BLUE_TRAIN, synced_at=WALL_START)
    return Till(database)


async def test_value_is_live_and_kept_once_a_day(till: Till) -> None:
    first = await till.values.of(ME)
    till.shelf.median = "£110.00"
    await till.values.of(ME)
    till.clock.later(A_DAY)
    till.shelf.median = "£120.00"
    last = await till.values.of(ME)

    assert (first.source, first.value.latest.value.median) == (Source.LIVE, "£100.00")
    assert [each.value.median for each in last.value.readings] == ["£110.00", "£120.00"]
    assert last.value.latest.asked_at == last.as_of == WALL_START + timedelta(days=1)


async def test_what_was_said_last_is_shown_with_its_age_when_discogs_is_down(till: Till) -> None:
    await till.values.of(ME)
    till.clock.later(3 * A_DAY)
    till.shelf.error = DOWN

    answer = await till.values.of(ME)

    assert answer.source is Source.STALE
    assert answer.as_of == WALL_START
    assert answer.error is DOWN


@pytest.mark.parametrize("error", [DOWN, AccessDenied("discogs", "get_value", 403)])
async def test_error_is_told_when_nothing_was_said_before(
    till: Till, error: ExternalServiceException
) -> None:
    till.shelf.error = error

    with pytest.raises(type(error)):
        await till.values.of(ME)


async def test_void_permission_is_told_though_something_was_said_before(till: Till) -> None:
    await till.values.of(ME)
    till.shelf.error = AccessDenied("discogs", "get_value", 403)

    with pytest.raises(AccessDenied):
        await till.values.of(ME)


async def test_value_is_for_the_owner_alone(till: Till) -> None:
    with pytest.raises(OwnersOnly):
        await till.values.of(READER)
    with pytest.raises(NotLinked):
        await till.values.of(7)
    assert till.shelf.asked == 0


async def test_nobody_sees_what_was_read_for_another(till: Till) -> None:
    await till.values.of(OTHER)
    till.clock.later(A_DAY)
    till.shelf.median = "£7.00"
    await till.values.of(ME)

    assert await till.medians(ME) == ["£7.00"]
    assert await till.medians(OTHER) == ["£100.00"]


async def test_sync_has_a_value_kept_once_a_day(till: Till) -> None:
    jobs = [await till.synced(), await till.synced()]
    till.clock.later(A_DAY)
    jobs.append(await till.synced())

    assert jobs == [1, 0, 1]
    assert till.shelf.asked == 2
    assert await till.medians() == ["£100.00", "£100.00"]


async def test_sync_is_not_harmed_by_a_value_that_cannot_be_had(till: Till) -> None:
    till.shelf.error = DOWN

    assert [await till.synced(), await till.synced(READER), await till.synced(7)] == [1, 1, 1]
    assert till.shelf.asked == 1


async def test_value_that_comes_after_unlinking_is_not_kept(till: Till, database: Database) -> None:
    async def unlink() -> None:
        async with database.write() as transaction:
            await CollectionRepository().delete_person(transaction, ME)

    await till.values.of(ME)
    till.shelf.meanwhile = unlink
    answer = await till.values.of(ME)
    till.shelf.meanwhile = None

    assert len(answer.value.readings) == 1
    with pytest.raises(ServiceDown):
        await till.medians()


async def history_of(till: Till, *medians: str, days: int) -> ValueHistory:
    """Return what is known after readings that are so many days apart."""
    answers = []
    for median in medians:
        till.shelf.median = median
        answers.append(await till.values.of(ME))
        till.clock.later(days * A_DAY)
    return answers[-1].value


async def test_changes_are_since_the_first_day_and_since_a_month_ago(till: Till) -> None:
    history = await history_of(till, "£100.00", "£150.00", "£120.50", "£130.25", days=20)

    since_first, since_month = history.change_since_first(), history.change_in_a_month()

    assert since_first == (history.readings[0], Decimal("30.25"))
    assert since_month == (history.readings[1], Decimal("-19.75"))


async def test_another_currency_is_not_compared(till: Till) -> None:
    history = await history_of(till, "£100.00", "€120.00", "rich", "€125.00", days=1)

    assert [reading.value.median for reading, _ in history.comparable] == ["€120.00", "€125.00"]
    assert history.change_since_first() == (history.readings[1], Decimal("5.00"))
    assert history.change_in_a_month() is None
