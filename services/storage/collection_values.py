"""``CollectionValueRepository``: what collections were worth, one reading a day."""

from dataclasses import dataclass, fields
from datetime import date, datetime

from sqlalchemy import select

from services.storage.database import Transaction
from services.storage.statements import insert_into
from services.storage.tables import COLLECTION_VALUES


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRow:
    """A reading: ``day`` is UTC's, ``asked_at`` aware; the amounts are in Discogs' own words."""

    day: date
    minimum: str
    median: str
    maximum: str
    asked_at: datetime


_COLUMNS = tuple(COLLECTION_VALUES.c[each.name] for each in fields(ValueRow))


class CollectionValueRepository:
    """Statements on the table; each takes part in the caller's transaction.

    ``CollectionRepository.delete_person`` deletes a person's readings with everything else.
    """

    async def put(self, transaction: Transaction, user_id: int, row: ValueRow) -> None:
        """Store a reading instead of the day's earlier one."""
        values = {each.name: getattr(row, each.name) for each in fields(ValueRow)}
        changes = {name: value for name, value in values.items() if name != "day"}
        statement = insert_into(transaction, COLLECTION_VALUES).values(user_id=user_id, **values)
        await transaction.execute(
            statement.on_conflict_do_update(index_elements=["user_id", "day"], set_=changes)
        )

    async def all(self, transaction: Transaction, user_id: int) -> list[ValueRow]:
        """Return a person's readings, the earliest first."""
        columns = COLLECTION_VALUES.c
        statement = select(*_COLUMNS).where(columns.user_id == user_id).order_by(columns.day)
        rows = await transaction.execute(statement)
        return [ValueRow(**row._mapping) for row in rows]  # noqa: SLF001  # SQLAlchemy's public name for it

    async def has(self, transaction: Transaction, user_id: int, day: date) -> bool:
        """Return whether there is a reading of that day."""
        columns = COLLECTION_VALUES.c
        statement = select(columns.day).where(columns.user_id == user_id, columns.day == day)
        return (await transaction.execute(statement)).first() is not None
