"""The bot with many digests, all due in half a minute: ``python -m bench.digest_bot CHANNEL…``.

It is the real bot, on a clock by which it is nearly eight. The digests are in its database before
it starts; nobody has joined them, since Discogs' limits are not what is measured.
"""

import asyncio
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.app import run
from bot.logs import set_up_logging
from bot.settings import Settings, load_settings
from bot.state import open_state
from services.digests.models import Cadence, NewSchedule, Timing
from services.digests.schedules import DigestSchedules
from services.resilience.clock import Clock, SystemClock

_DUE_IN_SECONDS = 18.0


class _NearlyEight(SystemClock):
    """Eight o'clock comes soon after the start."""

    def __init__(self) -> None:
        now = super().now()
        eight = now.replace(hour=8, minute=0, second=0, microsecond=0)
        self._ahead = eight - timedelta(seconds=_DUE_IN_SECONDS) - now

    def now(self) -> datetime:
        """Return the wall time."""
        return super().now() + self._ahead


async def _main(settings: Settings, channels: Iterable[int]) -> int:
    clock = _NearlyEight()
    await _make_digests(settings, channels, clock)
    return await run(settings, clock=clock)


async def _make_digests(settings: Settings, channels: Iterable[int], clock: Clock) -> None:
    """Store a digest for each channel, as if each were in a server of its own."""
    timing = Timing(cadence=Cadence.DAILY, hour=8, zone="UTC")
    async with open_state(settings, clock=clock) as database:
        schedules = DigestSchedules(database, clock=clock)
        for channel in channels:
            await schedules.create(
                NewSchedule(guild_id=channel, channel_id=channel, creator_id=1, timing=timing)
            )


def main() -> int:
    """Run the bot until it is stopped; returns the exit code."""
    settings = load_settings()
    set_up_logging(
        level=settings.log_level, log_format=settings.log_format, secrets=settings.secrets()
    )
    return asyncio.run(_main(settings, [int(channel) for channel in sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())
