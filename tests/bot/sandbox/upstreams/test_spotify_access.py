"""Spotify's tokens, refusals, limits and what is recorded of a request."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from harness.sandbox_clients import SpotifyApi, SteppedClock

from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.spotify import SpotifyStandIn


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
async def timed(clock: SteppedClock) -> AsyncIterator[SpotifyStandIn]:
    async with SpotifyStandIn(expires_in=60, monotonic=clock) as stand_in:
        yield stand_in


async def test_token_answer_has_the_shape_of_client_credentials(
    spotify_api: SpotifyApi,
) -> None:
    body = await spotify_api.log_in()

    assert body.keys() == {"access_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)


@pytest.mark.parametrize(
    ("authorization", "grant", "error"),
    [
        pytest.param("Basic d3Jvbmc6d3Jvbmc=", "client_credentials", "invalid_client", id="secret"),
        pytest.param("Basic !!!", "client_credentials", "invalid_client", id="no base64"),
        pytest.param(None, "client_credentials", "invalid_client", id="no header"),
        pytest.param("good", "password", "unsupported_grant_type", id="unknown grant"),
        pytest.param("good", "refresh_token", "invalid_grant", id="refresh token"),
    ],
)
async def test_token_is_refused_in_the_accounts_shape(
    spotify: SpotifyStandIn,
    session: aiohttp.ClientSession,
    authorization: str | None,
    grant: str,
    error: str,
) -> None:
    good = aiohttp.encode_basic_auth(spotify.client_id, spotify.client_secret)
    headers = {"Authorization": good if authorization == "good" else authorization or ""}

    async with session.post(
        f"{spotify.accounts_url}/api/token", data={"grant_type": grant}, headers=headers
    ) as response:
        body = await response.json()

    assert response.status == 400
    assert body["error"] == error
    assert isinstance(body["error_description"], str)


@pytest.mark.parametrize(
    ("authorization", "status", "message"),
    [
        pytest.param(None, 401, "No token provided", id="none"),
        pytest.param("Bearer nonsense", 401, "Invalid access token", id="unknown"),
        pytest.param("Basic abc", 400, "Only valid bearer authentication supported", id="scheme"),
    ],
)
async def test_bad_authorization_is_refused_in_the_web_api_shape(
    spotify: SpotifyStandIn,
    session: aiohttp.ClientSession,
    authorization: str | None,
    status: int,
    message: str,
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    async with session.get(f"{spotify.api_url}/search", headers=headers) as response:
        assert response.status == status
        assert await response.json() == {"error": {"status": status, "message": message}}


@pytest.mark.parametrize(("seconds", "status"), [(59.0, 200), (60.0, 401)])
async def test_token_expires_when_it_said_it_would(
    timed: SpotifyStandIn,
    clock: SteppedClock,
    session: aiohttp.ClientSession,
    seconds: float,
    status: int,
) -> None:
    api = SpotifyApi(stand_in=timed, session=session, headers={})
    await api.log_in()
    clock.now += seconds

    answered, body = await api.get("/search", q="air", type="album")

    assert answered == status
    assert ("error" in body) == (status == 401)


async def test_revoked_tokens_answer_as_expired_and_a_new_one_works(
    spotify: SpotifyStandIn, spotify_api: SpotifyApi
) -> None:
    spotify.revoke_tokens()

    status, body = await spotify_api.get("/search", q="air", type="album")
    await spotify_api.log_in()
    after, _ = await spotify_api.get("/search", q="air", type="album")

    assert (status, body["error"]["message"]) == (401, "The access token expired")
    assert after == 200


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        pytest.param(None, {"status": 429, "message": "API rate limit exceeded"}, id="burst"),
        pytest.param(
            "QUOTA_EXCEEDED",
            {"status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"},
            id="quota",
        ),
    ],
)
async def test_rate_limit_has_the_body_of_its_reason(
    spotify_api: SpotifyApi, reason: str | None, error: dict[str, Any]
) -> None:
    spotify_api.stand_in.faults.set(
        Fault(kind=FaultKind.RATE_LIMIT, retry_after="48925", reason=reason, path_prefix="/v1")
    )

    status, body = await spotify_api.get("/search", q="air", type="album")

    assert (status, body) == (429, {"error": error})


async def test_faults_of_one_path_leave_the_accounts_service_alone(
    spotify: SpotifyStandIn, spotify_api: SpotifyApi
) -> None:
    spotify.faults.set(Fault(kind=FaultKind.STATUS, status=503, path_prefix="/v1"))

    assert "access_token" in await spotify_api.log_in()


async def test_lapsed_premium_answers_plain_text(
    spotify_api: SpotifyApi, session: aiohttp.ClientSession
) -> None:
    spotify_api.stand_in.premium_lapsed = True

    async with session.get(
        f"{spotify_api.stand_in.api_url}/search", headers=spotify_api.headers
    ) as response:
        assert (response.status, response.content_type) == (403, "text/plain")
        assert (await response.text()).startswith("Active premium subscription required")


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("not_registered", "User not registered in the Developer Dashboard"),
        ("missing_scope", "Insufficient client scope"),
        ("forbidden", "Forbidden"),
        ("not_owner", "You cannot add tracks to a playlist you don't own."),
        (None, "Forbidden"),
    ],
)
async def test_a_refusal_is_worded_as_spotify_words_it(
    spotify_api: SpotifyApi, reason: str | None, message: str
) -> None:
    fault = Fault(kind=FaultKind.STATUS, status=403, reason=reason, path_prefix="/v1")
    spotify_api.stand_in.faults.set(fault)

    status, body = await spotify_api.get("/search", q="air", type="album")

    assert (status, body) == (403, {"error": {"status": 403, "message": message}})


async def test_a_sparse_answer_has_holes_and_nothing_optional(spotify_api: SpotifyApi) -> None:
    fault = Fault(kind=FaultKind.QUIRK, reason="sparse", path_prefix="/v1")
    spotify_api.stand_in.faults.set(fault)

    _, body = await spotify_api.get("/search", q="moon safari", type="album", market="FR")

    first, album, *_, last = body["albums"]["items"]
    assert (first, last) == (None, None)
    assert album.keys() == {"id", "type", "name"}


async def test_json_bodies_are_recorded(spotify_api: SpotifyApi) -> None:
    stand_in, session = spotify_api.stand_in, spotify_api.session
    url = f"{stand_in.api_url}/me/playlists"
    for body in (b'{"name":"Blue"}', b"{broken"):
        headers = {"Content-Type": "application/json", **spotify_api.headers}
        await (await session.post(url, data=body, headers=headers)).release()

    assert [request.json for request in stand_in.requests[-2:]] == [{"name": "Blue"}, None]


async def test_requests_are_recorded_without_their_secrets(spotify_api: SpotifyApi) -> None:
    await spotify_api.get("/search", q="air", type="album")

    token, search = spotify_api.stand_in.requests
    assert (token.method, token.path, token.status) == ("POST", "/accounts/api/token", 200)
    assert token.headers["Authorization"] == "Basic ***"
    assert (search.path, search.query, search.status) == (
        "/v1/search",
        {"q": "air", "type": "album"},
        200,
    )
    assert search.headers["Authorization"] == "Bearer ***"
    assert search.at >= token.at
