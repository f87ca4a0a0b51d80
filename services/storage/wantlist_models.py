"""What the tables of wantlists hold, as plain values."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict


@dataclass(frozen=True, slots=True, kw_only=True)
class WantlistRow:
    """A person's wantlist: which generation is shown, and how its sync stands.

    Attributes:
        user_id: Discord's.
        username: Discogs'.
        generation: The one that is shown; None until a walk was published.
        building: The one that a walk is writing, or None.
        last_generation: The highest that ever was.
        edits: Grows with every wish that is added or removed here.
        synced_at: When it was last read from end to end (UTC).
        is_running: A sync is queued or under way.
        problem: Value of ``SyncProblem``.
        retry_at: When it is tried again (UTC).
    """

    user_id: int
    username: str
    generation: int | None = None
    building: int | None = None
    last_generation: int = 0
    edits: int = 0
    synced_at: datetime | None = None
    is_running: bool = False
    problem: str | None = None
    retry_at: datetime | None = None


class WantlistChanges(TypedDict, total=False):
    """What ``WantlistRepository.change`` may change; see ``WantlistRow``."""

    synced_at: datetime | None
    is_running: bool
    problem: str | None
    retry_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WantRow:
    """A wish to be stored.

    Attributes:
        release_id: What is wanted; a wantlist has each release once.
        master_id: The work it is an edition of, or None.
        rating: 0 to 5.
        year: Of the pressing, or None.
        added_at: Aware, or None.
        artist: Display name.
        title: The title.
        labels: Names.
        texts: What else it is found by: catalogue numbers, notes.
        data: JSON: everything that is shown.
    """

    release_id: int
    master_id: int | None
    rating: int
    year: int | None
    added_at: datetime | None
    artist: str
    title: str
    labels: tuple[str, ...]
    texts: tuple[str, ...] = field(repr=False)
    data: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantRecord:
    """A stored wish, and what of it is in the person's collection by now.

    Attributes:
        release_id: What is wanted.
        has_copy: That very release is.
        has_other: It, or another pressing of the same work, is.
    """

    release_id: int
    has_copy: bool
    has_other: bool
    data: str = field(repr=False)
