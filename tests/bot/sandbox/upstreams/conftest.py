"""Running stand-ins and a client that talks to them like any other HTTP client."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from harness.sandbox_clients import DiscogsApi, EuriaApi, SpotifyApi

from bot.sandbox.discogs import DiscogsStandIn
from bot.sandbox.euria import Behaviour, EuriaStandIn
from bot.sandbox.spotify import SpotifyStandIn


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"User-Agent": "AIME-tests/1.0 +https://example.org/contact"}
    # A connection per request, so that one test's cut connection is not another's surprise.
    connector = aiohttp.TCPConnector(force_close=True)
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(
        headers=headers, connector=connector, timeout=timeout
    ) as client:
        yield client


@pytest.fixture
async def spotify() -> AsyncIterator[SpotifyStandIn]:
    async with SpotifyStandIn() as stand_in:
        yield stand_in


@pytest.fixture
async def spotify_api(spotify: SpotifyStandIn, session: aiohttp.ClientSession) -> SpotifyApi:
    client = SpotifyApi(stand_in=spotify, session=session, headers={})
    await client.log_in()
    return client


@pytest.fixture
async def discogs() -> AsyncIterator[DiscogsStandIn]:
    async with DiscogsStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def discogs_api(discogs: DiscogsStandIn, session: aiohttp.ClientSession) -> DiscogsApi:
    headers = {"Authorization": f"Discogs token={discogs.token}"}
    return DiscogsApi(stand_in=discogs, session=session, headers=headers)


@pytest.fixture
async def euria() -> AsyncIterator[EuriaStandIn]:
    async with EuriaStandIn(
        behaviour=Behaviour(first_token_seconds=0.0, chunk_seconds=0.0)
    ) as stand_in:
        yield stand_in


@pytest.fixture
def euria_api(euria: EuriaStandIn, session: aiohttp.ClientSession) -> EuriaApi:
    headers = {"Authorization": f"Bearer {euria.token}"}
    return EuriaApi(stand_in=euria, session=session, headers=headers)
