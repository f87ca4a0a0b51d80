"""Collections, wantlists and their owners as pure functions: answers to read. No I/O.

A page is decoded strictly, which is fast. When that fails, its rows are read one by one, and what
has a wrong type counts as absent; a row whose ids cannot be read is left out and counted.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

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
from services.discogs.shapes import (
    Id,
    IdOrZero,
    Pagination,
    RawCredit,
    RawFormat,
    RawLabel,
    salvage,
)
from services.discogs.shelf_models import (
    CollectionPage,
    CollectionValue,
    Copy,
    Folder,
    Format,
    LabelLine,
    NoteField,
    Pressing,
    Profile,
    WantlistPage,
    Wish,
)
from services.music import clean_text

_BEST_RATING: Final = 5

R = TypeVar("R")
T = TypeVar("T")


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


class _Copy(msgspec.Struct, gc=False):
    instance_id: Id
    basic_information: _Basic
    folder_id: IdOrZero | None = None
    rating: int | None = None
    date_added: datetime | None = None
    notes: list[_Note] | None = None


class _Wish(msgspec.Struct, gc=False):
    basic_information: _Basic
    rating: int | None = None
    notes: str | None = None


class _Copies(msgspec.Struct):
    pagination: Pagination
    releases: list[_Copy]


class _Wishes(msgspec.Struct):
    pagination: Pagination
    wants: list[_Wish]


class _LooseCopies(msgspec.Struct):
    pagination: Pagination
    releases: list[object]


class _LooseWishes(msgspec.Struct):
    pagination: Pagination
    wants: list[object]


class _Folder(msgspec.Struct):
    id: IdOrZero
    name: str = ""
    count: IdOrZero | None = None


class _Folders(msgspec.Struct):
    folders: list[object]


class _Field(msgspec.Struct):
    id: Id
    name: str = ""
    options: list[str] | None = None


class _Fields(msgspec.Struct):
    fields: list[object]


class _Value(msgspec.Struct):
    minimum: str
    median: str
    maximum: str


class _Profile(msgspec.Struct):
    id: Id
    username: str
    num_collection: IdOrZero | None = None


class _Added(msgspec.Struct):
    instance_id: Id


_COPIES = msgspec.json.Decoder(_Copies)
_WISHES = msgspec.json.Decoder(_Wishes)
_LOOSE_COPIES = msgspec.json.Decoder(_LooseCopies)
_LOOSE_WISHES = msgspec.json.Decoder(_LooseWishes)
_FOLDERS = msgspec.json.Decoder(_Folders)
_FIELDS = msgspec.json.Decoder(_Fields)
_VALUE = msgspec.json.Decoder(_Value)
_PROFILE = msgspec.json.Decoder(_Profile)
_ADDED = msgspec.json.Decoder(_Added)


def parse_collection_page(body: bytes) -> CollectionPage:
    """Return one page of a collection.

    Raises:
        msgspec.DecodeError: The body is not JSON, or says neither which page it is nor what is
            on it.
    """
    try:
        strict = _COPIES.decode(body)
        pagination, copies, lost = strict.pagination, tuple(map(_to_copy, strict.releases)), 0
    except msgspec.ValidationError:
        loose = _LOOSE_COPIES.decode(body)
        pagination = loose.pagination
        copies, lost = _readable(_Copy, loose.releases, _to_copy)
    return CollectionPage(
        copies=copies,
        page=pagination.page,
        pages=max(1, pagination.pages),
        total=pagination.items,
        unreadable=lost,
    )


def parse_wantlist_page(body: bytes) -> WantlistPage:
    """Return one page of a wantlist.

    Raises:
        msgspec.DecodeError: As ``parse_collection_page``.
    """
    try:
        strict = _WISHES.decode(body)
        pagination, wishes, lost = strict.pagination, tuple(map(_to_wish, strict.wants)), 0
    except msgspec.ValidationError:
        loose = _LOOSE_WISHES.decode(body)
        pagination = loose.pagination
        wishes, lost = _readable(_Wish, loose.wants, _to_wish)
    return WantlistPage(
        wishes=wishes,
        page=pagination.page,
        pages=max(1, pagination.pages),
        total=pagination.items,
        unreadable=lost,
    )


def parse_folders(body: bytes) -> tuple[Folder, ...]:
    """Return the folders, 0 included.

    Raises:
        msgspec.DecodeError: The body is not JSON, or holds no list of them.
    """
    folders, _ = _readable(_Folder, _FOLDERS.decode(body).folders, _to_folder)
    return folders


def parse_fields(body: bytes) -> tuple[NoteField, ...]:
    """Return what the owner can note about each copy.

    Raises:
        msgspec.DecodeError: The body is not JSON, or holds no list of fields.
    """
    fields, _ = _readable(_Field, _FIELDS.decode(body).fields, _to_field)
    return fields


def parse_value(body: bytes) -> CollectionValue:
    """Return Discogs' estimate.

    Raises:
        msgspec.DecodeError: The body is not JSON, or JSON of another shape.
    """
    raw = _VALUE.decode(body)
    return CollectionValue(
        minimum=clean_text(raw.minimum),
        median=clean_text(raw.median),
        maximum=clean_text(raw.maximum),
    )


def parse_profile(body: bytes) -> Profile:
    """Return a user: from a profile, or from what a token says about its owner.

    Raises:
        msgspec.DecodeError: The body is not JSON, or JSON of another shape.
    """
    raw = _PROFILE.decode(body)
    return Profile(
        discogs_id=raw.id, username=clean_text(raw.username), collection_size=raw.num_collection
    )


def parse_added(body: bytes) -> int:
    """Return the instance id of a copy that was just added.

    Raises:
        msgspec.DecodeError: The body is not JSON, or JSON of another shape.
    """
    return _ADDED.decode(body).instance_id


def _readable(
    kind: type[R], rows: list[object], build: Callable[[R], T]
) -> tuple[tuple[T, ...], int]:
    """Return what can be read of the rows, and how many cannot."""
    read = []
    for row in rows:
        try:
            read.append(build(salvage(kind, row)))
        except msgspec.ValidationError:
            continue
    return tuple(read), len(rows) - len(read)


def _to_copy(raw: _Copy) -> Copy:
    return Copy(
        instance_id=raw.instance_id,
        pressing=_to_pressing(raw.basic_information),
        folder_id=raw.folder_id or 0,
        rating=_to_rating(raw.rating),
        added_at=_to_instant(raw.date_added),
        notes=_to_notes(raw.notes) if raw.notes else (),
    )


def _to_wish(raw: _Wish) -> Wish:
    return Wish(
        pressing=_to_pressing(raw.basic_information),
        rating=_to_rating(raw.rating),
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


def _to_folder(raw: _Folder) -> Folder:
    return Folder(folder_id=raw.id, name=clean_text(raw.name), count=raw.count or 0)


def _to_field(raw: _Field) -> NoteField:
    options = tuple(clean_text(each) for each in raw.options or ())
    return NoteField(field_id=raw.id, name=clean_text(raw.name), options=options)
