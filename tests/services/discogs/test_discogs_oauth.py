"""OAuth 1.0a: the bytes that are sent, and the whole way to a permanent token over sockets."""

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, unquote, urlsplit

import aiohttp
import pytest
from fakes.chance import seeded
from fakes.clock import WALL_START, VirtualClock
from fakes.policies import easy_policy
from fakes.servers import Handler, RawServer, answer, raw_server, reset_after
from fakes.virtual_time import in_virtual_time
from harness.discogs import Discogs
from hypothesis import given
from hypothesis import strategies as st

from services.discogs.oauth import DiscogsOAuth, RequestToken, percent_encoded
from services.errors import (
    AuthenticationFailed,
    ExternalServiceException,
    InvalidRequest,
    InvalidResponse,
    UpstreamServerError,
    UpstreamUnreachable,
)
from services.http import HttpClient, open_session
from services.resilience.clock import Clock, SystemClock
from services.secret import Secret

CANARY = "canary-4f9a"
PENDING = RequestToken(token="canary-4f9a-token", secret=Secret(CANARY), authorize_url="")
_FIELD = re.compile(r'(\w+)="([^"]*)"')


def _oauth(
    http: HttpClient,
    clock: Clock,
    *,
    key: str = "key",
    api_url: str = "https://discogs.test",
) -> DiscogsOAuth:
    return DiscogsOAuth(
        http=http,
        policy=easy_policy("discogs", clock, attempts=3),
        consumer_key=key,
        consumer_secret=Secret("s&cr=t"),
        api_url=api_url,
        authorize_url="https://www.discogs.test/oauth/authorize",
        clock=clock,
        chance=seeded(1),
    )


@asynccontextmanager
async def _answering(handler: Handler) -> AsyncIterator[tuple[DiscogsOAuth, RawServer]]:
    clock = SystemClock()
    async with raw_server(handler) as server, open_session(user_agent="AIME-tests/1.0") as session:
        yield _oauth(HttpClient(session, clock=clock), clock, api_url=server.url), server


# --- The signature


@in_virtual_time
async def test_header_is_signed_in_plain_text_and_encoded_byte_for_byte(
    clock: VirtualClock,
) -> None:
    async with open_session(user_agent="AIME-tests/1.0") as session:
        oauth = _oauth(HttpClient(session, clock=clock), clock, key="k y")

        header = oauth.authorization(Secret("to+ken"), Secret("pé~-._/"))().reveal()

    nonce = f"{seeded(1).getrandbits(128):032x}"
    assert header == (
        'OAuth oauth_consumer_key="k%20y", '
        f'oauth_nonce="{nonce}", '
        'oauth_signature="s%2526cr%253Dt%26p%25C3%25A9~-._%252F", '
        'oauth_signature_method="PLAINTEXT", '
        f'oauth_timestamp="{int(WALL_START.timestamp())}", '
        'oauth_token="to%2Bken"'
    )


@in_virtual_time
async def test_every_request_is_signed_anew(clock: VirtualClock) -> None:
    async with open_session(user_agent="AIME-tests/1.0") as session:
        authorization = _oauth(HttpClient(session, clock=clock), clock).authorization(
            Secret("t"), Secret("s")
        )
        first = dict(_FIELD.findall(authorization().reveal()))
        await clock.sleep(60)
        second = dict(_FIELD.findall(authorization().reveal()))

    changed = {name for name in first if first[name] != second[name]}
    assert changed == {"oauth_nonce", "oauth_timestamp"}


@given(text=st.text())
def test_no_text_can_break_out_of_its_field(text: str) -> None:
    escaped = percent_encoded(text)

    assert unquote(escaped) == text
    assert re.fullmatch(r"(?:[A-Za-z0-9_.~-]|%[0-9A-F]{2})*", escaped)


async def test_a_signature_never_shows_itself(discogs: Discogs) -> None:
    authorization = discogs.authorization("vinyl_marie")()

    assert f"{authorization} {authorization!r}" == "••• •••"


# --- The way to a token


async def test_a_person_who_is_sent_back_gets_a_token_that_speaks_for_them(
    discogs: Discogs, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    callback = "https://bot.test/discogs?state=a%20b&x=1"
    pending = await discogs.oauth.request_token(callback)

    sent_back_to = await _decide(pending.authorize_url, "vinyl_marie", "allow")
    query = parse_qs(urlsplit(sent_back_to).query)
    granted = await discogs.oauth.access_token(pending, query["oauth_verifier"][0])
    authorization = discogs.oauth.authorization(granted.token, granted.secret)
    profile = await discogs.oauth.identity(authorization)

    assert sent_back_to.startswith("https://bot.test/discogs?state=a%20b&x=1&")
    assert query["oauth_token"] == [pending.token]
    assert (profile.username, profile.discogs_id) == ("vinyl_marie", 202)
    secrets = [pending.secret, granted.token, granted.secret, Secret(discogs.stand_in.token)]
    assert [each for each in secrets if each.reveal() in caplog.text] == []


async def test_without_a_callback_a_person_copies_a_code(discogs: Discogs) -> None:
    pending = await discogs.oauth.request_token(None)
    verifier = discogs.stand_in.oauth.allow(pending.token, "empty_shelf")

    granted = await discogs.oauth.access_token(pending, f" {verifier}\n")

    authorization = discogs.oauth.authorization(granted.token, granted.secret)
    assert (await discogs.oauth.identity(authorization)).username == "empty_shelf"


async def test_a_token_speaks_for_the_same_person_after_they_are_renamed(
    discogs: Discogs,
) -> None:
    authorization = discogs.authorization("vinyl_marie")
    discogs.stand_in.people["vinyl_marie"].username = "marie"

    profile = await discogs.oauth.identity(authorization)

    assert (profile.username, profile.discogs_id) == ("marie", 202)


@pytest.mark.parametrize("verifier", ["wrong", "", 'x", oauth_token="y', "✓\r\nX-Evil: 1"])
async def test_a_wrong_code_is_an_invalid_request(discogs: Discogs, verifier: str) -> None:
    pending = await discogs.oauth.request_token(None)
    discogs.stand_in.oauth.allow(pending.token, "empty_shelf")

    with pytest.raises(InvalidRequest):
        await discogs.oauth.access_token(pending, verifier)


async def test_a_code_can_be_used_once(discogs: Discogs) -> None:
    pending = await discogs.oauth.request_token(None)
    verifier = discogs.stand_in.oauth.allow(pending.token, "empty_shelf")
    await discogs.oauth.access_token(pending, verifier)

    with pytest.raises(InvalidRequest):
        await discogs.oauth.access_token(pending, verifier)


async def test_a_person_who_denies_is_sent_back_and_nothing_can_be_had(discogs: Discogs) -> None:
    pending = await discogs.oauth.request_token("https://bot.test/discogs")

    sent_back_to = await _decide(pending.authorize_url, "vinyl_marie", "deny")

    assert sent_back_to == f"https://bot.test/discogs?denied={pending.token}"
    with pytest.raises(AuthenticationFailed):
        await discogs.oauth.access_token(pending, "x")


async def test_an_unknown_application_gets_no_token(discogs: Discogs) -> None:
    stranger = _oauth(discogs.http, SystemClock(), api_url=discogs.stand_in.api_url)

    with pytest.raises(AuthenticationFailed):
        await stranger.request_token(None)


async def _decide(url: str, username: str, decision: str) -> str:
    """Answer Discogs' page as its form does; return where it sends the browser."""
    async with aiohttp.ClientSession() as browser:
        async with browser.get(url) as page:
            assert username in await page.text()
        form = {"username": username, "decision": decision}
        async with browser.post(url, data=form, allow_redirects=False) as answered:
            return answered.headers["Location"]


# --- What goes wrong


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"oauth_token=x",
        b"oauth_token=&oauth_token_secret=",
        b'{"oauth_token":"canary-4f9a","oauth_token_secret":""}',
        b"\xff",
    ],
)
async def test_an_answer_without_a_token_is_refused_and_not_quoted(body: bytes) -> None:
    async with _answering(answer(body)) as (oauth, _):
        with pytest.raises(InvalidResponse) as caught:
            await oauth.request_token(None)

    assert CANARY not in f"{caught.value!r} {caught.value}"


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        pytest.param(answer(b"<html>", status="502 No"), UpstreamServerError, id="502"),
        pytest.param(reset_after(b""), UpstreamUnreachable, id="reset"),
        pytest.param(answer(b'{"message":"x"}', status="400 No"), InvalidRequest, id="400"),
        pytest.param(answer(b'{"message":"x"}', status="401 No"), AuthenticationFailed, id="401"),
    ],
)
async def test_an_exchange_is_sent_once_and_its_failure_names_no_secret(
    handler: Handler,
    expected: type[ExternalServiceException],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    async with _answering(handler) as (oauth, server):
        with pytest.raises(ExternalServiceException) as caught:
            await oauth.access_token(PENDING, "canary-4f9a-code")

    assert type(caught.value) is expected
    (request,) = server.requests
    assert request.startswith("POST /oauth/access_token HTTP/1.1")
    fields = dict(_FIELD.findall(request))
    assert fields["oauth_signature"] == "s%2526cr%253Dt%26canary-4f9a"
    assert (fields["oauth_token"], fields["oauth_verifier"]) == (
        "canary-4f9a-token",
        "canary-4f9a-code",
    )
    assert CANARY not in f"{caught.value!r} {caught.value} {caplog.text} {PENDING.secret}"
