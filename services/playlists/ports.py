"""What playlists ask of the services around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.answers import Answer
from services.collection.models import CopiesPage, Filters, Sort
from services.collection.want_models import WantsPage
from services.spotify.accounts import SpotifyAccount
from services.spotify.models import SpotifyAlbum, SpotifyItem, SpotifyTrack
from services.spotify.playlist_models import PlaylistPage, PlaylistTracks, SpotifyPlaylist


class Accounts(Protocol):
    """Who has linked what; see ``SpotifyLinks``."""

    async def account(self, user_id: int) -> SpotifyAccount | None:
        """Return the person's account, or None.

        Raises:
            LinkAgain: Its tokens are of no use any more.
            DatabaseUnavailable: Of the storage.
        """


class Shelf(Protocol):
    """``SpotifyPlaylists``, which says what is raised."""

    async def mine(self, account: SpotifyAccount, page: int, size: int = ...) -> PlaylistPage:
        """Return a page of the person's playlists, the newest first."""

    async def get(self, account: SpotifyAccount, spotify_id: str) -> SpotifyPlaylist:
        """Return one playlist."""

    async def items(
        self, account: SpotifyAccount, spotify_id: str, page: int, size: int = ...
    ) -> PlaylistTracks:
        """Return a page of a playlist's tracks."""

    async def create(
        self, account: SpotifyAccount, name: str, *, is_public: bool, description: str
    ) -> SpotifyPlaylist:
        """Make an empty playlist."""

    async def add(self, account: SpotifyAccount, spotify_id: str, uris: Sequence[str]) -> str:
        """Add 1 to 100 tracks at the end."""


class Match(Protocol):
    """What Spotify has for a record, and whether that is only the closest."""

    @property
    def hit(self) -> SpotifyItem:
        """The album."""

    @property
    def is_doubtful(self) -> bool:
        """True when nobody knows whether it is the same."""


class Matcher(Protocol):
    """``SpotifyMatcher``: finds albums by what Discogs knows of them."""

    async def find_album(
        self, artist: str, title: str, year: int | None = None
    ) -> Answer[Match | None]:
        """Return the album that is the same work; a fallback means that nobody could look.

        Raises:
            ExternalServiceException: Nobody could look.
        """


class Catalogue(Protocol):
    """``SpotifyService``, as far as it is needed here; raises ExternalServiceException."""

    async def get_album(self, spotify_id: str, /) -> Answer[SpotifyAlbum]:
        """Return an album with its tracks."""

    async def get_track(self, spotify_id: str, /) -> Answer[SpotifyTrack]:
        """Return a track."""


class Copies(Protocol):
    """``CollectionService``; raises NotLinked, LinkAgain and DatabaseUnavailable."""

    async def browse(
        self, user_id: int, filters: Filters, *, sort: Sort, page: int, page_size: int
    ) -> CopiesPage:
        """Return a page of the person's copies."""


class Wants(Protocol):
    """``WantlistService``; raises NotLinked, LinkAgain and DatabaseUnavailable."""

    async def browse(
        self, user_id: int, text: str, sort: Sort, page: int, *, page_size: int
    ) -> WantsPage:
        """Return a page of the person's wishes."""


@dataclass(frozen=True, slots=True)
class Room:
    """Requests: those that the bot has a day, and those left now for work nobody waits for.

    ``retry_after`` says in how many seconds there are more, when none is left.
    """

    daily: int
    left: int
    retry_after: float | None = None


class Budget(Protocol):
    """The day's requests to Spotify."""

    def __call__(self) -> Room:
        """Return what is left now."""
