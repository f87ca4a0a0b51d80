"""``/haiku``: three lines about a record, an artist, one of your own records, or today."""

from typing import Protocol

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.errors import Answers
from bot.ui.host import Host
from bot.ui.reply import InteractionReply
from bot.ui.written_message import WrittenMessages
from services.accounts.models import DiscogsLink
from services.collection.models import Filters, Pick
from services.descriptions.facts import facts_of_copy
from services.descriptions.models import Facts, Form, Target, UserWords, Wish


class Copies(Protocol):
    """``CollectionService``, as far as it is needed here."""

    async def random(self, user_id: int, filters: Filters, /) -> Pick | None:
        """Return a copy that was not shown for longest."""


class Links(Protocol):
    """``DiscogsLinks``, as far as it is needed here."""

    async def describe(self, user_id: int, /) -> DiscogsLink | None:
        """Return the person's link, or None."""


class _Services(Protocol):
    @property
    def collection(self) -> Copies: ...
    @property
    def discogs_links(self) -> Links: ...
    @property
    def written_messages(self) -> WrittenMessages: ...
    @property
    def answers(self) -> Answers: ...


async def setup(bot: Host[_Services]) -> None:
    """Add the cog (discord.py calls this)."""
    services = bot.services
    await bot.add_cog(
        Haiku(
            copies=services.collection,
            links=services.discogs_links,
            written=services.written_messages,
            answers=services.answers,
        )
    )


class Haiku(commands.Cog):
    """Has EurIA write haiku."""

    def __init__(
        self, *, copies: Copies, links: Links, written: WrittenMessages, answers: Answers
    ) -> None:
        """Find a record among ``copies`` where nobody names one."""
        self._copies = copies
        self._links = links
        self._written = written
        self._answers = answers

    @app_commands.command(
        name="haiku", description=locale_str("Have AI write a haiku about music, live")
    )
    @app_commands.describe(
        subject=locale_str("An album or artist; without one, a record of yours, or today")
    )
    async def haiku(
        self,
        interaction: discord.Interaction,
        subject: app_commands.Range[str, 1, 200] | None = None,
    ) -> None:
        """Answer ``/haiku``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            if subject is not None:
                wish = Wish(
                    words=UserWords.typed(subject), form=Form.HAIKU, language=texts.language
                )
                await self._written.write(reply, wish, texts)
                return
            link = await self._links.describe(reply.user_id)
            if link is not None and link.is_proven:
                reply.make_private()  # which record it is, only they may know
            await reply.acknowledge()
            wish, known = await self._picked(reply.user_id, texts.language, is_linked=bool(link))
            await self._written.write(reply, wish, texts, known=known)

    async def _picked(
        self, user_id: int, language: str, *, is_linked: bool
    ) -> tuple[Wish, Facts | None]:
        """Return one of the person's records to write about; today where they have none."""
        pick = await self._copies.random(user_id, Filters()) if is_linked else None
        today = Wish(target=Target("d"), form=Form.HAIKU, language=language)
        if pick is None:
            return today, None
        known = facts_of_copy(pick.copy)
        if known is None:  # an entry of their own hand: their own words
            words = UserWords(" ".join(filter(None, (pick.copy.artist, pick.copy.title)))[:200])
            return Wish(words=words, form=Form.HAIKU, language=language), None
        target = Target("r", known.release_id)
        return Wish(target=target, form=Form.HAIKU, language=language), known
