"""What we keep of Discogs' objects: facts about releases (the CC0 class of its terms)."""

from enum import StrEnum

import msgspec


class DiscogsKind(StrEnum):
    """What a search result can be."""

    RELEASE = "release"
    MASTER = "master"
    ARTIST = "artist"
    LABEL = "label"


class SearchHit(msgspec.Struct, frozen=True, kw_only=True):
    """One search result.

    Attributes:
        kind: What it is.
        discogs_id: A release, master, artist or label id; which one, ``kind`` says.
        title: Without the artist; the whole title where the two cannot be told apart.
        artist: Display name without Discogs' trailing number; empty for artists and labels.
        year: The pressing's year (the first pressing's for a master), or None.
        country: Or None.
        formats: ``Vinyl``, ``LP``, … as Discogs lists them.
        labels: Names, without repeats.
        catno: Catalogue number, or None.
        genres: Discogs' genres.
        styles: Discogs' styles.
        image_url: Thumbnail, verbatim (the URL is signed), or None.
        url: Its page on discogs.com.
    """

    kind: DiscogsKind
    discogs_id: int
    title: str
    artist: str = ""
    year: int | None = None
    country: str | None = None
    formats: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    catno: str | None = None
    genres: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    image_url: str | None = None
    url: str = ""


class DiscogsResults(msgspec.Struct, frozen=True, kw_only=True):
    """Search results in Discogs' order, and the same search on discogs.com."""

    hits: tuple[SearchHit, ...]
    search_url: str


class Track(msgspec.Struct, frozen=True):
    """One playable track: ``A1``, title, ``4:45`` (position and duration may be empty)."""

    position: str
    title: str
    duration: str


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """One issued edition.

    Attributes:
        release_id: Discogs release id, not a master id.
        master_id: The work it is an edition of, or None.
        title: The title.
        artist: Display name: credits joined as Discogs joins them.
        year: The pressing's year, or None when unknown.
        country: Or None.
        formats: One text per format: ``2×Vinyl, LP, Album (180 g)``.
        labels: ``Columbia – CS 8163``, or the name alone.
        genres: Discogs' genres.
        styles: Discogs' styles.
        tracks: In Discogs' order, headings dropped, index tracks opened.
        notes: Cleaned of markup; empty when there are none.
        image_url: Verbatim (the URL is signed), or None.
        url: Its page on discogs.com.
    """

    release_id: int
    title: str
    artist: str
    master_id: int | None = None
    year: int | None = None
    country: str | None = None
    formats: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    tracks: tuple[Track, ...] = ()
    notes: str = ""
    image_url: str | None = None
    url: str = ""
