"""OAuth 1.0a with PLAINTEXT signatures: how people let the bot act for them on Discogs.

https://www.discogs.com/developers, "Discogs Auth Flow", after RFC 5849. A request token and its
verifier hold for 15 minutes; what they are exchanged for holds until the person revokes it. The
headers made here contain secrets in the clear: they go to ``Request`` and nowhere else.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

import msgspec

from services.discogs.accounts import Authorization
from services.discogs.calling import Ask, Caller, Pass
from services.discogs.shelf_models import Profile
from services.discogs.shelf_protocol import parse_profile
from services.http import HttpClient
from services.resilience.clock import Clock
from services.resilience.config import Call
from services.resilience.policy import Policy
from services.secret import Secret

REQUEST_TOKEN_SECONDS: Final = 900.0
"""How long a request token and its verifier are good for."""

_NONCE_BITS: Final = 128

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthToken:
    """A token and the secret that signs with it."""

    token: Secret
    secret: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestToken:
    """A person's permission that is still to be given.

    Attributes:
        token: Names it: Discogs' callback brings it back, so it is what to look it up by.
        secret: Signs the exchange.
        authorize_url: Where the person allows it.
    """

    token: str
    secret: Secret
    authorize_url: str


class DiscogsOAuth:
    """Gets tokens and signs with them."""

    def __init__(
        self,
        *,
        http: HttpClient,
        policy: Policy | None,
        consumer_key: str,
        consumer_secret: Secret,
        api_url: str,
        authorize_url: str,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        """Act as one registered application.

        Args:
            http: Sends the requests.
            policy: Discogs' limits; None: requests are sent as they come.
            consumer_key: Names the application.
            consumer_secret: Signs for it.
            api_url: Without a trailing slash.
            authorize_url: Discogs' page where people allow it.
            clock: Gives the timestamps.
            chance: Gives the nonces.
        """
        self._caller = Caller(http=http, policy=policy, api_url=api_url)
        self._policy = policy
        self._consumer_key = consumer_key
        self._consumer_secret = consumer_secret
        self._authorize_url = authorize_url
        self._clock = clock
        self._chance = chance

    async def request_token(self, callback: str | None) -> RequestToken:
        """Return a new request token.

        Args:
            callback: Where Discogs sends the person back to; None: it shows a code to copy.

        Raises:
            AuthenticationFailed: Discogs does not know the application.
            ExternalServiceException: It cannot be had now.
        """
        more = {} if callback is None else {"oauth_callback": callback}
        granted = await self._call(
            Ask("request_token", "/oauth/request_token", parse_token),
            lambda: self._header(None, more),
        )
        token = granted.token.reveal()
        query = urlencode({"oauth_token": token})
        return RequestToken(
            token=token, secret=granted.secret, authorize_url=f"{self._authorize_url}?{query}"
        )

    async def access_token(self, request_token: RequestToken, verifier: str) -> OAuthToken:
        """Exchange an allowed request token; never sent twice, since it can be used only once.

        Args:
            request_token: As ``request_token`` returned it.
            verifier: From the callback, or the code that the person copied.

        Raises:
            InvalidRequest: The code is wrong, or older than 15 minutes.
            AuthenticationFailed: Likewise, or the person did not allow it.
            ExternalServiceException: Discogs cannot say now; whether the token is used up by it
                is unknown when the request was sent.
        """
        asked = OAuthToken(token=Secret(request_token.token), secret=request_token.secret)
        return await self._call(
            Ask("access_token", "/oauth/access_token", parse_token, "POST"),
            lambda: self._header(asked, {"oauth_verifier": verifier.strip()}),
        )

    def authorization(self, token: Secret, secret: Secret) -> Authorization:
        """Return what signs requests in the name of who gave this access token."""
        granted = OAuthToken(token=token, secret=secret)
        return lambda: self._header(granted, {})

    async def identity(self, authorization: Authorization) -> Profile:
        """Return whom an authorization speaks for; ``collection_size`` is not told.

        Raises:
            AuthenticationFailed: It is void, or has been revoked.
            ExternalServiceException: Discogs cannot say now.
        """
        return await self._call(Ask("identity", "/oauth/identity", parse_profile), authorization)

    def _header(self, granted: OAuthToken | None, more: Mapping[str, str]) -> Secret:
        """Sign a request: RFC 5849, 3.4.4 and 3.5.1."""
        token_secret = "" if granted is None else granted.secret.reveal()
        signature = (
            f"{percent_encoded(self._consumer_secret.reveal())}&{percent_encoded(token_secret)}"
        )
        fields = {
            "oauth_consumer_key": self._consumer_key,
            "oauth_nonce": f"{self._chance.getrandbits(_NONCE_BITS):032x}",
            "oauth_signature": signature,
            "oauth_signature_method": "PLAINTEXT",
            "oauth_timestamp": str(int(self._clock.now().timestamp())),
        }
        if granted is not None:
            fields["oauth_token"] = granted.token.reveal()
        pairs = (f'{name}="{percent_encoded(value)}"' for name, value in {**fields, **more}.items())
        return Secret("OAuth " + ", ".join(pairs))

    async def _call(self, ask: Ask[T], authorization: Authorization) -> T:
        async def send() -> T:
            return await self._caller.send(ask, Pass(authorization()))

        if self._policy is None:
            return await send()
        call = Call(operation=ask.operation, send=send, repeatable=ask.method == "GET")
        return (await self._policy.call(call)).value


def parse_token(body: bytes) -> OAuthToken:
    """Return the token in a form-encoded body.

    Raises:
        msgspec.ValidationError: There is none; the text quotes nothing of the body.
    """
    fields = dict(parse_qsl(body.decode()))
    token, secret = fields.get("oauth_token"), fields.get("oauth_token_secret")
    if not token or not secret:
        raise msgspec.ValidationError("no token")
    return OAuthToken(token=Secret(token), secret=Secret(secret))


def percent_encoded(text: str) -> str:
    """Encode everything but the unreserved characters (RFC 5849, 3.6)."""
    return quote(text, safe="")
