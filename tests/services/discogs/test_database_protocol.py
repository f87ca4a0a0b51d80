"""Masters, versions, artists, labels and prices as they arrive."""

from collections.abc import Callable

import msgspec
import pytest

from services.discogs.database_protocol import (
    parse_artist,
    parse_label,
    parse_market_stats,
    parse_master,
    parse_versions,
)
from services.discogs.models import (
    Artist,
    Label,
    MarketStats,
    Master,
    Track,
    Version,
)

PAGINATION = {"page": 1, "pages": 3, "items": 120}
ODD: list[object] = [None, {"odd": True}, [[]], -1.5]


def _body(**fields: object) -> bytes:
    return msgspec.json.encode({"id": 1, "title": "City Of Islands", "name": "Svek"} | fields)


def _versions(*rows: object) -> tuple[Version, ...]:
    return parse_versions(_body(pagination=PAGINATION, versions=rows)).versions


def test_a_master_is_read() -> None:
    body = _body(
        artists=[{"name": "Persuader, The", "join": ""}],
        year=1998,
        main_release=79,
        genres=["Electronic"],
        styles=["Deep House", "Deep House"],
        tracklist=[{"type_": "heading", "title": "A"}, {"title": "Centralbron", "position": "A2"}],
        images=[{"type": "secondary", "uri": "b"}, {"type": "primary", "uri": "a"}],
    )

    assert parse_master(body) == Master(
        master_id=1,
        title="City Of Islands",
        artist="The Persuader",
        year=1998,
        main_release_id=79,
        genres=("Electronic",),
        styles=("Deep House",),
        tracks=(Track("A2", "Centralbron", ""),),
        image_url="a",
        url="https://www.discogs.com/master/1",
    )


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize(
    "field", ["artists", "year", "main_release", "genres", "styles", "tracklist", "images"]
)
def test_an_odd_field_of_a_master_counts_as_absent(field: str, value: object) -> None:
    assert parse_master(_body(**{field: value})) == parse_master(_body())


def test_a_version_is_read() -> None:
    row = {
        "id": 79,
        "title": "City Of Islands",
        "released": "1998-12-00",
        "country": "Sweden",
        "label": "Svek (2)",
        "catno": "SK029",
        "major_formats": ["Vinyl"],
        "format": '12", W/Lbl, Vinyl',
        "thumb": "https://i.discogs.com/x",
    }

    assert _versions(row) == (
        Version(
            release_id=79,
            title="City Of Islands",
            year=1998,
            country="Sweden",
            label="Svek",
            catno="SK029",
            formats=("Vinyl", '12"', "W/Lbl"),
            thumb_url="https://i.discogs.com/x",
            url="https://www.discogs.com/release/79",
        ),
    )


def test_versions_that_cannot_be_read_are_left_out() -> None:
    assert [each.release_id for each in _versions({"id": 1}, {}, None, {"id": 2, "catno": 7})] == [
        1,
        2,
    ]


def test_a_page_of_versions_says_where_it_is() -> None:
    page = parse_versions(_body(pagination=PAGINATION, versions=[]))

    assert (page.page, page.pages, page.total) == (1, 3, 120)


def test_an_artist_is_read() -> None:
    body = _body(
        name="Pinguin Man, The (3)",
        realname="Jesper Dahlbäck",
        profile="[b]See[/b] [a=Lenk (2)].\r\n",
        members=[{"name": "Lenk (2)", "id": 2}, {"id": 3}, {"name": "Who, The"}],
        groups=[{"name": "ADCL"}],
        images=[{"type": "primary", "uri": "a"}],
    )

    assert parse_artist(body) == Artist(
        artist_id=1,
        name="The Pinguin Man",
        real_name="Jesper Dahlbäck",
        profile="See Lenk.",
        members=("Lenk", "The Who"),
        groups=("ADCL",),
        image_url="a",
        url="https://www.discogs.com/artist/1",
    )


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("field", ["realname", "profile", "members", "groups", "images"])
def test_an_odd_field_of_an_artist_counts_as_absent(field: str, value: object) -> None:
    assert parse_artist(_body(**{field: value})) == parse_artist(_body())


def test_a_label_is_read() -> None:
    body = _body(
        name="Planet E (2)",
        profile="Techno from [l=Detroit (4)]",
        parent_label={"id": 9, "name": "Universal (5)"},
        sublabels=[{"name": "Antidote (4)"}, {"name": "Antidote (5)"}],
    )

    assert parse_label(body) == Label(
        label_id=1,
        name="Planet E",
        profile="Techno from Detroit",
        parent="Universal",
        sublabels=("Antidote",),
        url="https://www.discogs.com/label/1",
    )


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("field", ["profile", "parent_label", "sublabels", "images"])
def test_an_odd_field_of_a_label_counts_as_absent(field: str, value: object) -> None:
    assert parse_label(_body(**{field: value})) == parse_label(_body())


@pytest.mark.parametrize(
    ("fields", "stats"),
    [
        pytest.param(
            {"num_for_sale": 10, "lowest_price": {"value": 100, "currency": "EUR"}},
            MarketStats(for_sale=10, lowest_price=100.0, currency="EUR"),
            id="for sale",
        ),
        pytest.param({"num_for_sale": None, "lowest_price": None}, MarketStats(), id="none"),
        pytest.param(
            {"num_for_sale": 0, "lowest_price": None, "blocked_from_sale": True},
            MarketStats(is_blocked=True),
            id="blocked",
        ),
        pytest.param(
            {"num_for_sale": 3, "lowest_price": {"value": "free"}},
            MarketStats(for_sale=3),
            id="an odd price",
        ),
        pytest.param({"num_for_sale": None, "lowest_price": 3.5}, MarketStats(), id="a bare price"),
    ],
)
def test_the_market_is_read(fields: dict[str, object], stats: MarketStats) -> None:
    assert parse_market_stats(msgspec.json.encode(fields)) == stats


@pytest.mark.parametrize(
    "parse", [parse_master, parse_versions, parse_artist, parse_label, parse_market_stats]
)
@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b'{"id":"x"}', b'{"id":0,"name":"x"}'])
def test_an_answer_of_another_shape_is_refused(
    parse: Callable[[bytes], object], body: bytes
) -> None:
    with pytest.raises(msgspec.DecodeError):
        parse(body)
