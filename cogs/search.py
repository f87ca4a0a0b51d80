"""``/search``, and a direct message: Spotify and Discogs side by side."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, Protocol

import discord
from discord import app_commands, ui
from discord.app_commands import locale_str
from discord.ext import commands

from bot.errors import Answers
from bot.i18n import Texts
from bot.ui.buttons import row_of
from bot.ui.choices import Suggesting, release_choices
from bot.ui.host import Host
from bot.ui.item_card import release_card
from bot.ui.kept_menu import kept_menu
from bot.ui.layout import view_of
from bot.ui.linked_message import LinkedMessages
from bot.ui.match_card import release_button
from bot.ui.music_message import MusicMessages
from bot.ui.notices import notice
from bot.ui.reply import InteractionReply, MessageReply, Reply
from bot.ui.search_card import PICK_PREFIX, search_card
from bot.ui.stream import ProgressiveMessages
from services.catalogue.links import find_music_links
from services.catalogue.models import SearchKind, SearchResults
from services.catalogue.service import CatalogueService
from services.music import clean_query
from services.spotify.models import SpotifyKind


class _Services(Protocol):
    @property
    def catalogue(self) -> CatalogueService: ...
    @property
    def music_messages(self) -> MusicMessages: ...
    @property
    def linked_messages(self) -> LinkedMessages: ...
    @property
    def suggestions(self) -> Suggesting: ...
    @property
    def messages(self) -> ProgressiveMessages: ...
    @property
    def answers(self) -> Answers: ...


async def setup(bot: Host[_Services]) -> None:
    """Add the cog (discord.py calls this)."""
    services = bot.services
    await bot.add_cog(
        Search(
            catalogue=services.catalogue,
            cards=services.music_messages,
            linked=services.linked_messages,
            suggestions=services.suggestions,
            messages=services.messages,
            answers=services.answers,
        )
    )


class Search(commands.Cog):
    """Finds music on both upstreams."""

    def __init__(
        self,
        *,
        catalogue: CatalogueService,
        cards: MusicMessages,
        linked: LinkedMessages,
        suggestions: Suggesting,
        messages: ProgressiveMessages,
        answers: Answers,
    ) -> None:
        """Search ``catalogue`` and show it through ``messages``.

        What is picked is shown through ``cards``, links through ``linked``.
        """
        self._catalogue = catalogue
        self._cards = cards
        self._linked = linked
        self._suggestions = suggestions
        self._messages = messages
        self._answers = answers

    @app_commands.command(
        name="search", description=locale_str("Find music on Spotify and Discogs, side by side")
    )
    @app_commands.describe(
        query=locale_str("Artist, title, or both; or a link to Spotify or Discogs"),
        kind=locale_str("What to look for; everything by default"),
    )
    @app_commands.choices(
        kind=[
            app_commands.Choice(name=locale_str("everything"), value="everything"),
            app_commands.Choice(name=locale_str("album"), value="album"),
            app_commands.Choice(name=locale_str("artist"), value="artist"),
            app_commands.Choice(name=locale_str("track"), value="track"),
            app_commands.Choice(name=locale_str("playlist"), value="playlist"),
            app_commands.Choice(name=locale_str("release"), value="release"),
        ]
    )
    async def search(
        self, interaction: discord.Interaction, query: str, kind: str = "everything"
    ) -> None:
        """Answer ``/search``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._answer(reply, query, SearchKind(kind), texts)

    @search.autocomplete("query")
    async def suggest_query(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest what the asker looked at last and owns; nobody upstream is asked."""
        found = self._suggestions.releases(interaction.user.id, typed)
        return await release_choices(found, by_name=True)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Show another hit when its searcher picks it from the menu."""
        data: Mapping[str, Any] = interaction.data or {}
        custom_id = str(data.get("custom_id", ""))
        values = data.get("values")
        if not custom_id.startswith(f"{PICK_PREFIX}:") or not isinstance(values, list):
            return
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            if custom_id != f"{PICK_PREFIX}:{interaction.user.id}":
                text = texts.gettext("This menu belongs to whoever searched. Try `/search`.")
                await reply.fail(notice(text))
                return
            await self._pick(interaction, reply, str(values[0]), texts)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer a direct message as a search for its text, or with what it links to."""
        if message.author.bot or message.guild is not None or not message.content.strip():
            return
        # A message carries no locale; English is what Discord shows when it knows none.
        reply = MessageReply(message)
        async with self._answers.to(reply, None) as texts:
            await self._answer(reply, message.content, SearchKind.EVERYTHING, texts)

    async def _answer(self, reply: Reply, query: str, kind: SearchKind, texts: Texts) -> None:
        """Search and show each upstream's answer as it comes; look links up instead.

        Raises:
            InvalidQuery: ``query`` cannot be searched for; nothing was acknowledged yet.
            EditFailed: Discord refused the last edit.
        """
        if links := find_music_links(query):
            await self._linked.answer(reply, links, texts)
            return
        query = clean_query(query)
        await reply.acknowledge()

        async def show(results: SearchResults) -> None:
            await reply.show(search_card(results, reply.user_id, texts))

        results = SearchResults(query=query, kind=kind, waiting=self._catalogue.upstreams(kind))
        async with (
            self._messages.start(show) as message,
            aclosing(self._catalogue.search(query, kind)) as search,
        ):
            message.update(results)
            try:
                async for results in search:
                    message.update(results)
            except asyncio.CancelledError:  # the bot is closing: say so where nothing came
                await message.finish(results.abandoned())
                raise
            await message.finish(results)

    async def _pick(
        self, interaction: discord.Interaction, reply: InteractionReply, value: str, texts: Texts
    ) -> None:
        """Show the whole card of a hit, with the menu that it was picked from."""
        upstream, kind, item_id = value.split(":", 2)
        menu = kept_menu(interaction.message, PICK_PREFIX)
        if upstream == "spotify":
            await self._cards.open(reply, SpotifyKind(kind), item_id, texts, menu=menu)
            return
        await reply.acknowledge()
        release = await self._catalogue.get_release(int(item_id))
        view = view_of(release_card(release, texts))
        if menu is not None:
            view.add_item(ui.ActionRow(menu))
        view.add_item(row_of(release_button(int(item_id), interaction.user.id, texts)))
        await reply.show(view)
