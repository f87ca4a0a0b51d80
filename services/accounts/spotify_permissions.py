"""What people were asked to allow on Spotify, and have not allowed yet."""

import msgspec

from services.accounts.cipher import TokenCipher
from services.accounts.permissions import PendingPermissions
from services.accounts.spotify_credential import SPOTIFY
from services.resilience.clock import Clock
from services.secret import Secret
from services.spotify.oauth import PERMISSION_SECONDS
from services.spotify.oauth_protocol import ConsentRequest
from services.storage.database import Database


class Asked(msgspec.Struct, array_like=True):
    """What is inside the ciphertext.

    Attributes:
        verifier: Of the request.
        person: How Discord names the person.
        locale: The person's.
    """

    verifier: str
    person: str
    locale: str

    @property
    def secret(self) -> Secret:
        """The verifier."""
        return Secret(self.verifier)


class SpotifyPermissions(PendingPermissions[Asked]):
    """Keeps verifiers until their codes come back; the state is the handle."""

    def __init__(self, database: Database, *, cipher: TokenCipher, clock: Clock) -> None:
        """Keep them in ``database``, encrypted by ``cipher``."""
        super().__init__(
            database,
            service=SPOTIFY,
            content=Asked,
            seconds=PERMISSION_SECONDS,
            cipher=cipher,
            clock=clock,
        )

    async def ask(self, user_id: int, asked: ConsentRequest, *, person: str, locale: str) -> None:
        """Keep what a person was asked for, instead of anything before.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        content = Asked(asked.verifier.reveal(), person, locale)
        await self.keep(user_id, asked.state, content)
