"""Playlists of people who can log in, as values, and as Spotify's objects."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from bot.sandbox.catalogue import Song
from bot.sandbox.catalogue.model import spotify_id
from bot.sandbox.spotify.objects import Json, SpotifyObjects

_ADDED_AT: Final = "2026-11-01T12:00:00Z"
_MARKET: Final = "FR"  # the owner's own, where a request names none


class Person(Protocol):
    """Whoever a token belongs to."""

    @property
    def user_id(self) -> str:
        """As in `spotify:user:…`."""

    @property
    def display_name(self) -> str | None:
        """What others see, if anything."""


@dataclass(slots=True, kw_only=True)
class Playlist:
    """A playlist; everything but its id may change while the stand-in runs.

    Attributes:
        playlist_id: 22 characters.
        name: As its owner wrote it.
        owner: Who made it.
        description: Plain; answers escape nothing here.
        is_public: It is shown on the owner's profile.
        is_collaborative: Others may change it, too.
        uris: Its tracks, in order.
        followers: Who else has it among their playlists.
        edits: Changes so far; the snapshot follows from it.
    """

    playlist_id: str
    name: str
    owner: Person
    description: str = ""
    is_public: bool = True
    is_collaborative: bool = False
    uris: list[str] = field(default_factory=list)
    followers: list[str] = field(default_factory=list)
    edits: int = 0

    @property
    def snapshot_id(self) -> str:
        """What stands for this very state."""
        return f"AAAA{self.edits:04d}{self.playlist_id}"


class Playlists:
    """Every playlist that somebody who can log in has made, newest first."""

    def __init__(self) -> None:
        """Begin with none."""
        self._by_id: dict[str, Playlist] = {}

    def of(self, user_id: str) -> list[Playlist]:
        """Return what a person has made or follows, the newest first."""
        everything = reversed(self._by_id.values())
        return [e for e in everything if user_id in {e.owner.user_id, *e.followers}]

    def get(self, playlist_id: str) -> Playlist | None:
        """Return the playlist with this id, or None."""
        return self._by_id.get(playlist_id)

    def make(self, owner: Person, name: str, *, uris: Iterable[str] = (), **more: Any) -> Playlist:  # noqa: ANN401  # fields of Playlist
        """Add a playlist; its id follows from its owner and its number."""
        number = len(self._by_id)
        playlist = Playlist(
            playlist_id=spotify_id("playlist", f"{owner.user_id}:{number}"),
            name=name,
            owner=owner,
            uris=list(uris),
            **more,
        )
        self._by_id[playlist.playlist_id] = playlist
        return playlist


def simple_playlist(playlist: Playlist, objects: SpotifyObjects) -> Json:
    """Return the playlist as lists show it; `items` only says how many there are."""
    head = objects.playlist(playlist.name, playlist.owner.user_id, playlist.description)
    href = f"{objects.api_url}/playlists/{playlist.playlist_id}"
    return head | {
        "collaborative": playlist.is_collaborative,
        "external_urls": {"spotify": f"https://open.spotify.com/playlist/{playlist.playlist_id}"},
        "href": href,
        "id": playlist.playlist_id,
        "images": head["images"] if playlist.uris else [],
        "items": {"href": f"{href}/items", "total": len(playlist.uris)},
        "owner": head["owner"] | {"display_name": playlist.owner.display_name},
        "public": playlist.is_public,
        "snapshot_id": playlist.snapshot_id,
        "uri": f"spotify:playlist:{playlist.playlist_id}",
    }


def playlist_item(song: Song, playlist: Playlist, objects: SpotifyObjects) -> Json:
    """Return one line of a playlist."""
    owner = simple_playlist(playlist, objects)["owner"]
    return {
        "added_at": _ADDED_AT,
        "added_by": {key: value for key, value in owner.items() if key != "display_name"},
        "is_local": False,
        "item": objects.track(song, _MARKET),
    }
