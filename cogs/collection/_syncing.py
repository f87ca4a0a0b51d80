"""Reading a collection from Discogs, shown while it goes on."""

import discord

from bot.i18n import Texts
from bot.ui.buttons import Press
from bot.ui.notices import notice
from bot.ui.reply import InteractionReply
from bot.ui.sync_card import sync_card
from bot.ui.sync_message import stage_of
from cogs.collection._ports import Parts


class Syncing:
    """Answers ``sync`` and its Cancel button."""

    def __init__(self, parts: Parts) -> None:
        """Sync with ``parts``."""
        self._parts = parts

    async def sync(self, reply: InteractionReply, texts: Texts, *, full: bool) -> None:
        """Start or join a sync, and show it until it ends."""
        await self._parts.acknowledge(reply)
        is_new = await self._parts.syncs.start(reply.user_id, full=full)
        await self._parts.sync_messages.show(
            reply, self._parts.syncs, reply.user_id, joined=not is_new, texts=texts
        )

    async def cancel(self, interaction: discord.Interaction, _press: Press, texts: Texts) -> None:
        """Stop it; whoever still shows it shows the end as well."""
        reply = InteractionReply(interaction)
        await reply.acknowledge()
        was_running = await self._parts.syncs.cancel(reply.user_id)
        state = await self._parts.copies.state(reply.user_id)
        if state is not None:
            card = sync_card(
                state, stage_of(state), user_id=reply.user_id, joined=False, texts=texts
            )
            await reply.show(card)
        if not was_running:
            text = texts.gettext("There was nothing to cancel any more.")
            await reply.fail(notice(text))
