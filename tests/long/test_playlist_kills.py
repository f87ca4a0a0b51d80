"""A playlist over sockets, whose process is killed with -9 twenty times: every track once."""

import secrets
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.chance import seeded
from harness.databases import open_database
from harness.fuses import play
from harness.playlist_process import Plan
from sqlalchemy import select

from bot.sandbox.catalogue import Album
from bot.sandbox.spotify import SpotifyStandIn
from bot.sandbox.spotify.people import LISTENER
from services.storage.database import Database
from services.storage.migrating import migrate
from services.storage.tables import JOBS, PLAYLIST_RUNS

pytestmark = pytest.mark.long

KILLS = 20
ALBUMS = 50  # so many that no seed reaches the end before the last kill
_ROOT = Path(__file__).parents[2]


@pytest.fixture
async def spotify() -> AsyncIterator[SpotifyStandIn]:
    """Spotify in this process."""
    async with SpotifyStandIn() as stand_in:
        yield stand_in


@pytest.fixture
async def where(empty_database: Path | str) -> str:
    """A database with all tables."""
    async with open_database(empty_database) as database:
        await migrate(database)
    return str(empty_database)


async def test_playlist_whose_process_is_killed_twenty_times_holds_every_track_once(
    where: str, empty_database: Path | str, spotify: SpotifyStandIn
) -> None:
    seed = secrets.randbelow(10**6)
    sys.stdout.write(f"seed {seed}\n")  # shown when it fails
    albums = list(spotify.catalogue.spotify_albums.values())[:ALBUMS]
    plan = plan_of(spotify, where, albums, seed)

    endings = await play("harness.playlist_process", plan)

    assert endings == [-signal.SIGKILL] * KILLS + [0]
    [playlist] = spotify.playlists.of(LISTENER)
    assert playlist.uris == list(dict.fromkeys(playlist.uris))
    found = {uri.rpartition(":")[2] for uri in playlist.uris}
    whole = [album for album in albums if track_ids(album) <= found]
    assert len(whole) >= ALBUMS - 2  # some titles have namesakes
    async with open_database(empty_database) as database:
        assert await left(database) == (0, "done")


def plan_of(spotify: SpotifyStandIn, where: str, albums: list[Album], seed: int) -> Plan:
    person = spotify.accounts.people[LISTENER]
    scopes = frozenset({"playlist-read-private", "playlist-modify-private"})
    return Plan(
        where=where,
        api_url=spotify.api_url,
        accounts_url=spotify.accounts_url,
        client=(spotify.client_id, spotify.client_secret),
        token=spotify.accounts.issue_user(person, scopes),
        records=tuple((album.artist, album.title) for album in albums),
        kills=KILLS,
        most_steps=seeded(seed).randint(2, 4),
        seed=seed,
    )


def track_ids(album: Album) -> set[str]:
    return {album.spotify_track_id(number) for number in range(1, len(album.tracks) + 1)}


async def left(database: Database) -> tuple[int, str]:
    """Return how many jobs are left, and how the only run stands."""
    async with database.read() as transaction:
        jobs = len((await transaction.execute(select(JOBS.c.id))).all())
        stage = (await transaction.execute(select(PLAYLIST_RUNS.c.stage))).scalar_one()
    return jobs, stage
