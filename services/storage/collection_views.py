"""``CollectionViewRepository``: what the pages of a collection in a message are filtered by."""

from datetime import datetime

from sqlalchemy import and_, delete, select

from services.storage.database import Transaction
from services.storage.statements import insert_into
from services.storage.tables import COLLECTION_VIEWS


class CollectionViewRepository:
    """Statements on the table; each takes part in the caller's transaction."""

    async def put(
        self, transaction: Transaction, user_id: int, key: str, view: str, now: datetime
    ) -> None:
        """Store a view, or note that it is used again."""
        statement = insert_into(transaction, COLLECTION_VIEWS).values(
            user_id=user_id, key=key, view=view, used_at=now
        )
        columns = COLLECTION_VIEWS.c
        await transaction.execute(
            statement.on_conflict_do_update(
                index_elements=[columns.user_id, columns.key], set_={"used_at": now}
            )
        )

    async def get(self, transaction: Transaction, user_id: int, key: str) -> str | None:
        """Return the person's view, or None."""
        columns = COLLECTION_VIEWS.c
        statement = select(columns.view).where(and_(columns.user_id == user_id, columns.key == key))
        return (await transaction.execute(statement)).scalar_one_or_none()

    async def delete_of(self, transaction: Transaction, user_id: int) -> None:
        """Forget every view of a person."""
        await transaction.execute(
            delete(COLLECTION_VIEWS).where(COLLECTION_VIEWS.c.user_id == user_id)
        )

    async def delete_before(self, transaction: Transaction, before: datetime) -> None:
        """Forget the views that nobody has used since."""
        await transaction.execute(
            delete(COLLECTION_VIEWS).where(COLLECTION_VIEWS.c.used_at < before)
        )
