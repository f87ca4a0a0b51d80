"""``Jubilees``: whose music came out a round number of years ago, this year.

Discogs gives the year of a work and no day, so that is all that may be said. Of a pressing whose
work nobody has looked up, the year is only a hint: a few are looked up, and remembered.
"""

import random
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from typing import Final, Protocol

import msgspec

from services.collection.highlight_models import Jubilee
from services.digests.content_models import Anniversary, MemberPart
from services.digests.content_ports import Works
from services.digests.gathering import Gathered
from services.digests.period import ROUND_YEARS
from services.digests.time_left import TimeLeft
from services.errors import ExternalServiceException

MOST_WORKS_ASKED: Final = 2
_MOST_SHOWN: Final = 2
_SECONDS: Final = 10.0


class MasterYears(Protocol):
    """What remembers when works came out; see ``CollectionStatistics``."""

    async def note_master_years(self, years: Mapping[int, int], /) -> None:
        """Remember; raises DatabaseUnavailable."""


class Jubilees:
    """Chooses by chance among what fits; raises ``DatabaseUnavailable``."""

    def __init__(self, works: Works, *, years: MasterYears, chance: random.Random) -> None:
        """Ask ``works``, and remember in ``years``."""
        self._works = works
        self._years = years
        self._chance = chance

    async def choose(
        self, gathered: Iterable[Gathered], today: date, time_left: TimeLeft
    ) -> tuple[MemberPart, ...]:
        """Return the parts, each with up to two jubilees."""
        gathered = tuple(gathered)
        known = await self._look_up(
            [each for part in gathered for each in part.jubilees], time_left
        )
        return tuple(
            msgspec.structs.replace(each.part, jubilees=self._some(each, known, today))
            for each in gathered
        )

    async def _look_up(self, jubilees: list[Jubilee], time_left: TimeLeft) -> dict[int, int]:
        """Return when a few of the unknown works came out."""
        unknown = sorted(
            {each.master_id for each in jubilees if each.music_year is None and each.master_id}
        )
        asked = self._chance.sample(unknown, min(MOST_WORKS_ASKED, len(unknown)))
        known: dict[int, int] = {}
        for master_id in asked:
            if not time_left.seconds:
                break
            with suppress(ExternalServiceException):
                async with time_left.limit("discogs", "get_master", _SECONDS):
                    work = (await self._works.get_master(master_id)).value
                if work.year is not None:
                    known[master_id] = work.year
        if known:
            await self._years.note_master_years(known)
        return known

    def _some(
        self, gathered: Gathered, known: Mapping[int, int], today: date
    ) -> tuple[Anniversary, ...]:
        found: dict[tuple[str, str], Anniversary] = {}
        for each in gathered.jubilees:
            year = each.music_year or known.get(each.master_id or 0)
            years = today.year - year if year is not None else 0
            if years in ROUND_YEARS:  # two copies of one record are one jubilee
                name = (each.record.artist, each.record.title)
                found.setdefault(name, Anniversary(record=each.record, years=years))
        chosen = self._chance.sample(list(found.values()), min(_MOST_SHOWN, len(found)))
        return tuple(sorted(chosen, key=lambda each: each.years))
