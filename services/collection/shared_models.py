"""What people see of each other's records: only what these types can hold."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from services.discogs.shelf_models import Format, LabelLine


class SharedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record that somebody owns. Notes, rating, folder and dates have no place in it.

    Attributes:
        release_id: Discogs', or None.
        title: The title.
        artist: Display name.
        year: The pressing's, or None.
        formats: In Discogs' order.
        labels: In Discogs' order.
    """

    release_id: int | None
    title: str
    artist: str
    year: int | None = None
    formats: tuple[Format, ...] = ()
    labels: tuple[LabelLine, ...] = ()


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who owns it.

    Attributes:
        user_id: Discord's.
        copies: How many copies fit.
        records: The first different ones, at most three, this very pressing before others.
        has_more: Others of theirs fit as well.
        has_this_pressing: Owns the pressing that was named by its number.
    """

    user_id: int
    copies: int
    records: tuple[SharedRecord, ...]
    has_more: bool = False
    has_this_pressing: bool = False


class Owners(msgspec.Struct, frozen=True, kw_only=True):
    """Who owns it here.

    Attributes:
        people: Who has this very pressing comes first, then who has most.
        is_complete: False when there may be more: too many have it, or Discord did not tell in time
            who is here.
        read_at: The oldest of their collections was read then (UTC); None: never whole.
        release_id: The pressing that was asked for, or None.
    """

    people: tuple[Owner, ...]
    is_complete: bool = True
    read_at: datetime | None = None
    release_id: int | None = None


class Section(StrEnum):
    """What can be looked at of a comparison."""

    BOTH = "both"  # the same pressing
    OTHER = "other"  # the same work, in different pressings
    MINE = "mine"  # only the asker's
    THEIRS = "theirs"  # only the other's


class GenreShare(msgspec.Struct, frozen=True, kw_only=True):
    """A genre, and which part of each collection it is (0 to 1)."""

    name: str
    mine: float
    theirs: float


class Taste(msgspec.Struct, frozen=True, kw_only=True):
    """How alike two collections are by genre.

    Attributes:
        overlap: 0 to 1: the sum, over all genres, of the smaller of both shares.
        genres: Those that add most to it, at most three.
    """

    overlap: float
    genres: tuple[GenreShare, ...]


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One row: what the asker has of it, and what the other has."""

    mine: SharedRecord | None = None
    theirs: SharedRecord | None = None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two collectors.

    Attributes:
        asker_id: Who asked.
        other_id: With whom they are compared.
        counts: Of all sections: pressings for ``BOTH``, works for the others.
        taste: None when one of them has no genres.
        section: The one that is shown.
        page: 1 or more.
        pages: 1 or more.
        rows: Of this page, by artist and title.
        asker_shares: The asker's records may be seen by others, too.
        read_at: The older of both collections was read then (UTC); None: never whole.
    """

    asker_id: int
    other_id: int
    counts: Mapping[Section, int]
    taste: Taste | None
    section: Section
    page: int
    pages: int
    rows: tuple[Pair, ...]
    asker_shares: bool
    read_at: datetime | None = None
