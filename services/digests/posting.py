"""``DigestPosting``: posts each slot of a digest once.

One job per slot comes here (``planning.py``). It is the only one that touches the slot, since its
fence is checked in every transaction (``slot_book.py``); after a crash it comes again, and finds
the slot

1. *claimed*: nothing was sent. What was prepared is sent; or what is composed now, with a limit.
2. *sending*: it may stand in the channel, which is read for the slot's mark. Surely not there: it
   is claimed as before, so whatever changed meanwhile is heeded. When the channel may not be read,
   the same nonce is sent again as long as Discord surely knows it; later, or when what was to be
   said is out of date, nobody can tell, so the slot is *uncertain*: not repeated, and the creator
   is told.
3. settled, or gone with its digest: nothing is to be done.

Whoever mends the text later hears of a post before it is recorded: after a crash, once more.
"""

import logging
import random
from datetime import timedelta
from typing import Final, Generic, TypeVar

import msgspec

from services.delivery import DiscordUnavailable, Publisher, Refused
from services.digests.models import NoSuchDigest, Place, PostedDigest, Slot
from services.digests.ports import Composer, PostedMessages
from services.digests.preparing import DigestPreparing
from services.digests.slot_book import SETTLED, Found, SlotBook
from services.digests.work import POST, SlotWork
from services.jobs.kinds import RetryLater, RunningJob
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock
from services.resilience.rate_limiter import Rate, RateLimiter
from services.storage.database import Database
from services.storage.digest_slots import DigestSlotRepository, SlotState
from services.storage.digests import DigestRepository

C = TypeVar("C", bound=msgspec.Struct)

_LOGGER = logging.getLogger(__name__)

POSTS_AT_ONCE: Final = 16

_COMPOSE_SECONDS: Final = 20.0
_SEND_SECONDS: Final = 30.0
"""Shorter than a lease: whoever lost a slot without noticing has stopped sending by then."""
_NONCE_IS_KNOWN: Final = timedelta(minutes=2)
"""Discord looks for a nonce among "the past few minutes"; this is surely less."""
_UNAVAILABLE_SECONDS: Final = (15.0, 45.0)
_SLOW_SECONDS: Final = 30.0
_REFUSED_SECONDS: Final = 300.0
# Discord takes 50 requests a second from a bot; commands need some for themselves.
_RATE: Final = Rate(permits=40, window=1.0)


class DigestPosting(Generic[C]):
    """Posts slots that are claimed, and claims slots by hand."""

    def __init__(
        self,
        database: Database,
        *,
        preparing: DigestPreparing[C],
        composer: Composer[C],
        publisher: Publisher,
        messages: PostedMessages,
        queue: JobQueue,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        """Join the parts.

        Args:
            database: Of the digests.
            preparing: Reads what was prepared, and composes what was not.
            composer: Hears what was posted.
            publisher: Posts.
            messages: Looks for posts after a crash.
            queue: Of the jobs that post and tell.
            clock: Where time comes from.
            chance: Spreads retries.
        """
        self._database = database
        self._preparing = preparing
        self._composer = composer
        self._publisher = publisher
        self._messages = messages
        self._queue = queue
        self._clock = clock
        self._chance = chance
        self._book = SlotBook(database, queue=queue, clock=clock)
        self._limiter = RateLimiter("discord", _RATE, clock=clock)

    async def post_now(self, guild_id: int, digest_id: int) -> Slot:
        """Have a digest posted now, paused or not; its schedule stays as it is.

        Asking twice within a minute posts once.

        Raises:
            NoSuchDigest: The server has none such.
            DatabaseUnavailable: Nothing is posted.
        """
        slots = DigestSlotRepository()
        slot = Slot(digest_id, self._clock.now().replace(second=0, microsecond=0))
        async with self._database.write() as transaction:
            digest = await DigestRepository().get(transaction, guild_id, digest_id)
            if digest is None:
                raise NoSuchDigest
            row = await slots.find(transaction, digest_id, slot.slot_at)
            if row is not None and row.state in SETTLED and not row.is_by_hand:
                # The schedule's own, of this minute: what is asked for is another one.
                slot = Slot(digest_id, slot.slot_at + timedelta(seconds=1))
            is_new = await slots.take(
                transaction, digest_id, slot.slot_at, edition=digest.edition, is_by_hand=True
            )
            if is_new:
                work = SlotWork(digest_id, slot.unix, digest.edition)
                await self._queue.enqueue(POST, work, transaction=transaction)
        return slot

    async def post(self, job: RunningJob[SlotWork]) -> None:
        """Bring a claimed slot to its end.

        Raises:
            RetryLater: Not now: Discord is away, the digest was just changed, or composing is slow.
            DatabaseUnavailable: Of the storage; the job is tried again.
            JobLost: Somebody else has the job.
        """
        found = await self._book.find(job.payload.slot)
        if found is None:
            return
        if found.row.state is SlotState.SENDING:
            await self._resume(job, found)
        elif not await self._is_over(job, found):
            await self._begin(job, found)

    async def _is_over(self, job: RunningJob[SlotWork], found: Found) -> bool:
        """Settle a slot that is surely not in the channel, and need not come there any more."""
        if found.is_wanted and not self._book.is_too_late(found):
            return False
        state = SlotState.SKIPPED
        if found.is_wanted:
            state = SlotState.MISSED
            _LOGGER.warning("digest %s: a slot was missed, it is too late", found.row.digest_id)
        await self._book.settle(job, found.slot, state)
        return True

    async def _begin(self, job: RunningJob[SlotWork], found: Found) -> None:
        try:
            row = await self._preparing.draft(found.schedule, found.row, seconds=_COMPOSE_SECONDS)
        except TimeoutError:
            raise RetryLater("composing is slow", seconds=_SLOW_SECONDS, counts=False) from None
        if row is None:
            await self._book.settle(job, found.slot, SlotState.SKIPPED)
            return
        await self._limiter.acquire()
        found = await self._book.begin(job, Found(schedule=found.schedule, row=row))
        await self._send(job, found, is_certain=True)

    async def _resume(self, job: RunningJob[SlotWork], found: Found) -> None:
        """Go on after somebody may have sent it: a crash, or no answer."""
        try:
            message_id = await self._look(found)
        except Refused:
            await self._repeat(job, found)
            return
        if message_id is not None:
            await self._note(job, found, message_id)
        elif not await self._is_over(job, found):
            await self._begin(job, found)

    async def _repeat(self, job: RunningJob[SlotWork], found: Found) -> None:
        """Say the very same again, which Discord notices, if that is still possible."""
        is_same = self._preparing.is_current(found.schedule, found.row)
        if not (is_same and self._is_nonce_known(found)):
            await self._book.note_uncertain(job, found.slot)
        elif not await self._is_over(job, found):
            await self._limiter.acquire()
            await self._send(job, found, is_certain=False)

    async def _look(self, found: Found) -> int | None:
        row = found.row
        assert row.channel_id is not None and row.sending_at is not None  # noqa: S101, PT018  # noted when it began
        await self._limiter.acquire()
        try:
            async with self._clock.timeout_at(self._clock.monotonic() + _SEND_SECONDS):
                return await self._messages.find(row.channel_id, found.slot.mark, row.sending_at)
        except (DiscordUnavailable, TimeoutError) as error:
            raise self._later(error) from None

    async def _send(self, job: RunningJob[SlotWork], found: Found, *, is_certain: bool) -> None:
        """Send it; ``is_certain`` says that nobody has sent it before."""
        content = self._preparing.read(found.row)
        if content is None or found.row.channel_id is None:
            # Of another version, and perhaps in the channel: nobody can say it again.
            await self._book.note_uncertain(job, found.slot)
            return
        digest = PostedDigest(schedule=found.schedule, slot=found.slot, content=content)
        try:
            async with self._clock.timeout_at(self._clock.monotonic() + _SEND_SECONDS):
                message_id = await self._publisher.post(
                    found.row.channel_id,
                    digest,
                    locale=found.schedule.locale,
                    key=found.slot.mark,
                )
        except (DiscordUnavailable, TimeoutError) as error:
            raise self._later(error) from None
        except Refused:
            await self._refused(job, found, is_certain=is_certain)
            return
        await self._note(job, found, message_id)

    async def _refused(self, job: RunningJob[SlotWork], found: Found, *, is_certain: bool) -> None:
        if is_certain and await self._book.note_refusal(job, found.slot):
            return
        raise RetryLater("Discord refuses the post", seconds=_REFUSED_SECONDS, counts=False)

    async def _note(self, job: RunningJob[SlotWork], found: Found, message_id: int) -> None:
        content, channel_id = self._preparing.read(found.row), found.row.channel_id
        if content is not None and channel_id is not None:
            place = Place(channel_id, message_id)
            await self._composer.posted(found.schedule, found.slot, place, content)
        await self._book.note_post(job, found, message_id)

    def _is_nonce_known(self, found: Found) -> bool:
        since = self._clock.now() - (found.row.sending_at or self._clock.now())
        # Not when the clock was set back meanwhile: then nobody knows how long ago it was.
        return timedelta() <= since < _NONCE_IS_KNOWN

    def _later(self, error: DiscordUnavailable | TimeoutError) -> RetryLater:
        asked = error.retry_after if isinstance(error, DiscordUnavailable) else None
        seconds = (asked or 0.0) + self._chance.uniform(*_UNAVAILABLE_SECONDS)
        return RetryLater("Discord cannot be reached", seconds=seconds, counts=False)
