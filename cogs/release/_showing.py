"""Showing a release: its facts first, then what it costs and the other pressings."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import own_id
from bot.ui.kept_menu import kept_menu
from bot.ui.release_card import Badges, Menu, nothing_card, release_card
from bot.ui.release_menus import OTHERS, PICK_PREFIX, menus_of, others_menu, pressings_menu
from bot.ui.reply import InteractionReply
from cogs.release._ports import Parts
from services.catalogue.release_view import Asker, ReleaseView
from services.collection.models import Owned
from services.discogs.models import Release

_NO_BADGES: Final = Badges(owned=Owned())


@dataclass(frozen=True, slots=True)
class _State:
    """What the message shows."""

    view: ReleaseView
    badges: Badges


class Showing:
    """Answers ``/release`` and its menus.

    The badges tell what the asker owns. Of a link by name that is public on Discogs; who has proven
    their account gets the answer alone, as in ``/collection``.
    """

    def __init__(self, parts: Parts) -> None:
        """Show with ``parts``."""
        self._parts = parts

    async def look_up(
        self, reply: InteractionReply, query: str, currency: str, texts: Texts
    ) -> None:
        """Answer with the release that a query means.

        Raises:
            InvalidQuery: It can mean nothing.
            ExternalServiceException: Discogs cannot say, and nothing was kept.
        """
        await self._acknowledge(reply)
        asker = Asker(user_id=reply.user_id, currency=currency)
        await self._show(reply, self._parts.lookup.look_up(query, asker), None, texts)

    async def pick(
        self,
        reply: InteractionReply,
        message: discord.Message | None,
        release_id: int,
        currency: str,
        texts: Texts,
    ) -> None:
        """Show another release in the same message, with the same other matches.

        Raises:
            ExternalServiceException: As ``look_up``; the message stays as it is.
        """
        await self._acknowledge(reply)
        asker = Asker(user_id=reply.user_id, currency=currency)
        kept = kept_menu(message, own_id(PICK_PREFIX, reply.user_id, OTHERS))
        await self._show(reply, self._parts.lookup.open(release_id, asker), kept, texts)

    async def _acknowledge(self, reply: InteractionReply) -> None:
        link = await self._parts.links.describe(reply.user_id)
        if link is not None and link.is_proven:
            reply.make_private()
        await reply.acknowledge()

    async def _show(
        self,
        reply: InteractionReply,
        views: AsyncGenerator[ReleaseView, None],
        kept: Menu | None,
        texts: Texts,
    ) -> None:
        async def show(state: _State) -> None:
            await reply.show(_message(state, reply.user_id, kept, texts))

        state = _State(ReleaseView(), _NO_BADGES)
        async with self._parts.messages.start(show) as message, aclosing(views):
            try:
                async for view in views:
                    badges = await self._badges(reply.user_id, view, state)
                    state = _State(view, badges)
                    message.update(state)
            except asyncio.CancelledError:  # the bot is closing: show what is there
                if state.view.release is not None:
                    await message.finish(_State(state.view.abandoned(), state.badges))
                raise
            await message.finish(state)

    async def _badges(self, user_id: int, view: ReleaseView, before: _State) -> Badges:
        """Return what the asker has to do with the release; asked once."""
        if view.release is None or before.view.release is not None:
            return before.badges
        release, wishes = view.release.value, self._parts.wishes
        owned = await self._parts.copies.holds(user_id, release.release_id, release.master_id)
        masters = [release.master_id] if release.master_id is not None else []
        wanted = await wishes.holds(user_id, [release.release_id], masters)
        return Badges(
            owned=owned,
            is_wanted=release.release_id in wanted.release_ids,
            is_other_wanted=release.master_id in wanted.master_ids,
        )


def _message(state: _State, user_id: int, kept: Menu | None, texts: Texts) -> ui.LayoutView:
    view, release = state.view, state.view.release
    if release is None:
        return nothing_card(view, texts)
    return release_card(
        view,
        release,
        state.badges,
        menus=_menus(view, release.value, user_id, kept, texts),
        user_id=user_id,
        texts=texts,
    )


def _menus(
    view: ReleaseView, release: Release, user_id: int, kept: Menu | None, texts: Texts
) -> tuple[Menu, ...]:
    return menus_of(
        pressings_menu(view, release, user_id=user_id, texts=texts),
        kept or others_menu(view, user_id=user_id, texts=texts),
    )
