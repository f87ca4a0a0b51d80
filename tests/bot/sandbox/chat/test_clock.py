"""The bot's clock as the page moves it; the bot itself is another process."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fakes.bot_clock import FakeBotClock

from bot.sandbox.chat.clock import clock_view, move_as_told, next_moment

SATURDAY = datetime(2026, 11, 28, 15, 30, tzinfo=UTC)
MONDAY, SATURDAYS, SUNDAY = 0, 5, 6


@pytest.mark.parametrize(
    ("weekday", "at", "zone", "expected"),
    [
        pytest.param(MONDAY, "08:00", "UTC", "2026-11-30T08:00Z", id="in two days"),
        pytest.param(SATURDAYS, "16:00", "UTC", "2026-11-28T16:00Z", id="later today"),
        pytest.param(SATURDAYS, "15:30", "UTC", "2026-12-05T15:30Z", id="not this very one"),
        pytest.param(MONDAY, "08:00", "Asia/Tokyo", "2026-11-29T23:00Z", id="ahead of UTC"),
        pytest.param(SUNDAY, "00:15", "Asia/Tokyo", "2026-12-05T15:15Z", id="Sunday there already"),
    ],
)
def test_next_moment_is_the_first_one_after(
    weekday: int, at: str, zone: str, expected: str
) -> None:
    found = next_moment(SATURDAY, weekday, time.fromisoformat(at), ZoneInfo(zone))

    assert found == datetime.fromisoformat(expected)


def test_next_moment_is_later_when_clocks_were_set_back_in_between() -> None:
    # In Zurich 02:30 comes twice on 2026-10-25; this is the second one, an hour after the first.
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)

    found = next_moment(second, SUNDAY, time(2, 30), ZoneInfo("Europe/Zurich"))

    assert found == datetime(2026, 11, 1, 1, 30, tzinfo=UTC)


async def test_clock_is_set_and_goes_back_to_the_real_time() -> None:
    clock = FakeBotClock()

    await move_as_told(clock, {"by": 3_600})
    stepped = clock_view(clock)
    await move_as_told(clock, {"weekday": MONDAY, "time": "08:00", "zone": "Europe/Zurich"})
    shown = clock.now().astimezone(ZoneInfo("Europe/Zurich"))
    back = await move_as_told(clock, {})

    assert stepped == {"ahead": 3_600}
    assert (shown.weekday(), f"{shown:%H:%M}") == (MONDAY, "08:00")
    assert back == {"clock": {"ahead": 0}}


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"weekday": MONDAY, "time": "08:00", "zone": "Mars/Olympus"}, id="zone"),
        pytest.param({"weekday": MONDAY, "time": "08:00", "zone": "../etc/passwd"}, id="path"),
        pytest.param({"weekday": MONDAY, "time": "8 o'clock", "zone": "UTC"}, id="time"),
        pytest.param({"by": "soon"}, id="step"),
    ],
)
async def test_moment_that_is_none_is_refused(given: dict[str, Any]) -> None:
    clock = FakeBotClock()

    with pytest.raises(ValueError):  # noqa: PT011  # the page shows whatever it says
        await move_as_told(clock, given)

    assert clock.ahead == timedelta()


async def test_clock_that_nobody_can_move_is_not_shown() -> None:
    assert clock_view(None) is None
    with pytest.raises(ValueError, match="cannot be moved"):
        await move_as_told(None, {"by": 60})
