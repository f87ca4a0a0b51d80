import msgspec
import pytest
from fakes.payloads import payload
from multidict import CIMultiDict

from services.discogs.models import DiscogsKind, Release, SearchHit, Track
from services.discogs.naming import strip_markup
from services.discogs.protocol import (
    build_search_params,
    parse_allowance,
    parse_release,
    parse_search,
    search_url,
)
from services.resilience.rate_limiter import Allowance


def _hits() -> tuple[SearchHit, ...]:
    return parse_search(payload("discogs/search.json"))


def _hit(**fields: object) -> SearchHit:
    body = {"results": [{"id": 1, "type": "release"} | fields]}
    (hit,) = parse_search(msgspec.json.encode(body))
    return hit


def _release(**fields: object) -> Release:
    return parse_release(msgspec.json.encode({"id": 1} | fields))


# Requests


def test_a_search_of_one_kind_names_it() -> None:
    assert build_search_params("icarus", DiscogsKind.RELEASE, 15) == {
        "q": "icarus",
        "per_page": "15",
        "type": "release",
    }


def test_a_search_of_every_kind_names_none() -> None:
    assert build_search_params("icarus", None, 15) == {"q": "icarus", "per_page": "15"}


def test_the_link_to_the_same_search_is_encoded() -> None:
    assert search_url("AC/DC & co") == "https://www.discogs.com/search/?q=AC%2FDC%20%26%20co"


# Search results


def test_a_recorded_hit_is_read() -> None:
    assert _hits()[0] == SearchHit(
        kind=DiscogsKind.RELEASE,
        discogs_id=1743771,
        title="Icarus",
        artist="Trash80",
        year=2008,
        country="US",
        formats=("CDr",),
        labels=("8bitpeoples",),
        catno="8BP086",
        genres=("Electronic",),
        styles=("Electro", "Chiptune"),
        image_url=None,
        url="https://www.discogs.com/release/1743771",
    )


def test_names_in_a_title_lose_suffix_asterisk_and_trailing_article() -> None:
    hit = _hits()[1]

    assert (hit.artist, hit.title) == ("The Beatles / La Femme", "Help! - Live")


def test_labels_lose_suffixes_and_repeats() -> None:
    assert _hits()[1].labels == ("Parlophone", "Svek")


def test_a_catalogue_number_of_none_is_none() -> None:
    assert (_hits()[1].catno, _hits()[5].catno) == (None, None)


def test_the_larger_picture_is_taken_verbatim() -> None:
    assert _hits()[1].image_url == "https://i.discogs.com/cover"


def test_a_master_links_to_its_own_page() -> None:
    hit = _hits()[2]

    assert (hit.kind, hit.artist, hit.title, hit.year, hit.url) == (
        DiscogsKind.MASTER,
        "Daft Punk",
        "Homework",
        1997,
        "https://www.discogs.com/master/4242",
    )


def test_artists_and_labels_are_their_own_title() -> None:
    assert [(hit.title, hit.artist) for hit in _hits()[3:5]] == [("Trash80", ""), ("Svek", "")]


def test_a_title_without_an_artist_stays_whole() -> None:
    hit = _hits()[5]

    assert (hit.title, hit.artist, hit.year) == ("Untitled", "", None)


def test_hits_of_another_kind_are_left_out() -> None:
    assert [hit.discogs_id for hit in _hits()] == [1743771, 249504, 4242, 95780, 5, 7]


@pytest.mark.parametrize(
    ("title", "artist", "rest"),
    [
        pytest.param("Prince - 1999", "Prince", "1999", id="one dash"),
        pytest.param("Miles Davis - So - What", "Miles Davis", "So - What", id="two dashes"),
        pytest.param("Jay-Z - 4:44", "Jay-Z", "4:44", id="a dash inside a name"),
        pytest.param("Björk* - Post", "Björk", "Post", id="a name variation"),
        pytest.param("Prince (2)* - Kiss", "Prince", "Kiss", id="a variation with a suffix"),
        pytest.param("Force, The (23) - Dark", "The Force", "Dark", id="article and suffix"),
        pytest.param("Untitled", "", "Untitled", id="no dash"),
    ],
)
def test_a_title_is_split_at_its_first_dash(title: str, artist: str, rest: str) -> None:
    hit = _hit(title=title)

    assert (hit.artist, hit.title) == (artist, rest)


@pytest.mark.parametrize(
    ("value", "year"),
    [
        ("2008", 2008),
        (2008, 2008),
        ("", None),
        ("0", None),
        (0, None),
        (None, None),
        ("unknown", None),
        ("1999-03-00", 1999),
        ("²²²²", None),
    ],
)
def test_a_year_is_read_as_text_or_number(value: str | int | None, year: int | None) -> None:
    assert _hit(year=value).year == year


@pytest.mark.parametrize(
    ("value", "names"),
    [("Svek", ("Svek",)), (["Svek", "Ruffhouse"], ("Svek", "Ruffhouse")), ([], ()), (None, ())],
)
def test_labels_and_formats_are_read_as_text_or_list(value: object, names: tuple[str, ...]) -> None:
    hit = _hit(label=value, format=value)

    assert (hit.labels, hit.formats) == (names, names)


@pytest.mark.parametrize(
    "field",
    [
        "uri",
        "year",
        "country",
        "format",
        "label",
        "catno",
        "genre",
        "style",
        "thumb",
        "cover_image",
    ],
)
def test_any_field_of_a_hit_may_be_null(field: str) -> None:
    assert _hit(**{field: None}) == _hit()


@pytest.mark.parametrize("body", [b"{}", b'{"results":[]}', b'{"pagination":{"urls":{}}}'])
def test_an_answer_without_hits_is_empty(body: bytes) -> None:
    assert parse_search(body) == ()


def test_invisible_characters_do_not_survive_in_titles() -> None:
    hit = _hit(title="Prince\u202e - Ki\u200bss")

    assert (hit.artist, hit.title) == ("Prince", "Kiss")


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b'{"results":{}}', b'{"results":[{}]}'])
def test_a_search_answer_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        parse_search(body)


def test_a_hit_that_cannot_be_read_is_left_out_and_an_odd_field_counts_as_absent() -> None:
    rows = [{"id": "x"}, {"id": 1, "type": "release", "title": "A - B", "year": [], "catno": 7}]

    (hit,) = parse_search(msgspec.json.encode({"results": rows}))

    assert (hit.artist, hit.title, hit.year, hit.catno) == ("A", "B", None, None)


# Releases


def test_a_release_is_read() -> None:
    assert parse_release(payload("discogs/release.json")) == Release(
        release_id=1,
        title="Stockholm",
        artist="The Persuader, J. Dahlbäck Feat. La Femme",
        master_id=5427,
        year=1999,
        country="Sweden",
        formats=('2×Vinyl, 12", 33 ⅓ RPM (180 g)', "CD", "File"),
        labels=("Svek – SK032", "Not On Label"),
        genres=("Electronic",),
        styles=("Deep House",),
        tracks=(
            Track("A", "Östermalm", "4:45"),
            Track("B1.a", "Vasastaden", "6:11"),
            Track("B1.b", "Kungsholmen", ""),
        ),
        credits=("Jesper Dahlbäck (Music By [All Tracks By])",),
        notes="Recorded at Jesper Dahlbäck's studio.\nSee this page and , by Svek.",
        image_url="https://i.discogs.com/first",
        url="https://www.discogs.com/release/1",
    )


def test_what_is_absent_is_unknown() -> None:
    assert parse_release(payload("discogs/release_bare.json")) == Release(
        release_id=2,
        title="Knockin' Boots",
        artist="",
        url="https://www.discogs.com/release/2",
    )


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
        "tracklist",
        "notes",
        "images",
    ],
)
def test_any_field_of_a_release_may_be_null(field: str) -> None:
    assert _release(**{field: None}) == _release()


@pytest.mark.parametrize("field", ["master_id", "year"])
def test_zero_means_unknown(field: str) -> None:
    assert _release(**{field: 0}) == _release()


@pytest.mark.parametrize(
    ("people", "shown"),
    [
        pytest.param([("Hall", "&"), ("Oates", "")], "Hall & Oates", id="ampersand"),
        pytest.param([("A", ","), ("B", "Feat."), ("C", "")], "A, B Feat. C", id="comma"),
        pytest.param([("A", "/"), ("B", None)], "A / B", id="slash"),
        pytest.param([("A", "vs"), ("B", "")], "A vs B", id="versus"),
        pytest.param([("A", ","), ("B", ",")], "A, B", id="a join after the last"),
        pytest.param(
            [("Beatles, The", "&"), ("Who, The (2)", "")], "The Beatles & The Who", id="articles"
        ),
        pytest.param([("", "")], "", id="an empty name"),
        pytest.param([], "", id="nobody"),
    ],
)
def test_credits_are_joined_as_discogs_joins_them(
    people: list[tuple[str, str | None]],
    shown: str,
) -> None:
    credited = [{"name": name, "join": join} for name, join in people]

    assert _release(artists=credited).artist == shown


@pytest.mark.parametrize(
    ("anv", "shown"), [("Kruder Dorfmeister", "Kruder Dorfmeister"), ("", "K & D"), (None, "K & D")]
)
def test_a_name_variation_wins(anv: str | None, shown: str) -> None:
    assert _release(artists=[{"name": "K & D (3)", "anv": anv}]).artist == shown


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        pytest.param({"name": "Vinyl", "qty": "2"}, "2×Vinyl", id="two"),
        pytest.param({"name": "Vinyl", "qty": 3}, "3×Vinyl", id="a number"),
        pytest.param({"name": "Vinyl", "qty": "1"}, "Vinyl", id="one"),
        pytest.param({"name": "Vinyl", "qty": "0"}, "Vinyl", id="zero"),
        pytest.param({"name": "Vinyl"}, "Vinyl", id="no quantity"),
        pytest.param(
            {"name": "Vinyl", "descriptions": ["LP", "Album"], "text": "180 g"},
            "Vinyl, LP, Album (180 g)",
            id="everything",
        ),
        pytest.param(
            {"name": "Vinyl", "descriptions": None, "text": None}, "Vinyl", id="null details"
        ),
    ],
)
def test_a_format_is_one_text(fields: dict[str, object], shown: str) -> None:
    assert _release(formats=[fields]).formats == (shown,)


def test_a_format_without_a_name_is_left_out() -> None:
    assert _release(formats=[{"name": "", "qty": "1"}]).formats == ()


def test_only_real_tracks_count() -> None:
    rows = [
        {"title": "Side A", "type_": "heading"},
        {"title": "One"},
        {"title": "Suite", "type_": "index", "sub_tracks": [{"title": "Two"}, {"title": "Three"}]},
        {"title": "Nothing in it", "type_": "index"},
    ]

    tracks = _release(tracklist=rows).tracks

    assert [track.title for track in tracks] == ["One", "Two", "Three"]


def test_without_a_primary_picture_the_first_is_taken() -> None:
    images = [{"type": "secondary", "uri": ""}, {"type": "secondary", "uri": "https://x"}]

    assert _release(images=images).image_url == "https://x"


@pytest.mark.parametrize(
    ("note", "plain"),
    [
        ("by [a=La Femme (4)]", "by La Femme"),
        ("on [l=Svek (2)]", "on Svek"),
        ("see [r123] and [m456]", "see  and"),
        ("[b]bold[/b] [i]slanted[/i] [u]under[/u]", "bold slanted under"),
        ("[url=https://example.org]text[/url]", "text"),
        ("[url]https://example.org[/url]", "https://example.org"),
        ("one\r\ntwo", "one\ntwo"),
        ("[Disc 1] stays", "[Disc 1] stays"),
    ],
)
def test_notes_lose_their_markup(note: str, plain: str) -> None:
    assert strip_markup(note) == plain


@pytest.mark.parametrize("body", [b"<html>", b"", b"{}", b'{"id":"x"}', b'{"id":1,"year":"x"}'])
def test_a_release_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        parse_release(body)


# The rate limit


def test_rate_limit_headers_become_an_allowance_whatever_their_case() -> None:
    headers = CIMultiDict(
        {
            "x-discogs-ratelimit": "60",
            "X-Discogs-Ratelimit-Used": " 13 ",
            "X-DISCOGS-RATELIMIT-REMAINING": "47",
        }
    )

    assert parse_allowance(headers) == Allowance(limit=60, used=13, remaining=47)


@pytest.mark.parametrize(
    ("headers", "allowance"),
    [
        pytest.param({"X-Discogs-Ratelimit": "25"}, Allowance(limit=25), id="limit"),
        pytest.param({"X-Discogs-Ratelimit-Used": "0"}, Allowance(used=0), id="used"),
        pytest.param(
            {"X-Discogs-Ratelimit": "sixty", "X-Discogs-Ratelimit-Remaining": "3"},
            Allowance(remaining=3),
            id="one of them garbage",
        ),
        pytest.param({"X-Discogs-Ratelimit": "999999999"}, Allowance(limit=999999999), id="large"),
    ],
)
def test_rate_limit_headers_may_be_incomplete(
    headers: dict[str, str], allowance: Allowance
) -> None:
    assert parse_allowance(headers) == allowance


@pytest.mark.parametrize(
    "value",
    ["", "-1", "60.0", "1e3", "+60", "\uff16\uff10", "\u00b2", "0x3c", "60, 60", "1" * 5_000],
)
def test_rate_limit_header_that_is_no_count_says_nothing(value: str) -> None:
    assert parse_allowance({"X-Discogs-Ratelimit": value}) is None


def test_answer_without_rate_limit_headers_says_nothing() -> None:
    assert parse_allowance({"Content-Type": "text/html"}) is None
