"""Masters, versions, artists, labels and the market as pure functions: answers to read. No I/O.

A field of a wrong type counts as absent; only what an object cannot be without is insisted on.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from services.discogs.models import Artist, Label, MarketStats, Master, Version, Versions
from services.discogs.naming import (
    catalogue_number,
    display_name,
    known_year,
    label_name,
    leading_year,
    main_picture,
    picture,
    playable,
    render_credits,
    strip_markup,
    unique,
)
from services.discogs.shapes import (
    Id,
    IdOrZero,
    Pagination,
    RawCredit,
    RawImage,
    RawTrack,
    read,
)
from services.music import clean_text

_WEB: Final = "https://www.discogs.com"


class _Named(msgspec.Struct):
    name: str


class _Master(msgspec.Struct):
    id: Id
    title: str
    artists: list[RawCredit] | None = None
    year: int | None = None
    main_release: IdOrZero | None = None
    genres: list[str] | None = None
    styles: list[str] | None = None
    tracklist: list[RawTrack] | None = None
    images: list[RawImage] | None = None


class _Version(msgspec.Struct):
    id: Id
    title: str = ""
    released: str | int | None = None
    country: str | None = None
    label: str | None = None
    catno: str | None = None
    major_formats: list[str] | None = None
    format: str | None = None
    thumb: str | None = None


class _Versions(msgspec.Struct):
    pagination: Pagination
    versions: list[_Version]


class _Artist(msgspec.Struct):
    id: Id
    name: str
    realname: str | None = None
    profile: str | None = None
    members: list[_Named] | None = None
    groups: list[_Named] | None = None
    images: list[RawImage] | None = None


class _Label(msgspec.Struct):
    id: Id
    name: str
    profile: str | None = None
    parent_label: _Named | None = None
    sublabels: list[_Named] | None = None
    images: list[RawImage] | None = None


class _Price(msgspec.Struct):
    value: float
    currency: str


class _Stats(msgspec.Struct):
    num_for_sale: int | None
    lowest_price: _Price | None = None
    blocked_from_sale: bool | None = None


_MASTER = msgspec.json.Decoder(_Master)
_VERSIONS = msgspec.json.Decoder(_Versions)
_ARTIST = msgspec.json.Decoder(_Artist)
_LABEL = msgspec.json.Decoder(_Label)
_STATS = msgspec.json.Decoder(_Stats)


def parse_master(body: bytes) -> Master:
    """Return a master.

    Raises:
        msgspec.DecodeError: The body is not JSON, or no master.
    """
    raw = read(_MASTER, body)
    return Master(
        master_id=raw.id,
        title=clean_text(raw.title),
        artist=render_credits(raw.artists or ()),
        year=known_year(raw.year),
        main_release_id=raw.main_release or None,
        genres=unique(raw.genres or ()),
        styles=unique(raw.styles or ()),
        tracks=tuple(playable(raw.tracklist or ())),
        image_url=main_picture(raw.images or ()),
        url=f"{_WEB}/master/{raw.id}",
    )


def parse_versions(body: bytes) -> Versions:
    """Return one page of a master's versions; rows that cannot be read are left out.

    Raises:
        msgspec.DecodeError: The body is not JSON, or no such page.
    """
    raw = read(_VERSIONS, body)
    return Versions(
        versions=tuple(_to_version(each) for each in raw.versions),
        page=raw.pagination.page,
        pages=max(1, raw.pagination.pages),
        total=raw.pagination.items,
    )


def parse_artist(body: bytes) -> Artist:
    """Return an artist.

    Raises:
        msgspec.DecodeError: The body is not JSON, or no artist.
    """
    raw = read(_ARTIST, body)
    return Artist(
        artist_id=raw.id,
        name=display_name(raw.name),
        real_name=clean_text(raw.realname or ""),
        profile=strip_markup(raw.profile or ""),
        members=unique(display_name(each.name) for each in raw.members or ()),
        groups=unique(display_name(each.name) for each in raw.groups or ()),
        image_url=main_picture(raw.images or ()),
        url=f"{_WEB}/artist/{raw.id}",
    )


def parse_label(body: bytes) -> Label:
    """Return a label.

    Raises:
        msgspec.DecodeError: The body is not JSON, or no label.
    """
    raw = read(_LABEL, body)
    return Label(
        label_id=raw.id,
        name=label_name(raw.name),
        profile=strip_markup(raw.profile or ""),
        parent=label_name(raw.parent_label.name) if raw.parent_label else None,
        sublabels=unique(label_name(each.name) for each in raw.sublabels or ()),
        image_url=main_picture(raw.images or ()),
        url=f"{_WEB}/label/{raw.id}",
    )


def parse_market_stats(body: bytes) -> MarketStats:
    """Return what a release costs; nothing when none is for sale.

    Raises:
        msgspec.DecodeError: The body is not JSON, or says nothing about sales.
    """
    raw = read(_STATS, body)
    price = raw.lowest_price
    return MarketStats(
        for_sale=max(0, raw.num_for_sale or 0),
        lowest_price=price.value if price else None,
        currency=clean_text(price.currency) if price else None,
        is_blocked=bool(raw.blocked_from_sale),
    )


def _to_version(raw: _Version) -> Version:
    return Version(
        release_id=raw.id,
        title=clean_text(raw.title),
        year=leading_year(raw.released),
        country=raw.country or None,
        label=label_name(raw.label or ""),
        catno=catalogue_number(raw.catno),
        formats=_formats(raw.major_formats or (), raw.format or ""),
        thumb_url=picture(raw.thumb),
        url=f"{_WEB}/release/{raw.id}",
    )


def _formats(major: Iterable[str], text: str) -> tuple[str, ...]:
    """``Vinyl`` and ``LP, Album`` are one list."""
    return unique([*major, *(part.strip() for part in text.split(","))])
