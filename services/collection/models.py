"""A collection as the bot knows it: stored copies, what to show of them, how a sync goes."""

from datetime import datetime
from enum import StrEnum

import msgspec

from services.discogs.shelf_models import Format, LabelLine


class Sort(StrEnum):
    """The orders of ``/collection browse``; ties by artist, then title."""

    ADDED = "added"  # newest first
    ARTIST = "artist"
    TITLE = "title"
    YEAR = "year"  # oldest first, unknown last
    LABEL = "label"
    RATING = "rating"  # best first


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which copies; everything that is None or empty lets everything through.

    Attributes:
        text: Words that artist, title, label, catalogue number or notes begin with; all of them.
        artist: Part of the name, compared without case and accents.
        genre: A whole genre, compared likewise.
        style: A whole style.
        label: Part of a label's name.
        format: A format's name or one of its descriptions: ``Vinyl``, ``LP``, ``7"``.
        decade: First year: 1970 for the seventies.
        from_year: Year of the pressing, included.
        to_year: Likewise.
        folder: Part of a folder's name.
        min_rating: 1 to 5.
        added_since: Date or instant (aware).
    """

    text: str = ""
    artist: str = ""
    genre: str = ""
    style: str = ""
    label: str = ""
    format: str = ""
    decade: int | None = None
    from_year: int | None = None
    to_year: int | None = None
    folder: str = ""
    min_rating: int | None = None
    added_since: datetime | None = None


class StoredCopy(msgspec.Struct, frozen=True, kw_only=True):
    """A copy in our store.

    Attributes:
        item_id: Ours; stays the same from one sync to the next.
        instance_id: Discogs', or None for an entry that Discogs does not know yet.
        release_id: Discogs', or None likewise.
        master_id: Or None.
        title: The title.
        artist: Display name.
        year: The pressing's, or None.
        master_year: When the work first came out, where somebody has looked it up; else None.
        country: Or None.
        formats: In Discogs' order.
        labels: In Discogs' order.
        genres: Discogs' genres.
        styles: Discogs' styles.
        folder: Its name; empty where it is hidden.
        rating: 0 (none) to 5.
        notes: Name of the field and text.
        added_at: UTC, or None.
        thumb_url: Or None.
    """

    item_id: int
    instance_id: int | None
    release_id: int | None
    title: str
    artist: str
    master_id: int | None = None
    year: int | None = None
    master_year: int | None = None
    country: str | None = None
    formats: tuple[Format, ...] = ()
    labels: tuple[LabelLine, ...] = ()
    genres: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    folder: str = ""
    rating: int = 0
    notes: tuple[tuple[str, str], ...] = ()
    added_at: datetime | None = None
    thumb_url: str | None = None

    @property
    def is_local(self) -> bool:
        """True for an entry that is only kept here."""
        return self.instance_id is None


class SyncProblem(StrEnum):
    """Why the last sync did not end well."""

    PRIVATE = "private"  # the collection is, or has become, private
    NO_SUCH_USER = "no_such_user"  # renamed or deleted
    REFUSED = "refused"  # the link is no longer valid
    UNAVAILABLE = "unavailable"  # Discogs is down or rate-limited
    CHANGING = "changing"  # it kept changing while it was read
    CANCELLED = "cancelled"  # somebody stopped it


class SyncState(msgspec.Struct, frozen=True, kw_only=True):
    """How a person's collection stands.

    Attributes:
        username: Discogs'.
        copies: Stored and shown now, local entries included.
        synced_at: When it was last known to be what Discogs has (UTC); None: never read whole.
        is_partial: True while what is shown is only the part that was read so far.
        is_running: A sync is queued or under way.
        pages_done: Of the sync under way.
        pages: Of the sync under way; 0 before the first page.
        copies_done: Read by it so far.
        total: What Discogs says there are; None before the first page.
        seconds_left: Estimate; None when nobody can tell.
        problem: Of the last sync, or of the one under way while it waits to try again.
        retry_at: When that tries again (UTC), or None.
    """

    username: str
    copies: int = 0
    synced_at: datetime | None = None
    is_partial: bool = False
    is_running: bool = False
    pages_done: int = 0
    pages: int = 0
    copies_done: int = 0
    total: int | None = None
    seconds_left: float | None = None
    problem: SyncProblem | None = None
    retry_at: datetime | None = None


class CopiesPage(msgspec.Struct, frozen=True, kw_only=True):
    """What ``/collection browse`` shows.

    Attributes:
        copies: Those of this page.
        page: 1 or more; the last page when a later one was asked for.
        pages: 1 or more.
        matching: Copies that the filters let through.
        state: How the collection stands.
        is_fresh: False when its age exceeds what Discogs' terms allow, since it could not be
            checked; the message then says how old it is.
    """

    copies: tuple[StoredCopy, ...]
    page: int
    pages: int
    matching: int
    state: SyncState
    is_fresh: bool = True


class Pick(msgspec.Struct, frozen=True, kw_only=True):
    """A random copy, and why.

    Attributes:
        copy: The copy.
        matching: How many there were to pick from.
        reason: ``never_picked``, ``long_ago`` or ``chance``.
        state: How the collection stands.
        played_at: When its owner last said that they play it (UTC); None: never.
    """

    copy: StoredCopy
    matching: int
    reason: str
    state: SyncState
    played_at: datetime | None = None


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """A copy that its owner plays, since when (UTC), and how the collection stands."""

    copy: StoredCopy
    played_at: datetime
    state: SyncState


class ExportFormat(StrEnum):
    """What ``/collection export`` can write."""

    CSV = "csv"  # what Discogs' own importer takes
    JSON = "json"
    MARKDOWN = "markdown"


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """A file: its name, its content, how many copies are in it."""

    filename: str
    content: bytes
    copies: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What a person adds by hand.

    Attributes:
        artist: 1 to 200 characters.
        title: 1 to 200 characters.
        release_id: Discogs' release, where it is known; it is then added there, too.
        year: Or None.
        format: Such as ``Vinyl``; empty for unknown.
        notes: Empty for none.
    """

    artist: str
    title: str
    release_id: int | None = None
    year: int | None = None
    format: str = ""
    notes: str = ""


class AddedWhere(StrEnum):
    """What became of an entry."""

    DISCOGS = "discogs"  # added there, and stored
    LOCAL = "local"  # kept here: the account is not linked for writing, or no release is known
    LATER = "later"  # kept here, and added to Discogs once it answers (manual_entry_mode)


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """The stored entry, and where it is."""

    copy: StoredCopy
    where: AddedWhere


class Owned(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has of a release, local entries included.

    Attributes:
        copies: How many of this very release.
        others: How many of other pressings of its master.
        pressings: Some of those, the newest in the collection first; at most 3.
    """

    copies: int = 0
    others: int = 0
    pressings: tuple[StoredCopy, ...] = ()
