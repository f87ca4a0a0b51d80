"""What the collection's commands ask of the services."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import discord

from bot.errors import Answers
from bot.i18n import Texts
from bot.ui.buttons import Press
from bot.ui.chart import Chart
from bot.ui.reply import InteractionReply
from bot.ui.sync_message import SyncMessages
from services.accounts.models import DiscogsLink
from services.answers import Answer
from services.collection.edit_models import Editable, Edited, Edits
from services.collection.memberships import IsMember, Presence
from services.collection.models import (
    Added,
    CopiesPage,
    Entry,
    Export,
    ExportFormat,
    Filters,
    Pick,
    Played,
    Sort,
    StoredCopy,
    SyncState,
)
from services.collection.shared_models import Comparison, Owners, Section
from services.collection.statistics_models import Statistics
from services.collection.values import ValueHistory
from services.collection.views import CollectionView
from services.errors import NotLinked

Handle = Callable[[discord.Interaction, Press, Texts], Awaitable[None]]
"""Handles a button or a form of its owner's."""


class Copies(Protocol):
    """``CollectionService``, which says what is raised."""

    async def browse(
        self, user_id: int, filters: Filters, /, *, sort: Sort, page: int
    ) -> CopiesPage:
        """Return one page of the copies that the filters let through."""

    async def random(self, user_id: int, filters: Filters, /) -> Pick | None:
        """Return a copy that was not shown for longest."""

    async def play(self, user_id: int, item_id: int, /) -> Played:
        """Note that the person plays one of their own copies now."""

    async def export(self, user_id: int, kind: ExportFormat, /) -> Export:
        """Return everything as a file."""

    async def add(self, user_id: int, entry: Entry, /) -> Added:
        """Add a copy."""

    async def find(self, user_id: int, text: str, /, limit: int = 25) -> tuple[StoredCopy, ...]:
        """Return the person's own copies that fit a text."""

    async def get(self, user_id: int, item_id: int, /) -> StoredCopy | None:
        """Return one of the person's own copies."""

    async def remove(self, user_id: int, item_id: int, /) -> StoredCopy:
        """Remove one of the person's own copies."""

    async def genres(self, user_id: int, prefix: str, /) -> tuple[str, ...]:
        """Return genres of the person's copies; likewise the four below."""

    async def styles(self, user_id: int, prefix: str, /) -> tuple[str, ...]:
        """Return styles."""

    async def labels(self, user_id: int, prefix: str, /) -> tuple[str, ...]:
        """Return labels."""

    async def formats(self, user_id: int, prefix: str, /) -> tuple[str, ...]:
        """Return formats."""

    async def folders(self, user_id: int, prefix: str, /) -> tuple[str, ...]:
        """Return folders."""

    async def state(self, user_id: int, /) -> SyncState | None:
        """Return how the collection stands."""


class Counts(Protocol):
    """``CollectionStatistics``, which says what is raised."""

    async def of(self, user_id: int, /) -> Statistics:
        """Return the numbers of the person's collection."""


class Values(Protocol):
    """``CollectionValues``, which says what is raised."""

    async def of(self, user_id: int, /) -> Answer[ValueHistory]:
        """Return what the person's collection is worth, and was."""


class Preference(Protocol):
    """What a person has decided."""

    @property
    def shows_value(self) -> bool:
        """Others may see what their collection is worth."""


class Preferences(Protocol):
    """``services.accounts.preferences``, as far as it is needed here."""

    async def get(self, user_id: int, /) -> Preference:
        """Return what the person has decided."""

    async def set_value_shown(self, user_id: int, on: bool, /) -> None:  # noqa: FBT001  # says itself
        """Let others see what the collection is worth, or no longer."""


class Drawings(Protocol):
    """``Pictures``."""

    async def draw(
        self, charts: Sequence[Chart], /, *, meanwhile: Callable[[], Awaitable[None]]
    ) -> tuple[bytes, ...]:
        """Return a PNG of each chart; none when that fails."""


class Syncs(Protocol):
    """``CollectionSync``, which says what is raised."""

    async def start(self, user_id: int, /, *, full: bool = False) -> bool:
        """Have the collection read; False when that is under way."""

    def watch(self, user_id: int, /) -> AsyncIterator[SyncState]:
        """Yield how the collection stands, until no sync is under way."""

    async def cancel(self, user_id: int, /) -> bool:
        """Stop the sync; False when none is under way."""


class Edit(Protocol):
    """``CollectionEditing``, which says what is raised."""

    async def editable(self, user_id: int, item_id: int, /) -> Editable:
        """Return one of the person's own copies as it can be changed."""

    async def edit(self, user_id: int, item_id: int, version: str, edits: Edits, /) -> Edited:
        """Change what differs."""


class SharedRecords(Protocol):
    """``SharedRecords``, which says what is raised."""

    async def who(self, asker_id: int, query: str, place: int, is_member: IsMember, /) -> Owners:
        """Return who in a server owns what the query names, of those who share."""

    async def compare(
        self,
        asker_id: int,
        other_id: int,
        place: int,
        presence: Presence,
        /,
        *,
        section: Section = Section.BOTH,
        page: int = 1,
    ) -> Comparison | None:
        """Return a comparison; None when there is nothing that the asker may see."""

    async def shares(self, user_id: int, /) -> bool:
        """Return whether a person shares their records."""


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
    def collection(self) -> Copies: ...
    @property
    def collection_statistics(self) -> Counts: ...
    @property
    def collection_sync(self) -> Syncs: ...
    @property
    def collection_views(self) -> Views: ...
    @property
    def collection_editing(self) -> Edit: ...
    @property
    def shared_records(self) -> SharedRecords: ...
    @property
    def discogs_links(self) -> Links: ...
    @property
    def sync_messages(self) -> SyncMessages: ...
    @property
    def collection_values(self) -> Values: ...
    @property
    def preferences(self) -> Preferences: ...
    @property
    def pictures(self) -> Drawings: ...
    @property
    def answers(self) -> Answers: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The services that every part of the cog works with."""

    copies: Copies
    syncs: Syncs
    views: Views
    shared: SharedRecords
    links: Links
    editing: Edit
    sync_messages: SyncMessages
    statistics: Counts
    values: Values
    preferences: Preferences
    pictures: Drawings

    async def acknowledge(self, reply: InteractionReply) -> DiscogsLink:
        """Say that an answer comes, and to whom; returns the person's link.

        Raises:
            NotLinked: There is nothing to show.
        """
        link = await self.link_of(reply.user_id)
        if link.is_proven:
            reply.make_private()
        await reply.acknowledge()
        return link

    async def link_of(self, user_id: int) -> DiscogsLink:
        """Return the person's link.

        Raises:
            NotLinked: There is none.
        """
        link = await self.links.describe(user_id)
        if link is None:
            raise NotLinked("discogs", "collection")
        return link
