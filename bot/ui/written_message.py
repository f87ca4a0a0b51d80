"""``WrittenMessages``: a text is written into a message while people watch.

Facts first, then the model's words as they come; what goes wrong ends in the best that can be
shown: the text cut short, or a template, with the promise of a text where that can be kept.
"""

import asyncio
from dataclasses import dataclass, replace

from bot.errors import is_temporary, sentence, sentence_with_advice
from bot.i18n import Texts
from bot.ui.continuation import Continuation
from bot.ui.description_card import (
    DescriptionState,
    Stage,
    continuation_cards,
    description_card,
    length_shown,
    refusal_note,
)
from bot.ui.reply import Reply
from bot.ui.stream import ProgressiveMessage, ProgressiveMessages
from bot.ui.text import timestamp
from services.descriptions.later import Promises
from services.descriptions.models import (
    AllowanceSpent,
    Facts,
    Grounding,
    NoText,
    Payer,
    TextCut,
    Wish,
)
from services.descriptions.review import can_stand
from services.descriptions.service import DescriptionService
from services.errors import ExternalServiceException


class WrittenMessages:
    """Writes texts into messages, and stops them."""

    def __init__(
        self, *, descriptions: DescriptionService, later: Promises, messages: ProgressiveMessages
    ) -> None:
        """Have ``descriptions`` write now, or ``later``; show it through ``messages``."""
        self._descriptions = descriptions
        self._later = later
        self._messages = messages
        self._running: dict[int, asyncio.Task[DescriptionState]] = {}

    async def write(
        self,
        reply: Reply,
        wish: Wish,
        texts: Texts,
        *,
        known: Facts | None = None,
        is_fresh: bool = False,
        at_once: bool = False,
    ) -> None:
        """Answer with the text of ``wish``.

        Args:
            reply: Where.
            wish: What is to be read.
            texts: The asker's language.
            known: What is known of it without asking Discogs.
            is_fresh: Write a new one even if there is one.
            at_once: Show at once that it begins: nothing else tells that a button was noticed.

        Raises:
            EditFailed: Discord refused the last edit.
        """
        await reply.acknowledge()
        state = DescriptionState(
            wish=wish, owner=reply.user_id, stage=Stage.WAITING, question_id=reply.question_id
        )

        answer = Continuation(reply)

        async def show(newest: DescriptionState) -> None:
            await answer.show([description_card(newest, texts), *continuation_cards(newest)])

        async with self._messages.start(
            show, at_once=at_once, channel=reply.shared_channel, length_of=length_shown
        ) as message:
            message.update(state)
            desk = _Desk(self._descriptions, self._later, message, reply, texts)
            writing = asyncio.create_task(
                desk.write(state, known, is_fresh=is_fresh), name=f"writing {reply.question_id}"
            )
            self._running[reply.question_id] = writing
            try:
                await desk.finish(state, writing)
            finally:
                del self._running[reply.question_id]

    def stop(self, question_id: int) -> bool:
        """Stop the text that answers a question; False when none is being written."""
        running = self._running.get(question_id)
        return running is not None and running.cancel()


@dataclass(frozen=True, slots=True)
class _Desk:
    """One text on its way into one message."""

    descriptions: DescriptionService
    later: Promises
    message: ProgressiveMessage[DescriptionState]
    reply: Reply
    texts: Texts

    async def write(
        self, state: DescriptionState, known: Facts | None, *, is_fresh: bool
    ) -> DescriptionState:
        """Return the last state; the ones on the way go to the message."""
        grounding = await self.descriptions.ground(state.wish, known)
        state = replace(state, grounding=grounding)
        kept = None if is_fresh else await self.descriptions.kept(grounding)
        if kept is not None:
            return replace(state, stage=Stage.COMPLETE, text=kept.text, kept=kept)
        self.message.update(state)
        try:
            state = await self._follow(state, grounding)
        except NoText as error:
            state = self._without_text(self.message.newest or state, error)
        except ExternalServiceException as error:
            state = await self._failed(self.message.newest or state, grounding, error)
        used = await self.descriptions.used(self.reply.user_id)
        return replace(state, used=used if used is not None and used.is_worth_saying else None)

    async def finish(
        self, state: DescriptionState, writing: "asyncio.Task[DescriptionState]"
    ) -> None:
        """Show the last state, whatever becomes of ``writing``."""
        message = self.message
        try:
            await asyncio.wait({writing})
        except asyncio.CancelledError:  # the bot is closing: end the text honestly
            writing.cancel()
            note = self.texts.gettext("I'm restarting. Try again in a minute.")
            newest = message.newest or state
            stage = Stage.CUT_SHORT if newest.text.strip() else Stage.TEMPLATE
            await message.finish(replace(newest, stage=stage, note=note))
            raise
        newest = message.newest or state
        if writing.cancelled():  # the Stop button did that
            await message.finish(replace(newest, stage=Stage.STOPPED))
        elif (bug := writing.exception()) is not None:  # whoever called says so
            if self.reply.is_shown:
                await message.finish(replace(newest, stage=Stage.CUT_SHORT))
            raise bug
        else:
            await message.finish(writing.result())

    async def _follow(self, state: DescriptionState, grounding: Grounding) -> DescriptionState:
        payer = Payer(self.reply.user_id, self.reply.guild_id)
        async with self.descriptions.writing(
            grounding,
            payer=payer,
            on_place=lambda place: self.message.update(replace(state, place=place)),
        ) as increments:
            text = ""
            async for increment in increments:
                text += increment
                self.message.update(replace(state, stage=Stage.WRITING, text=text))
                if self.message.is_gone:  # nobody reads on: stop what is being paid for
                    break
        return replace(state, stage=Stage.COMPLETE, text=text)

    def _without_text(self, state: DescriptionState, error: NoText) -> DescriptionState:
        """Return what to show when the model ends without a whole text."""
        texts = self.texts
        if isinstance(error, TextCut) and can_stand(state.text, state.wish.form):
            note = texts.gettext("It grew too long.") if error.reason == "length" else ""
            return replace(state, stage=Stage.CUT_SHORT, note=note)
        note = refusal_note(texts)
        if isinstance(error, AllowanceSpent):
            note = _spent_note(error, texts)
        return replace(state, stage=Stage.TEMPLATE, text="", note=note)

    async def _failed(
        self, state: DescriptionState, grounding: Grounding, error: ExternalServiceException
    ) -> DescriptionState:
        """Return what to show when EurIA fails: what was written if it can stand, else facts."""
        texts = self.texts
        if can_stand(state.text, state.wish.form):
            return replace(state, stage=Stage.CUT_SHORT, note=sentence(error, texts))
        note = sentence_with_advice(error, None, texts)
        if await self._promise(grounding, error):
            promise = texts.gettext("I'll write the text here as soon as it's back.")
            note = f"{sentence(error, texts)} {promise}"
        return replace(state, stage=Stage.TEMPLATE, text="", note=note)

    async def _promise(self, grounding: Grounding, error: ExternalServiceException) -> bool:
        """Have it written later where waiting helps; True when the message will show it."""
        place = await self.reply.place(self.texts.language) if is_temporary(error) else None
        if place is None:
            return False
        return await self.later.promise(
            place, grounding, user_id=self.reply.user_id, retry_after=error.retry_after
        )


def _spent_note(error: AllowanceSpent, texts: Texts) -> str:
    when = timestamp(error.retry_at)
    if error.scope == "server":
        return texts.gettext(
            "This server has had its {limit} new texts of the day; the next one {when}. Texts "
            "written before stay free.",
            limit=error.limit,
            when=when,
        )
    return texts.gettext(
        "You've had your {limit} new texts of the day; the next one {when}. Texts written before "
        "stay free.",
        limit=error.limit,
        when=when,
    )
