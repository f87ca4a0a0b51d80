"""Requests in the app's name and in a person's, and what is not even sent."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aioresponses import aioresponses
from fakes.clock import VirtualClock
from fakes.policies import easy_policy
from fakes.spotify import spotify_sender
from fakes.virtual_time import in_virtual_time

from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    RateLimitExceeded,
    ServiceDisabled,
    UpstreamServerError,
)
from services.http import HttpClient, open_session
from services.secret import Secret
from services.spotify.auth import ClientCredentials
from services.spotify.denials import Denial, denial_of
from services.spotify.sending import SpotifySender

API = "https://api.spotify.test/v1"
ANYWHERE = re.compile(rf"{API}/.*")
FORBIDDEN = {"error": {"status": 403, "message": "Forbidden"}}


class PersonsToken:
    """A person's token; renewing it gives the next one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.generation = 1

    async def token(self) -> Secret:
        return Secret(f"{self.name}-{self.generation}")

    async def obtain(self) -> int:
        return self.generation

    async def renew(self, generation: int) -> bool:
        self.generation = generation + 1
        return True


@dataclass
class Person:
    credential: PersonsToken = field(default_factory=lambda: PersonsToken("nora"))


@asynccontextmanager
async def _sender(
    clock: VirtualClock, web: aioresponses, attempts: int = 1
) -> AsyncIterator[SpotifySender]:
    token = {"access_token": "app-1", "expires_in": 3_600}
    web.post("https://accounts.spotify.test/api/token", payload=token, repeat=True)
    async with open_session(user_agent="AIME-tests/1.0") as session:
        http = HttpClient(session, clock=clock)
        auth = ClientCredentials(
            client_id="the-id",
            client_secret=Secret("canary-4f9a"),
            accounts_url="https://accounts.spotify.test",
            http=http,
            clock=clock,
        )
        policy = easy_policy("spotify", clock, attempts=attempts)
        yield spotify_sender(http, policy, auth, clock=clock, api_url=API)


def _sent(web: aioresponses) -> list[tuple[str, Any]]:
    """Return the token and the JSON body of every request to the Web API."""
    return [
        (call.kwargs["headers"]["Authorization"].removeprefix("Bearer "), call.kwargs["json"])
        for (_, url), calls in web.requests.items()
        for call in calls
        if url.host == "api.spotify.test"
    ]


@in_virtual_time
async def test_a_persons_request_carries_the_persons_token_and_its_body(
    clock: VirtualClock, web: aioresponses
) -> None:
    web.post(ANYWHERE, body=b"made")
    body = {"name": "Blue"}

    async with _sender(clock, web) as sender:
        answer = await sender.send(
            "create_playlist", "POST", "/me/playlists", parse=bytes, account=Person(), json=body
        )

    assert (answer.value, _sent(web)) == (b"made", [("nora-1", body)])


@in_virtual_time
async def test_a_rejected_token_of_a_person_is_renewed_and_the_request_sent_once_more(
    clock: VirtualClock, web: aioresponses
) -> None:
    web.get(ANYWHERE, status=401)
    web.get(ANYWHERE, body=b"{}")

    async with _sender(clock, web) as sender:
        await sender.send("get_me", "GET", "/me", parse=bytes, account=Person())

    assert [token for token, _ in _sent(web)] == ["nora-1", "nora-2"]


@in_virtual_time
async def test_a_person_is_told_when_the_renewed_token_is_rejected_as_well(
    clock: VirtualClock, web: aioresponses
) -> None:
    web.get(ANYWHERE, status=401, repeat=True)

    async with _sender(clock, web) as sender:
        with pytest.raises(AuthenticationFailed):
            await sender.send("get_me", "GET", "/me", parse=bytes, account=Person())

    assert len(_sent(web)) == 2


@in_virtual_time
async def test_a_refusal_renews_nothing_and_says_why(
    clock: VirtualClock, web: aioresponses
) -> None:
    web.get(ANYWHERE, status=403, payload=FORBIDDEN)

    async with _sender(clock, web) as sender:
        path = "/playlists/3cEYpjA9oz9GiPac4AsH4n/items"
        with pytest.raises(AccessDenied) as caught:
            await sender.send("get_items", "GET", path, parse=bytes, account=Person())

    assert denial_of(caught.value) is Denial.NOT_YOURS
    assert [token for token, _ in _sent(web)] == ["nora-1"]


@in_virtual_time
async def test_what_one_person_is_refused_is_asked_for_the_next(
    clock: VirtualClock, web: aioresponses
) -> None:
    web.get(ANYWHERE, status=403, payload=FORBIDDEN, repeat=True)

    async with _sender(clock, web) as sender:
        for number in range(3):
            with pytest.raises(AccessDenied):
                await sender.send("get", "GET", f"/me/{number}", parse=bytes, account=Person())

    assert len(_sent(web)) == 3


@in_virtual_time
async def test_what_the_app_is_refused_twice_is_not_sent_a_third_time(
    clock: VirtualClock, web: aioresponses
) -> None:
    web.get(ANYWHERE, status=403, payload=FORBIDDEN, repeat=True)

    async with _sender(clock, web) as sender:
        for number in range(3):
            with pytest.raises(AccessDenied) as caught:
                await sender.send("get", "GET", f"/browse/{number}", parse=bytes)
            assert denial_of(caught.value) is Denial.ENDPOINT_REMOVED

    assert len(_sent(web)) == 2


@in_virtual_time
async def test_the_same_thing_refused_twice_says_nothing_of_the_endpoint(
    clock: VirtualClock, web: aioresponses
) -> None:
    web.get(ANYWHERE, status=403, payload=FORBIDDEN, repeat=True)

    async with _sender(clock, web) as sender:
        for _ in range(3):
            with pytest.raises(AccessDenied):
                await sender.send("get", "GET", "/tracks/a", parse=bytes, params={"market": "FR"})

    assert len(_sent(web)) == 3


@pytest.mark.parametrize(
    ("method", "repeatable", "sent"),
    [("GET", None, 2), ("POST", None, 1), ("POST", True, 2), ("GET", False, 1)],
)
@in_virtual_time
async def test_only_what_may_be_done_twice_is_repeated(
    clock: VirtualClock,
    web: aioresponses,
    method: str,
    repeatable: bool | None,  # noqa: FBT001  # a column of the table above
    sent: int,
) -> None:
    web.add(ANYWHERE, method=method, status=503, repeat=True)

    async with _sender(clock, web, attempts=2) as sender:
        with pytest.raises(UpstreamServerError):
            await sender.send("do", method, "/me", parse=bytes, repeatable=repeatable)

    assert len(_sent(web)) == sent


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "7"}, {"error": {"message": "API rate limit exceeded"}}, 7),
        ({}, {"error": {"message": "API rate limit exceeded"}}, 45),
        ({"Retry-After": "soon"}, {"error": {"reason": "QUOTA_EXCEEDED"}}, 3_600),
    ],
)
@in_virtual_time
async def test_a_refusal_for_haste_always_says_how_long_to_wait(
    clock: VirtualClock,
    web: aioresponses,
    headers: dict[str, str],
    body: dict[str, object],
    seconds: float,
) -> None:
    web.get(ANYWHERE, status=429, headers=headers, payload=body)

    async with _sender(clock, web) as sender:
        with pytest.raises(RateLimitExceeded) as caught:
            await sender.send("get_me", "GET", "/me", parse=bytes)

    assert caught.value.retry_after == seconds


@in_virtual_time
async def test_without_keys_nobody_is_asked_for_anything(clock: VirtualClock) -> None:
    http = HttpClient(None, clock=clock)  # type: ignore[arg-type]  # nothing may be sent
    sender = spotify_sender(http, easy_policy("spotify", clock), None, clock=clock)

    with pytest.raises(ServiceDisabled):
        await sender.send("get_me", "GET", "/me", parse=bytes, account=Person())
