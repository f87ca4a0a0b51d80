"""What page buttons go on with is kept, and is its person's own."""

from datetime import timedelta

from fakes.accounts import ImpatientClock
from sqlalchemy import text

from services.collection.models import Filters, Sort
from services.collection.views import CollectionView, CollectionViews
from services.storage.database import Database

ALICE, BOB = 42, 43
VIEW = CollectionView(filters=Filters(text="ü" * 100, decade=1970), sort=Sort.YEAR)


async def test_view_is_found_again_by_another_process(database: Database) -> None:
    key = await CollectionViews(database, clock=ImpatientClock()).keep(ALICE, VIEW)

    found = await CollectionViews(database, clock=ImpatientClock()).find(ALICE, key)

    assert found == VIEW
    assert len(key) == 16


async def test_view_is_its_persons_own(database: Database) -> None:
    views = CollectionViews(database, clock=ImpatientClock())
    key = await views.keep(ALICE, VIEW)

    assert await views.find(BOB, key) is None


async def test_same_view_is_kept_once_and_another_beside_it(database: Database) -> None:
    views = CollectionViews(database, clock=ImpatientClock())

    keys = [await views.keep(ALICE, view) for view in (VIEW, VIEW, CollectionView())]

    assert keys[0] == keys[1] != keys[2]
    assert [await views.find(ALICE, key) for key in keys] == [VIEW, VIEW, CollectionView()]


async def test_view_that_nobody_used_for_90_days_is_forgotten(database: Database) -> None:
    clock = ImpatientClock()
    views = CollectionViews(database, clock=clock)
    old = await views.keep(ALICE, VIEW)
    used = await views.keep(ALICE, CollectionView(sort=Sort.TITLE))
    clock.wall += timedelta(days=89)
    await views.keep(ALICE, CollectionView(sort=Sort.TITLE))
    clock.wall += timedelta(days=2)

    await views.keep(BOB, CollectionView())

    assert await views.find(ALICE, old) is None
    assert await views.find(ALICE, used) is not None


async def test_unlinking_forgets_a_persons_views_only(database: Database) -> None:
    views = CollectionViews(database, clock=ImpatientClock())
    hers, his = await views.keep(ALICE, VIEW), await views.keep(BOB, VIEW)

    async with database.write() as transaction:
        await views.forget(transaction, ALICE)

    assert await views.find(ALICE, hers) is None
    assert await views.find(BOB, his) == VIEW


async def test_view_of_another_version_is_none(database: Database) -> None:
    views = CollectionViews(database, clock=ImpatientClock())
    key = await views.keep(ALICE, VIEW)
    async with database.write() as transaction:
        await transaction.execute(text('UPDATE collection_views SET view = \'{"sort": "smell"}\''))

    assert await views.find(ALICE, key) is None
