"""``PlayRepository``: when a person last said that they play a copy.

A copy is known by our number for it, which survives syncs. A number that is given up takes its play
with it (``CollectionRepository.drop_stale``), and unlinking deletes all of them.
"""

from datetime import datetime
from typing import Final

from services.storage.database import Transaction
from services.storage.statements import insert_into
from services.storage.tables import PLAYS

_PLAYS: Final = PLAYS.c


class PlayRepository:
    """Statements on one person's plays; each takes part in the caller's transaction."""

    async def note(
        self, transaction: Transaction, user_id: int, item_id: int, now: datetime
    ) -> None:
        """Note that a copy of the person's is playing."""
        statement = insert_into(transaction, PLAYS).values(
            user_id=user_id, item_id=item_id, played_at=now
        )
        await transaction.execute(
            statement.on_conflict_do_update(
                index_elements=[_PLAYS.user_id, _PLAYS.item_id], set_={"played_at": now}
            )
        )
