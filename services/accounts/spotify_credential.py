"""A person's Spotify token as a policy sees it: refreshed when it expires or is rejected.

``Grants`` sees to it that one refresh of an account runs at a time, in this process and between
processes, and that what it brought is stored before it is used. So every call may hold a
credential of its own: they all end up with the same tokens.
"""

from datetime import timedelta
from typing import Final

from services.accounts.grants import Grants, Refresh
from services.accounts.models import Grant
from services.errors import NotLinked
from services.resilience.auth import COOLDOWN_SECONDS
from services.resilience.clock import Clock
from services.secret import Secret

SPOTIFY: Final = "spotify"
"""The service's name among the grants."""

_EARLY: Final = timedelta(seconds=60)  # a token must not expire between here and Spotify
_COOLDOWN: Final = timedelta(seconds=COOLDOWN_SECONDS)


class SpotifyCredential:
    """The ``UserCredential`` of ``services/spotify/accounts.py``; made anew for every command."""

    def __init__(self, user_id: int, *, grants: Grants, refresh: Refresh, clock: Clock) -> None:
        """Speak for a person who has linked an account; nothing is read yet."""
        self._user_id = user_id
        self._grants = grants
        self._refresh = refresh
        self._clock = clock
        self._held: Grant | None = None
        self._generation = 0

    async def token(self) -> Secret:
        """Return a token with a minute to live.

        Raises:
            LinkAgain: The permission has expired or was taken back; or it cannot be decrypted.
            NotLinked: There is none any more.
            ExternalServiceException: It has to be refreshed, and Spotify cannot do that now.
            DatabaseUnavailable: Of the storage.
        """
        return (await self._valid()).tokens.access

    async def obtain(self) -> int:
        """Make sure that there is a valid token; return its generation.

        Raises:
            ExternalServiceException: As ``token``.
            DatabaseUnavailable: Of the storage.
        """
        await self._valid()
        return self._generation

    async def renew(self, generation: int) -> bool:
        """Replace the token of ``generation``; false when it has itself just replaced another.

        Raises:
            ExternalServiceException: As ``token``.
            DatabaseUnavailable: Of the storage.
        """
        if generation != self._generation:
            return True
        rejected = await self._valid()
        if generation != self._generation:
            return True  # it had expired as well
        was_refreshed = rejected.updated_at > rejected.linked_at
        if was_refreshed and self._clock.now() - rejected.updated_at < _COOLDOWN:
            return False
        self._hold(await self._grants.refreshed(rejected, self._refresh))
        return True

    async def _valid(self) -> Grant:
        grant = self._held or await self._stored()
        if self._is_ending(grant):
            grant = await self._grants.refreshed(grant, self._refresh)
        self._hold(grant)
        return grant

    async def _stored(self) -> Grant:
        grant = await self._grants.get(self._user_id, SPOTIFY)
        if grant is None:
            raise NotLinked(SPOTIFY, "credential", None, "unlinked meanwhile")
        return grant

    def _is_ending(self, grant: Grant) -> bool:
        expires_at = grant.tokens.expires_at
        return expires_at is not None and expires_at - _EARLY <= self._clock.now()

    def _hold(self, grant: Grant) -> None:
        """Keep it; what others have refreshed meanwhile is a new generation, too."""
        if self._held is None or not grant.is_same_state_as(self._held):
            self._held = grant
            self._generation += 1
