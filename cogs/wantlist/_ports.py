"""What the wantlist's commands ask of the services."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from bot.errors import Answers
from services.accounts.models import DiscogsLink
from services.answers import Answer
from services.collection.errors import ReadOnlyLink
from services.collection.models import Sort
from services.collection.views import CollectionView
from services.collection.want_models import AddedWant, CleanedUp, StoredWant, WantsPage
from services.discogs.models import Release
from services.errors import NotLinked


class Wants(Protocol):
    """``WantlistService``, which says what is raised."""

    async def browse(self, user_id: int, text: str, sort: Sort, page: int, /) -> WantsPage:
        """Return one page of the person's wishes that fit a text."""

    async def find(self, user_id: int, text: str, /, limit: int = 25) -> tuple[StoredWant, ...]:
        """Return the person's own wishes that fit a text."""

    async def get(self, user_id: int, item_id: int, /) -> StoredWant | None:
        """Return one of the person's own wishes."""

    async def owned(self, user_id: int, /, limit: int) -> tuple[StoredWant, ...]:
        """Return wishes of which the person has a pressing by now."""

    async def count_owned(self, user_id: int, /) -> int:
        """Return how many those are."""

    async def add(self, user_id: int, release_id: int, /) -> AddedWant:
        """Put a release on the list."""

    async def remove(self, user_id: int, item_id: int, /) -> StoredWant:
        """Take a wish off the list."""

    async def clean_up(self, user_id: int, wants: Collection[StoredWant], /) -> CleanedUp:
        """Take wishes off the list until Discogs fails."""


class Releases(Protocol):
    """``CatalogueService``, as far as it is needed here."""

    async def find_release(self, text: str, /) -> Answer[Release] | None:
        """Return the release that a number, an address or words mean."""


class Links(Protocol):
    """``DiscogsLinks``, as far as it is needed here."""

    async def describe(self, user_id: int, /) -> DiscogsLink | None:
        """Return the person's link, or None."""


class Views(Protocol):
    """``CollectionViews``."""

    async def keep(self, user_id: int, view: CollectionView, /) -> str:
        """Store what a message shows; returns the key to find it by."""

    async def find(self, user_id: int, key: str, /) -> CollectionView | None:
        """Return what the person's message shows, or None when that is forgotten."""


class Services(Protocol):
    """What the cog takes from the bot."""

    @property
    def wantlist(self) -> Wants: ...
    @property
    def catalogue(self) -> Releases: ...
    @property
    def collection_views(self) -> Views: ...
    @property
    def discogs_links(self) -> Links: ...
    @property
    def answers(self) -> Answers: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The services that the cog works with."""

    wants: Wants
    releases: Releases
    views: Views
    links: Links

    async def link_of(self, user_id: int) -> DiscogsLink:
        """Return the person's link.

        Raises:
            NotLinked: There is none.
        """
        link = await self.links.describe(user_id)
        if link is None:
            raise NotLinked("discogs", "wantlist")
        return link

    async def writing_link_of(self, user_id: int) -> DiscogsLink:
        """Return the person's link.

        Raises:
            NotLinked: There is none.
            ReadOnlyLink: We may change nothing through it.
        """
        link = await self.link_of(user_id)
        if not link.may_write:
            raise ReadOnlyLink
        return link
