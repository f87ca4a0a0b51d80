"""Which records a playlist is made from."""

import pytest
from fakes.filling import USER, FakeRecords, FakeWants, make_record

from services.collection.models import Filters
from services.collection.want_models import StoredWant
from services.playlists.choosing import Choosing
from services.playlists.models import RecordSource, Selection
from services.playlists.planning import affordable, cost_of, highest_cost_of

COLLECTION, WANTLIST = RecordSource.COLLECTION, RecordSource.WANTLIST


def choosing(records: FakeRecords) -> Choosing:
    return Choosing(copies=records, wants=FakeWants(records))


def want(number: int, **changes: object) -> StoredWant:
    fields = {"release_id": number, "title": f"W{number}", "artist": "Somebody"} | changes
    return StoredWant(**fields)  # type: ignore[arg-type]  # of the caller's choice


async def test_copies_are_filtered_by_the_collection_and_read_to_their_end() -> None:
    records = FakeRecords(copies=[make_record(number) for number in range(1, 451)])
    selection = Selection(source=COLLECTION, genre="Jazz", decade=1970)

    chosen = await choosing(records).choose(USER, selection, most=50)

    assert records.filters == [Filters(genre="Jazz", decade=1970)] * 3
    assert (chosen.matching, chosen.left) == (450, 400)
    assert [album.number for album in chosen.albums] == list(range(1, 51))


async def test_year_of_the_work_is_told_where_it_is_known() -> None:
    records = FakeRecords(copies=[make_record(1, year=2015, master_year=1959), make_record(2)])

    chosen = await choosing(records).choose(USER, Selection(source=COLLECTION), most=50)

    assert [album.year for album in chosen.albums] == [1959, 1972]


async def test_pressings_of_a_work_count_once_also_when_another_was_dealt_with() -> None:
    copies = [
        make_record(1, title="Same", artist="One", master_id=None),
        make_record(2, title="SAME", artist="one", master_id=None),
        make_record(3, master_id=9),
        make_record(4, master_id=9),
        make_record(5),
    ]
    records = FakeRecords(copies=copies)

    chosen = await choosing(records).choose(
        USER, Selection(source=COLLECTION), most=50, without=frozenset({2, 4})
    )

    assert ([album.number for album in chosen.albums], chosen.matching) == ([5], 3)


async def test_wishes_are_filtered_here_by_genre_and_decade() -> None:
    records = FakeRecords(
        wants=[
            want(1, genres=("Jazz",), year=1970),
            want(2, genres=("jazz", "Funk"), year=1979),
            want(3, genres=("Jazz",), year=1980),
            want(4, genres=("Rock",), year=1975),
            want(5, genres=("Jazz",)),
        ]
    )
    selection = Selection(source=WANTLIST, genre="JAZZ", decade=1970)

    chosen = await choosing(records).choose(USER, selection, most=50)

    assert [album.number for album in chosen.albums] == [1, 2]


async def test_entry_that_discogs_does_not_know_is_remembered_apart_from_releases() -> None:
    records = FakeRecords(copies=[make_record(7, release_id=None, instance_id=None)])

    chosen = await choosing(records).choose(USER, Selection(source=COLLECTION), most=50)

    assert [album.number for album in chosen.albums] == [-7]


@pytest.mark.parametrize(("albums", "requests"), [(0, 0), (1, 4), (20, 44), (50, 107)])
def test_cost_is_two_requests_an_album_and_some_around(albums: int, requests: int) -> None:
    assert cost_of(albums) == requests
    assert affordable(requests, 50) == albums
    assert highest_cost_of(albums) == requests + albums
