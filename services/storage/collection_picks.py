"""``CollectionPicks``: chance that shows every copy once before it shows one again.

For each copy it is stored in which round it was shown. What is picked is one of those that lag
behind, so that it works for any filter: the copies that a filter lets through go round among
themselves. A new copy joins the round that is under way instead of catching up with all of them.

Among those that lag behind, the ones that were never played come first; once they were shown,
chance decides among the rest. So a play changes the order within a round and repeats nothing.
"""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, select

from services.storage.collection_models import ItemRecord
from services.storage.collection_rows import RECORD_COLUMNS
from services.storage.database import Transaction
from services.storage.statements import insert_into
from services.storage.tables import COLLECTION_ITEMS, COLLECTION_PICKS, PLAYS

_ITEMS: Final = COLLECTION_ITEMS.c
_PICKS: Final = COLLECTION_PICKS.c
_ROUND: Final = func.coalesce(_PICKS.times, 0)
_PLAYED_AT: Final = PLAYS.c.played_at
_WITH_PICKS: Final = COLLECTION_ITEMS.outerjoin(
    COLLECTION_PICKS,
    and_(_PICKS.user_id == _ITEMS.user_id, _PICKS.item_id == _ITEMS.item_id),
).outerjoin(
    PLAYS,
    and_(PLAYS.c.user_id == _ITEMS.user_id, PLAYS.c.item_id == _ITEMS.item_id),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """What was picked.

    Attributes:
        record: The copy.
        matching: How many there were to pick from.
        before: When it was picked before (UTC), or None for never.
        played_at: When it was last played (UTC), or None for never.
    """

    record: ItemRecord
    matching: int
    before: datetime | None
    played_at: datetime | None


class CollectionPicks:
    """Statements on what ``random`` has shown; each takes part in the caller's transaction."""

    async def pick(
        self,
        transaction: Transaction,
        user_id: int,
        condition: ColumnElement[bool],
        *,
        chance: random.Random,
        now: datetime,
    ) -> Picked | None:
        """Pick one of the copies of ``condition``, and remember it; None when there is none.

        Args:
            transaction: One that writes, and that has locked the person's collection.
            user_id: Whose.
            condition: Of ``CollectionReader.condition``, which is limited to that person.
            chance: Decides.
            now: When (aware).
        """
        rounds = select(func.count(), func.min(_ROUND), func.max(_ROUND)).select_from(_WITH_PICKS)
        counted = (await transaction.execute(rounds.where(condition))).one()
        matching, least, most = tuple(counted)
        if not matching:
            return None
        lagging = condition & _ROUND.is_not_distinct_from(least)
        begins_anew = least == most and least > 0
        if begins_anew and matching > 1:
            lagging &= _ITEMS.item_id != await self._last(transaction, condition)
        count = select(func.count(), func.count(_PLAYED_AT)).select_from(_WITH_PICKS)
        candidates, played = tuple((await transaction.execute(count.where(lagging))).one())
        if played < candidates:
            lagging &= _PLAYED_AT.is_(None)
            candidates -= played
        statement = (
            select(*RECORD_COLUMNS, _PICKS.picked_at, _PLAYED_AT)
            .select_from(_WITH_PICKS)
            .where(lagging)
            .order_by(_ITEMS.item_id)
            .offset(chance.randrange(candidates))
            .limit(1)
        )
        row = (await transaction.execute(statement)).mappings().one()
        record = ItemRecord(**{name: row[name] for name in ItemRecord.__slots__})
        round_ = most + 1 if least == most else most
        await self._remember(transaction, user_id, record.item_id, round_, now)
        return Picked(
            record=record,
            matching=matching,
            before=row["picked_at"],
            played_at=row["played_at"],
        )

    async def _last(self, transaction: Transaction, condition: ColumnElement[bool]) -> int:
        """Return which copy was picked last: it must not open the next round."""
        statement = (
            select(_ITEMS.item_id)
            .select_from(_WITH_PICKS)
            .where(condition)
            .order_by(_PICKS.picked_at.desc(), _ITEMS.item_id)
            .limit(1)
        )
        return int((await transaction.execute(statement)).scalar_one())

    async def _remember(
        self, transaction: Transaction, user_id: int, item_id: int, times: int, now: datetime
    ) -> None:
        change = {"times": times, "picked_at": now}
        statement = (
            insert_into(transaction, COLLECTION_PICKS)
            .values(user_id=user_id, item_id=item_id, **change)
            .on_conflict_do_update(index_elements=["user_id", "item_id"], set_=change)
        )
        await transaction.execute(statement)
