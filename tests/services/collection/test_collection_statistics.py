"""The numbers of a collection, against plain Python over what Discogs sent."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from fakes.clock import WALL_START
from fakes.copies import BLUE_TRAIN, HOMOGENIC, FakeAccounts, FakeSync, make_copy, store
from fakes.raw_shelves import Json, as_pages, counts, raw_rows
from harness.collections import STALE_SECONDS, HandClock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.collection.freshness import Freshness
from services.collection.models import Entry
from services.collection.rows import entry_row
from services.collection.statistics import CollectionStatistics
from services.collection.statistics_models import Ranking, Repeats, Statistics
from services.discogs.shelf_protocol import parse_collection_page
from services.errors import NotLinked
from services.storage.collection_entries import LocalEntries
from services.storage.collections import CollectionRepository
from services.storage.database import Database
from services.storage.tables import MASTER_YEARS

ME, OTHER = 42, 43
people = count(1_000)


def statistics_of(
    database: Database, *user_ids: int, sync: FakeSync | None = None
) -> CollectionStatistics:
    collections = CollectionRepository()
    freshness = Freshness(
        database=database,
        collections=collections,
        accounts=FakeAccounts(readers=user_ids),
        sync=sync or FakeSync(),
        clock=HandClock(),
        stale_seconds=STALE_SECONDS,
    )
    return CollectionStatistics(database=database, collections=collections, freshness=freshness)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=raw_rows(),
    master_years=st.dictionaries(st.integers(501, 502), st.integers(1955, 1975), max_size=2),
)
async def test_statistics_are_what_plain_python_counts_in_the_raw_pages(
    database: Database, rows: list[Json], master_years: dict[int, int]
) -> None:
    user_id, pages = next(people), as_pages(rows)
    copies = [copy for page in pages for copy in parse_collection_page(page).copies]
    await store(database, user_id, *copies, synced_at=WALL_START)
    await store(database, OTHER, BLUE_TRAIN, HOMOGENIC, synced_at=WALL_START)
    service = statistics_of(database, user_id)
    await service.note_master_years(master_years)
    known = await stored_years(database)  # everybody's: those of earlier examples as well

    found = await service.of(user_id)

    assert told(found) == counts(pages, known)


async def stored_years(database: Database) -> dict[int, int]:
    async with database.read() as transaction:
        rows = await transaction.execute(select(MASTER_YEARS))
        return {row.master_id: row.year for row in rows}


def told(found: Statistics) -> Json:
    numbers = ["copies", "releases", "artists", "rated", "stars", "undated"]
    numbers += ["dated_pressings", "dated_music"]
    rankings = ["formats", "genres", "styles", "labels", "countries"]
    return {
        **{name: getattr(found, name) for name in numbers},
        **{name: ranking_of(getattr(found, name)) for name in rankings},
        "pressing_decades": [(each.first_year, each.copies) for each in found.pressing_decades],
        "music_decades": [(each.first_year, each.copies) for each in found.music_decades],
        "months": [
            (each.first_day.year, each.first_day.month, each.added, each.so_far)
            for each in found.months
        ],
        "same_release": repeats_of(found.same_release),
        "same_work": repeats_of(found.same_work),
        "oldest": found.oldest and found.oldest.year,
        "newest": found.newest and found.newest.year,
    }


def ranking_of(ranking: Ranking) -> dict[str, Any]:
    most = [(each.name, each.copies) for each in ranking.most]
    return {"most": most, "distinct": ranking.distinct, "copies": ranking.copies}


def repeats_of(repeats: Repeats) -> tuple[int, int, list[int]]:
    return repeats.total, repeats.spare, [each.count for each in repeats.most]


async def test_local_entries_are_counted_and_other_generations_are_not(database: Database) -> None:
    await store(database, ME, make_copy(5, genres=("Rock",)), synced_at=WALL_START)
    await store(database, ME, BLUE_TRAIN, HOMOGENIC, synced_at=WALL_START)
    entry = entry_row(Entry(artist="Me", title="Mine", format="Acetate"), WALL_START)
    async with database.write() as transaction:
        await LocalEntries().add(transaction, ME, entry)

    found = await statistics_of(database, ME).of(ME)

    assert found.copies == found.state.copies == 3
    assert [each.name for each in found.formats.most] == ["Acetate", "CD", "Vinyl"]
    assert [each.name for each in found.genres.most] == ["Electronic", "Jazz"]


async def test_ranking_keeps_20_names_and_says_how_many_there_are(database: Database) -> None:
    copies = [make_copy(n, styles=(f"Style {n:02}",)) for n in range(1, 31)]
    await store(database, ME, *copies, synced_at=WALL_START)

    found = await statistics_of(database, ME).of(ME)

    assert len(found.styles.most) == 20
    assert found.styles.distinct == found.styles.copies == 30


async def test_empty_collection_has_zeros_and_nothing_else(database: Database) -> None:
    await store(database, ME, synced_at=WALL_START)

    found = await statistics_of(database, ME).of(ME)

    assert found == Statistics(state=found.state)


async def test_statistics_look_for_news_when_what_is_stored_is_old(database: Database) -> None:
    old = WALL_START - timedelta(seconds=STALE_SECONDS + 1)
    await store(database, ME, BLUE_TRAIN, synced_at=old)
    sync = FakeSync()

    found = await statistics_of(database, ME, sync=sync).of(ME)

    assert sync.checked == [(ME, 3.0)]
    assert not found.is_fresh


async def test_who_has_linked_nothing_has_no_statistics(database: Database) -> None:
    await store(database, OTHER, BLUE_TRAIN, synced_at=WALL_START)

    with pytest.raises(NotLinked):
        await statistics_of(database, ME, OTHER).of(7)
    assert (await statistics_of(database, ME, OTHER).of(ME)).copies == 0
