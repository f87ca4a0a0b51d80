"""``/collection sync``, ``add``, ``remove`` and ``export``: their options."""

from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Choice, Range, locale_str

from bot.errors import Answers
from bot.ui.copy_cards import ADD_PREFIX, KEEP_PREFIX, REMOVE_PREFIX
from bot.ui.reply import InteractionReply
from bot.ui.sync_card import CANCEL_PREFIX
from cogs.collection import _filters as filtering
from cogs.collection._changing import Changing
from cogs.collection._part import Part
from cogs.collection._ports import Parts
from cogs.collection._syncing import Syncing
from services.collection.models import ExportFormat

Choices = list[Choice[str]]

_FORMATS: Final[Choices] = [
    Choice(name=locale_str("CSV, which Discogs can import"), value=ExportFormat.CSV.value),
    Choice(name="JSON", value=ExportFormat.JSON.value),
    Choice(name="Markdown", value=ExportFormat.MARKDOWN.value),
]


class Keeping(Part):
    """The commands that keep a collection what it is at home."""

    def __init__(self, parts: Parts, *, answers: Answers) -> None:
        """Change with ``parts``."""
        super().__init__(parts, answers=answers)
        self._syncing = Syncing(parts)
        self._changing = Changing(parts)
        self._handlers |= {
            CANCEL_PREFIX: self._syncing.cancel,
            ADD_PREFIX: self._changing.add_from_form,
            REMOVE_PREFIX: self._changing.confirm_removal,
            KEEP_PREFIX: self._changing.keep,
        }

    @app_commands.command(name="sync", description=locale_str("Read your collection from Discogs"))
    @app_commands.describe(full=locale_str("Read all of it, not only what is new"))
    async def sync(self, interaction: discord.Interaction, full: bool = False) -> None:  # noqa: FBT001, FBT002  # a command option
        """Answer ``/collection sync``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._syncing.sync(reply, texts, full=full)

    @app_commands.command(
        name="export", description=locale_str("Get your collection as a file, for you alone")
    )
    @app_commands.describe(format=locale_str("Which kind of file"))
    @app_commands.choices(format=_FORMATS)
    async def export(self, interaction: discord.Interaction, format: str) -> None:  # noqa: A002  # the option's name is an interface
        """Answer ``/collection export``."""
        async with self._answers.to(InteractionReply(interaction), interaction.locale) as texts:
            await self._changing.export(interaction, ExportFormat(format), texts)

    @app_commands.command(name="add", description=locale_str("Add a record to your collection"))
    @app_commands.describe(
        artist=locale_str("Who made it; leave it out for a form"),
        title=locale_str("What it is called; leave it out for a form"),
    )
    async def add(
        self,
        interaction: discord.Interaction,
        artist: Range[str, 1, 200] | None = None,
        title: Range[str, 1, 200] | None = None,
    ) -> None:
        """Answer ``/collection add``."""
        async with self._answers.to(InteractionReply(interaction), interaction.locale) as texts:
            await self._changing.add(interaction, artist or "", title or "", texts)

    @app_commands.command(
        name="remove", description=locale_str("Remove a record from your collection")
    )
    @app_commands.describe(item=locale_str("Type a few letters and pick the record"))
    async def remove(self, interaction: discord.Interaction, item: Range[str, 1, 100]) -> None:
        """Answer ``/collection remove``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._changing.remove(reply, item, texts)

    @remove.autocomplete("item")
    async def suggest_item(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the asker's own records."""
        texts = self._answers.texts(interaction.locale)
        user_id = interaction.user.id
        return await filtering.suggest_items(
            lambda: self._changing.suggestions(user_id, typed, texts)
        )
