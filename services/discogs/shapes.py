"""Parts that many of Discogs' objects share, as they arrive; and how a broken one is read.

"Nothing there" is an absent key, hardly ever null, so almost everything is optional.
"""

from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec

T = TypeVar("T")

_MOST = 2**63 - 1
Id = Annotated[int, msgspec.Meta(ge=1, le=_MOST)]
IdOrZero = Annotated[int, msgspec.Meta(ge=0, le=_MOST)]


class RawCredit(msgspec.Struct, gc=False):
    """An artist as a record credits them."""

    name: str = ""
    anv: str | None = None
    join: str | None = None


class RawLabel(msgspec.Struct, gc=False):
    """A label, and the number under which it issued the record."""

    name: str = ""
    catno: str | None = None


class RawFormat(msgspec.Struct, gc=False):
    """A carrier; ``qty`` is a text, and may be huge or ``0``."""

    name: str = ""
    qty: str | int | None = None
    descriptions: list[str] | None = None
    text: str | None = None


class RawTrack(msgspec.Struct):
    """A line of a track list: a ``track``, a ``heading``, or an ``index`` of tracks."""

    title: str = ""
    position: str | None = None
    duration: str | None = None
    type_: str = "track"
    sub_tracks: "list[RawTrack] | None" = None


class RawImage(msgspec.Struct, gc=False):
    """A picture; one of them is ``primary``."""

    type: str = ""
    uri: str | None = None


class Pagination(msgspec.Struct, gc=False):
    """Where a page stands; without it nobody knows what a list means."""

    page: Id
    pages: IdOrZero
    items: IdOrZero


def read(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Return the object in a body; where the strict decoder refuses it, what can be salvaged.

    Raises:
        msgspec.DecodeError: The body is not JSON, or lacks what the object cannot be without.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        return salvage(decoder.type, msgspec.json.decode(body))


def salvage(kind: type[T], value: object) -> T:
    """Read an object of which parts have a wrong type: those count as absent.

    Slow, and for rows that the strict decoder refused: one odd field must not cost a person the
    record that it belongs to.

    Raises:
        msgspec.ValidationError: Something that the object cannot be without is missing or wrong.
    """
    return _struct(kind, value)


def _struct(kind: type[T], value: object) -> T:
    if not isinstance(value, dict):
        raise msgspec.ValidationError("no object")
    kept = {}
    for field in msgspec.structs.fields(kind):  # type: ignore[arg-type]  # a Struct, by contract
        if field.encode_name not in value:
            if field.required:
                raise msgspec.ValidationError("a part is missing")
            continue
        try:
            kept[field.name] = _value(field.type, value[field.encode_name])
        except msgspec.ValidationError:
            if field.required:
                raise
    return kind(**kept)


def _value(kind: Any, value: object) -> object:  # noqa: ANN401  # any type that a field may have
    """Read a field; lists lose the items that cannot be read, numbers may be texts."""
    if get_origin(kind) in (Union, UnionType):
        kinds = tuple(each for each in get_args(kind) if each is not NoneType)
        if value is None and NoneType in get_args(kind):
            return None
        kind = kinds[0] if len(kinds) == 1 else Union[kinds]  # noqa: UP007  # made at run time
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(kind, value)
    if get_origin(kind) is list and isinstance(value, list):
        return _items(get_args(kind)[0], value)
    return msgspec.convert(value, kind, strict=not isinstance(value, str))


def _items(kind: Any, values: list[object]) -> list[object]:  # noqa: ANN401  # as above
    items = []
    for value in values:
        try:
            items.append(_value(kind, value))
        except msgspec.ValidationError:
            continue
    return items
