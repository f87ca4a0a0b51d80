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
        credits: Of the whole record, not of a track: ``Bill Evans (Piano)``.
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
    credits: tuple[str, ...] = ()
    notes: str = ""
    image_url: str | None = None
    url: str = ""


class Master(msgspec.Struct, frozen=True, kw_only=True):
    """A work, of which releases are editions.

    Attributes:
        master_id: Discogs master id.
        title: The title.
        artist: Display name: credits joined as Discogs joins them.
        year: When it first came out, or None.
        main_release_id: The release that Discogs shows for it, or None.
        genres: Discogs' genres.
        styles: Discogs' styles.
        tracks: In Discogs' order, headings dropped, index tracks opened.
        image_url: Verbatim (the URL is signed), or None.
        url: Its page on discogs.com.
    """

    master_id: int
    title: str
    artist: str
    year: int | None = None
    main_release_id: int | None = None
    genres: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    tracks: tuple[Track, ...] = ()
    image_url: str | None = None
    url: str = ""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A release in the list of its master's versions.

    Attributes:
        release_id: Discogs release id.
        title: The title.
        year: The pressing's year, or None.
        country: Or None.
        label: Its name; empty for none.
        catno: Catalogue number, or None.
        formats: ``Vinyl``, ``LP``, ``Album``, … without repeats.
        thumb_url: Verbatim (the URL is signed), or None.
        url: Its page on discogs.com.
    """

    release_id: int
    title: str
    year: int | None = None
    country: str | None = None
    label: str = ""
    catno: str | None = None
    formats: tuple[str, ...] = ()
    thumb_url: str | None = None
    url: str = ""


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a master's versions; ``page`` from 1, ``total`` in all pages."""

    versions: tuple[Version, ...]
    page: int
    pages: int
    total: int


class Artist(msgspec.Struct, frozen=True, kw_only=True):
    """An artist or a group.

    Attributes:
        artist_id: Discogs artist id.
        name: Display name.
        real_name: Empty for none.
        profile: Cleaned of markup; empty for none.
        members: Of a group, display names.
        groups: That the artist belongs to, display names.
        image_url: Verbatim (the URL is signed), or None.
        url: Its page on discogs.com.
    """

    artist_id: int
    name: str
    real_name: str = ""
    profile: str = ""
    members: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    image_url: str | None = None
    url: str = ""


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """A label.

    Attributes:
        label_id: Discogs label id.
        name: Without Discogs' trailing number.
        profile: Cleaned of markup; empty for none.
        parent: The name of the label that it belongs to, or None.
        sublabels: Names.
        image_url: Verbatim (the URL is signed), or None.
        url: Its page on discogs.com.
    """

    label_id: int
    name: str
    profile: str = ""
    parent: str | None = None
    sublabels: tuple[str, ...] = ()
    image_url: str | None = None
    url: str = ""


class MarketStats(msgspec.Struct, frozen=True, kw_only=True):
    """What a release costs now (restricted data: shown, and given to nobody else).

    Attributes:
        for_sale: How many copies are offered.
        lowest_price: Of those, or None when there is none or it may not be sold.
        currency: Of the price (``EUR``), or None.
        is_blocked: It may not be sold on Discogs.
    """

    for_sale: int = 0
    lowest_price: float | None = None
    currency: str | None = None
    is_blocked: bool = False
