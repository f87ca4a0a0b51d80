"""Collections, wantlists and their owners as pure functions: answers to read. No I/O.

A page is decoded strictly, which is fast. When that fails, its rows are read one by one, and what
has a wrong type counts as absent; a row whose ids cannot be read is left out and counted.
"""

import re
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from services.discogs.shapes import Id, IdOrZero, Pagination, salvage
from services.discogs.shelf_models import (
    CollectionPage,
    CollectionValue,
    Folder,
    NoteField,
    Profile,
    WantlistPage,
    Wish,
)
from services.discogs.shelf_rows import RawCopy, RawWish, to_copy, to_wish
from services.music import clean_text

R = TypeVar("R")
T = TypeVar("T")

_CURRENCY: Final = re.compile("[A-Z]{3}")


class _Copies(msgspec.Struct):
    pagination: Pagination
    releases: list[RawCopy]


class _Wishes(msgspec.Struct):
    pagination: Pagination
    wants: list[RawWish]


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
    curr_abbr: str | None = None


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
        pagination, copies, lost = strict.pagination, tuple(map(to_copy, strict.releases)), 0
    except msgspec.ValidationError:
        loose = _LOOSE_COPIES.decode(body)
        pagination = loose.pagination
        copies, lost = _readable(RawCopy, loose.releases, to_copy)
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
        pagination, wishes, lost = strict.pagination, tuple(map(to_wish, strict.wants)), 0
    except msgspec.ValidationError:
        loose = _LOOSE_WISHES.decode(body)
        pagination = loose.pagination
        wishes, lost = _readable(RawWish, loose.wants, to_wish)
    return WantlistPage(
        wishes=wishes,
        page=pagination.page,
        pages=max(1, pagination.pages),
        total=pagination.items,
        unreadable=lost,
    )


def parse_wish(body: bytes) -> Wish | None:
    """Return the wish that Discogs answers when it has put one on the list.

    None when it cannot be read: the status has said what matters.
    """
    try:
        return to_wish(salvage(RawWish, msgspec.json.decode(body)))
    except msgspec.MsgspecError:
        return None


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
    currency = raw.curr_abbr
    return Profile(
        discogs_id=raw.id,
        username=clean_text(raw.username),
        collection_size=raw.num_collection,
        currency=currency if currency and _CURRENCY.fullmatch(currency) else None,
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


def _to_folder(raw: _Folder) -> Folder:
    return Folder(folder_id=raw.id, name=clean_text(raw.name), count=raw.count or 0)


def _to_field(raw: _Field) -> NoteField:
    options = tuple(clean_text(each) for each in raw.options or ())
    return NoteField(field_id=raw.id, name=clean_text(raw.name), options=options)
