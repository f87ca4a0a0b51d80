"""The rows of collections and wantlists: how they arrive, and what is made of them. No I/O."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from services.discogs.naming import (
    catalogue_number,
    clean_lines,
    known_year,
    label_name,
    picture,
    quantity,
    render_credits,
    unique,
)
from services.discogs.shapes import Id, IdOrZero, RawCredit, RawFormat, RawLabel
from services.discogs.shelf_models import Copy, Format, LabelLine, Pressing, Wish
from services.music import clean_text

_BEST_RATING: Final = 5


class _Basic(msgspec.Struct, gc=False):
    id: Id
    title: str = ""
    artists: list[RawCredit] | None = None
    master_id: IdOrZero | None = None
    year: int | None = None
    country: str | None = None
    formats: list[RawFormat] | None = None
    labels: list[RawLabel] | None = None
    genres: list[str] | None = None
    styles: list[str] | None = None
    thumb: str | None = None
    cover_image: str | None = None


class _Note(msgspec.Struct, gc=False):
    field_id: Id
    value: str | None = None


class RawCopy(msgspec.Struct, gc=False):
    """A copy in a collection."""

    instance_id: Id
    basic_information: _Basic
    folder_id: IdOrZero | None = None
    rating: int | None = None
    date_added: datetime | None = None
    notes: list[_Note] | None = None


class RawWish(msgspec.Struct, gc=False):
    """An entry of a wantlist."""

    basic_information: _Basic
    rating: int | None = None
    date_added: datetime | None = None
    notes: str | None = None


def to_copy(raw: RawCopy) -> Copy:
    """Return the copy, cleaned."""
    return Copy(
        instance_id=raw.instance_id,
        pressing=_to_pressing(raw.basic_information),
        folder_id=raw.folder_id or 0,
        rating=_to_rating(raw.rating),
        added_at=_to_instant(raw.date_added),
        notes=_to_notes(raw.notes) if raw.notes else (),
    )


def to_wish(raw: RawWish) -> Wish:
    """Return the wish, cleaned."""
    return Wish(
        pressing=_to_pressing(raw.basic_information),
        rating=_to_rating(raw.rating),
        added_at=_to_instant(raw.date_added),
        notes=clean_lines(raw.notes or ""),
    )


def _to_pressing(raw: _Basic) -> Pressing:
    return Pressing(
        release_id=raw.id,
        title=clean_text(raw.title),
        artist=render_credits(raw.artists or ()),
        master_id=raw.master_id or None,  # 0 means none
        year=known_year(raw.year),
        country=raw.country or None,
        formats=tuple([_to_format(each) for each in raw.formats or () if each.name]),
        labels=_to_labels(raw.labels or ()),
        genres=unique(raw.genres or ()),
        styles=unique(raw.styles or ()),
        thumb_url=picture(raw.thumb),
        cover_url=picture(raw.cover_image),
    )


def _to_format(raw: RawFormat) -> Format:
    return Format(
        name=clean_text(raw.name),
        quantity=quantity(raw.qty),
        descriptions=tuple(raw.descriptions or ()),
        text=clean_text(raw.text) if raw.text else "",
    )


def _to_labels(raw: list[RawLabel] | tuple[()]) -> tuple[LabelLine, ...]:
    lines = [
        LabelLine(name=name, catno=catalogue_number(each.catno))
        for each in raw
        if (name := label_name(each.name))
    ]
    return tuple(lines) if len(lines) < 2 else tuple(dict.fromkeys(lines))  # noqa: PLR2004


def _to_notes(raw: list[_Note]) -> tuple[tuple[int, str], ...]:
    texts = ((each.field_id, clean_lines(each.value or "")) for each in raw)
    return tuple((field_id, text) for field_id, text in texts if text)


def _to_rating(rating: int | None) -> int:
    return min(max(0, rating), _BEST_RATING) if rating else 0


def _to_instant(moment: datetime | None) -> datetime | None:
    """Discogs writes dates with an offset; one without is taken as UTC."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # within a day of the first or the last date there is
        return None
