"""Making playlists: empty ones, and those from records, which take their time."""

import discord

from bot.i18n import Texts
from bot.ui.buttons import Press
from bot.ui.notices import notice
from bot.ui.playlist_change_cards import created_card
from bot.ui.playlist_draft_card import about, draft_card
from bot.ui.playlist_message import forgotten
from bot.ui.playlist_run_card import look_of, run_card
from bot.ui.reply import InteractionReply
from cogs.playlist._ports import Parts
from cogs.playlist._values import run_of
from services.playlists.choosing import NothingFits
from services.playlists.models import RecordSource, Selection, Wish


class Making:
    """Answers ``create``, and the buttons of what goes on."""

    def __init__(self, parts: Parts) -> None:
        """Make with ``parts``."""
        self._parts = parts

    async def create(
        self, reply: InteractionReply, name: str, texts: Texts, *, is_public: bool
    ) -> None:
        """Make an empty playlist."""
        await reply.acknowledge()
        made = await self._parts.playlists.create(
            reply.user_id, name, is_public=is_public, about="AIME"
        )
        await reply.show(created_card(made, texts))

    async def propose(self, reply: InteractionReply, wish: Wish, texts: Texts) -> None:
        """Say what a playlist from records would cost, and ask whether to begin."""
        await reply.acknowledge()
        try:
            draft = await self._parts.runs.draft(
                reply.user_id, wish, about=about(wish.selection, texts)
            )
        except NothingFits as nothing:
            await reply.fail(notice(_nothing_fits(nothing, wish.selection, texts)))
            return
        await reply.show(draft_card(draft, user_id=reply.user_id, texts=texts))

    async def start(self, interaction: discord.Interaction, press: Press, texts: Texts) -> None:
        """Begin, or go on, and show it until it ends."""
        reply = InteractionReply(interaction, is_private=True)
        await reply.acknowledge()
        try:
            run = await self._parts.runs.start(press.owner, run_of(press))
        except NothingFits:
            await reply.fail(notice(texts.gettext("There are no more records that fit.")))
            return
        if run is None:
            await reply.fail(notice(forgotten(texts)))
            return
        if run.run_id != run_of(press):
            said = texts.gettext("One playlist at a time: this one is still being filled.")
            await reply.tell(notice(said))
        await self._parts.messages.show(reply, run.run_id, texts)

    async def watch(self, interaction: discord.Interaction, press: Press, texts: Texts) -> None:
        """Show what goes on in a message of its own."""
        reply = InteractionReply(interaction, is_private=True, is_apart=True)
        await reply.acknowledge()
        await self._parts.messages.show(reply, run_of(press), texts)

    async def cancel(self, interaction: discord.Interaction, press: Press, texts: Texts) -> None:
        """Stop it; whoever still shows it shows the end as well."""
        reply = InteractionReply(interaction, is_private=True)
        await reply.acknowledge()
        run = await self._parts.runs.cancel(press.owner, run_of(press))
        if run is None:
            await reply.fail(notice(forgotten(texts)))
            return
        await reply.show(run_card(run, look_of(run), user_id=press.owner, texts=texts))

    async def more(self, interaction: discord.Interaction, press: Press, texts: Texts) -> None:
        """Say what the next records would cost, in a message of its own."""
        reply = InteractionReply(interaction, is_private=True, is_apart=True)
        await reply.acknowledge()
        try:
            draft = await self._parts.runs.more(press.owner, run_of(press))
        except NothingFits:
            await reply.fail(notice(texts.gettext("There are no more records that fit.")))
            return
        if draft is None:
            await reply.fail(notice(forgotten(texts)))
            return
        await reply.show(draft_card(draft, user_id=press.owner, texts=texts))

    async def drop(self, interaction: discord.Interaction, _press: Press, texts: Texts) -> None:
        """Say that nothing was done."""
        reply = InteractionReply(interaction, is_private=True)
        await reply.acknowledge()
        await reply.show(notice(texts.gettext("All right. Nothing has changed.")))


def _nothing_fits(nothing: NothingFits, selection: Selection, texts: Texts) -> str:
    if nothing.has_none and selection.source is RecordSource.WANTLIST:
        return texts.gettext(
            "I know nothing in your wantlist yet. `/wantlist browse` shows what I have of it."
        )
    if nothing.has_none:
        return texts.gettext(
            "I know no records of yours yet. `/collection sync` reads what you have on Discogs."
        )
    return texts.gettext(
        "None of your records fits that. Another genre or decade may; without them I take all."
    )
