"""``/album``, ``/artist``, ``/track``: their option, the menu of other matches, the pages."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import Choice, locale_str
from discord.ext import commands

from bot.errors import Answers
from bot.i18n import N_, Texts
from bot.ui.buttons import Press
from bot.ui.choices import SuggestingMusic, music_choices
from bot.ui.host import Host
from bot.ui.kept_menu import kept_menu
from bot.ui.music_card import PAGE_PREFIX, PICK_PREFIX
from bot.ui.music_message import MusicMessages
from bot.ui.pressing import answer_owner, press_of
from bot.ui.reply import InteractionReply
from cogs.music._ports import Services
from services.spotify.models import SpotifyKind

# What a menu's choice or a page button carries: ``album:<id>``, ``album.<id>``.
_TARGET: Final = re.compile(r"(album|artist|track|playlist)[:.]([A-Za-z0-9]{22})")
_MOST_PAGES: Final = 10_000


async def setup(bot: Host[Services]) -> None:
    """Add the cog (discord.py calls this)."""
    services = bot.services
    await bot.add_cog(
        Music(
            cards=services.music_messages,
            suggestions=services.music_suggestions,
            answers=services.answers,
        )
    )


class Music(commands.Cog):
    """Shows what Spotify has, and what of it the asker owns."""

    def __init__(
        self, *, cards: MusicMessages, suggestions: SuggestingMusic, answers: Answers
    ) -> None:
        """Answer through ``cards``."""
        self._cards = cards
        self._suggestions = suggestions
        self._answers = answers

    @app_commands.command(
        name="album", description=locale_str("An album: its tracks, and whether you own it")
    )
    @app_commands.describe(query=locale_str("Title, artist and title, or a Spotify link"))
    async def album(self, interaction: discord.Interaction, query: str) -> None:
        """Answer ``/album``."""
        await self._answer(interaction, SpotifyKind.ALBUM, query)

    @app_commands.command(
        name="artist", description=locale_str("An artist: their records, and which you own")
    )
    @app_commands.describe(query=locale_str("A name, or a Spotify link"))
    async def artist(self, interaction: discord.Interaction, query: str) -> None:
        """Answer ``/artist``."""
        await self._answer(interaction, SpotifyKind.ARTIST, query)

    @app_commands.command(
        name="track", description=locale_str("A track: its album, and whether you own it")
    )
    @app_commands.describe(query=locale_str("Title, artist and title, or a Spotify link"))
    async def track(self, interaction: discord.Interaction, query: str) -> None:
        """Answer ``/track``."""
        await self._answer(interaction, SpotifyKind.TRACK, query)

    @album.autocomplete("query")
    async def suggest_albums(
        self, interaction: discord.Interaction, typed: str
    ) -> list[Choice[str]]:
        """Suggest what the asker looked at last and owns; nobody upstream is asked."""
        return await self._suggest(interaction, SpotifyKind.ALBUM, typed)

    @artist.autocomplete("query")
    async def suggest_artists(
        self, interaction: discord.Interaction, typed: str
    ) -> list[Choice[str]]:
        """Suggest likewise."""
        return await self._suggest(interaction, SpotifyKind.ARTIST, typed)

    @track.autocomplete("query")
    async def suggest_tracks(
        self, interaction: discord.Interaction, typed: str
    ) -> list[Choice[str]]:
        """Suggest what the asker looked at last."""
        return await self._suggest(interaction, SpotifyKind.TRACK, typed)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Show another match, or another page, if it is its owner who asks."""
        press = press_of(interaction, (PICK_PREFIX, PAGE_PREFIX))
        if press is None:
            return
        reply = InteractionReply(interaction)
        await answer_owner(
            interaction,
            press,
            partial(self._open, interaction, reply, press),
            reply=reply,
            answers=self._answers,
            refusal=N_("This belongs to whoever asked for it. Try `/album`."),
        )

    async def _answer(
        self, interaction: discord.Interaction, kind: SpotifyKind, query: str
    ) -> None:
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._cards.look_up(reply, kind, query, texts)

    async def _suggest(
        self, interaction: discord.Interaction, kind: SpotifyKind, typed: str
    ) -> list[Choice[str]]:
        return await music_choices(self._suggestions.find(interaction.user.id, kind, typed))

    async def _open(
        self, interaction: discord.Interaction, reply: InteractionReply, press: Press, texts: Texts
    ) -> None:
        data: Mapping[str, Any] = interaction.data or {}
        is_page = press.prefix == PAGE_PREFIX
        values = press.rest if is_page else data.get("values")
        target = _TARGET.fullmatch(str(values[0])) if values else None
        if target is None:
            return
        number = press.rest[1] if is_page and len(press.rest) > 1 else "1"
        page = int(number) if number.isdecimal() and len(number) <= len(str(_MOST_PAGES)) else 1
        menu = kept_menu(interaction.message, PICK_PREFIX)
        await self._cards.open(
            reply, SpotifyKind(target[1]), target[2], texts, menu=menu, page=max(1, page)
        )
