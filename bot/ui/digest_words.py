"""When a digest is due, in words."""

from typing import Final

from bot.i18n import N_, Texts
from services.digests.models import Cadence, Schedule, Timing

LAST_DAY: Final = 31
"""A month without it means its last day."""

_WEEKDAYS: Final = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)


def weekday_name(weekday: int, texts: Texts) -> str:
    """Return the name of a weekday; 0 is Monday."""
    name: str = _WEEKDAYS[weekday]
    return texts.gettext(name)


def hour_name(hour: int) -> str:
    """Return an hour as clocks show it: ``08:00``."""
    return f"{hour:02}:00"


def days_words(timing: Timing, texts: Texts) -> str:
    """Return on which days: ``every Monday``."""
    if timing.cadence is Cadence.WEEKLY and timing.weekday is not None:
        weekday = weekday_name(timing.weekday, texts)
        return texts.gettext("every {weekday}", weekday=weekday)
    if timing.cadence is Cadence.MONTHLY and timing.day is not None:
        if timing.day == LAST_DAY:
            return texts.gettext("on the last day of every month")
        return texts.gettext("on day {day} of every month", day=timing.day)
    return texts.gettext("every day")


def timing_words(timing: Timing, texts: Texts) -> str:
    """Return when: ``every Monday at 08:00 (Europe/Zurich)``."""
    return texts.gettext(
        "{days} at {hour} ({zone})",
        days=days_words(timing, texts),
        hour=hour_name(timing.hour),
        zone=timing.zone.replace("_", " "),
    )


def digest_choice(schedule: Schedule, channel_name: str | None, texts: Texts) -> str:
    """Return a digest as something to choose, where a channel cannot be mentioned."""
    place = f"#{channel_name}" if channel_name else texts.gettext("a channel that is gone")
    mark = "⏸️ " if schedule.is_paused else ""
    return f"{mark}{place} · {timing_words(schedule.timing, texts)}"
