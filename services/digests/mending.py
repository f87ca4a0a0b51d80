"""``DigestMending``: a text that EurIA owes a digest is written later, and shown in the message.

As with every late text, the work is a durable job, gives up after a day, and a text that was paid
for is stored before it is shown. A member who has left meanwhile stays out.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

import msgspec

from services.delivery import GIVE_UP_SECONDS, DiscordUnavailable, LateEdit
from services.descriptions.models import Payer
from services.digests.content_models import DigestContent, DigestPick, language_of
from services.digests.models import Schedule, Slot
from services.digests.posts import DigestPosts, forget_in_posts
from services.digests.time_left import TimeLeft
from services.digests.writing import PickWriter
from services.errors import ExternalServiceException
from services.jobs.kinds import JobKind, RetryLater, RunningJob
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock
from services.resilience.priority import background
from services.storage.database import Transaction
from services.storage.job_models import Priority

_LOGGER = logging.getLogger(__name__)

_FIRST_TRY_SECONDS: Final = 15.0
_LONGEST_PAUSE_SECONDS: Final = 1_800.0
_DISCORD_PAUSE_SECONDS: Final = 30.0
_WRITE_SECONDS: Final = 120.0
_NOBODY: Final = 0
"""Pays for no text: the message is only shown anew."""


class MendDigest(msgspec.Struct, frozen=True, kw_only=True):
    """The job: which digest of which server owes its text since when, and who pays for it."""

    guild_id: int
    digest_id: int
    slot_at: datetime
    payer_id: int
    owed_since: datetime


MEND_DIGEST: Final = JobKind(name="digests.mend", payload=MendDigest, priority=Priority.BACKGROUND)


class DigestMending:
    """Queues what is owed, and handles it."""

    def __init__(
        self, *, posts: DigestPosts, writer: PickWriter, queue: JobQueue, clock: Clock
    ) -> None:
        """Write with ``writer`` into ``posts``."""
        self._posts = posts
        self._writer = writer
        self._queue = queue
        self._clock = clock

    async def promise(self, schedule: Schedule, slot: Slot) -> None:
        """Have the text of a posted digest written later; once, however often it is promised.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        await self._enqueue(schedule.guild_id, slot, payer_id=schedule.creator_id)

    async def show_later(self, guild_id: int, slot: Slot) -> None:
        """Have the message show what is stored by then: Discord could not be reached.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        await self._enqueue(guild_id, slot, payer_id=_NOBODY)

    async def _enqueue(self, guild_id: int, slot: Slot, *, payer_id: int) -> None:
        now = self._clock.now()
        work = MendDigest(
            guild_id=guild_id,
            digest_id=slot.digest_id,
            slot_at=slot.slot_at,
            payer_id=payer_id,
            owed_since=now,
        )
        run_at = now + timedelta(seconds=_FIRST_TRY_SECONDS)
        await self._queue.enqueue(MEND_DIGEST, work, run_at=run_at, key=f"{slot.mark}:{payer_id}")

    async def mend(self, job: RunningJob[MendDigest]) -> None:
        """Handle the job.

        Raises:
            RetryLater: EurIA or Discord still cannot.
            DatabaseUnavailable: Of the storage.
        """
        work = job.payload
        slot = Slot(work.digest_id, work.slot_at)
        post = await self._posts.get(work.guild_id, slot)
        if post is None:
            return  # long past
        is_owed = post.content.pick is not None and post.content.pick.is_owed
        if is_owed and work.payer_id != _NOBODY:
            written = await self._write(post.content, work)
            await self._posts.change(
                work.guild_id, slot, lambda content: _with_text(content, written)
            )
        try:
            outcome = await self._posts.show(work.guild_id, slot)
        except DiscordUnavailable as error:
            if self._age(work) > 2 * GIVE_UP_SECONDS:
                return
            seconds = error.retry_after or _DISCORD_PAUSE_SECONDS
            raise RetryLater(f"Discord: {error}", seconds=seconds, counts=False) from error
        if outcome is not LateEdit.DONE:
            _LOGGER.info("a digest was not mended: %s", outcome.name.lower())

    async def _write(self, content: DigestContent, work: MendDigest) -> DigestPick | None:
        """Return the pick with its text; None, and so the promise is taken back, after a day."""
        age, language = self._age(work), language_of(content.locale)
        if content.pick is None or age > GIVE_UP_SECONDS:
            return None
        time_left = TimeLeft(self._clock, _WRITE_SECONDS)
        try:
            with background():
                pick = await self._writer.ground(content.pick, language, time_left)
                payer = Payer(work.payer_id, work.guild_id)
                return await self._writer.write(pick, language, payer, time_left)
        except ExternalServiceException as error:
            # More patient with every hour; the day that it may take is the limit, not a count.
            patience = min(max(_FIRST_TRY_SECONDS, age / 4), _LONGEST_PAUSE_SECONDS)
            seconds = max(patience, error.retry_after or 0.0)
            raise RetryLater(str(error), seconds=seconds, counts=False) from error

    def _age(self, work: MendDigest) -> float:
        return (self._clock.now() - work.owed_since).total_seconds()


async def take_out_of_posts(
    transaction: Transaction, user_id: int, *, queue: JobQueue, clock: Clock
) -> None:
    """Keep nothing more of a person, as part of unlinking, and have the messages show that."""
    for guild_id, slot in await forget_in_posts(transaction, user_id):
        work = MendDigest(
            guild_id=guild_id,
            digest_id=slot.digest_id,
            slot_at=slot.slot_at,
            payer_id=_NOBODY,
            owed_since=clock.now(),
        )
        # Without a key: one that runs already may have read what was stored before.
        await queue.enqueue(MEND_DIGEST, work, transaction=transaction)


def _with_text(content: DigestContent, written: DigestPick | None) -> DigestContent:
    """Return the content with its text, unless its pick was taken out meanwhile."""
    pick = content.pick
    if pick is None:
        return content
    if written is None:
        pick = msgspec.structs.replace(pick, is_owed=False)
    else:
        pick = msgspec.structs.replace(pick, facts=written.facts, text=written.text, is_owed=False)
    return msgspec.structs.replace(content, pick=pick)
