"""What a person can change about one of their copies, and what became of it."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from services.collection.models import StoredCopy
from services.errors import ExternalServiceException


class EditField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a copy as it is now.

    Attributes:
        field_id: Discogs'.
        name: As the owner calls it; empty when that is not known.
        text: What is in it now; empty for nothing.
        options: What may be chosen; empty for free text.
    """

    field_id: int
    name: str
    text: str = ""
    options: tuple[str, ...] = ()


class Editable(msgspec.Struct, frozen=True, kw_only=True):
    """A copy before it is changed.

    Attributes:
        copy: What it is.
        folder_id: Where it is.
        folders: Names of where it may be, by Discogs' numbers; empty for a local entry.
        fields: What may be noted about it.
        version: Tells at the answer whether all of this still is so.
    """

    copy: StoredCopy
    folder_id: int
    folders: Mapping[int, str]
    fields: tuple[EditField, ...]
    version: str


class Edits(msgspec.Struct, frozen=True, kw_only=True):
    """What is typed into a form; None, or absent from ``notes``: it was not asked for.

    Attributes:
        rating: 0 (none) to 5.
        folder_id: One of ``Editable.folders``.
        notes: Texts by field; empty to clear one.
    """

    rating: int | None = None
    folder_id: int | None = None
    notes: Mapping[int, str] = {}


class Part(StrEnum):
    """What of a copy."""

    RATING = "rating"
    NOTE = "note"
    FOLDER = "folder"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One change.

    Attributes:
        part: Of what.
        number: The rating, the field or the folder.
        name: Of the field or the folder.
        text: Of the note.
    """

    part: Part
    number: int
    name: str = ""
    text: str = ""


class Edited(msgspec.Struct, frozen=True, kw_only=True):
    """What became of some changes, one after the other.

    Attributes:
        copy: As it is now.
        done: What was changed, on Discogs and here.
        left: What was not: the first of them is the one that failed.
        failure: Why it stopped, or None when it did not.
    """

    copy: StoredCopy
    done: tuple[Step, ...] = ()
    left: tuple[Step, ...] = ()
    failure: ExternalServiceException | None = None
