"""What people were asked to allow on Discogs, and have not allowed yet."""

import msgspec

from services.accounts.cipher import TokenCipher
from services.accounts.permissions import PendingPermissions
from services.discogs.oauth import REQUEST_TOKEN_SECONDS, RequestToken
from services.resilience.clock import Clock
from services.secret import Secret
from services.storage.database import Database
from services.storage.permissions import PermissionRow


class _Asked(msgspec.Struct, array_like=True):
    """What is inside the ciphertext."""

    token: str
    secret: str
    person: str


class DiscogsPermissions(PendingPermissions[_Asked]):
    """Keeps request tokens until they are used."""

    def __init__(self, database: Database, *, cipher: TokenCipher, clock: Clock) -> None:
        """Keep them in ``database``, encrypted by ``cipher``."""
        super().__init__(
            database,
            service="discogs",
            content=_Asked,
            seconds=REQUEST_TOKEN_SECONDS,
            cipher=cipher,
            clock=clock,
        )

    async def ask(self, user_id: int, asked: RequestToken, person: str) -> None:
        """Keep what a person was asked for, instead of anything before.

        Args:
            user_id: The person's Discord id.
            asked: Discogs' request token.
            person: How Discord names the person.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        content = _Asked(asked.token, asked.secret.reveal(), person)
        await self.keep(user_id, asked.token, content)

    def token(self, row: PermissionRow) -> RequestToken:
        """Return the request token, to exchange it.

        Raises:
            NothingUnderWay: It cannot be decrypted.
        """
        asked = self.open(row)
        return RequestToken(token=asked.token, secret=Secret(asked.secret), authorize_url="")

    def person(self, row: PermissionRow) -> str:
        """Return how Discord names whom it belongs to.

        Raises:
            NothingUnderWay: It cannot be decrypted.
        """
        return self.open(row).person
