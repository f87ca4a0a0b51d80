"""What posting digests needs of others: who writes, who tells people, who looks at channels."""

from datetime import datetime
from typing import Protocol, TypeVar

import msgspec

from services.digests.models import PauseReason, Place, Schedule, Slot

C = TypeVar("C", bound=msgspec.Struct)


class Composer(Protocol[C]):
    """Writes digests."""

    async def compose(
        self, schedule: Schedule, *, since: datetime | None, now: datetime
    ) -> C | None:
        """Return what the digest says; never raises for an upstream.

        May wait for upstreams within the hour before a slot; whoever is in a hurry limits it.

        Args:
            schedule: Which digest.
            since: Up to when the last one told what is new (UTC); None: this is the first.
            now: Up to when this one tells it (UTC).

        Returns:
            None when nothing is new and the digest is then skipped.

        Raises:
            DatabaseUnavailable: Of the storage.
        """

    async def posted(self, schedule: Schedule, slot: Slot, place: Place, content: C) -> None:
        """Hear that ``content`` stands in a channel, to mend its text there later.

        Called at least once for every post: after a crash, once more.

        Raises:
            DatabaseUnavailable: Of the storage; it is called again.
        """


class Announcer(Protocol):
    """Tells the creator of a digest what became of it. At least once, after a crash once more."""

    async def paused(self, schedule: Schedule, reason: PauseReason) -> None:
        """Tell that the digest is paused, and why.

        Raises:
            DiscordUnavailable: Not now; it is called again.
            Refused: They take no messages; that is all there is to do.
        """

    async def uncertain(self, schedule: Schedule, slot: Slot) -> None:
        """Tell that nobody knows whether the slot was posted, and that it will not be repeated.

        Raises:
            DiscordUnavailable: Not now; it is called again.
            Refused: They take no messages; that is all there is to do.
        """


class PostedMessages(Protocol):
    """Looks for posts of ours in a channel."""

    async def find(self, channel_id: int, mark: str, after: datetime) -> int | None:
        """Return the id of our message that carries ``mark``, or None: there surely is none.

        Args:
            channel_id: Where.
            mark: Of its slot.
            after: It is not older than this (UTC).

        Raises:
            DiscordUnavailable: Not now.
            Refused: The channel is gone, or its history may not, or not far enough, be read.
        """
