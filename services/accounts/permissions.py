"""Permissions under way: what people were asked to allow at an upstream, and have not yet.

Each belongs to one person, holds for minutes, and is gone once it was used. The upstream's
callback names it by its handle, of which only a hash is stored; everything else is encrypted.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

import msgspec

from services.accounts.cipher import Binding, TokenCipher, Undecipherable
from services.resilience.clock import Clock
from services.storage.database import Database, Transaction
from services.storage.permissions import PermissionRepository, PermissionRow

C = TypeVar("C", bound=msgspec.Struct)
_ENCODER: Final = msgspec.msgpack.Encoder()


class NothingUnderWay(Exception):  # noqa: N818  # says what is wrong
    """The person was asked for no permission, or too long ago, or it is used up."""


class ConsentDenied(Exception):  # noqa: N818  # says what happened
    """The person has said no on the upstream's page."""


class PendingPermissions(Generic[C]):
    """Keeps the permissions of one upstream until they are used; one for each person."""

    def __init__(
        self,
        database: Database,
        *,
        service: str,
        content: type[C],
        seconds: float,
        cipher: TokenCipher,
        clock: Clock,
    ) -> None:
        """Keep them in ``database``.

        Args:
            database: Where.
            service: The upstream.
            content: What is kept of each, encrypted by ``cipher``.
            seconds: How long each holds.
            cipher: Encrypts.
            clock: Wall time.
        """
        self._database = database
        self._service = service
        self._decoder = msgspec.msgpack.Decoder(content)
        self._seconds = seconds
        self._cipher = cipher
        self._clock = clock
        self._rows = PermissionRepository()

    async def keep(self, user_id: int, handle: str, content: C) -> None:
        """Keep what a person was asked for, instead of anything before.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        now = self._clock.now()
        row = PermissionRow(
            user_id=user_id,
            service=self._service,
            handle_hash=_hash(handle),
            ciphertext=self._cipher.encrypt(_ENCODER.encode(content), self._binding(user_id)),
            asked_at=now,
        )
        async with self._database.write() as transaction:
            await self._rows.delete_before(transaction, self._service, self._oldest(now))
            await self._rows.put(transaction, row)

    async def of(self, user_id: int) -> PermissionRow:
        """Return what the person was asked for.

        Raises:
            NothingUnderWay: There is nothing, or it is too old.
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.read() as transaction:
            row = await self._rows.of(transaction, user_id, self._service)
        return self._valid(row)

    async def by_handle(self, handle: str) -> PermissionRow:
        """Return the permission that the upstream's callback names.

        Raises:
            NothingUnderWay: There is none, or it is too old.
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.read() as transaction:
            row = await self._rows.by_handle(transaction, self._service, _hash(handle))
        return self._valid(row)

    def require_handle(self, row: PermissionRow, handle: str) -> None:
        """Make sure that what came back belongs to this permission.

        Raises:
            NothingUnderWay: It belongs to another: an older one, or somebody else's.
        """
        if not hmac.compare_digest(row.handle_hash, _hash(handle)):
            raise NothingUnderWay

    def open(self, row: PermissionRow) -> C:
        """Return what was kept.

        Raises:
            NothingUnderWay: It cannot be decrypted.
        """
        try:
            content = self._cipher.decrypt(row.ciphertext, self._binding(row.user_id))
            return self._decoder.decode(content)
        except Undecipherable:
            pass  # raised below, outside of what was being decrypted
        raise NothingUnderWay

    async def use_up(self, transaction: Transaction, row: PermissionRow) -> None:
        """Remove it as part of what it permits.

        Raises:
            NothingUnderWay: A newer one, an unlinking or a second use has made it void.
        """
        if not await self._rows.delete(transaction, row.user_id, self._service, row.handle_hash):
            raise NothingUnderWay

    async def drop(self, row: PermissionRow) -> None:
        """Remove it, since nothing will come of it; a newer one stays.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.write() as transaction:
            await self._rows.delete(transaction, row.user_id, self._service, row.handle_hash)

    async def forget(self, transaction: Transaction, user_id: int) -> None:
        """Remove whatever a person was asked for."""
        await self._rows.delete(transaction, user_id, self._service)

    def _valid(self, row: PermissionRow | None) -> PermissionRow:
        if row is None or row.asked_at < self._oldest(self._clock.now()):
            raise NothingUnderWay
        return row

    def _oldest(self, now: datetime) -> datetime:
        return now - timedelta(seconds=self._seconds)

    def _binding(self, user_id: int) -> Binding:
        return Binding(purpose="permission", owner=user_id, service=self._service)


def _hash(handle: str) -> str:
    return hashlib.sha256(handle.encode()).hexdigest()
