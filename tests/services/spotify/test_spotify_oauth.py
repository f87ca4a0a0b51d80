"""The login with Spotify: the bytes that are sent, and what refusals mean."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aioresponses import CallbackResult, aioresponses
from fakes.clock import VirtualClock
from fakes.policies import easy_policy
from fakes.virtual_time import in_virtual_time

from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    ExternalServiceException,
    InvalidRequest,
    InvalidResponse,
    UpstreamServerError,
    UpstreamTimeout,
)
from services.http import HttpClient, open_session
from services.secret import Secret
from services.spotify.oauth import SpotifyOAuth
from services.spotify.oauth_protocol import challenge_of, parse_tokens

ACCOUNTS, API = "https://accounts.spotify.test", "https://api.spotify.test/v1"
TOKEN_URL = f"{ACCOUNTS}/api/token"
REDIRECT = "https://bot.test/callback/spotify"
CANARY = Secret("canary-4f9a")
GRANTED = {
    "access_token": "access",
    "expires_in": 3_600,
    "refresh_token": "refresh",
    "scope": "a b",
}


@asynccontextmanager
async def _oauth(clock: VirtualClock) -> AsyncIterator[SpotifyOAuth]:
    async with open_session(user_agent="AIME-tests/1.0") as session:
        yield SpotifyOAuth(
            http=HttpClient(session, clock=clock),
            policy=easy_policy("spotify", clock, attempts=3),
            client_id="the-id",
            client_secret=Secret("canary-4f9a"),
            accounts_url=ACCOUNTS,
            api_url=API,
            redirect_url=REDIRECT,
            clock=clock,
        )


def _sent(web: aioresponses) -> list[Any]:
    return [call for calls in web.requests.values() for call in calls]


def test_challenge_is_that_of_the_rfc() -> None:
    # https://www.rfc-editor.org/rfc/rfc7636#appendix-B
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@in_virtual_time
async def test_person_is_asked_for_playlists_and_nothing_else(clock: VirtualClock) -> None:
    async with _oauth(clock) as oauth:
        asked, other = oauth.ask(), oauth.ask()

    parts = urlsplit(asked.authorize_url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{ACCOUNTS}/authorize"
    assert query == {
        "client_id": "the-id",
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": "playlist-read-private playlist-read-collaborative "
        "playlist-modify-private playlist-modify-public",
        "state": asked.state,
        "code_challenge_method": "S256",
        "code_challenge": challenge_of(asked.verifier.reveal()),
    }
    assert re.fullmatch(r"[A-Za-z0-9_-]{43,128}", asked.verifier.reveal())
    assert len(asked.state) == 32
    assert (asked.state, asked.verifier) != (other.state, other.verifier)
    assert asked.state not in repr(asked)
    assert len(asked.authorize_url) < 450  # Discord's buttons take 512 characters


@in_virtual_time
async def test_code_is_exchanged_with_the_secret_and_the_verifier(
    clock: VirtualClock, web: aioresponses
) -> None:
    web.post(TOKEN_URL, payload=GRANTED)

    async with _oauth(clock) as oauth:
        tokens = await oauth.exchange("the-code", Secret("the-verifier"))

    (call,) = _sent(web)
    assert call.kwargs["headers"]["Authorization"] == "Basic dGhlLWlkOmNhbmFyeS00Zjlh"
    assert call.kwargs["data"] == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": REDIRECT,
        "code_verifier": "the-verifier",
    }
    assert (tokens.access.reveal(), tokens.refresh) == ("access", Secret("refresh"))
    assert (tokens.seconds, tokens.scopes) == (3_600, ("a", "b"))


@in_virtual_time
async def test_code_is_never_sent_twice(clock: VirtualClock, web: aioresponses) -> None:
    web.post(TOKEN_URL, status=503, repeat=True)

    async with _oauth(clock) as oauth:
        with pytest.raises(UpstreamServerError):
            await oauth.exchange("the-code", CANARY)

    assert len(_sent(web)) == 1


@pytest.mark.parametrize("answer", [{}, {"refresh_token": ""}, {"refresh_token": None}])
def test_answer_without_a_refresh_token_has_none(answer: dict[str, str | None]) -> None:
    tokens = parse_tokens(json.dumps({"access_token": "access"} | answer).encode())

    assert (tokens.refresh, tokens.seconds, tokens.scopes) == (None, 3_600, ())


_REFUSALS = [
    pytest.param(400, "invalid_grant", (InvalidRequest, AuthenticationFailed), id="grant"),
    pytest.param(400, "invalid_client", (AccessDenied, AccessDenied), id="client"),
    pytest.param(400, "", (AccessDenied, AccessDenied), id="no reason"),
    pytest.param(503, "server_error", (UpstreamServerError, UpstreamServerError), id="down"),
    pytest.param(200, "", (InvalidResponse, InvalidResponse), id="no token"),
]


@pytest.mark.parametrize(("status", "error", "raised"), _REFUSALS)
@in_virtual_time
async def test_refusal_has_its_class_and_shows_no_secret(
    clock: VirtualClock,
    web: aioresponses,
    status: int,
    error: str,
    raised: tuple[type[ExternalServiceException], type[ExternalServiceException]],
) -> None:
    web.post(TOKEN_URL, status=status, payload={"error": error}, repeat=True)
    errors: list[ExternalServiceException] = []

    async with _oauth(clock) as oauth:
        for ask in (oauth.exchange("canary-code", CANARY), oauth.refresh(CANARY)):
            with pytest.raises(ExternalServiceException) as caught:
                await ask
            errors.append(caught.value)

    assert [type(each) for each in errors] == list(raised)
    for each in errors:
        assert "canary" not in f"{each} {each!r} {each.__cause__!r} {each.__context__!r}"


@in_virtual_time
async def test_refresh_gives_up_after_ten_seconds(clock: VirtualClock, web: aioresponses) -> None:
    async def never(_url: object, **_options: object) -> CallbackResult:
        await clock.pass_time(60)
        return CallbackResult(payload=GRANTED)

    web.post(TOKEN_URL, callback=never)
    began = clock.monotonic()

    async with _oauth(clock) as oauth:
        with pytest.raises(UpstreamTimeout):
            await oauth.refresh(CANARY)

    assert clock.monotonic() - began == 10


@pytest.mark.parametrize(
    ("answer", "account_id", "name"),
    [
        ({"id": "old", "account_id": "new", "display_name": "Marie"}, "new", "Marie"),
        ({"id": "old", "display_name": None}, "old", "old"),
        ({"id": "old", "account_id": "new", "display_name": "\u200b \n"}, "new", "old"),
    ],
)
@in_virtual_time
async def test_person_is_known_by_the_id_that_never_changes(
    clock: VirtualClock,
    web: aioresponses,
    answer: dict[str, str | None],
    account_id: str,
    name: str,
) -> None:
    web.get(f"{API}/me", payload=answer)

    async with _oauth(clock) as oauth:
        profile = await oauth.profile(Secret("access"))

    (call,) = _sent(web)
    assert call.kwargs["headers"]["Authorization"] == "Bearer access"
    assert (profile.account_id, profile.name) == (account_id, name)
