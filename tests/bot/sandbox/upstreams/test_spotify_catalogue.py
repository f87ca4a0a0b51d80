"""Spotify's search, albums, artists, tracks and playlists."""

import pytest
from harness.sandbox_clients import SpotifyApi

from bot.sandbox.spotify.finding import parse_question

_GONE_FIELDS = {
    "available_markets",
    "popularity",
    "label",
    "album_group",
    "followers",
    "linked_from",
}


@pytest.fixture
async def album_id(spotify_api: SpotifyApi) -> str:
    _, body = await spotify_api.get("/search", q="kind of blue", type="album")
    return str(body["albums"]["items"][0]["id"])


async def test_search_answers_one_page_per_type(spotify_api: SpotifyApi) -> None:
    status, body = await spotify_api.get(
        "/search", q="blue", type="album,track,artist,playlist,show"
    )

    assert status == 200
    assert body.keys() == {"albums", "tracks", "artists", "playlists", "shows"}
    assert body["albums"]["limit"] == 5
    assert body["shows"]["items"] == []


async def test_search_pages_lead_from_one_to_the_next(spotify_api: SpotifyApi) -> None:
    _, first = await spotify_api.get("/search", q="the", type="track", limit="10", market="FR")
    _, second = await spotify_api.get(first["tracks"]["next"])
    _, back = await spotify_api.get(second["tracks"]["previous"])

    assert first["tracks"]["previous"] is None
    assert second["tracks"]["offset"] == 10
    assert second["tracks"]["total"] == first["tracks"]["total"]
    assert back["tracks"]["items"] == first["tracks"]["items"]
    assert first["tracks"]["items"] != second["tracks"]["items"]


async def test_full_last_page_has_no_next(spotify_api: SpotifyApi, album_id: str) -> None:
    _, body = await spotify_api.get(f"/albums/{album_id}/tracks", limit="5")

    assert (len(body["items"]), body["next"]) == (5, None)


async def test_range_of_years_has_two_ends(spotify_api: SpotifyApi) -> None:
    query = "artist:Daft Punk year:1996-1998"

    _, body = await spotify_api.get("/search", q=query, type="album")

    assert [each["name"] for each in body["albums"]["items"]] == ["Homework"]


async def test_last_page_has_no_next(spotify_api: SpotifyApi) -> None:
    _, body = await spotify_api.get("/search", q="kind of blue", type="album")

    assert body["albums"]["next"] is None


@pytest.mark.parametrize(
    ("query", "message"),
    [
        pytest.param({"type": "album"}, "No search query", id="no q"),
        pytest.param({"q": "x"}, "Missing parameter type", id="no type"),
        pytest.param({"q": "x", "type": "film"}, "Bad search type field film", id="bad type"),
        pytest.param({"q": "x", "type": "album", "limit": "11"}, "Invalid limit", id="limit 11"),
        pytest.param({"q": "x", "type": "album", "limit": "0"}, "Invalid limit", id="limit 0"),
        pytest.param({"q": "x", "type": "album", "limit": "ten"}, "Invalid limit", id="limit word"),
        pytest.param({"q": "x", "type": "album", "offset": "1001"}, "Invalid offset", id="offset"),
        pytest.param(
            {"q": "x", "type": "album", "market": "FRA"}, "Invalid market code", id="market"
        ),
    ],
)
async def test_search_refuses_bad_parameters(
    spotify_api: SpotifyApi, query: dict[str, str], message: str
) -> None:
    status, body = await spotify_api.get("/search", **query)

    assert status == 400
    assert body == {"error": {"status": 400, "message": message}}


@pytest.mark.parametrize(
    ("question", "title"),
    [
        pytest.param('album:"Remain in Light" artist:"Talking Heads"', "Remain in Light", id="two"),
        pytest.param("artist:Kate Bush", "Hounds of Love", id="unquoted"),
        pytest.param("year:1977 fleetwood", "Rumours", id="year and words"),
        pytest.param("artist:Radiohead year:1996-1998", "OK Computer", id="range of years"),
        pytest.param("upc:074645768427", "Illmatic", id="barcode"),
        pytest.param("homogenik", "Homogenic", id="slip of the finger"),
    ],
)
async def test_search_understands(spotify_api: SpotifyApi, question: str, title: str) -> None:
    _, body = await spotify_api.get("/search", q=question, type="album")

    assert body["albums"]["items"][0]["name"] == title


def test_question_is_split_into_words_and_filters() -> None:
    question = parse_question('live album:"Kind of Blue" miles year:1959')

    assert question.words == "live miles"
    assert question.filters == {"album": "Kind of Blue", "year": "1959"}


async def test_playlist_search_leaves_a_null_among_the_items(spotify_api: SpotifyApi) -> None:
    _, body = await spotify_api.get("/search", q="jazz", type="playlist")

    assert body["playlists"]["items"][0]["name"] == "Late Night Jazz"
    assert body["playlists"]["items"][-1] is None


async def test_playlist_shows_no_contents(spotify_api: SpotifyApi) -> None:
    _, found = await spotify_api.get("/search", q="jazz", type="playlist")
    playlist_id = found["playlists"]["items"][0]["id"]

    status, body = await spotify_api.get(f"/playlists/{playlist_id}")
    forbidden, _ = await spotify_api.get(f"/playlists/{playlist_id}/items")

    assert status == 200
    assert {"items", "tracks"}.isdisjoint(body)
    assert forbidden == 403


async def test_album_embeds_its_tracks(spotify_api: SpotifyApi, album_id: str) -> None:
    status, body = await spotify_api.get(f"/albums/{album_id}", market="FR")

    assert status == 200
    assert (body["release_date"], body["release_date_precision"]) == ("1959-08-17", "day")
    assert [track["name"] for track in body["tracks"]["items"]][:2] == [
        "So What",
        "Freddie Freeloader",
    ]
    assert body["tracks"]["total"] == body["total_tracks"] == 5
    assert body["is_playable"] is True


async def test_album_tracks_are_paged(spotify_api: SpotifyApi, album_id: str) -> None:
    _, first = await spotify_api.get(f"/albums/{album_id}/tracks", limit="3")
    _, second = await spotify_api.get(first["next"])

    assert len(first["items"]) == 3
    assert [each["track_number"] for each in second["items"]] == [4, 5]


async def test_playability_is_unknown_without_a_market(
    spotify_api: SpotifyApi, album_id: str
) -> None:
    _, body = await spotify_api.get(f"/albums/{album_id}")

    assert "is_playable" not in body
    assert "is_playable" not in body["tracks"]["items"][0]


async def test_track_and_artist_lead_to_each_other(spotify_api: SpotifyApi) -> None:
    _, found = await spotify_api.get("/search", q="teardrop massive attack", type="track")
    track_id = found["tracks"]["items"][0]["id"]

    _, track = await spotify_api.get(f"/tracks/{track_id}")
    _, artist = await spotify_api.get(track["artists"][0]["href"])
    _, albums = await spotify_api.get(f"/artists/{artist['id']}/albums")

    assert track["external_ids"]["isrc"]
    assert artist["name"] == "Massive Attack"
    assert [each["name"] for each in albums["items"]] == ["Mezzanine"]


async def test_artist_albums_keep_to_the_groups_and_the_limit(spotify_api: SpotifyApi) -> None:
    _, found = await spotify_api.get("/search", q="miles davis", type="artist")
    path = f"/artists/{found['artists']['items'][0]['id']}/albums"

    _, albums = await spotify_api.get(path, include_groups="album")
    _, singles = await spotify_api.get(path, include_groups="single")
    status, _ = await spotify_api.get(path, limit="11")

    assert [each["release_date"][:4] for each in albums["items"]] == ["1970", "1959", "1958"]
    assert singles["items"] == []
    assert status == 400


async def test_fields_removed_from_development_mode_are_absent(
    spotify_api: SpotifyApi, album_id: str
) -> None:
    _, album = await spotify_api.get(f"/albums/{album_id}", market="FR")
    _, track = await spotify_api.get(f"/tracks/{album['tracks']['items'][0]['id']}", market="FR")
    _, artist = await spotify_api.get(f"/artists/{album['artists'][0]['id']}")

    assert [_GONE_FIELDS & each.keys() for each in (album, track, track["album"], artist)] == [
        set()
    ] * 4


@pytest.mark.parametrize(
    "path",
    [
        "/albums?ids=a,b",
        "/tracks?ids=a,b",
        "/artists?ids=a,b",
        "/artists/ZzlGKF0OrqIIHbgrt0O2ki/top-tracks",
        "/artists/ZzlGKF0OrqIIHbgrt0O2ki/related-artists",
        "/browse/new-releases",
        "/browse/categories/jazz",
        "/markets",
        "/recommendations",
        "/audio-features/ZzlGKF0OrqIIHbgrt0O2ki",
        "/users/nora",
        "/users/nora/playlists",
        "/playlists/ZzlGKF0OrqIIHbgrt0O2ki/tracks",
    ],
)
async def test_removed_endpoint_answers_403(spotify_api: SpotifyApi, path: str) -> None:
    status, body = await spotify_api.get(path)

    assert status == 403
    assert body["error"]["status"] == 403


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        pytest.param("/albums/abc", 400, "Invalid base62 id", id="short id"),
        pytest.param(
            "/tracks/0123456789-1234567890a", 400, "Invalid base62 id", id="bad character"
        ),
        pytest.param("/albums/0000000000000000000000", 404, "Resource not found", id="album"),
        pytest.param("/artists/0000000000000000000000", 404, "Resource not found", id="artist"),
        pytest.param("/nonsense", 404, "Service not found", id="endpoint"),
    ],
)
async def test_what_does_not_exist_is_refused(
    spotify_api: SpotifyApi, path: str, status: int, message: str
) -> None:
    answered, body = await spotify_api.get(path)

    assert answered == status
    assert body["error"] == {"status": status, "message": message}


async def test_cover_pictures_can_be_loaded(spotify_api: SpotifyApi, album_id: str) -> None:
    _, body = await spotify_api.get(f"/albums/{album_id}")

    sizes = []
    for image in body["images"]:
        async with spotify_api.session.get(image["url"]) as response:
            assert response.content_type == "image/png"
            picture = await response.read()
            sizes.append(int.from_bytes(picture[16:20], "big"))

    assert sizes == [image["width"] for image in body["images"]] == [640, 300, 64]
