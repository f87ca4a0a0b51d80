"""``PlaylistService``: a person's own playlists, looked at, made and added to."""

import asyncio
import random
import re
from collections import OrderedDict
from typing import Final, Protocol

import msgspec

from services.answers import Answer
from services.errors import AccessDenied, ExternalServiceException, NotFound, NotLinked
from services.playlists.answered import answered, whole
from services.playlists.making import add_once, create_once
from services.playlists.own import OwnPlaylists, Playlists, fitting, named
from services.playlists.planning import BATCH
from services.playlists.ports import Accounts, Catalogue, Shelf
from services.resilience.clock import Clock
from services.spotify.accounts import SpotifyAccount
from services.spotify.denials import Denial, denial_of
from services.spotify.links import SpotifyLink, parse_link
from services.spotify.models import SpotifyItem, SpotifyKind, SpotifyResults
from services.spotify.playlist_models import PlaylistPage, PlaylistTrack, SpotifyPlaylist

_PAGE: Final = 10
_TRACKS: Final = 15
_MOST_OPEN: Final = 25  # what a menu holds
_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_MARK_LENGTH: Final = 10
_MOST_DONE: Final = 1_000
_ID: Final = re.compile(r"[A-Za-z0-9]{22}")


class Items(Catalogue, Protocol):
    """``SpotifyService``, as far as it is needed here; raises ExternalServiceException."""

    async def search(self, query: str, kinds: tuple[SpotifyKind, ...], /) -> Answer[SpotifyResults]:
        """Return items of these kinds."""


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a playlist.

    Attributes:
        playlist: What it is.
        tracks: Those of this page; None when they are not ours to see.
        page: 1 or more.
        pages: 1 or more.
    """

    playlist: SpotifyPlaylist
    tracks: tuple[PlaylistTrack, ...] | None
    page: int = 1
    pages: int = 1


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """What was added where.

    Attributes:
        playlist: Where to.
        kind: ``ALBUM`` or ``TRACK``.
        name: Of that.
        tracks: How many were added.
        missing: How many more it has, that Spotify did not add any more.
    """

    playlist: SpotifyPlaylist
    kind: SpotifyKind
    name: str
    tracks: int
    missing: int = 0


class PlaylistService:
    """Answers in the person's own name. Everything raises ``ExternalServiceException``.

    ``NotLinked`` and ``LinkAgain`` when their account is missing or of no use, ``AccessDenied``
    when Spotify refuses, ``OutcomeUnknown`` when nobody knows whether a change was made.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        shelf: Shelf,
        catalogue: Items,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        """Ask ``shelf`` in the name of ``accounts``."""
        self._accounts = accounts
        self._shelf = shelf
        self._catalogue = catalogue
        self._chance = chance
        self._own = OwnPlaylists(shelf, clock=clock)
        self._done: OrderedDict[str, asyncio.Future[Added]] = OrderedDict()

    # --- Looking

    async def page(self, user_id: int, page: int = 1) -> PlaylistPage:
        """Return ten of the person's playlists, the newest first."""
        return await self._shelf.mine(await self._account(user_id), page, _PAGE)

    async def show(self, user_id: int, spotify_id: str, page: int = 1) -> Contents:
        """Return a playlist, and fifteen of its tracks where Spotify lets the person see them."""
        account = await self._account(user_id)
        playlist = await self._shelf.get(account, spotify_id)
        if playlist.track_count is None:
            return Contents(playlist=playlist, tracks=None)
        try:
            found = await self._shelf.items(account, spotify_id, page, _TRACKS)
        except AccessDenied as error:
            if denial_of(error) is not Denial.NOT_YOURS:
                raise  # it is refused for another reason, that people can do something about
            return Contents(playlist=playlist, tracks=None)
        pages = max(1, -(-found.total // _TRACKS))
        return Contents(
            playlist=playlist, tracks=found.tracks, page=min(max(1, page), pages), pages=pages
        )

    async def suggest(self, user_id: int, typed: str) -> Playlists:
        """Return the person's playlists with a word that begins with what was typed."""
        return fitting(await self._own.all(await self._account(user_id)), typed)

    async def open_to(self, user_id: int) -> Playlists:
        """Return up to 25 playlists that the person may change, the newest first."""
        return (await self._own.open_to(await self._account(user_id)))[:_MOST_OPEN]

    async def find(self, user_id: int, text: str) -> str | None:
        """Return the id of the playlist that a link, an id or a name means; None: nobody knows."""
        account = await self._account(user_id)
        link = parse_link(text)
        if isinstance(link, SpotifyLink):
            return link.spotify_id if link.kind is SpotifyKind.PLAYLIST else None
        meant = named(await self._own.all(account), text)
        if meant is not None:
            return meant.spotify_id
        return text if _ID.fullmatch(text) else None

    async def find_items(self, user_id: int, text: str) -> tuple[SpotifyItem, ...]:
        """Return albums and tracks that may be meant, the albums first.

        Raises:
            InvalidQuery: There is nothing to search for.
        """
        await self._account(user_id)  # who cannot add anything need not choose
        kinds = (SpotifyKind.ALBUM, SpotifyKind.TRACK)
        return (await self._catalogue.search(text, kinds)).value.items

    # --- Changing

    async def create(
        self, user_id: int, name: str, *, is_public: bool, about: str
    ) -> SpotifyPlaylist:
        """Make an empty playlist; ``about`` is what its description says."""
        account = await self._account(user_id)
        mark = "aime-" + "".join(self._chance.choices(_ALPHABET, k=_MARK_LENGTH))
        try:
            return await create_once(
                self._shelf, account, name, is_public=is_public, about=about, mark=mark
            )
        finally:
            self._own.drop(account)

    async def add(
        self, user_id: int, playlist_id: str, kind: SpotifyKind, spotify_id: str, *, press: str
    ) -> Added:
        """Add a track, or every track of an album that can be played.

        Args:
            user_id: Whose playlist.
            playlist_id: Where to.
            kind: ``ALBUM`` or ``TRACK``.
            spotify_id: Of what is added.
            press: What a second click has in common with the first one: it adds nothing again.

        Raises:
            NotFound: There is no such thing, or nothing of it can be played.
        """
        key = f"{user_id}:{playlist_id}:{spotify_id}:{press}"
        # Kept in this process: both clicks of a double click reach the same one.
        before = self._done.get(key)
        if before is not None:
            return await asyncio.shield(before)
        adding = asyncio.ensure_future(self._add(user_id, playlist_id, kind, spotify_id))
        self._done[key] = adding
        adding.add_done_callback(lambda done: self._settled(key, done))
        if len(self._done) > _MOST_DONE:
            self._done.popitem(last=False)
        return await asyncio.shield(adding)

    def _settled(self, key: str, done: "asyncio.Future[Added]") -> None:
        """Forget what failed: whoever tries again means it."""
        if done.cancelled() or done.exception() is not None:
            self._done.pop(key, None)

    async def _add(
        self, user_id: int, playlist_id: str, kind: SpotifyKind, spotify_id: str
    ) -> Added:
        account = await self._account(user_id)
        playlist = await self._shelf.get(account, playlist_id)
        name, uris = await self._tracks(kind, spotify_id)
        try:
            done = await self._add_all(account, playlist, uris)
        finally:
            self._own.drop(account)
        return Added(playlist=playlist, kind=kind, name=name, tracks=done, missing=len(uris) - done)

    async def _add_all(
        self, account: SpotifyAccount, playlist: SpotifyPlaylist, uris: list[str]
    ) -> int:
        """Add tracks in batches; returns how many before Spotify failed.

        Raises:
            ExternalServiceException: The first batch was not added, or nobody knows.
        """
        before = playlist.track_count or 0
        for first in range(0, len(uris), BATCH):
            batch = uris[first : first + BATCH]
            try:
                await add_once(self._shelf, account, playlist.spotify_id, batch, before + first)
            except ExternalServiceException:
                if not first:
                    raise
                return first
        return len(uris)

    async def _tracks(self, kind: SpotifyKind, spotify_id: str) -> tuple[str, list[str]]:
        """Return a name and the URIs of what can be played.

        Raises:
            NotFound: There are none.
            ExternalServiceException: Spotify cannot say.
        """
        if kind is SpotifyKind.TRACK:
            track = answered(await self._catalogue.get_track(spotify_id))
            return track.name, [track.uri]
        album = whole(await self._catalogue.get_album(spotify_id))
        uris = [track.uri for track in album.tracks if track.is_playable is not False]
        if not uris:
            raise NotFound("spotify", "get_album", None, "nothing of it can be played")
        return album.name, uris

    async def _account(self, user_id: int) -> SpotifyAccount:
        account = await self._accounts.account(user_id)
        if account is None:
            raise NotLinked("spotify", "playlists")
        return account
