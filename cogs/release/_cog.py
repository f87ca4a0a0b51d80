"""``/release``: its option, its menus and its buttons."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import Choice, locale_str
from discord.ext import commands

from bot.errors import Answers
from bot.i18n import N_, Texts
from bot.ui.acquire_cards import ADD_YES_PREFIX, NO_PREFIX, WISH_YES_PREFIX
from bot.ui.buttons import Press
from bot.ui.choices import Suggesting, release_choices
from bot.ui.discogs_section import SHOW_PREFIX
from bot.ui.host import Host
from bot.ui.pressing import answer_owner, press_of
from bot.ui.release_card import ADD_PREFIX, WISH_PREFIX
from bot.ui.release_menus import PICK_PREFIX
from bot.ui.reply import InteractionReply, Reply
from cogs.release._acquiring import Acquiring
from cogs.release._ports import Parts, Services
from cogs.release._showing import Showing

_MOST_DIGITS: Final = 10
_CURRENCIES: Final = {discord.Locale.british_english: "GBP", discord.Locale.american_english: "USD"}
_USUAL_CURRENCY: Final = "EUR"

Handle = Callable[[Reply, Press, Texts], Awaitable[None]]
"""Handles a button of its owner's."""


async def setup(bot: Host[Services]) -> None:
    """Add the cog (discord.py calls this)."""
    services = bot.services
    parts = Parts(
        lookup=services.releases,
        copies=services.collection,
        wishes=services.wantlist,
        links=services.discogs_links,
        messages=services.messages,
    )
    await bot.add_cog(Releases(parts, suggestions=services.suggestions, answers=services.answers))


class Releases(commands.Cog):
    """Shows one pressing on Discogs, and puts it where the asker wants it."""

    def __init__(self, parts: Parts, *, suggestions: Suggesting, answers: Answers) -> None:
        """Work with ``parts``."""
        self._suggestions = suggestions
        self._answers = answers
        self._showing = Showing(parts)
        acquiring = Acquiring(parts)
        self._questions: dict[str, Handle] = {
            ADD_PREFIX: acquiring.ask_to_add,
            WISH_PREFIX: acquiring.ask_to_wish,
        }
        self._replies: dict[str, Handle] = {
            ADD_YES_PREFIX: acquiring.add,
            WISH_YES_PREFIX: acquiring.wish,
            NO_PREFIX: acquiring.decline,
        }

    @app_commands.command(
        name="release",
        description=locale_str("A pressing on Discogs: tracks, versions, what it costs"),
    )
    @app_commands.describe(
        query=locale_str("Words, a barcode, a catalogue number, or its number or page on Discogs")
    )
    async def release(self, interaction: discord.Interaction, query: str) -> None:
        """Answer ``/release``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._showing.look_up(reply, query, _currency(interaction), texts)

    @release.autocomplete("query")
    async def suggest_query(
        self, interaction: discord.Interaction, typed: str
    ) -> list[Choice[str]]:
        """Suggest what the asker looked at last and owns; nobody upstream is asked."""
        return await release_choices(self._suggestions.releases(interaction.user.id, typed))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle a button or a menu of ours, if it is its owner who uses it."""
        looks = {PICK_PREFIX: self._pick, SHOW_PREFIX: self._show}
        press = press_of(interaction, (*looks, *self._questions, *self._replies))
        if press is None:
            return
        message = interaction.message
        # What belongs to a card that only one person sees is not shown to others.
        is_below_private = message is not None and message.flags.ephemeral
        is_apart = press.prefix == SHOW_PREFIX or press.prefix in self._questions
        reply = InteractionReply(
            interaction,
            is_private=press.prefix not in looks
            or (press.prefix == SHOW_PREFIX and is_below_private),
            is_apart=is_apart,
        )
        handle = (
            partial(looks[press.prefix], interaction, reply, press)
            if press.prefix in looks
            else partial((self._questions | self._replies)[press.prefix], reply, press)
        )
        await answer_owner(
            interaction,
            press,
            handle,
            reply=reply,
            answers=self._answers,
            refusal=N_("This belongs to whoever asked for it. Try `/release`."),
        )

    async def _pick(
        self, interaction: discord.Interaction, reply: InteractionReply, _: Press, texts: Texts
    ) -> None:
        data: Mapping[str, Any] = interaction.data or {}
        values = data.get("values")
        release_id = _number(values[0] if isinstance(values, list) and values else "")
        if release_id is not None:
            await self._showing.pick(
                reply, interaction.message, release_id, _currency(interaction), texts
            )

    async def _show(
        self, interaction: discord.Interaction, reply: InteractionReply, press: Press, texts: Texts
    ) -> None:
        """Show the release that a card of Spotify names, in a message of its own."""
        release_id = _number(press.rest[0] if press.rest else "")
        if release_id is not None:
            await self._showing.pick(reply, None, release_id, _currency(interaction), texts)


def _number(text: object) -> int | None:
    value = str(text)
    is_number = value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS
    return int(value) if is_number else None


def _currency(interaction: discord.Interaction) -> str:
    """Return the currency for somebody who has told Discogs none."""
    return _CURRENCIES.get(interaction.locale, _USUAL_CURRENCY)
