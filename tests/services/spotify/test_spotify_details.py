"""Albums in full, artists with their releases, and pages that this app may not ask for."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aioresponses import CallbackResult, aioresponses
from fakes.clock import VirtualClock, wall
from fakes.policies import easy_policy
from fakes.spotify import spotify_sender
from fakes.virtual_time import in_virtual_time
from yarl import URL

from services.answers import Source
from services.errors import InvalidRequest, NotFound, UpstreamServerError
from services.http import HttpClient, open_session
from services.secret import Secret
from services.spotify.auth import ClientCredentials
from services.spotify.models import SpotifyKind
from services.spotify.service import SpotifyService

API = "https://api.spotify.test/v1"
TOO_MANY = {"error": {"status": 400, "message": "Invalid limit"}}


@asynccontextmanager
async def _service(clock: VirtualClock) -> AsyncIterator[SpotifyService]:
    policy = easy_policy("spotify", clock, stale_name="cache_from_previous_session")
    async with open_session(user_agent="AIME-tests/1.0") as session:
        http = HttpClient(session, clock=clock)
        auth = ClientCredentials(
            client_id="the-id",
            client_secret=Secret("canary-4f9a"),
            accounts_url="https://accounts.spotify.test",
            http=http,
            clock=clock,
        )
        sender = spotify_sender(http, policy, auth, clock=clock, api_url=API)
        yield SpotifyService(sender, market="FR")


class _Spotify:
    """An album of many tracks and an artist of many records, in memory.

    Attributes:
        asked: Path, offset and limit of every page asked for.
        most: The most rows that a page may have.
        fails_at: The offset at which pages fail, or None.
    """

    def __init__(self, web: aioresponses, *, tracks: int = 0, releases: int = 0) -> None:
        self.asked: list[tuple[str, int, int]] = []
        self.most = 50
        self.fails_at: int | None = None
        self._tracks = [_track(number) for number in range(1, tracks + 1)]
        self._releases = [_album(number) for number in range(1, releases + 1)]
        token = {"access_token": "token-1", "expires_in": 3_600}
        web.post("https://accounts.spotify.test/api/token", payload=token, repeat=True)
        web.get(re.compile(rf"{API}/.*"), callback=self._answer, repeat=True)

    def _answer(self, url: URL, **_more: object) -> CallbackResult:
        path = url.path.removeprefix("/v1")
        rows = {"/albums/a/tracks": self._tracks, "/artists/x/albums": self._releases}.get(path)
        if rows is not None:
            return self._page(path, rows, int(url.query["offset"]), int(url.query["limit"]))
        if path == "/albums/a":
            page = {"items": self._tracks[:50], "total": len(self._tracks)}
            body = {"id": "a", "type": "album", "name": "A", "total_tracks": len(self._tracks)}
            return CallbackResult(payload=body | {"tracks": page})
        if path == "/artists/x":
            return CallbackResult(payload={"id": "x", "type": "artist", "name": "X"})
        return CallbackResult(status=404)

    def _page(self, path: str, rows: list[Any], offset: int, limit: int) -> CallbackResult:
        self.asked.append((path, offset, limit))
        if limit > self.most:
            return CallbackResult(status=400, payload=TOO_MANY)
        if offset == self.fails_at:
            return CallbackResult(status=503)
        end = offset + limit
        following = "https://evil.test/next" if end < len(rows) else None
        page = {"items": rows[offset:end], "total": len(rows), "next": following}
        return CallbackResult(payload=page)


def _track(number: int) -> dict[str, object]:
    return {"id": f"t{number}", "name": f"Track {number}", "disc_number": 1, "track_number": number}


def _album(number: int) -> dict[str, object]:
    return {"id": f"r{number}", "name": f"Record {number}", "album_type": "album"}


@pytest.mark.parametrize(
    ("tracks", "read", "offsets"),
    [
        (0, 0, []),
        (50, 50, []),
        (51, 51, [50]),
        (130, 130, [50, 100]),
        (700, 500, list(range(50, 500, 50))),
    ],
)
@in_virtual_time
async def test_an_album_has_all_its_tracks_up_to_five_hundred(
    clock: VirtualClock, web: aioresponses, tracks: int, read: int, offsets: list[int]
) -> None:
    spotify = _Spotify(web, tracks=tracks)

    async with _service(clock) as service:
        answer = await service.get_album("a")

    assert [track.track_number for track in answer.value.tracks] == list(range(1, read + 1))
    assert answer.value.is_complete == (read == tracks)
    assert spotify.asked == [("/albums/a/tracks", offset, 50) for offset in offsets]
    assert answer.source is Source.LIVE


@in_virtual_time
async def test_an_album_whose_later_page_fails_is_marked_as_incomplete(
    clock: VirtualClock, web: aioresponses
) -> None:
    spotify = _Spotify(web, tracks=130)
    spotify.fails_at = 100

    async with _service(clock) as service:
        broken = await service.get_album("a")
        spotify.fails_at = None
        whole = await service.get_album("a")

    assert (len(broken.value.tracks), broken.value.is_complete) == (100, False)
    assert isinstance(broken.error, UpstreamServerError)
    assert (broken.source, whole.error) == (Source.LIVE, None)
    assert (len(whole.value.tracks), whole.value.is_complete) == (130, True)


@in_virtual_time
async def test_an_artist_comes_with_the_first_two_pages_of_their_records(
    clock: VirtualClock, web: aioresponses
) -> None:
    spotify = _Spotify(web, releases=25)

    async with _service(clock) as service:
        artist = (await service.get_artist("x")).value
        third = (await service.get_discography("x", 3)).value

    assert (artist.name, len(artist.releases), artist.releases_total) == ("X", 20, 25)
    assert ([each.name for each in third.releases][-1], third.has_more) == ("Record 25", False)
    assert spotify.asked == [("/artists/x/albums", offset, 10) for offset in (0, 10, 20)]


@in_virtual_time
async def test_an_artist_is_shown_without_records_when_these_fail(
    clock: VirtualClock, web: aioresponses
) -> None:
    spotify = _Spotify(web, releases=25)
    spotify.fails_at = 0

    async with _service(clock) as service:
        answer = await service.get_artist("x")

    assert (answer.source, answer.value.name, answer.value.releases) == (Source.LIVE, "X", ())
    assert answer.value.releases_total is None


@in_virtual_time
async def test_records_of_yesterday_do_not_pass_for_live_ones(
    clock: VirtualClock, web: aioresponses
) -> None:
    spotify = _Spotify(web, releases=5)
    hour = 3_600

    async with _service(clock) as service:
        await service.get_discography("x")
        await clock.sleep(6 * hour + 1)
        spotify.fails_at = 0
        answer = await service.get_artist("x")

    assert (answer.source, answer.as_of) == (Source.STALE, wall(0))
    assert len(answer.value.releases) == 5


@in_virtual_time
async def test_a_page_that_is_too_large_is_halved_and_the_size_remembered(
    clock: VirtualClock, web: aioresponses
) -> None:
    spotify = _Spotify(web, tracks=60)
    spotify.most = 25

    async with _service(clock) as service:
        answer = await service.get_album("a")

    assert (len(answer.value.tracks), answer.value.is_complete) == (60, True)
    assert [limit for _, _, limit in spotify.asked] == [50, 25]


@in_virtual_time
async def test_a_search_asks_again_with_fewer_rows_when_ten_are_too_many(
    clock: VirtualClock, web: aioresponses
) -> None:
    asked = []

    def answer(url: URL, **_more: object) -> CallbackResult:
        asked.append(url.query["limit"])
        too_many = int(url.query["limit"]) > 5
        return (
            CallbackResult(status=400, payload=TOO_MANY) if too_many else CallbackResult(body="{}")
        )

    web.get(re.compile(rf"{API}/search"), callback=answer, repeat=True)
    _Spotify(web)

    async with _service(clock) as service:
        await service.search("kind of blue", (SpotifyKind.ALBUM,))
        await service.search("blue train", (SpotifyKind.ALBUM,))

    assert asked == ["10", "5", "5"]


@in_virtual_time
async def test_another_complaint_is_not_taken_for_a_matter_of_size(
    clock: VirtualClock, web: aioresponses
) -> None:
    body = {"error": {"status": 400, "message": "Bad search type field"}}
    web.get(re.compile(rf"{API}/search"), status=400, payload=body, repeat=True)
    _Spotify(web)

    async with _service(clock) as service:
        with pytest.raises(InvalidRequest):
            await service.search("kind of blue")

    assert service._sender.capabilities.limits == {}


@pytest.mark.parametrize("call", ["get_album", "get_track", "get_artist"])
@in_virtual_time
async def test_what_spotify_does_not_have_is_not_found(
    clock: VirtualClock, web: aioresponses, call: str
) -> None:
    _Spotify(web)

    async with _service(clock) as service:
        with pytest.raises(NotFound):
            await getattr(service, call)("nothing")
