"""``Gathering``: what there is to tell of each member, from what is stored.

A collection that was read longer ago than Discogs' terms allow is looked after first; when that
fails it is told of as it is stored, with its age. Of one that was never read nothing is told.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from services.collection.highlight_models import Highlights, Jubilee, Occasion
from services.collection.values import ValueHistory
from services.digests import period
from services.digests.content_models import MONTHS_SHOWN, Anniversary, MemberPart, ValueChange
from services.digests.content_ports import Freshening, Permissions, Shelves, ValuesKept
from services.digests.models import Schedule
from services.digests.time_left import TimeLeft
from services.errors import ExternalServiceException

_LOGGER = logging.getLogger(__name__)

_MOST_OF_A_KIND: Final = 5
_FRESHEN_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Which time a digest speaks of.

    Attributes:
        since: Since when it tells what was added (UTC).
        now: Until when (UTC).
        today: The day it is read on, in its zone.
        zone: IANA name.
        occasion: What is asked of each collection.
    """

    since: datetime
    now: datetime
    today: date
    zone: str
    occasion: Occasion

    @classmethod
    def of(cls, schedule: Schedule, since: datetime | None, now: datetime) -> "Frame":
        """Return what ``schedule`` speaks of when it is written now."""
        beginning = period.beginning(schedule, since, now)
        today = period.day_of(schedule, now)
        return cls(
            since=beginning,
            now=now,
            today=today,
            zone=schedule.timing.zone,
            occasion=Occasion(
                added=(beginning, now),
                bought=period.remembered(schedule, today),
                years=period.jubilee_years(today),
                most=_MOST_OF_A_KIND,
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What was found of one member, and what may be a jubilee."""

    part: MemberPart
    jubilees: tuple[Jubilee, ...]


class Gathering:
    """Reads; everything is limited to one person, and raises ``DatabaseUnavailable``."""

    def __init__(
        self,
        *,
        shelves: Shelves,
        sync: Freshening,
        permissions: Permissions,
        values: ValuesKept,
        stale_seconds: float,
    ) -> None:
        """Have ``sync`` look after what is older than ``stale_seconds``."""
        self._shelves = shelves
        self._sync = sync
        self._permissions = permissions
        self._values = values
        self._stale = timedelta(seconds=stale_seconds)

    async def gather(
        self, user_ids: Iterable[int], frame: Frame, time_left: TimeLeft
    ) -> tuple[Gathered, ...]:
        """Return what there is of those whose collection can be read, most news first."""
        found = [await self._of(user_id, frame, time_left) for user_id in user_ids]
        known = [each for each in found if each is not None]
        return tuple(sorted(known, key=lambda each: -each.part.added_count))

    async def _of(self, user_id: int, frame: Frame, time_left: TimeLeft) -> Gathered | None:
        await self._freshen(user_id, frame, time_left)
        highlights = await self._shelves.of(user_id, frame.occasion)
        if highlights is None or highlights.read_at is None:
            return None
        part = MemberPart(
            user_id=user_id,
            read_at=highlights.read_at,
            is_stale=frame.now - highlights.read_at > self._stale,
            added=highlights.added,
            added_count=highlights.added_count,
            bought=_bought(highlights, frame),
            months=_months(highlights, frame.today),
            value=await self._value(user_id, frame.since),
        )
        return Gathered(part=part, jubilees=highlights.jubilees)

    async def _freshen(self, user_id: int, frame: Frame, time_left: TimeLeft) -> None:
        read_at = await self._shelves.read_at(user_id)
        if not time_left.seconds or (read_at is not None and frame.now - read_at <= self._stale):
            return
        with suppress(ExternalServiceException):
            await self._sync.freshen(user_id, within=min(_FRESHEN_SECONDS, time_left.seconds))

    async def _value(self, user_id: int, since: datetime) -> ValueChange | None:
        """Return what became of a value that its owner shows; None where nothing can be said."""
        if not (await self._permissions.get(user_id)).shows_value:
            return None
        with suppress(ExternalServiceException):
            history = await self._values.kept(user_id)
            return None if history is None else _value_change(history, since)
        return None


def _bought(highlights: Highlights, frame: Frame) -> tuple[Anniversary, ...]:
    return tuple(
        Anniversary(record=each, years=period.years_since(each.added_at, frame.today, frame.zone))
        for each in highlights.bought
        if each.added_at is not None
    )


def _months(highlights: Highlights, today: date) -> tuple[int, ...]:
    added = Counter({(year, month): count for year, month, count in highlights.months})
    return tuple(added[month] for month in period.last_months(today, MONTHS_SHOWN))


def _value_change(history: ValueHistory, since: datetime) -> ValueChange | None:
    """Compare with the last reading before ``since``, in the same currency."""
    before = [reading for reading, _ in history.comparable if reading.asked_at <= since]
    latest = history.latest
    if not before or latest.asked_at <= since:
        return None
    return ValueChange(
        before=before[-1].value.median,
        before_at=before[-1].asked_at,
        now=latest.value.median,
        now_at=latest.asked_at,
    )
