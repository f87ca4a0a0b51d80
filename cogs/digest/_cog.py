"""``/digest``: the one command group that its parts make together."""

from functools import partial

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.i18n import N_
from bot.ui.host import Host
from bot.ui.pressing import answer_owner, press_of
from bot.ui.reply import InteractionReply
from cogs.digest._creating import Creating
from cogs.digest._editing import Editing
from cogs.digest._joining import Joining
from cogs.digest._managing import Managing
from cogs.digest._ports import Parts, Services


async def setup(bot: Host[Services]) -> None:
    """Add the cog (discord.py calls this)."""
    services = bot.services
    parts = Parts(
        schedules=services.digest_schedules,
        members=services.digest_members,
        posting=services.digest_posting,
        previews=services.digest_preview,
        links=services.discogs_links,
    )
    await bot.add_cog(Digest(parts, answers=services.answers))


@app_commands.guild_only()
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.allowed_installs(guilds=True, users=False)
class Digest(
    Creating,
    Editing,
    Managing,
    Joining,
    commands.GroupCog,
    group_name="digest",
    group_description=locale_str("What is new in collections, told in a channel on time"),
):
    """Sets digests up; every answer is for its asker alone, what is posted is for the channel."""

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle a button, a menu or a form of ours, if it is its owner who uses it."""
        press = press_of(interaction, self._handlers)
        if press is not None:
            await answer_owner(
                interaction,
                press,
                partial(self._handlers[press.prefix], interaction, press),
                reply=InteractionReply(interaction, is_private=True),
                answers=self._answers,
                refusal=N_("That's somebody else's. Try `/digest list` or `/digest join`."),
            )
