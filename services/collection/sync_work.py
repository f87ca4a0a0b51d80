"""What a sync is to the queue of jobs, and what it asks of those around it."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

import msgspec

from services.collection.walk import Walk
from services.discogs.accounts import DiscogsAccount
from services.discogs.shelf_models import CollectionPage, Folder, NoteField
from services.jobs.kinds import JobKind


class SyncWork(msgspec.Struct, frozen=True, kw_only=True):
    """The job: whose collection, and how far it is.

    Attributes:
        user_id: Discord's.
        username: Whose copies ``walk`` has read; another account is read from the beginning.
        hidden: Copies that Discogs counted and did not show, when the last sync ended well.
        walk: The full pass under way, or None.
        failing_since: When it last began to fail (UTC); None once a page was read.
    """

    user_id: int
    username: str = ""
    hidden: int = 0
    walk: Walk | None = None
    failing_since: datetime | None = None


# Each kill of the process is an attempt, and costs a page at most: many are allowed.
SYNC: Final = JobKind(name="collection.sync", payload=SyncWork, max_attempts=50)


class Shelf(Protocol):
    """What a sync reads; see ``DiscogsShelf``."""

    async def page(self, number: int, *, newest_first: bool) -> CollectionPage:
        """Return a page of 100 copies in the order in which they were added.

        Raises:
            ExternalServiceException: Discogs has no such page, refuses it, or fails.
        """

    async def folders(self) -> tuple[Folder, ...]:
        """Return the folders.

        Raises:
            ExternalServiceException: As ``page``.
        """

    async def fields(self) -> tuple[NoteField, ...]:
        """Return the fields of notes.

        Raises:
            ExternalServiceException: As ``page``.
        """


class Accounts(Protocol):
    """Who has linked what; see ``DiscogsLinks``."""

    async def account(self, user_id: int) -> DiscogsAccount | None:
        """Return the person's account, or None."""


OpenShelf = Callable[[DiscogsAccount], Shelf]
"""Returns what belongs to an account."""
