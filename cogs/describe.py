"""``/describe``: EurIA's text, streamed into one message; facts from Discogs, never Spotify."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Protocol

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.errors import Answers, is_temporary, sentence, sentence_with_advice
from bot.i18n import Texts
from bot.ui.continuation import Continuation
from bot.ui.description_card import (
    AGAIN_PREFIX,
    ANY_SUBJECT,
    STOP_PREFIX,
    DescriptionState,
    Stage,
    again_id,
    continuation_cards,
    description_card,
    length_shown,
    topic_of,
)
from bot.ui.host import Host
from bot.ui.notices import notice
from bot.ui.reply import InteractionReply, Reply
from bot.ui.stream import ProgressiveMessage, ProgressiveMessages
from services.descriptions.later import Promises
from services.descriptions.service import DescriptionService, Grounding
from services.errors import ExternalServiceException
from services.euria.models import Length, Subject
from services.music import clean_query


class _Services(Protocol):
    @property
    def descriptions(self) -> DescriptionService: ...
    @property
    def late_descriptions(self) -> Promises: ...
    @property
    def messages(self) -> ProgressiveMessages: ...
    @property
    def answers(self) -> Answers: ...


async def setup(bot: Host[_Services]) -> None:
    """Add the cog (discord.py calls this)."""
    services = bot.services
    await bot.add_cog(
        Describe(
            descriptions=services.descriptions,
            later=services.late_descriptions,
            messages=services.messages,
            answers=services.answers,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What the user asked for."""

    topic: str
    subject: Subject | None
    length: Length
    is_fresh: bool


class Describe(commands.Cog):
    """Writes about an album or artist while people watch."""

    def __init__(
        self,
        *,
        descriptions: DescriptionService,
        later: Promises,
        messages: ProgressiveMessages,
        answers: Answers,
    ) -> None:
        """Have ``descriptions`` write now, or ``later``; show it through ``messages``."""
        self._descriptions = descriptions
        self._later = later
        self._messages = messages
        self._answers = answers
        self._running: dict[str, asyncio.Task[DescriptionState]] = {}

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
            wish = _Wish(
                topic=clean_query(topic),
                subject=Subject(kind) if kind else None,
                length=Length(length),
                is_fresh=fresh,
            )
            await self._answer(reply, wish, texts)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle Stop, Regenerate and Try again."""
        data: Mapping[str, Any] = interaction.data or {}
        custom_id = str(data.get("custom_id", ""))
        for prefix, handle in ((STOP_PREFIX, self._stop), (AGAIN_PREFIX, self._again)):
            if custom_id.startswith(f"{prefix}:"):
                reply = InteractionReply(interaction)
                async with self._answers.to(reply, interaction.locale) as texts:
                    rest = custom_id.removeprefix(f"{prefix}:")
                    if rest.split(":")[0] == str(interaction.user.id):
                        await handle(interaction, reply, rest, texts)
                    else:
                        text = texts.gettext("Only whoever asked for this text can do that.")
                        await reply.fail(notice(text))

    async def _stop(
        self, interaction: discord.Interaction, reply: Reply, stop_id: str, texts: Texts
    ) -> None:
        del interaction
        await reply.acknowledge()
        running = self._running.get(stop_id)
        if running is not None:
            running.cancel()
        else:
            await reply.fail(notice(texts.gettext("That text isn't being written any more.")))

    async def _again(
        self, interaction: discord.Interaction, reply: Reply, rest: str, texts: Texts
    ) -> None:
        _, length, subject = rest.split(":")
        topic = topic_of(interaction.message) if interaction.message else None
        if topic is None:
            await reply.fail(notice(texts.gettext("I can't read that message; use `/describe`.")))
            return
        if interaction.message is not None:
            await reply.acknowledge()
            await self._later.supersede(interaction.message.id)
        wish = _Wish(
            topic=topic,
            subject=None if subject == ANY_SUBJECT else Subject(subject),
            length=Length(length),
            is_fresh=True,
        )
        await self._answer(reply, wish, texts, at_once=True)

    async def _answer(
        self, reply: Reply, wish: _Wish, texts: Texts, *, at_once: bool = False
    ) -> None:
        await reply.acknowledge()
        stop_id = f"{reply.user_id}:{reply.question_id}"
        state = DescriptionState(
            topic=wish.topic,
            stage=Stage.WAITING,
            stop_id=stop_id,
            again_id=again_id(reply.user_id, wish.length, wish.subject),
        )

        answer = Continuation(reply)

        async def show(newest: DescriptionState) -> None:
            await answer.show([description_card(newest, texts), *continuation_cards(newest)])

        async with self._messages.start(
            show, at_once=at_once, channel=reply.shared_channel, length_of=length_shown
        ) as message:
            message.update(state)
            writing = asyncio.create_task(
                self._write(message, state, wish, reply, texts), name=f"describe {stop_id}"
            )
            self._running[stop_id] = writing
            try:
                await asyncio.wait({writing})
            except asyncio.CancelledError:  # the bot is closing: end the text honestly
                writing.cancel()
                note = texts.gettext("I'm restarting. Try again in a minute.")
                last = replace(message.newest or state, stage=Stage.CUT_SHORT, note=note)
                await message.finish(last)
                raise
            finally:
                del self._running[stop_id]
            if writing.cancelled():  # the Stop button did that
                last = replace(message.newest or state, stage=Stage.STOPPED)
            elif (bug := writing.exception()) is not None:  # whoever called says so
                if reply.is_shown:
                    await message.finish(replace(message.newest or state, stage=Stage.CUT_SHORT))
                raise bug
            else:
                last = writing.result()
            await message.finish(last)

    async def _write(
        self,
        message: ProgressiveMessage[DescriptionState],
        state: DescriptionState,
        wish: _Wish,
        reply: Reply,
        texts: Texts,
    ) -> DescriptionState:
        """Return the last state; the ones on the way go to ``message``."""
        grounding = await self._descriptions.ground(wish.topic, wish.subject)
        state = replace(state, grounding=grounding)
        if not wish.is_fresh:
            kept = await self._descriptions.kept(grounding, wish.length, texts.language_name)
            if kept is not None:
                return replace(state, stage=Stage.COMPLETE, text=kept.text, kept=kept)
        message.update(state)
        writing = self._descriptions.write(grounding, wish.length, texts.language_name)
        try:
            async with aclosing(writing) as increments:
                async for increment in increments:
                    text = state.text + increment
                    state = replace(state, stage=Stage.WRITING, text=text)
                    message.update(state)
                    if message.is_gone:  # nobody reads on: stop what is being paid for
                        break
        except ExternalServiceException as error:
            if state.text.strip():  # keep what was written and say so
                return replace(state, stage=Stage.CUT_SHORT, note=sentence(error, texts))
            is_promised = await self._promise(error, grounding, wish, reply, texts)
            note = _template_note(error, texts, is_promised=is_promised)
            return replace(state, stage=Stage.TEMPLATE, note=note)
        return replace(state, stage=Stage.COMPLETE)

    async def _promise(
        self,
        error: ExternalServiceException,
        grounding: Grounding,
        wish: _Wish,
        reply: Reply,
        texts: Texts,
    ) -> bool:
        """Have it written later where waiting helps; True when the message will show it."""
        place = await reply.place(texts.language) if is_temporary(error) else None
        if place is None:
            return False
        return await self._later.promise(
            place,
            grounding,
            wish.length,
            language=texts.language_name,
            user_id=reply.user_id,
            retry_after=error.retry_after,
        )


def _template_note(error: ExternalServiceException, texts: Texts, *, is_promised: bool) -> str:
    if not is_promised:
        return sentence_with_advice(error, None, texts)
    promise = texts.gettext("I'll write the text here as soon as it's back.")
    return f"{sentence(error, texts)} {promise}"
