"""``DigestPreviews``: what a digest would say if it were due now."""

from datetime import timedelta
from typing import Generic

from discord import ui

from bot.delivery.renderings import Renderings
from services.digests.models import C, PreviewedDigest, Schedule, Slot
from services.digests.ports import Composer
from services.digests.slots import known_zone
from services.resilience.clock import Clock
from services.resilience.deadline import deadline

_PATIENCE_SECONDS = 30.0
"""What is composed in the hour before a slot may take long; somebody is waiting for this one."""


class DigestPreviews(Generic[C]):
    """Composes what is not posted."""

    def __init__(self, composer: Composer[C], *, renderings: Renderings, clock: Clock) -> None:
        """Show what ``composer`` writes, as it would be posted."""
        self._composer = composer
        self._renderings = renderings
        self._clock = clock

    async def view(self, schedule: Schedule) -> ui.LayoutView | None:
        """Return the message; None when nothing is new and it would be skipped.

        Raises:
            TimeoutError: The storage takes more than half a minute; slow upstreams are left out.
            DatabaseUnavailable: Of the storage.
        """
        now = self._clock.now()
        # A deadline, and no mere limit: what upstreams do not tell in time is left out.
        async with deadline(self._clock, _PATIENCE_SECONDS, expired=TimeoutError):
            content = await self._composer.compose(schedule, since=schedule.told_until, now=now)
        if content is None:
            return None
        slot = Slot(schedule.digest_id, schedule.next_at)
        return self._renderings.view(PreviewedDigest(slot=slot, content=content), schedule.locale)

    def was_posted_today(self, schedule: Schedule) -> bool:
        """Return whether one went out on this day of the digest's time zone."""
        if schedule.last_posted_at is None:
            return False
        zone = known_zone(schedule.timing.zone)
        last, now = schedule.last_posted_at, self._clock.now()
        return last.astimezone(zone).date() == now.astimezone(zone).date()

    def was_posted_just_now(self, schedule: Schedule) -> bool:
        """Return whether one went out less than a minute ago; none is posted by hand until then."""
        last, now = schedule.last_posted_at, self._clock.now()
        return last is not None and timedelta() <= now - last < timedelta(minutes=1)
