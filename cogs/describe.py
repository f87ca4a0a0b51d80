"""``/describe``, and the buttons of every text that EurIA writes.

Facts come from Discogs, never from Spotify: a button below something of Spotify carries its id, and
all that becomes of it here is the number of what Discogs has under that name.
"""

from functools import partial
from typing import Protocol

import discord
import msgspec
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.errors import Answers
from bot.i18n import N_, Texts
from bot.ui.buttons import Press
from bot.ui.choices import Suggesting, release_choices
from bot.ui.description_card import DescriptionState, Stage, description_card
from bot.ui.description_ids import (
    ABOUT_PREFIX,
    AGAIN_PREFIX,
    MATCH_PREFIX,
    STOP_PREFIX,
    read_wish,
    shown_of,
)
from bot.ui.host import Host
from bot.ui.match_card import match_card, target_of
from bot.ui.notices import notice
from bot.ui.pressing import answer_owner, press_of
from bot.ui.reply import InteractionReply
from bot.ui.written_message import WrittenMessages
from services.descriptions.later import Promises
from services.descriptions.models import Form, Target, UserWords, Wish
from services.discogs.models import SearchHit
from services.euria.models import Subject


class Match(Protocol):
    """What Discogs has under the name of something else."""

    @property
    def hits(self) -> tuple[SearchHit, ...]:
        """The likeliest first."""

    @property
    def is_sure(self) -> bool:
        """Whether the first one is it, without doubt."""


class Matches(Protocol):
    """``CatalogueService``, as far as it is needed here: no name of Spotify comes out of it."""

    async def match(self, kind: str, item_id: str) -> Match:
        """Return what Discogs has; raises ExternalServiceException."""


class _Services(Protocol):
    @property
    def catalogue(self) -> Matches: ...
    @property
    def late_descriptions(self) -> Promises: ...
    @property
    def suggestions(self) -> Suggesting: ...
    @property
    def written_messages(self) -> WrittenMessages: ...
    @property
    def answers(self) -> Answers: ...


async def setup(bot: Host[_Services]) -> None:
    """Add the cog (discord.py calls this)."""
    services = bot.services
    await bot.add_cog(
        Describe(
            written=services.written_messages,
            later=services.late_descriptions,
            matches=services.catalogue,
            suggestions=services.suggestions,
            answers=services.answers,
        )
    )


class Describe(commands.Cog):
    """Has EurIA write about an album or artist while people watch."""

    def __init__(
        self,
        *,
        written: WrittenMessages,
        later: Promises,
        matches: Matches,
        suggestions: Suggesting,
        answers: Answers,
    ) -> None:
        """Answer through ``written``."""
        self._written = written
        self._later = later
        self._matches = matches
        self._suggestions = suggestions
        self._answers = answers
        self._handlers = {
            STOP_PREFIX: self._stop,
            AGAIN_PREFIX: self._again,
            ABOUT_PREFIX: self._about,
            MATCH_PREFIX: self._match,
        }

    @app_commands.command(
        name="describe", description=locale_str("Have AI write about an album or artist, live")
    )
    @app_commands.describe(
        topic=locale_str("An album or artist"),
        kind=locale_str("Is it an album or an artist?"),
        length=locale_str("How much to write; short by default"),
        fresh=locale_str("Write a new text even if there is one"),
    )
    @app_commands.choices(
        kind=[
            app_commands.Choice(name=locale_str("album"), value="album"),
            app_commands.Choice(name=locale_str("artist"), value="artist"),
        ],
        length=[
            app_commands.Choice(name=locale_str("short"), value="short"),
            app_commands.Choice(name=locale_str("long"), value="long"),
        ],
    )
    async def describe(
        self,
        interaction: discord.Interaction,
        topic: str,
        kind: str | None = None,
        length: str = "short",
        fresh: bool = False,  # noqa: FBT001, FBT002  # a command option
    ) -> None:
        """Answer ``/describe``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            wish = Wish(
                words=UserWords.typed(topic),
                subject=Subject(kind) if kind else None,
                form=Form(length),
                language=texts.language,
            )
            await self._written.write(reply, wish, texts, is_fresh=fresh)

    @describe.autocomplete("topic")
    async def suggest_topic(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest what the asker looked at last and owns; nobody upstream is asked."""
        found = self._suggestions.releases(interaction.user.id, typed)
        return await release_choices(found, by_name=True)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle Stop, Regenerate, Try again and Describe, if it is their owner who presses."""
        press = press_of(interaction, self._handlers)
        if press is None:
            return
        is_apart = press.prefix in (ABOUT_PREFIX, MATCH_PREFIX)
        message = interaction.message
        # What belongs to a card that only one person sees is not said to others.
        is_private = is_apart and message is not None and message.flags.ephemeral
        reply = InteractionReply(interaction, is_apart=is_apart, is_private=is_private)
        await answer_owner(
            interaction,
            press,
            partial(self._handlers[press.prefix], interaction, reply, press),
            reply=reply,
            answers=self._answers,
            refusal=N_("Only whoever asked for this text can do that."),
        )

    async def _stop(
        self,
        interaction: discord.Interaction,
        reply: InteractionReply,
        press: Press,
        texts: Texts,
    ) -> None:
        """Stop the text; one that a restart left unfinished is ended where it stands."""
        await reply.acknowledge()
        question = press.rest[0] if press.rest else ""
        if question.isdecimal() and self._written.stop(int(question)):
            return
        shown = shown_of(interaction.message) if interaction.message is not None else None
        wish = read_wish(press.rest[1:], texts.language)
        if shown is None or wish is None:
            await reply.fail(notice(texts.gettext("That text isn't being written any more.")))
            return
        topic, text = shown
        state = DescriptionState(
            wish=_with_words(wish, topic), owner=press.owner, stage=Stage.STOPPED, text=text
        )
        await reply.show(description_card(state, texts))

    async def _again(
        self,
        interaction: discord.Interaction,
        reply: InteractionReply,
        press: Press,
        texts: Texts,
    ) -> None:
        wish = read_wish(press.rest, texts.language)
        shown = shown_of(interaction.message) if interaction.message is not None else None
        if wish is None or shown is None or interaction.message is None:
            await reply.fail(notice(texts.gettext("I can't read that message; use `/describe`.")))
            return
        await reply.acknowledge()
        await self._later.supersede(interaction.message.id)
        wish = _with_words(wish, shown[0])
        await self._written.write(reply, wish, texts, is_fresh=True, at_once=True)

    async def _about(
        self,
        _interaction: discord.Interaction,
        reply: InteractionReply,
        press: Press,
        texts: Texts,
    ) -> None:
        """Describe what a card of Discogs shows, in a message of its own."""
        target = Target.parse(press.rest[0]) if press.rest else None
        if target is None:
            await reply.fail(notice(texts.gettext("I can't read that message; use `/describe`.")))
            return
        await self._written.write(
            reply, Wish(target=target, language=texts.language), texts, at_once=True
        )

    async def _match(
        self,
        _interaction: discord.Interaction,
        reply: InteractionReply,
        press: Press,
        texts: Texts,
    ) -> None:
        """Describe what Discogs has under the name of a card of Spotify; ask when in doubt."""
        await reply.acknowledge()
        kind, item_id = press.rest[0], press.rest[1]
        match = await self._matches.match(kind, item_id)
        if match.is_sure:
            wish = Wish(target=target_of(match.hits[0]), language=texts.language)
            await self._written.write(reply, wish, texts, at_once=True)
            return
        await reply.show(match_card(match.hits, user_id=reply.user_id, texts=texts))


def _with_words(wish: Wish, topic: str) -> Wish:
    """Return the wish with the words above its text, unless it names a thing by number."""
    if wish.target.kind != "w":
        return wish
    return msgspec.structs.replace(wish, words=UserWords(topic))
