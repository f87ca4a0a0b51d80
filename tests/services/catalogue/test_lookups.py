"""What somebody looked at last is kept for them, and suggested with what they own."""

from fakes.clock import WALL_START
from fakes.copies import BLUE_TRAIN, HOMOGENIC, FakeAccounts, make_copy, store
from harness.collections import HandClock, Library
from sqlalchemy import text

from services.catalogue.lookups import RecentLookups
from services.catalogue.models import Suggestion
from services.catalogue.suggestions import Suggestions
from services.collection.models import Entry
from services.discogs.models import Release
from services.storage.database import Database

ALICE, BOB = 42, 43


def release(number: int, title: str = "Title", artist: str = "Artist") -> Release:
    return Release(release_id=number, title=title, artist=artist)


async def noted(database: Database, user_id: int, *releases: Release) -> RecentLookups:
    """Note releases, a minute apart."""
    clock = HandClock()
    lookups = RecentLookups(database, clock=clock)
    for each in releases:
        clock.later(60)
        await lookups.note(user_id, each)
    return lookups


async def ids(lookups: RecentLookups, user_id: int, text: str = "") -> list[int]:
    return [each.release_id for each in await lookups.find(user_id, text)]


async def test_newest_look_up_comes_first_and_each_release_once(database: Database) -> None:
    lookups = await noted(database, ALICE, release(1), release(2), release(1, "New title"))

    found = await lookups.find(ALICE, "")

    assert found == (
        Suggestion(release_id=1, title="New title", artist="Artist"),
        Suggestion(release_id=2, title="Title", artist="Artist"),
    )


async def test_twenty_five_look_ups_of_a_person_are_kept(database: Database) -> None:
    await noted(database, BOB, release(99))
    lookups = await noted(database, ALICE, *map(release, range(1, 31)))

    async with database.read() as transaction:
        rows = (await transaction.execute(text("SELECT COUNT(*) FROM lookups"))).scalar_one()

    assert await ids(lookups, ALICE) == list(range(30, 5, -1))
    assert await ids(lookups, BOB) == [99]
    assert rows == 26


async def test_look_ups_are_found_by_the_beginnings_of_their_words(database: Database) -> None:
    lookups = await noted(
        database, ALICE, release(1, "Homogenic", "Björk"), release(2, "Homework", "Daft Punk")
    )

    assert await ids(lookups, ALICE, "hom bjo") == [1]
    assert await ids(lookups, ALICE, "hom") == [2, 1]
    assert await ids(lookups, ALICE, "genic") == []


async def test_look_ups_are_their_persons_own_until_forgotten(database: Database) -> None:
    lookups = await noted(database, ALICE, release(1))
    await noted(database, BOB, release(2))

    async with database.write() as transaction:
        await lookups.forget(transaction, ALICE)

    assert (await ids(lookups, ALICE), await ids(lookups, BOB)) == ([], [2])


async def test_suggestions_are_what_was_looked_at_then_what_is_owned(database: Database) -> None:
    library = Library(database, clock=HandClock(), accounts=FakeAccounts(readers={ALICE}))
    await store(database, ALICE, BLUE_TRAIN, HOMOGENIC, synced_at=WALL_START)
    await library.service.add(ALICE, Entry(artist="No", title="Release"))
    seen = (release(7, "Blue Moon"), release(1_001, "Blue Train", "Old name"))
    lookups = await noted(database, ALICE, *seen)
    suggestions = Suggestions(copies=library.service, lookups=lookups)

    everything = await suggestions.releases(ALICE, "")
    blue = await suggestions.releases(ALICE, "blue")

    assert [each.release_id for each in everything] == [1_001, 7, 1_002]
    assert everything[0].facts == ("Vinyl", "1957")
    assert everything[0].artist == "John Coltrane"
    assert [each.release_id for each in blue] == [1_001, 7]
    assert await suggestions.releases(BOB, "") == ()


async def test_no_more_than_25_are_suggested(database: Database) -> None:
    library = Library(database, clock=HandClock(), accounts=FakeAccounts(readers={ALICE}))
    copies = [make_copy(number) for number in range(1, 31)]
    await store(database, ALICE, *copies, synced_at=WALL_START)
    lookups = await noted(database, ALICE, release(7))

    found = await Suggestions(copies=library.service, lookups=lookups).releases(ALICE, "")

    assert len(found) == 25
    assert found[0].release_id == 7
