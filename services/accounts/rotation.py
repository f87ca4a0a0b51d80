"""Encrypt every stored grant anew under the newest key.

It works in small transactions, beside a running bot, and can be interrupted anywhere and started
again: a row is under one known key or another at any time. A row that changes meanwhile is never
overwritten, but looked at again.
"""

from dataclasses import dataclass
from typing import Final

from services.accounts.cipher import TokenCipher, Undecipherable
from services.storage.database import Database
from services.storage.grants import GrantRepository, GrantRow

_PAGE: Final = 50  # about 5 ms of encryption, during which the event loop stands still
_ROWS: Final = GrantRepository()


@dataclass(slots=True, kw_only=True)
class Rotation:
    """How many grants were encrypted anew, were current already, or have lost their key."""

    rotated: int = 0
    current: int = 0
    unreadable: int = 0


async def reencrypt_grants(database: Database, cipher: TokenCipher) -> Rotation:
    """Bring every grant under the newest key of ``cipher``; returns what was done.

    Raises:
        DatabaseUnavailable: Not all of them are; starting again goes on from there.
    """
    rotation = Rotation()
    after: tuple[int, str] | None = None
    while rows := await _page(database, after):
        after = rows[-1].key
        while rows:
            rows = await _reencrypt(database, cipher, rows, rotation)
    return rotation


async def _page(database: Database, after: tuple[int, str] | None) -> list[GrantRow]:
    async with database.read() as transaction:
        return await _ROWS.page(transaction, after=after, limit=_PAGE)


async def _reencrypt(
    database: Database, cipher: TokenCipher, rows: list[GrantRow], rotation: Rotation
) -> list[GrantRow]:
    """Count and change ``rows``; returns those that changed meanwhile, as they are now."""
    changes: list[tuple[GrantRow, str]] = []
    for row in rows:
        if cipher.is_current(row.ciphertext):
            rotation.current += 1
            continue
        try:
            changes.append((row, cipher.rotate(row.ciphertext)))
        except Undecipherable:
            rotation.unreadable += 1
    if not changes:
        return []
    rotated, changed = 0, list[GrantRow]()
    async with database.write() as transaction:
        for row, ciphertext in changes:
            if await _ROWS.reencrypt(transaction, row, ciphertext):
                rotated += 1
            elif (now := await _ROWS.get(transaction, *row.key)) is not None:
                changed.append(now)
    rotation.rotated += rotated
    return changed
