"""Spotify's playlist endpoints as pure functions: bodies to build, answers to read. No I/O.

Facts: the OpenAPI document, https://developer.spotify.com/reference/web-api/open-api-schema.yaml,
and the February 2026 migration guide, which renamed ``tracks`` to ``items`` and ``track`` to
``item``; some answers still carry the old names, so both are read.
"""

import html
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

import msgspec

from services.spotify.playlist_models import (
    PlaylistPage,
    PlaylistTrack,
    PlaylistTracks,
    SpotifyPlaylist,
)

PAGE_LIMIT: Final = 50
"""The most playlists, or tracks of one, in an answer."""
BATCH_LIMIT: Final = 100
"""The most tracks that can be added at once."""
_LONGEST_NAME: Final = 100
_LONGEST_DESCRIPTION: Final = 300
_WEB: Final = "https://open.spotify.com"


class _Image(msgspec.Struct):
    url: str
    width: int | None = None


class _Person(msgspec.Struct):
    id: str | None = None
    name: str | None = None
    display_name: str | None = None


class _Track(msgspec.Struct):
    id: str | None = None
    uri: str | None = None
    type: str | None = None
    name: str | None = None
    artists: list[_Person] | None = None
    duration_ms: int | None = None


class _Line(msgspec.Struct):
    item: _Track | None = None
    track: _Track | None = None


class _Lines(msgspec.Struct):
    total: int | None = None
    items: list[_Line | None] = msgspec.field(default_factory=list)


class _Playlist(msgspec.Struct):
    id: str | None = None
    name: str | None = None
    description: str | None = None
    owner: _Person | None = None
    images: list[_Image] | None = None
    public: bool | None = None
    snapshot_id: str | None = None
    items: _Lines | None = None
    tracks: _Lines | None = None


class _Playlists(msgspec.Struct):
    total: int = 0
    items: list[_Playlist | None] = msgspec.field(default_factory=list)


class _Snapshot(msgspec.Struct):
    snapshot_id: str = ""


_PAGE_DECODER: Final = msgspec.json.Decoder(_Playlists)
_PLAYLIST_DECODER: Final = msgspec.json.Decoder(_Playlist)
_LINES_DECODER: Final = msgspec.json.Decoder(_Lines)
_SNAPSHOT_DECODER: Final = msgspec.json.Decoder(_Snapshot)


def playlist_path(spotify_id: str) -> str:
    """Return the path of a playlist below the API's base."""
    return f"/playlists/{quote(spotify_id, safe='')}"


def build_window(page: int, size: int) -> Mapping[str, str]:
    """Return the query for one page; pages begin at 1, and hold at most 50."""
    size = min(size, PAGE_LIMIT)
    return {"limit": str(size), "offset": str((page - 1) * size)}


def build_playlist(name: str, description: str, *, is_public: bool) -> Mapping[str, object]:
    """Return the body of ``POST /me/playlists``.

    ``public`` always stands there: without it Spotify shows the playlist to everybody.
    """
    return {
        "name": name[:_LONGEST_NAME],
        "public": is_public,
        "collaborative": False,
        "description": description[:_LONGEST_DESCRIPTION],
    }


def build_addition(uris: Sequence[str], position: int | None) -> Mapping[str, object]:
    """Return the body of ``POST /playlists/{id}/items``.

    Raises:
        ValueError: Not 1 to 100 tracks.
    """
    if not 1 <= len(uris) <= BATCH_LIMIT:
        raise ValueError(f"1 to {BATCH_LIMIT} tracks at once, not {len(uris)}")
    body: dict[str, object] = {"uris": list(uris)}
    if position is not None:
        body["position"] = position
    return body


def parse_playlists(body: bytes) -> PlaylistPage:
    """Return a page of a person's playlists; what was taken down is left out.

    Raises:
        msgspec.DecodeError: The body is not JSON.
        msgspec.ValidationError: It is JSON of another shape.
    """
    found = _PAGE_DECODER.decode(body)
    playlists = (_to_playlist(raw) for raw in found.items if raw is not None and raw.id)
    return PlaylistPage(playlists=tuple(playlists), total=found.total)


def parse_playlist(body: bytes) -> SpotifyPlaylist:
    """Return one playlist.

    Raises:
        msgspec.DecodeError: The body is not JSON.
        msgspec.ValidationError: It is JSON of another shape, or of no playlist.
    """
    raw = _PLAYLIST_DECODER.decode(body)
    if not raw.id:
        raise msgspec.ValidationError("a playlist without an id")
    return _to_playlist(raw)


def parse_tracks(body: bytes) -> PlaylistTracks:
    """Return the tracks of ``GET /playlists/{id}/items``.

    Raises:
        msgspec.DecodeError: The body is not JSON.
        msgspec.ValidationError: It is JSON of another shape.
    """
    found = _LINES_DECODER.decode(body)
    return PlaylistTracks(
        tracks=tuple(_to_track(line) for line in found.items),
        total=len(found.items) if found.total is None else found.total,
    )


def parse_snapshot(body: bytes) -> str:
    """Return what stands for a playlist's new state.

    Raises:
        msgspec.DecodeError: The body is not JSON.
        msgspec.ValidationError: It is JSON of another shape.
    """
    return _SNAPSHOT_DECODER.decode(body).snapshot_id


def _to_playlist(raw: _Playlist) -> SpotifyPlaylist:
    owner, images = raw.owner or _Person(), raw.images or []
    lines = raw.items or raw.tracks
    playlist_id = raw.id or ""
    return SpotifyPlaylist(
        spotify_id=playlist_id,
        name=raw.name or "",
        url=f"{_WEB}/playlist/{quote(playlist_id, safe='')}",
        owner=owner.display_name or owner.name or "",
        owner_id=owner.id or "",
        # Spotify answers with HTML entities in what was sent as plain text.
        description=html.unescape(raw.description or ""),
        image_url=max(images, key=lambda image: image.width or 0).url if images else None,
        is_public=raw.public,
        track_count=lines.total if lines else None,
        snapshot_id=raw.snapshot_id or "",
    )


def _to_track(line: _Line | None) -> PlaylistTrack:
    raw = (line and (line.item or line.track)) or _Track()
    names = [person.name or person.display_name or "" for person in raw.artists or []]
    return PlaylistTrack(
        name=raw.name or "",
        uri=raw.uri or "",
        url=f"{_WEB}/{raw.type}/{quote(raw.id, safe='')}" if raw.id and raw.type else None,
        artists=tuple(filter(None, names)),
        duration_ms=raw.duration_ms,
    )
