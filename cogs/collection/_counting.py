"""``/collection stats``: a collection in numbers, as pictures and as text."""

import io

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bot.i18n import Texts
from bot.ui.charts import statistics_charts
from bot.ui.reply import InteractionReply
from bot.ui.statistics_card import statistics_card
from cogs.collection._part import Part


class Counting(Part):
    """The commands that count."""

    @app_commands.command(
        name="stats", description=locale_str("Your collection in numbers and pictures")
    )
    async def stats(self, interaction: discord.Interaction) -> None:
        """Answer ``/collection stats``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._show_statistics(reply, interaction, texts)

    async def _show_statistics(
        self, reply: InteractionReply, interaction: discord.Interaction, texts: Texts
    ) -> None:
        """Show the text at once where the pictures take a while, and both together then."""
        await self._parts.acknowledge(reply)
        statistics = await self._parts.statistics.of(reply.user_id)

        async def show_text() -> None:
            await reply.show(statistics_card(statistics, texts))

        charts = statistics_charts(statistics, interaction.created_at.date(), texts)
        drawn = await self._parts.pictures.draw(charts, meanwhile=show_text)
        names = [f"collection-{number}.png" for number in range(1, len(drawn) + 1)]
        pictures = list(zip(names, charts, strict=False))
        files = [
            discord.File(io.BytesIO(png), name) for name, png in zip(names, drawn, strict=True)
        ]
        await reply.show(statistics_card(statistics, texts, pictures), files=files)
