"""The bot with many digests, all due in half a minute: ``python -m bench.digest_bot CHANNEL…``.

Its clock says so; everything else is the real bot. Nobody has joined the digests: what is measured
is posting them.
"""

import asyncio
import sys
from datetime import datetime, timedelta
from typing import Any

import bot.app
from bot.__main__ import main
from bot.collecting import Jobs
from bot.services import Services
from services.digests.models import Cadence, NewSchedule, Timing
from services.digests.schedules import DigestSchedules
from services.resilience.clock import SystemClock

DUE_IN_SECONDS = 25.0


class _NearlyEight(SystemClock):
    """Eight o'clock comes soon after the start."""

    def __init__(self) -> None:
        now = super().now()
        eight = now.replace(hour=8, minute=0, second=0, microsecond=0)
        self._ahead = eight - timedelta(seconds=DUE_IN_SECONDS) - now

    def now(self) -> datetime:
        """Return the wall time."""
        return super().now() + self._ahead


async def _digest(schedules: DigestSchedules, channels: list[int]) -> None:
    """Make a digest in each channel, each of a server of its own."""
    timing = Timing(cadence=Cadence.DAILY, hour=8, zone="UTC")
    for channel in channels:
        await schedules.create(
            NewSchedule(guild_id=channel, channel_id=channel, creator_id=1, timing=timing)
        )


def _install(channels: list[int]) -> None:
    """Have the bot made with digests."""
    make_services = bot.app.make_services
    tasks: list[asyncio.Task[None]] = []

    def extend(*parts: Any, **more: Any) -> tuple[Services, tuple[Jobs, ...]]:  # noqa: ANN401  # passed on
        services, jobs = make_services(*parts, **more)
        making = _digest(services.digests.schedules, channels)
        tasks.append(asyncio.get_running_loop().create_task(making))
        return services, jobs

    for name, value in (("make_services", extend), ("SystemClock", _NearlyEight)):
        setattr(bot.app, name, value)


if __name__ == "__main__":
    _install([int(channel) for channel in sys.argv[1:]])
    sys.exit(main(["run"]))
