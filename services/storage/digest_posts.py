"""``DigestPostRepository``: what the latest digests say, and where they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update

from services.storage.database import Transaction
from services.storage.digest_tables import DIGEST_POSTS
from services.storage.statements import insert_into

_POSTS: Final = DIGEST_POSTS.c


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPostRow:
    """A digest that was posted; instants are UTC, ``content`` is JSON."""

    digest_id: int
    slot_at: datetime
    guild_id: int
    channel_id: int
    message_id: int
    content: str
    posted_at: datetime


class DigestPostRepository:
    """Statements on the table; each takes part in the caller's transaction."""

    async def add(self, transaction: Transaction, row: DigestPostRow) -> bool:
        """Note a post; False, and nothing changes, when it was noted before."""
        values = {name: getattr(row, name) for name in DigestPostRow.__slots__}
        statement = insert_into(transaction, DIGEST_POSTS).values(values)
        result = await transaction.execute(statement.on_conflict_do_nothing())
        return bool(result.rowcount)

    async def get(
        self,
        transaction: Transaction,
        guild_id: int,
        digest_id: int,
        slot_at: datetime,
        *,
        for_update: bool = False,
    ) -> DigestPostRow | None:
        """Return a server's post, or None; others who also want to change it wait."""
        statement = select(DIGEST_POSTS).where(
            _POSTS.guild_id == guild_id, _POSTS.digest_id == digest_id, _POSTS.slot_at == slot_at
        )
        if for_update:
            statement = statement.with_for_update()
        row = (await transaction.execute(statement)).mappings().first()
        return None if row is None else DigestPostRow(**row)

    async def latest(
        self,
        transaction: Transaction,
        guild_id: int,
        digest_id: int,
        limit: int,
        *,
        for_update: bool = False,
    ) -> list[DigestPostRow]:
        """Return the last posts of a server's digest, the latest first."""
        statement = (
            select(DIGEST_POSTS)
            .where(_POSTS.guild_id == guild_id, _POSTS.digest_id == digest_id)
            .order_by(_POSTS.slot_at.desc())
            .limit(limit)
        )
        if for_update:
            statement = statement.with_for_update()
        return [DigestPostRow(**row) for row in (await transaction.execute(statement)).mappings()]

    async def naming(self, transaction: Transaction, text: str) -> Sequence[DigestPostRow]:
        """Return every post whose content has ``text`` in it, of any server, to be changed."""
        statement = select(DIGEST_POSTS).where(_POSTS.content.contains(text, autoescape=True))
        rows = (await transaction.execute(statement.with_for_update())).mappings()
        return [DigestPostRow(**row) for row in rows]

    async def change(self, transaction: Transaction, row: DigestPostRow, content: str) -> None:
        """Have a post say something else from now on."""
        statement = update(DIGEST_POSTS).where(
            _POSTS.digest_id == row.digest_id, _POSTS.slot_at == row.slot_at
        )
        await transaction.execute(statement.values(content=content))

    async def delete_before(self, transaction: Transaction, moment: datetime) -> None:
        """Forget what was posted before."""
        await transaction.execute(delete(DIGEST_POSTS).where(_POSTS.posted_at < moment))
