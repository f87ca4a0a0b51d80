"""What the buttons of a posted digest carry.

They are everybody's, and so begin otherwise than buttons that have an owner. The slot's mark is in
them, by which the bot finds a post of its own again after a crash.
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

from services.descriptions.models import Target
from services.digests.models import Slot

LIST_PREFIX: Final = "digest_list"
HIDE_PREFIX: Final = "digest_hide"
DESCRIBE_PREFIX: Final = "digest_describe"
PAGE_PREFIX: Final = "digest_page"
_PARTS: Final = 3
_MOST_DIGITS: Final = 18
_LAST_UNIX: Final = 253_402_300_799  # the year 9999


class Additions(msgspec.Struct, frozen=True, kw_only=True):
    """Which list: what was added to a digest's collections from ``since`` until ``until`` (UTC)."""

    digest_id: int
    since: datetime
    until: datetime

    @property
    def key(self) -> str:
        """What a page button carries of it."""
        return f"{self.digest_id}.{_unix(self.since)}.{_unix(self.until)}"


def list_id(slot: Slot, since: datetime, until: datetime) -> str:
    """Return the custom id of "Full list"."""
    return f"{LIST_PREFIX}:{slot.mark}:{_unix(since)}:{_unix(until)}"


def hide_id(slot: Slot) -> str:
    """Return the custom id of "Hide me"."""
    return f"{HIDE_PREFIX}:{slot.mark}"


def describe_id(target: Target) -> str:
    """Return the custom id of "Describe"."""
    return f"{DESCRIBE_PREFIX}:{target}"


def read_describe_id(custom_id: str) -> Target | None:
    """Return what ``describe_id`` was given; None when it is no such id."""
    prefix, _, target = custom_id.partition(":")
    return Target.parse(target) if prefix == DESCRIBE_PREFIX else None


def read_list_id(custom_id: str) -> Additions | None:
    """Return what ``list_id`` was given; None when it is no such id."""
    parts = custom_id.split(":")
    if parts[:2] != [LIST_PREFIX, "digest"] or len(parts) != 2 + 2 * 2:
        return None
    digest_id, slot_at, since, until = parts[2:]
    return _additions(digest_id, since, until) if slot_at.isdecimal() else None


def read_page_key(key: str) -> Additions | None:
    """Return what ``Additions.key`` was made of; None when it is no such key."""
    parts = key.split(".")
    return _additions(*parts) if len(parts) == _PARTS else None


def read_hide_id(custom_id: str) -> Slot | None:
    """Return what ``hide_id`` was given; None when it is no such id."""
    parts = custom_id.split(":")
    if parts[:2] != [HIDE_PREFIX, "digest"] or len(parts) != 2 + 2:
        return None
    numbers = _numbers(*parts[2:])
    return None if numbers is None else Slot.from_unix(*numbers)


def _additions(digest_id: str, since: str, until: str) -> Additions | None:
    numbers = _numbers(digest_id, since, until)
    if numbers is None:
        return None
    number, *moments = numbers
    first, last = (datetime.fromtimestamp(each, UTC) for each in moments)
    return Additions(digest_id=number, since=first, until=last)


def _numbers(number: str, *moments: str) -> list[int] | None:
    """Return whole numbers, those after the first being Unix seconds; None for anything else."""
    texts = (number, *moments)
    if not all(each.isascii() and each.isdecimal() and len(each) <= _MOST_DIGITS for each in texts):
        return None
    numbers = [int(each) for each in texts]
    return numbers if all(each <= _LAST_UNIX for each in numbers[1:]) else None


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())
