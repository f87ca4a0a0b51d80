"""How people let the bot act for them on Spotify: authorization code with PKCE.

https://developer.spotify.com/documentation/web-api/tutorials/code-pkce-flow, with the app's
secret besides, which this bot can keep. What somebody allows holds for six months from then on,
however often it is refreshed (since June 2026); a refresh rarely brings a new refresh token.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar
from urllib.parse import urlencode

from services.errors import AccessDenied, AuthenticationFailed, InvalidRequest, UpstreamTimeout
from services.http import HttpClient, Request, parse_body
from services.resilience.auth import FETCH_SECONDS
from services.resilience.clock import Clock
from services.resilience.config import Call
from services.resilience.policy import Policy
from services.secret import Secret
from services.spotify import protocol
from services.spotify.accounts import SCOPES
from services.spotify.auth import basic_authorization
from services.spotify.oauth_protocol import (
    ConsentRequest,
    SpotifyProfile,
    UserTokens,
    challenge_of,
    is_loopback,
    parse_profile,
    parse_tokens,
    read_refusal,
)

PERMISSION_SECONDS: Final = 600.0
"""How long a person may take to allow it; Spotify's own codes hold as long."""

_STATE_BYTES: Final = 24  # Discord takes addresses of 512 characters: not more than is needed
_VERIFIER_BYTES: Final = 64  # makes 86 characters; 43 to 128 are allowed
_INVALID_GRANT: Final = "invalid_grant"

T = TypeVar("T")


class SpotifyOAuth:
    """Asks for permissions, and for tokens."""

    def __init__(
        self,
        *,
        http: HttpClient,
        policy: Policy,
        client_id: str,
        client_secret: Secret,
        accounts_url: str,
        api_url: str,
        redirect_url: str,
        clock: Clock,
    ) -> None:
        """Act as one registered app.

        Args:
            http: Sends the requests.
            policy: Spotify's limits, for what happens while somebody links an account.
            client_id: Names the app.
            client_secret: Proves that it is the app.
            accounts_url: Base of the accounts host.
            api_url: Base of the Web API, with ``/v1``.
            redirect_url: Where Spotify sends people back to, exactly as registered.
            clock: Limits refreshes.
        """
        self._http = http
        self._policy = policy
        self._client_id = client_id
        self._client_secret = client_secret
        self._accounts_url = accounts_url
        self._api_url = api_url
        self._redirect_url = redirect_url
        self._clock = clock

    @property
    def is_brought_back(self) -> bool:
        """Whether everybody's browser finds the redirect address.

        A loopback address is found on the bot's own machine only: others copy it from theirs.
        """
        return not is_loopback(self._redirect_url)

    def ask(self) -> ConsentRequest:
        """Return a new request for a permission; nothing is sent."""
        # Not from an injected source of chance: nobody may be able to guess these.
        state, verifier = (
            secrets.token_urlsafe(_STATE_BYTES),
            secrets.token_urlsafe(_VERIFIER_BYTES),
        )
        query = {
            "client_id": self._client_id,
            "response_type": "code",
            "redirect_uri": self._redirect_url,
            "scope": " ".join(SCOPES),
            "state": state,
            "code_challenge_method": "S256",
            "code_challenge": challenge_of(verifier),
        }
        return ConsentRequest(
            state=state,
            verifier=Secret(verifier),
            authorize_url=f"{self._accounts_url}/authorize?{urlencode(query)}",
        )

    async def exchange(self, code: str, verifier: Secret) -> UserTokens:
        """Return the tokens for a code; never sent twice, since a code can be used only once.

        Raises:
            InvalidRequest: The code is wrong, used, too old, or of another person's request.
            AccessDenied: Spotify does not know the app.
            ExternalServiceException: Spotify cannot say now.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_url,
            "code_verifier": verifier.reveal(),
        }
        operation = "exchange_code"
        return await self._call(operation, lambda: self._tokens(operation, form), repeatable=False)

    async def profile(self, access: Secret) -> SpotifyProfile:
        """Return whom a token speaks for (``GET /me``, which takes no scope).

        Raises:
            AccessDenied: The person is not among those whom the app's owner has entered, or the
                owner's Premium has lapsed.
            ExternalServiceException: Spotify cannot say now.
        """
        operation = "get_me"
        request = Request(
            service="spotify",
            operation=operation,
            method="GET",
            url=f"{self._api_url}/me",
            headers={"Authorization": f"Bearer {access.reveal()}"},
            read_error=protocol.read_error,
        )

        async def send() -> SpotifyProfile:
            return parse_body(request, await self._http.send(request), parse_profile)

        return await self._call(operation, send, repeatable=True)

    async def refresh(self, token: Secret) -> UserTokens:
        """Return new tokens; not under the policy, whose calls wait for it.

        Raises:
            AuthenticationFailed: The permission has expired or was taken back.
            AccessDenied: Spotify does not know the app any more; the permission may still hold.
            ExternalServiceException: The accounts host does not answer properly, or not within
                10 s.
        """
        operation = "refresh_token"
        form = {"grant_type": "refresh_token", "refresh_token": token.reveal()}
        try:
            async with self._clock.timeout_at(self._clock.monotonic() + FETCH_SECONDS):
                return await self._tokens(operation, form)
        except TimeoutError as error:
            said = f"no tokens within {FETCH_SECONDS:g} s"
            raise UpstreamTimeout("spotify", operation, None, said) from error
        except InvalidRequest as error:  # ``invalid_grant``: the others are something else by now
            raise AuthenticationFailed(
                "spotify", operation, error.status_code, error.message
            ) from error

    async def _tokens(self, operation: str, form: Mapping[str, str]) -> UserTokens:
        authorization = basic_authorization(self._client_id, self._client_secret)
        request = Request(
            service="spotify",
            operation=operation,
            method="POST",
            url=f"{self._accounts_url}/api/token",
            headers={"Authorization": authorization.reveal()},
            form=form,
            read_error=read_refusal,
        )
        try:
            response = await self._http.send(request)
        except InvalidRequest as error:
            if error.reason == _INVALID_GRANT:
                raise
            # ``invalid_client`` and the like: nothing that the person could do better.
            raise AccessDenied("spotify", operation, error.status_code, error.message) from error
        return parse_body(request, response, parse_tokens)

    async def _call(
        self, operation: str, send: Callable[[], Awaitable[T]], *, repeatable: bool
    ) -> T:
        call = Call(operation=operation, send=send, repeatable=repeatable)
        return (await self._policy.call(call)).value
