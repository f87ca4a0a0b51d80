"""``/collection value``: what Discogs thinks a collection is worth, for whom its owner wants."""

import io
from typing import Final

import discord
from discord import app_commands, ui
from discord.app_commands import locale_str

from bot.errors import Answers
from bot.i18n import Texts
from bot.ui.buttons import Press
from bot.ui.chart import Chart
from bot.ui.charts import value_chart
from bot.ui.notices import notice
from bot.ui.reply import InteractionReply
from bot.ui.value_card import SHOW, VALUE_PREFIX, hidden_card, owners_only, value_card
from cogs.collection._part import Part
from cogs.collection._ports import Parts
from services.collection.errors import OwnersOnly

_PICTURE: Final = "value.png"


class Valuing(Part):
    """The command that tells a value, which its owner alone sees unless they chose otherwise."""

    def __init__(self, parts: Parts, *, answers: Answers) -> None:
        """Ask ``parts``."""
        super().__init__(parts, answers=answers)
        self._handlers |= {VALUE_PREFIX: self._switch}

    @app_commands.command(
        name="value", description=locale_str("What your collection is worth, says Discogs")
    )
    async def value(self, interaction: discord.Interaction) -> None:
        """Answer ``/collection value``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._parts.link_of(reply.user_id)
            preference = await self._parts.preferences.get(reply.user_id)
            if not preference.shows_value:
                reply.make_private()
            await reply.acknowledge()
            await self._show(reply, texts, is_shown=preference.shows_value)

    async def _switch(self, interaction: discord.Interaction, press: Press, texts: Texts) -> None:
        """Show it to others from now on, or to its owner alone."""
        is_shown = press.rest == (SHOW,)
        reply = InteractionReply(interaction)
        await reply.acknowledge()
        await self._parts.preferences.set_value_shown(press.owner, is_shown)
        message = interaction.message
        if not is_shown and message is not None and not message.flags.ephemeral:
            # At once, whatever Discogs says; and the picture goes, too.
            await reply.show(hidden_card(texts), files=[])
            return
        await self._show(reply, texts, is_shown=is_shown)

    async def _show(self, reply: InteractionReply, texts: Texts, *, is_shown: bool) -> None:
        try:
            answer = await self._parts.values.of(reply.user_id)
        except OwnersOnly:
            await reply.fail(notice(owners_only(texts)))
            return

        def card(picture: tuple[str, Chart] | None = None) -> ui.LayoutView:
            return value_card(
                answer, user_id=reply.user_id, is_shown=is_shown, texts=texts, picture=picture
            )

        async def show_text() -> None:
            await reply.show(card(), files=[])

        chart = value_chart(answer.value, texts)
        drawn = await self._parts.pictures.draw(
            [] if chart is None else [chart], meanwhile=show_text
        )
        if chart is None or not drawn:
            await show_text()
            return
        await reply.show(
            card((_PICTURE, chart)), files=[discord.File(io.BytesIO(drawn[0]), _PICTURE)]
        )
