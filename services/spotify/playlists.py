"""``SpotifyPlaylists``: a person's own playlists, read and changed in their name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from services.answers import Answer
from services.errors import DeadlineExceeded, InvalidResponse, ServiceDown, UpstreamUnreachable
from services.spotify import playlist_protocol as protocol
from services.spotify.accounts import SpotifyAccount
from services.spotify.playlist_models import PlaylistPage, PlaylistTracks, SpotifyPlaylist

T = TypeVar("T")


class Sender(Protocol):
    """``SpotifySender``, as far as it is needed here."""

    async def send(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        parse: Callable[[bytes], T],
        account: SpotifyAccount | None,
        params: Mapping[str, str] = ...,
        json: object | None = None,
    ) -> Answer[T]:
        """Return what ``parse`` makes of the answer; raises ExternalServiceException."""


class SpotifyPlaylists:
    """Asks past every cache: what one person may see is nobody else's.

    Everything raises ``ExternalServiceException``: ``LinkAgain`` and ``NotLinked`` when the account
    is of no use, ``AccessDenied`` when Spotify refuses (``denial_of`` tells why). Changes are sent
    once; ``is_in_doubt`` tells whether one that failed may have been made all the same.
    """

    def __init__(self, sender: Sender) -> None:
        """Ask through ``sender``."""
        self._sender = sender

    async def mine(self, account: SpotifyAccount, page: int, size: int = 50) -> PlaylistPage:
        """Return a page of what the person has made or follows, the newest first.

        Args:
            account: Whose.
            page: 1 or more.
            size: Playlists on a page, 1 to 50.
        """
        return await self._send(
            "list_playlists",
            "GET",
            "/me/playlists",
            account,
            protocol.parse_playlists,
            params=protocol.build_window(page, size),
        )

    async def get(self, account: SpotifyAccount, spotify_id: str) -> SpotifyPlaylist:
        """Return one playlist; ``track_count`` is None for what the person may not look into.

        Raises:
            NotFound: There is none, or it is one of Spotify's own making.
        """
        path = protocol.playlist_path(spotify_id)
        return await self._send("get_playlist", "GET", path, account, protocol.parse_playlist)

    async def items(
        self, account: SpotifyAccount, spotify_id: str, page: int, size: int = 50
    ) -> PlaylistTracks:
        """Return a page of a playlist's tracks.

        Args:
            account: In whose name.
            spotify_id: Of the playlist.
            page: 1 or more.
            size: Tracks on a page, 1 to 50.

        Raises:
            AccessDenied: The playlist belongs to somebody else.
        """
        return await self._send(
            "list_playlist_items",
            "GET",
            f"{protocol.playlist_path(spotify_id)}/items",
            account,
            protocol.parse_tracks,
            params=protocol.build_window(page, size),
        )

    async def create(
        self, account: SpotifyAccount, name: str, *, is_public: bool = False, description: str = ""
    ) -> SpotifyPlaylist:
        """Make an empty playlist, in the person's name and for them alone unless ``is_public``.

        Args:
            account: Whose.
            name: Cut after 100 characters.
            is_public: Shown on the person's profile.
            description: Plain text, cut after 300 characters.
        """
        return await self._send(
            "create_playlist",
            "POST",
            "/me/playlists",
            account,
            protocol.parse_playlist,
            json=protocol.build_playlist(name, description, is_public=is_public),
        )

    async def add(
        self,
        account: SpotifyAccount,
        spotify_id: str,
        uris: Sequence[str],
        position: int | None = None,
    ) -> str:
        """Add tracks at once or not at all; returns what stands for the new state.

        Args:
            account: In whose name.
            spotify_id: Of the playlist.
            uris: 1 to 100, in their order.
            position: Before which track, from 0; None: at the end.

        Raises:
            AccessDenied: The playlist belongs to somebody else.
        """
        return await self._send(
            "add_playlist_items",
            "POST",
            f"{protocol.playlist_path(spotify_id)}/items",
            account,
            protocol.parse_snapshot,
            json=protocol.build_addition(uris, position),
        )

    async def _send(
        self,
        operation: str,
        method: str,
        path: str,
        account: SpotifyAccount,
        parse: Callable[[bytes], T],
        *,
        params: Mapping[str, str] | None = None,
        json: object | None = None,
    ) -> T:
        answer = await self._sender.send(
            operation,
            method,
            path,
            parse=parse,
            account=account,
            params=params or {},
            json=json,
        )
        return answer.value


def is_in_doubt(error: Exception) -> bool:
    """Return whether a change that ended with ``error`` may have been made all the same."""
    if isinstance(error, UpstreamUnreachable):
        return error.was_sent
    return isinstance(error, (ServiceDown, InvalidResponse, DeadlineExceeded))
