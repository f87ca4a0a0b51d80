"""Which days a digest speaks of. No I/O.

Days are those of the digest's zone; instants are UTC.
"""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.digests.models import Cadence, Schedule
from services.storage.collection_highlights import Span

ROUND_YEARS: Final = (10, 20, 25, 30, 40, 50, 60, 70)
"""What counts as an anniversary of music; Discogs gives its year and no day."""

_FIRST_LOOK_BACK: Final = {
    Cadence.DAILY: timedelta(days=1),
    Cadence.WEEKLY: timedelta(days=7),
    Cadence.MONTHLY: timedelta(days=31),
}
_PREPARED_BEFORE: Final = timedelta(hours=1)
_FIRST_YEAR: Final = 2000
"""Discogs began in November 2000: nothing was added before."""
_DAY: Final = timedelta(days=1)
_DAYS_OF_WEEK: Final = 7


def beginning(schedule: Schedule, since: datetime | None, now: datetime) -> datetime:
    """Return since when it tells what was added: the last digest, or one cadence before the first.

    A digest that was paused for long tells of what was added all the while.
    """
    return since or now - _FIRST_LOOK_BACK[schedule.timing.cadence]


def day_of(schedule: Schedule, now: datetime) -> date:
    """Return the day that the digest is read on: it is written up to an hour before."""
    is_ahead = timedelta() <= schedule.next_at - now <= _PREPARED_BEFORE
    moment = schedule.next_at if is_ahead else now
    return moment.astimezone(ZoneInfo(schedule.timing.zone)).date()


def remembered(schedule: Schedule, today: date) -> tuple[Span, ...]:
    """Return the same day, the same seven days or the same month's days of all earlier years.

    The last year comes first. What a daily digest remembers is one day; a weekly one the seven that
    end on it; a monthly one all since the day after the same of the month before.
    """
    zone = ZoneInfo(schedule.timing.zone)
    first = _first_day(schedule.timing.cadence, today)
    spans: list[Span] = []
    for years in range(1, today.year - _FIRST_YEAR + 1):
        start, end = years_before(first, years), years_before(today + _DAY, years)
        spans.append((_midnight(start, zone), _midnight(end, zone)))
    return tuple(spans)


def years_since(moment: datetime, today: date, zone: str) -> int:
    """Return how many whole or begun years lie between a remembered moment and today."""
    day = moment.astimezone(ZoneInfo(zone)).date()
    # In January, seven days reach back into the year before.
    is_last_year = (day.month, day.day) > (today.month, today.day)
    return today.year - day.year - (1 if is_last_year else 0)


def jubilee_years(today: date) -> tuple[int, ...]:
    """Return the years in which came out what has an anniversary this year."""
    return tuple(today.year - years for years in ROUND_YEARS)


def last_months(today: date, count: int) -> tuple[tuple[int, int], ...]:
    """Return year and month of the last ``count`` months, this one last."""
    number = today.year * 12 + today.month - 1
    months = range(number - count + 1, number + 1)
    return tuple((each // 12, each % 12 + 1) for each in months)


def years_before(day: date, years: int) -> date:
    """Return the same day so many years ago; for 29 February, the day after the 28th.

    So days that follow each other remember days that follow each other: none twice, none never.
    """
    year = day.year - years
    if day.day <= calendar.monthrange(year, day.month)[1]:
        return day.replace(year=year)
    return date(year, day.month + 1, 1)


def _first_day(cadence: Cadence, today: date) -> date:
    if cadence is Cadence.DAILY:
        return today
    if cadence is Cadence.WEEKLY:
        return today - (_DAYS_OF_WEEK - 1) * _DAY
    [(year, month), _] = last_months(today, 2)
    same = min(today.day, calendar.monthrange(year, month)[1])
    return date(year, month, same) + _DAY


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
