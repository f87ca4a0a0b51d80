"""The message menu's "Find music links": cards for what a message links to."""

from collections.abc import Iterator
from typing import Final, Protocol

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.errors import Answers
from bot.ui.host import MenuHost
from bot.ui.linked_message import LinkedMessages
from bot.ui.notices import notice
from bot.ui.reply import InteractionReply
from services.catalogue.links import find_music_links

FIND: Final = locale_str("Find music links")


class _Services(Protocol):
    @property
    def linked_messages(self) -> LinkedMessages: ...
    @property
    def answers(self) -> Answers: ...


async def setup(bot: MenuHost[_Services]) -> None:
    """Add the cog and its entry of the message menu (discord.py calls this)."""
    cog = Links(linked=bot.services.linked_messages, answers=bot.services.answers)
    await bot.add_cog(cog)
    # A cog cannot declare an entry of a menu, as it can a command.
    bot.tree.add_command(app_commands.ContextMenu(name=FIND, callback=cog.find))


class Links(commands.Cog):
    """Finds Spotify's and Discogs' links in messages."""

    def __init__(self, *, linked: LinkedMessages, answers: Answers) -> None:
        """Answer through ``linked``."""
        self._linked = linked
        self._answers = answers

    async def find(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Answer with a card for each link of ``message``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            links = find_music_links("\n".join(texts_of(message)))
            if links:
                await self._linked.answer(reply, links, texts)
                return
            said = texts.gettext(
                "I see no link to Spotify or Discogs in that message. `/search` finds music by "
                "its name."
            )
            await reply.fail(notice(said))


def texts_of(message: discord.Message) -> Iterator[str]:
    """Yield everything in a message that may hold a link: also of forwards, embeds and cards."""
    yield message.content
    for snapshot in message.message_snapshots:
        yield snapshot.content
        yield from _texts_of_embeds(snapshot.embeds)
    yield from _texts_of_embeds(message.embeds)
    if message.flags.components_v2:
        view = discord.ui.LayoutView.from_message(message, timeout=None)
        for item in view.walk_children():
            if isinstance(item, discord.ui.TextDisplay):
                yield item.content


def _texts_of_embeds(embeds: list[discord.Embed]) -> Iterator[str]:
    for embed in embeds:
        fields = (field.value for field in embed.fields)
        yield from filter(None, (embed.url, embed.description, *fields))
