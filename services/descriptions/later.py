"""``LateDescriptions``: what EurIA could not write now is written later (``queue_for_retry``).

The message shows the template meanwhile, and is edited when the text is there: at most a day
later, and never over something newer. The work is a durable job, so a restart forgets nothing,
and a text that was paid for is stored before it is shown.
"""

import logging
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec

from services.delivery import (
    GIVE_UP_SECONDS,
    DiscordUnavailable,
    LateEdit,
    MessageEditor,
    MessagePlace,
)
from services.descriptions.service import DescriptionService, Grounding
from services.discogs.models import SearchHit
from services.errors import ExternalServiceException
from services.euria.models import Length, Subject
from services.jobs.kinds import JobKind, RetryLater, RunningJob
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock
from services.storage.errors import DatabaseUnavailable
from services.storage.job_models import Priority

_LOGGER = logging.getLogger(__name__)

_FIRST_TRY_SECONDS: Final = 15.0
_LONGEST_PAUSE_SECONDS: Final = 1_800.0
_DISCORD_PAUSE_SECONDS: Final = 30.0
_MOST_WAITING: Final = 100


class WriteLater(msgspec.Struct, frozen=True, kw_only=True):
    """The job: what to write, for which message; ``text`` once it is written."""

    late_id: int
    user_id: int
    topic: str
    subject: Subject | None
    hit: SearchHit | None
    length: Length
    language: str
    asked_at: datetime
    text: str = ""


WRITE_LATER: Final = JobKind(
    name="descriptions.write_later", payload=WriteLater, priority=Priority.BACKGROUND
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateDescription:
    """What the message shows in the end.

    Attributes:
        grounding: What was asked for, and what Discogs knew.
        length: As asked for.
        user_id: Who asked, and may have it written again.
        text: The whole text; empty when it was given up.
        asked_at: When it was asked for (UTC).
    """

    grounding: Grounding
    length: Length
    user_id: int
    text: str
    asked_at: datetime


class Promises(Protocol):
    """What an answer asks for that cannot show its text now."""

    async def promise(
        self,
        place: MessagePlace,
        grounding: Grounding,
        length: Length,
        *,
        language: str,
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
        length: Length,
        *,
        language: str,
        user_id: int,
        retry_after: float | None = None,
    ) -> bool:
        """Have the text written later and shown at ``place``.

        Args:
            place: The message that shows the template now.
            grounding: What to write about.
            length: Short or long.
            language: English name of the language to write in.
            user_id: Who asked.
            retry_after: Seconds that EurIA asked to be left alone, if it did.

        Returns:
            True when the message will show it, so that one may say so; False when the queue is
            full, or the message may be out of reach by then: the text is then only kept for whoever
            asks again.
        """
        wish = WriteLater(
            late_id=0,
            user_id=user_id,
            topic=grounding.topic,
            subject=grounding.subject,
            hit=grounding.hit,
            length=length,
            language=language,
            asked_at=self._clock.now(),
        )
        try:
            return await self._enqueue(wish, place, retry_after or 0.0)
        except DatabaseUnavailable as error:
            _LOGGER.warning("a text cannot be queued: %s", error)
            return False

    async def supersede(self, message_id: int) -> None:
        """Have no earlier text shown in this message any more: a new one is on its way."""
        try:
            await self._editor.supersede(message_id)
        except DatabaseUnavailable as error:
            _LOGGER.warning("an earlier text may still be shown: %s", error)

    async def _enqueue(self, wish: WriteLater, place: MessagePlace, retry_after: float) -> bool:
        if await self._queue.waiting(WRITE_LATER) >= _MOST_WAITING:
            return False
        late_id = await self._editor.expect(place)
        seconds = max(_FIRST_TRY_SECONDS, retry_after)
        await self._queue.enqueue(
            WRITE_LATER,
            msgspec.structs.replace(wish, late_id=late_id),
            run_at=wish.asked_at + timedelta(seconds=seconds),
        )
        return place.is_in_reach

    async def write(self, job: RunningJob[WriteLater]) -> None:
        """Handle the job.

        Raises:
            RetryLater: EurIA or Discord still cannot.
        """
        wish = job.payload
        age = (self._clock.now() - wish.asked_at).total_seconds()
        text = wish.text
        if not text and age <= GIVE_UP_SECONDS:
            if not await self._editor.is_expected(wish.late_id):
                return  # nobody waits for it: do not pay for it
            text = await self._write(wish, age)
            async with job.saving(msgspec.structs.replace(wish, text=text)):
                pass
        try:
            outcome = await self._editor.edit(
                wish.late_id, _content(wish, text), is_last_word=not text
            )
        except DiscordUnavailable as error:
            if age > 2 * GIVE_UP_SECONDS:
                return
            seconds = error.retry_after or _DISCORD_PAUSE_SECONDS
            raise RetryLater(f"Discord: {error}", seconds=seconds, counts=False) from error
        if outcome is not LateEdit.DONE:
            _LOGGER.info("a late text was not shown: %s", outcome.name.lower())

    async def _write(self, wish: WriteLater, age: float) -> str:
        grounding = _grounding(wish)
        kept = await self._descriptions.kept(grounding, wish.length, wish.language)
        if kept is not None:  # somebody asked for the same meanwhile
            return kept.text
        try:
            writing = self._descriptions.write(grounding, wish.length, wish.language)
            async with aclosing(writing) as increments:
                return "".join([increment async for increment in increments])
        except ExternalServiceException as error:
            # More patient with every hour; the day that it may take is the limit, not a count.
            patience = min(max(_FIRST_TRY_SECONDS, age / 4), _LONGEST_PAUSE_SECONDS)
            seconds = max(patience, error.retry_after or 0.0)
            raise RetryLater(str(error), seconds=seconds, counts=False) from error


def _grounding(wish: WriteLater) -> Grounding:
    return Grounding(topic=wish.topic, subject=wish.subject, hit=wish.hit)


def _content(wish: WriteLater, text: str) -> LateDescription:
    return LateDescription(
        grounding=_grounding(wish),
        length=wish.length,
        user_id=wish.user_id,
        text=text,
        asked_at=wish.asked_at,
    )
