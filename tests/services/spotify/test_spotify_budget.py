"""The day's requests to Spotify: half of them are people's, and what is kept costs nothing."""

import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from aioresponses import aioresponses
from fakes.clock import VirtualClock
from fakes.quota import MemoryQuotaStore
from fakes.spotify import spotify_sender
from fakes.virtual_time import in_virtual_time

from bot.policies import Stores, spotify_policy
from bot.settings import Settings
from services.answers import Source
from services.errors import QuotaSpent
from services.http import HttpClient, open_session
from services.resilience.priority import background
from services.secret import Secret
from services.spotify.auth import ClientCredentials
from services.spotify.service import SpotifyService

API = "https://api.spotify.test/v1"
DAY = timedelta(days=1)
SLOT = timedelta(minutes=10)


@asynccontextmanager
async def _service(
    clock: VirtualClock, chance: random.Random, store: MemoryQuotaStore
) -> AsyncIterator[SpotifyService]:
    """Run the service for one process, with four requests a day."""
    settings = Settings(spotify_daily_requests=4)
    policy = spotify_policy(settings, clock=clock, chance=chance, stores=Stores(quota=store))
    assert policy.quota is not None
    await policy.quota.load()
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
        await policy.aclose()
        await policy.quota.close()


def _answer(web: aioresponses) -> None:
    token = {"access_token": "token-1", "expires_in": 3_600}
    web.post("https://accounts.spotify.test/api/token", payload=token, repeat=True)
    track = {"id": "t", "type": "track", "name": "Naima"}
    web.get(re.compile(rf"{API}/tracks/.*"), payload=track, repeat=True)


@in_virtual_time
async def test_work_in_the_background_leaves_half_of_the_day_to_people(
    clock: VirtualClock, chance: random.Random, web: aioresponses
) -> None:
    _answer(web)

    async with _service(clock, chance, MemoryQuotaStore()) as service:
        with background():
            batch = [await service.get_track(name) for name in ("a", "b", "c")]
        people = [await service.get_track(name) for name in ("d", "e", "f")]

    assert [answer.source for answer in batch] == [Source.LIVE, Source.LIVE, Source.MINIMAL]
    assert [answer.source for answer in people] == [Source.LIVE, Source.LIVE, Source.MINIMAL]


@in_virtual_time
async def test_when_the_day_is_spent_people_get_what_is_kept_and_read_when_it_is_over(
    clock: VirtualClock, chance: random.Random, web: aioresponses
) -> None:
    _answer(web)

    async with _service(clock, chance, MemoryQuotaStore()) as service:
        for name in ("a", "b", "c", "d"):
            await service.get_track(name)
        kept, spent = await service.get_track("a"), await service.get_track("e")
        began = clock.now()

    assert (kept.source, kept.value.name) == (Source.CACHED, "Naima")
    assert (spent.source, type(spent.error)) == (Source.MINIMAL, QuotaSpent)
    assert spent.value.url == "https://open.spotify.com/track/e"
    assert spent.retry_at is not None
    assert DAY - SLOT <= spent.retry_at - began <= DAY + SLOT


@in_virtual_time
async def test_a_restart_gives_nobody_a_new_day(
    clock: VirtualClock, chance: random.Random, web: aioresponses
) -> None:
    _answer(web)
    store = MemoryQuotaStore()

    async with _service(clock, chance, store) as service:
        for name in ("a", "b", "c"):
            await service.get_track(name)
    async with _service(clock, chance, store) as service:
        answers = [await service.get_track(name) for name in ("d", "e")]

    assert [answer.source for answer in answers] == [Source.LIVE, Source.MINIMAL]
