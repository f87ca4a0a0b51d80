"""The form that changes when a digest is due."""

from typing import Final

from bot.i18n import Texts
from bot.ui.buttons import own_id
from bot.ui.digest_ids import EDIT_PREFIX
from bot.ui.digest_words import hour_name, weekday_name
from bot.ui.forms import Choice, Form
from services.digests.models import Cadence, Schedule, Timing

DAYS_FIELD: Final = "days"
DAY_FIELD: Final = "day"
HOUR_FIELD: Final = "hour"
ZONE_FIELD: Final = "zone"
MOST_ZONE: Final = 64
_HOURS: Final = 24
_WEEKDAYS: Final = 7
_MOST_DIGITS: Final = 2


def timing_form(schedule: Schedule, *, user_id: int, texts: Texts) -> Form:
    """Return the form, filled in with what is so now."""
    timing = schedule.timing
    form = Form(
        texts.gettext("When is the digest posted?"),
        own_id(EDIT_PREFIX, user_id, schedule.digest_id),
    )
    form.choose(DAYS_FIELD, texts.gettext("How often"), _days(timing, texts))
    form.ask(
        DAY_FIELD,
        texts.gettext("Day of the month"),
        description=texts.gettext("Only for once a month: 1 to 31; 31 is always the last day"),
        default=str(timing.day or ""),
        is_required=False,
        limit=_MOST_DIGITS,
    )
    hours = [
        Choice(str(hour), hour_name(hour), is_default=hour == timing.hour) for hour in range(_HOURS)
    ]
    form.choose(HOUR_FIELD, texts.gettext("At what time"), hours)
    form.ask(
        ZONE_FIELD,
        texts.gettext("In which time zone"),
        description=texts.gettext("Region and city, such as Europe/Zurich"),
        default=timing.zone,
        limit=MOST_ZONE,
    )
    return form


def read_days(value: str) -> tuple[Cadence, int | None]:
    """Return the cadence and the weekday that a choice of ``DAYS_FIELD`` means.

    Raises:
        ValueError: It is none of the form's.
    """
    cadence, _, weekday = value.partition(":")
    return Cadence(cadence), int(weekday) if weekday else None


def _days(timing: Timing, texts: Texts) -> list[Choice]:
    weekly = timing.cadence is Cadence.WEEKLY
    weeks = [
        Choice(
            f"{Cadence.WEEKLY}:{weekday}",
            texts.gettext("every {weekday}", weekday=weekday_name(weekday, texts)),
            is_default=weekly and timing.weekday == weekday,
        )
        for weekday in range(_WEEKDAYS)
    ]
    daily, monthly = Cadence.DAILY, Cadence.MONTHLY
    return [
        Choice(daily, texts.gettext("every day"), is_default=timing.cadence is daily),
        *weeks,
        Choice(monthly, texts.gettext("once a month"), is_default=timing.cadence is monthly),
    ]
