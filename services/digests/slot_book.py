"""``SlotBook``: how far a slot is, written by the job that posts it.

Every change is a transaction of that job: it takes place only while the job holds its fence, so a
process that lost the slot without noticing writes nothing.
"""

from dataclasses import dataclass, replace
from typing import Final

from services.digests.models import PauseReason, Schedule, Slot
from services.digests.rows import schedule_of
from services.digests.work import TELL, SlotWork, TellWork, worth_posting
from services.jobs.kinds import RetryLater, RunningJob
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock
from services.storage.database import Database, Transaction
from services.storage.digest_slots import DigestSlotRepository, SlotRow, SlotState
from services.storage.digests import DigestRepository

MOST_FAILURES: Final = 3
"""So many failures in a row pause a digest."""

SETTLED: Final = (
    SlotState.POSTED,
    SlotState.UNCERTAIN,
    SlotState.SKIPPED,
    SlotState.MISSED,
)
"""Nothing more is done for such a slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A slot that is not settled, and its digest, as both are now."""

    schedule: Schedule
    row: SlotRow

    @property
    def slot(self) -> Slot:
        """Which slot."""
        return Slot(self.row.digest_id, self.row.slot_at)

    @property
    def is_wanted(self) -> bool:
        """Whether it is to be posted: the digest goes on, or somebody asked for this one."""
        return self.row.is_by_hand or not self.schedule.is_paused


class SlotBook:
    """Reads and writes the slots of a database."""

    def __init__(self, database: Database, *, queue: JobQueue, clock: Clock) -> None:
        """Keep them in ``database``; what is to be told is put into ``queue``."""
        self._database = database
        self._queue = queue
        self._clock = clock
        self._digests = DigestRepository()
        self._slots = DigestSlotRepository()

    async def find(self, slot: Slot) -> Found | None:
        """Return the slot; None when there is nothing to do for it, or its digest is deleted."""
        async with self._database.read() as transaction:
            row = await self._slots.find(transaction, slot.digest_id, slot.slot_at)
            digest = await self._digests.find(transaction, slot.digest_id)
        if row is None or digest is None or row.state in SETTLED:
            return None
        return Found(schedule=schedule_of(digest), row=row)

    def is_too_late(self, found: Found) -> bool:
        """Return whether the slot is past the limit for its cadence."""
        late = self._clock.now() - found.row.slot_at
        return late > worth_posting(found.schedule.timing.cadence)

    async def begin(self, job: RunningJob[SlotWork], found: Found) -> Found:
        """Note what is sent where, before it is; returns the slot as it is then.

        Raises:
            RetryLater: The digest was changed meanwhile: what to send is decided anew.
        """
        row = replace(
            found.row,
            state=SlotState.SENDING,
            channel_id=found.schedule.channel_id,
            sending_at=self._clock.now(),
        )
        async with job.saving(job.payload) as transaction:
            digest = await self._digests.find(transaction, row.digest_id)
            if digest is None or digest.edition != found.schedule.edition:
                raise RetryLater("the digest was changed", seconds=0, counts=False)
            await self._slots.begin(transaction, row)
        return replace(found, row=row)

    async def note_post(self, job: RunningJob[SlotWork], found: Found, message_id: int) -> None:
        """Note that it stands in the channel; the job is done."""
        slot = found.slot
        async with job.finishing() as transaction:
            await self._slots.note_post(transaction, slot.digest_id, slot.slot_at, message_id)
            await self._digests.note_post(
                transaction,
                slot.digest_id,
                at=self._clock.now(),
                told_until=found.row.told_until,
            )
            if found.row.is_by_hand:  # what is prepared for the next slot would say it again
                await self._digests.outdate(transaction, slot.digest_id)
                await self._slots.forget_planned(transaction, slot.digest_id)

    async def settle(self, job: RunningJob[SlotWork], slot: Slot, state: SlotState) -> None:
        """Note how it ended; the job is done."""
        async with job.finishing() as transaction:
            await self._slots.settle(transaction, slot.digest_id, slot.slot_at, state)

    async def note_uncertain(self, job: RunningJob[SlotWork], slot: Slot) -> None:
        """Note that nobody can tell, and have the creator told; the job is done."""
        async with job.finishing() as transaction:
            await self._slots.settle(transaction, slot.digest_id, slot.slot_at, SlotState.UNCERTAIN)
            if not await self._has_paused(transaction, slot, PauseReason.UNCERTAIN):
                work = TellWork(slot.digest_id, slot.unix)
                await self._queue.enqueue(TELL, work, transaction=transaction)

    async def note_refusal(self, job: RunningJob[SlotWork], slot: Slot) -> bool:
        """Note that it was surely not sent; returns whether the digest is paused now.

        The job is done then.
        """
        async with job.saving(job.payload) as transaction:
            is_paused = await self._has_paused(transaction, slot, PauseReason.REFUSED)
            await self._slots.withdraw(transaction, slot.digest_id, slot.slot_at)
            if is_paused:
                await self._slots.settle(
                    transaction, slot.digest_id, slot.slot_at, SlotState.SKIPPED
                )
        return is_paused

    async def _has_paused(self, transaction: Transaction, slot: Slot, reason: PauseReason) -> bool:
        """Count a failure; the third in a row pauses the digest, and the creator is told."""
        if await self._digests.note_failure(transaction, slot.digest_id) < MOST_FAILURES:
            return False
        await self._digests.pause(transaction, slot.digest_id, reason)
        await self._slots.forget_planned(transaction, slot.digest_id)
        work = TellWork(slot.digest_id, slot.unix, reason)
        await self._queue.enqueue(TELL, work, transaction=transaction)
        return True
