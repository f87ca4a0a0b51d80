"""Who may use a button, a menu or a form of ours: whoever it was made for, and nobody else.

The one place where that is checked; what a cog does with a press begins behind it.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import discord

from bot.errors import Answers
from bot.i18n import Texts
from bot.ui.buttons import Press, read_press
from bot.ui.notices import notice
from bot.ui.reply import Reply


def press_of(interaction: discord.Interaction, prefixes: Iterable[str]) -> Press | None:
    """Return the press of something that has one of the ``prefixes``, or None."""
    data: Mapping[str, Any] = interaction.data or {}
    return read_press(str(data.get("custom_id", "")), tuple(prefixes))


async def answer_owner(
    interaction: discord.Interaction,
    press: Press,
    handle: Callable[[Texts], Awaitable[None]],
    *,
    reply: Reply,
    answers: Answers,
    refusal: str,
) -> None:
    """Have ``handle`` answer if the owner pressed; anybody else gets the ``refusal``, marked N_."""
    async with answers.to(reply, interaction.locale) as texts:
        if press.owner == interaction.user.id:
            await handle(texts)
        else:
            await reply.fail(notice(texts.gettext(refusal)))
