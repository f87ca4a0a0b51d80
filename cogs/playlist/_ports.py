"""What the playlists' commands ask of the services."""

from dataclasses import dataclass
from typing import Protocol

from bot.errors import Answers
from bot.i18n import Texts
from bot.ui.choices import Suggesting
from bot.ui.reply import Reply
from services.accounts.models import SpotifyLink as AccountLink
from services.playlists.models import Draft, Run, Wish
from services.playlists.service import Added, Contents
from services.spotify.links import SpotifyLink, Unsupported
from services.spotify.models import SpotifyItem, SpotifyKind
from services.spotify.playlist_models import PlaylistPage, SpotifyPlaylist


class Playlists(Protocol):
    """``PlaylistService``, which says what is raised."""

    async def page(self, user_id: int, page: int, /) -> PlaylistPage:
        """Return ten of the person's playlists."""

    async def show(self, user_id: int, spotify_id: str, page: int, /) -> Contents:
        """Return a playlist and some of its tracks."""

    async def suggest(self, user_id: int, typed: str, /) -> tuple[SpotifyPlaylist, ...]:
        """Return the person's playlists that fit what was typed."""

    async def open_to(self, user_id: int, /) -> tuple[SpotifyPlaylist, ...]:
        """Return playlists that the person may change."""

    async def find(self, user_id: int, text: str, /) -> str | None:
        """Return the id of the playlist that is meant."""

    async def find_items(self, user_id: int, text: str, /) -> tuple[SpotifyItem, ...]:
        """Return albums and tracks that may be meant."""

    async def create(
        self, user_id: int, name: str, /, *, is_public: bool, about: str
    ) -> SpotifyPlaylist:
        """Make an empty playlist."""

    async def add(
        self,
        user_id: int,
        playlist_id: str,
        kind: SpotifyKind,
        spotify_id: str,
        /,
        *,
        press: str,
    ) -> Added:
        """Add a track, or every track of an album."""


class Links(Protocol):
    """``ShortLinks``."""

    async def read(self, text: str, /) -> SpotifyLink | Unsupported | None:
        """Return what a text means that is a link, short ones looked up."""


class Accounts(Protocol):
    """``SpotifyLinks``, as far as it is needed here."""

    async def describe(self, user_id: int, /) -> AccountLink | None:
        """Return the person's link."""


class Runs(Protocol):
    """``PlaylistRuns``, which says what is raised."""

    async def draft(self, user_id: int, wish: Wish, /, *, about: str) -> Draft:
        """Say what a playlist from records would cost."""

    async def more(self, user_id: int, run_id: int, /) -> Draft | None:
        """Say what the next records would cost."""

    async def start(self, user_id: int, run_id: int, /) -> Run | None:
        """Begin a run, or go on with it."""

    async def cancel(self, user_id: int, run_id: int, /) -> Run | None:
        """Stop a run."""

    async def latest(self, user_id: int, /) -> Run | None:
        """Return the run under way, or the last one that ended within a day."""


class Messages(Protocol):
    """``PlaylistMessages``."""

    async def show(self, reply: Reply, run_id: int, texts: Texts, /) -> None:
        """Show a run until it ends."""


class Genres(Protocol):
    """``CollectionService``, as far as it is needed here."""

    async def genres(self, user_id: int, prefix: str = "", /) -> tuple[str, ...]:
        """Return the genres of the person's records."""


class Playing(Protocol):
    """Everything about playlists."""

    @property
    def service(self) -> Playlists: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def messages(self) -> Messages: ...
    @property
    def links(self) -> Links: ...


class Services(Protocol):
    """What the cog takes from the bot."""

    @property
    def playlists(self) -> Playing: ...
    @property
    def spotify_links(self) -> Accounts: ...
    @property
    def collection(self) -> Genres: ...
    @property
    def suggestions(self) -> Suggesting: ...
    @property
    def answers(self) -> Answers: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The services that the cog works with."""

    playlists: Playlists
    runs: Runs
    messages: Messages
    links: Links
    accounts: Accounts
    genres: Genres
    suggestions: Suggesting
