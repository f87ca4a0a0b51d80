"""``HighlightsReader``: what is worth telling of one person's shown copies.

Every statement is limited to one ``user_id``, as those of ``CollectionReader``.
"""

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from services.storage.collection_conditions import is_shown, order_of
from services.storage.collection_models import ItemOrder, ItemRecord
from services.storage.collection_rows import RECORD_COLUMNS, item_record
from services.storage.database import Transaction
from services.storage.tables import COLLECTION_ITEMS, MASTER_YEARS, PLAYS

_ITEMS: Final = COLLECTION_ITEMS.c
_PLAYED_AT: Final = PLAYS.c.played_at
_MASTER_YEAR: Final = MASTER_YEARS.c.year
_WITH_MASTERS: Final = COLLECTION_ITEMS.outerjoin(
    MASTER_YEARS, MASTER_YEARS.c.master_id == _ITEMS.master_id
)
_WITH_PLAYS: Final = COLLECTION_ITEMS.outerjoin(
    PLAYS, and_(PLAYS.c.user_id == _ITEMS.user_id, PLAYS.c.item_id == _ITEMS.item_id)
)

Span = tuple[datetime, datetime]
"""From, included, and until, excluded; both aware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A copy, its work, and when that came out.

    Attributes:
        record: The copy.
        master_id: None: the release is the only edition.
        year: Of the pressing.
        master_year: Of the work, or None while nobody has looked it up.
    """

    record: ItemRecord
    master_id: int | None
    year: int | None
    master_year: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Playable:
    """Which copies are worth playing; what is None or empty lets everything through.

    Attributes:
        never_played: Their owner never said that they play them.
        played_before: Last played before then.
        added_before: Bought before then.
        style: A whole style, folded as keys are.
        without_style: Those that have it are left out.
        without: Releases that are left out.
    """

    never_played: bool = False
    played_before: datetime | None = None
    added_before: datetime | None = None
    style: str = ""
    without_style: str = ""
    without: Collection[int] = ()


class HighlightsReader:
    """Questions; each takes part in the caller's transaction."""

    async def count_added(self, transaction: Transaction, user_id: int, span: Span) -> int:
        """Return how many copies were added within ``span``."""
        condition = _is_added(user_id, [span])
        statement = select(func.count()).select_from(COLLECTION_ITEMS).where(condition)
        return int((await transaction.execute(statement)).scalar_one())

    async def added(
        self,
        transaction: Transaction,
        user_id: int,
        spans: Sequence[Span],
        *,
        offset: int = 0,
        limit: int,
    ) -> list[ItemRecord]:
        """Return copies that were added within one of ``spans``, the newest first."""
        statement = select(*RECORD_COLUMNS).where(_is_added(user_id, spans))
        ordered = statement.order_by(*order_of(ItemOrder.ADDED)).offset(offset).limit(limit)
        return [item_record(row) for row in await transaction.execute(ordered)]

    async def of_years(
        self, transaction: Transaction, user_id: int, years: Collection[int]
    ) -> list[Dated]:
        """Return copies whose music came out in one of ``years``, or may have.

        The work's year decides where it is known. Where it is not, the pressing's is the only
        hint; a release without a work is its only edition, and its year the music's.
        """
        hint = and_(_MASTER_YEAR.is_(None), _ITEMS.year.in_(sorted(years)))
        statement = (
            select(*RECORD_COLUMNS, _ITEMS.master_id, _ITEMS.year, _MASTER_YEAR.label("music"))
            .select_from(_WITH_MASTERS)
            .where(is_shown(user_id), _ITEMS.release_id.is_not(None))
            .where(or_(_MASTER_YEAR.in_(sorted(years)), hint))
            .order_by(_ITEMS.item_id)
        )
        rows = (await transaction.execute(statement)).mappings()
        return [
            Dated(
                record=ItemRecord(**{name: row[name] for name in ItemRecord.__slots__}),
                master_id=row["master_id"],
                year=row["year"],
                master_year=row["music"],
            )
            for row in rows
        ]

    async def notes_plays(self, transaction: Transaction, user_id: int) -> bool:
        """Return whether the person ever said that they play something."""
        statement = select(PLAYS.c.item_id).where(PLAYS.c.user_id == user_id).limit(1)
        return (await transaction.execute(statement)).first() is not None

    async def pick(
        self,
        transaction: Transaction,
        user_id: int,
        wanted: Playable,
        *,
        chance: random.Random,
    ) -> ItemRecord | None:
        """Return one copy with a page on Discogs; None when nothing is as it is ``wanted``.

        What was picked is not remembered here.
        """
        condition = and_(*_conditions(user_id, wanted))
        counted = select(func.count()).select_from(_WITH_PLAYS).where(condition)
        count = int((await transaction.execute(counted)).scalar_one())
        if not count:
            return None
        statement = (
            select(*RECORD_COLUMNS)
            .select_from(_WITH_PLAYS)
            .where(condition)
            .order_by(_ITEMS.item_id)
            .offset(chance.randrange(count))
            .limit(1)
        )
        return item_record((await transaction.execute(statement)).one())


def _is_added(user_id: int, spans: Sequence[Span]) -> ColumnElement[bool]:
    within = [and_(_ITEMS.added_at >= first, _ITEMS.added_at < end) for first, end in spans]
    return and_(is_shown(user_id), or_(false(), *within))


def _conditions(user_id: int, wanted: Playable) -> Iterator[ColumnElement[bool]]:
    yield is_shown(user_id)
    yield _ITEMS.release_id.is_not(None)
    if wanted.never_played:
        yield _PLAYED_AT.is_(None)
    if wanted.played_before is not None:
        yield wanted.played_before > _PLAYED_AT
    if wanted.added_before is not None:
        yield _ITEMS.added_at < wanted.added_before
    if wanted.style:
        yield _has_style(wanted.style)
    if wanted.without_style:
        yield ~_has_style(wanted.without_style)
    if wanted.without:
        yield _ITEMS.release_id.not_in(sorted(wanted.without))


def _has_style(key: str) -> ColumnElement[bool]:
    return _ITEMS.style_keys.contains(f"\n{key}\n", autoescape=True)
