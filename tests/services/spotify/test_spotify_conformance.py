"""Every request that the services send, and every answer they read, against Spotify's document."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fakes.policies import easy_policy
from fakes.spotify import spotify_sender
from harness.spotify_openapi import SPEC, SpotifyContract
from harness.spotify_recording import RecordingHttp

from bot.sandbox.catalogue.model import spotify_id
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.spotify import SpotifyStandIn
from bot.sandbox.spotify.finding import PLAYLISTS
from bot.sandbox.spotify.people import LISTENER, default_people
from services.answers import Source
from services.http import open_session
from services.resilience.clock import SystemClock
from services.secret import Secret
from services.spotify import details_protocol, oauth_protocol, protocol
from services.spotify.accounts import SCOPES
from services.spotify.auth import ClientCredentials
from services.spotify.models import SpotifyKind
from services.spotify.oauth import SpotifyOAuth
from services.spotify.service import SpotifyService

CLOCK = SystemClock()
CONTRACT = SpotifyContract.load()

pytestmark = pytest.mark.skipif(
    not SPEC.exists(), reason="Spotify's OpenAPI document is not beside this checkout"
)


@asynccontextmanager
async def _service(spotify: SpotifyStandIn) -> AsyncIterator[tuple[SpotifyService, RecordingHttp]]:
    async with open_session(user_agent="AIME-tests/1.0") as session:
        http = RecordingHttp(session, clock=CLOCK)
        auth = ClientCredentials(
            client_id=spotify.client_id,
            client_secret=Secret(spotify.client_secret),
            accounts_url=spotify.accounts_url,
            http=http,
            clock=CLOCK,
        )
        policy = easy_policy("spotify", CLOCK)
        sender = spotify_sender(http, policy, auth, clock=CLOCK, api_url=spotify.api_url)
        yield SpotifyService(sender, market="FR"), http


def _calls(
    service: SpotifyService, spotify: SpotifyStandIn
) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Return every operation of the service, ready to be asked for something that exists."""
    album, *_ = spotify.catalogue.spotify_albums
    artist, *_ = spotify.catalogue.spotify_artists
    track, *_ = spotify.catalogue.spotify_songs
    playlist = spotify_id("playlist", PLAYLISTS[0][0])
    return {
        "search": lambda: service.search("late night jazz"),
        "get_item": lambda: service.get_item(SpotifyKind.ALBUM, album),
        "get_item of a playlist": lambda: service.get_item(SpotifyKind.PLAYLIST, playlist),
        "get_album": lambda: service.get_album(album),
        "get_artist": lambda: service.get_artist(artist),
        "get_discography": lambda: service.get_discography(artist, 2),
        "get_track": lambda: service.get_track(track),
    }


async def test_every_request_and_every_answer_conforms() -> None:
    async with SpotifyStandIn() as spotify, _service(spotify) as (service, http):
        calls = _calls(service, spotify)
        answers = {name: await call() for name, call in calls.items()}

        offered = {name for name in dir(service) if name.startswith(("get_", "search"))}
        assert {name.split()[0] for name in calls} == offered
        assert {answer.source for answer in answers.values()} == {Source.LIVE}
        assert len(http.answers) >= len(calls)
        assert http.problems() == []


async def test_the_pages_of_a_long_album_conform() -> None:
    async with SpotifyStandIn() as spotify, _service(spotify) as (service, http):
        album, *_ = spotify.catalogue.spotify_albums
        await service._tracks(album, 0)

        assert http.problems() == []
        assert len(http.answers) == 1


async def test_a_page_after_halving_conforms() -> None:
    fault = Fault(
        kind=FaultKind.STATUS, status=400, reason="invalid_limit", times=1, path_prefix="/v1"
    )
    async with SpotifyStandIn() as spotify, _service(spotify) as (service, http):
        spotify.faults.set(fault)
        answer = await service.search("blue")

        assert answer.source is Source.LIVE
        assert [request.params["limit"] for request in http.requests] == ["10", "5"]
        assert http.problems() == []


async def test_asking_whose_account_it_is_conforms() -> None:
    async with (
        SpotifyStandIn() as spotify,
        open_session(user_agent="AIME-tests/1.0") as session,
    ):
        http = RecordingHttp(session, clock=CLOCK)
        oauth = SpotifyOAuth(
            http=http,
            policy=easy_policy("spotify", CLOCK),
            client_id=spotify.client_id,
            client_secret=Secret(spotify.client_secret),
            accounts_url=spotify.accounts_url,
            api_url=spotify.api_url,
            redirect_url="https://bot.test/callback/spotify",
            clock=CLOCK,
        )
        person = default_people()[LISTENER]
        token = spotify.accounts.issue_user(person, frozenset(SCOPES))

        profile = await oauth.profile(Secret(token))

        assert profile.account_id == person.account_id
        assert len(http.answers) == 1
        assert http.problems() == []


# The document's own examples


def _example(route: str) -> bytes:
    # Some of its dates are written without quotes.
    return json.dumps(CONTRACT.example("GET", route), default=str).encode()


def test_an_album_of_the_document_is_read() -> None:
    album = details_protocol.parse_album(_example("/albums/{id}")).album

    assert (album.spotify_id, album.url, album.released, album.album_type) == (
        "2up3OPMp9Tb4dAKM2erWXQ",
        "https://open.spotify.com/album/2up3OPMp9Tb4dAKM2erWXQ",
        "1981-12",
        "compilation",
    )
    assert (len(album.tracks), album.track_count) == (1, 9)
    assert album.image_url is not None
    assert album.image_url.startswith("https://i.scdn.co/image/")


def test_an_albums_tracks_of_the_document_are_read() -> None:
    page = details_protocol.parse_tracks(_example("/albums/{id}/tracks"))

    assert page.rows == len(page.tracks) == 1


def test_a_track_of_the_document_is_read() -> None:
    track = details_protocol.parse_track(_example("/tracks/{id}"))

    assert track.album is not None
    assert None not in (track.isrc, track.explicit, track.duration_ms, track.disc_number)
    assert len(track.credits) == 1


def test_an_artist_of_the_document_is_read() -> None:
    artist = details_protocol.parse_artist(_example("/artists/{id}"))

    assert artist.genres == ("Prog rock", "Grunge")


def test_releases_of_the_document_are_read() -> None:
    page = details_protocol.parse_releases(_example("/artists/{id}/albums"))

    assert (len(page.releases), page.total, page.has_more) == (1, 4, True)


def test_a_search_of_the_document_is_read_in_every_kind() -> None:
    # The document has no example of a playlist's type.
    body = _example("/search").replace(b'"type": "text"', b'"type": "playlist"')
    items = protocol.parse_search(body)

    assert {item.kind for item in items} == set(SpotifyKind)


@pytest.mark.parametrize("kind", SpotifyKind)
def test_an_item_of_the_document_is_read(kind: SpotifyKind) -> None:
    route = "/playlists/{playlist_id}" if kind is SpotifyKind.PLAYLIST else f"/{kind}s/{{id}}"
    body = CONTRACT.example("GET", route)

    item = protocol.parse_item(json.dumps(body | {"type": kind.value}).encode())

    assert (item.kind, bool(item.name)) == (kind, True)


# The check itself


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "problem"),
    [
        ("GET", "/no/such/path", {}, None, "is not in the document"),
        ("GET", "/tracks", {"ids": "a"}, None, "is not for Development-Mode apps"),
        ("GET", "/search", {"q": "a"}, None, "?type= is missing"),
        ("GET", "/search", {"q": "a", "type": "album", "limit": "11"}, None, "maximum of 10"),
        ("GET", "/search", {"q": "a", "type": "song"}, None, "is not one of"),
        ("GET", "/albums/a", {"ids": "a"}, None, "?ids= is unknown"),
        ("GET", "/albums/a", {}, {"x": 1}, "takes no body"),
        ("POST", "/me/playlists", {}, None, "has no body"),
        ("POST", "/me/playlists", {}, {"public": False}, "'name' is a required property"),
        ("POST", "/me/playlists", {}, {"name": "a", "private": True}, "private is unknown"),
        ("POST", "/playlists/a/items", {}, {"uris": ["u"] * 101}, "more than 100 uris"),
        ("POST", "/playlists/a/items", {}, {"uris": "u"}, "is not of type 'array'"),
        ("POST", "/playlists/a/tracks", {}, {"uris": []}, "is not for Development-Mode apps"),
    ],
)
def test_a_request_that_does_not_conform_is_found(
    method: str, path: str, query: dict[str, str], body: object, problem: str
) -> None:
    (found,) = CONTRACT.problems(method, path, query, body)

    assert problem in found


def test_an_answer_that_does_not_conform_is_found() -> None:
    body = CONTRACT.example("GET", "/tracks/{id}")

    assert CONTRACT.answer_problems("GET", "/tracks/a", 200, body) == []
    (found,) = CONTRACT.answer_problems("GET", "/tracks/a", 200, body | {"duration_ms": "long"})
    assert "$.duration_ms" in found


def test_a_person_of_the_document_is_read() -> None:
    told = CONTRACT.example("GET", "/me")

    profile = oauth_protocol.parse_profile(json.dumps(told, default=str).encode())

    assert profile.account_id in {told["id"], told.get("account_id")}
    assert profile.name
