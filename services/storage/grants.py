"""``GrantRepository``: the table of linked accounts, whose tokens it knows only encrypted.

A change of the tokens names the state it started from, so that of two processes that refresh the
same tokens one wins and the other notices. That state is the version *and* the time of linking:
the version starts again when somebody unlinks and links anew.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from services.storage.database import Transaction
from services.storage.tables import GRANTS


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRow:
    """A row of the table; ``ciphertext`` is ASCII text."""

    user_id: int
    service: str
    version: int
    ciphertext: str = field(repr=False)
    linked_at: datetime
    updated_at: datetime

    @property
    def key(self) -> tuple[int, str]:
        """Whose row it is, and of which service; unique."""
        return self.user_id, self.service


class GrantRepository:
    """Statements on the table of grants; each takes part in the caller's transaction."""

    async def put(
        self, transaction: Transaction, user_id: int, service: str, ciphertext: str, now: datetime
    ) -> GrantRow:
        """Store a new link; one that was there is replaced, whatever its state."""
        insert = postgresql.insert if transaction.is_postgres else sqlite.insert
        changes = {"ciphertext": ciphertext, "linked_at": now, "updated_at": now}
        statement = (
            insert(GRANTS)
            .values(user_id=user_id, service=service, version=1, **changes)
            .on_conflict_do_update(
                index_elements=[GRANTS.c.user_id, GRANTS.c.service],
                set_={"version": GRANTS.c.version + 1, **changes},
            )
            .returning(*GRANTS.c)
        )
        return _grant((await transaction.execute(statement)).one())

    async def get(self, transaction: Transaction, user_id: int, service: str) -> GrantRow | None:
        """Return the row, or None."""
        statement = select(GRANTS).where(_belongs(user_id, service))
        row = (await transaction.execute(statement)).one_or_none()
        return None if row is None else _grant(row)

    async def services_of(self, transaction: Transaction, user_id: int) -> tuple[str, ...]:
        """Return the services that the person has linked, in alphabetical order."""
        statement = (
            select(GRANTS.c.service).where(GRANTS.c.user_id == user_id).order_by(GRANTS.c.service)
        )
        return tuple((await transaction.execute(statement)).scalars())

    async def page(
        self, transaction: Transaction, *, after: tuple[int, str] | None, limit: int
    ) -> list[GrantRow]:
        """Return the next rows in the order of their keys.

        Args:
            transaction: The caller's.
            after: The key of the last row of the page before; None for the first page.
            limit: At most so many rows.
        """
        columns = (GRANTS.c.user_id, GRANTS.c.service)
        statement = select(GRANTS).order_by(*columns).limit(limit)
        if after is not None:
            statement = statement.where(tuple_(*columns) > after)
        return [_grant(row) for row in await transaction.execute(statement)]

    async def change(
        self, transaction: Transaction, before: GrantRow, ciphertext: str, now: datetime
    ) -> bool:
        """Store new tokens under the next version; False when the state is not ``before``'s."""
        statement = (
            update(GRANTS)
            .where(_is_in_state_of(before))
            .values(version=before.version + 1, ciphertext=ciphertext, updated_at=now)
        )
        return bool((await transaction.execute(statement)).rowcount)

    async def reencrypt(self, transaction: Transaction, before: GrantRow, ciphertext: str) -> bool:
        """Store the same tokens, encrypted anew; False when the row has changed since ``before``.

        The version stays: a refresh that is under way must be able to store what it gets.
        """
        is_unchanged = and_(_is_in_state_of(before), GRANTS.c.ciphertext == before.ciphertext)
        statement = update(GRANTS).where(is_unchanged).values(ciphertext=ciphertext)
        return bool((await transaction.execute(statement)).rowcount)

    async def delete(self, transaction: Transaction, user_id: int, service: str) -> bool:
        """Delete the row; False when there is none."""
        statement = delete(GRANTS).where(_belongs(user_id, service))
        return bool((await transaction.execute(statement)).rowcount)

    async def delete_state(self, transaction: Transaction, before: GrantRow) -> bool:
        """Delete the row; False when its state is not ``before``'s."""
        statement = delete(GRANTS).where(_is_in_state_of(before))
        return bool((await transaction.execute(statement)).rowcount)


def _belongs(user_id: int, service: str) -> ColumnElement[bool]:
    return and_(GRANTS.c.user_id == user_id, GRANTS.c.service == service)


def _is_in_state_of(row: GrantRow) -> ColumnElement[bool]:
    return and_(
        _belongs(row.user_id, row.service),
        GRANTS.c.version == row.version,
        GRANTS.c.linked_at == row.linked_at,
    )


def _grant(row: Row[Any]) -> GrantRow:
    return GrantRow(**row._mapping)  # noqa: SLF001  # SQLAlchemy's public name for it
