"""What is told of somebody's collection to others who are with them in a digest: no more than this.

Whoever joins a digest agrees to titles, artists and years of what they add, to the day on which
they added it, and to why something of theirs is worth playing. When they played it, ratings, notes,
folders, conditions and the name of the account have no place in these types.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from services.storage.collection_highlights import Span


class Highlight(msgspec.Struct, frozen=True, kw_only=True):
    """A record.

    Attributes:
        title: The title.
        artist: Display name; empty for unknown.
        release_id: Discogs', or None for what is only kept here.
        year: The pressing's, or None.
        added_at: UTC, or None.
    """

    title: str
    artist: str = ""
    release_id: int | None = None
    year: int | None = None
    added_at: datetime | None = None


class PickReason(StrEnum):
    """Why a record is the one to play."""

    SEASON = "season"  # a holiday record, in December
    NEVER_PLAYED = "never_played"  # its owner notes what they play, and never noted this one
    LONG_AGO = "long_ago"  # last played half a year ago or earlier
    OLD_FRIEND = "old_friend"  # bought five years ago or earlier
    CHANCE = "chance"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayPick:
    """The record to play.

    Attributes:
        record: It has a page on Discogs.
        reason: Why.
        picture: Discogs' small one, or None.
    """

    record: Highlight
    reason: PickReason
    picture: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Jubilee:
    """A record whose music may have come out a round number of years ago.

    Attributes:
        record: The record.
        music_year: When it came out; None: nobody knows for sure.
        master_id: The work to ask Discogs about, where nobody knows.
    """

    record: Highlight
    music_year: int | None
    master_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What is asked of a collection.

    Attributes:
        added: The time since the last digest.
        bought: The days of earlier years that are remembered.
        years: In which music came out that has a jubilee.
        most: Records of each kind, 1 or more.
    """

    added: Span
    bought: Sequence[Span]
    years: Collection[int]
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlights:
    """What is worth telling of a collection.

    Attributes:
        read_at: When it was last known to be what Discogs has (UTC); None: it was never read whole.
        added: The newest of those that were added, first.
        added_count: How many there are.
        bought: Records that were added on a remembered day, the latest first.
        jubilees: In no order.
        months: Year, month (UTC) and how many records were added in it; the first month first.
    """

    read_at: datetime | None
    added: tuple[Highlight, ...]
    added_count: int
    bought: tuple[Highlight, ...]
    jubilees: tuple[Jubilee, ...]
    months: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What somebody wants, and has no copy of: the newest wishes first.

    Attributes:
        records: With a page on Discogs, all of them.
        read_at: When the list was last read from end to end (UTC).
    """

    records: tuple[Highlight, ...]
    read_at: datetime
