"""What people see and change of their wantlists, on both databases."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fakes.clock import WALL_START
from fakes.copies import FakeAccounts, make_copy, store
from fakes.wishes import make_wish
from harness.collections import HandClock
from harness.wantlists import Wantlists

from services.collection.errors import NoSuchWant, ReadOnlyLink
from services.collection.models import Sort
from services.collection.want_models import Possession, Wanted
from services.collection.wantlist import WantlistService
from services.collection.wantlist_work import WANTLIST_SYNC
from services.errors import CircuitOpen, NotLinked, OutcomeUnknown
from services.storage.database import Database

WRITER, READER, STRANGER, THIEF = 43, 42, 44, 45
AWAY = CircuitOpen("discogs", "remove_wish")
UNKNOWN = OutcomeUnknown("discogs", "remove_wish")
BLUE = make_wish(7, "Blue Train", artist="John Coltrane", master_id=70)
BJORK = make_wish(8, "Homogenic", artist="Björk", master_id=80)
BANG = make_wish(9, "!!!", artist="!!!")


@pytest.fixture
async def wantlists(database: Database) -> Wantlists:
    """Everybody has read the same list of three."""
    accounts = FakeAccounts(readers={READER}, writers={WRITER, THIEF})
    wantlists = Wantlists(database, HandClock(), accounts=accounts)
    wantlists.shelf.wishes = {wish.pressing.release_id: wish for wish in (BLUE, BJORK, BANG)}
    for user_id in (WRITER, READER):
        await wantlists.sync.start(user_id)
        await wantlists.work()
    return wantlists


@pytest.mark.parametrize(
    ("text", "sort", "expected"),
    [
        pytest.param("", Sort.ADDED, [9, 8, 7], id="the newest first"),
        pytest.param("", Sort.TITLE, [9, 7, 8], id="by title"),
        pytest.param("bjork hom", Sort.ADDED, [8], id="beginnings of words, without accents"),
        pytest.param("cat7", Sort.ADDED, [7], id="a number without its space"),
        pytest.param("!!!", Sort.ADDED, [9], id="no words at all"),
        pytest.param("%", Sort.ADDED, [], id="what is special in SQL"),
    ],
)
async def test_wishes_are_found_and_ordered(
    wantlists: Wantlists, text: str, sort: Sort, expected: list[int]
) -> None:
    page = await wantlists.service.browse(WRITER, text, sort)

    assert [want.release_id for want in page.wants] == expected
    assert (page.matching, page.may_write, page.is_fresh) == (len(expected), True, True)


async def test_page_beyond_the_last_is_the_last(wantlists: Wantlists) -> None:
    page = await wantlists.service.browse(WRITER, page=9, page_size=2)

    assert (page.page, page.pages, page.matching) == (2, 2, 3)
    assert [want.release_id for want in page.wants] == [7]


async def test_wish_says_what_of_it_is_owned_by_now(
    database: Database, wantlists: Wantlists
) -> None:
    owned = [make_copy(1, release_id=7, master_id=70), make_copy(2, release_id=99, master_id=80)]
    await store(database, WRITER, *owned, make_copy(3, release_id=98), synced_at=WALL_START)

    page = await wantlists.service.browse(WRITER, sort=Sort.ARTIST)

    assert {want.release_id: want.possession for want in page.wants} == {
        7: Possession.SAME,
        8: Possession.OTHER_PRESSING,
        9: Possession.NONE,
    }
    assert page.owned == await wantlists.service.count_owned(WRITER) == 2
    assert [want.release_id for want in await wantlists.service.owned(WRITER)] == [7, 8]
    assert await wantlists.service.count_owned(READER) == 0


async def test_holds_tells_what_of_these_is_wanted(wantlists: Wantlists) -> None:
    held = await wantlists.service.holds(WRITER, {7, 1_000}, {80, 2_000})

    assert held == Wanted(release_ids=frozenset({7}), master_ids=frozenset({80}))


async def test_wish_is_added_on_discogs_and_here(wantlists: Wantlists) -> None:
    added = await wantlists.service.add(WRITER, 20)
    again = await wantlists.service.add(WRITER, 20)

    assert added.want is not None
    assert (added.want.title, added.was_there, again.was_there) == ("Title 20", False, True)
    assert await wantlists.wanted(WRITER) == [7, 8, 9, 20]


async def test_wish_is_removed_on_discogs_and_here(wantlists: Wantlists) -> None:
    removed = await wantlists.service.remove(WRITER, 8)

    assert removed.title == "Homogenic"
    assert wantlists.shelf.changes == [("remove", 8)]
    assert await wantlists.wanted(WRITER) == [7, 9]
    with pytest.raises(NoSuchWant):
        await wantlists.service.remove(WRITER, 8)


@pytest.mark.parametrize(
    ("user_id", "error"),
    [
        pytest.param(READER, ReadOnlyLink, id="not linked for writing"),
        pytest.param(STRANGER, NotLinked, id="not linked"),
    ],
)
async def test_list_that_may_not_be_changed_stays_as_it_is(
    wantlists: Wantlists, user_id: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await wantlists.service.add(user_id, 20)
    with pytest.raises(error):
        await wantlists.service.remove(user_id, 7)

    assert wantlists.shelf.changes == []


@pytest.mark.parametrize(
    ("failure", "syncs"),
    [pytest.param(AWAY, 0, id="not done"), pytest.param(UNKNOWN, 1, id="not known")],
)
async def test_failing_removal_changes_nothing_here_and_has_doubts_settled_by_a_sync(
    wantlists: Wantlists, failure: Exception, syncs: int
) -> None:
    wantlists.shelf.broken = failure

    with pytest.raises(type(failure)):
        await wantlists.service.remove(WRITER, 7)

    assert await wantlists.wanted(WRITER) == [7, 8, 9]
    assert await wantlists.queue.waiting(WANTLIST_SYNC) == syncs


async def test_clean_up_stops_where_discogs_fails_and_says_what_is_left(
    wantlists: Wantlists,
) -> None:
    wants = await wantlists.service.find(WRITER, "")
    wantlists.shelf.stubborn[8] = AWAY

    done = await wantlists.service.clean_up(WRITER, wants)

    assert [want.release_id for want in wants] == [9, 8, 7]
    assert [want.release_id for want in done.removed] == [9]
    assert [want.release_id for want in done.left] == [8, 7]
    assert done.failure is AWAY
    assert await wantlists.wanted(WRITER) == [7, 8]
    assert sorted(wantlists.shelf.wishes) == [7, 8]


# --- Isolation


Ask = Callable[[WantlistService], Awaitable[Any]]
QUESTIONS: dict[str, Ask] = {
    "browse": lambda s: s.browse(THIEF, "blue"),
    "find": lambda s: s.find(THIEF, ""),
    "freshen": lambda s: s.freshen(THIEF, 0.01),
    "get": lambda s: s.get(THIEF, 7),
    "holds": lambda s: s.holds(THIEF, {7}, {70}),
    "owned": lambda s: s.owned(THIEF),
    "count_owned": lambda s: s.count_owned(THIEF),
    "add": lambda s: s.add(THIEF, 1_000),
    "clean_up": lambda s: s.clean_up(THIEF, ()),
}


def test_every_method_is_tried() -> None:
    methods = inspect.getmembers(WantlistService, inspect.iscoroutinefunction)

    assert {name for name, _ in methods if not name.startswith("_")} == {*QUESTIONS, "remove"}


@pytest.mark.parametrize("method", QUESTIONS)
async def test_no_answer_tells_of_another_persons_wishes(
    database: Database, wantlists: Wantlists, method: str
) -> None:
    await store(database, WRITER, make_copy(1, release_id=7, master_id=70))
    wantlists.shelf.wishes = {}
    await wantlists.sync.start(THIEF)
    await wantlists.work()

    answer = repr(await QUESTIONS[method](wantlists.service))

    assert "Blue Train" not in answer
    assert "{7}" not in answer
    assert answer != "1"


async def test_nobody_removes_what_is_on_another_persons_list(wantlists: Wantlists) -> None:
    with pytest.raises(NoSuchWant):
        await wantlists.service.remove(THIEF, 7)

    assert await wantlists.wanted(WRITER) == [7, 8, 9]
