"""Between what Discogs tells, what is stored, and what is shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypedDict

import msgspec

from services.collection.edit_models import Part, Step
from services.collection.models import Entry, Filters, StoredCopy, SyncProblem, SyncState
from services.discogs.shelf_models import Copy, Format, LabelLine
from services.storage.collection_models import CollectionRow, ItemQuery, ItemRecord, ItemRow

UNCATEGORIZED: Final = 1
"""The folder in which Discogs puts what is added without saying where."""
NOTES_FIELD: Final = 3
"""The field that Discogs calls "Notes", unless its owner changed it."""

FIELD_NAMES: Final = {1: "Media Condition", 2: "Sleeve Condition", NOTES_FIELD: "Notes"}
"""What Discogs calls the fields that everybody has at first."""
_DECADE: Final = 10
_LAST_YEAR: Final = 9_999
_BEST_RATING: Final = 5


class _Data(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is shown; stored as JSON, so that a new field needs a default."""

    title: str
    artist: str
    master_id: int | None = None
    year: int | None = None
    country: str | None = None
    formats: tuple[Format, ...] = ()
    labels: tuple[LabelLine, ...] = ()
    genres: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    notes: tuple[tuple[int, str], ...] = ()
    thumb_url: str | None = None


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(_Data)


@dataclass(frozen=True, slots=True)
class Names:
    """What a person calls folders and note fields, by Discogs' numbers."""

    folders: Mapping[int, str]
    fields: Mapping[int, str]


NO_NAMES: Final = Names(folders={}, fields={})


def row_of(copy: Copy) -> ItemRow:
    """Return a copy as it is stored."""
    pressing = copy.pressing
    data = _Data(
        title=pressing.title,
        artist=pressing.artist,
        master_id=pressing.master_id,
        year=pressing.year,
        country=pressing.country,
        formats=pressing.formats,
        labels=pressing.labels,
        genres=pressing.genres,
        styles=pressing.styles,
        notes=copy.notes,
        thumb_url=pressing.thumb_url,
    )
    return ItemRow(
        instance_id=copy.instance_id,
        release_id=pressing.release_id,
        folder_id=copy.folder_id,
        rating=copy.rating,
        added_at=copy.added_at,
        **_searched(data),
    )


def entry_row(entry: Entry, now: datetime) -> ItemRow:
    """Return a local entry as it is stored.

    Args:
        entry: What the person typed.
        now: When (aware).
    """
    data = _Data(
        title=entry.title,
        artist=entry.artist,
        year=entry.year,
        formats=(Format(name=entry.format),) if entry.format else (),
        notes=((NOTES_FIELD, entry.notes),) if entry.notes else (),
    )
    return ItemRow(
        instance_id=None,
        release_id=entry.release_id,
        folder_id=UNCATEGORIZED,
        rating=0,
        added_at=now,
        **_searched(data),
    )


def notes_of(record: ItemRecord) -> dict[int, str]:
    """Return the notes of a stored copy by field."""
    return dict(_DECODER.decode(record.data).notes)


def changed_row(record: ItemRecord, step: Step) -> ItemRow:
    """Return a stored copy after one change."""
    data, rating, folder_id = _DECODER.decode(record.data), record.rating, record.folder_id
    if step.part is Part.RATING:
        rating = step.number
    elif step.part is Part.FOLDER:
        folder_id = step.number
    else:
        notes = dict(data.notes) | {step.number: step.text}
        kept = tuple((field, text) for field, text in sorted(notes.items()) if text)
        data = msgspec.structs.replace(data, notes=kept)
    return ItemRow(
        instance_id=record.instance_id,
        release_id=record.release_id,
        folder_id=folder_id,
        rating=rating,
        added_at=record.added_at,
        **_searched(data),
    )


def copy_of(record: ItemRecord, names: Names) -> StoredCopy:
    """Return a stored copy as it is shown."""
    data = _DECODER.decode(record.data)
    return StoredCopy(
        item_id=record.item_id,
        instance_id=record.instance_id,
        release_id=record.release_id,
        title=data.title,
        artist=data.artist,
        master_id=data.master_id,
        year=data.year,
        country=data.country,
        formats=data.formats,
        labels=data.labels,
        genres=data.genres,
        styles=data.styles,
        folder=names.folders.get(record.folder_id, ""),
        rating=record.rating,
        notes=tuple((_field_name(number, names), text) for number, text in data.notes),
        added_at=record.added_at,
        thumb_url=data.thumb_url,
    )


def query_of(filters: Filters) -> ItemQuery:
    """Return what the database is asked for."""
    from_years = [filters.from_year, filters.decade]
    to_years = [filters.to_year]
    if filters.decade is not None:
        to_years.append(filters.decade + _DECADE - 1)
    return ItemQuery(
        text=filters.text,
        artist=filters.artist,
        genre=filters.genre,
        style=filters.style,
        label=filters.label,
        format=filters.format,
        from_year=_within(max(_known(from_years), default=None), _LAST_YEAR),
        to_year=_within(min(_known(to_years), default=None), _LAST_YEAR),
        folder=filters.folder,
        min_rating=_within(filters.min_rating, _BEST_RATING),
        added_since=filters.added_since,
    )


def state_of(row: CollectionRow, copies: int) -> SyncState:
    """Return how a collection stands; ``copies`` are shown now."""
    return SyncState(
        username=row.username,
        copies=copies,
        synced_at=row.synced_at,
        is_partial=row.generation is None and row.building is not None,
        is_running=row.is_running,
        pages_done=row.pages_done,
        pages=row.pages,
        copies_done=row.copies_done,
        total=row.total,
        seconds_left=row.seconds_left,
        problem=None if row.problem is None else SyncProblem(row.problem),
        retry_at=row.retry_at,
    )


class _Searched(TypedDict):
    master_id: int | None
    year: int | None
    artist: str
    title: str
    genres: tuple[str, ...]
    styles: tuple[str, ...]
    labels: tuple[str, ...]
    formats: tuple[str, ...]
    texts: tuple[str, ...]
    data: str
    format_names: tuple[str, ...]
    country: str


def _searched(data: _Data) -> _Searched:
    catnos = [line.catno for line in data.labels if line.catno]
    # ``BLP 1595`` is also found as ``BLP1595``.
    joined = ["".join(character for character in catno if character.isalnum()) for catno in catnos]
    formats = [name for each in data.formats for name in (each.name, *each.descriptions)]
    return _Searched(
        master_id=data.master_id,
        year=data.year,
        artist=data.artist,
        title=data.title,
        genres=data.genres,
        styles=data.styles,
        labels=tuple(line.name for line in data.labels),
        formats=tuple(dict.fromkeys(formats)),
        texts=(*catnos, *joined, *(text for _, text in data.notes)),
        data=_ENCODER.encode(data).decode(),
        format_names=tuple(dict.fromkeys(each.name for each in data.formats)),
        country=data.country or "",
    )


def _field_name(number: int, names: Names) -> str:
    return names.fields.get(number) or FIELD_NAMES.get(number, "")


def _known(years: Iterable[int | None]) -> list[int]:
    return [year for year in years if year is not None]


def _within(number: int | None, most: int) -> int | None:
    """Keep what somebody typed within what a column can be compared with."""
    return None if number is None else min(max(number, 0), most)
