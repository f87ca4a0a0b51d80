"""The whole catalogue: every album, by every id, and the searches over it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from bot.sandbox.catalogue.loading import load_albums
from bot.sandbox.catalogue.model import Album, Credit, Edition, Track
from bot.sandbox.catalogue.search_index import SearchIndex

_TITLE_WEIGHT = 4.0
_ARTIST_WEIGHT = 3.0
_DETAIL_WEIGHT = 2.0
_TRACK_WEIGHT = 1.0
_VARIANT_STRIDE = 4_200_000
_VARIANT_COUNTRIES = ("Germany", "Japan", "Netherlands", "Canada", "Australia", "Italy", "Spain")
_VARIANT_YEARS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressing:
    """An edition together with its album."""

    album: Album
    edition: Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Song:
    """A track together with its album; `number` is 1 or more."""

    album: Album
    track: Track
    number: int


class Catalogue:
    """Albums by id and by search; immutable once made."""

    def __init__(self, albums: Iterable[Album]) -> None:
        """Keep these albums, in this order."""
        self.albums = tuple(albums)

    @cached_property
    def spotify_albums(self) -> dict[str, Album]:
        """Albums that Spotify has, by its id."""
        return {each.spotify_id: each for each in self.albums if each.on_spotify}

    @cached_property
    def spotify_songs(self) -> dict[str, Song]:
        """Tracks that Spotify has, by its id."""
        return {
            album.spotify_track_id(number): Song(album=album, track=track, number=number)
            for album in self.spotify_albums.values()
            for number, track in enumerate(album.tracks, start=1)
        }

    @cached_property
    def spotify_artists(self) -> dict[str, Credit]:
        """Main artists that Spotify has, by its id."""
        return {
            credit.spotify_artist_id: credit
            for album in self.spotify_albums.values()
            for credit in album.credits
        }

    @cached_property
    def discogs_albums(self) -> tuple[Album, ...]:
        """Albums that Discogs has."""
        return tuple(each for each in self.albums if each.on_discogs)

    @cached_property
    def masters(self) -> dict[int, Album]:
        """Albums that have a Discogs master, by its id."""
        return {each.master_id: each for each in self.discogs_albums if each.master_id}

    @cached_property
    def pressings(self) -> dict[int, Pressing]:
        """Editions that Discogs has, by release id."""
        return {
            edition.release_id: Pressing(album=album, edition=edition)
            for album in self.discogs_albums
            for edition in album.editions
        }

    def pressing(self, release_id: int) -> Pressing | None:
        """Return an edition or one of its endless variants, or None when there is none."""
        variant, base_id = divmod(release_id, _VARIANT_STRIDE)
        pressing = self.pressings.get(base_id)
        if pressing is None or variant == 0:
            return pressing
        edition = pressing.edition
        changed = replace(
            edition,
            release_id=release_id,
            country=_VARIANT_COUNTRIES[variant % len(_VARIANT_COUNTRIES)],
            year=edition.year and edition.year + variant % _VARIANT_YEARS,
            descriptions=(*edition.descriptions, "Repress"),
            barcode="",
        )
        return Pressing(album=pressing.album, edition=changed)

    @cached_property
    def discogs_artists(self) -> dict[int, Credit]:
        """Main and extra artists that Discogs has, by id; a main credit wins."""
        extra = {
            credit.discogs_artist_id: credit
            for album in self.discogs_albums
            for credit in album.extra_credits
        }
        main = {
            credit.discogs_artist_id: credit
            for album in self.discogs_albums
            for credit in album.credits
        }
        return extra | main

    @cached_property
    def labels(self) -> dict[int, str]:
        """Label names that Discogs has, by id."""
        return {each.edition.label_id: each.edition.label for each in self.pressings.values()}

    @cached_property
    def album_search(self) -> SearchIndex[Album]:
        """Search over albums: title, artists, tracks."""
        return SearchIndex((album, album_texts(album)) for album in self.albums)

    @cached_property
    def song_search(self) -> SearchIndex[Song]:
        """Search over Spotify's tracks: title, artists, album."""
        return SearchIndex((song, _song_texts(song)) for song in self.spotify_songs.values())

    @cached_property
    def pressing_search(self) -> SearchIndex[Pressing]:
        """Search over Discogs' releases: as albums, and label, number and barcode."""
        return SearchIndex((each, pressing_texts(each)) for each in self.pressings.values())


def variant_id(release_id: int, variant: int) -> int:
    """Return the id of a variant of a release; variant 0 is the release itself.

    Large collections are filled with variants: the catalogue has a few hundred releases only.
    """
    return release_id + variant * _VARIANT_STRIDE


@lru_cache(maxsize=1)
def default_catalogue() -> Catalogue:
    """Return the catalogue of `data/albums.json`, read once."""
    return Catalogue(load_albums())


def album_texts(album: Album) -> list[tuple[str, float]]:
    """Return what an album is found by, and what each text is worth."""
    names = {album.artist, album.discogs_artist, *(each.anv for each in album.credits)}
    return [
        (album.title, _TITLE_WEIGHT),
        *((name, _ARTIST_WEIGHT) for name in sorted(names)),
        *((track.title, _TRACK_WEIGHT) for track in album.tracks),
    ]


def _song_texts(song: Song) -> list[tuple[str, float]]:
    return [
        (song.track.title, _TITLE_WEIGHT),
        (song.track.artist or song.album.artist, _ARTIST_WEIGHT),
        (song.album.title, _TRACK_WEIGHT),
    ]


def pressing_texts(pressing: Pressing) -> list[tuple[str, float]]:
    """Return what a release is found by: its album's texts, label, number and barcode."""
    edition = pressing.edition
    catno = edition.catno
    return [
        *album_texts(pressing.album),
        (edition.label, _TRACK_WEIGHT),
        (catno, _DETAIL_WEIGHT),
        # People type `CL1355` for `CL 1355`.
        (catno.replace(" ", "").replace("-", ""), _DETAIL_WEIGHT),
        (edition.barcode, _DETAIL_WEIGHT),
    ]
