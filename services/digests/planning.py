"""``DigestPlanner``: notices when slots come, and turns each into one job.

The one statement that everything rests on: the slot's row, which exists once for all processes, the
job that posts it, and the digest's next slot are written in one transaction. So a slot has a job or
its time has not come, whatever dies in between; the rest is the job's, with its lease and fence.

A wall clock that is set is no special case. Forward: the slots between are a backlog, of which
only the latest is claimed, and its job knows whether it is worth posting. Back: slots that come a
second time have a row already.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from services.digests.models import Slot
from services.digests.rows import timing_of
from services.digests.slots import latest_slot, next_slot
from services.digests.tidying import DigestTidying
from services.digests.work import POST, PREPARE, PREPARE_BEFORE, SlotWork
from services.jobs.outages import Outages
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock
from services.storage.database import Database, Transaction
from services.storage.digest_slots import DigestSlotRepository
from services.storage.digests import DigestRepository, DigestRow

_LOGGER = logging.getLogger(__name__)

_LOOK_EVERY: Final = timedelta(seconds=15)
"""How often the clock is read again: nobody tells when the system's is set."""
_BATCH: Final = 100
_NOTICED_STEP: Final = timedelta(minutes=1)
_ZONE_AGAIN: Final = timedelta(days=1)


class DigestPlanner:
    """Claims the slots of all digests as they come; one in each process, or several."""

    def __init__(
        self, database: Database, *, posts: JobQueue, preparations: JobQueue, clock: Clock
    ) -> None:
        """Plan the digests in ``database``.

        Args:
            database: Of the digests and of both queues.
            posts: Where what is to be posted is put.
            preparations: Where what is to be prepared is put.
            clock: Where time comes from.
        """
        self._database = database
        self._posts = posts
        self._preparations = preparations
        self._clock = clock
        self._digests = DigestRepository()
        self._slots = DigestSlotRepository()
        self._tidying = DigestTidying(database, clock=clock)
        self._outages = Outages(clock)
        self._changed = asyncio.Event()
        self._ahead: timedelta | None = None
        clock.on_step(self.wake)

    def wake(self) -> None:
        """Look at the digests now: one has changed, or the clock was set."""
        self._changed.set()

    async def run(self) -> None:
        """Plan until this is cancelled, which is safe at any moment."""
        while True:
            self._changed.clear()
            if await self._outages.survive(self.plan):
                await self._outages.survive(self._wait)

    async def plan(self) -> bool:
        """Claim what is due and have prepared what is due soon; returns whether it did anything.

        Raises:
            DatabaseUnavailable: Of the storage; what was committed stays.
        """
        has_moved = await self._heed_a_set_clock()
        await self._tidying.tidy()
        has_claimed = await self._claim_all()
        return await self._prepare_all() or has_claimed or has_moved

    async def _wait(self) -> bool:
        async with self._database.read() as transaction:
            next_at = await self._digests.next_due(transaction)
        seconds = _LOOK_EVERY.total_seconds()
        if next_at is not None:
            seconds = min(seconds, max(0.0, (next_at - self._clock.now()).total_seconds()))
        with suppress(TimeoutError):
            async with self._clock.timeout_at(self._clock.monotonic() + seconds):
                await self._changed.wait()
        return False

    # --- Slots that have come

    async def _claim_all(self) -> bool:
        has_claimed = False
        while number := await self._claim_some():
            has_claimed = True
            if number < _BATCH:
                break
        return has_claimed

    async def _claim_some(self) -> int:
        now = self._clock.now()
        async with self._database.write() as transaction:
            due = await self._digests.due(transaction, now, _BATCH)
            for digest in due:
                try:
                    await self._claim(transaction, digest, now)
                except ValueError as error:
                    await self._put_off(transaction, digest, now, error)
        return len(due)

    async def _claim(self, transaction: Transaction, digest: DigestRow, now: datetime) -> None:
        timing = timing_of(digest)
        # Of several that have come, the latest. (New rules of a zone may have moved the one
        # that was expected, so it is looked at in any case.)
        slot = Slot(digest.digest_id, max(latest_slot(timing, now), digest.next_at))
        if not await self._digests.move(transaction, digest, next_slot(timing, slot.slot_at)):
            return
        await self._slots.forget_planned(transaction, slot.digest_id, before=slot.slot_at)
        if await self._slots.take(
            transaction, slot.digest_id, slot.slot_at, edition=digest.edition
        ):
            work = SlotWork(slot.digest_id, slot.unix, digest.edition)
            await self._posts.enqueue(POST, work, transaction=transaction)

    async def _put_off(
        self, transaction: Transaction, digest: DigestRow, now: datetime, error: ValueError
    ) -> None:
        """Look again tomorrow: the system's data of zones lacks one, or the row is damaged."""
        _LOGGER.error("digest %s cannot be timed: %r", digest.digest_id, error)
        await self._digests.move(transaction, digest, now + _ZONE_AGAIN)

    # --- Slots that come soon

    async def _prepare_all(self) -> bool:
        has_prepared = False
        while number := await self._prepare_some():
            has_prepared = True
            if number < _BATCH:
                break
        return has_prepared

    async def _prepare_some(self) -> int:
        now = self._clock.now()
        async with self._database.read() as transaction:
            # Nearly always there is nothing, which needs no writer.
            soon = await self._unprepared(transaction, now)
        if not soon:
            return 0
        async with self._database.write() as transaction:
            soon = await self._unprepared(transaction, now)
            for digest in soon:
                slot = Slot(digest.digest_id, digest.next_at)
                if not await self._slots.plan(
                    transaction, slot.digest_id, slot.slot_at, digest.edition
                ):
                    continue  # another process was first
                await self._preparations.enqueue(
                    PREPARE,
                    SlotWork(slot.digest_id, slot.unix, digest.edition),
                    transaction=transaction,
                    key=f"{slot.mark}:{digest.edition}",
                )
        return len(soon)

    async def _unprepared(self, transaction: Transaction, now: datetime) -> list[DigestRow]:
        return await self._digests.unprepared(
            transaction, after=now, until=now + PREPARE_BEFORE, limit=_BATCH
        )

    # --- Clocks that are set

    async def _heed_a_set_clock(self) -> bool:
        """Bring slots back from a future that has not come; at the start, and after a step."""
        ahead = self._clock.now() - datetime.fromtimestamp(self._clock.monotonic(), UTC)
        before, self._ahead = self._ahead, ahead
        if before is not None and abs(ahead - before) < _NOTICED_STEP:
            return False
        now, has_moved = self._clock.now(), False
        async with self._database.write() as transaction:
            # Prepared for later than the next hour: by a clock that was ahead.
            await self._slots.forget_premature(transaction, now + PREPARE_BEFORE)
            for digest in await self._digests.waiting(transaction):
                with suppress(ValueError):  # put off when it is due
                    next_at = next_slot(timing_of(digest), now)
                    if next_at < digest.next_at:
                        has_moved |= await self._digests.move(transaction, digest, next_at)
        return has_moved


@asynccontextmanager
async def planning(planner: DigestPlanner) -> AsyncIterator[None]:
    """Have ``planner`` plan inside the block."""
    work = asyncio.create_task(planner.run(), name="digests: plan")
    try:
        yield
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
