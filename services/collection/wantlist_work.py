"""What the sync of a wantlist is to the queue of jobs, and what it asks of Discogs."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

import msgspec

from services.collection.walk import Walk
from services.discogs.accounts import DiscogsAccount
from services.discogs.shelf_models import WantlistPage
from services.jobs.kinds import JobKind
from services.storage.job_models import Priority


class WantlistWork(msgspec.Struct, frozen=True, kw_only=True):
    """The job: whose wantlist, and how far it is.

    Attributes:
        user_id: Discord's.
        username: Whose wishes ``walk`` has read; another account is read from the beginning.
        walk: The pass under way, or None.
        failing_since: When it last began to fail (UTC); None once a page was read.
    """

    user_id: int
    username: str = ""
    walk: Walk | None = None
    failing_since: datetime | None = None


# Each kill of the process is an attempt, and costs a page at most: many are allowed.
WANTLIST_SYNC: Final = JobKind(
    name="wantlist.sync", payload=WantlistWork, max_attempts=50, priority=Priority.BACKGROUND
)


class Wishes(Protocol):
    """What a sync reads; see ``DiscogsShelf``."""

    async def wants(self, number: int) -> WantlistPage:
        """Return a page of 100 wishes.

        Raises:
            ExternalServiceException: Discogs has no such page, refuses it, or fails.
        """


OpenWishes = Callable[[DiscogsAccount], Wishes]
"""Returns what belongs to an account."""
