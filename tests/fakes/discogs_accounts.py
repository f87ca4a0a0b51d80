"""Discogs as linking sees it: who has which name, and who has allowed what."""

from dataclasses import dataclass, field

from services.discogs.accounts import Authorization, DiscogsAccount
from services.discogs.oauth import OAuthToken, RequestToken
from services.discogs.shelf_models import Profile
from services.errors import ExternalServiceException, InvalidRequest, NotFound
from services.secret import Secret

VERIFIER = "the-code"


def make_profile(username: str, discogs_id: int = 1, copies: int | None = 12) -> Profile:
    return Profile(discogs_id=discogs_id, username=username, collection_size=copies)


@dataclass
class FakeShelf:
    """One account's profile."""

    found: Profile | None

    async def profile(self) -> Profile:
        if self.found is None:
            raise NotFound("discogs", "get_profile", 404)
        return self.found


@dataclass
class FakeAccounts:
    """Discogs' people by lower-case name, and the owner of the bot's own token.

    Attributes:
        asked_as: The accounts that were asked for.
    """

    people: dict[str, Profile] = field(default_factory=dict)
    owner: Profile | None = None
    asked_as: list[DiscogsAccount] = field(default_factory=list)

    @property
    def token_authorization(self) -> Authorization | None:
        return None if self.owner is None else lambda: Secret("Discogs token=operators")

    async def token_owner(self) -> Profile | None:
        return self.owner

    def shelf(self, account: DiscogsAccount) -> FakeShelf:
        self.asked_as.append(account)
        return FakeShelf(self.people.get(account.username.casefold()))


@dataclass
class FakeOAuth:
    """Gives numbered tokens; ``VERIFIER`` is the code of each.

    Attributes:
        allows: Who allows it on Discogs' page.
        callbacks: What request tokens were asked for with.
        exchanged: The request tokens that were exchanged, with their secrets.
        error: What the next identity check meets.
    """

    allows: Profile
    callbacks: list[str | None] = field(default_factory=list)
    exchanged: list[tuple[str, str]] = field(default_factory=list)
    error: ExternalServiceException | None = None

    async def request_token(self, callback: str | None) -> RequestToken:
        self.callbacks.append(callback)
        number = len(self.callbacks)
        return RequestToken(
            token=f"request-{number}",
            secret=Secret(f"request-secret-{number}"),
            authorize_url=f"https://www.discogs.com/oauth/authorize?oauth_token=request-{number}",
        )

    async def access_token(self, request_token: RequestToken, verifier: str) -> OAuthToken:
        if verifier != VERIFIER:
            raise InvalidRequest("discogs", "access_token", 400)
        self.exchanged.append((request_token.token, request_token.secret.reveal()))
        return OAuthToken(token=Secret("access"), secret=Secret("access-secret"))

    def authorization(self, token: Secret, secret: Secret) -> Authorization:
        return lambda: Secret(f"OAuth {token.reveal()} {secret.reveal()}")

    async def identity(self, authorization: Authorization) -> Profile:
        del authorization
        if self.error is not None:
            raise self.error
        return self.allows
