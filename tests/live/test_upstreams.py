"""One small question to each real upstream, with the real settings: ``make test-live``."""

from collections.abc import Callable
from contextlib import aclosing

import pytest
from fakes.spotify import spotify_sender

from bot.policies import discogs_policy, euria_policy, spotify_policy
from bot.settings import Settings
from services.answers import Source
from services.discogs.models import DiscogsKind
from services.discogs.service import DiscogsService
from services.euria.models import DescriptionRequest
from services.euria.service import EuriaService
from services.http import HttpClient
from services.resilience.clock import SystemClock, system_random
from services.resilience.config import StreamLimits
from services.secret import Secret
from services.spotify.auth import ClientCredentials
from services.spotify.models import SpotifyKind
from services.spotify.service import SpotifyService

pytestmark = pytest.mark.live

CLOCK, CHANCE = SystemClock(), system_random()
Skip = Callable[[str], None]


@pytest.fixture
def spotify_auth(settings: Settings, http: HttpClient, skip: Skip) -> ClientCredentials:
    if not settings.spotify_client_id or settings.spotify_client_secret is None:
        skip("SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET are not set")
    return ClientCredentials(
        client_id=settings.spotify_client_id,
        client_secret=settings.spotify_client_secret or Secret(""),
        accounts_url=settings.spotify_accounts_url,
        http=http,
        clock=CLOCK,
    )


@pytest.fixture
def discogs(settings: Settings, http: HttpClient, skip: Skip) -> DiscogsService:
    if settings.discogs_token is None:
        skip("DISCOGS_TOKEN is not set")
    token = (settings.discogs_token or Secret("")).reveal()
    return DiscogsService(
        http=http,
        policy=discogs_policy(settings, clock=CLOCK, chance=CHANCE),
        authorization=Secret(f"Discogs token={token}"),
        api_url=settings.discogs_api_url,
    )


@pytest.fixture
def euria(settings: Settings, http: HttpClient, skip: Skip) -> EuriaService:
    if settings.euria_token is None or not settings.euria_base_url:
        skip("EURIA_TOKEN and EURIA_PRODUCT_ID (or EURIA_API_URL) are not set")
    return EuriaService(
        http=http,
        policy=euria_policy(settings, clock=CLOCK, chance=CHANCE),
        clock=CLOCK,
        token=settings.euria_token,
        api_url=settings.euria_base_url,
        model=settings.euria_model,
        limits=StreamLimits(
            first=settings.euria_first_token_timeout_seconds,
            idle=settings.euria_idle_timeout_seconds,
            whole=settings.euria_timeout_seconds,
        ),
        capabilities=settings.euria_model_capabilities.of(settings.euria_model),
    )


async def test_spotify_gives_a_token_and_another_one_once_it_expired(
    spotify_auth: ClientCredentials,
) -> None:
    first = await spotify_auth.token()
    kept = await spotify_auth.token()
    # A token lives for an hour: let it expire by hand.
    spotify_auth.credential._expires_at = CLOCK.monotonic() - 1
    fetched_again = await spotify_auth.token()

    assert first.reveal()
    assert kept is first
    assert fetched_again is not first
    assert spotify_auth.credential._expires_at - CLOCK.monotonic() > 60


async def test_spotify_gives_another_token_when_one_was_rejected(
    spotify_auth: ClientCredentials,
) -> None:
    rejected = await spotify_auth.token()

    await spotify_auth.credential.renew(spotify_auth.credential.generation)

    assert await spotify_auth.token() is not rejected


async def test_spotify_finds_an_album(
    settings: Settings, http: HttpClient, spotify_auth: ClientCredentials
) -> None:
    policy = spotify_policy(settings, clock=CLOCK, chance=CHANCE)
    url = settings.spotify_api_url
    sender = spotify_sender(http, policy, spotify_auth, clock=CLOCK, api_url=url)
    service = SpotifyService(sender, market=settings.spotify_market)

    answer = await service.search("kind of blue miles davis", (SpotifyKind.ALBUM,))

    assert answer.error is None
    assert answer.source is Source.LIVE
    assert "Miles Davis" in {artist for item in answer.value.items for artist in item.artists}


async def test_discogs_finds_a_release(discogs: DiscogsService) -> None:
    answer = await discogs.search("kind of blue miles davis", DiscogsKind.RELEASE)

    assert answer.error is None
    assert answer.source is Source.LIVE
    assert "Miles Davis" in {hit.artist for hit in answer.value.hits}


async def test_discogs_gives_a_release(discogs: DiscogsService) -> None:
    answer = await discogs.get_release(249504)

    assert answer.source is Source.LIVE
    assert answer.value.release_id == 249504
    assert answer.value.artist == "Rick Astley"
    assert answer.value.tracks


async def test_euria_writes_and_says_when_it_is_done(euria: EuriaService) -> None:
    request = DescriptionRequest(topic="Kind of Blue by Miles Davis")

    async with aclosing(euria.generate_description(request)) as stream:
        parts = [part async for part in stream]

    assert len(parts) > 1, "it was not streamed"
    assert len("".join(parts)) > 100
    assert "<think>" not in "".join(parts)
