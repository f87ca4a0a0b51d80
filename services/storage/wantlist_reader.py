"""``WantlistReader``: what is shown of a wantlist, and what of it its owner has by now.

Every statement is limited to one ``user_id``: there is none that could return another's rows.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from services.music import clean_text
from services.storage import collection_conditions
from services.storage.collection_models import ItemOrder
from services.storage.database import Transaction
from services.storage.tables import COLLECTION_ITEMS, WANTS
from services.storage.wantlist_models import WantRecord
from services.storage.wantlists import has_words, is_shown

_WANTS: Final = WANTS.c
_ITEMS: Final = COLLECTION_ITEMS.c
_TIES: Final = (_WANTS.artist_key, _WANTS.title_key, _WANTS.release_id)
_ORDERS: Final[dict[ItemOrder, tuple[Any, ...]]] = {
    ItemOrder.ADDED: (_WANTS.added_at.desc().nulls_last(),),
    ItemOrder.ARTIST: (),
    ItemOrder.TITLE: (_WANTS.title_key,),
    ItemOrder.YEAR: (_WANTS.year.nulls_last(),),
    # false sorts before true on both
    ItemOrder.LABEL: (_WANTS.label_key == "", _WANTS.label_key),
    ItemOrder.RATING: (_WANTS.rating.desc(),),
}
_LARGEST_NUMBER: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Which releases, and works, a wantlist has of those that were asked about."""

    release_ids: frozenset[int]
    master_ids: frozenset[int]


class WantlistReader:
    """Questions about one person's wishes; each takes part in the caller's transaction."""

    async def count(self, transaction: Transaction, user_id: int, text: str = "") -> int:
        """Return how many wishes have words that begin with those of ``text``."""
        statement = select(func.count()).select_from(WANTS).where(_matches(user_id, text))
        return int((await transaction.execute(statement)).scalar_one())

    async def page(
        self,
        transaction: Transaction,
        user_id: int,
        text: str,
        *,
        order: ItemOrder,
        offset: int,
        limit: int,
    ) -> list[WantRecord]:
        """Return up to ``limit`` of those wishes, after the first ``offset``."""
        return await self._records(
            transaction,
            user_id,
            _matches(user_id, text),
            order=order,
            offset=offset,
            limit=limit,
        )

    async def item(
        self, transaction: Transaction, user_id: int, release_id: int
    ) -> WantRecord | None:
        """Return one wish, or None when it is not on the list (any more)."""
        if not 0 < release_id <= _LARGEST_NUMBER:
            return None
        condition = is_shown(user_id) & (_WANTS.release_id == release_id)
        found = await self._records(transaction, user_id, condition, limit=1)
        return found[0] if found else None

    async def owned(self, transaction: Transaction, user_id: int, limit: int) -> list[WantRecord]:
        """Return wishes of which the person has a pressing by now, the very same ones first."""
        condition = is_shown(user_id) & _has_other(user_id)
        same_first = (_has_copy(user_id).desc(),)
        return await self._records(transaction, user_id, condition, before=same_first, limit=limit)

    async def count_owned(self, transaction: Transaction, user_id: int) -> int:
        """Return how many those are."""
        condition = is_shown(user_id) & _has_other(user_id)
        statement = select(func.count()).select_from(WANTS).where(condition)
        return int((await transaction.execute(statement)).scalar_one())

    async def holds(
        self,
        transaction: Transaction,
        user_id: int,
        release_ids: Collection[int],
        master_ids: Collection[int],
    ) -> Held:
        """Return what of these is wanted."""
        asked = or_(
            _WANTS.release_id.in_(sorted(release_ids)), _WANTS.master_id.in_(sorted(master_ids))
        )
        statement = select(_WANTS.release_id, _WANTS.master_id).where(is_shown(user_id), asked)
        rows = (await transaction.execute(statement)).all()
        return Held(
            release_ids=frozenset(row.release_id for row in rows).intersection(release_ids),
            master_ids=frozenset(row.master_id for row in rows).intersection(master_ids),
        )

    async def _records(
        self,
        transaction: Transaction,
        user_id: int,
        condition: ColumnElement[bool],
        *,
        order: ItemOrder = ItemOrder.ARTIST,
        before: tuple[Any, ...] = (),
        offset: int = 0,
        limit: int,
    ) -> list[WantRecord]:
        statement = (
            select(
                _WANTS.release_id,
                _WANTS.data,
                _has_copy(user_id).label("has_copy"),
                _has_other(user_id).label("has_other"),
            )
            .where(condition)
            .order_by(*before, *_ORDERS[order], *_TIES)
            .offset(offset)
            .limit(limit)
        )
        return [_record(row) for row in await transaction.execute(statement)]


def _matches(user_id: int, text: str) -> ColumnElement[bool]:
    return and_(is_shown(user_id), has_words(text)) if clean_text(text) else is_shown(user_id)


# Lists, and no EXISTS: they do not depend on the wish, so the collection is read once and not once
# for each wish.
def _has_copy(user_id: int) -> ColumnElement[bool]:
    owned = select(_ITEMS.release_id).where(
        collection_conditions.is_shown(user_id), _ITEMS.release_id.is_not(None)
    )
    return _WANTS.release_id.in_(owned)


def _has_other(user_id: int) -> ColumnElement[bool]:
    works = select(_ITEMS.master_id).where(
        collection_conditions.is_shown(user_id), _ITEMS.master_id.is_not(None)
    )
    of_same_work = and_(_WANTS.master_id.is_not(None), _WANTS.master_id.in_(works))
    return or_(_has_copy(user_id), of_same_work)


def _record(row: Row[Any]) -> WantRecord:
    return WantRecord(
        release_id=row.release_id,
        data=row.data,
        has_copy=bool(row.has_copy),
        has_other=bool(row.has_other),
    )
