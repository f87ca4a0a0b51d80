"""The bot's clock on the page: what it shows, and the buttons that move it.

The page and the sandbox keep real time; only a bot that was started with a movable clock, as
``aime demo`` does, believes that it is Monday 08:00.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.sandbox.chat.views import Json

_WEEK = timedelta(days=7)


class BotClock(Protocol):
    """The wall clock of a bot in another process."""

    def now(self) -> datetime:
        """Return what it shows, aware."""

    async def move(self, by: timedelta) -> None:
        """Set it forward, or back."""


def clock_view(clock: BotClock | None) -> Json | None:
    """Return by how many whole seconds the clock is ahead; None when nobody can move it."""
    if clock is None:
        return None
    return {"ahead": round((clock.now() - datetime.now(UTC)).total_seconds())}


async def move_as_told(clock: BotClock | None, given: Json) -> Json:
    """Move the clock and return how it stands.

    Args:
        clock: The bot's.
        given: ``{"by": seconds}``; ``{"weekday": 0 for Monday, "time": "08:00", "zone": name}``
            for the next such moment; or ``{}`` for the real time.

    Raises:
        ValueError: Nobody can move it, or there is no such moment or zone.
    """
    if clock is None:
        reason = "this bot's clock cannot be moved"
        raise ValueError(reason)
    await clock.move(_step(clock.now(), given))
    return {"clock": clock_view(clock)}


def next_moment(after: datetime, weekday: int, at: time, zone: ZoneInfo) -> datetime:
    """Return when it is next ``at`` on a weekday in a zone, in UTC; later than ``after``."""
    today = after.astimezone(zone).date()
    day = today + timedelta(days=(weekday - today.weekday()) % 7)
    # Compared in UTC: two times of one zone are compared by what its clocks show.
    moment = datetime.combine(day, at, zone).astimezone(UTC)
    return moment if moment > after else datetime.combine(day + _WEEK, at, zone).astimezone(UTC)


def _step(now: datetime, given: Json) -> timedelta:
    if "by" in given:
        return timedelta(seconds=float(given["by"]))
    if "weekday" not in given:
        return datetime.now(UTC) - now
    try:
        zone = ZoneInfo(given["zone"])
    except (KeyError, ValueError) as error:  # a zone that is not known is a KeyError
        reason = "there is no such time zone"
        raise ValueError(reason) from error
    return next_moment(now, int(given["weekday"]), time.fromisoformat(given["time"]), zone) - now
