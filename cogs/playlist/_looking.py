"""The list of somebody's playlists, and one of them; only they see it."""

import discord

from bot.i18n import Texts
from bot.ui.buttons import Press
from bot.ui.notices import notice
from bot.ui.playlist_cards import contents_card, playlists_card
from bot.ui.reply import InteractionReply
from cogs.playlist._ports import Parts
from cogs.playlist._values import chosen, long_link, page_of


class Looking:
    """Answers ``list`` and ``show``, and their buttons."""

    def __init__(self, parts: Parts) -> None:
        """Look with ``parts``."""
        self._parts = parts

    async def list(self, reply: InteractionReply, number: int, texts: Texts) -> None:
        """Show ten playlists."""
        await reply.acknowledge()
        user_id = reply.user_id
        page = await self._parts.playlists.page(user_id, number)
        latest = await self._parts.runs.latest(user_id)
        linked = await self._parts.accounts.describe(user_id)
        card = playlists_card(page, number, latest, linked=linked, user_id=user_id, texts=texts)
        await reply.show(card)

    async def show(self, reply: InteractionReply, text: str, texts: Texts) -> None:
        """Show the playlist that a text means."""
        await reply.acknowledge()
        meant = await long_link(self._parts.links, text)
        playlist_id = await self._parts.playlists.find(reply.user_id, meant)
        if playlist_id is None:
            await reply.fail(notice(unknown_playlist(texts)))
            return
        await self._show(reply, playlist_id, 1, texts)

    async def turn_list(self, interaction: discord.Interaction, press: Press, texts: Texts) -> None:
        """Show another ten in the same message."""
        await self.list(InteractionReply(interaction, is_private=True), page_of(press), texts)

    async def turn_tracks(
        self, interaction: discord.Interaction, press: Press, texts: Texts
    ) -> None:
        """Show other tracks in the same message."""
        reply = InteractionReply(interaction, is_private=True)
        await reply.acknowledge()
        await self._show(reply, press.rest[0], page_of(press), texts)

    async def open(self, interaction: discord.Interaction, _press: Press, texts: Texts) -> None:
        """Show the playlist that was picked from the list, which stays."""
        reply = InteractionReply(interaction, is_private=True, is_apart=True)
        await reply.acknowledge()
        await self._show(reply, chosen(interaction), 1, texts)

    async def _show(
        self, reply: InteractionReply, playlist_id: str, number: int, texts: Texts
    ) -> None:
        contents = await self._parts.playlists.show(reply.user_id, playlist_id, number)
        await reply.show(contents_card(contents, user_id=reply.user_id, texts=texts))


def unknown_playlist(texts: Texts) -> str:
    """Return what to say when nobody can tell which playlist is meant."""
    return texts.gettext(
        "I can't tell which playlist you mean. Type a few letters of its name and pick it from the "
        "list, or paste its link."
    )
