"""Albums, tracks and artists in full, as pure functions: paths, parameters and answers. No I/O.

Read from https://developer.spotify.com/documentation/web-api/reference as of July 2026, less what
Development Mode lost. Pages are asked for by offset: a page's own ``next`` is never followed, so
no answer can send our token anywhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import quote

import msgspec

from services.errors import NotFound
from services.spotify.models import (
    Credit,
    SpotifyAlbum,
    SpotifyArtist,
    SpotifyDiscography,
    SpotifyItem,
    SpotifyKind,
    SpotifyTrack,
    TrackAlbum,
    url_of,
)

TRACKS_LIMIT: Final = 50  # of ``/albums/{id}/tracks``, and of the page inside an album
RELEASES_LIMIT: Final = 10  # of ``/artists/{id}/albums`` since 2026
# What somebody only appears on is not their discography.
_GROUPS: Final = "album,single,compilation"


class Picture(msgspec.Struct, gc=False):
    """An image; ``width`` is in pixels, null for some playlists."""

    url: str
    width: int | None = None


class _Artist(msgspec.Struct, gc=False):
    id: str | None = None
    name: str | None = None


class _Codes(msgspec.Struct):
    isrc: str | None = None
    upc: str | None = None


class _Album(msgspec.Struct):
    id: str | None = None
    name: str | None = None
    album_type: str | None = None
    artists: list[_Artist | None] | None = None
    images: list[Picture | None] | None = None
    release_date: str | None = None
    total_tracks: int | None = None


class _Track(msgspec.Struct):
    id: str | None = None
    name: str | None = None
    artists: list[_Artist | None] | None = None
    disc_number: int | None = None
    track_number: int | None = None
    duration_ms: int | None = None
    explicit: bool | None = None
    is_playable: bool | None = None
    external_ids: _Codes | None = None
    album: _Album | None = None


class _Tracks(msgspec.Struct):
    items: list[_Track | None] | None = None
    total: int | None = None


class _WholeAlbum(_Album):
    external_ids: _Codes | None = None
    tracks: _Tracks | None = None
    items: _Tracks | None = None  # playlists were renamed so in 2026


class _WholeArtist(_Artist):
    genres: list[str | None] | None = None
    images: list[Picture | None] | None = None


class _Albums(msgspec.Struct):
    items: list[_Album | None] | None = None
    total: int | None = None
    next: str | None = None


_ALBUM_DECODER = msgspec.json.Decoder(_WholeAlbum)
_TRACK_DECODER = msgspec.json.Decoder(_Track)
_TRACKS_DECODER = msgspec.json.Decoder(_Tracks)
_ARTIST_DECODER = msgspec.json.Decoder(_WholeArtist)
_ALBUMS_DECODER = msgspec.json.Decoder(_Albums)


class TrackPage(msgspec.Struct, frozen=True):
    """A page of an album's tracks; ``rows`` counts what was taken down since as well."""

    tracks: tuple[SpotifyTrack, ...]
    rows: int


class AlbumPage(msgspec.Struct, frozen=True):
    """An album with the first page of its tracks; ``total`` rows are there, None: not known."""

    album: SpotifyAlbum
    rows: int
    total: int | None


def item_path(kind: SpotifyKind, spotify_id: str) -> str:
    """Return the path of one album, artist, track or playlist."""
    return f"/{kind}s/{quote(spotify_id, safe='')}"


def build_tracks_params(offset: int, limit: int, market: str) -> Mapping[str, str]:
    """Return the query of ``GET /albums/{id}/tracks``; ``offset`` counts tracks from 0."""
    return {"offset": str(offset), "limit": str(min(limit, TRACKS_LIMIT)), "market": market}


def build_releases_params(offset: int, limit: int, market: str) -> Mapping[str, str]:
    """Return the query of ``GET /artists/{id}/albums``; ``offset`` counts albums from 0."""
    number = str(min(limit, RELEASES_LIMIT))
    return {"include_groups": _GROUPS, "offset": str(offset), "limit": number, "market": market}


def parse_album(body: bytes) -> AlbumPage:
    """Return an album with its first page of tracks.

    Raises:
        NotFound: The answer is no catalogue item.
        msgspec.DecodeError: The body is not JSON.
        msgspec.ValidationError: It is JSON of another shape.
    """
    raw = _ALBUM_DECODER.decode(body)
    page = raw.tracks or raw.items or _Tracks()
    rows = page.items or []
    total = raw.total_tracks if page.total is None else page.total
    album = SpotifyAlbum(
        spotify_id=_known(raw.id),
        name=raw.name or "",
        credits=tuple(_credits(raw.artists)),
        image_url=largest(raw.images),
        released=raw.release_date or None,
        album_type=raw.album_type or None,
        track_count=raw.total_tracks or total,
        tracks=_tracks(rows),
        is_complete=total is not None and len(rows) >= total,
        upc=(raw.external_ids.upc or None) if raw.external_ids else None,
    )
    return AlbumPage(album, len(rows), total)


def parse_tracks(body: bytes) -> TrackPage:
    """Return a page of an album's tracks.

    Raises:
        msgspec.DecodeError: The body is not JSON.
        msgspec.ValidationError: It is JSON of another shape.
    """
    rows = _TRACKS_DECODER.decode(body).items or []
    return TrackPage(_tracks(rows), len(rows))


def parse_track(body: bytes) -> SpotifyTrack:
    """Return a track with its album.

    Raises:
        NotFound: The answer is no catalogue item.
        msgspec.DecodeError: The body is not JSON.
        msgspec.ValidationError: It is JSON of another shape.
    """
    raw = _TRACK_DECODER.decode(body)
    return _track(raw, _known(raw.id))


def parse_artist(body: bytes) -> SpotifyArtist:
    """Return an artist without releases.

    Raises:
        NotFound: The answer is no catalogue item.
        msgspec.DecodeError: The body is not JSON.
        msgspec.ValidationError: It is JSON of another shape.
    """
    raw = _ARTIST_DECODER.decode(body)
    return SpotifyArtist(
        spotify_id=_known(raw.id),
        name=raw.name or "",
        image_url=largest(raw.images),
        genres=tuple(genre for genre in raw.genres or () if genre),
    )


def parse_releases(body: bytes) -> SpotifyDiscography:
    """Return a page of an artist's albums, before editions are merged.

    Raises:
        msgspec.DecodeError: The body is not JSON.
        msgspec.ValidationError: It is JSON of another shape.
    """
    page = _ALBUMS_DECODER.decode(body)
    releases = (_release(raw, raw.id) for raw in page.items or () if raw is not None and raw.id)
    has_more = page.next is not None
    return SpotifyDiscography(releases=tuple(releases), total=page.total, has_more=has_more)


def in_order(tracks: Iterable[SpotifyTrack]) -> tuple[SpotifyTrack, ...]:
    """Return tracks by disc and number; those without numbers stay where they are."""
    return tuple(sorted(tracks, key=lambda t: (t.disc_number or 1, t.track_number or 0)))


def largest(images: Iterable[Picture | None] | None) -> str | None:
    """Return the URL of the widest image, or None when there is none."""
    found, widest = None, -1
    for image in images or ():
        if image is not None and (image.width or 0) > widest:
            found, widest = image.url, image.width or 0
    return found


def _known(spotify_id: str | None) -> str:
    if not spotify_id:
        raise NotFound("spotify", "parse", None, "the answer is no catalogue item")
    return spotify_id


def _tracks(rows: Iterable[_Track | None]) -> tuple[SpotifyTrack, ...]:
    # Null, or without a name: taken down since.
    return tuple(_track(row, row.id) for row in rows if row is not None and row.id and row.name)


def _track(raw: _Track, track_id: str) -> SpotifyTrack:
    return SpotifyTrack(
        spotify_id=track_id,
        name=raw.name or "",
        credits=tuple(_credits(raw.artists)),
        disc_number=raw.disc_number,
        track_number=raw.track_number,
        duration_ms=raw.duration_ms,
        explicit=raw.explicit,
        is_playable=raw.is_playable,
        isrc=(raw.external_ids.isrc or None) if raw.external_ids else None,
        album=_album_of(raw.album),
    )


def _album_of(raw: _Album | None) -> TrackAlbum | None:
    if raw is None or not raw.id:
        return None
    return TrackAlbum(
        spotify_id=raw.id,
        name=raw.name or "",
        credits=tuple(_credits(raw.artists)),
        image_url=largest(raw.images),
        released=raw.release_date or None,
        album_type=raw.album_type or None,
    )


def _release(raw: _Album, album_id: str) -> SpotifyItem:
    artists = tuple(_credits(raw.artists))
    return SpotifyItem(
        kind=SpotifyKind.ALBUM,
        spotify_id=album_id,
        name=raw.name or "",
        url=url_of(SpotifyKind.ALBUM, album_id),
        artists=tuple(credit.name for credit in artists),
        artist_ids=tuple(credit.spotify_id for credit in artists if credit.spotify_id),
        image_url=largest(raw.images),
        released=raw.release_date or None,
        album_type=raw.album_type or None,
        track_count=raw.total_tracks,
    )


def _credits(artists: Iterable[_Artist | None] | None) -> Iterator[Credit]:
    for artist in artists or ():
        if artist is not None and artist.name:
            yield Credit(artist.name, artist.id or None)
