"""Who asks, in which server, and how they are told that something is not done."""

import discord

from bot.i18n import Texts
from bot.ui.notices import notice
from bot.ui.posting_rights import Lack, lacks_in
from bot.ui.refusals import REFUSALS
from bot.ui.reply import InteractionReply


class Refusal(Exception):  # noqa: N818  # says what it is
    """Why something is not done, in the asker's language."""


def guild_of(interaction: discord.Interaction) -> int:
    """Return the server that something was used in; 0, which has no digests, outside of servers."""
    return interaction.guild_id or 0


async def lacks_seen(interaction: discord.Interaction, channel_id: int) -> tuple[Lack, ...]:
    """Return what the bot lacks in a channel; nothing where Discord does not tell."""
    try:
        return await lacks_in(interaction.client, guild_of(interaction), channel_id)
    except REFUSALS:
        return ()


def check_manager(interaction: discord.Interaction, texts: Texts) -> None:
    """Let pass who may decide about this server's digests.

    Not left to Discord: its default permissions hold for ``/digest`` as a whole, where everybody
    may join and leave; and nothing there checks who presses a button.

    Raises:
        Refusal: They may not.
    """
    held = interaction.permissions
    if interaction.guild_id is None or not (held.manage_guild or held.administrator):
        raise Refusal(
            texts.gettext(
                "Only those who can manage this server decide about its digests (**Manage "
                "Server**). `/digest join` and `/digest leave` are for everybody."
            )
        )


async def refuse(interaction: discord.Interaction, reply: InteractionReply, text: str) -> None:
    """Say why not: in the answer of a command, which only the asker sees; beside a panel."""
    is_command = interaction.type is discord.InteractionType.application_command
    if is_command and interaction.response.is_done():
        await reply.show(notice(text))
    else:
        await reply.fail(notice(text))
