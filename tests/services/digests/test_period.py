"""Which days a digest speaks of, against a calendar counted day by day."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from fakes.digest_content import NOW, make_schedule
from hypothesis import given, settings
from hypothesis import strategies as st

from services.digests import period
from services.digests.models import Cadence, Timing

ZURICH = ZoneInfo("Europe/Zurich")
DAILY = Timing(cadence=Cadence.DAILY, hour=0, zone="Europe/Zurich")
MONTHLY = Timing(cadence=Cadence.MONTHLY, hour=8, zone="Europe/Zurich", day=31)
DAYS = st.dates(date(2004, 1, 1), date(2035, 12, 31))


def test_first_digest_looks_back_by_its_cadence() -> None:
    assert period.beginning(make_schedule(), None, NOW) == NOW - timedelta(days=7)
    assert period.beginning(make_schedule(timing=DAILY), None, NOW) == NOW - timedelta(days=1)


def test_digest_that_was_paused_tells_of_everything_since_the_last_one() -> None:
    long_ago = NOW - timedelta(days=200)

    assert period.beginning(make_schedule(), long_ago, NOW) == long_ago


def test_digest_of_midnight_is_read_on_the_next_day() -> None:
    written = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    schedule = make_schedule(timing=DAILY, next_at=datetime(2026, 11, 23, 23, 0, tzinfo=UTC))

    assert period.day_of(schedule, written) == date(2026, 11, 24)


def test_digest_that_is_posted_by_hand_is_read_today() -> None:
    schedule = make_schedule(next_at=NOW + timedelta(days=4))

    assert period.day_of(schedule, NOW) == date(2026, 11, 23)


@given(today=DAYS)
@settings(max_examples=50)
def test_days_that_follow_each_other_remember_every_day_once(today: date) -> None:
    schedule = make_schedule(timing=DAILY)

    days = (period.remembered(schedule, today + timedelta(days=each))[0] for each in range(2))

    for (_, end), (start, _) in pairwise(days):
        assert start == end


@given(today=DAYS)
@settings(max_examples=50)
def test_week_remembers_its_seven_days_of_every_year(today: date) -> None:
    remembered = period.remembered(make_schedule(), today)

    days = [today - timedelta(days=each) for each in range(7)]
    for years, (start, end) in enumerate(remembered, 1):
        for day in days:
            noon = datetime(day.year - years, day.month, min(day.day, 28), 12, tzinfo=ZURICH)
            is_leap_day = (day.month, day.day) == (2, 29)
            assert day.day > 28 or start <= noon < end or is_leap_day
    assert len(remembered) == today.year - 2000


def test_month_begins_on_the_day_after_the_last_one() -> None:
    start, end = period.remembered(make_schedule(timing=MONTHLY), date(2026, 3, 31))[0]

    assert start.astimezone(ZURICH).date() == date(2025, 3, 1)
    assert end.astimezone(ZURICH).date() == date(2025, 4, 1)


@pytest.mark.parametrize(
    ("bought", "today", "years"),
    [
        pytest.param(date(2016, 11, 23), date(2026, 11, 23), 10, id="the same day"),
        pytest.param(date(2016, 11, 17), date(2026, 11, 23), 10, id="the same week"),
        pytest.param(date(2015, 12, 30), date(2026, 1, 3), 10, id="over the turn of the year"),
    ],
)
def test_years_since_counts_whole_years(bought: date, today: date, years: int) -> None:
    moment = datetime(bought.year, bought.month, bought.day, 12, tzinfo=UTC)

    assert period.years_since(moment, today, "Europe/Zurich") == years


def test_last_months_reach_into_the_year_before() -> None:
    assert period.last_months(date(2026, 2, 1), 4) == ((2025, 11), (2025, 12), (2026, 1), (2026, 2))
