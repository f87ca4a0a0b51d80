import msgspec
import pytest
from fakes.payloads import payload

from services.errors import NotFound
from services.spotify.details_protocol import (
    build_releases_params,
    build_tracks_params,
    in_order,
    parse_album,
    parse_artist,
    parse_releases,
    parse_track,
    parse_tracks,
)
from services.spotify.models import Credit, SpotifyAlbum, SpotifyArtist, SpotifyTrack, TrackAlbum

HEADS = Credit("Talking Heads", "2x9SpqnPi8rlE9pjHBwmSC")


def test_an_album_is_read_with_its_first_tracks() -> None:
    page = parse_album(payload("spotify/album.json"))

    assert (page.rows, page.total) == (4, 3)
    assert page.album == SpotifyAlbum(
        spotify_id="3AQgdwMNCiN7awXch5fAaG",
        name="Remain in Light",
        credits=(HEADS,),
        image_url="https://i.scdn.co/image/large",
        released="1980-10-08",
        album_type="album",
        track_count=3,
        # Null, or without a name: taken down since.
        tracks=(
            SpotifyTrack(
                spotify_id="a",
                name="Born Under Punches (The Heat Goes On)",
                track_number=1,
                duration_ms=349_000,
            ),
            SpotifyTrack(
                spotify_id="b",
                name="Crosseyed and Painless",
                track_number=2,
                duration_ms=285_000,
            ),
        ),
        upc="075992609524",
    )


def test_a_track_is_read_with_its_album() -> None:
    assert parse_track(payload("spotify/track.json")) == SpotifyTrack(
        spotify_id="7Jr5wGgYvVvnMCZ7xQjKzA",
        name="Once in a Lifetime",
        credits=(Credit("Talking Heads"),),
        duration_ms=259_000,
        explicit=False,
        is_playable=True,
        isrc="USWB19901574",
        album=TrackAlbum(
            spotify_id="3AQgdwMNCiN7awXch5fAaG",
            name="Remain in Light",
            image_url="https://i.scdn.co/image/cover",
            released="1980-10-08",
        ),
    )


def test_an_artist_is_read_without_genres_that_are_null() -> None:
    body = b'{"id":"a","name":"A","genres":["art rock",null,""],"images":[null]}'

    assert parse_artist(body) == SpotifyArtist(spotify_id="a", name="A", genres=("art rock",))


def test_a_page_of_releases_is_read_without_null_ones() -> None:
    page = parse_releases(
        b'{"total":3,"next":"https://evil.test","items":[null,{"id":"a","name":"A",'
        b'"album_type":"single","artists":[null,{"name":"X","id":"x"}]},{"name":"no id"}]}'
    )

    (release,) = page.releases
    assert (page.total, page.has_more) == (3, True)
    assert (release.uri, release.album_type, release.artists, release.artist_ids) == (
        "spotify:album:a",
        "single",
        ("X",),
        ("x",),
    )


@pytest.mark.parametrize("body", [b"{}", b'{"items":null}', b'{"items":[null]}'])
def test_pages_with_nothing_of_use_are_empty(body: bytes) -> None:
    assert (parse_tracks(body).tracks, parse_releases(body).releases) == ((), ())


@pytest.mark.parametrize("parse", [parse_album, parse_track, parse_artist])
def test_an_answer_without_an_id_is_not_found(parse: object) -> None:
    assert callable(parse)
    with pytest.raises(NotFound):
        parse(b'{"name":"x"}')


@pytest.mark.parametrize(
    "field",
    ["artists", "images", "release_date", "album_type", "total_tracks", "external_ids", "tracks"],
)
def test_any_field_of_an_album_may_be_null(field: str) -> None:
    page = parse_album(msgspec.json.encode({"id": "a", "name": "A", field: None}))

    assert page.album == SpotifyAlbum(spotify_id="a", name="A", is_complete=False)


def test_tracks_are_ordered_by_disc_and_number() -> None:
    tracks = [
        SpotifyTrack(spotify_id=str(number), name="x", disc_number=disc, track_number=number)
        for disc, number in ((2, 1), (1, 2), (1, 1))
    ]

    assert [(t.disc_number, t.track_number) for t in in_order(tracks)] == [(1, 1), (1, 2), (2, 1)]


def test_pages_never_ask_for_more_than_they_may() -> None:
    assert build_tracks_params(50, 100, "FR") == {"offset": "50", "limit": "50", "market": "FR"}
    assert build_releases_params(10, 50, "FR")["limit"] == "10"
