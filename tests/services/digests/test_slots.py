"""When digests are due, compared with clocks that are read minute by minute."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.digests.models import Cadence, Timing, UnknownZone
from services.digests.slots import known_zone, latest_slot, next_slot, zones

MINUTE = timedelta(minutes=1)

# By their oddities: half and three quarters of an hour, a gap of half an hour, one at midnight, a
# day that never was, rules that differ from one year to the next, the date line.
ZONES = (
    "Europe/Zurich",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Asia/Beirut",
    "America/Havana",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Antarctica/Troll",
    "UTC",
)


def seconds_between(first: datetime, last: datetime) -> st.SearchStrategy[float]:
    return st.floats(first.timestamp(), last.timestamp())


# Around the days on which clocks are set, and around the end of February.
MOMENTS = st.one_of(
    seconds_between(datetime(2011, 12, 27, tzinfo=UTC), datetime(2012, 1, 2, tzinfo=UTC)),
    seconds_between(datetime(2024, 2, 26, tzinfo=UTC), datetime(2024, 4, 9, tzinfo=UTC)),
    seconds_between(datetime(2026, 10, 2, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC)),
    seconds_between(datetime(2020, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)),
).map(lambda unix: datetime.fromtimestamp(unix, UTC))


@st.composite
def timings(draw: st.DrawFn) -> Timing:
    cadence = draw(st.sampled_from(Cadence))
    return Timing(
        cadence=cadence,
        hour=draw(st.integers(0, 23)),
        zone=draw(st.sampled_from(ZONES)),
        weekday=draw(st.integers(0, 6)) if cadence is Cadence.WEEKLY else None,
        day=draw(st.sampled_from((1, 15, 28, 29, 30, 31))) if cadence is Cadence.MONTHLY else None,
    )


def ticking(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield every full minute, and what clocks in ``zone`` show then."""
    moment = start.replace(second=0, microsecond=0)
    while moment <= end:
        yield moment, moment.astimezone(zone).replace(tzinfo=None)
        moment += MINUTE


def wanted_days(timing: Timing, first: date, last: date) -> list[date]:
    """Return the days on which a digest is due, by the calendar."""
    days = [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]
    if timing.cadence is Cadence.WEEKLY:
        return [day for day in days if day.isoweekday() - 1 == timing.weekday]
    if timing.cadence is Cadence.MONTHLY:
        by_month: dict[tuple[int, int], date] = {}
        for day in days:
            if day.day <= (timing.day or 0):
                by_month[day.year, day.month] = max(day, by_month.get((day.year, day.month), day))
        return sorted(by_month.values())
    return days


def watched_slots(timing: Timing, moment: datetime) -> list[datetime]:
    """Return the slots around ``moment``, by watching a clock on the wall.

    A slot is the first minute at which the wall shows its hour or a later one, for the first time.
    """
    zone = ZoneInfo(timing.zone)
    local = moment.astimezone(zone).date()
    days = wanted_days(
        timing, local.replace(day=1) - timedelta(days=40), local + timedelta(days=75)
    )
    near = [day for day in days if day <= local][-2:] + [day for day in days if day > local][:2]
    slots = set()
    for day in near:
        wall = datetime.combine(day, time(timing.hour))
        noon = wall.replace(tzinfo=UTC)
        watched = ticking(zone, noon - timedelta(hours=39), noon + timedelta(hours=39))
        slots.add(next(at for at, shown in watched if shown >= wall))
    return sorted(slots)


@settings(max_examples=50)
@given(timing=timings(), moment=MOMENTS)
def test_slots_are_those_of_somebody_who_watches_the_clock_on_the_wall(
    timing: Timing, moment: datetime
) -> None:
    watched = watched_slots(timing, moment)

    assert next_slot(timing, moment) == min(slot for slot in watched if slot > moment)
    assert latest_slot(timing, moment) == max(slot for slot in watched if slot <= moment)


@settings(max_examples=50)
@given(timing=timings(), moment=MOMENTS)
def test_slots_follow_each_other_and_lie_between_their_neighbours(
    timing: Timing, moment: datetime
) -> None:
    first = next_slot(timing, moment)
    second = next_slot(timing, first)

    assert moment < first < second
    assert latest_slot(timing, first) == first
    assert latest_slot(timing, second - timedelta(seconds=1)) == first
    assert next_slot(timing, first - timedelta(seconds=1)) == first


def daily(hour: int, zone: str) -> Timing:
    return Timing(cadence=Cadence.DAILY, hour=hour, zone=zone)


@pytest.mark.parametrize(
    ("timing", "after", "slot"),
    [
        pytest.param(
            daily(2, "Europe/Zurich"),
            datetime(2026, 3, 28, 12, tzinfo=UTC),
            datetime(2026, 3, 29, 1, tzinfo=UTC),  # 03:00 on the wall
            id="an hour that does not exist",
        ),
        pytest.param(
            daily(2, "Europe/Zurich"),
            datetime(2026, 10, 24, 12, tzinfo=UTC),
            datetime(2026, 10, 25, 0, tzinfo=UTC),  # the first 02:00
            id="an hour that exists twice",
        ),
        pytest.param(
            daily(2, "Europe/Zurich"),
            datetime(2026, 10, 25, 0, tzinfo=UTC),
            datetime(2026, 10, 26, 1, tzinfo=UTC),  # not the second 02:00
            id="an hour that exists twice, once",
        ),
        pytest.param(
            daily(8, "Pacific/Apia"),
            datetime(2011, 12, 29, 20, tzinfo=UTC),
            datetime(2011, 12, 30, 10, tzinfo=UTC),  # midnight after the day that was skipped
            id="a day that never was",
        ),
        pytest.param(
            Timing(cadence=Cadence.MONTHLY, hour=9, zone="UTC", day=31),
            datetime(2028, 2, 1, tzinfo=UTC),
            datetime(2028, 2, 29, 9, tzinfo=UTC),
            id="the 31st of a February",
        ),
        pytest.param(
            Timing(cadence=Cadence.WEEKLY, hour=8, zone="Asia/Kathmandu", weekday=0),
            datetime(2026, 11, 23, 2, 15, tzinfo=UTC),
            datetime(2026, 11, 30, 2, 15, tzinfo=UTC),
            id="a week after, to the minute",
        ),
    ],
)
def test_next_slot_is(timing: Timing, after: datetime, slot: datetime) -> None:
    assert next_slot(timing, after) == slot


@pytest.mark.parametrize("name", ["", "Europe", "Europe/Zürich", "../etc/passwd", "CEST"])
def test_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone):
        known_zone(name)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        pytest.param("zur", "Europe/Zurich", id="a city"),
        pytest.param("new y", "America/New_York", id="two words"),
        pytest.param("europe/par", "Europe/Paris", id="the whole name"),
        pytest.param("  ", "Europe/Paris", id="nothing"),
        pytest.param("utc", "UTC", id="no place"),
    ],
)
def test_zones_suggests_first(typed: str, first: str) -> None:
    assert zones(typed)[0] == first


def test_zones_suggests_no_more_than_discord_shows() -> None:
    assert len(zones("a")) == 25
    assert zones("nowhere at all") == ()


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"hour": 24}, id="hour"),
        pytest.param({"weekday": 1}, id="weekday of a daily one"),
        pytest.param({"cadence": Cadence.WEEKLY}, id="weekly without a weekday"),
        pytest.param({"cadence": Cadence.WEEKLY, "weekday": 7}, id="weekday"),
        pytest.param({"cadence": Cadence.MONTHLY}, id="monthly without a day"),
        pytest.param({"cadence": Cadence.MONTHLY, "day": 0}, id="day"),
    ],
)
def test_timing_refuses_what_names_no_instant(wrong: dict[str, int]) -> None:
    values = {"cadence": Cadence.DAILY, "hour": 8, "zone": "UTC"} | wrong
    with pytest.raises(ValueError, match=r"^(hour|weekday|day):"):
        Timing(**values)  # type: ignore[arg-type]  # wrong on purpose
