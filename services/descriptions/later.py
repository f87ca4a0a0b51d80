"""``LateDescriptions``: what EurIA could not write now is written later (``queue_for_retry``).

The message shows the template meanwhile, and is edited when the text is there: at most a day
later, and never over something newer. The work is a durable job, so a restart forgets nothing,
and a text that was paid for is stored before it is shown.
"""

import logging
from datetime import timedelta
from typing import Final, Protocol

import msgspec

from services.delivery import (
    GIVE_UP_SECONDS,
    DiscordUnavailable,
    LateEdit,
    MessageEditor,
    MessagePlace,
)
from services.descriptions.late_models import WRITE_LATER, LateDescription, WriteLater
from services.descriptions.models import Grounding, NoText
from services.descriptions.service import DescriptionService
from services.errors import ExternalServiceException
from services.jobs.kinds import RetryLater, RunningJob
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock
from services.storage.errors import DatabaseUnavailable

_LOGGER = logging.getLogger(__name__)

_FIRST_TRY_SECONDS: Final = 15.0
_LONGEST_PAUSE_SECONDS: Final = 1_800.0
_DISCORD_PAUSE_SECONDS: Final = 30.0
_MOST_WAITING: Final = 100


class Promises(Protocol):
    """What an answer asks for that cannot show its text now."""

    async def promise(
        self,
        place: MessagePlace,
        grounding: Grounding,
        *,
        user_id: int,
        retry_after: float | None = None,
    ) -> bool:
        """Have the text written later; see ``LateDescriptions``."""

    async def supersede(self, message_id: int) -> None:
        """Have no earlier text shown in this message any more."""


class LateDescriptions:
    """Queues texts, and writes them when EurIA is back."""

    def __init__(
        self,
        *,
        descriptions: DescriptionService,
        queue: JobQueue,
        editor: MessageEditor,
        clock: Clock,
    ) -> None:
        """Write with ``descriptions``, and show it with ``editor``."""
        self._descriptions = descriptions
        self._queue = queue
        self._editor = editor
        self._clock = clock

    async def promise(
        self,
        place: MessagePlace,
        grounding: Grounding,
        *,
        user_id: int,
        retry_after: float | None = None,
    ) -> bool:
        """Have the text written later and shown at ``place``.

        Args:
            place: The message that shows the template now.
            grounding: What to write about.
            user_id: Who asked.
            retry_after: Seconds that EurIA asked to be left alone, if it did.

        Returns:
            True when the message will show it, so that one may say so. False when it will not
            (``skip_enrichment``): the queue is full, or the message may be out of reach by then;
            in that case the text is still written, for whoever asks again.
        """
        wish = grounding.wish
        work = WriteLater(
            late_id=0,
            user_id=user_id,
            topic=wish.words.text if wish.words is not None else "",
            target=str(wish.target),
            subject=wish.subject,
            length=wish.form,
            language=wish.language,
            facts=grounding.facts,
            is_thin=grounding.error is not None,
            asked_at=self._clock.now(),
        )
        try:
            return await self._enqueue(work, place, retry_after or 0.0)
        except DatabaseUnavailable as error:
            _LOGGER.warning("a text cannot be queued: %s", error)
            return False

    async def supersede(self, message_id: int) -> None:
        """Have no earlier text shown in this message any more: a new one is on its way."""
        try:
            await self._editor.supersede(message_id)
        except DatabaseUnavailable as error:
            _LOGGER.warning("an earlier text may still be shown: %s", error)

    async def _enqueue(self, work: WriteLater, place: MessagePlace, retry_after: float) -> bool:
        if await self._queue.waiting(WRITE_LATER) >= _MOST_WAITING:
            return False
        late_id = await self._editor.expect(place)
        seconds = max(_FIRST_TRY_SECONDS, retry_after)
        await self._queue.enqueue(
            WRITE_LATER,
            msgspec.structs.replace(work, late_id=late_id),
            run_at=work.asked_at + timedelta(seconds=seconds),
        )
        return place.is_in_reach

    async def write(self, job: RunningJob[WriteLater]) -> None:
        """Handle the job.

        Raises:
            RetryLater: EurIA or Discord still cannot.
        """
        work = job.payload
        age = (self._clock.now() - work.asked_at).total_seconds()
        if not work.text and not work.is_refused and age <= GIVE_UP_SECONDS:
            if not await self._editor.is_expected(work.late_id):
                return  # nobody waits for it: do not pay for it
            work = await self._write(work, age)
            async with job.saving(work):
                pass
        try:
            outcome = await self._editor.edit(
                work.late_id, _content(work), is_last_word=not work.text
            )
        except DiscordUnavailable as error:
            if age > 2 * GIVE_UP_SECONDS:
                return
            seconds = error.retry_after or _DISCORD_PAUSE_SECONDS
            raise RetryLater(f"Discord: {error}", seconds=seconds, counts=False) from error
        if outcome is not LateEdit.DONE:
            _LOGGER.info("a late text was not shown: %s", outcome.name.lower())

    async def _write(self, work: WriteLater, age: float) -> WriteLater:
        """Return the work with its text; without one when the model will not write it."""
        grounding = _grounding(work)
        if work.is_thin:
            grounding = await self._descriptions.ground(work.wish)
            work = msgspec.structs.replace(
                work, facts=grounding.facts or work.facts, is_thin=grounding.error is not None
            )
            grounding = _grounding(work)
        kept = await self._descriptions.kept(grounding)
        if kept is not None:  # somebody asked for the same meanwhile
            return msgspec.structs.replace(work, text=kept.text)
        try:
            async with self._descriptions.writing(grounding) as increments:
                text = "".join([increment async for increment in increments])
        except NoText as error:
            _LOGGER.info("a late text is none: %s", error)
            return msgspec.structs.replace(work, is_refused=True)
        except ExternalServiceException as error:
            # More patient with every hour; the day that it may take is the limit, not a count.
            patience = min(max(_FIRST_TRY_SECONDS, age / 4), _LONGEST_PAUSE_SECONDS)
            seconds = max(patience, error.retry_after or 0.0)
            raise RetryLater(str(error), seconds=seconds, counts=False) from error
        return msgspec.structs.replace(work, text=text)


def _grounding(work: WriteLater) -> Grounding:
    return Grounding(wish=work.wish, facts=work.facts)


def _content(work: WriteLater) -> LateDescription:
    return LateDescription(
        grounding=_grounding(work),
        user_id=work.user_id,
        text=work.text,
        asked_at=work.asked_at,
        is_refused=work.is_refused,
    )
