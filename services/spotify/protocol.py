"""Spotify's Web API as pure functions: requests to build, answers to read. No I/O.

Facts: https://developer.spotify.com/documentation/web-api and the February 2026 migration guide.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote

import msgspec

from services.errors import NotFound
from services.http import ErrorDetail, read_json
from services.spotify.denials import reason_of
from services.spotify.details_protocol import Picture, largest
from services.spotify.models import SpotifyItem, SpotifyKind, url_of

SEARCH_LIMIT: Final = 10  # the most a Development-Mode app may ask for; 11 answers 400
_WEB = "https://open.spotify.com"


class _Named(msgspec.Struct, gc=False):
    id: str | None = None
    name: str | None = None
    display_name: str | None = None


class _Track(msgspec.Struct, gc=False):
    name: str | None = None


class _Page(msgspec.Struct):
    total: int | None = None
    items: list[_Track | None] | None = None


class _Item(msgspec.Struct):
    """An album, artist, track or playlist; each kind fills its own fields."""

    id: str | None = None
    type: str | None = None
    name: str | None = None
    artists: list[_Named | None] | None = None
    owner: _Named | None = None
    images: list[Picture | None] | None = None
    release_date: str | None = None
    album_type: str | None = None
    total_tracks: int | None = None
    duration_ms: int | None = None
    album: "_Item | None" = None
    tracks: _Page | None = None
    items: _Page | None = None


class _Items(msgspec.Struct):
    items: list[_Item | None] | None = None


class _Search(msgspec.Struct):
    albums: _Items | None = None
    artists: _Items | None = None
    tracks: _Items | None = None
    playlists: _Items | None = None


_KINDS: Final = {kind.value: kind for kind in SpotifyKind}
_SEARCH_DECODER = msgspec.json.Decoder(_Search)
_ITEM_DECODER = msgspec.json.Decoder(_Item)


def build_search_params(
    query: str, kinds: Sequence[SpotifyKind], market: str, limit: int = SEARCH_LIMIT
) -> Mapping[str, str]:
    """Return the query of ``GET /search``; without a market most content looks unavailable."""
    return {
        "q": query,
        "type": ",".join(kinds),
        "market": market,
        "limit": str(min(limit, SEARCH_LIMIT)),
    }


def search_url(query: str) -> str:
    """Return the page of the same search on open.spotify.com."""
    return f"{_WEB}/search/{quote(query, safe='')}"


def parse_search(body: bytes) -> tuple[SpotifyItem, ...]:
    """Return the items of a search answer.

    Raises:
        msgspec.DecodeError: The body is not JSON.
        msgspec.ValidationError: It is JSON of another shape.
    """
    found = _SEARCH_DECODER.decode(body)
    pages = (found.albums, found.artists, found.tracks, found.playlists)
    return tuple(
        item
        for page in pages
        if page is not None
        for raw in page.items or ()
        # Spotify puts null where an item was taken down.
        if raw is not None and (item := _to_item(raw)) is not None
    )


def parse_item(body: bytes) -> SpotifyItem:
    """Return an album, artist, track or playlist.

    Raises:
        NotFound: The answer is none of these.
        msgspec.DecodeError: The body is not JSON.
        msgspec.ValidationError: It is JSON of another shape.
    """
    item = _to_item(_ITEM_DECODER.decode(body))
    if item is None:
        raise NotFound("spotify", "parse", None, "the answer is no catalogue item")
    return item


def read_error(body: bytes, path: str = "") -> ErrorDetail:
    """Read an error body: the Web API's, the accounts host's, or plain text.

    Only fixed words leave here: what Spotify says otherwise may quote what somebody typed.

    Args:
        body: At most the first 4 KiB.
        path: What was asked for, below the API's base; decides what a bare *Forbidden* means.
    """
    value = read_json(body)
    if not isinstance(value, dict):
        return ErrorDetail(reason=reason_of(body.decode(errors="replace"), path))
    error = value.get("error")
    if isinstance(error, dict):
        reason = str(error.get("reason") or "")
        said = str(error.get("message") or "")
        is_quota = reason == "QUOTA_EXCEEDED"
        return ErrorDetail(reason, is_quota=is_quota, reason=reason_of(said, path))
    # accounts.spotify.com: a short fixed word such as invalid_client; its description stays out.
    return ErrorDetail(error if isinstance(error, str) else "")


def _to_item(raw: _Item) -> SpotifyItem | None:
    kind = _KINDS.get(raw.type or "")
    if not raw.id or kind is None:
        return None
    page = raw.tracks or raw.items
    people = tuple(_people(raw))
    return SpotifyItem(
        kind=kind,
        spotify_id=raw.id,
        name=raw.name or "",
        url=url_of(kind, raw.id),
        artists=tuple(name for name, _ in people),
        artist_ids=tuple(i for _, i in people if i) if raw.artists else (),
        image_url=largest(raw.images or (raw.album.images if raw.album else None)),
        released=raw.release_date or (raw.album.release_date if raw.album else None),
        album=raw.album.name if raw.album else None,
        album_type=raw.album_type,
        track_count=raw.total_tracks or (page.total if page else None),
        duration_ms=raw.duration_ms,
        tracks=tuple(t.name for t in page.items or () if t and t.name) if page else (),
    )


def _people(raw: _Item) -> Iterator[tuple[str, str | None]]:
    """Yield the name and id of each artist, or of a playlist's owner."""
    for person in raw.artists or ([raw.owner] if raw.owner else []):
        name = (person.name or person.display_name) if person else None
        if person and name:
            yield name, person.id
