"""The bot with many digests, all due in half a minute: ``python -m bench.digest_bot CHANNEL…``.

Its clock says so; everything else is the real bot, but for what the digests say: nobody has joined
them, and to write them is not what is measured.
"""

import asyncio
import sys
from datetime import datetime, timedelta
from typing import Any

import msgspec
from discord import ui

import bot.app
from bot.__main__ import main
from bot.collecting import Jobs
from bot.delivery.delivery import Delivery
from bot.digests.engine import Digesting, make_digesting
from bot.i18n import Texts
from bot.services import Services
from services.digests.models import (
    Cadence,
    NewSchedule,
    PauseReason,
    Place,
    PostedDigest,
    Schedule,
    Slot,
    Timing,
)
from services.resilience.clock import Clock, SystemClock
from services.storage.database import Database

DUE_IN_SECONDS = 25.0


class Words(msgspec.Struct, frozen=True):
    """What a digest says."""

    text: str


class _Desk:
    """The Composer and the Announcer."""

    async def compose(
        self, schedule: Schedule, *, since: datetime | None, now: datetime
    ) -> Words | None:
        """Say a few lines."""
        del since, now
        return Words(f"## This week in digest {schedule.digest_id}\n" + "A record or two.\n" * 20)

    async def posted(self, schedule: Schedule, slot: Slot, place: Place, content: Words) -> None:
        """Mend nothing."""

    async def paused(self, schedule: Schedule, reason: PauseReason) -> None:
        """Tell nobody."""

    async def uncertain(self, schedule: Schedule, slot: Slot) -> None:
        """Tell nobody."""


class _NearlyEight(SystemClock):
    """Eight o'clock comes soon after the start."""

    def __init__(self) -> None:
        now = super().now()
        eight = now.replace(hour=8, minute=0, second=0, microsecond=0)
        self._ahead = eight - timedelta(seconds=DUE_IN_SECONDS) - now

    def now(self) -> datetime:
        """Return the wall time."""
        return super().now() + self._ahead


def _card(posted: PostedDigest[Words], _texts: Texts) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(posted.content.text))
    row: ui.ActionRow[Any] = ui.ActionRow()
    row.add_item(ui.Button(label="Hide me", custom_id=f"hide:{posted.slot.mark}"))
    view.add_item(row)
    return view


async def _digest(digesting: Digesting, channels: list[int]) -> None:
    """Make a digest in each channel, and plan."""
    timing = Timing(cadence=Cadence.DAILY, hour=8, zone="UTC")
    for channel in channels:
        await digesting.schedules.create(
            NewSchedule(guild_id=channel, channel_id=channel, creator_id=1, timing=timing)
        )
    await digesting.planner.run()


def _install(channels: list[int]) -> None:
    """Have the bot made with digests."""
    make_services, make_delivery = bot.app.make_services, bot.app.make_delivery
    deliveries: list[Delivery] = []
    tasks: list[asyncio.Task[None]] = []

    def remember(*arguments: Any, **options: Any) -> Delivery:  # noqa: ANN401  # passed on
        deliveries.append(make_delivery(*arguments, **options))
        return deliveries[-1]

    def extend(
        settings: Any,  # noqa: ANN401  # passed on
        languages: Any,  # noqa: ANN401  # passed on
        upstreams: Any,  # noqa: ANN401  # passed on
        database: Database,
        *,
        pictures: Any,  # noqa: ANN401  # passed on
        clock: Clock,
    ) -> tuple[Services, tuple[Jobs, ...]]:
        services, jobs = make_services(
            settings, languages, upstreams, database, pictures=pictures, clock=clock
        )
        deliveries[-1].renderings.register(PostedDigest, _card)
        desk = _Desk()
        digesting = make_digesting(
            database,
            composer=desk,
            content=Words,
            announcer=desk,
            delivery=deliveries[-1],
            clock=clock,
        )
        tasks.append(asyncio.get_running_loop().create_task(_digest(digesting, channels)))
        return services, (*jobs, *digesting.jobs)

    for name, value in (
        ("make_delivery", remember),
        ("make_services", extend),
        ("SystemClock", _NearlyEight),
    ):
        setattr(bot.app, name, value)


if __name__ == "__main__":
    _install([int(channel) for channel in sys.argv[1:]])
    sys.exit(main(["run"]))
