"""``/collection who`` and ``compare``: other people's records, of those who share them."""

from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Range, locale_str

from bot.errors import Answers
from bot.i18n import Texts
from bot.ui.buttons import Press
from bot.ui.comparison_card import COMPARE_PREFIX, comparison_card
from bot.ui.notices import notice
from bot.ui.owners_card import nobody_text, owners_card
from bot.ui.presence import asking
from bot.ui.reply import InteractionReply
from cogs.collection._part import Part
from cogs.collection._ports import Parts
from services.collection.memberships import Presence
from services.collection.shared_models import Section
from services.music import clean_query

_MOST_DIGITS: Final = 6


class Together(Part):
    """The commands about several people.

    What is shown is seen by the channel when all whose records it shows share them, and by the
    asker alone otherwise.
    """

    def __init__(self, parts: Parts, *, answers: Answers) -> None:
        """Ask ``parts``."""
        super().__init__(parts, answers=answers)
        self._handlers |= {COMPARE_PREFIX: self._look}

    @app_commands.command(name="who", description=locale_str("Who here owns a record"))
    @app_commands.describe(query=locale_str("Artist and title, or a release's number or address"))
    async def who(self, interaction: discord.Interaction, query: Range[str, 1, 200]) -> None:
        """Answer ``/collection who``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            query, guild = clean_query(query), interaction.guild
            if guild is None or not interaction.is_guild_integration():
                await reply.fail(notice(_no_place(texts, is_guild=guild is not None)))
                return
            await reply.acknowledge()
            owners = await self._parts.shared.who(reply.user_id, query, guild.id, asking(guild))
            if owners.people:
                await reply.show(owners_card(owners, query, texts))
            else:
                await reply.fail(notice(nobody_text(query, owners, texts)))

    @app_commands.command(
        name="compare", description=locale_str("Compare your records with somebody else's")
    )
    @app_commands.describe(user=locale_str("Somebody here who shares their records"))
    async def compare(
        self, interaction: discord.Interaction, user: discord.User | discord.Member
    ) -> None:
        """Answer ``/collection compare``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            if interaction.guild_id is None:
                await reply.fail(notice(_no_place(texts, is_guild=False)))
            elif user.id == reply.user_id:
                same = texts.gettext("That's you! Pick somebody else to compare your records with.")
                await reply.fail(notice(same))
            elif user.bot:
                await reply.fail(notice(texts.gettext("Bots collect no records.")))
            else:
                # Discord itself says with the command whether that person is here.
                is_here = isinstance(user, discord.Member)
                await self._compare(interaction, reply, user.id, is_here, texts)

    async def _look(self, interaction: discord.Interaction, press: Press, texts: Texts) -> None:
        """Show another part of a comparison, if the other still shares and is still here."""
        reply, guild = InteractionReply(interaction), interaction.guild
        other, section, page, *_ = press.rest
        if guild is None or not page.isdecimal() or len(page) > _MOST_DIGITS:
            await reply.fail(notice(_not_shared(texts)))
            return
        await self._compare(
            interaction,
            reply,
            int(other),
            asking(guild),
            texts,
            section=Section(section),
            page=int(page),
        )

    async def _compare(
        self,
        interaction: discord.Interaction,
        reply: InteractionReply,
        other_id: int,
        presence: Presence,
        texts: Texts,
        *,
        section: Section = Section.BOTH,
        page: int = 1,
    ) -> None:
        user_id = reply.user_id
        await self._parts.link_of(user_id)
        was_sharing = await self._parts.shared.shares(user_id)
        if not was_sharing:
            reply.make_private()
        await reply.acknowledge()
        found = await self._parts.shared.compare(
            user_id, other_id, interaction.guild_id or 0, presence, section=section, page=page
        )
        if found is not None:
            # Where the bot is no member, it cannot ask later whether the other is still here.
            has_buttons = interaction.is_guild_integration()
            card = comparison_card(found, texts, has_buttons=has_buttons)
            is_for_all = was_sharing and found.asker_shares
            await (reply.show if is_for_all or not was_sharing else reply.fail)(card)
        elif interaction.message is None:
            await reply.fail(notice(_not_shared(texts)))
        else:
            await reply.show(notice(_not_shared(texts)))  # in place of what was shown before


def _no_place(texts: Texts, *, is_guild: bool) -> str:
    if is_guild:
        return texts.gettext(
            "I'm not a member of this server, so I can't tell who is here. Whoever manages it can "
            "invite me."
        )
    return texts.gettext("That's about the people of a server: ask me in one.")


def _not_shared(texts: Texts) -> str:
    return texts.gettext(
        "That person shares no records here. Those who want to can switch it on with `/settings`."
    )
