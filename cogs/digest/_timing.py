"""From what somebody chose and typed to when a digest is due; what is wrong with it, kindly."""

from dataclasses import dataclass
from typing import Final

from bot.i18n import Texts
from bot.ui.text import one_line
from cogs.digest._asking import Refusal
from services.digests.models import Cadence, Timing, UnknownZone
from services.digests.slots import known_zone, zones

_MONDAY: Final = 0
_FIRST: Final = 1
_MOST_SUGGESTIONS: Final = 3
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody said about when; None for what they left out.

    Attributes:
        cadence: How often.
        hour: 0 to 23.
        zone: As typed.
        weekday: 0 for Monday.
        day: 1 to 31.
    """

    cadence: Cadence | None = None
    hour: int | None = None
    zone: str | None = None
    weekday: int | None = None
    day: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said."""
        said = (self.cadence, self.hour, self.zone, self.weekday, self.day)
        return all(each is None for each in said)


def timing_for(wish: Wish, now: Timing, texts: Texts) -> Timing:
    """Return ``now`` with what is wished; a weekday or day left out is Monday, or the first.

    Raises:
        Refusal: That is no time.
    """
    cadence = wish.cadence or now.cadence
    if wish.weekday is not None and cadence is not Cadence.WEEKLY:
        raise Refusal(texts.gettext("A weekday goes with a weekly digest only; leave it out here."))
    if wish.day is not None and cadence is not Cadence.MONTHLY:
        raise Refusal(
            texts.gettext("A day of the month goes with a monthly digest only; leave it out here.")
        )
    weekday = _first_of(wish.weekday, now.weekday, _MONDAY)
    day = _first_of(wish.day, now.day, _FIRST)
    return Timing(
        cadence=cadence,
        hour=_first_of(wish.hour, now.hour),
        zone=now.zone if wish.zone is None else _zone(wish.zone, texts),
        weekday=weekday if cadence is Cadence.WEEKLY else None,
        day=day if cadence is Cadence.MONTHLY else None,
    )


def new_timing(wish: Wish, texts: Texts) -> Timing:
    """Return when a new digest is due.

    Raises:
        Refusal: That is no time.
    """
    return timing_for(wish, Timing(cadence=Cadence.DAILY, hour=0, zone="UTC"), texts)


def _first_of(*values: int | None) -> int:
    return next((value for value in values if value is not None), 0)


def _zone(typed: str, texts: Texts) -> str:
    """Return the zone of that name, whichever way it is written; people type "new york", too."""
    text = typed.strip()
    try:
        return known_zone(text).key
    except UnknownZone:
        suggested = zones(text)
    wanted = text.replace(" ", "_").casefold()
    exact = [
        name for name in suggested if wanted in (name.casefold(), name.casefold().split("/")[-1])
    ]
    if len(exact) == 1:
        return exact[0]
    raise Refusal(_unknown_zone(text, suggested[:_MOST_SUGGESTIONS], texts))


def _unknown_zone(typed: str, suggested: tuple[str, ...], texts: Texts) -> str:
    said = texts.gettext("I know no time zone “{zone}”.", zone=one_line(typed, _SHOWN))
    if suggested:
        names = ", ".join(f"`{name}`" for name in suggested)
        return f"{said} " + texts.gettext("Did you mean {names}?", names=names)
    return f"{said} " + texts.gettext(
        "It's a region and a city, such as `Europe/Zurich`: type a few letters of the city, and "
        "pick it from the list."
    )
