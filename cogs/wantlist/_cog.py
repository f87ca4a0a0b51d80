"""``/wantlist``: its options, and who handles its buttons."""

from functools import partial
from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Choice, Range, locale_str
from discord.ext import commands

from bot.errors import Answers
from bot.i18n import N_, Texts
from bot.ui.buttons import Press
from bot.ui.host import Host
from bot.ui.notices import notice
from bot.ui.pressing import answer_owner, press_of
from bot.ui.reply import InteractionReply
from bot.ui.want_cards import (
    ADD_PREFIX,
    CLEAN_ALL_PREFIX,
    CLEAN_SAME_PREFIX,
    KEEP_PREFIX,
    REMOVE_PREFIX,
)
from bot.ui.wantlist_card import CLEAN_PREFIX, PAGE_PREFIX, wants_card
from cogs.collection import _filters as filtering
from cogs.wantlist._changing import Changing
from cogs.wantlist._ports import Parts, Services
from services.collection.models import Filters, Sort
from services.collection.views import CollectionView

Choices = list[Choice[str]]

_SORTS: Final[Choices] = [
    Choice(name=locale_str("newest on the wantlist first"), value=Sort.ADDED.value),
    Choice(name=locale_str("by artist"), value=Sort.ARTIST.value),
    Choice(name=locale_str("by title"), value=Sort.TITLE.value),
    Choice(name=locale_str("oldest pressing first"), value=Sort.YEAR.value),
    Choice(name=locale_str("by label"), value=Sort.LABEL.value),
    Choice(name=locale_str("best rated first"), value=Sort.RATING.value),
]
_MOST_DIGITS: Final = 6


async def setup(bot: Host[Services]) -> None:
    """Add the cog (discord.py calls this)."""
    services = bot.services
    parts = Parts(
        wants=services.wantlist,
        releases=services.catalogue,
        views=services.collection_views,
        links=services.discogs_links,
    )
    await bot.add_cog(Wantlist(parts, answers=services.answers))


class Wantlist(
    commands.GroupCog,
    group_name="wantlist",
    group_description=locale_str("Your wantlist on Discogs"),
):
    """Shows and changes the asker's own wantlist, and nobody else's.

    As with collections, what a link by name shows is public and is answered in the channel; what
    only its owner may see is shown to them alone.
    """

    def __init__(self, parts: Parts, *, answers: Answers) -> None:
        """Answer with ``answers``."""
        super().__init__()
        self._parts = parts
        self._answers = answers
        self._changing = Changing(parts)
        self._handlers = {
            PAGE_PREFIX: self._turn,
            ADD_PREFIX: self._changing.confirm_addition,
            REMOVE_PREFIX: self._changing.confirm_removal,
            KEEP_PREFIX: self._changing.keep,
            CLEAN_PREFIX: self._changing.ask_clean_up,
            CLEAN_ALL_PREFIX: self._changing.clean_up_all,
            CLEAN_SAME_PREFIX: self._changing.clean_up_same,
        }

    @app_commands.command(
        name="browse", description=locale_str("Look through the records you want")
    )
    @app_commands.describe(
        text=locale_str("Words in artist, title, label, number or notes"),
        sort=locale_str("In which order; the newest first by default"),
    )
    @app_commands.choices(sort=_SORTS)
    async def browse(
        self,
        interaction: discord.Interaction,
        text: Range[str, 1, 100] | None = None,
        sort: str = Sort.ADDED.value,
    ) -> None:
        """Answer ``/wantlist browse``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._acknowledge(reply)
            view = CollectionView(filters=Filters(text=filtering.name(text)), sort=Sort(sort))
            key = await self._parts.views.keep(reply.user_id, view)
            await self._show_page(reply, view, key, 1, texts)

    @app_commands.command(name="add", description=locale_str("Put a release on your wantlist"))
    @app_commands.describe(release=locale_str("Its number or page on Discogs, or words to find it"))
    async def add(self, interaction: discord.Interaction, release: Range[str, 1, 200]) -> None:
        """Answer ``/wantlist add``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._changing.add(reply, release, texts)

    @app_commands.command(name="remove", description=locale_str("Take a record off your wantlist"))
    @app_commands.describe(item=locale_str("Type a few letters and pick the record"))
    async def remove(self, interaction: discord.Interaction, item: Range[str, 1, 100]) -> None:
        """Answer ``/wantlist remove``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._changing.remove(reply, item, texts)

    @remove.autocomplete("item")
    async def suggest_item(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the asker's own wishes, from what is stored."""
        texts = self._answers.texts(interaction.locale)
        user_id = interaction.user.id
        return await filtering.suggest_items(
            lambda: self._changing.suggestions(user_id, typed, texts)
        )

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle a button of ours, if it is its owner who presses it."""
        press = press_of(interaction, self._handlers)
        if press is not None:
            await answer_owner(
                interaction,
                press,
                partial(self._handlers[press.prefix], interaction, press),
                reply=InteractionReply(interaction),
                answers=self._answers,
                refusal=N_(
                    "This belongs to whoever asked for it. Try `/wantlist browse` yourself."
                ),
            )

    async def _turn(self, interaction: discord.Interaction, press: Press, texts: Texts) -> None:
        """Show another page in the same message."""
        key, page = press.rest[0], press.rest[1]
        reply = InteractionReply(interaction)
        await self._acknowledge(reply)
        view = await self._parts.views.find(press.owner, key)
        if view is None or not (page.isdecimal() and len(page) <= _MOST_DIGITS):
            text = texts.gettext(
                "I no longer know what this message was about; `{command}` starts anew.",
                command="/wantlist browse",
            )
            await reply.fail(notice(text))
            return
        await self._show_page(reply, view, key, int(page), texts)

    async def _acknowledge(self, reply: InteractionReply) -> None:
        """Say that an answer comes, and to whom.

        Raises:
            NotLinked: There is nothing to show.
        """
        link = await self._parts.link_of(reply.user_id)
        if link.is_proven:
            reply.make_private()
        await reply.acknowledge()

    async def _show_page(
        self, reply: InteractionReply, view: CollectionView, key: str, number: int, texts: Texts
    ) -> None:
        user_id, text = reply.user_id, view.filters.text
        page = await self._parts.wants.browse(user_id, text, view.sort, number)
        await reply.show(wants_card(page, text, user_id=user_id, key=key, texts=texts))
