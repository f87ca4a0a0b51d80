"""``DigestSchedules``: what a server decides about its digests.

Every change makes a new *edition* of the digest. What was prepared for an earlier one is not
posted; only what is being sent already is past recalling.
"""

from collections.abc import Callable
from typing import Any

from services.digests.models import (
    MOST_DIGESTS,
    Changes,
    NewSchedule,
    NoSuchDigest,
    PauseReason,
    Schedule,
    Timing,
    TooManyDigests,
)
from services.digests.posts import forget_prices
from services.digests.rows import schedule_of, timing_of, timing_values
from services.digests.slots import next_slot
from services.resilience.clock import Clock
from services.storage.database import Database, Transaction
from services.storage.digest_slots import DigestSlotRepository
from services.storage.digests import DigestRepository, DigestRow


class DigestSchedules:
    """Keeps the digests of servers. Everything raises ``DatabaseUnavailable``."""

    def __init__(
        self, database: Database, *, clock: Clock, on_change: Callable[[], None] = lambda: None
    ) -> None:
        """Keep them in ``database``; ``on_change`` hears that a slot may have come nearer."""
        self._database = database
        self._clock = clock
        self._on_change = on_change
        self._digests = DigestRepository()
        self._slots = DigestSlotRepository()

    async def create(self, wish: NewSchedule) -> Schedule:
        """Begin a digest; its first slot is the next one.

        Raises:
            TooManyDigests: The server has ``MOST_DIGESTS``.
            UnknownZone: Of the timing.
        """
        values = timing_values(wish.timing) | {
            "guild_id": wish.guild_id,
            "channel_id": wish.channel_id,
            "creator_id": wish.creator_id,
            "when_nothing": wish.when_nothing,
            "locale": wish.locale,
            "next_at": next_slot(wish.timing, self._clock.now()),
            "created_at": self._clock.now(),
        }
        async with self._database.write() as transaction:
            if await self._digests.count(transaction, wish.guild_id) >= MOST_DIGESTS:
                raise TooManyDigests
            row = await self._digests.add(transaction, values)
            transaction.after_commit(self._on_change)
        return schedule_of(row)

    async def list(self, guild_id: int) -> tuple[Schedule, ...]:
        """Return the server's digests, oldest first."""
        async with self._database.read() as transaction:
            rows = await self._digests.of_guild(transaction, guild_id)
        return tuple(schedule_of(row) for row in rows)

    async def get(self, guild_id: int, digest_id: int) -> Schedule | None:
        """Return a digest of the server."""
        return next(
            (each for each in await self.list(guild_id) if each.digest_id == digest_id), None
        )

    async def edit(self, guild_id: int, digest_id: int, changes: Changes) -> Schedule:
        """Change a digest; one that is due now and not being sent yet is made anew.

        Raises:
            NoSuchDigest: The server has none such.
            UnknownZone: Of the new timing.
        """
        values: dict[str, Any] = {
            name: value
            for name in ("channel_id", "when_nothing", "locale")
            if (value := getattr(changes, name)) is not None
        }
        if changes.channel_id is not None:
            values["failures"] = 0
        if changes.timing is not None:
            values |= timing_values(changes.timing) | self._from_now_on(changes.timing)
        return await self._change(guild_id, digest_id, lambda _: values)

    async def pause(self, guild_id: int, digest_id: int) -> Schedule:
        """Post nothing until ``resume``; one that is due now and not being sent yet is skipped.

        Raises:
            NoSuchDigest: The server has none such.
        """
        values = {"is_paused": True, "pause_reason": PauseReason.BY_HAND}
        return await self._change(guild_id, digest_id, lambda _: values)

    async def resume(self, guild_id: int, digest_id: int) -> Schedule:
        """Post again, from the next slot on.

        Raises:
            NoSuchDigest: The server has none such.
        """
        values = {"is_paused": False, "pause_reason": None, "failures": 0}
        return await self._change(
            guild_id, digest_id, lambda row: values | self._from_now_on(timing_of(row))
        )

    async def delete(self, guild_id: int, digest_id: int) -> None:
        """End a digest; nobody is a member of it any more.

        Raises:
            NoSuchDigest: The server has none such.
        """
        async with self._database.write() as transaction:
            if not await self._digests.delete(transaction, guild_id, digest_id):
                raise NoSuchDigest
            await forget_prices(transaction, guild_id, digest_id)

    async def _change(
        self, guild_id: int, digest_id: int, values_for: Callable[[DigestRow], dict[str, Any]]
    ) -> Schedule:
        async with self._database.write() as transaction:
            row = await self._changed(transaction, guild_id, digest_id, values_for)
            # What is being prepared is of the edition before.
            await self._slots.forget_planned(transaction, digest_id)
            transaction.after_commit(self._on_change)
        return schedule_of(row)

    async def _changed(
        self,
        transaction: Transaction,
        guild_id: int,
        digest_id: int,
        values_for: Callable[[DigestRow], dict[str, Any]],
    ) -> DigestRow:
        row = await self._digests.get(transaction, guild_id, digest_id)
        if row is not None:
            values = values_for(row)
            row = await self._digests.change(transaction, guild_id, digest_id, values)
        if row is None:
            raise NoSuchDigest
        return row

    def _from_now_on(self, timing: Timing) -> dict[str, Any]:
        return {"next_at": next_slot(timing, self._clock.now())}
