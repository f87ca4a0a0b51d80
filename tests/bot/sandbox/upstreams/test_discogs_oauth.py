"""Discogs' OAuth 1.0a: request token, the page, access token, and what is refused."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import aiohttp
import pytest
from harness.sandbox_clients import SteppedClock

from bot.sandbox.discogs import DiscogsStandIn


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
async def discogs(clock: SteppedClock) -> AsyncIterator[DiscogsStandIn]:
    async with DiscogsStandIn(monotonic=clock) as stand_in:
        yield stand_in


class _Application:
    """Signs as its operator would, with another nonce each time."""

    def __init__(self, discogs: DiscogsStandIn, session: aiohttp.ClientSession) -> None:
        self._discogs = discogs
        self._session = session
        self._count = 0

    async def ask(
        self, method: str, path: str, *, token_secret: str = "", **more: str
    ) -> tuple[int, dict[str, str]]:
        self._count += 1
        fields = {
            "oauth_consumer_key": self._discogs.consumer_key,
            "oauth_nonce": str(self._count),
            "oauth_signature": f"{self._discogs.consumer_secret}%26{token_secret}",
            "oauth_signature_method": "PLAINTEXT",
            "oauth_timestamp": "1764000000",
        } | more
        header = "OAuth " + ",".join(f'{name}="{value}"' for name, value in fields.items())
        async with self._session.request(
            method, f"{self._discogs.url}{path}", headers={"Authorization": header}
        ) as response:
            query = parse_qs(await response.text())
            return response.status, {name: values[0] for name, values in query.items()}

    async def request(self, **more: str) -> tuple[str, str]:
        status, given = await self.ask("GET", "/oauth/request_token", **more)
        assert (status, given["oauth_callback_confirmed"]) == (200, "true")
        return given["oauth_token"], given["oauth_token_secret"]

    async def exchange(self, token: str, secret: str, verifier: str) -> tuple[int, dict[str, str]]:
        return await self.ask(
            "POST",
            "/oauth/access_token",
            token_secret=secret,
            oauth_token=token,
            oauth_verifier=verifier,
        )


@pytest.fixture
def application(discogs: DiscogsStandIn, session: aiohttp.ClientSession) -> _Application:
    return _Application(discogs, session)


async def test_allowed_token_is_exchanged_once(
    discogs: DiscogsStandIn, application: _Application
) -> None:
    token, secret = await application.request()
    verifier = discogs.oauth.allow(token, "Vinyl_Marie")

    wrong, _ = await application.exchange(token, secret, "wrong")
    unsigned, _ = await application.exchange(token, "", verifier)
    status, granted = await application.exchange(token, secret, verifier)
    again, _ = await application.exchange(token, secret, verifier)

    assert (wrong, unsigned, status, again) == (400, 401, 200, 400)
    assert granted.keys() == {"oauth_token", "oauth_token_secret"}
    assert granted["oauth_token"] != token


async def test_token_that_nobody_allowed_is_not_exchanged(application: _Application) -> None:
    token, secret = await application.request()

    status, _ = await application.exchange(token, secret, "")

    assert status == 400


@pytest.mark.parametrize(("seconds", "status"), [(899.0, 200), (901.0, 400)])
async def test_token_and_verifier_expire_after_15_minutes(
    discogs: DiscogsStandIn,
    application: _Application,
    clock: SteppedClock,
    seconds: float,
    status: int,
) -> None:
    token, secret = await application.request()
    verifier = discogs.oauth.allow(token, "vinyl_marie")

    clock.now += seconds
    answered, _ = await application.exchange(token, secret, verifier)

    assert answered == status


async def test_denied_token_is_not_exchanged(
    discogs: DiscogsStandIn, application: _Application
) -> None:
    token, secret = await application.request()
    discogs.oauth.deny(token)

    status, _ = await application.exchange(token, secret, "x")

    assert status == 401


@pytest.mark.parametrize(
    "fields",
    [
        {"oauth_consumer_key": "another"},
        {"oauth_signature": "wrong%26"},
        {"oauth_signature_method": "HMAC-SHA1"},
        {"oauth_nonce": ""},
        {"oauth_timestamp": "now"},
    ],
)
async def test_request_that_is_not_signed_right_gets_no_token(
    application: _Application, fields: dict[str, str]
) -> None:
    status, _ = await application.ask("GET", "/oauth/request_token", **fields)

    assert status == 401


async def test_nonce_cannot_be_used_again(application: _Application) -> None:
    await application.request(oauth_nonce="once")

    status, _ = await application.ask("GET", "/oauth/request_token", oauth_nonce="once")

    assert status == 401


async def test_page_shows_the_code_when_there_is_nowhere_to_go(
    discogs: DiscogsStandIn, application: _Application, session: aiohttp.ClientSession
) -> None:
    token, secret = await application.request(oauth_callback="oob")
    form = {"username": "vinyl_marie", "decision": "allow"}

    async with session.post(
        discogs.authorize_url, params={"oauth_token": token}, data=form
    ) as response:
        page = await response.text()
    verifier = page.partition("<code>")[2].partition("</code>")[0]

    assert (await application.exchange(token, secret, verifier))[0] == 200


async def test_page_sends_the_browser_back(
    discogs: DiscogsStandIn, application: _Application, session: aiohttp.ClientSession
) -> None:
    token, secret = await application.request(oauth_callback="https%3A%2F%2Fbot.test%2Fx%3Fy%3D1")
    form = {"username": "vinyl_marie", "decision": "allow"}

    async with session.post(
        discogs.authorize_url,
        params={"oauth_token": token},
        data=form,
        allow_redirects=False,
    ) as response:
        where = response.headers["Location"]
    query = parse_qs(where.partition("?")[2])

    assert where.startswith("https://bot.test/x?y=1&oauth_token=")
    assert (await application.exchange(token, secret, query["oauth_verifier"][0]))[0] == 200


async def test_page_of_no_token_says_so(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession
) -> None:
    async with session.get(discogs.authorize_url, params={"oauth_token": "x"}) as response:
        assert response.status == 400


async def test_page_is_no_part_of_the_limited_api(
    discogs: DiscogsStandIn, application: _Application, session: aiohttp.ClientSession
) -> None:
    token, _ = await application.request()
    used = discogs.window.used

    # A browser's User-Agent, which the API refuses.
    async with session.get(
        discogs.authorize_url, params={"oauth_token": token}, headers={"User-Agent": "Mozilla/5.0"}
    ) as response:
        assert response.status == 200
        assert "X-Discogs-Ratelimit" not in response.headers
    assert discogs.window.used == used
