"""From what somebody chose and typed to when a digest is due."""

from typing import Any

import pytest

from bot.i18n import Catalogue
from cogs.digest._asking import Refusal
from cogs.digest._editing import _typed_wish
from cogs.digest._timing import Wish, new_timing, timing_for
from services.digests.models import Cadence, Timing

ENGLISH = Catalogue().texts("en")
WEEKLY, MONTHLY, DAILY = Cadence.WEEKLY, Cadence.MONTHLY, Cadence.DAILY
ZURICH = "Europe/Zurich"
TUESDAYS = Timing(cadence=WEEKLY, hour=8, zone=ZURICH, weekday=1)


def wish(**said: Any) -> Wish:  # noqa: ANN401  # passed through
    return Wish(**{"cadence": WEEKLY, "hour": 8, "zone": ZURICH, **said})


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param({}, {"weekday": 0, "day": None}, id="a Monday"),
        pytest.param({"cadence": MONTHLY}, {"weekday": None, "day": 1}, id="the first"),
        pytest.param({"cadence": DAILY}, {"weekday": None, "day": None}, id="every day"),
        pytest.param({"zone": "zurich"}, {"zone": ZURICH}, id="a city"),
        pytest.param({"zone": " new york "}, {"zone": "America/New_York"}, id="with spaces"),
        pytest.param({"zone": "europe/zurich"}, {"zone": ZURICH}, id="small letters"),
        pytest.param({"zone": "Etc/GMT+5"}, {"zone": "Etc/GMT+5"}, id="not suggested"),
    ],
)
def test_new_timing_understands_what_is_left_out_or_written_another_way(
    said: dict[str, Any], expected: dict[str, Any]
) -> None:
    timing = new_timing(wish(**said), ENGLISH)

    assert {name: getattr(timing, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param({"zone": "Atlantis"}, "no time zone “Atlantis”. It's a region", id="none"),
        pytest.param({"zone": "Zürich"}, "Did you mean `Europe/Zurich`?", id="accents"),
        pytest.param({"zone": "Europe/Zurch"}, "Did you mean `Europe/Zurich`?", id="mistyped"),
        pytest.param({"zone": "york"}, "Did you mean `America/New_York`?", id="part of one"),
        pytest.param({"zone": "**x**"}, r"“\*\*x\*\*”", id="escaped"),
        pytest.param({"zone": "../passwd"}, "I know no time zone", id="a path"),
        pytest.param({"zone": "x" * 64}, "x…”", id="long"),
        pytest.param({"cadence": DAILY, "weekday": 2}, "A weekday goes with", id="weekday"),
        pytest.param({"cadence": DAILY, "day": 2}, "A day of the month goes with", id="day"),
    ],
)
def test_new_timing_says_kindly_what_is_none(said: dict[str, Any], expected: str) -> None:
    with pytest.raises(Refusal) as refusal:
        new_timing(wish(**said), ENGLISH)

    assert expected in str(refusal.value)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(Wish(hour=0), {"hour": 0, "weekday": 1}, id="midnight"),
        pytest.param(Wish(weekday=0), {"weekday": 0, "hour": 8}, id="Monday"),
        pytest.param(Wish(cadence=MONTHLY, day=31), {"weekday": None, "day": 31}, id="monthly"),
        pytest.param(Wish(cadence=DAILY), {"weekday": None, "day": None}, id="daily"),
        pytest.param(Wish(zone="Asia/Tokyo"), {"zone": "Asia/Tokyo", "weekday": 1}, id="zone"),
    ],
)
def test_timing_keeps_what_is_not_wished_otherwise(said: Wish, expected: dict[str, Any]) -> None:
    timing = timing_for(said, TUESDAYS, ENGLISH)

    assert {name: getattr(timing, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param({"days": "weekly:6"}, (WEEKLY, 6, None), id="Sundays"),
        pytest.param({"days": "monthly", "day": "31"}, (MONTHLY, None, 31), id="last day"),
        pytest.param({"days": "monthly", "day": ""}, (MONTHLY, None, None), id="no day"),
        pytest.param({"days": "daily", "day": "31"}, (DAILY, None, None), id="day of before"),
    ],
)
def test_form_is_read(typed: dict[str, str], expected: tuple[object, ...]) -> None:
    said = _typed_wish({"hour": "21", "zone": ZURICH, **typed}, ENGLISH)

    assert (said.cadence, said.weekday, said.day) == expected
    assert (said.hour, said.zone) == (21, ZURICH)


@pytest.mark.parametrize("day", ["0", "32", "x", "-1", "²"])
def test_form_with_a_day_that_is_none_is_refused(day: str) -> None:
    with pytest.raises(Refusal, match="from 1 to 31"):
        _typed_wish({"days": "monthly", "day": day, "hour": "8", "zone": ZURICH}, ENGLISH)
