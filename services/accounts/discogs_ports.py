"""What linking Discogs accounts asks of Discogs."""

from typing import Protocol

from services.discogs.accounts import Authorization, DiscogsAccount
from services.discogs.oauth import OAuthToken, RequestToken
from services.discogs.shelf_models import Profile
from services.secret import Secret


class Shelf(Protocol):
    """What linking asks of an account."""

    async def profile(self) -> Profile:
        """Return the user."""


class Discogs(Protocol):
    """What linking asks of Discogs."""

    @property
    def token_authorization(self) -> Authorization | None:
        """What speaks for the owner of the bot's own token."""

    async def token_owner(self) -> Profile | None:
        """Return whom that token belongs to."""

    def shelf(self, account: DiscogsAccount, /) -> Shelf:
        """Return what belongs to an account."""


class OAuth(Protocol):
    """What linking asks of OAuth; ``DiscogsOAuth`` says what is raised."""

    async def request_token(self, callback: str | None, /) -> RequestToken:
        """Return a new request token."""

    async def access_token(self, request_token: RequestToken, verifier: str, /) -> OAuthToken:
        """Exchange an allowed request token."""

    def authorization(self, token: Secret, secret: Secret, /) -> Authorization:
        """Return what signs requests in the name of who gave this token."""

    async def identity(self, authorization: Authorization, /) -> Profile:
        """Return whom an authorization speaks for."""
