"""``MusicMessages``: something of Spotify is looked up and shown, each part as soon as it is there.

The card tells what the asker owns. Of a link by name that is public on Discogs; who has proven
their account gets the answer alone, as with ``/release``. A message that others see already stays
where it is, and tells nothing of them.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from bot.i18n import Texts
from bot.ui.kept_menu import Menu
from bot.ui.music_card import music_card
from bot.ui.reply import InteractionReply
from bot.ui.stream import ProgressiveMessages
from services.catalogue.music_view import MusicView
from services.spotify.models import SpotifyKind


class Lookup(Protocol):
    """``MusicLookup``, which says what is raised."""

    def look_up(
        self, kind: SpotifyKind, query: str, user_id: int, /
    ) -> AsyncGenerator[MusicView, None]:
        """Yield what is known of what a query means."""

    def open(
        self, kind: SpotifyKind, spotify_id: str, user_id: int, /, *, page: int = 1
    ) -> AsyncGenerator[MusicView, None]:
        """Yield what is known of something."""


class Links(Protocol):
    """``DiscogsLinks``, as far as it is needed here."""

    async def is_proven(self, user_id: int, /) -> bool | None:
        """Return whether the person has shown that their account is theirs; None without one."""


class MusicMessages:
    """Answers with cards of Spotify."""

    def __init__(self, *, lookup: Lookup, links: Links, messages: ProgressiveMessages) -> None:
        """Look up with ``lookup``; ``links`` tell whose answers are private."""
        self._lookup = lookup
        self._links = links
        self._messages = messages

    async def look_up(
        self, reply: InteractionReply, kind: SpotifyKind, query: str, texts: Texts
    ) -> None:
        """Answer with what a query means.

        Raises:
            InvalidQuery: It can mean nothing.
            ExternalServiceException: Spotify cannot say, and nothing was kept.
            EditFailed: Discord refused the last edit.
        """
        shows_own = await self._acknowledge(reply)
        views = self._lookup.look_up(kind, query, reply.user_id)
        await self._show(reply, views, None, texts, shows_own=shows_own)

    async def open(
        self,
        reply: InteractionReply,
        kind: SpotifyKind,
        spotify_id: str,
        texts: Texts,
        *,
        menu: Menu | None = None,
        page: int = 1,
    ) -> None:
        """Answer with something that was picked, or with another page of it; raises likewise.

        Args:
            reply: Where.
            kind: What it is.
            spotify_id: Spotify's.
            texts: The asker's language.
            menu: The other matches, shown again.
            page: Of its tracks or releases, from 1.
        """
        shows_own = await self._acknowledge(reply)
        views = self._lookup.open(kind, spotify_id, reply.user_id, page=page)
        await self._show(reply, views, menu, texts, shows_own=shows_own)

    async def _acknowledge(self, reply: InteractionReply) -> bool:
        """Acknowledge; returns whether the answer may tell what the asker owns."""
        is_proven = await self._links.is_proven(reply.user_id)
        is_seen = reply.is_on_public_message
        if is_proven and not is_seen:
            reply.make_private()
        await reply.acknowledge()
        return is_proven is not None and not (is_proven and is_seen)

    async def _show(
        self,
        reply: InteractionReply,
        views: AsyncGenerator[MusicView, None],
        menu: Menu | None,
        texts: Texts,
        *,
        shows_own: bool,
    ) -> None:
        async def show(view: MusicView) -> None:
            shown = view if shows_own else replace(view, belongings={})
            await reply.show(music_card(shown, menu=menu, user_id=reply.user_id, texts=texts))

        last: MusicView | None = None
        async with self._messages.start(show) as message, aclosing(views):
            try:
                async for view in views:
                    last = view
                    message.update(view)
            except asyncio.CancelledError:  # the bot is closing: show what is there
                if last is not None:
                    await message.finish(last.abandoned())
                raise
            if last is not None:
                await message.finish(last)
