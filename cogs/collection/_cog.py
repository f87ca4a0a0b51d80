"""``/collection``: the one command group that its parts make together."""

from functools import partial

import discord
from discord.app_commands import locale_str
from discord.ext import commands

from bot.i18n import N_
from bot.ui.host import Host
from bot.ui.pressing import answer_owner, press_of
from bot.ui.reply import InteractionReply
from cogs.collection._counting import Counting
from cogs.collection._editing import Editing
from cogs.collection._keeping import Keeping
from cogs.collection._looking import Looking
from cogs.collection._playing import Playing
from cogs.collection._ports import Parts, Services
from cogs.collection._together import Together
from cogs.collection._valuing import Valuing


async def setup(bot: Host[Services]) -> None:
    """Add the cog (discord.py calls this)."""
    services = bot.services
    parts = Parts(
        copies=services.collection,
        syncs=services.collection_sync,
        views=services.collection_views,
        shared=services.shared_records,
        links=services.discogs_links,
        editing=services.collection_editing,
        sync_messages=services.sync_messages,
        statistics=services.collection_statistics,
        values=services.collection_values,
        preferences=services.preferences,
        pictures=services.pictures,
    )
    await bot.add_cog(Collection(parts, answers=services.answers))


class Collection(
    Looking,
    Keeping,
    Counting,
    Valuing,
    Editing,
    Playing,
    Together,
    commands.GroupCog,
    group_name="collection",
    group_description=locale_str("Your record collection on Discogs"),
):
    """Shows, reads and changes the asker's own collection; others' only where they share it."""

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle a button or a form of ours, if it is its owner who uses it."""
        press = press_of(interaction, self._handlers)
        if press is not None:
            await answer_owner(
                interaction,
                press,
                partial(self._handlers[press.prefix], interaction, press),
                reply=InteractionReply(interaction),
                answers=self._answers,
                refusal=N_(
                    "This belongs to whoever asked for it. Try `/collection browse` yourself."
                ),
            )
