"""What we keep of Spotify's objects.

Only fields that a Development-Mode app still gets in 2026; whatever may be absent is optional.
Nothing here may reach a language model (Spotify Developer Policy III.14); an import contract
keeps these types away from the modules that build prompts.
"""

from enum import StrEnum

import msgspec


class SpotifyKind(StrEnum):
    """The kinds of item that can be searched for."""

    ALBUM = "album"
    ARTIST = "artist"
    TRACK = "track"
    PLAYLIST = "playlist"


class SpotifyItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item of the catalogue, as far as a card shows it.

    Attributes:
        kind: What it is.
        spotify_id: Base62, 22 characters.
        name: As Spotify spells it; empty for an album that was taken down.
        url: Its page on open.spotify.com.
        artists: Names in Spotify's order; the owner's name for a playlist; empty for an artist.
        image_url: The largest picture, unaltered, or None.
        released: ``1959-08-17``, ``1959-08`` or ``1959``, or None.
        album: The album of a track, or None.
        track_count: Tracks of an album or playlist, or None.
        duration_ms: Length of a track in milliseconds, or None.
        tracks: Titles of an album's tracks; empty when not asked for.
    """

    kind: SpotifyKind
    spotify_id: str
    name: str
    url: str
    artists: tuple[str, ...] = ()
    image_url: str | None = None
    released: str | None = None
    album: str | None = None
    track_count: int | None = None
    duration_ms: int | None = None
    tracks: tuple[str, ...] = ()

    @property
    def year(self) -> int | None:
        """The year of release, or None."""
        head = (self.released or "")[:4]
        return int(head) if head.isdecimal() and int(head) > 0 else None


class SpotifyResults(msgspec.Struct, frozen=True, kw_only=True):
    """Search results in Spotify's order.

    Attributes:
        items: All kinds together, albums first.
        search_url: The same search on open.spotify.com, for when there are no items.
    """

    items: tuple[SpotifyItem, ...]
    search_url: str
