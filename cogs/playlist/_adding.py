"""Putting albums and tracks into playlists: by command, and from a card's button."""

import discord

from bot.i18n import Texts
from bot.ui.buttons import Press
from bot.ui.notices import lost_short_link, notice
from bot.ui.playlist_buttons import ADDABLE
from bot.ui.playlist_change_cards import added_card, into_card, pick_card
from bot.ui.reply import InteractionReply
from cogs.playlist._looking import unknown_playlist
from cogs.playlist._ports import Parts
from cogs.playlist._values import chosen, long_link
from services.spotify.links import SpotifyLink, parse_link
from services.spotify.models import SpotifyKind


class Adding:
    """Answers ``add``, and its menus."""

    def __init__(self, parts: Parts) -> None:
        """Add with ``parts``."""
        self._parts = parts

    async def add(self, reply: InteractionReply, playlist: str, item: str, texts: Texts) -> None:
        """Add what a link means at once, and ask what words mean."""
        await reply.acknowledge()
        meant = await long_link(self._parts.links, playlist)
        playlist_id = await self._parts.playlists.find(reply.user_id, meant)
        if playlist_id is None:
            await reply.fail(notice(unknown_playlist(texts)))
            return
        if parse_link(item) is not None:
            await self._add_link(reply, playlist_id, item, texts)
            return
        found = await self._parts.playlists.find_items(reply.user_id, item)
        if not found:
            said = texts.gettext("I found no album and no track like that on Spotify.")
            await reply.fail(notice(said))
            return
        await reply.show(pick_card(found, playlist_id, user_id=reply.user_id, texts=texts))

    async def _add_link(
        self, reply: InteractionReply, playlist_id: str, item: str, texts: Texts
    ) -> None:
        link = await self._parts.links.read(item)
        if link is None:
            await reply.fail(notice(lost_short_link(texts)))
            return
        kind, spotify_id = link.target if isinstance(link, SpotifyLink) else (None, "")
        if kind not in ADDABLE:
            said = texts.gettext("Only albums and tracks go into a playlist; that's neither.")
            await reply.fail(notice(said))
            return
        press = str(reply.question_id)
        await self._add(reply, playlist_id, (kind, spotify_id), press, texts)

    async def ask_where(self, interaction: discord.Interaction, press: Press, texts: Texts) -> None:
        """Ask into which playlist a card's album or track goes, in a message of its own."""
        reply = InteractionReply(interaction, is_private=True, is_apart=True)
        await reply.acknowledge()
        kind, spotify_id = press.rest[:2]
        playlists = await self._parts.playlists.open_to(press.owner)
        if not playlists:
            said = texts.gettext(
                "You have no playlist of your own on Spotify yet. `/playlist create` makes one."
            )
            await reply.fail(notice(said))
            return
        card = into_card(playlists, SpotifyKind(kind), spotify_id, user_id=press.owner, texts=texts)
        await reply.show(card)

    async def add_here(self, interaction: discord.Interaction, press: Press, texts: Texts) -> None:
        """Add a card's album or track to the playlist that was picked."""
        kind, spotify_id = press.rest[:2]
        item = (SpotifyKind(kind), spotify_id)
        await self._add_picked(interaction, chosen(interaction), item, texts)

    async def add_this(self, interaction: discord.Interaction, press: Press, texts: Texts) -> None:
        """Add what was picked to the playlist that was named before."""
        kind, _, spotify_id = chosen(interaction).partition(":")
        item = (SpotifyKind(kind), spotify_id)
        await self._add_picked(interaction, press.rest[0], item, texts)

    async def _add_picked(
        self,
        interaction: discord.Interaction,
        playlist_id: str,
        item: tuple[SpotifyKind, str],
        texts: Texts,
    ) -> None:
        reply = InteractionReply(interaction, is_private=True)
        await reply.acknowledge()
        # Both clicks of a double click are on the same message.
        press = str(interaction.message.id if interaction.message else interaction.id)
        await self._add(reply, playlist_id, item, press, texts)

    async def _add(
        self,
        reply: InteractionReply,
        playlist_id: str,
        item: tuple[SpotifyKind, str],
        press: str,
        texts: Texts,
    ) -> None:
        added = await self._parts.playlists.add(reply.user_id, playlist_id, *item, press=press)
        await reply.show(added_card(added, texts))
