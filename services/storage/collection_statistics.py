"""``StatisticsReader``: counts of one person's shown copies, added up by the database.

Every statement is limited to one ``user_id``, as those of ``CollectionReader``.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, String, distinct, func, literal_column, select

from services.storage.collection_conditions import is_shown
from services.storage.collection_models import ItemRecord
from services.storage.collection_rows import RECORD_COLUMNS, item_record
from services.storage.database import Transaction
from services.storage.statements import insert_into
from services.storage.tables import COLLECTION_ITEMS, MASTER_YEARS

_ITEMS: Final = COLLECTION_ITEMS.c
_WITH_MASTERS: Final = COLLECTION_ITEMS.outerjoin(
    MASTER_YEARS, MASTER_YEARS.c.master_id == _ITEMS.master_id
)


class Counted(StrEnum):
    """What copies are counted by; each is a column of names, one a line."""

    FORMATS = "format_names"
    GENRES = "genres"
    STYLES = "styles"
    LABELS = "labels"
    COUNTRIES = "country"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts of everything.

    Attributes:
        copies: All of them.
        releases: Different ones.
        artists: Different names.
        rated: Copies with a rating.
        stars: All ratings together.
        dated: Copies whose day of addition is known.
    """

    copies: int
    releases: int
    artists: int
    rated: int
    stars: int
    dated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class YearCount:
    """Copies with the same year of the pressing and of the music; None: not known."""

    year: int | None
    master_year: int | None
    copies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """What is there more than once: ``count`` times, ``item_id`` is one of the copies."""

    item_id: int
    count: int


class StatisticsReader:
    """Counts; each method takes part in the caller's transaction."""

    async def totals(self, transaction: Transaction, user_id: int) -> Totals:
        """Return the counts of everything."""
        statement = select(
            func.count().label("copies"),
            func.count(distinct(_ITEMS.release_id)).label("releases"),
            func.count(distinct(func.nullif(_ITEMS.artist_key, ""))).label("artists"),
            func.count(func.nullif(_ITEMS.rating, 0)).label("rated"),
            func.coalesce(func.sum(_ITEMS.rating), 0).label("stars"),
            func.count(_ITEMS.added_at).label("dated"),
        )
        row = (await transaction.execute(statement.where(is_shown(user_id)))).one()
        return Totals(**row._mapping)  # noqa: SLF001  # SQLAlchemy's public name for it

    async def years(self, transaction: Transaction, user_id: int) -> list[YearCount]:
        """Return how many copies there are of each year."""
        columns = (_ITEMS.year, MASTER_YEARS.c.year.label("master_year"))
        statement = (
            select(*columns, func.count().label("copies"))
            .select_from(_WITH_MASTERS)
            .where(is_shown(user_id))
            .group_by(*columns)
        )
        rows = await transaction.execute(statement)
        return [YearCount(**row._mapping) for row in rows]  # noqa: SLF001  # as above

    async def names(
        self, transaction: Transaction, user_id: int, counted: Counted
    ) -> tuple[Counter[str], int]:
        """Return how many copies have each name, and how many have any.

        A copy with two labels counts for both, and once for a label that it names twice.
        """
        column = _ITEMS[counted.value]
        statement = (
            select(column.label("names"), func.count().label("copies"))
            .where(is_shown(user_id), column != "")
            .group_by(column)
        )
        totals: Counter[str] = Counter()
        named = 0
        for row in await transaction.execute(statement):
            named += row.copies
            totals.update(dict.fromkeys(row.names.split("\n"), row.copies))
        return totals, named

    async def months(self, transaction: Transaction, user_id: int) -> list[tuple[int, int, int]]:
        """Return year, month (UTC) and number of the copies added in it, the first month first."""
        month = _month(is_postgres=transaction.is_postgres)
        statement = (
            select(month.label("month"), func.count().label("copies"))
            .where(is_shown(user_id), _ITEMS.added_at.is_not(None))
            .group_by(month)
            .order_by(month)
        )
        rows = await transaction.execute(statement)
        return [(int(row.month[:4]), int(row.month[5:]), row.copies) for row in rows]

    async def repeated_releases(self, transaction: Transaction, user_id: int) -> list[Repeat]:
        """Return releases of which there are several copies, the most frequent first."""
        return await self._repeats(transaction, user_id, _ITEMS.release_id, func.count())

    async def repeated_masters(self, transaction: Transaction, user_id: int) -> list[Repeat]:
        """Return works of which there are several pressings, likewise."""
        pressings = func.count(distinct(_ITEMS.release_id))
        return await self._repeats(transaction, user_id, _ITEMS.master_id, pressings)

    async def extreme_pressing(
        self, transaction: Transaction, user_id: int, *, is_newest: bool
    ) -> ItemRecord | None:
        """Return the oldest or the newest pressing; None when no year is known."""
        year = _ITEMS.year.desc() if is_newest else _ITEMS.year
        statement = (
            select(*RECORD_COLUMNS)
            .where(is_shown(user_id), _ITEMS.year.is_not(None))
            .order_by(year, _ITEMS.artist_key, _ITEMS.title_key, _ITEMS.item_id)
            .limit(1)
        )
        row = (await transaction.execute(statement)).one_or_none()
        return None if row is None else item_record(row)

    async def records(
        self, transaction: Transaction, user_id: int, item_ids: Collection[int]
    ) -> dict[int, ItemRecord]:
        """Return copies by their numbers."""
        if not item_ids:
            return {}
        statement = select(*RECORD_COLUMNS).where(
            is_shown(user_id), _ITEMS.item_id.in_(list(item_ids))
        )
        records = [item_record(row) for row in await transaction.execute(statement)]
        return {record.item_id: record for record in records}

    async def note_master_years(self, transaction: Transaction, years: Mapping[int, int]) -> None:
        """Store when works first came out, by Discogs' ids of masters; facts, nobody's own."""
        if not years:
            return
        statement = insert_into(transaction, MASTER_YEARS)
        await transaction.execute(
            statement.on_conflict_do_update(
                index_elements=[MASTER_YEARS.c.master_id], set_={"year": statement.excluded.year}
            ),
            [{"master_id": master_id, "year": year} for master_id, year in years.items()],
        )

    async def _repeats(
        self,
        transaction: Transaction,
        user_id: int,
        column: ColumnElement[int | None],
        count: ColumnElement[int],
    ) -> list[Repeat]:
        item_id = func.min(_ITEMS.item_id)
        statement = (
            select(item_id.label("item_id"), count.label("count"))
            .where(is_shown(user_id), column.is_not(None))
            .group_by(column)
            .having(count > 1)
            .order_by(count.desc(), item_id)
        )
        rows = await transaction.execute(statement)
        return [Repeat(**row._mapping) for row in rows]  # noqa: SLF001  # as above


def _month(*, is_postgres: bool) -> ColumnElement[str]:
    # Written into the statement: as parameters, PostgreSQL would take the pattern in SELECT and
    # the one in GROUP BY for two different things.
    if is_postgres:
        utc = func.timezone(literal_column("'UTC'"), _ITEMS.added_at)
        return func.to_char(utc, literal_column("'YYYY-MM'"), type_=String)
    return func.strftime(literal_column("'%Y-%m'"), _ITEMS.added_at, type_=String)
