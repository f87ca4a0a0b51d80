"""What a digest says: plain values, stored as JSON for as long as it may have to be changed.

Everything that belongs to one member is in one ``MemberPart`` or names its owner, so that it can be
taken out again.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import msgspec

from services.collection.highlight_models import Highlight, PickReason
from services.descriptions.models import AlbumFacts, Form
from services.digests.models import Cadence, Slot

MONTHS_SHOWN: Final = 6
"""How many months the chart has."""


class Anniversary(msgspec.Struct, frozen=True, kw_only=True):
    """A record, and how many years ago it came out or was bought; 1 or more."""

    record: Highlight
    years: int


class ValueChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a collection was worth, and is: Discogs' own words for the median, and when (UTC)."""

    before: str
    before_at: datetime
    now: str
    now_at: datetime


class CheaperWish(msgspec.Struct, frozen=True, kw_only=True):
    """Something wanted that is offered for less than when the last digest was written.

    Attributes:
        record: What is wanted.
        price: The lowest that is asked now.
        currency: Three letters.
        asked_at: When Discogs said so (UTC).
    """

    record: Highlight
    price: float
    currency: str
    asked_at: datetime


class AskedPrice(msgspec.Struct, frozen=True, kw_only=True):
    """The lowest price of a wish when this digest was written: never shown, kept for the next one.

    ``price`` is None when none was for sale.
    """

    release_id: int
    price: float | None
    currency: str


class MemberPart(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of one member.

    Attributes:
        user_id: Discord's.
        read_at: When the collection was last known to be what Discogs has (UTC).
        is_stale: That is longer ago than Discogs' terms allow without saying so.
        added: The newest of what was added since the last digest, first.
        added_count: How many were added.
        bought: Records bought on this day, in this week or month of earlier years.
        jubilees: Records whose music came out a round number of years ago, this year.
        months: Records added in each of the last months, the earliest first.
        value: What became of the value since the last digest; None where it is not shown.
        cheaper: Wishes that got cheaper.
        prices: What was asked for wishes.
    """

    user_id: int
    read_at: datetime
    is_stale: bool = False
    added: tuple[Highlight, ...] = ()
    added_count: int = 0
    bought: tuple[Anniversary, ...] = ()
    jubilees: tuple[Anniversary, ...] = ()
    months: tuple[int, ...] = ()
    value: ValueChange | None = None
    cheaper: tuple[CheaperWish, ...] = ()
    prices: tuple[AskedPrice, ...] = ()

    @property
    def has_news(self) -> bool:
        """Return whether something is there today that was not there last time."""
        has_moved = self.value is not None and self.value.before != self.value.now
        return bool(self.added_count or self.bought or self.cheaper or has_moved)


class DigestPick(msgspec.Struct, frozen=True, kw_only=True):
    """The record to play.

    Attributes:
        owner_id: Whose it is.
        record: It has a page on Discogs.
        reason: Why this one.
        picture: Discogs' small one, or None.
        facts: What Discogs knows of it: the text is written from them, and the template is.
        form: A haiku or two sentences.
        text: EurIA's; empty where there is only the template.
        is_owed: EurIA could not write now, and may later.
    """

    owner_id: int
    record: Highlight
    reason: PickReason
    picture: str | None = None
    facts: AlbumFacts
    form: Form = Form.HAIKU
    text: str = ""
    is_owed: bool = False


class DigestContent(msgspec.Struct, frozen=True, kw_only=True):
    """A digest.

    Attributes:
        cadence: How often there is one.
        locale: The server's language, such as ``fr``.
        day: On which it is read, in its zone.
        composed_at: When it was written (UTC).
        since: Since when it tells what was added (UTC); before the first one, some days back.
        members: Those with a collection, who have most news first.
        unread_count: Members whose collection could not be read, of whom nothing is told.
        pick: The record to play, or None.
    """

    cadence: Cadence
    locale: str
    day: date
    composed_at: datetime
    since: datetime
    members: tuple[MemberPart, ...] = ()
    unread_count: int = 0
    pick: DigestPick | None = None

    @property
    def has_news(self) -> bool:
        """Return whether anybody has news."""
        return any(each.has_news for each in self.members)

    def tells_of(self, user_id: int) -> bool:
        """Return whether anything of that person's is in it."""
        return self.without(user_id) != self

    def without(self, user_id: int) -> "DigestContent":
        """Return the same with nothing of that person's in it."""
        members = tuple(each for each in self.members if each.user_id != user_id)
        is_theirs = self.pick is not None and self.pick.owner_id == user_id
        pick = None if is_theirs else self.pick
        return msgspec.structs.replace(self, members=members, pick=pick)

    def only_of(self, user_ids: Collection[int]) -> "DigestContent":
        """Return the same with nothing of anybody else's in it."""
        members = tuple(each for each in self.members if each.user_id in user_ids)
        pick = self.pick if self.pick is not None and self.pick.owner_id in user_ids else None
        return msgspec.structs.replace(self, members=members, pick=pick)

    def without_prices(self) -> "DigestContent":
        """Return the same without what was asked for wishes."""
        members = tuple(msgspec.structs.replace(each, prices=()) for each in self.members)
        return msgspec.structs.replace(self, members=members)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedDigest:
    """What a posted digest shows from now on."""

    slot: Slot
    content: DigestContent


def language_of(locale: str) -> str:
    """Return the language of a locale: ``en`` of ``en-GB``."""
    return locale.partition("-")[0]
