import msgspec
import pytest
from fakes.payloads import payload

from services.errors import NotFound
from services.http import ErrorDetail
from services.spotify.models import SpotifyItem, SpotifyKind
from services.spotify.protocol import (
    build_search_params,
    parse_item,
    parse_search,
    read_error,
    search_url,
)

REMAIN_IN_LIGHT = SpotifyItem(
    kind=SpotifyKind.ALBUM,
    spotify_id="3AQgdwMNCiN7awXch5fAaG",
    name="Remain in Light",
    url="https://open.spotify.com/album/3AQgdwMNCiN7awXch5fAaG",
    artists=("Talking Heads",),
    artist_ids=("2x9SpqnPi8rlE9pjHBwmSC",),
    image_url="https://i.scdn.co/image/large",
    released="1980-10-08",
    album_type="album",
    track_count=8,
)


def _items() -> tuple[SpotifyItem, ...]:
    return parse_search(payload("spotify/search.json"))


def _parse(name: str) -> SpotifyItem:
    return parse_item(payload(f"spotify/{name}.json"))


# Requests


def test_a_search_names_kinds_market_and_limit() -> None:
    kinds = (SpotifyKind.ALBUM, SpotifyKind.TRACK)

    assert build_search_params("remain in light", kinds, "FR") == {
        "q": "remain in light",
        "type": "album,track",
        "market": "FR",
        "limit": "10",
    }


@pytest.mark.parametrize(("limit", "sent"), [(5, "5"), (10, "10"), (11, "10"), (50, "10")])
def test_a_search_never_asks_for_more_than_a_development_app_may(limit: int, sent: str) -> None:
    assert build_search_params("x", (SpotifyKind.ALBUM,), "FR", limit)["limit"] == sent


@pytest.mark.parametrize(
    ("query", "url"),
    [
        ("kind of blue", "https://open.spotify.com/search/kind%20of%20blue"),
        ("AC/DC?", "https://open.spotify.com/search/AC%2FDC%3F"),
        ("Björk #1", "https://open.spotify.com/search/Bj%C3%B6rk%20%231"),
    ],
)
def test_the_link_to_the_same_search_is_encoded(query: str, url: str) -> None:
    assert search_url(query) == url


# Answers


def test_a_search_answer_lists_all_kinds_albums_first() -> None:
    assert [item.kind.value for item in _items()] == [
        "album",
        "album",
        "artist",
        "track",
        "playlist",
        "playlist",
    ]


def test_an_album_is_read() -> None:
    assert _items()[0] == REMAIN_IN_LIGHT


def test_an_album_that_was_taken_down_has_no_name() -> None:
    album = _items()[1]

    assert (album.name, album.year, album.image_url, album.artists) == ("", 1981, None, ())


def test_an_artist_needs_neither_picture_nor_followers() -> None:
    artist = _items()[2]

    assert (artist.name, artist.artists, artist.image_url) == ("Talking Heads", (), None)


def test_a_track_takes_picture_and_date_from_its_album() -> None:
    track = _items()[3]

    assert (track.album, track.image_url, track.released, track.duration_ms) == (
        "Remain in Light",
        "https://i.scdn.co/image/cover",
        "1980-10-08",
        259_000,
    )
    assert track.artists == ("Talking Heads", "Brian Eno")


def test_a_playlist_is_credited_to_its_owner() -> None:
    named, unnamed = _items()[4:]

    assert (named.artists, named.track_count) == (("Someone",), 42)
    assert (unnamed.artists, unnamed.track_count) == ((), None)


def test_an_albums_tracks_are_read_without_null_and_nameless_ones() -> None:
    assert _parse("album").tracks == (
        "Born Under Punches (The Heat Goes On)",
        "Crosseyed and Painless",
    )


def test_fields_that_only_older_apps_get_are_no_trouble() -> None:
    album = _parse("album_extended")

    assert (album.name, album.year, album.tracks, album.track_count) == (
        "Remain in Light",
        1980,
        (),
        8,
    )


def test_a_single_track_is_read() -> None:
    track = _parse("track")

    assert (track.kind, track.name, track.album) == (
        SpotifyKind.TRACK,
        "Once in a Lifetime",
        "Remain in Light",
    )


def test_a_single_artist_is_read() -> None:
    assert _parse("artist").image_url == "https://i.scdn.co/image/artist"


@pytest.mark.parametrize("name", ["playlist", "playlist_before_2026"])
def test_a_playlists_length_is_read_under_both_names(name: str) -> None:
    playlist = _parse(name)

    assert (playlist.name, playlist.track_count, playlist.artists) == (
        "Art rock",
        42,
        ("Someone",),
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{}", id="nothing at all"),
        pytest.param(b'{"albums":null,"tracks":{"items":[]}}', id="null and empty pages"),
        pytest.param(b'{"albums":{"items":[null,null]}}', id="only null items"),
        pytest.param(b'{"albums":{"items":null}}', id="null for a list"),
        pytest.param(b'{"albums":{"items":[{"type":"album"}]}}', id="an item without id"),
        pytest.param(b'{"albums":{"items":[{"id":"a"}]}}', id="an item without type"),
        pytest.param(b'{"shows":{"items":[{"id":"a","type":"show"}]}}', id="an unknown page"),
        pytest.param(b'{"tracks":{"items":[{"id":"a","type":"episode"}]}}', id="an unknown type"),
    ],
)
def test_an_answer_with_nothing_of_use_is_empty(body: bytes) -> None:
    assert parse_search(body) == ()


@pytest.mark.parametrize(
    "field", ["name", "artists", "images", "album", "tracks", "items", "owner"]
)
@pytest.mark.parametrize("kind", ["album", "artist", "track", "playlist"])
def test_any_field_may_be_null(kind: str, field: str) -> None:
    body = msgspec.json.encode({"id": "a", "type": kind, field: None})

    assert parse_item(body) == SpotifyItem(
        kind=SpotifyKind(kind), spotify_id="a", name="", url=f"https://open.spotify.com/{kind}/a"
    )


def test_an_item_of_another_type_is_none_of_ours() -> None:
    with pytest.raises(NotFound):
        parse_item(b'{"id":"a","type":"audiobook","name":"x"}')


def test_an_id_cannot_lead_the_link_elsewhere() -> None:
    item = parse_item(b'{"id":"../evil?x","type":"album"}')

    assert item.url == "https://open.spotify.com/album/..%2Fevil%3Fx"


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[]", b'{"albums":[]}', b'{"albums":{"items":3}}']
)
def test_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        parse_search(body)


# Errors


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        pytest.param(payload("spotify/error_not_found.json"), ErrorDetail(), id="Web API"),
        pytest.param(
            payload("spotify/error_quota.json"),
            ErrorDetail("QUOTA_EXCEEDED", is_quota=True),
            id="quota",
        ),
        pytest.param(payload("spotify/error_burst.json"), ErrorDetail(), id="burst limit"),
        pytest.param(
            payload("spotify/error_invalid_client.json"),
            ErrorDetail("invalid_client"),
            id="accounts host",
        ),
        pytest.param(b"Down for maintenance", ErrorDetail(), id="plain text"),
        pytest.param(b"<html>502</html>", ErrorDetail(), id="HTML"),
        pytest.param(b"", ErrorDetail(), id="nothing"),
        pytest.param(b"[]", ErrorDetail(), id="a list"),
        pytest.param(b'{"error":null}', ErrorDetail(), id="null"),
        pytest.param(b'{"error":{"reason":null}}', ErrorDetail(), id="null reason"),
    ],
)
def test_every_error_body_is_read(body: bytes, detail: ErrorDetail) -> None:
    assert read_error(body) == detail


def test_an_error_body_is_not_quoted_at_length() -> None:
    said = read_error(b'{"error":{"status":400,"message":"Invalid query: what somebody typed"}}')

    assert "typed" not in said.message
