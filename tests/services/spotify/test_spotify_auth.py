import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aioresponses import CallbackResult, aioresponses
from fakes.clock import VirtualClock
from fakes.payloads import payload
from fakes.virtual_time import in_virtual_time, outcomes

from services.errors import (
    AccessDenied,
    ExternalServiceException,
    InvalidResponse,
    UpstreamServerError,
)
from services.http import HttpClient, open_session
from services.secret import Secret
from services.spotify.auth import ClientCredentials

ACCOUNTS = "https://accounts.spotify.test"
TOKEN_URL = f"{ACCOUNTS}/api/token"


@asynccontextmanager
async def _credentials(clock: VirtualClock) -> AsyncIterator[ClientCredentials]:
    async with open_session(user_agent="AIME-tests/1.0") as session:
        yield ClientCredentials(
            client_id="the-id",
            client_secret=Secret("canary-4f9a"),
            accounts_url=ACCOUNTS,
            http=HttpClient(session, clock=clock),
            clock=clock,
        )


def _grant(number: int, expires_in: int = 3_600) -> dict[str, object]:
    return {
        "access_token": f"token-{number}",
        "token_type": "Bearer",
        "expires_in": expires_in,
    }


def _sent(web: aioresponses) -> list[Any]:
    return [call for calls in web.requests.values() for call in calls]


async def _take(credentials: ClientCredentials) -> str:
    return (await credentials.token()).reveal()


@in_virtual_time
async def test_a_token_is_asked_for_with_basic_auth_and_a_form(
    clock: VirtualClock, web: aioresponses
) -> None:
    web.post(TOKEN_URL, body=payload("spotify/token.json"))

    async with _credentials(clock) as credentials:
        token = await _take(credentials)

    (call,) = _sent(web)
    assert token == "token-1"
    # base64 of the-id:canary-4f9a
    assert call.kwargs["headers"]["Authorization"] == "Basic dGhlLWlkOmNhbmFyeS00Zjlh"
    assert call.kwargs["data"] == {"grant_type": "client_credentials"}


@in_virtual_time
async def test_a_token_is_used_until_a_minute_before_its_end(
    clock: VirtualClock, web: aioresponses
) -> None:
    web.post(TOKEN_URL, payload=_grant(1))
    web.post(TOKEN_URL, payload=_grant(2))

    async with _credentials(clock) as credentials:
        tokens = [await _take(credentials)]
        await clock.sleep(3_539)
        tokens.append(await _take(credentials))
        await clock.sleep(1)
        tokens.append(await _take(credentials))

    assert tokens == ["token-1", "token-1", "token-2"]


@in_virtual_time
async def test_a_token_that_never_says_when_it_ends_lasts_an_hour(
    clock: VirtualClock, web: aioresponses
) -> None:
    web.post(TOKEN_URL, payload={"access_token": "token-1"})

    async with _credentials(clock) as credentials:
        await credentials.token()
        await clock.sleep(3_500)
        await credentials.token()

    assert len(_sent(web)) == 1


def _slow_grants(web: aioresponses, clock: VirtualClock) -> None:
    """Answer token requests after a second, each with a new token."""
    numbers = iter(range(1, 1_000))

    async def respond(_url: object, **_options: object) -> CallbackResult:
        number = next(numbers)
        await clock.pass_time(1)
        return CallbackResult(payload=_grant(number))

    web.post(TOKEN_URL, callback=respond, repeat=True)


@in_virtual_time
async def test_a_hundred_askers_fetch_one_token(clock: VirtualClock, web: aioresponses) -> None:
    _slow_grants(web, clock)

    async with _credentials(clock) as credentials:
        tokens = await outcomes(*(_take(credentials) for _ in range(100)))

    assert (len(_sent(web)), tokens) == (1, ["token-1"] * 100)


@in_virtual_time
async def test_a_hundred_rejections_renew_the_token_once(
    clock: VirtualClock, web: aioresponses
) -> None:
    _slow_grants(web, clock)

    async with _credentials(clock) as credentials:
        rejected = await credentials.credential.obtain()
        await outcomes(*(credentials.credential.renew(rejected) for _ in range(100)))
        token = await _take(credentials)

    assert (len(_sent(web)), token) == (2, "token-2")


@in_virtual_time
async def test_a_late_rejection_of_an_old_token_renews_nothing(
    clock: VirtualClock, web: aioresponses
) -> None:
    _slow_grants(web, clock)

    async with _credentials(clock) as credentials:
        old = await credentials.credential.obtain()
        await credentials.credential.renew(old)
        await credentials.credential.renew(old)

    assert len(_sent(web)) == 2


@in_virtual_time
async def test_an_asker_who_leaves_does_not_hold_up_the_others(
    clock: VirtualClock, web: aioresponses
) -> None:
    _slow_grants(web, clock)

    async with _credentials(clock) as credentials:
        leaver, stayer = (asyncio.create_task(_take(credentials)) for _ in range(2))
        await clock.sleep(0.5)
        leaver.cancel()
        token = await stayer

    assert (len(_sent(web)), token) == (1, "token-1")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param(
            400, payload("spotify/error_invalid_client.json"), AccessDenied, id="invalid client"
        ),
        pytest.param(403, b"forbidden", AccessDenied, id="forbidden"),
        pytest.param(503, b"<html>", UpstreamServerError, id="down"),
        pytest.param(200, b"<html>", InvalidResponse, id="HTML"),
        pytest.param(200, b'{"token_type":"Bearer"}', InvalidResponse, id="no token"),
    ],
)
@in_virtual_time
async def test_a_refused_token_request_has_its_class_and_shows_no_secret(
    clock: VirtualClock,
    web: aioresponses,
    status: int,
    body: bytes,
    expected: type[ExternalServiceException],
) -> None:
    web.post(TOKEN_URL, status=status, body=body)

    async with _credentials(clock) as credentials:
        with pytest.raises(ExternalServiceException) as caught:
            await credentials.token()

    assert type(caught.value) is expected
    assert "canary" not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"


@in_virtual_time
async def test_a_failed_fetch_is_not_repeated_for_five_seconds(
    clock: VirtualClock, web: aioresponses
) -> None:
    web.post(TOKEN_URL, status=503)
    web.post(TOKEN_URL, payload=_grant(1))

    async with _credentials(clock) as credentials:
        first = await outcomes(credentials.token())
        await clock.sleep(4.9)
        second = await outcomes(credentials.token())
        await clock.sleep(0.1)
        token = await _take(credentials)

    assert [type(error) for error in (*first, *second)] == [UpstreamServerError] * 2
    assert (len(_sent(web)), token) == (2, "token-1")
