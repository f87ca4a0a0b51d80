"""``PermissionRepository``: what people were asked to allow at an upstream, and have not yet."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, select

from services.storage.database import Transaction
from services.storage.statements import insert_into
from services.storage.tables import PERMISSIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRow:
    """A permission that a person was asked for.

    Attributes:
        user_id: The person's Discord id.
        service: The upstream.
        handle_hash: Of what the upstream's callback names it by; hexadecimal.
        ciphertext: What ends it; ASCII text.
        asked_at: UTC.
    """

    user_id: int
    service: str
    handle_hash: str
    ciphertext: str = field(repr=False)
    asked_at: datetime


class PermissionRepository:
    """Statements on the table; each takes part in the caller's transaction."""

    async def put(self, transaction: Transaction, row: PermissionRow) -> None:
        """Store a permission instead of the person's earlier one."""
        await self.delete(transaction, row.user_id, row.service)
        values = {name: getattr(row, name) for name in PermissionRow.__slots__}
        await transaction.execute(insert_into(transaction, PERMISSIONS).values(values))

    async def of(
        self, transaction: Transaction, user_id: int, service: str
    ) -> PermissionRow | None:
        """Return what the person was asked for last, or None."""
        return await self._get(transaction, _belongs(user_id, service))

    async def by_handle(
        self, transaction: Transaction, service: str, handle_hash: str
    ) -> PermissionRow | None:
        """Return the permission whose handle has this hash, or None."""
        is_it = and_(PERMISSIONS.c.service == service, PERMISSIONS.c.handle_hash == handle_hash)
        return await self._get(transaction, is_it)

    async def delete(
        self, transaction: Transaction, user_id: int, service: str, handle_hash: str | None = None
    ) -> bool:
        """Forget the person's permission; with ``handle_hash`` only if it still is that one."""
        statement = delete(PERMISSIONS).where(_belongs(user_id, service))
        if handle_hash is not None:
            statement = statement.where(PERMISSIONS.c.handle_hash == handle_hash)
        return bool((await transaction.execute(statement)).rowcount)

    async def delete_before(self, transaction: Transaction, service: str, before: datetime) -> None:
        """Forget what anybody was asked for before an instant."""
        is_old = and_(PERMISSIONS.c.service == service, PERMISSIONS.c.asked_at < before)
        await transaction.execute(delete(PERMISSIONS).where(is_old))

    async def _get(
        self, transaction: Transaction, is_it: ColumnElement[bool]
    ) -> PermissionRow | None:
        row = (await transaction.execute(select(PERMISSIONS).where(is_it))).mappings().first()
        return None if row is None else PermissionRow(**row)


def _belongs(user_id: int, service: str) -> ColumnElement[bool]:
    return and_(PERMISSIONS.c.user_id == user_id, PERMISSIONS.c.service == service)
