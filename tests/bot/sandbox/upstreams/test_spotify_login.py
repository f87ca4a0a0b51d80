"""The stand-in's login: a page to agree on, codes, refresh tokens, and whom a token speaks for."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from harness.sandbox_clients import SteppedClock

from bot.sandbox.spotify import SpotifyStandIn
from bot.sandbox.spotify.consents import CONSENT_SECONDS, challenge_of
from bot.sandbox.spotify.people import LISTENER

VERIFIER = "v" * 43
REDIRECT = "http://127.0.0.1:8080/callback/spotify"
SCOPES = frozenset({"playlist-read-private"})


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
async def timed(clock: SteppedClock) -> AsyncIterator[SpotifyStandIn]:
    async with SpotifyStandIn(monotonic=clock) as stand_in:
        yield stand_in


def asked(spotify: SpotifyStandIn) -> dict[str, str]:
    return {
        "client_id": spotify.client_id,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": " ".join(SCOPES),
        "state": "the-state",
        "code_challenge_method": "S256",
        "code_challenge": challenge_of(VERIFIER),
    }


async def exchanged(
    spotify: SpotifyStandIn, session: aiohttp.ClientSession, **form: str
) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": aiohttp.encode_basic_auth(spotify.client_id, spotify.client_secret)}
    address = f"{spotify.accounts_url}/api/token"
    async with session.post(address, data=form, headers=headers) as response:
        return response.status, await response.json()


def code_form(spotify: SpotifyStandIn) -> dict[str, str]:
    where = spotify.accounts.consents.agree(asked(spotify), spotify.accounts.people[LISTENER])
    return {
        "grant_type": "authorization_code",
        "code": query_of(where)["code"],
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    }


def query_of(where: str) -> Mapping[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}


async def me(
    spotify: SpotifyStandIn, session: aiohttp.ClientSession, token: str
) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"}
    async with session.get(f"{spotify.api_url}/me", headers=headers) as response:
        return response.status, await response.json()


@pytest.mark.parametrize(
    ("decision", "given"), [("agree", {"code", "state"}), ("cancel", {"error", "state"})]
)
async def test_page_sends_the_person_back(
    timed: SpotifyStandIn, session: aiohttp.ClientSession, decision: str, given: set[str]
) -> None:
    address = f"{timed.accounts_url}/authorize"
    async with session.get(address, params=asked(timed)) as page:
        shown = await page.text()
    answers = {"person": LISTENER, "decision": decision}
    async with session.post(
        address, params=asked(timed), data=answers, allow_redirects=False
    ) as response:
        where = response.headers["Location"]

    assert "Marie Listens" in shown
    assert where.startswith(REDIRECT)
    assert query_of(where).keys() == given
    assert query_of(where)["state"] == "the-state"


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "somebody"},
        {"redirect_uri": "http://localhost:8080/callback"},
        {"redirect_uri": "http://bot.example/callback"},
        {"code_challenge": ""},
    ],
)
async def test_page_refuses_what_spotify_would(
    timed: SpotifyStandIn, session: aiohttp.ClientSession, wrong: dict[str, str]
) -> None:
    address = f"{timed.accounts_url}/authorize"
    async with session.get(address, params=asked(timed) | wrong) as page:
        assert page.status == 400


async def test_code_is_good_once_and_only_with_its_verifier(
    timed: SpotifyStandIn, session: aiohttp.ClientSession
) -> None:
    form = code_form(timed)
    status, body = await exchanged(timed, session, **form)
    again = await exchanged(timed, session, **form)
    wrong = await exchanged(timed, session, **code_form(timed) | {"code_verifier": "w" * 43})

    assert status == 200
    assert set(body["scope"].split()) == SCOPES
    assert await me(timed, session, body["access_token"]) == (
        200,
        timed.accounts.people[LISTENER].as_json(api_url=timed.api_url),
    )
    assert [(again[0], again[1]["error"]), (wrong[0], wrong[1]["error"])] == [
        (400, "invalid_grant")
    ] * 2


@pytest.mark.parametrize("rotates", [False, True])
async def test_refresh_brings_a_new_token_only_when_it_rotates(
    timed: SpotifyStandIn,
    session: aiohttp.ClientSession,
    rotates: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    timed.accounts.consents.rotates = rotates
    _, body = await exchanged(timed, session, **code_form(timed))
    form = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}

    first, second = [await exchanged(timed, session, **form) for _ in range(2)]

    assert first[0] == 200
    assert ("refresh_token" in first[1]) is rotates
    assert second[0] == (400 if rotates else 200)


@pytest.mark.parametrize(
    ("how", "description"),
    [("expired", "Refresh token expired"), ("revoked", "Refresh token revoked")],
)
async def test_consent_ends(
    timed: SpotifyStandIn,
    session: aiohttp.ClientSession,
    clock: SteppedClock,
    how: str,
    description: str,
) -> None:
    _, body = await exchanged(timed, session, **code_form(timed))
    if how == "expired":
        clock.now += CONSENT_SECONDS + 1
    else:
        timed.accounts.consents.revoke(timed.accounts.people[LISTENER])

    status, refusal = await exchanged(
        timed, session, grant_type="refresh_token", refresh_token=body["refresh_token"]
    )

    assert status == 400
    assert refusal == {"error": "invalid_grant", "error_description": description}


async def test_stranger_can_log_in_and_is_then_refused(
    timed: SpotifyStandIn, session: aiohttp.ClientSession
) -> None:
    stranger = timed.accounts.people["stranger_sam"]
    token = timed.accounts.issue_user(stranger, SCOPES)

    status, body = await me(timed, session, token)

    assert status == 403
    assert body["error"]["message"].startswith("User not registered in the Developer Dashboard")
    assert timed.accounts.owner_of(token) == (stranger, SCOPES)


async def test_app_token_speaks_for_nobody(
    timed: SpotifyStandIn, session: aiohttp.ClientSession
) -> None:
    _, body = await exchanged(timed, session, grant_type="client_credentials")

    assert (await me(timed, session, body["access_token"]))[0] == 401
    assert timed.accounts.owner_of(body["access_token"]) is None
