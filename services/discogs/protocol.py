"""Discogs' API v2 as pure functions: requests to build, answers to read. No I/O.

Facts: https://www.discogs.com/developers and recorded answers. "Nothing there" is an absent key,
hardly ever null; a year is a string in search results and an integer in releases.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

import msgspec

from services.discogs.models import DiscogsKind, Release, SearchHit
from services.discogs.naming import (
    catalogue_number,
    display_name,
    leading_year,
    main_picture,
    playable,
    render_credits,
    render_format,
    render_label,
    render_roles,
    strip_markup,
    unique,
)
from services.discogs.shapes import RawCredit, RawFormat, RawImage, RawLabel, RawTrack, salvage
from services.http import read_json
from services.music import clean_text, strip_disambiguation
from services.resilience.rate_limiter import Allowance

_WEB: Final = "https://www.discogs.com"
_COUNT = re.compile(r"[0-9]{1,9}")
_NOTHING_SAID: Final = Allowance()


class _Hit(msgspec.Struct):
    id: int
    type: str
    title: str = ""
    uri: str | None = None
    year: str | int | None = None
    country: str | None = None
    format: list[str] | str | None = None
    label: list[str] | str | None = None  # a string in old answers
    catno: str | None = None
    genre: list[str] | None = None
    style: list[str] | None = None
    thumb: str | None = None
    cover_image: str | None = None


class _Search(msgspec.Struct):
    results: list[_Hit] = msgspec.field(default_factory=list)


class _LooseSearch(msgspec.Struct):
    results: list[object]


class _Release(msgspec.Struct):
    id: int
    title: str = ""
    artists: list[RawCredit] | None = None
    master_id: int | None = None
    year: int | None = None
    country: str | None = None
    formats: list[RawFormat] | None = None
    labels: list[RawLabel] | None = None
    genres: list[str] | None = None
    styles: list[str] | None = None
    tracklist: list[RawTrack] | None = None
    extraartists: list[RawCredit] | None = None
    notes: str | None = None
    images: list[RawImage] | None = None


_SEARCH_DECODER = msgspec.json.Decoder(_Search)
_LOOSE_DECODER = msgspec.json.Decoder(_LooseSearch)
_RELEASE_DECODER = msgspec.json.Decoder(_Release)


def build_search_params(query: str, kind: DiscogsKind | None, per_page: int) -> Mapping[str, str]:
    """Return the query of ``GET /database/search``; None searches every kind."""
    params = {"q": query, "per_page": str(per_page)}
    if kind is not None:
        params["type"] = kind
    return params


def build_number_params(name: str, number: str, per_page: int) -> Mapping[str, str]:
    """Return the query of a search for releases by ``barcode`` or ``catno``."""
    return {name: number, "type": DiscogsKind.RELEASE, "per_page": str(per_page)}


def search_url(query: str) -> str:
    """Return the page of the same search on discogs.com."""
    return f"{_WEB}/search/?q={quote(query, safe='')}"


def parse_search(body: bytes) -> tuple[SearchHit, ...]:
    """Return the hits of a search answer; rows that cannot be read are left out.

    Raises:
        msgspec.DecodeError: The body is not JSON, or JSON of another shape, or no row of it can
            be read.
    """
    try:
        raw = _SEARCH_DECODER.decode(body).results
    except msgspec.ValidationError:
        raw = _readable(_LOOSE_DECODER.decode(body).results)
        if not raw:
            raise
    kinds = set(DiscogsKind)
    return tuple(_to_hit(hit) for hit in raw if hit.type in kinds)


def parse_release(body: bytes) -> Release:
    """Return one release.

    Raises:
        msgspec.DecodeError: The body is not JSON, or JSON of another shape.
    """
    raw = _RELEASE_DECODER.decode(body)
    return Release(
        release_id=raw.id,
        title=clean_text(raw.title),
        artist=render_credits(raw.artists or []),
        master_id=raw.master_id or None,  # 0 means none
        year=raw.year or None,
        country=raw.country or None,
        formats=tuple(render_format(f) for f in raw.formats or [] if f.name),
        labels=unique(render_label(label) for label in raw.labels or []),
        genres=tuple(raw.genres or ()),
        styles=tuple(raw.styles or ()),
        tracks=tuple(playable(raw.tracklist or [])),
        credits=unique(render_roles(raw.extraartists or [])),
        notes=strip_markup(raw.notes or ""),
        image_url=main_picture(raw.images or []),
        url=f"{_WEB}/release/{raw.id}",
    )


def is_api_error(body: bytes) -> bool:
    """Return whether this is ``{"message": …}``; a Cloudflare page or an empty body is not.

    What the message says is not read: it may quote what somebody typed.
    """
    value = read_json(body)
    return isinstance(value, dict) and isinstance(value.get("message"), str)


def parse_allowance(headers: Mapping[str, str]) -> Allowance | None:
    """Return what the rate limit headers say; None when they are missing or no numbers.

    They come with every answer of the API, 404 and 429 included, but not with a gateway's page.
    """
    allowance = Allowance(
        limit=_to_count(headers.get("X-Discogs-Ratelimit")),
        used=_to_count(headers.get("X-Discogs-Ratelimit-Used")),
        remaining=_to_count(headers.get("X-Discogs-Ratelimit-Remaining")),
    )
    return None if allowance == _NOTHING_SAID else allowance


def _to_count(text: str | None) -> int | None:
    return int(text) if text is not None and _COUNT.fullmatch(text.strip()) else None


def _readable(rows: Iterable[object]) -> list[_Hit]:
    hits = []
    for row in rows:
        try:
            hits.append(salvage(_Hit, row))
        except msgspec.ValidationError:
            continue
    return hits


def _to_hit(raw: _Hit) -> SearchHit:
    kind = DiscogsKind(raw.type)
    title, artist = clean_text(raw.title), ""
    if kind in (DiscogsKind.RELEASE, DiscogsKind.MASTER):
        # ``Artist - Title``; an asterisk marks a name variation. Only the first dash separates.
        before, dash, after = title.partition(" - ")
        if dash:
            names = [display_name(name.rstrip("*")) for name in before.split(" / ")]
            artist, title = " / ".join(names), after
    else:
        title = strip_disambiguation(title)
    return SearchHit(
        kind=kind,
        discogs_id=raw.id,
        title=title,
        artist=artist,
        year=leading_year(raw.year),
        country=raw.country or None,
        formats=_as_tuple(raw.format),
        labels=unique(strip_disambiguation(label) for label in _as_tuple(raw.label)),
        catno=catalogue_number(raw.catno),
        genres=tuple(raw.genre or ()),
        styles=tuple(raw.style or ()),
        image_url=raw.cover_image or raw.thumb or None,
        url=f"{_WEB}/{kind}/{raw.id}",
    )


def _as_tuple(value: list[str] | str | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
