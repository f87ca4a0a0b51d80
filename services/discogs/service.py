"""``DiscogsService``: the database and the market of Discogs, and the way to people's shelves."""

from typing import Final

from services.discogs.accounts import Authorization, DiscogsAccount
from services.discogs.calling import AccountCaller, Ask, Pass
from services.discogs.database import SETTINGS, DiscogsDatabase
from services.discogs.shelf import DiscogsShelf
from services.discogs.shelf_models import Profile
from services.discogs.shelf_protocol import parse_profile
from services.http import HttpClient
from services.resilience.policy import Policy
from services.secret import Secret

__all__ = ["SETTINGS", "DiscogsService"]

_OWNER_FRESH_SECONDS: Final = 3_600.0


class DiscogsService(DiscogsDatabase):
    """Asks Discogs; every call goes through the policy, which keeps within 60 a minute."""

    def __init__(
        self,
        *,
        http: HttpClient,
        policy: Policy,
        authorization: Secret | None,
        api_url: str,
        application: Secret | None = None,
        is_enabled: bool = True,
        release_fresh_seconds: float = 6 * 3_600.0,
    ) -> None:
        """Set where and how to ask.

        Args:
            http: Sends the requests.
            policy: Discogs' limits; without ``authorization`` made for 25 requests a minute.
            authorization: The whole header value; None: no search.
            api_url: Without a trailing slash.
            application: The header value that names the application and no user, or None.
            is_enabled: False refuses every call, naming ``DISCOGS_ENABLED``.
            release_fresh_seconds: How old release details may be; Discogs' terms say 6 h.
        """
        super().__init__(
            http=http,
            policy=policy,
            authorization=authorization,
            api_url=api_url,
            is_enabled=is_enabled,
            release_fresh_seconds=release_fresh_seconds,
        )
        self._application = application

    @property
    def token_authorization(self) -> Authorization | None:
        """What speaks for the owner of the bot's own token; None without one."""
        given = self._authorization
        return None if given is None else lambda: given

    async def token_owner(self) -> Profile | None:
        """Return whom the bot's own token belongs to; None without one.

        Raises:
            ServiceDisabled: Discogs is switched off.
            AuthenticationFailed: The token is void.
            ExternalServiceException: Discogs cannot say now.
        """
        self._check_enabled("identity")
        if self._authorization is None:
            return None
        ask = Ask("identity", "/oauth/identity", parse_profile)
        answer = await self._fetch(ask, {}, fresh=_OWNER_FRESH_SECONDS)
        return answer.value

    def shelf(self, account: DiscogsAccount) -> DiscogsShelf:
        """Return the collection and the wantlist of an account.

        Raises:
            ServiceDisabled: Discogs is switched off.
        """
        self._check_enabled("shelf")
        return DiscogsShelf(
            AccountCaller(
                caller=self._caller,
                policy=self._policy,
                account=account,
                stranger=self._strangers_pass,
            )
        )

    async def _strangers_pass(self, username: str) -> Pass:
        """Return what to ask with about a user who has allowed nothing.

        The bot's token shows everything that its owner may see. Whoever gives the owner's name as
        theirs must not get to see it, so about the owner the bot asks without the token.
        """
        if self._application is not None:
            return Pass(self._application)
        owner = await self.token_owner()
        if owner is not None and owner.username.casefold() == username.casefold():
            return Pass(None, is_counted=False)
        return Pass(self._authorization)
