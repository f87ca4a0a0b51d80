"""The rules of a walk alone: which page is next, and whether what was read is everything."""

import itertools
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import msgspec
import pytest
from fakes.clock import WALL_START
from fakes.shelves import FakeShelf, make_copies, make_copy
from fakes.virtual_time import run
from hypothesis import given
from hypothesis import strategies as st

from services.collection.walk import Walk, missing_from
from services.discogs.shelf_models import CollectionPage
from services.errors import NotFound

START = Walk(generation=1, began_at=WALL_START)


class Reader:
    """Follows a walk to its end, as the sync does."""

    def __init__(self, shelf: FakeShelf) -> None:
        self.shelf = shelf
        self.seen: set[int] = set()

    async def read(self, walk: Walk) -> Walk:
        while (number := walk.next_page) is not None:
            try:
                page = await self.shelf.page(number, newest_first=False)
            except NotFound:
                walk = walk.looking_back()
                continue
            self.seen.update(copy.instance_id for copy in page.copies)
            walk = walk.after(page)
        return walk

    async def walks(self) -> int:
        """Walk until everything was read; returns how many walks that took."""
        for number in (1, 2, 3):
            self.seen.clear()
            walk = await self.read(msgspec.structs.replace(START, number=number))
            self.shelf.events.clear()  # what happens, happens in the first walk
            if walk.is_consistent(len(self.seen)):
                return number
        return 4


def make_page(number: int, total: int, count: int) -> CollectionPage:
    copies = tuple(make_copies(count))
    return CollectionPage(copies=copies, page=number, pages=-(-total // 100), total=total)


def instances(shelf: FakeShelf) -> set[int]:
    return {copy.instance_id for copy in shelf.copies}


@pytest.mark.parametrize(
    ("size", "pages"),
    [
        pytest.param(0, [1], id="empty"),
        pytest.param(1, [1], id="one copy"),
        pytest.param(100, [1], id="a full page"),
        pytest.param(101, [1, 2], id="one more"),
        pytest.param(350, [1, 2, 3, 4], id="several pages"),
    ],
)
def test_walk_asks_for_each_page_once(size: int, pages: list[int]) -> None:
    reader = Reader(FakeShelf(make_copies(size)))

    assert run(reader.walks()) == 1
    assert reader.shelf.asked == pages
    assert reader.seen == instances(reader.shelf)


def test_walk_reads_copies_that_are_added_meanwhile() -> None:
    shelf = FakeShelf(make_copies(300))
    young = make_copy(900)
    shelf.events[2] = shelf.add(
        msgspec.structs.replace(young, added_at=WALL_START + timedelta(seconds=5))
    )
    reader = Reader(shelf)

    assert run(reader.walks()) == 1
    assert shelf.asked == [1, 2, 3, 4]
    assert reader.seen == instances(shelf)


def test_walk_reads_the_page_before_again_when_the_total_falls() -> None:
    shelf = FakeShelf(make_copies(350))
    shelf.events[3] = shelf.remove(220)  # on a page not read yet: nothing slipped away
    reader = Reader(shelf)

    assert run(reader.walks()) == 1
    assert shelf.asked == [1, 2, 3, 2, 4]
    assert reader.seen == instances(shelf)


def test_walk_goes_back_as_far_as_copies_may_have_moved() -> None:
    walk = START
    for number in (1, 2, 3, 4):
        walk = walk.after(make_page(number, 1000, 100))

    walk = walk.after(make_page(5, 850, 100))

    assert walk.again == (3, 4)
    assert walk.next_page == 3


def test_walk_begins_anew_when_a_copy_was_removed_that_it_had_read() -> None:
    shelf = FakeShelf(make_copies(350))
    shelf.events[3] = shelf.remove(0)
    reader = Reader(shelf)

    assert run(reader.walks()) == 2
    assert reader.seen == instances(shelf)


def test_walk_begins_anew_when_a_copy_went_to_the_end() -> None:
    shelf = FakeShelf(make_copies(350))
    shelf.events[2] = shelf.move_to_end(10)
    reader = Reader(shelf)

    assert run(reader.walks()) == 2
    assert reader.seen == instances(shelf)


def test_walk_begins_anew_when_a_removal_hides_behind_an_addition() -> None:
    shelf = FakeShelf(make_copies(350))
    young = msgspec.structs.replace(make_copy(900), added_at=WALL_START + timedelta(seconds=1))
    shelf.events[2] = shelf.replace(0, young)
    reader = Reader(shelf)

    assert run(reader.walks()) == 2
    assert reader.seen == instances(shelf)


def test_walk_does_not_go_on_for_ever_when_a_clock_is_wrong() -> None:
    shelf = FakeShelf([msgspec.structs.replace(c, added_at=WALL_START) for c in make_copies(150)])
    late = msgspec.structs.replace(START, began_at=WALL_START - timedelta(hours=1))
    reader = Reader(shelf)

    first = run(reader.read(late))
    second = run(reader.read(msgspec.structs.replace(late, number=2)))

    assert not first.is_consistent(150)
    assert second.is_consistent(150)


def test_walk_is_over_when_its_next_page_has_gone() -> None:
    shelf = FakeShelf(make_copies(201))
    shelf.events[3] = shelf.remove(200)
    reader = Reader(shelf)

    assert run(reader.walks()) == 1
    assert shelf.asked == [1, 2, 3, 1, 2]
    assert reader.seen == instances(shelf)


def test_page_from_which_copies_are_left_out_is_believed_when_it_comes_twice_alike() -> None:
    shelf = FakeShelf(make_copies(250), hidden={10_003, 10_120, 10_121})
    reader = Reader(shelf)

    assert run(reader.walks()) == 1
    assert shelf.asked == [1, 1, 2, 2, 3]
    assert len(reader.seen) == 247


def test_page_that_was_short_by_accident_is_completed() -> None:
    shelf = FakeShelf(make_copies(250), hidden={10_003})
    shelf.events[2] = shelf.hidden.clear
    reader = Reader(shelf)

    assert run(reader.walks()) == 1
    assert shelf.asked == [1, 1, 2, 3]
    assert reader.seen == instances(shelf)


@pytest.mark.parametrize(
    ("number", "total", "count", "missing"),
    [
        pytest.param(1, 350, 100, 0, id="full"),
        pytest.param(1, 350, 90, 10, id="short"),
        pytest.param(4, 350, 50, 0, id="last"),
        pytest.param(4, 350, 0, 50, id="last, empty"),
        pytest.param(1, 0, 0, 0, id="empty collection"),
        pytest.param(5, 350, 3, 0, id="more than there should be"),
    ],
)
def test_page_knows_how_many_copies_were_left_out(
    number: int, total: int, count: int, missing: int
) -> None:
    assert missing_from(make_page(number, total, count)) == missing


def _do_all(actions: Sequence[Callable[[], None]]) -> None:
    for action in actions:
        action()


CHANGES = st.lists(
    st.tuples(st.integers(2, 9), st.sampled_from(["add", "remove", "move"]), st.integers(0, 10**6)),
    max_size=6,
)


@given(size=st.integers(0, 720), changes=CHANGES)
def test_walk_ends_with_everything_that_is_there_whatever_happened_in_the_first_one(
    size: int, changes: list[tuple[int, str, int]]
) -> None:
    shelf = FakeShelf(make_copies(size))
    numbers = itertools.count(10_000)

    def change(kind: str, place: int) -> None:
        if kind == "add" or not shelf.copies:
            added_at = WALL_START + timedelta(seconds=1)
            young = make_copy(next(numbers))
            shelf.copies.append(msgspec.structs.replace(young, added_at=added_at))
        elif kind == "remove":
            shelf.remove(place % len(shelf.copies))()
        else:
            shelf.move_to_end(place % len(shelf.copies))()

    for request in {request for request, _, _ in changes}:
        due = [partial(change, kind, place) for at, kind, place in changes if at == request]
        shelf.events[request] = partial(_do_all, due)
    reader = Reader(shelf)

    walks = run(reader.walks())

    assert walks <= 3
    assert reader.seen == instances(shelf)
