"""What the tables of collections hold, as plain values."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, TypedDict


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRow:
    """A person's collection: which generation is shown, and how its sync stands.

    Attributes:
        user_id: Discord's.
        username: Discogs'.
        generation: The one that is shown; None until a walk was published.
        building: The one that a walk is writing, or None.
        last_generation: The highest that ever was.
        synced_at: When it was last known to be what Discogs has (UTC).
        full_at: When it was last read from end to end (UTC).
        is_running: A sync is queued or under way.
        is_cancelled: Somebody asked it to stop.
        pages_done: Of the walk under way.
        pages: Likewise.
        copies_done: Likewise.
        total: What Discogs says there are.
        seconds_left: Estimate.
        problem: Value of ``SyncProblem``.
        retry_at: When it is tried again (UTC).
    """

    user_id: int
    username: str
    generation: int | None = None
    building: int | None = None
    last_generation: int = 0
    synced_at: datetime | None = None
    full_at: datetime | None = None
    is_running: bool = False
    is_cancelled: bool = False
    pages_done: int = 0
    pages: int = 0
    copies_done: int = 0
    total: int | None = None
    seconds_left: float | None = None
    problem: str | None = None
    retry_at: datetime | None = None


class SyncChanges(TypedDict, total=False):
    """What ``CollectionRepository.change`` may change; see ``CollectionRow``."""

    username: str
    synced_at: datetime | None
    full_at: datetime | None
    is_running: bool
    is_cancelled: bool
    pages_done: int
    pages: int
    copies_done: int
    total: int | None
    seconds_left: float | None
    problem: str | None
    retry_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """A copy to be stored.

    Attributes:
        instance_id: Discogs', or None for a local entry.
        release_id: Or None.
        master_id: Or None.
        folder_id: 0 where folders are hidden.
        rating: 0 to 5.
        year: Of the pressing, or None.
        added_at: Aware, or None.
        artist: Display name.
        title: The title.
        genres: Names.
        styles: Names.
        labels: Names.
        formats: Names and descriptions.
        texts: What else full-text search finds it by: catalogue numbers, notes.
        data: JSON: everything that is shown.
        format_names: Names of formats alone.
        country: Empty for unknown.
    """

    instance_id: int | None
    release_id: int | None
    master_id: int | None
    folder_id: int
    rating: int
    year: int | None
    added_at: datetime | None
    artist: str
    title: str
    genres: tuple[str, ...]
    styles: tuple[str, ...]
    labels: tuple[str, ...]
    formats: tuple[str, ...]
    texts: tuple[str, ...] = field(repr=False)
    data: str = field(repr=False)
    format_names: tuple[str, ...]
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRecord:
    """A stored copy; see ``ItemRow``.

    Attributes:
        item_id: Ours; the same in every generation.
    """

    item_id: int
    instance_id: int | None
    release_id: int | None
    folder_id: int
    rating: int
    added_at: datetime | None
    data: str = field(repr=False)


class ItemOrder(StrEnum):
    """The orders; ties by artist, then title, then number."""

    ADDED = "added"  # newest first, unknown last
    ARTIST = "artist"
    TITLE = "title"
    YEAR = "year"  # oldest first, unknown last
    LABEL = "label"  # none last
    RATING = "rating"  # best first


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemQuery:
    """Which copies; None and empty let everything through. Case and accents do not matter.

    Attributes:
        text: The copy has words that begin with these; all of them.
        artist: Part of the artist.
        genre: A whole genre.
        style: A whole style.
        label: Part of a label.
        format: A whole name or description of a format.
        from_year: Included.
        to_year: Included.
        folder: Part of a folder's name.
        min_rating: Included.
        added_since: Included (aware).
    """

    text: str = ""
    artist: str = ""
    genre: str = ""
    style: str = ""
    label: str = ""
    format: str = ""
    from_year: int | None = None
    to_year: int | None = None
    folder: str = ""
    min_rating: int | None = None
    added_since: datetime | None = None


EVERYTHING: Final = ItemQuery()
"""Every copy."""


class NameKind(StrEnum):
    """What a person has named."""

    FOLDER = "folder"
    FIELD = "field"


class NameList(StrEnum):
    """The lists that can be completed; each is a column."""

    GENRES = "genres"
    STYLES = "styles"
    LABELS = "labels"
    FORMATS = "formats"
