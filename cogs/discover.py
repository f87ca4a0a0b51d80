"""``/discover``: records of your own collection for a mood."""

from functools import partial
from typing import Final, Protocol

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.errors import Answers
from bot.i18n import N_, Texts
from bot.ui.buttons import Press
from bot.ui.description_ids import shown_of
from bot.ui.discover_card import (
    AGAIN_PREFIX,
    AGREE_PREFIX,
    PLAIN_PREFIX,
    consent_card,
    looking_card,
    picks_card,
)
from bot.ui.host import Host
from bot.ui.notices import notice
from bot.ui.pressing import answer_owner, press_of
from bot.ui.reply import InteractionReply
from services.accounts.models import DiscogsLink
from services.descriptions.discovering import Discovery
from services.descriptions.models import Payer, UserWords
from services.errors import NotLinked

_PREFIXES: Final = (AGREE_PREFIX, PLAIN_PREFIX, AGAIN_PREFIX)


class Links(Protocol):
    """``DiscogsLinks``, as far as it is needed here."""

    async def describe(self, user_id: int, /) -> DiscogsLink | None:
        """Return the person's link, or None."""


class _Services(Protocol):
    @property
    def discovery(self) -> Discovery: ...
    @property
    def discogs_links(self) -> Links: ...
    @property
    def answers(self) -> Answers: ...


async def setup(bot: Host[_Services]) -> None:
    """Add the cog (discord.py calls this)."""
    services = bot.services
    await bot.add_cog(
        Discover(
            discovery=services.discovery,
            links=services.discogs_links,
            answers=services.answers,
        )
    )


class Discover(commands.Cog):
    """Picks from the asker's own collection, and nobody else's."""

    def __init__(self, *, discovery: Discovery, links: Links, answers: Answers) -> None:
        """Pick with ``discovery``."""
        self._discovery = discovery
        self._links = links
        self._answers = answers

    @app_commands.command(
        name="discover", description=locale_str("Find records of your own for a mood")
    )
    @app_commands.describe(mood=locale_str("A mood, an occasion, a style: rainy Sunday, hard bop"))
    async def discover(
        self, interaction: discord.Interaction, mood: app_commands.Range[str, 1, 200]
    ) -> None:
        """Answer ``/discover``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            words = UserWords.typed(mood)
            must_ask = self._discovery.has_ai and not await self._discovery.has_agreed(
                reply.user_id
            )
            await self._acknowledge(reply, is_private=must_ask)
            if must_ask:
                await reply.show(consent_card(words.text, user_id=reply.user_id, texts=texts))
                return
            await self._show_picks(reply, words, texts)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle the answer to the question, and the buttons below picks."""
        press = press_of(interaction, _PREFIXES)
        if press is not None:
            reply = InteractionReply(interaction)
            await answer_owner(
                interaction,
                press,
                partial(self._pressed, interaction, reply, press),
                reply=reply,
                answers=self._answers,
                refusal=N_("This belongs to whoever asked for it. Try `/discover`."),
            )

    async def _pressed(
        self,
        interaction: discord.Interaction,
        reply: InteractionReply,
        press: Press,
        texts: Texts,
    ) -> None:
        shown = shown_of(interaction.message) if interaction.message is not None else None
        if shown is None:
            await reply.fail(notice(texts.gettext("I can't read that message; use `/discover`.")))
            return
        mood = UserWords(shown[0])
        must_ask = press.prefix == AGREE_PREFIX and bool(press.rest)
        if must_ask and not await self._discovery.has_agreed(press.owner):
            # Asked below picks that others may see: the question is between the two of us.
            reply = InteractionReply(interaction, is_private=True, is_apart=True)
            await reply.acknowledge()
            await reply.show(consent_card(mood.text, user_id=press.owner, texts=texts))
            return
        await self._acknowledge(reply)
        if press.prefix == AGREE_PREFIX:
            await self._discovery.agree(press.owner)
        elif press.prefix == PLAIN_PREFIX:
            await self._discovery.disagree(press.owner)
        await self._show_picks(reply, mood, texts)

    async def _acknowledge(self, reply: InteractionReply, *, is_private: bool = False) -> None:
        """Say that an answer comes, and to whom.

        Raises:
            NotLinked: There is nothing to pick from.
        """
        link = await self._links.describe(reply.user_id)
        if link is None:
            raise NotLinked("discogs", "discover")
        if link.is_proven or is_private:
            reply.make_private()
        await reply.acknowledge()

    async def _show_picks(self, reply: InteractionReply, mood: UserWords, texts: Texts) -> None:
        await reply.show(looking_card(mood.text, texts))
        payer = Payer(reply.user_id, reply.guild_id)
        picks = await self._discovery.pick(mood, texts.language, payer)
        card = picks_card(
            mood.text, picks, user_id=reply.user_id, has_ai=self._discovery.has_ai, texts=texts
        )
        await reply.show(card)
