"""Collections of any size: the same every time, cheap, and with the shapes of real ones."""

import time
from itertools import pairwise

import pytest

from bot.sandbox.catalogue import collection, wantlist

_LARGEST = 100_000


@pytest.mark.parametrize("size", [0, 1, 3, 180, 5_000])
def test_collection_has_the_size_asked_for(size: int) -> None:
    whole = collection(size, 7)

    page = whole.page(0, sort="added", descending=False, offset=0, limit=size + 10)

    assert len(whole) == whole.count() == len(page) == size


def test_collection_is_the_same_every_time_and_another_for_another_seed() -> None:
    first = [collection(300, 7).item(number) for number in range(300)]
    again = [collection(300, 7).item(number) for number in range(300)]
    other = [collection(300, 8).item(number) for number in range(300)]

    assert first == again
    assert first != other


def test_largest_collection_gives_a_page_at_once() -> None:
    started_at = time.perf_counter()

    page = collection(_LARGEST, 3).page(0, sort="added", descending=True, offset=99_900, limit=100)

    assert len(page) == 100
    assert time.perf_counter() - started_at < 1.0


def test_instances_are_unique_and_releases_repeat() -> None:
    items = [collection(2_000, 5).item(number) for number in range(2_000)]
    instances = {item.instance_id for item in items}
    releases = {item.pressing.edition.release_id for item in items}

    assert len(instances) == 2_000
    assert 1_800 < len(releases) < 1_990
    assert max(instances) < 2**31
    assert max(releases) < 2**31


def test_release_ids_of_the_largest_collection_fit_32_bits() -> None:
    last = collection(_LARGEST, 3).item(_LARGEST - 1)

    assert last.pressing.edition.release_id < 2**31


def test_every_copy_of_a_release_is_found() -> None:
    whole = collection(500, 5)
    items = [whole.item(number) for number in range(500)]
    wanted = next(
        item.pressing.edition.release_id
        for place, item in enumerate(items)
        if item.pressing in [earlier.pressing for earlier in items[:place]]
    )

    copies = whole.copies_of(wanted)

    assert copies == [item for item in items if item.pressing.edition.release_id == wanted]
    assert len(copies) > 1


def test_folders_hold_everything_once() -> None:
    whole = collection(400, 9)

    assert sum(whole.count(folder) for folder in range(1, 6)) == whole.count(0) == 400


def test_items_have_the_variety_of_a_real_collection() -> None:
    items = [collection(600, 4).item(number) for number in range(600)]

    assert {item.rating for item in items} == {0, 1, 2, 3, 4, 5}
    assert any(not item.notes for item in items)
    assert any(3 in item.notes for item in items)
    assert any(item.pressing.edition.year == 0 for item in items)
    assert all(a.added_at <= b.added_at for a, b in pairwise(items))


@pytest.mark.parametrize("sort", ["artist", "title", "label", "catno", "format", "year", "rating"])
def test_pages_in_any_order_add_up_to_the_whole(sort: str) -> None:
    whole = collection(130, 2)

    pages = [
        item.instance_id
        for offset in (0, 50, 100)
        for item in whole.page(0, sort=sort, descending=False, offset=offset, limit=50)
    ]

    assert len(pages) == len(set(pages)) == 130


def test_sorting_by_year_sorts_by_year() -> None:
    items = collection(130, 2).page(0, sort="year", descending=True, offset=0, limit=130)
    years = [item.pressing.edition.year for item in items]

    assert years == sorted(years, reverse=True)


def test_wantlist_does_not_overlap_a_small_collection() -> None:
    owned = {collection(100, 7).item(number).pressing.edition.release_id for number in range(100)}
    wanted = [item.pressing.edition.release_id for item in wantlist(20, 7)]

    assert len(set(wanted)) == 20
    assert owned.isdisjoint(wanted)


def test_item_outside_the_collection_does_not_exist() -> None:
    with pytest.raises(IndexError):
        collection(3, 1).item(3)
