"""``DigestPreparing``: has digests written in the hour before their slots."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

import msgspec

from services.digests.models import Schedule, WhenNothing
from services.digests.ports import Composer
from services.digests.rows import schedule_of
from services.digests.work import SlotWork
from services.jobs.kinds import RunningJob
from services.resilience.clock import Clock
from services.resilience.deadline import deadline
from services.storage.database import Database
from services.storage.digest_slots import DigestSlotRepository, SlotRow
from services.storage.digests import DigestRepository

C = TypeVar("C", bound=msgspec.Struct)

_LOGGER = logging.getLogger(__name__)

_CURRENT: Final = timedelta(hours=3)
"""What was written longer ago is written anew: Discogs' prices may be shown for six hours."""


class DigestPreparing(Generic[C]):
    """Composes, and keeps what was composed in the slot's row."""

    def __init__(
        self, database: Database, *, composer: Composer[C], content: type[C], clock: Clock
    ) -> None:
        """Have ``composer`` write; ``content`` is what it returns."""
        self._database = database
        self._composer = composer
        self._content = content
        self._clock = clock
        self._digests = DigestRepository()
        self._slots = DigestSlotRepository()

    async def prepare(self, job: RunningJob[SlotWork]) -> None:
        """Keep what the slot will say; whoever comes too late, or for an old edition, does nothing.

        Raises:
            DatabaseUnavailable: Of the storage; the job is tried again.
            JobLost: Somebody else has the job.
        """
        slot, edition = job.payload.slot, job.payload.edition
        async with self._database.read() as transaction:
            digest = await self._digests.find(transaction, slot.digest_id)
        if digest is None or digest.edition != edition:
            return
        now = self._clock.now()
        try:
            content = await self.compose(
                schedule_of(digest), now=now, seconds=(slot.slot_at - now).total_seconds()
            )
        except TimeoutError:
            _LOGGER.warning("digest %s was not prepared in time", slot.digest_id)
            return
        async with job.finishing() as transaction:
            if content is not None:
                await self._slots.prepare(
                    transaction,
                    slot.digest_id,
                    slot.slot_at,
                    edition=edition,
                    content=msgspec.json.encode(content),
                    told_until=now,
                )

    async def compose(self, schedule: Schedule, *, now: datetime, seconds: float) -> C | None:
        """Return what a digest says at ``now``, or None: nothing is new, and it is skipped.

        Raises:
            TimeoutError: It took longer than ``seconds``.
            DatabaseUnavailable: Of the storage.
        """
        # A deadline, and no mere limit: whoever composes sees how long upstreams may take.
        async with deadline(self._clock, seconds, expired=TimeoutError):
            return await self._composer.compose(schedule, since=schedule.told_until, now=now)

    async def draft(self, schedule: Schedule, row: SlotRow, *, seconds: float) -> SlotRow | None:
        """Return the slot with what it says: what was prepared, or else what is composed now.

        Returns:
            None when nothing is new, and it is skipped.

        Raises:
            TimeoutError: Nothing was prepared, and composing took longer than ``seconds``.
            DatabaseUnavailable: Of the storage.
        """
        if self.is_current(schedule, row):
            return row
        now = self._clock.now()
        if row.is_by_hand:  # who asks for one wants to see one
            schedule = replace(schedule, when_nothing=WhenNothing.SHORT)
        content = await self.compose(schedule, now=now, seconds=seconds)
        if content is None:
            return None
        return replace(
            row, content=msgspec.json.encode(content), told_until=now, edition=schedule.edition
        )

    def is_current(self, schedule: Schedule, row: SlotRow) -> bool:
        """Return whether what was prepared may be posted: not changed since, nor long ago."""
        if row.told_until is None or row.edition != schedule.edition or self.read(row) is None:
            return False
        return timedelta() <= self._clock.now() - row.told_until <= _CURRENT

    def read(self, row: SlotRow) -> C | None:
        """Return what the slot says; None: nothing, or nothing that this version can read."""
        if row.content is None:
            return None
        try:
            return msgspec.json.decode(row.content, type=self._content)
        except msgspec.MsgspecError:
            return None  # of another version: it is composed anew
