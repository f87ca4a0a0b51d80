"""Collections and wantlists as they arrive: every shape of them survives."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from services.discogs.shelf_models import (
    CollectionValue,
    Copy,
    Folder,
    Format,
    LabelLine,
    NoteField,
    Pressing,
    Profile,
)
from services.discogs.shelf_protocol import (
    parse_added,
    parse_collection_page,
    parse_fields,
    parse_folders,
    parse_profile,
    parse_value,
    parse_wantlist_page,
)

PAGINATION = {"page": 2, "pages": 7, "items": 612, "per_page": 100, "urls": {}}


def _body(**body: object) -> bytes:
    return msgspec.json.encode({"pagination": PAGINATION} | body)


def _row(basic: dict[str, object] | None = None, **fields: object) -> dict[str, object]:
    information = {"id": 5, "title": "Stockholm"} | (basic or {})
    return {"id": 5, "instance_id": 101, "basic_information": information} | fields


def _copy(basic: dict[str, object] | None = None, **fields: object) -> Copy:
    (copy,) = parse_collection_page(_body(releases=[_row(basic, **fields)])).copies
    return copy


def _bare() -> Copy:
    return Copy(
        instance_id=101,
        pressing=Pressing(release_id=5, title="Stockholm", artist=""),
        folder_id=0,
    )


def test_a_copy_is_read_whole() -> None:
    copy = _copy(
        {
            "master_id": 5427,
            "year": 1999,
            "country": "Sweden",
            "artists": [
                {"name": "Persuader, The", "anv": "", "join": ","},
                {"name": "Jesper Dahlbäck (2)", "anv": "J. Dahlbäck", "join": ""},
            ],
            "labels": [{"name": "Svek (2)", "catno": "SK032"}, {"name": "Not On Label"}],
            "formats": [
                {"name": "Vinyl", "qty": "2", "descriptions": ['12"', "LP"], "text": "180 g"}
            ],
            "genres": ["Electronic"],
            "styles": ["Deep House"],
            "thumb": "https://i.discogs.com/small",
            "cover_image": "https://i.discogs.com/large",
        },
        folder_id=3,
        rating=4,
        date_added="2015-04-14T03:23:29-07:00",
        notes=[{"field_id": 1, "value": "Mint (M)"}, {"field_id": 3, "value": "  "}],
    )

    assert copy == Copy(
        instance_id=101,
        pressing=Pressing(
            release_id=5,
            title="Stockholm",
            artist="The Persuader, J. Dahlbäck",
            master_id=5427,
            year=1999,
            country="Sweden",
            formats=(Format(name="Vinyl", quantity=2, descriptions=('12"', "LP"), text="180 g"),),
            labels=(LabelLine(name="Svek", catno="SK032"), LabelLine(name="Not On Label")),
            genres=("Electronic",),
            styles=("Deep House",),
            thumb_url="https://i.discogs.com/small",
            cover_url="https://i.discogs.com/large",
        ),
        folder_id=3,
        rating=4,
        added_at=datetime(2015, 4, 14, 10, 23, 29, tzinfo=UTC),
        notes=((1, "Mint (M)"),),
    )


def test_what_is_absent_is_unknown() -> None:
    assert _copy() == _bare()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(None, id="null"),
        pytest.param({"odd": True}, id="an object"),
        pytest.param([[]], id="a list of lists"),
        pytest.param(True, id="a boolean"),
        pytest.param(-1.5, id="a fraction"),
    ],
)
@pytest.mark.parametrize("field", ["folder_id", "rating", "date_added", "notes"])
def test_an_odd_field_of_a_copy_counts_as_absent(field: str, value: object) -> None:
    assert _copy({}, **{field: value}) == _bare()


@pytest.mark.parametrize("value", [None, {"odd": True}, [[]], -1.5])
@pytest.mark.parametrize(
    "field",
    [
        "artists",
        "master_id",
        "year",
        "country",
        "formats",
        "labels",
        "genres",
        "styles",
        "thumb",
        "cover_image",
    ],
)
def test_an_odd_field_of_a_pressing_counts_as_absent(field: str, value: object) -> None:
    assert _copy({field: value}) == _bare()


def test_one_odd_credit_costs_only_itself() -> None:
    people = [{"name": "Hall", "join": "&"}, {"name": 7}, "nobody", {"name": "Oates"}]

    assert _copy({"artists": people}).pressing.artist == "Hall & Oates"


@pytest.mark.parametrize(
    ("year", "shown"),
    [(1999, 1999), ("1999", 1999), (0, None), (-1, None), (10**30, None), ("soon", None)],
)
def test_a_year_is_a_number_or_unknown(year: object, shown: int | None) -> None:
    assert _copy({"year": year}).pressing.year == shown


@pytest.mark.parametrize(
    ("qty", "shown"),
    [
        ("2", 2),
        (3, 3),
        ("0", 1),
        ("", 1),
        (None, 1),
        ("-4", 1),
        ("two", 1),
        ("²", 1),
        ("9999", 9_999),
        ("1" * 5_000, 1),
        (10**18, 1),
    ],
)
def test_a_quantity_is_sensible(qty: object, shown: int) -> None:
    (kind,) = _copy({"formats": [{"name": "Vinyl", "qty": qty}]}).pressing.formats

    assert kind.quantity == shown


@pytest.mark.parametrize(
    ("date", "shown"),
    [
        ("2015-04-14T03:23:29-07:00", datetime(2015, 4, 14, 10, 23, 29, tzinfo=UTC)),
        ("2015-04-14T03:23:29Z", datetime(2015, 4, 14, 3, 23, 29, tzinfo=UTC)),
        ("2015-04-14T03:23:29", datetime(2015, 4, 14, 3, 23, 29, tzinfo=UTC)),
        ("0001-01-01T00:00:00+10:00", None),
        ("9999-12-31T23:59:59-10:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_date_of_adding_is_in_utc_or_unknown(date: str, shown: datetime | None) -> None:
    assert _copy(date_added=date).added_at == shown


@pytest.mark.parametrize(("rating", "shown"), [(0, 0), (5, 5), (9, 5), (-3, 0), (10**30, 5)])
def test_a_rating_is_0_to_5(rating: int, shown: int) -> None:
    assert _copy(rating=rating).rating == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://i.discogs.com/a:b/c.jpeg", "https://i.discogs.com/a:b/c.jpeg"),
        ("https://st.discogs.com/x/images/spacer.gif", None),
        ("", None),
        ("/image/R-150-1.jpg", None),
        ("javascript:alert(1)", None),
    ],
)
def test_a_picture_is_an_address_or_none(url: str, shown: str | None) -> None:
    assert _copy({"thumb": url, "cover_image": url}).pressing.thumb_url == shown


def test_notes_keep_their_lines_and_lose_what_nobody_can_see() -> None:
    notes = [{"field_id": 3, "value": " Side B\u202e skips\r\n\u200b\nasked 2 CHF "}]

    assert _copy(notes=notes).notes == ((3, "Side B skips\n\nasked 2 CHF"),)


def test_texts_lose_what_nobody_can_see() -> None:
    copy = _copy(
        {
            "title": "Stock\u202eholm",
            "labels": [{"name": "Sv\u200bek", "catno": " SK\u2066032 "}],
            "formats": [{"name": "Vin\u200byl", "text": "180\u00ad g"}],
        }
    )

    assert copy.pressing == Pressing(
        release_id=5,
        title="Stockholm",
        artist="",
        labels=(LabelLine(name="Svek", catno="SK032"),),
        formats=(Format(name="Vinyl", text="180 g"),),
    )


def test_repeated_labels_and_nameless_ones_are_left_out() -> None:
    labels = [{"name": "Svek", "catno": "1"}, {"name": "Svek", "catno": "1"}, {"catno": "2"}]

    assert _copy({"labels": labels}).pressing.labels == (LabelLine(name="Svek", catno="1"),)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(None, id="null"),
        pytest.param("row", id="a text"),
        pytest.param({}, id="nothing in it"),
        pytest.param({"id": 1, "instance_id": 2}, id="no pressing"),
        pytest.param(_row(instance_id=None), id="null for an id"),
        pytest.param(_row(instance_id=0), id="0 for an id"),
        pytest.param(_row(instance_id=2**63), id="an id no database holds"),
        pytest.param(_row({"id": "x"}), id="a word for a release"),
    ],
)
def test_a_row_that_cannot_be_read_is_left_out_and_counted(row: object) -> None:
    page = parse_collection_page(_body(releases=[_row(), row, _row(instance_id=102)]))

    assert [copy.instance_id for copy in page.copies] == [101, 102]
    assert page.unreadable == 1


def test_a_page_says_where_it_is() -> None:
    page = parse_collection_page(_body(releases=[]))

    assert (page.copies, page.page, page.pages, page.total, page.unreadable) == ((), 2, 7, 612, 0)


def test_an_empty_collection_has_one_page() -> None:
    pagination = {"page": 1, "pages": 0, "items": 0}

    assert parse_collection_page(_body(pagination=pagination, releases=[])).pages == 1


UNREADABLE_PAGES: list[Any] = [
    pytest.param(b"<html>", id="HTML"),
    pytest.param(b"", id="nothing"),
    pytest.param(b"[]", id="a list"),
    pytest.param(_body(), id="no rows"),
    pytest.param(_body(releases={}, wants={}), id="rows that are no list"),
    pytest.param(_body(pagination=None, releases=[], wants=[]), id="no pagination"),
    pytest.param(_body(pagination={"page": 1}, releases=[], wants=[]), id="half a pagination"),
]


@pytest.mark.parametrize("body", UNREADABLE_PAGES)
def test_a_page_without_its_frame_is_refused(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        parse_collection_page(body)
    with pytest.raises(msgspec.DecodeError):
        parse_wantlist_page(body)


def test_a_wish_is_read_and_an_odd_one_left_out() -> None:
    wish = {"id": 5, "rating": 4, "notes": "Any\npressing", "basic_information": {"id": 5}}

    page = parse_wantlist_page(_body(wants=[wish, {"id": 6}]))

    assert [(each.pressing.release_id, each.rating, each.notes) for each in page.wishes] == [
        (5, 4, "Any\npressing")
    ]
    assert page.unreadable == 1


def test_folders_are_read() -> None:
    body = msgspec.json.encode(
        {"folders": [{"id": 0, "name": "All", "count": 3}, {"id": 2, "name": "Lent \u200b🎁"}, {}]}
    )

    assert parse_folders(body) == (
        Folder(folder_id=0, name="All", count=3),
        Folder(folder_id=2, name="Lent 🎁"),
    )


def test_fields_are_read() -> None:
    fields = [
        {"id": 1, "name": "Media", "type": "dropdown", "options": ["Mint (M)"], "public": True},
        {"id": 3, "name": "Notes", "type": "textarea", "lines": 3},
        {"name": "no id"},
    ]

    assert parse_fields(msgspec.json.encode({"fields": fields})) == (
        NoteField(field_id=1, name="Media", options=("Mint (M)",)),
        NoteField(field_id=3, name="Notes"),
    )


def test_the_value_is_shown_as_it_comes() -> None:
    body = b'{"minimum": "CHF 1,234.50", "median": "CHF 2", "maximum": "CHF 5"}'

    assert parse_value(body) == CollectionValue(
        minimum="CHF 1,234.50", median="CHF 2", maximum="CHF 5"
    )


@pytest.mark.parametrize(
    ("more", "size"), [({}, None), ({"num_collection": 14}, 14), ({"num_collection": None}, None)]
)
def test_a_profile_tells_the_size_only_when_it_may(
    more: dict[str, object], size: int | None
) -> None:
    body = msgspec.json.encode({"id": 1, "username": "example", "rank": 1.0} | more)

    assert parse_profile(body) == Profile(discogs_id=1, username="example", collection_size=size)


@pytest.mark.parametrize(("told", "currency"), [("GBP", "GBP"), ("", None), ("pounds", None)])
def test_a_profile_tells_in_which_currency_prices_are_wanted(
    told: str, currency: str | None
) -> None:
    body = msgspec.json.encode({"id": 1, "username": "example", "curr_abbr": told})

    assert parse_profile(body).currency == currency


def test_a_new_copy_tells_its_instance() -> None:
    assert parse_added(b'{"instance_id": 3, "resource_url": "x"}') == 3


@pytest.mark.parametrize(
    "parse", [parse_folders, parse_fields, parse_value, parse_profile, parse_added]
)
@pytest.mark.parametrize("body", [b"<html>", b"", b"{}", b"[]"])
def test_an_answer_of_another_shape_is_refused(parse: Any, body: bytes) -> None:  # noqa: ANN401
    with pytest.raises(msgspec.DecodeError):
        parse(body)
