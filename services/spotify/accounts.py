"""Whose Spotify account is asked for, and what speaks for them."""

from dataclasses import dataclass, field
from typing import Final, Protocol

from services.resilience.auth import Credential
from services.secret import Secret

SCOPES: Final = (
    "playlist-read-private",
    "playlist-read-collaborative",
    "playlist-modify-private",
    "playlist-modify-public",
)
"""Everything that people are asked to allow: their own playlists, and nothing else."""


class UserCredential(Credential, Protocol):
    """A person's token under a policy; it is renewed once for everybody who uses it."""

    async def token(self) -> Secret:
        """Return a token with a minute to live; after ``renew`` the new one.

        Raises:
            LinkAgain: The person's permission has expired or was taken back.
            NotLinked: They have unlinked the account meanwhile.
            ExternalServiceException: There is none to be had now.
            DatabaseUnavailable: Of the storage.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotifyAccount:
    """An account of Spotify, as its owner uses it here.

    Attributes:
        user_id: The person's Discord id; goes into cache keys, so that answers never mix.
        account_id: Spotify's own, which never changes.
        name: How Spotify shows the person.
        scopes: What they have allowed: ``SCOPES``, or a part of it.
        credential: Speaks for them; ``Call.credential`` takes it.
    """

    user_id: int
    account_id: str
    name: str
    scopes: frozenset[str]
    credential: UserCredential = field(repr=False, compare=False)
