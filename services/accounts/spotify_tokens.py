"""A person's Spotify tokens, as they are kept and as they are refreshed."""

from dataclasses import replace
from datetime import datetime, timedelta

from services.accounts.models import Grant, TokenSet
from services.accounts.spotify_ports import OAuth
from services.errors import LinkAgain
from services.resilience.clock import Clock
from services.spotify.accounts import SCOPES
from services.spotify.oauth_protocol import UserTokens


def new_tokens(tokens: UserTokens, now: datetime) -> TokenSet:
    """Return what is kept of a new consent."""
    # An answer that does not say means what was asked for: RFC 6749, 5.1.
    return replace(_kept(tokens, now), scopes=tokens.scopes or SCOPES)


class Refreshing:
    """The ``Refresh`` of ``Grants``: has Spotify give new tokens for a link's."""

    def __init__(self, oauth: OAuth, *, clock: Clock) -> None:
        """Ask ``oauth``."""
        self._oauth = oauth
        self._clock = clock

    async def __call__(self, grant: Grant) -> TokenSet:
        """Return new tokens; without a new refresh token when Spotify gives none.

        Raises:
            LinkAgain: There is nothing to refresh with.
            AuthenticationFailed: The permission has expired or was taken back.
            ExternalServiceException: There are none to be had now.
        """
        token = grant.tokens.refresh
        if token is None:
            raise LinkAgain(grant.service, "refresh", None, "there is no refresh token")
        tokens = await self._oauth.refresh(token)
        scopes = tokens.scopes or grant.tokens.scopes
        return replace(_kept(tokens, self._clock.now()), scopes=scopes)


def _kept(tokens: UserTokens, now: datetime) -> TokenSet:
    return TokenSet(
        access=tokens.access,
        refresh=tokens.refresh,
        expires_at=now + timedelta(seconds=tokens.seconds),
        scopes=tokens.scopes,
    )
