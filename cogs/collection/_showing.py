"""Showing a collection: pages, and random picks."""

from typing import Final

import discord

from bot.i18n import Texts
from bot.ui.buttons import Press
from bot.ui.collection_card import copies_card
from bot.ui.notices import notice
from bot.ui.pick_card import no_pick_card, pick_card
from bot.ui.reply import InteractionReply, Reply
from cogs.collection._ports import Parts
from services.collection.views import CollectionView

_MOST_DIGITS: Final = 6


class Showing:
    """Answers ``browse`` and ``random``, and their buttons.

    What a link by name shows is public on Discogs, and is answered in the channel. A link that the
    person has proven also shows what only they may see: it is answered to them alone.
    """

    def __init__(self, parts: Parts) -> None:
        """Show with ``parts``."""
        self._parts = parts

    async def browse(self, reply: InteractionReply, view: CollectionView, texts: Texts) -> None:
        """Answer with the first page."""
        await self._parts.acknowledge(reply)
        key = await self._parts.views.keep(reply.user_id, view)
        await self._show_page(reply, view, key, 1, texts)

    async def turn(self, interaction: discord.Interaction, press: Press, texts: Texts) -> None:
        """Show another page in the same message."""
        key, page = press.rest[0], press.rest[1]
        reply = InteractionReply(interaction)
        await self._parts.acknowledge(reply)
        view = await self._parts.views.find(press.owner, key)
        if view is None or not (page.isdecimal() and len(page) <= _MOST_DIGITS):
            await reply.fail(notice(_forgotten("/collection browse", texts)))
            return
        await self._show_page(reply, view, key, int(page), texts)

    async def random(self, reply: InteractionReply, view: CollectionView, texts: Texts) -> None:
        """Answer with a pick."""
        await self._parts.acknowledge(reply)
        key = await self._parts.views.keep(reply.user_id, view)
        await self._pick(reply, view, key, texts)

    async def another(self, interaction: discord.Interaction, press: Press, texts: Texts) -> None:
        """Show another pick in the same message."""
        reply = InteractionReply(interaction)
        await self._parts.acknowledge(reply)
        view = await self._parts.views.find(press.owner, press.rest[0])
        if view is None:
            await reply.fail(notice(_forgotten("/collection random", texts)))
            return
        await self._pick(reply, view, press.rest[0], texts)

    async def _show_page(
        self, reply: Reply, view: CollectionView, key: str, number: int, texts: Texts
    ) -> None:
        user_id = reply.user_id
        page = await self._parts.copies.browse(user_id, view.filters, sort=view.sort, page=number)
        await reply.show(copies_card(page, view.filters, user_id=user_id, key=key, texts=texts))

    async def _pick(self, reply: Reply, view: CollectionView, key: str, texts: Texts) -> None:
        user_id = reply.user_id
        pick = await self._parts.copies.random(user_id, view.filters)
        if pick is None:
            await reply.show(no_pick_card(view.filters, texts))
            return
        await reply.show(pick_card(pick, user_id=user_id, key=key, texts=texts))


def _forgotten(command: str, texts: Texts) -> str:
    return texts.gettext(
        "I no longer know what this message was about; `{command}` starts anew.", command=command
    )
