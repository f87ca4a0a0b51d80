"""Schedules of digests, their slots, and what is posted in one.

A *slot* is one instant at which a digest is due. It is the unit of "exactly once": whatever
crashes, is edited or is set back, a slot is posted at most once.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Generic, TypeVar

import msgspec

C = TypeVar("C", bound=msgspec.Struct)

MOST_DIGESTS: Final = 10
"""How many digests one server may have."""

_LAST_HOUR: Final = 23
_LAST_WEEKDAY: Final = 6
_LAST_DAY: Final = 31


class Cadence(StrEnum):
    """How often."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class WhenNothing(StrEnum):
    """What to do when nothing is new."""

    SHORT = "short"  # post a shorter digest
    SKIP = "skip"  # post none


class PauseReason(StrEnum):
    """Why a digest is paused."""

    BY_HAND = "by_hand"
    REFUSED = "refused"  # the channel is gone, or the bot may not post there: three times
    UNCERTAIN = "uncertain"  # nobody could tell whether it was posted: three times


class NoSuchDigest(Exception):  # noqa: N818  # says what is wrong
    """This server has no digest of that number."""


class TooManyDigests(Exception):  # noqa: N818  # says what is wrong
    """This server has ``MOST_DIGESTS`` already."""


class UnknownZone(ValueError):  # noqa: N818  # says what is wrong
    """There is no time zone of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a digest is due, on the clocks of a place.

    Attributes:
        cadence: How often.
        hour: 0 to 23, on the clocks of ``zone``.
        zone: An IANA name, such as ``Europe/Zurich``.
        weekday: 0 (Monday) to 6; of weekly digests only.
        day: 1 to 31, where a shorter month means its last day; of monthly digests only.
    """

    cadence: Cadence
    hour: int
    zone: str
    weekday: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        """Refuse what names no instant.

        Raises:
            ValueError: A number is out of its range, missing, or of another cadence.
        """
        if not 0 <= self.hour <= _LAST_HOUR:
            raise ValueError(f"hour: 0 to {_LAST_HOUR}, not {self.hour}")
        if (self.cadence is Cadence.WEEKLY) != (self.weekday is not None):
            raise ValueError("weekday: of weekly digests, and of all of them")
        if (self.cadence is Cadence.MONTHLY) != (self.day is not None):
            raise ValueError("day: of monthly digests, and of all of them")
        if self.weekday is not None and not 0 <= self.weekday <= _LAST_WEEKDAY:
            raise ValueError(f"weekday: 0 to {_LAST_WEEKDAY}, not {self.weekday}")
        if self.day is not None and not 1 <= self.day <= _LAST_DAY:
            raise ValueError(f"day: 1 to {_LAST_DAY}, not {self.day}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchedule:
    """A digest that somebody wants.

    Attributes:
        guild_id: The server's.
        channel_id: Where it is posted.
        creator_id: Whose wish it is; who is told when it is paused.
        timing: When it is due.
        when_nothing: What to do when nothing is new.
        locale: The server's language, such as ``fr``.
    """

    guild_id: int
    channel_id: int
    creator_id: int
    timing: Timing
    when_nothing: WhenNothing = WhenNothing.SHORT
    locale: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is edited of a digest; None keeps what it is."""

    channel_id: int | None = None
    timing: Timing | None = None
    when_nothing: WhenNothing | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A digest of a server.

    Attributes:
        digest_id: Never used twice.
        guild_id: The server's.
        channel_id: Where it is posted.
        creator_id: Who is told when it is paused.
        timing: When it is due.
        when_nothing: What to do when nothing is new.
        locale: The server's language, such as ``fr``.
        is_paused: It is not posted until somebody resumes it.
        pause_reason: Why; None while it is not paused.
        next_at: The next slot (UTC); while it is paused, without meaning.
        last_posted_at: When it was posted last (UTC); None: never.
        told_until: Up to when the last posted one told what is new (UTC); None: never posted.
        failures: How often in a row it could not be posted.
        edition: Grows with every edit: what was prepared for an earlier one is not posted.
        created_at: When somebody made it (UTC).
    """

    digest_id: int
    guild_id: int
    channel_id: int
    creator_id: int
    timing: Timing
    when_nothing: WhenNothing
    locale: str
    is_paused: bool
    pause_reason: PauseReason | None
    next_at: datetime
    last_posted_at: datetime | None
    told_until: datetime | None
    failures: int
    edition: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """One instant at which a digest is due.

    Attributes:
        digest_id: Which digest.
        slot_at: When (UTC), to the second.
    """

    digest_id: int
    slot_at: datetime

    @classmethod
    def from_unix(cls, digest_id: int, unix: int) -> "Slot":
        """Return the slot at so many seconds after 1970."""
        return cls(digest_id, datetime.fromtimestamp(unix, UTC))

    @property
    def unix(self) -> int:
        """Seconds since 1970."""
        return int(self.slot_at.timestamp())

    @property
    def mark(self) -> str:
        """What a button's custom id carries, so that the post is found again; ≤ 40 characters."""
        return f"digest:{self.digest_id}:{self.unix}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a digest was posted."""

    channel_id: int
    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedDigest(Generic[C]):
    """What a channel is shown in a slot.

    Attributes:
        schedule: Of which digest.
        slot: Of which instant; its mark goes into a button's custom id.
        content: What it says.
    """

    schedule: Schedule
    slot: Slot
    content: C


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedDigest(Generic[C]):
    """What one person is shown before it is posted, if it ever is.

    Attributes:
        slot: When it would be posted.
        content: What it would say.
    """

    slot: Slot
    content: C
