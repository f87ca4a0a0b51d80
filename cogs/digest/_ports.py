"""What the commands for digests ask of the services."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import discord
from discord import ui

from bot.errors import Answers
from bot.i18n import Texts
from bot.ui.buttons import Press
from services.accounts.models import DiscogsLink
from services.digests.models import Changes, NewSchedule, Schedule, Slot

Handle = Callable[[discord.Interaction, Press, Texts], Awaitable[None]]
"""Handles a button, a menu or a form of its owner's."""


class Schedules(Protocol):
    """``DigestSchedules``, which says what is raised."""

    async def create(self, wish: NewSchedule, /) -> Schedule:
        """Begin a digest."""

    async def list(self, guild_id: int, /) -> tuple[Schedule, ...]:
        """Return the server's digests, oldest first."""

    async def get(self, guild_id: int, digest_id: int, /) -> Schedule | None:
        """Return a digest of the server."""

    async def edit(self, guild_id: int, digest_id: int, changes: Changes, /) -> Schedule:
        """Change a digest."""

    async def pause(self, guild_id: int, digest_id: int, /) -> Schedule:
        """Post nothing until ``resume``."""

    async def resume(self, guild_id: int, digest_id: int, /) -> Schedule:
        """Post again, from the next slot on."""

    async def delete(self, guild_id: int, digest_id: int, /) -> None:
        """End a digest."""


class Members(Protocol):
    """``DigestMembers``, which says what is raised."""

    async def join(self, digest_id: int, guild_id: int, user_id: int, /) -> bool:
        """Tell of this person's collection; False when that was so already."""

    async def leave(self, digest_id: int, guild_id: int, user_id: int, /) -> bool:
        """Tell nothing of this person any more; False when nothing was told."""

    async def of(self, digest_id: int, /) -> tuple[int, ...]:
        """Return whose collections the digest tells of."""

    async def joined_by(self, guild_id: int, user_id: int, /) -> tuple[int, ...]:
        """Return the digests of the server that this person joined."""


class Posting(Protocol):
    """``DigestPosting``, which says what is raised."""

    async def post_now(self, guild_id: int, digest_id: int, /) -> Slot:
        """Have a digest posted in a moment; asking twice within a minute posts once."""


class Previews(Protocol):
    """``DigestPreviews``, which says what is raised."""

    async def view(self, schedule: Schedule, /) -> ui.LayoutView | None:
        """Return what would be posted now; None for nothing."""

    def was_posted_today(self, schedule: Schedule, /) -> bool:
        """Return whether one went out today."""

    def was_posted_just_now(self, schedule: Schedule, /) -> bool:
        """Return whether one went out less than a minute ago."""


class Links(Protocol):
    """``DiscogsLinks``, as far as it is needed here."""

    async def describe(self, user_id: int, /) -> DiscogsLink | None:
        """Return the person's link, or None."""


class Services(Protocol):
    """What the cog takes from the bot."""

    @property
    def digest_schedules(self) -> Schedules: ...
    @property
    def digest_members(self) -> Members: ...
    @property
    def digest_posting(self) -> Posting: ...
    @property
    def digest_preview(self) -> Previews: ...
    @property
    def discogs_links(self) -> Links: ...
    @property
    def answers(self) -> Answers: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The services that the cog works with."""

    schedules: Schedules
    members: Members
    posting: Posting
    previews: Previews
    links: Links
