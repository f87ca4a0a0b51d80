"""When digests are due: from the clocks of a place to instants, pure.

Clocks are set forward and back. An hour that does not exist on a day means the first instant
after the gap; one that exists twice means its first occurrence, once.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache
from typing import Final
from unicodedata import normalize
from zoneinfo import ZoneInfo, available_timezones

from services.digests.models import Cadence, Timing, UnknownZone

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_MOST_ZONES: Final = 25  # what Discord shows
_MOST_ALIKE: Final = 5
_LEAST_ALIKE: Final = 0.8
_LONGEST_TYPO: Final = 40
_USUAL: Final = (
    "Europe/Paris",
    "Europe/Zurich",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "America/Toronto",
    "Asia/Tokyo",
    "Australia/Sydney",
    "UTC",
)
_REGIONS: Final = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


def next_slot(timing: Timing, after: datetime) -> datetime:
    """Return the first slot later than ``after`` (aware), in UTC.

    Raises:
        UnknownZone: Of the timing.
    """
    zone = known_zone(timing.zone)
    # From the day before: a gap may have moved that day's slot to this one.
    day = after.astimezone(zone).date() - _DAY
    return next(slot for slot in _slots(timing, zone, day, _DAY) if slot > after)


def latest_slot(timing: Timing, at: datetime) -> datetime:
    """Return the last slot that is not later than ``at`` (aware), in UTC.

    Raises:
        UnknownZone: Of the timing.
    """
    zone = known_zone(timing.zone)
    day = at.astimezone(zone).date()
    return next(slot for slot in _slots(timing, zone, day, -_DAY) if slot <= at)


def known_zone(name: str) -> ZoneInfo:
    """Return the zone of that IANA name.

    Raises:
        UnknownZone: There is none.
    """
    if name not in _names():
        raise UnknownZone(name)
    return ZoneInfo(name)


def zones(text: str) -> tuple[str, ...]:
    """Return zones to suggest for what somebody has typed, the best first, 25 at most."""
    # Zones have no accents, people type them: "Zürich".
    bare = normalize("NFKD", text).encode("ascii", "ignore").decode()
    wanted = bare.strip().casefold().replace(" ", "_")
    if not wanted:
        return tuple(name for name in _USUAL if name in _names())
    ranked = sorted(
        (rank, name) for name in _suggested() if (rank := _rank(name, wanted)) is not None
    )
    if not ranked and len(wanted) <= _LONGEST_TYPO:
        return _alike(wanted)
    return tuple(name for _, name in ranked[:_MOST_ZONES])


def _alike(wanted: str) -> tuple[str, ...]:
    """Return zones that somebody may have meant who mistyped one, or its place."""
    by_word = {name.casefold().rpartition("/")[2]: name for name in _suggested()}
    by_word |= {name.casefold(): name for name in _suggested()}
    close = get_close_matches(wanted, by_word, _MOST_ALIKE, cutoff=_LEAST_ALIKE)
    return tuple(dict.fromkeys(by_word[word] for word in close))


def _slots(timing: Timing, zone: ZoneInfo, day: date, step: timedelta) -> Iterator[datetime]:
    """Yield the slots of the days from ``day`` on, forward or back."""
    while True:
        if _is_due(timing, day):
            yield _instant(datetime.combine(day, time(timing.hour)), zone)
        day += step


def _is_due(timing: Timing, day: date) -> bool:
    if timing.cadence is Cadence.WEEKLY:
        return day.weekday() == timing.weekday
    if timing.cadence is Cadence.MONTHLY and timing.day is not None:
        return day.day == min(timing.day, _last_day(day))
    return True


def _last_day(day: date) -> int:
    # The 28th and four days is always in the next month.
    return (day.replace(day=28) + 4 * _DAY).replace(day=1).toordinal() - day.replace(
        day=1
    ).toordinal()


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant at which the clocks of ``zone`` show ``wall``."""
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    # The clocks skip ``wall``. Read with the offset of after the gap, it is an instant before it.
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), instant
    while after - before > _SECOND:
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return after


def _rank(name: str, wanted: str) -> int | None:
    """Return 0 for a place that begins so, then 1 for a name that does, 2 for any other match."""
    folded = name.casefold()
    if folded.rpartition("/")[2].startswith(wanted):
        return 0
    if folded.startswith(wanted):
        return 1
    return 2 if wanted in folded else None


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _suggested() -> tuple[str, ...]:
    """Names of places; the others are old or technical, and work all the same."""
    return tuple(sorted(name for name in _names() if name.startswith(_REGIONS) or name == "UTC"))
