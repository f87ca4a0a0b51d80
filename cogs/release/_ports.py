"""What ``/release`` asks of the services."""

from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass
from typing import Protocol

from bot.errors import Answers
from bot.ui.choices import Suggesting
from bot.ui.stream import ProgressiveMessages
from services.accounts.models import DiscogsLink
from services.catalogue.release_view import Asker, ReleaseView
from services.collection.models import Added, Entry, Owned
from services.discogs.models import Release
from services.errors import NotLinked


class Lookup(Protocol):
    """``ReleaseLookup``, which says what is raised."""

    def look_up(self, query: str, asker: Asker, /) -> AsyncGenerator[ReleaseView, None]:
        """Yield what is known of the release that a query means."""

    def open(self, release_id: int, asker: Asker, /) -> AsyncGenerator[ReleaseView, None]:
        """Yield what is known of a release."""

    async def get(self, release_id: int, /) -> Release:
        """Return a release alone."""


class Copies(Protocol):
    """``CollectionService``, as far as it is needed here."""

    async def holds(self, user_id: int, release_id: int, master_id: int | None, /) -> Owned:
        """Return what the person has of a release."""

    async def add(self, user_id: int, entry: Entry, /) -> Added:
        """Add a copy."""


class Wanted(Protocol):
    """What of the releases and masters that were asked about is wanted."""

    @property
    def release_ids(self) -> Collection[int]: ...
    @property
    def master_ids(self) -> Collection[int]: ...


class Wished(Protocol):
    """What became of a wish: ``was_there`` when it was on the list already."""

    @property
    def was_there(self) -> bool: ...


class Wishes(Protocol):
    """``WantlistService``, as far as it is needed here."""

    async def holds(
        self, user_id: int, release_ids: Collection[int], master_ids: Collection[int], /
    ) -> Wanted:
        """Return what of these the person wants; Discogs is not asked."""

    async def add(self, user_id: int, release_id: int, /) -> Wished:
        """Put a release on the wantlist; twice is no error."""


class Links(Protocol):
    """``DiscogsLinks``, as far as it is needed here."""

    async def describe(self, user_id: int, /) -> DiscogsLink | None:
        """Return the person's link, or None."""


class Services(Protocol):
    """What the cog takes from the bot."""

    @property
    def releases(self) -> Lookup: ...
    @property
    def suggestions(self) -> Suggesting: ...
    @property
    def collection(self) -> Copies: ...
    @property
    def wantlist(self) -> Wishes: ...
    @property
    def discogs_links(self) -> Links: ...
    @property
    def messages(self) -> ProgressiveMessages: ...
    @property
    def answers(self) -> Answers: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The services that the cog's parts work with."""

    lookup: Lookup
    copies: Copies
    wishes: Wishes
    links: Links
    messages: ProgressiveMessages

    async def writable_link(self, user_id: int) -> DiscogsLink | None:
        """Return the person's link if the bot may change things there; None if it may only read.

        Raises:
            NotLinked: There is none.
        """
        link = await self.links.describe(user_id)
        if link is None:
            raise NotLinked("discogs", "add_copy")
        return link if link.may_write else None
