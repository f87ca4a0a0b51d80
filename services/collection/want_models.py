"""A wantlist as the bot knows it: stored wishes, what of them is owned by now, how a sync goes."""

from datetime import datetime
from enum import IntEnum

import msgspec

from services.collection.models import SyncProblem
from services.discogs.shelf_models import Format, LabelLine
from services.errors import ExternalServiceException
from services.storage.wantlist_reader import Held

Wanted = Held
"""What of some releases and works is wanted."""


class Possession(IntEnum):
    """Whether the person has what they want by now."""

    NONE = 0
    OTHER_PRESSING = 1  # of the same work
    SAME = 2


class StoredWant(msgspec.Struct, frozen=True, kw_only=True):
    """A wish in our store; its number is that of its release.

    Attributes:
        release_id: What is wanted.
        title: The title.
        artist: Display name.
        master_id: Or None.
        year: The pressing's, or None.
        country: Or None.
        formats: In Discogs' order.
        labels: In Discogs' order.
        genres: Discogs' genres.
        rating: 0 (none) to 5.
        notes: Empty for none.
        added_at: UTC, or None.
        thumb_url: Or None.
        possession: What of it is in the person's collection.
    """

    release_id: int
    title: str
    artist: str
    master_id: int | None = None
    year: int | None = None
    country: str | None = None
    formats: tuple[Format, ...] = ()
    labels: tuple[LabelLine, ...] = ()
    genres: tuple[str, ...] = ()
    rating: int = 0
    notes: str = ""
    added_at: datetime | None = None
    thumb_url: str | None = None
    possession: Possession = Possession.NONE

    @property
    def is_local(self) -> bool:
        """False: Discogs has every wish."""
        return False


class WantlistState(msgspec.Struct, frozen=True, kw_only=True):
    """How a person's wantlist stands.

    Attributes:
        username: Discogs'.
        synced_at: When it was last read from end to end (UTC); None: never.
        is_partial: What is shown is only the part that was read so far.
        is_running: A sync is queued or under way.
        problem: Of the last sync, or of the one under way while it waits to try again.
        retry_at: When that tries again (UTC), or None.
    """

    username: str
    synced_at: datetime | None = None
    is_partial: bool = False
    is_running: bool = False
    problem: SyncProblem | None = None
    retry_at: datetime | None = None


class WantsPage(msgspec.Struct, frozen=True, kw_only=True):
    """What ``/wantlist browse`` shows.

    Attributes:
        wants: Those of this page.
        page: 1 or more; the last page when a later one was asked for.
        pages: 1 or more.
        matching: Wishes that fit the text.
        owned: Wishes, whatever the text, of which the person has a pressing by now.
        may_write: The person lets us change the list.
        state: How the wantlist stands.
        is_fresh: False when it is older than Discogs' terms allow, and could not be read anew.
    """

    wants: tuple[StoredWant, ...]
    page: int
    pages: int
    matching: int
    owned: int
    may_write: bool
    state: WantlistState
    is_fresh: bool = True


class AddedWant(msgspec.Struct, frozen=True, kw_only=True):
    """What was put on the list.

    Attributes:
        want: The wish; None when Discogs took it without showing it, and the next sync brings it.
        was_there: It was on the list already, as far as we know.
    """

    want: StoredWant | None
    was_there: bool


class CleanedUp(msgspec.Struct, frozen=True, kw_only=True):
    """What became of removing some wishes, one after the other.

    Attributes:
        removed: Taken off the list, on Discogs and here.
        left: Still on it: the first of them is the one that failed.
        failure: Why it stopped, or None when it did not.
    """

    removed: tuple[StoredWant, ...]
    left: tuple[StoredWant, ...] = ()
    failure: ExternalServiceException | None = None
