"""What we keep of Spotify's objects.

Only fields that a Development-Mode app still gets in 2026; whatever may be absent is optional.
Nothing here may reach a language model (Spotify Developer Policy III.14); an import contract
keeps these types away from the modules that build prompts.
"""

from enum import StrEnum
from typing import ClassVar
from urllib.parse import quote

import msgspec

_WEB = "https://open.spotify.com"


class SpotifyKind(StrEnum):
    """The kinds of item that can be searched for."""

    ALBUM = "album"
    ARTIST = "artist"
    TRACK = "track"
    PLAYLIST = "playlist"


def url_of(kind: SpotifyKind, spotify_id: str) -> str:
    """Return an item's page on open.spotify.com; never taken from an answer."""
    # Every id of Spotify's own is plain; quoting them all would cost as much as the rest.
    is_plain = spotify_id.isascii() and spotify_id.isalnum()
    return f"{_WEB}/{kind}/{spotify_id if is_plain else quote(spotify_id, safe='')}"


def uri_of(kind: SpotifyKind, spotify_id: str) -> str:
    """Return an item's URI, as playlists name it: ``spotify:track:…``."""
    return f"spotify:{kind}:{spotify_id}"


def year_of(released: str | None) -> int | None:
    """Return the year of ``1959-08-17``, ``1959-08`` or ``1959``; None when it names none."""
    head = (released or "")[:4]
    return int(head) if head.isdecimal() and int(head) > 0 else None


class Credit(msgspec.Struct, frozen=True):
    """An artist that an album or a track names; the id is None when Spotify left it out."""

    name: str
    spotify_id: str | None = None


class SpotifyItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item of the catalogue, as far as a list or a menu shows it.

    Attributes:
        kind: What it is.
        spotify_id: Base62, 22 characters.
        name: As Spotify spells it; empty for an album that was taken down.
        url: Its page on open.spotify.com.
        artists: Names in Spotify's order; the owner's name for a playlist; empty for an artist.
        artist_ids: The artists' ids, as far as Spotify gives them; empty for a playlist.
        image_url: The largest picture, unaltered, or None.
        released: ``1959-08-17``, ``1959-08`` or ``1959``, or None.
        album: The album of a track, or None.
        album_type: ``album``, ``single`` or ``compilation`` (an open set), or None.
        track_count: Tracks of an album or playlist, or None.
        duration_ms: Length of a track in milliseconds, or None.
        tracks: Titles of an album's tracks; empty when not asked for.
    """

    kind: SpotifyKind
    spotify_id: str
    name: str
    url: str
    artists: tuple[str, ...] = ()
    artist_ids: tuple[str, ...] = ()
    image_url: str | None = None
    released: str | None = None
    album: str | None = None
    album_type: str | None = None
    track_count: int | None = None
    duration_ms: int | None = None
    tracks: tuple[str, ...] = ()

    @property
    def year(self) -> int | None:
        """The year of release, or None."""
        return year_of(self.released)

    @property
    def uri(self) -> str:
        """The item's URI."""
        return uri_of(self.kind, self.spotify_id)


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What everything of the catalogue that has a page of its own shares.

    Attributes:
        KIND: What it is.
        spotify_id: Base62, 22 characters.
        name: As Spotify spells it; each kind says when it is empty.
    """

    KIND: ClassVar[SpotifyKind]

    spotify_id: str
    name: str

    @property
    def url(self) -> str:
        """Its page on open.spotify.com."""
        return url_of(self.KIND, self.spotify_id)

    @property
    def uri(self) -> str:
        """Its URI."""
        return uri_of(self.KIND, self.spotify_id)


class TrackAlbum(_Entry, frozen=True, kw_only=True):
    """The album that a track names.

    Attributes:
        spotify_id: Base62, 22 characters.
        name: Empty for an album that was taken down.
        credits: Its artists in Spotify's order.
        image_url: The largest picture, unaltered, or None.
        released: As of ``SpotifyItem``, or None.
        album_type: ``album``, ``single`` or ``compilation`` (an open set), or None.
    """

    KIND: ClassVar[SpotifyKind] = SpotifyKind.ALBUM

    credits: tuple[Credit, ...] = ()
    image_url: str | None = None
    released: str | None = None
    album_type: str | None = None

    @property
    def year(self) -> int | None:
        """The year of release, or None."""
        return year_of(self.released)


class SpotifyTrack(_Entry, frozen=True, kw_only=True):
    """A track, on its own or on its album.

    Attributes:
        spotify_id: Base62, 22 characters.
        name: As Spotify spells it; empty when nothing but the id is known.
        credits: Its artists in Spotify's order.
        disc_number: From 1, or None.
        track_number: Its place on its disc, from 1, or None.
        duration_ms: Milliseconds, or None.
        explicit: Whether Spotify marks its words as explicit; None when it does not say.
        is_playable: In the market asked for; None when Spotify does not say.
        isrc: The recording's code, or None; never there on an album's list.
        album: Its album; None on an album's own list.
    """

    KIND: ClassVar[SpotifyKind] = SpotifyKind.TRACK

    credits: tuple[Credit, ...] = ()
    disc_number: int | None = None
    track_number: int | None = None
    duration_ms: int | None = None
    explicit: bool | None = None
    is_playable: bool | None = None
    isrc: str | None = None
    album: TrackAlbum | None = None


class SpotifyAlbum(_Entry, frozen=True, kw_only=True):
    """An album with its tracks.

    Attributes:
        spotify_id: Base62, 22 characters.
        name: Empty for an album that was taken down, or when nothing but the id is known.
        credits: Its artists in Spotify's order.
        image_url: The largest picture, unaltered, or None.
        released: As of ``SpotifyItem``, or None.
        album_type: ``album``, ``single`` or ``compilation`` (an open set), or None.
        track_count: How many tracks Spotify says it has, or None.
        tracks: In the order of discs and tracks.
        is_complete: False when not all of its tracks could be read.
        upc: The barcode's digits, or None.
    """

    KIND: ClassVar[SpotifyKind] = SpotifyKind.ALBUM

    credits: tuple[Credit, ...] = ()
    image_url: str | None = None
    released: str | None = None
    album_type: str | None = None
    track_count: int | None = None
    tracks: tuple[SpotifyTrack, ...] = ()
    is_complete: bool = True
    upc: str | None = None

    @property
    def year(self) -> int | None:
        """The year of release, or None."""
        return year_of(self.released)


class SpotifyArtist(_Entry, frozen=True, kw_only=True):
    """An artist with the first of their releases.

    Attributes:
        spotify_id: Base62, 22 characters.
        name: Empty when nothing but the id is known.
        image_url: The largest picture, unaltered, or None.
        genres: As Spotify spells them; mostly empty since 2026.
        releases: The first pages of the discography, one of several editions.
        releases_total: How many there are before editions are merged; None: not known.
    """

    KIND: ClassVar[SpotifyKind] = SpotifyKind.ARTIST

    image_url: str | None = None
    genres: tuple[str, ...] = ()
    releases: tuple[SpotifyItem, ...] = ()
    releases_total: int | None = None


class SpotifyDiscography(msgspec.Struct, frozen=True, kw_only=True):
    """A page of an artist's albums, singles and compilations.

    Attributes:
        releases: In Spotify's order; of several editions on the page the first.
        total: How many there are before editions are merged; None: not known.
        has_more: Whether another page follows.
    """

    releases: tuple[SpotifyItem, ...]
    total: int | None = None
    has_more: bool = False


class SpotifyResults(msgspec.Struct, frozen=True, kw_only=True):
    """Search results in Spotify's order.

    Attributes:
        items: All kinds together, albums first.
        search_url: The same search on open.spotify.com, for when there are no items.
    """

    items: tuple[SpotifyItem, ...]
    search_url: str
