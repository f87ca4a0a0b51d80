import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aioresponses import aioresponses
from fakes.clock import VirtualClock, wall
from fakes.payloads import payload
from fakes.policies import easy_policy
from fakes.spotify import spotify_sender
from fakes.stores import MemoryStore
from fakes.virtual_time import in_virtual_time, outcomes

from services.answers import Source
from services.errors import (
    AccessDenied,
    InvalidRequest,
    InvalidResponse,
    NotFound,
    RateLimitExceeded,
    ServiceDisabled,
    UpstreamServerError,
)
from services.http import HttpClient, open_session
from services.music import InvalidQuery
from services.resilience.policy import Policy
from services.secret import Secret
from services.spotify.auth import ClientCredentials
from services.spotify.models import SpotifyItem, SpotifyKind
from services.spotify.service import SpotifyService

API = "https://api.spotify.test/v1"
ACCOUNTS = "https://accounts.spotify.test"
SEARCH = re.compile(re.escape(f"{API}/search?"))
ALBUM_ID = "3AQgdwMNCiN7awXch5fAaG"
ALBUM = re.compile(re.escape(f"{API}/albums/{ALBUM_ID}"))
PLAYLIST_ID = "3cEYpjA9oz9GiPac4AsH4n"
PLAYLIST = re.compile(re.escape(f"{API}/playlists/{PLAYLIST_ID}"))


@pytest.fixture
def policy(clock: VirtualClock) -> Policy:
    return easy_policy("spotify", clock, stale_name="cache_from_previous_session")


@pytest.fixture
def spotify_web(web: aioresponses) -> aioresponses:
    """Spotify's accounts host gives token-1, then token-2."""
    web.post(f"{ACCOUNTS}/api/token", payload={"access_token": "token-1", "expires_in": 3_600})
    web.post(f"{ACCOUNTS}/api/token", payload={"access_token": "token-2", "expires_in": 3_600})
    return web


@asynccontextmanager
async def _service(policy: Policy, clock: VirtualClock) -> AsyncIterator[SpotifyService]:
    async with open_session(user_agent="AIME-tests/1.0") as session:
        http = HttpClient(session, clock=clock)
        auth = ClientCredentials(
            client_id="the-id",
            client_secret=Secret("canary-4f9a"),
            accounts_url=ACCOUNTS,
            http=http,
            clock=clock,
        )
        sender = spotify_sender(http, policy, auth, clock=clock, api_url=API)
        yield SpotifyService(sender, market="FR")


def _disabled(policy: Policy, clock: VirtualClock) -> SpotifyService:
    http = HttpClient(None, clock=clock)  # type: ignore[arg-type]  # nothing may be sent
    sender = spotify_sender(http, policy, None, clock=clock, api_url=API)
    return SpotifyService(sender, market="FR")


def _asked(web: aioresponses) -> list[tuple[str, dict[str, str], Any]]:
    """Return path, query and call of every request to the Web API."""
    return [
        (url.path, dict(url.query), call)
        for (_, url), calls in web.requests.items()
        for call in calls
        if url.host == "api.spotify.test"
    ]


def _tokens(web: aioresponses) -> list[str]:
    return [call.kwargs["headers"]["Authorization"] for _, _, call in _asked(web)]


@in_virtual_time
async def test_a_search_asks_for_what_was_typed_in_the_configured_market(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(SEARCH, body=payload("spotify/search.json"))

    async with _service(policy, clock) as service:
        await service.search("  Remain in\nLight ", (SpotifyKind.ALBUM, SpotifyKind.TRACK))

    ((path, query, call),) = _asked(spotify_web)
    assert path == "/v1/search"
    assert query == {
        "q": "Remain in Light",
        "type": "album,track",
        "market": "FR",
        "limit": "10",
    }
    assert call.kwargs["headers"]["Authorization"] == "Bearer token-1"
    assert call.kwargs["allow_redirects"] is False


@in_virtual_time
async def test_a_search_for_everything_names_every_kind(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(SEARCH, body=payload("spotify/search.json"))

    async with _service(policy, clock) as service:
        await service.search("remain in light")

    assert _asked(spotify_web)[0][1]["type"] == "album,artist,track,playlist"


@in_virtual_time
async def test_a_search_returns_what_spotify_found(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(SEARCH, body=payload("spotify/search.json"))

    async with _service(policy, clock) as service:
        answer = await service.search("remain in light")

    assert (answer.source, len(answer.value.items)) == (Source.LIVE, 6)


@in_virtual_time
async def test_the_same_search_within_an_hour_is_not_sent_again(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(SEARCH, body=payload("spotify/search.json"))

    async with _service(policy, clock) as service:
        await service.search("remain in light")
        await clock.sleep(3_600)
        answer = await service.search("REMAIN in light")

    assert (answer.source, len(_asked(spotify_web))) == (Source.CACHED, 1)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("バンド", "ハント", id="band and hunt in Japanese"),
        pytest.param("कि बात", "का बात", id="vowel signs in Hindi"),
        pytest.param("+44", "44", id="a band named +44"),
        pytest.param("C++ jazz", "C jazz", id="signs that matter"),
    ],
)
@in_virtual_time
async def test_two_different_searches_never_share_an_answer(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses, first: str, second: str
) -> None:
    spotify_web.get(SEARCH, body=payload("spotify/search.json"), repeat=True)

    async with _service(policy, clock) as service:
        await service.search(first)
        await service.search(second)

    assert [query["q"] for _, query, _ in _asked(spotify_web)] == [first, second]


@in_virtual_time
async def test_searches_of_different_kinds_do_not_share_an_answer(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(SEARCH, body=payload("spotify/search.json"), repeat=True)

    async with _service(policy, clock) as service:
        await service.search("remain in light", (SpotifyKind.ALBUM,))
        await service.search("remain in light", (SpotifyKind.TRACK,))

    assert len(_asked(spotify_web)) == 2


@in_virtual_time
async def test_a_hundred_identical_searches_send_one(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(SEARCH, body=payload("spotify/search.json"))

    async with _service(policy, clock) as service:
        await outcomes(*(service.search("remain in light") for _ in range(100)))

    assert len(_asked(spotify_web)) == 1


@pytest.mark.parametrize("query", ["a", "", "x" * 201, "🎷"])
@in_virtual_time
async def test_a_query_that_makes_no_sense_is_not_sent(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses, query: str
) -> None:
    async with _service(policy, clock) as service:
        with pytest.raises(InvalidQuery):
            await service.search(query)

    assert spotify_web.requests == {}


@in_virtual_time
async def test_when_spotify_fails_the_last_answer_of_a_day_stands_in(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(SEARCH, body=payload("spotify/search.json"))
    spotify_web.get(SEARCH, status=503)

    async with _service(policy, clock) as service:
        await service.search("remain in light")
        await clock.sleep(3_601)
        answer = await service.search("remain in light")

    assert (answer.source, answer.as_of, len(answer.value.items)) == (Source.STALE, wall(0), 6)
    assert answer.tried == ("cache_from_previous_session",)


@in_virtual_time
async def test_when_nothing_is_kept_the_link_to_the_same_search_stands_in(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(SEARCH, status=503)

    async with _service(policy, clock) as service:
        answer = await service.search("remain in light")

    assert (answer.source, answer.value.items) == (Source.MINIMAL, ())
    assert answer.value.search_url == "https://open.spotify.com/search/remain%20in%20light"
    assert isinstance(answer.error, UpstreamServerError)
    assert answer.tried == ("cache_from_previous_session", "return_minimal_data")


@in_virtual_time
async def test_a_spent_quota_is_recognised(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(
        SEARCH,
        status=429,
        body=payload("spotify/error_quota.json"),
        headers={"Retry-After": "48925"},
    )

    async with _service(policy, clock) as service:
        answer = await service.search("remain in light")

    assert isinstance(answer.error, RateLimitExceeded)
    assert (answer.error.is_quota, answer.retry_at) == (True, wall(48_925))


@in_virtual_time
async def test_a_rejected_token_is_renewed_once_and_the_request_replayed(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(SEARCH, status=401)
    spotify_web.get(SEARCH, body=payload("spotify/search.json"))

    async with _service(policy, clock) as service:
        answer = await service.search("remain in light")

    assert answer.source is Source.LIVE
    assert _tokens(spotify_web) == ["Bearer token-1", "Bearer token-2"]


@in_virtual_time
async def test_a_refusal_does_not_renew_the_token(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(SEARCH, status=403, body=b"Active premium subscription required")

    async with _service(policy, clock) as service:
        answer = await service.search("remain in light")

    assert isinstance(answer.error, AccessDenied)
    assert _tokens(spotify_web) == ["Bearer token-1"]


@in_virtual_time
async def test_wrong_client_credentials_are_access_denied(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.post(f"{ACCOUNTS}/api/token", status=400, body=payload("spotify/error_invalid_client.json"))

    async with _service(policy, clock) as service:
        answer = await service.search("remain in light")

    assert (type(answer.error), _asked(web)) == (AccessDenied, [])


@in_virtual_time
async def test_a_query_that_spotify_calls_wrong_has_no_fallback(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(SEARCH, status=400, payload={"error": {"status": 400, "message": "x"}})

    async with _service(policy, clock) as service:
        with pytest.raises(InvalidRequest):
            await service.search("remain in light")


@pytest.mark.parametrize("body", [b"<html>", b'{"albums":[]}', b'{"albums":{"items":["\xff"]}}'])
@in_virtual_time
async def test_an_answer_that_cannot_be_read_falls_back(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses, body: bytes
) -> None:
    spotify_web.get(SEARCH, body=body)

    async with _service(policy, clock) as service:
        answer = await service.search("remain in light")

    assert (answer.source, type(answer.error)) == (Source.MINIMAL, InvalidResponse)


@in_virtual_time
async def test_an_item_is_asked_for_by_its_id_in_the_market(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(ALBUM, body=payload("spotify/album.json"))

    async with _service(policy, clock) as service:
        answer = await service.get_item(SpotifyKind.ALBUM, ALBUM_ID)

    ((path, query, _),) = _asked(spotify_web)
    assert (path, query) == (f"/v1/albums/{ALBUM_ID}", {"market": "FR"})
    assert len(answer.value.tracks) == 2


@in_virtual_time
async def test_an_artist_is_asked_for_without_a_market(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(f"{API}/artists/a", body=payload("spotify/artist.json"))

    async with _service(policy, clock) as service:
        await service.get_item(SpotifyKind.ARTIST, "a")

    assert _asked(spotify_web)[0][:2] == ("/v1/artists/a", {})


@in_virtual_time
async def test_an_unknown_item_is_not_found(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(ALBUM, status=404, body=payload("spotify/error_not_found.json"))

    async with _service(policy, clock) as service:
        with pytest.raises(NotFound):
            await service.get_item(SpotifyKind.ALBUM, ALBUM_ID)


@in_virtual_time
async def test_when_spotify_fails_an_item_is_at_least_a_link(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(ALBUM, status=503)

    async with _service(policy, clock) as service:
        answer = await service.get_item(SpotifyKind.ALBUM, ALBUM_ID)

    assert answer.source is Source.MINIMAL
    assert answer.value == SpotifyItem(
        kind=SpotifyKind.ALBUM,
        spotify_id=ALBUM_ID,
        name="",
        url=f"https://open.spotify.com/album/{ALBUM_ID}",
    )


@in_virtual_time
async def test_without_keys_every_call_names_what_is_missing(
    clock: VirtualClock, policy: Policy
) -> None:
    service = _disabled(policy, clock)

    with pytest.raises(ServiceDisabled) as caught:
        await service.search("remain in light")

    assert caught.value.settings == ("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET")
    assert not service.is_enabled


@in_virtual_time
async def test_an_item_is_as_good_as_new_for_a_day(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.post(f"{ACCOUNTS}/api/token", payload={"access_token": "token-3"})
    spotify_web.get(ALBUM, body=payload("spotify/album.json"), repeat=True)

    async with _service(policy, clock) as service:
        await service.get_item(SpotifyKind.ALBUM, ALBUM_ID)
        await clock.sleep(86_400)
        cached = await service.get_item(SpotifyKind.ALBUM, ALBUM_ID)
        await clock.sleep(1)
        live = await service.get_item(SpotifyKind.ALBUM, ALBUM_ID)

    assert (cached.source, live.source, len(_asked(spotify_web))) == (
        Source.CACHED,
        Source.LIVE,
        2,
    )


@in_virtual_time
async def test_a_playlist_is_as_good_as_new_for_an_hour(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    spotify_web.get(PLAYLIST, body=payload("spotify/playlist.json"), repeat=True)

    async with _service(policy, clock) as service:
        await service.get_item(SpotifyKind.PLAYLIST, PLAYLIST_ID)
        await clock.sleep(3_600)
        cached = await service.get_item(SpotifyKind.PLAYLIST, PLAYLIST_ID)
        await clock.sleep(1)
        live = await service.get_item(SpotifyKind.PLAYLIST, PLAYLIST_ID)

    assert (cached.source, live.source) == (Source.CACHED, Source.LIVE)


@in_virtual_time
async def test_a_search_of_the_previous_session_stands_in_after_a_restart(
    clock: VirtualClock, spotify_web: aioresponses
) -> None:
    spotify_web.get(SEARCH, body=payload("spotify/search.json"))
    spotify_web.get(SEARCH, status=503)
    store = MemoryStore()

    answers = []
    for _ in range(2):
        policy = easy_policy(
            "spotify", clock, store=store, stale_name="cache_from_previous_session"
        )
        async with _service(policy, clock) as service:
            answers.append(await service.search("remain in light"))
            await policy.aclose()
        await clock.sleep(86_400)

    assert [answer.source for answer in answers] == [Source.LIVE, Source.STALE]
    assert answers[0].value == answers[1].value
    assert (answers[1].as_of, answers[1].tried) == (wall(0), ("cache_from_previous_session",))


@in_virtual_time
async def test_a_hundred_rejected_requests_renew_the_token_once(
    clock: VirtualClock, policy: Policy, spotify_web: aioresponses
) -> None:
    for number in range(100):
        url = f"{API}/artists/{number}"
        spotify_web.get(url, status=401)
        spotify_web.get(url, body=payload("spotify/artist.json"))

    async with _service(policy, clock) as service:
        answers = await outcomes(
            *(service.get_item(SpotifyKind.ARTIST, str(number)) for number in range(100))
        )

    assert [getattr(answer, "source", answer) for answer in answers] == [Source.LIVE] * 100
    assert sorted(_tokens(spotify_web)) == ["Bearer token-1"] * 100 + ["Bearer token-2"] * 100
