"""“I'm playing this”: on a pick, and for every record of a page."""

from collections.abc import Mapping
from typing import Any

import discord

from bot.errors import Answers
from bot.i18n import Texts
from bot.ui.buttons import Press
from bot.ui.collection_card import PLAY_MENU_PREFIX
from bot.ui.copies import copy_line
from bot.ui.notices import notice
from bot.ui.pick_card import PLAY_PREFIX, playing_card
from bot.ui.reply import InteractionReply
from cogs.collection._part import Part
from cogs.collection._ports import Parts
from services.collection.errors import NoSuchCopy
from services.collection.models import Played


class Playing(Part):
    """Notes what is played; it has no command of its own."""

    def __init__(self, parts: Parts, *, answers: Answers) -> None:
        """Note in ``parts``."""
        super().__init__(parts, answers=answers)
        self._handlers |= {PLAY_PREFIX: self._play_pick, PLAY_MENU_PREFIX: self._play_chosen}

    async def _play_pick(
        self, interaction: discord.Interaction, press: Press, texts: Texts
    ) -> None:
        """Note it, and show that in the same message."""
        reply = InteractionReply(interaction)
        item_id, key = press.rest
        played = await self._play(reply, int(item_id), texts)
        if played is not None:
            user_id = reply.user_id
            await reply.show(playing_card(played, user_id=user_id, key=key, texts=texts))

    async def _play_chosen(
        self, interaction: discord.Interaction, _press: Press, texts: Texts
    ) -> None:
        """Note it, and tell the person alone; the page stays as it is."""
        data: Mapping[str, Any] = interaction.data or {}
        [item_id] = data["values"]
        reply = InteractionReply(interaction)
        played = await self._play(reply, int(item_id), texts)
        if played is not None:
            text = texts.gettext(
                "▶️ {record} is playing. `/collection random` picks what you haven't played first.",
                record=copy_line(played.copy, texts),
            )
            await reply.tell(notice(text))

    async def _play(self, reply: InteractionReply, item_id: int, texts: Texts) -> Played | None:
        link = await self._parts.link_of(reply.user_id)
        if link.is_proven:
            reply.make_private()
        await reply.acknowledge()
        try:
            return await self._parts.copies.play(reply.user_id, item_id)
        except NoSuchCopy:
            gone = texts.gettext("That record isn't in your collection any more.")
            await reply.fail(notice(gone))
            return None
