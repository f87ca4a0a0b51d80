"""``DigestTidying``: forgets, once a day, what nobody needs of digests any more."""

from datetime import datetime, timedelta
from typing import Final

from services.digests.posts import forget_old_posts
from services.resilience.clock import Clock
from services.storage.database import Database
from services.storage.digest_slots import DigestSlotRepository

_EVERY: Final = timedelta(days=1)
_SLOTS_KEPT: Final = timedelta(days=400)
"""How long slots are remembered: a clock that is set back further is no longer protected."""
_UNPOSTED_KEPT: Final = timedelta(days=2)
"""Longer than any slot is worth posting: only a job that gave up leaves so old a content."""


class DigestTidying:
    """Slots, what those say that were never posted, and what is kept of posted digests."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Tidy ``database``."""
        self._database = database
        self._clock = clock
        self._slots = DigestSlotRepository()
        self._tidied_at: datetime | None = None

    async def tidy(self) -> None:
        """Tidy, unless that was done within a day.

        Raises:
            DatabaseUnavailable: Of the storage; it is done when it can be used.
        """
        now = self._clock.now()
        if self._tidied_at is not None and abs(now - self._tidied_at) < _EVERY:
            return
        async with self._database.write() as transaction:
            await self._slots.remove_older(transaction, now - _SLOTS_KEPT)
            await self._slots.forget_contents(transaction, now - _UNPOSTED_KEPT)
            await forget_old_posts(transaction, now)
        self._tidied_at = now
