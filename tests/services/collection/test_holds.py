"""What somebody has of a release, by what is stored."""

import pytest
from fakes.clock import WALL_START
from fakes.copies import FakeAccounts, make_copy, store
from harness.collections import HandClock, Library

from services.collection.models import Entry, Owned
from services.discogs.shelf_models import Format
from services.storage.database import Database

ME, OTHER = 42, 99
FIRST = make_copy(1, release_id=10, master_id=7)
AGAIN = make_copy(2, release_id=10, master_id=7)
RED = make_copy(3, release_id=11, master_id=7, formats=(Format(name="Vinyl", text="Red"),))
STRANGE = make_copy(4, release_id=12, master_id=8)
MASTERLESS = make_copy(5, release_id=13)


@pytest.fixture
async def library(database: Database) -> Library:
    library = Library(database, clock=HandClock(), accounts=FakeAccounts(readers={ME, OTHER}))
    copies = (FIRST, AGAIN, RED, STRANGE, MASTERLESS)
    await store(database, ME, *copies, synced_at=WALL_START)
    await store(database, OTHER, make_copy(6, release_id=14, master_id=7), synced_at=WALL_START)
    return library


async def test_copies_of_the_release_and_of_other_pressings_are_told_apart(
    library: Library,
) -> None:
    owned = await library.service.holds(ME, 10, 7)

    assert (owned.copies, owned.others) == (2, 1)
    assert [(copy.release_id, copy.formats[0].text) for copy in owned.pressings] == [(11, "Red")]


async def test_release_without_a_master_has_no_other_pressings(library: Library) -> None:
    assert await library.service.holds(ME, 13, None) == Owned(copies=1)


async def test_nothing_is_held_of_what_others_have(library: Library) -> None:
    assert await library.service.holds(ME, 14, 99) == Owned()


async def test_entry_that_is_only_kept_here_counts(library: Library) -> None:
    await library.service.add(ME, Entry(artist="a", title="b", release_id=20))

    assert (await library.service.holds(ME, 20, None)).copies == 1


async def test_no_more_than_three_pressings_are_told_but_all_are_counted(
    database: Database, library: Library
) -> None:
    pressings = [make_copy(number, release_id=100 + number, master_id=7) for number in range(1, 6)]
    await store(database, ME, *pressings, synced_at=WALL_START)

    owned = await library.service.holds(ME, 10, 7)

    assert (owned.copies, owned.others) == (0, 5)
    assert [copy.release_id for copy in owned.pressings] == [105, 104, 103]
