"""What a look-up of an album, an artist or a track returns, bit by bit."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

from services.answers import Answer
from services.catalogue.matching import Work, work_of, work_of_album
from services.catalogue.models import CatalogueMatch
from services.catalogue.own_records import Belongings
from services.collection.models import StoredCopy
from services.errors import ExternalServiceException
from services.spotify.models import (
    SpotifyAlbum,
    SpotifyArtist,
    SpotifyDiscography,
    SpotifyItem,
    SpotifyKind,
    SpotifyResults,
    SpotifyTrack,
)

SpotifyThing: TypeAlias = SpotifyAlbum | SpotifyArtist | SpotifyTrack | SpotifyItem
"""An item is a playlist, of whose contents others know nothing, or what a search knew of a thing
that Spotify cannot show now."""


class Unreadable(StrEnum):
    """Why a link leads to no card."""

    SHORT_LINK = "short_link"  # nobody could find out where it leads
    UNSUPPORTED = "unsupported"  # a podcast, an audiobook, somebody's profile


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicView:
    """What is known so far of something of Spotify that somebody looks at.

    Attributes:
        kind: What was asked for; once ``thing`` is there, what that is.
        query: Cleaned; empty when it was picked, or named by a link.
        unreadable: Why the link that was given leads nowhere, or None.
        owned: The person's own record that was picked, of which the album is looked for.
        search: What was searched for, or None.
        found: What the search lists as best, or None.
        thing: None when nothing was found.
        others: What else was found, best first; up to 25.
        is_doubtful: It is the closest there is, and not surely what was meant.
        page: Of the tracks or of the discography, from 1.
        releases: An artist's releases on that page; a failure when they cannot be had.
        belongings: What of it the person has; of an artist, by the ids of the releases.
        discogs: What Discogs has under its name; None while that is waited for.
        is_complete: Nothing more is waited for.
    """

    kind: SpotifyKind
    query: str = ""
    unreadable: Unreadable | None = None
    owned: StoredCopy | None = None
    search: Answer[SpotifyResults] | None = None
    found: SpotifyItem | None = None
    thing: Answer[SpotifyThing] | None = None
    others: tuple[SpotifyItem, ...] = ()
    is_doubtful: bool = False
    page: int = 1
    releases: Answer[SpotifyDiscography] | ExternalServiceException | None = None
    belongings: Mapping[str, Belongings] = field(default_factory=dict)
    discogs: CatalogueMatch | ExternalServiceException | None = None
    is_complete: bool = False

    @property
    def own(self) -> Belongings:
        """What the person has of an album, or of a track's album."""
        return next(iter(self.belongings.values()), Belongings())

    def abandoned(self) -> "MusicView":
        """Return the same with what is still waited for given up."""
        return replace(self, is_complete=True)


def album_of(thing: SpotifyThing) -> SpotifyItem | None:
    """Return the album or the artist that Discogs may know; None for a playlist, or no name.

    Of a track that is its album.
    """
    if not thing.name:
        return None
    if isinstance(thing, SpotifyItem):
        return thing if thing.kind in (SpotifyKind.ALBUM, SpotifyKind.ARTIST) else None
    if isinstance(thing, SpotifyArtist):
        return SpotifyItem(
            kind=SpotifyKind.ARTIST, spotify_id=thing.spotify_id, name=thing.name, url=thing.url
        )
    album = thing.album if isinstance(thing, SpotifyTrack) else thing
    if album is None or not album.name:
        return None
    return SpotifyItem(
        kind=SpotifyKind.ALBUM,
        spotify_id=album.spotify_id,
        name=album.name,
        url=album.url,
        artists=tuple(credit.name for credit in album.credits),
        released=album.released,
        album_type=album.album_type,
        track_count=album.track_count if isinstance(album, SpotifyAlbum) else None,
    )


def works_of(view: MusicView) -> dict[str, Work]:
    """Return the albums that the person may own, by their ids."""
    thing = None if view.thing is None else view.thing.value
    if isinstance(thing, SpotifyArtist):
        listed = view.releases.value.releases if isinstance(view.releases, Answer) else ()
        return {each.spotify_id: work_of(each) for each in listed}
    if isinstance(thing, SpotifyAlbum) and thing.name:
        return {thing.spotify_id: work_of_album(thing)}
    album = album_of(thing) if thing is not None else None
    if album is None or album.kind is SpotifyKind.ARTIST:
        return {}
    return {album.spotify_id: work_of(album)}
