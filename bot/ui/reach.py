"""Where the bot can act without an interaction."""

import discord


def is_member(interaction: discord.Interaction) -> bool:
    """Return whether the bot itself may edit its messages in this channel, without a token."""
    if interaction.context.dm_channel:
        return True
    # In a server where it is only installed by the user, or a private channel, it is a stranger.
    may = interaction.app_permissions
    may_send = may.send_messages or may.send_messages_in_threads
    return interaction.is_guild_integration() and may.view_channel and may_send
