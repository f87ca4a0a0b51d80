"""Behaviour 54: everything is down, and people still get a helpful answer in time.

The real services with the real limits of ``bot/policies.py``, over a transport that hangs or
fails; Discord gives 3 s, which a command stretches to 15 minutes by deferring.
"""

import asyncio

from fakes.chance import FixedChance
from fakes.clock import VirtualClock, wall
from fakes.payloads import payload
from fakes.spotify import spotify_sender
from fakes.stores import MemoryStore
from fakes.virtual_time import in_virtual_time, settle

from bot.policies import Stores, discogs_policy, spotify_policy
from bot.settings import Settings
from services.answers import Answer, Source
from services.catalogue.models import SearchResults
from services.catalogue.service import CatalogueService
from services.discogs.service import DiscogsService
from services.errors import CircuitOpen, DeadlineExceeded, UpstreamUnreachable
from services.http import HttpClient, Request, Response
from services.resilience.clock import SystemClock
from services.secret import Secret
from services.spotify.auth import ClientCredentials
from services.spotify.service import SpotifyService

_TIME = SystemClock()
_BODIES = {
    "fetch_token": payload("spotify/token.json"),
    "spotify.search": payload("spotify/search.json"),
    "discogs.search": payload("discogs/search.json"),
}


class _Network(HttpClient):
    """Answers searches until it ``hangs`` or is ``refused``.

    Attributes:
        hangs: Nothing is ever answered.
        refuses: No connection is made.
        sent: How many requests left.
    """

    def __init__(self) -> None:
        self.hangs = False
        self.refuses = False
        self.sent = 0

    async def send(self, request: Request) -> Response:
        self.sent += 1
        if self.hangs:
            await _TIME.sleep(86_400)
        if self.refuses:
            raise UpstreamUnreachable(request.service, request.operation, was_sent=False)
        name = f"{request.service}.{request.operation}"
        return Response(200, {}, _BODIES.get(name) or _BODIES[request.operation])


def _catalogue(
    network: _Network, clock: VirtualClock, store: MemoryStore | None = None
) -> CatalogueService:
    settings, chance = Settings(), FixedChance(0.0)
    auth = ClientCredentials(
        client_id="the-id",
        client_secret=Secret("canary-4f9a"),
        accounts_url="https://accounts.spotify.test",
        http=network,
        clock=clock,
    )
    policy = spotify_policy(settings, clock=clock, chance=chance, stores=Stores(cache=store))
    spotify = SpotifyService(spotify_sender(network, policy, auth, clock=clock), market="FR")
    discogs = DiscogsService(
        http=network,
        policy=discogs_policy(settings, clock=clock, chance=chance, stores=Stores(cache=store)),
        authorization=Secret("Discogs token=canary-4f9a"),
        api_url="https://api.discogs.test",
    )
    return CatalogueService(spotify=spotify, discogs=discogs)


async def _search(catalogue: CatalogueService, query: str = "icarus") -> SearchResults:
    return [results async for results in catalogue.search(query)][-1]


def _told(results: SearchResults) -> list[tuple[Source, tuple[str, ...]]]:
    """Return source and trail of both upstreams' answers, Spotify's first."""
    answers = (results.spotify, results.discogs)
    return [(answer.source, answer.tried) for answer in answers if isinstance(answer, Answer)]


@in_virtual_time
async def test_while_everything_hangs_what_is_kept_is_offered_after_three_seconds(
    clock: VirtualClock,
) -> None:
    network = _Network()
    catalogue = _catalogue(network, clock)
    await _search(catalogue)
    await clock.sleep(7 * 3_600)
    network.hangs = True
    asked_at = clock.elapsed

    results = await _search(catalogue)

    assert clock.elapsed - asked_at == 3
    assert _told(results) == [
        (Source.STALE, ("cache_from_previous_session",)),
        (Source.STALE, ("cache_from_last_import",)),
    ]
    assert results.spotify_items
    assert results.discogs_hits


@in_virtual_time
async def test_while_everything_hangs_after_a_restart_the_previous_session_is_offered(
    clock: VirtualClock,
) -> None:
    network, store = _Network(), MemoryStore()
    await _search(_catalogue(network, clock, store))
    await settle()
    await clock.sleep(7 * 3_600)
    network.hangs = True
    asked_at = clock.elapsed

    results = await _search(_catalogue(network, clock, store))

    assert [source for source, _ in _told(results)] == [Source.STALE] * 2
    # Without a token nothing is sent to Spotify's API, and its host hangs as well.
    assert clock.elapsed - asked_at == 3
    assert isinstance(results.discogs, Answer)
    assert results.discogs.as_of == wall(0)


@in_virtual_time
async def test_while_everything_hangs_and_nothing_is_kept_the_deadline_brings_the_links(
    clock: VirtualClock,
) -> None:
    network = _Network()
    network.hangs = True

    results = await _search(_catalogue(network, clock))

    # Deferred: Spotify's token takes its 10 s, Discogs its 30 s, and then there is a way out.
    assert clock.elapsed == 30
    assert _told(results) == [
        (Source.MINIMAL, ("cache_from_previous_session", "return_minimal_data")),
        (
            Source.MANUAL,
            ("lightweight_retry", "cache_from_last_import", "manual_entry_mode"),
        ),
    ]
    assert isinstance(results.discogs, Answer)
    assert isinstance(results.discogs.error, DeadlineExceeded)


@in_virtual_time
async def test_once_the_circuits_are_open_the_links_come_at_once(clock: VirtualClock) -> None:
    network = _Network()
    catalogue = _catalogue(network, clock)
    await _search(catalogue)  # fetches the token
    network.refuses = True
    for number in range(4):
        await _search(catalogue, f"another {number}")
    sent, asked_at = network.sent, clock.elapsed

    results = await _search(catalogue, "yet another")

    assert (network.sent, clock.elapsed) == (sent, asked_at)
    assert [source for source, _ in _told(results)] == [Source.MINIMAL, Source.MANUAL]
    assert isinstance(results.spotify, Answer)
    assert isinstance(results.spotify.error, CircuitOpen)


@in_virtual_time
async def test_a_crowd_that_asks_while_everything_is_down_sends_what_one_would(
    clock: VirtualClock,
) -> None:
    alone, crowd = _Network(), _Network()
    alone.refuses = crowd.refuses = True

    await _search(_catalogue(alone, clock))
    catalogue = _catalogue(crowd, clock)
    await asyncio.gather(*(_search(catalogue) for _ in range(100)))

    assert crowd.sent == alone.sent
