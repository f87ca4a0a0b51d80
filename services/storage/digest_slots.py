"""``DigestSlotRepository``: the slots of digests, and how far each is.

The table's key makes the right to post a slot exist once. Who changes a slot after it was claimed
does so in the transaction of the job that posts it, whose fence keeps a second one out.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import and_, delete, null, select, update

from services.storage.database import Transaction
from services.storage.digest_tables import DIGEST_SLOTS
from services.storage.statements import insert_into


class SlotState(StrEnum):
    """How far a slot is; from POSTED on it is settled."""

    PLANNED = "planned"  # its time comes within the hour: it is prepared
    CLAIMED = "claimed"  # its time has come: a job posts it
    SENDING = "sending"  # it may stand in the channel from now on
    POSTED = "posted"
    UNCERTAIN = "uncertain"  # nobody can tell whether it stands there; it is not repeated
    SKIPPED = "skipped"  # nothing was new, or nobody wanted it any more
    MISSED = "missed"  # too late to be worth posting


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRow:
    """A row of the table.

    Attributes:
        digest_id: Of which digest.
        slot_at: Which slot (UTC).
        state: How far it is.
        is_by_hand: Somebody asked for it: it is posted though the digest is paused.
        edition: Of the digest, when the content was asked for.
        content: JSON; None: not prepared, or not needed any more.
        told_until: Up to when the content tells what is new (UTC).
        channel_id: Where it is being sent, or was.
        sending_at: Since when (UTC).
        message_id: Of the post.
    """

    digest_id: int
    slot_at: datetime
    state: SlotState
    is_by_hand: bool
    edition: int
    content: bytes | None
    told_until: datetime | None
    channel_id: int | None
    sending_at: datetime | None
    message_id: int | None


_NAMES: Final = tuple(field.name for field in fields(SlotRow))
_KEY: Final = (DIGEST_SLOTS.c.digest_id, DIGEST_SLOTS.c.slot_at)


class DigestSlotRepository:
    """Statements on the table; each takes part in the caller's transaction."""

    async def find(
        self, transaction: Transaction, digest_id: int, slot_at: datetime
    ) -> SlotRow | None:
        """Return a slot."""
        statement = select(DIGEST_SLOTS).where(_is(digest_id, slot_at))
        row = (await transaction.execute(statement)).mappings().first()
        if row is None:
            return None
        values = {name: row[name] for name in _NAMES}
        return SlotRow(**values | {"state": SlotState(row["state"])})

    async def plan(
        self, transaction: Transaction, digest_id: int, slot_at: datetime, edition: int
    ) -> bool:
        """Note a slot that is to be prepared; False when it is known already."""
        statement = insert_into(transaction, DIGEST_SLOTS).values(
            digest_id=digest_id, slot_at=slot_at, state=SlotState.PLANNED, edition=edition
        )
        statement = statement.on_conflict_do_nothing()
        return bool((await transaction.execute(statement)).rowcount)

    async def take(
        self,
        transaction: Transaction,
        digest_id: int,
        slot_at: datetime,
        *,
        edition: int,
        is_by_hand: bool = False,
    ) -> bool:
        """Claim a slot; False when somebody has done so before. What was prepared stays."""
        statement = insert_into(transaction, DIGEST_SLOTS).values(
            digest_id=digest_id,
            slot_at=slot_at,
            state=SlotState.CLAIMED,
            edition=edition,
            is_by_hand=is_by_hand,
        )
        statement = statement.on_conflict_do_update(
            index_elements=_KEY,
            set_={"state": SlotState.CLAIMED},
            where=DIGEST_SLOTS.c.state == SlotState.PLANNED,
        )
        return bool((await transaction.execute(statement)).rowcount)

    async def prepare(
        self,
        transaction: Transaction,
        digest_id: int,
        slot_at: datetime,
        *,
        edition: int,
        content: bytes,
        told_until: datetime,
    ) -> bool:
        """Keep what a planned slot will say; False when that is no longer wanted."""
        statement = (
            update(DIGEST_SLOTS)
            .where(
                _is(digest_id, slot_at),
                DIGEST_SLOTS.c.state.in_([SlotState.PLANNED, SlotState.CLAIMED]),
                DIGEST_SLOTS.c.edition == edition,
            )
            .values(content=content, told_until=told_until)
        )
        return bool((await transaction.execute(statement)).rowcount)

    async def forget_planned(
        self, transaction: Transaction, digest_id: int, before: datetime | None = None
    ) -> None:
        """Forget the slots that are prepared: before an instant, or all of them."""
        statement = delete(DIGEST_SLOTS).where(
            DIGEST_SLOTS.c.digest_id == digest_id, DIGEST_SLOTS.c.state == SlotState.PLANNED
        )
        if before is not None:
            statement = statement.where(DIGEST_SLOTS.c.slot_at < before)
        await transaction.execute(statement)

    async def forget_premature(self, transaction: Transaction, after: datetime) -> None:
        """Forget every slot that is prepared for later than an instant."""
        columns = DIGEST_SLOTS.c
        is_premature = and_(columns.state == SlotState.PLANNED, columns.slot_at > after)
        await transaction.execute(delete(DIGEST_SLOTS).where(is_premature))

    async def forget_contents(self, transaction: Transaction, before: datetime) -> None:
        """Forget what slots of before an instant would have said: nobody posts them any more."""
        columns = DIGEST_SLOTS.c
        statement = update(DIGEST_SLOTS).where(
            columns.slot_at < before, columns.content.is_not(None)
        )
        await transaction.execute(statement.values(content=null()))

    async def begin(self, transaction: Transaction, slot: SlotRow) -> None:
        """Note what is sent where, before it is."""
        values = {name: getattr(slot, name) for name in _NAMES}
        statement = update(DIGEST_SLOTS).where(_is(slot.digest_id, slot.slot_at))
        await transaction.execute(statement.values(values))

    async def withdraw(self, transaction: Transaction, digest_id: int, slot_at: datetime) -> None:
        """Note that it was surely not sent."""
        statement = update(DIGEST_SLOTS).where(_is(digest_id, slot_at))
        await transaction.execute(
            statement.values(state=SlotState.CLAIMED, channel_id=null(), sending_at=null())
        )

    async def note_post(
        self, transaction: Transaction, digest_id: int, slot_at: datetime, message_id: int
    ) -> None:
        """Note that it stands in the channel, and forget what it says."""
        statement = update(DIGEST_SLOTS).where(_is(digest_id, slot_at))
        await transaction.execute(
            statement.values(state=SlotState.POSTED, message_id=message_id, content=null())
        )

    async def settle(
        self, transaction: Transaction, digest_id: int, slot_at: datetime, state: SlotState
    ) -> None:
        """Note how it ended, and forget what it says."""
        statement = update(DIGEST_SLOTS).where(_is(digest_id, slot_at))
        await transaction.execute(statement.values(state=state, content=null()))

    async def remove_older(self, transaction: Transaction, before: datetime) -> int:
        """Forget slots of before an instant; returns how many."""
        statement = delete(DIGEST_SLOTS).where(DIGEST_SLOTS.c.slot_at < before)
        return int((await transaction.execute(statement)).rowcount)


def _is(digest_id: int, slot_at: datetime) -> Any:  # noqa: ANN401  # SQLAlchemy's condition
    return and_(DIGEST_SLOTS.c.digest_id == digest_id, DIGEST_SLOTS.c.slot_at == slot_at)
