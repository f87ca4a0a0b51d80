"""What ``/account`` asks of the services."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import discord

from bot.errors import Answers
from bot.i18n import Texts
from bot.ui.buttons import Press
from bot.ui.reply import InteractionReply
from services.accounts.models import DiscogsLink, SpotifyLink
from services.collection.models import SyncState


class DiscogsAccounts(Protocol):
    """``DiscogsLinks``, which says what is raised."""

    @property
    def has_oauth(self) -> bool: ...
    async def describe(self, user_id: int, /) -> DiscogsLink | None: ...
    async def link_username(self, user_id: int, name: str, /) -> DiscogsLink: ...
    async def begin(self, user_id: int, callback: str | None, /, *, person: str) -> str: ...
    async def finish(self, user_id: int, verifier: str, /) -> DiscogsLink: ...
    async def unlink(self, user_id: int, /) -> bool: ...


class SpotifyAccounts(Protocol):
    """``SpotifyLinks``, which says what is raised."""

    @property
    def is_enabled(self) -> bool: ...
    @property
    def is_brought_back(self) -> bool: ...
    async def describe(self, user_id: int, /) -> SpotifyLink | None: ...
    async def begin(self, user_id: int, /, *, person: str, locale: str) -> str: ...
    async def finish(self, user_id: int, url_or_code: str, /) -> SpotifyLink: ...
    async def unlink(self, user_id: int, /) -> bool: ...


class Copies(Protocol):
    """``CollectionService``."""

    async def state(self, user_id: int, /) -> SyncState | None: ...


class Syncs(Protocol):
    """``CollectionSync``."""

    async def start(self, user_id: int, /) -> bool: ...


class Services(Protocol):
    """What the cog is made of."""

    @property
    def discogs_links(self) -> DiscogsAccounts: ...
    @property
    def discogs_callback(self) -> str | None: ...
    @property
    def spotify_links(self) -> SpotifyAccounts: ...
    @property
    def collection(self) -> Copies: ...
    @property
    def collection_sync(self) -> Syncs: ...
    @property
    def answers(self) -> Answers: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What every part of ``/account`` works with.

    Attributes:
        discogs: Keeps the links to Discogs.
        discogs_callback: Where Discogs sends people back to; None: they bring a code.
        spotify: Keeps the links to Spotify.
        copies: Knows how collections stand.
        syncs: Reads a collection once it is linked.
    """

    discogs: DiscogsAccounts
    discogs_callback: str | None
    spotify: SpotifyAccounts
    copies: Copies
    syncs: Syncs


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A button or a form of ours, in the hands of its owner."""

    interaction: discord.Interaction
    reply: InteractionReply
    press: Press
    texts: Texts


Handle = Callable[[Pressed], Awaitable[None]]
"""Handles a button."""

Submit = Callable[[Pressed, Mapping[str, str]], Awaitable[None]]
"""Handles a form; it is given what was typed, by the names of the fields."""


def person_of(interaction: discord.Interaction) -> str:
    """Return how Discord names somebody: pages outside of Discord ask whether that is them."""
    return f"{interaction.user.display_name} (@{interaction.user.name})"
