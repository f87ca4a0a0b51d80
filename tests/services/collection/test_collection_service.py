"""Browsing, picking and looking up, on both databases."""

from datetime import timedelta

import pytest
from fakes.clock import WALL_START
from fakes.copies import BLUE_TRAIN, HOMOGENIC, SHELF, FakeAccounts, make_copy, store
from harness.collections import STALE_SECONDS, HandClock, Library
from sqlalchemy import select

from services.collection.models import Entry, Filters, Sort, SyncProblem
from services.discogs.shelf_models import Format, LabelLine
from services.errors import NotLinked
from services.storage.collection_models import NameKind
from services.storage.collections import CollectionRepository
from services.storage.database import Database
from services.storage.tables import PLAYS

ME, OTHER = 42, 99
ALL = Filters()


@pytest.fixture
def library(database: Database) -> Library:
    return Library(database, clock=HandClock(), accounts=FakeAccounts(readers={ME, OTHER}))


async def test_browse_shows_a_page_and_how_the_collection_stands(
    database: Database, library: Library
) -> None:
    await store(database, ME, *SHELF, synced_at=WALL_START)
    async with database.write() as transaction:
        names = CollectionRepository()
        await names.save_names(transaction, ME, NameKind.FOLDER, {7: "CDs"})
        await names.save_names(transaction, ME, NameKind.FIELD, {3: "Remarks"})

    first = await library.service.browse(ME, ALL, sort=Sort.YEAR, page_size=3)
    second = await library.service.browse(ME, ALL, sort=Sort.YEAR, page=2, page_size=3)

    assert [copy.title for copy in first.copies] == ["Blue Train", "Homogenic", "!!!"]
    assert [copy.title for copy in second.copies] == ["東京事変 新堂"]
    assert (first.page, second.page, first.pages, first.matching) == (1, 2, 2, 4)
    assert (first.state.copies, first.state.username, first.is_fresh) == (4, "user42", True)
    blue_train, homogenic, _ = first.copies
    assert homogenic.folder == "CDs"
    assert blue_train.notes == (("Remarks", "from Zürich"),)
    assert blue_train.labels == (LabelLine(name="Blue Note", catno="BLP 1577"),)
    assert blue_train.formats == (Format(name="Vinyl", descriptions=("LP", "Album", "Mono")),)
    assert (blue_train.year, blue_train.rating, blue_train.genres) == (1957, 5, ("Jazz",))
    assert (blue_train.release_id, blue_train.instance_id) == (1_001, 1)
    assert blue_train.added_at == BLUE_TRAIN.added_at


@pytest.mark.parametrize(("asked", "shown"), [(-3, 1), (0, 1), (2, 2), (99, 2)])
async def test_browse_shows_the_nearest_page_there_is(
    database: Database, library: Library, asked: int, shown: int
) -> None:
    await store(database, ME, *SHELF, synced_at=WALL_START)

    page = await library.service.browse(ME, ALL, page=asked, page_size=3)

    assert page.page == shown
    assert page.copies


async def test_browse_of_nothing_has_one_empty_page(database: Database, library: Library) -> None:
    await store(database, ME, *SHELF, synced_at=WALL_START)

    page = await library.service.browse(ME, Filters(genre="Polka"))

    assert (page.copies, page.page, page.pages, page.matching) == ((), 1, 1, 0)
    assert page.state.copies == 4


async def test_browse_without_an_account_says_so(library: Library) -> None:
    with pytest.raises(NotLinked):
        await library.service.browse(1, ALL)


async def test_browse_begins_the_first_sync(library: Library) -> None:
    page = await library.service.browse(ME, ALL)

    assert library.sync.started == [ME]
    assert library.sync.checked == []
    assert (page.matching, page.state.username, page.is_fresh) == (0, "user42", True)


async def test_browse_does_not_begin_again_what_has_failed(
    database: Database, library: Library
) -> None:
    async with database.write() as transaction:
        await CollectionRepository().open(transaction, ME, "me")
        problem = SyncProblem.PRIVATE.value
        await CollectionRepository().change(transaction, ME, problem=problem)

    page = await library.service.browse(ME, ALL)

    assert library.sync.started == []
    assert page.state.problem is SyncProblem.PRIVATE


@pytest.mark.parametrize(
    ("age", "checked", "is_fresh"),
    [
        pytest.param(STALE_SECONDS, [], True, id="young enough"),
        pytest.param(STALE_SECONDS + 1, [(ME, 3.0)], False, id="too old, and it stays so"),
    ],
)
async def test_browse_has_old_copies_checked_for_three_seconds(
    database: Database,
    library: Library,
    age: float,
    checked: list[tuple[int, float]],
    *,
    is_fresh: bool,
) -> None:
    synced_at = WALL_START - timedelta(seconds=age)
    await store(database, ME, *SHELF, synced_at=synced_at)

    page = await library.service.browse(ME, ALL)

    assert library.sync.checked == checked
    assert page.is_fresh is is_fresh
    assert page.state.synced_at == synced_at


async def test_random_shows_every_copy_once_before_one_comes_again(
    database: Database, library: Library
) -> None:
    await store(database, ME, *(make_copy(n) for n in range(1, 8)), synced_at=WALL_START)

    picks = [await library.service.random(ME, ALL) for _ in range(21)]

    numbers = [pick.copy.instance_id for pick in picks if pick]
    rounds = [numbers[start : start + 7] for start in (0, 7, 14)]
    assert [sorted(number or 0 for number in each) for each in rounds] == [list(range(1, 8))] * 3
    assert numbers[6] != numbers[7]
    assert numbers[13] != numbers[14]


async def test_random_remembers_across_restarts(database: Database, library: Library) -> None:
    await store(database, ME, BLUE_TRAIN, HOMOGENIC, synced_at=WALL_START)
    again = Library(database, clock=HandClock(), accounts=library.accounts, chance=1)

    first = await library.service.random(ME, ALL)
    second = await again.service.random(ME, ALL)

    assert first is not None
    assert second is not None
    assert {first.copy.instance_id, second.copy.instance_id} == {1, 2}


async def test_random_says_why(database: Database) -> None:
    clock = HandClock()
    library = Library(database, clock=clock, accounts=FakeAccounts(readers={ME}))
    await store(database, ME, BLUE_TRAIN, synced_at=WALL_START)
    reasons = []

    for days in (0, 1, 30):
        clock.later(days * 86_400.0)
        pick = await library.service.random(ME, ALL)
        reasons.append(pick and pick.reason)

    assert reasons == ["never_picked", "chance", "long_ago"]


async def test_random_picks_new_copies_once_and_not_until_they_have_caught_up(
    database: Database, library: Library
) -> None:
    old = [make_copy(n) for n in range(1, 4)]
    await store(database, ME, *old, synced_at=WALL_START)
    for _ in range(9):
        await library.service.random(ME, ALL)
    await store(database, ME, *old, make_copy(9), synced_at=WALL_START)

    picks = [await library.service.random(ME, ALL) for _ in range(5)]

    first, *round_ = [pick.copy.instance_id or 0 for pick in picks if pick]
    assert first == 9
    assert sorted(round_) == [1, 2, 3, 9]


async def test_random_shows_what_was_played_last_in_each_round_and_repeats_nothing(
    database: Database, library: Library
) -> None:
    await store(database, ME, *SHELF, synced_at=WALL_START)
    played = [copy.item_id for copy in await library.service.find(ME, "", 2)]
    for item_id in played:
        await library.service.play(ME, item_id)

    rounds = [[await library.service.random(ME, ALL) for _ in SHELF] for _ in range(5)]

    for picks in rounds:
        shown = [pick.copy.item_id for pick in picks if pick]
        assert len(set(shown)) == len(SHELF)
        # What opens a round is not what closed the last one, so one of the two may come earlier.
        assert set(shown[-1:]) <= set(played)
        assert [pick.played_at for pick in picks if pick and pick.copy.item_id in played] == [
            WALL_START
        ] * 2
    assert set(played) == {pick.copy.item_id for pick in rounds[0][-2:] if pick}


async def test_play_survives_a_sync_and_goes_with_its_copy(
    database: Database, library: Library
) -> None:
    await store(database, ME, *SHELF, synced_at=WALL_START)
    [kept, gone] = [
        (await library.service.find(ME, name))[0].item_id for name in ("blue train", "homogenic")
    ]
    await library.service.play(ME, kept)
    playing = await library.service.play(ME, gone)

    await store(database, ME, BLUE_TRAIN, synced_at=WALL_START)
    async with database.write() as transaction:
        while await CollectionRepository().drop_stale(transaction, ME):
            pass
    pick = await library.service.random(ME, ALL)

    assert (playing.copy.title, playing.played_at) == ("Homogenic", WALL_START)
    assert pick is not None
    assert pick.played_at == WALL_START
    assert await plays(database) == [kept]
    async with database.write() as transaction:
        await CollectionRepository().delete_person(transaction, ME)
    assert await plays(database) == []


async def plays(database: Database) -> list[int]:
    async with database.read() as transaction:
        return list((await transaction.execute(select(PLAYS.c.item_id))).scalars())


async def test_random_keeps_to_the_filters(database: Database, library: Library) -> None:
    await store(database, ME, *SHELF, synced_at=WALL_START)

    picks = [await library.service.random(ME, Filters(genre="jazz")) for _ in range(3)]
    nothing = await library.service.random(ME, Filters(genre="polka"))

    assert [pick and (pick.copy.instance_id, pick.matching) for pick in picks] == [(1, 1)] * 3
    assert nothing is None


async def test_find_get_and_lists_ask_neither_discogs_nor_for_an_account(
    database: Database, library: Library
) -> None:
    await store(database, ME, *SHELF)
    service = library.service
    library.accounts.readers = ()

    [found] = await service.find(ME, "bjo homo")
    newest = await service.find(ME, " ", limit=1)

    assert found.title == "Homogenic"
    assert await service.get(ME, found.item_id) == found
    assert [copy.instance_id for copy in newest] == [4]
    assert await service.genres(ME, "el") == ("Electronic",)
    assert await service.styles(ME, "bop") == ("Hard Bop",)
    assert await service.labels(ME, "blue") == ("Blue Note",)
    assert await service.formats(ME, "v") == ("Vinyl",)
    assert library.sync.started == []
    assert library.sync.checked == []


@pytest.mark.parametrize("item_id", [-1, 0, 10**30])
async def test_get_knows_no_number_that_is_none(library: Library, item_id: int) -> None:
    assert await library.service.get(ME, item_id) is None


async def test_folders_are_listed_by_name(database: Database, library: Library) -> None:
    async with database.write() as transaction:
        folders = {1: "Uncategorized", 7: "Électro", 8: "Jazz to sell"}
        await CollectionRepository().save_names(transaction, ME, NameKind.FOLDER, folders)

    assert await library.service.folders(ME) == ("Jazz to sell", "Uncategorized", "Électro")
    assert await library.service.folders(ME, "elec") == ("Électro",)
    assert await library.service.folders(ME, "sell") == ("Jazz to sell",)


async def test_state_is_none_before_anything_is_stored(
    database: Database, library: Library
) -> None:
    before = await library.service.state(ME)
    async with database.write() as transaction:
        await CollectionRepository().open(transaction, ME, "me")
        await CollectionRepository().begin_generation(transaction, ME)
    partial = await library.service.state(ME)
    await store(database, ME, *SHELF)
    whole = await library.service.state(ME)

    assert before is None
    assert partial is not None
    assert (partial.is_partial, partial.copies) == (True, 0)
    assert whole is not None
    assert (whole.is_partial, whole.copies) == (False, 4)


async def test_local_entries_are_browsed_and_marked(database: Database, library: Library) -> None:
    await store(database, ME, BLUE_TRAIN, synced_at=WALL_START)
    added = await library.service.add(ME, Entry(artist="Nina Simone", title="Pastel Blues"))

    page = await library.service.browse(ME, Filters(text="nina"))

    assert page.copies == (added.copy,)
    assert added.copy.is_local
    assert page.state.copies == 2
