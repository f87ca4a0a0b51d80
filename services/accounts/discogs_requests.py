"""Permissions under way: what people were asked to allow on Discogs, and have not allowed yet.

Each is kept encrypted, belongs to one person, holds for 15 minutes, and is gone once it was used.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

import msgspec

from services.accounts.cipher import Binding, TokenCipher, Undecipherable
from services.discogs.oauth import REQUEST_TOKEN_SECONDS, RequestToken
from services.resilience.clock import Clock
from services.secret import Secret
from services.storage.database import Database, Transaction
from services.storage.discogs_accounts import DiscogsAccountRepository, RequestRow


class NothingUnderWay(Exception):  # noqa: N818  # says what is wrong
    """The person was asked for no permission, or more than 15 minutes ago, or it is used up."""


class _Asked(msgspec.Struct, array_like=True):
    """What is inside the ciphertext."""

    token: str
    secret: str
    person: str


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Asked)


class PendingRequests:
    """Keeps request tokens until they are used; one for each person, the newest."""

    def __init__(self, database: Database, *, cipher: TokenCipher, clock: Clock) -> None:
        """Keep them in ``database``, encrypted by ``cipher``."""
        self._database = database
        self._cipher = cipher
        self._clock = clock
        self._rows = DiscogsAccountRepository()

    async def keep(self, user_id: int, asked: RequestToken, person: str) -> None:
        """Keep what a person was asked for, instead of anything before.

        Args:
            user_id: The person's Discord id.
            asked: Discogs' request token.
            person: How Discord names the person.
        """
        content = _ENCODER.encode(_Asked(asked.token, asked.secret.reveal(), person))
        now = self._clock.now()
        row = RequestRow(
            user_id=user_id,
            token_hash=_hash(asked.token),
            ciphertext=self._cipher.encrypt(content, _binding(user_id)),
            asked_at=now,
        )
        async with self._database.write() as transaction:
            await self._rows.delete_requests_before(transaction, _oldest(now))
            await self._rows.put_request(transaction, row)

    async def of(self, user_id: int) -> RequestRow:
        """Return what the person was asked for.

        Raises:
            NothingUnderWay: There is nothing, or it is too old.
        """
        async with self._database.read() as transaction:
            row = await self._rows.request_of(transaction, user_id)
        return self._valid(row)

    async def by_token(self, oauth_token: str) -> RequestRow:
        """Return the request that Discogs' callback names.

        Raises:
            NothingUnderWay: There is none, or it is too old.
        """
        async with self._database.read() as transaction:
            row = await self._rows.request_by_token(transaction, _hash(oauth_token))
        return self._valid(row)

    def token(self, row: RequestRow) -> RequestToken:
        """Return the request token, to exchange it.

        Raises:
            NothingUnderWay: It cannot be decrypted.
        """
        asked = self._open(row)
        return RequestToken(token=asked.token, secret=Secret(asked.secret), authorize_url="")

    def person(self, row: RequestRow) -> str:
        """Return how Discord names whom it belongs to.

        Raises:
            NothingUnderWay: It cannot be decrypted.
        """
        return self._open(row).person

    async def use_up(self, transaction: Transaction, row: RequestRow) -> None:
        """Remove it as part of what it permits.

        Raises:
            NothingUnderWay: A newer one, an unlinking or a second use has made it void.
        """
        if not await self._rows.delete_request(transaction, row.user_id, row.token_hash):
            raise NothingUnderWay

    async def forget(self, transaction: Transaction, user_id: int) -> None:
        """Remove whatever a person was asked for."""
        await self._rows.delete_request(transaction, user_id)

    def _valid(self, row: RequestRow | None) -> RequestRow:
        if row is None or row.asked_at < _oldest(self._clock.now()):
            raise NothingUnderWay
        return row

    def _open(self, row: RequestRow) -> _Asked:
        try:
            return _DECODER.decode(self._cipher.decrypt(row.ciphertext, _binding(row.user_id)))
        except Undecipherable:
            pass  # raised below, outside of what was being decrypted
        raise NothingUnderWay


def _oldest(now: datetime) -> datetime:
    return now - timedelta(seconds=REQUEST_TOKEN_SECONDS)


def _hash(oauth_token: str) -> str:
    return hashlib.sha256(oauth_token.encode()).hexdigest()


def _binding(user_id: int) -> Binding:
    return Binding(purpose="request token", owner=user_id, service="discogs")
