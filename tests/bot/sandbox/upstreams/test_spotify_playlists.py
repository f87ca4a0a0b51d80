"""The stand-in's playlists, as their owner's token meets them."""

from typing import Any

import aiohttp
import pytest

from bot.sandbox.spotify import SpotifyStandIn
from bot.sandbox.spotify.people import LISTENER
from bot.sandbox.spotify.playlist_shelf import Playlist

ALL = frozenset({"playlist-read-private", "playlist-modify-private"})
STRANGER = "31tapehiss88"


class Owner:
    """Asks in somebody's name."""

    def __init__(
        self, spotify: SpotifyStandIn, session: aiohttp.ClientSession, name: str = LISTENER
    ) -> None:
        self.spotify = spotify
        self.person = spotify.accounts.people[name]
        self._session = session
        self._token = spotify.accounts.issue_user(self.person, ALL)

    async def ask(
        self, method: str, path: str, json: object = None, **query: str
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._token}"}
        url = f"{self.spotify.api_url}{path}"
        async with self._session.request(
            method, url, json=json, params=query, headers=headers
        ) as response:
            return response.status, await response.json()

    def make(self, tracks: int) -> tuple[Playlist, list[str]]:
        uris = [f"spotify:track:{each}" for each in self.spotify.catalogue.spotify_songs]
        playlist = self.spotify.playlists.make(self.person, "Mine", uris=uris[:tracks])
        return playlist, uris


@pytest.fixture
def owner(spotify: SpotifyStandIn, session: aiohttp.ClientSession) -> Owner:
    return Owner(spotify, session)


async def test_new_playlist_is_public_by_default(owner: Owner) -> None:
    status, body = await owner.ask("POST", "/me/playlists", {"name": "Mine"})

    assert (status, body["public"], body["items"]["total"]) == (201, True, 0)


@pytest.mark.parametrize("count", [0, 101])
async def test_batches_have_one_to_a_hundred_tracks(owner: Owner, count: int) -> None:
    playlist, uris = owner.make(3)

    status, _ = await owner.ask(
        "POST", f"/playlists/{playlist.playlist_id}/items", {"uris": uris[:1] * count}
    )

    assert (status, len(playlist.uris)) == (400, 3)


async def test_tracks_are_added_replaced_moved_and_removed(owner: Owner) -> None:
    playlist, uris = owner.make(4)
    one, two, three, four, five = uris[:5]
    path, before = f"/playlists/{playlist.playlist_id}/items", playlist.snapshot_id

    await owner.ask("POST", path, {"uris": [five], "position": 0})
    added = list(playlist.uris)
    await owner.ask("PUT", path, {"range_start": 0, "insert_before": 5, "range_length": 1})
    moved = list(playlist.uris)
    await owner.ask("DELETE", path, {"items": [{"uri": two}, {"uri": four}]})
    left = list(playlist.uris)
    status, body = await owner.ask("PUT", path, {"uris": [one]})

    assert added == [five, one, two, three, four]
    assert moved == [one, two, three, four, five]
    assert left == [one, three, five]
    assert (status, playlist.uris, body["snapshot_id"] != before) == (200, [one], True)


@pytest.mark.parametrize(("limit", "status"), [("50", 200), ("51", 400)])
async def test_pages_have_at_most_fifty(owner: Owner, limit: str, status: int) -> None:
    playlist, _ = owner.make(60)
    path = f"/playlists/{playlist.playlist_id}/items"

    answers = [await owner.ask("GET", each, limit=limit) for each in (path, "/me/playlists")]

    assert [answer[0] for answer in answers] == [status, status]


async def test_contents_are_the_owners_alone(
    owner: Owner, spotify: SpotifyStandIn, session: aiohttp.ClientSession
) -> None:
    playlist, _ = owner.make(3)
    path = f"/playlists/{playlist.playlist_id}"
    stranger = Owner(spotify, session, STRANGER)

    seen, refused = await stranger.ask("GET", path), await stranger.ask("GET", f"{path}/items")
    own = await owner.ask("GET", path)

    assert (seen[0], "items" in seen[1], refused[0]) == (200, False, 403)
    assert len(own[1]["items"]["items"]) == 3
