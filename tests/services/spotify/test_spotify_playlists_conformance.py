"""Every request about a person's playlists, and every answer, against Spotify's document."""

import json
from collections.abc import AsyncIterator

import pytest
from harness.playlists import SpotifyWorld, spotify_world
from harness.spotify_openapi import SPEC, SpotifyContract
from harness.spotify_recording import RecordingHttp

from bot.sandbox.spotify.people import LISTENER
from services.resilience.clock import SystemClock
from services.spotify import playlist_protocol as protocol

CONTRACT = SpotifyContract.load()

pytestmark = pytest.mark.skipif(
    not SPEC.exists(), reason="Spotify's OpenAPI document is not beside this checkout"
)


@pytest.fixture
async def world() -> AsyncIterator[SpotifyWorld]:
    async with spotify_world() as world:
        yield world


async def test_every_request_about_playlists_conforms(world: SpotifyWorld) -> None:
    http = RecordingHttp(world.sender._http._session, clock=SystemClock())
    world.sender._http = http
    account = world.account(world.people[LISTENER])
    uris = [f"spotify:track:{each}" for each in list(world.stand_in.catalogue.spotify_songs)[:3]]

    made = await world.playlists.create(account, "Blue", description="Late at night")
    await world.playlists.add(account, made.spotify_id, uris)
    await world.playlists.add(account, made.spotify_id, uris, position=0)
    await world.playlists.get(account, made.spotify_id)
    await world.playlists.items(account, made.spotify_id, 1)
    await world.playlists.mine(account, 1)

    assert http.problems() == []
    assert len(http.answers) == 6


def _example(route: str) -> bytes:
    return json.dumps(CONTRACT.example("GET", route), default=str).encode()


def test_playlists_of_the_document_are_read() -> None:
    playlist = protocol.parse_playlist(_example("/playlists/{playlist_id}"))
    page = protocol.parse_playlists(_example("/me/playlists"))
    tracks = protocol.parse_tracks(_example("/playlists/{playlist_id}/items"))

    assert playlist.name
    assert len(page.playlists) == 1
    assert len(tracks.tracks) == 1
