"""Asks Discord who is in a server: without a privileged intent it tells no list."""

import discord

from bot.ui.refusals import REFUSALS
from services.collection.memberships import IsMember


def asking(guild: discord.Guild) -> IsMember:
    """Return what asks about one person."""

    async def is_member(user_id: int) -> bool | None:
        try:
            await guild.fetch_member(user_id)
        except discord.NotFound:
            return False
        except REFUSALS:
            return None
        return True

    return is_member
