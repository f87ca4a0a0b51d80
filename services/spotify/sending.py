"""How every call to Spotify is made, in the app's name or in a person's, through one policy."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Generic, Protocol, TypeVar

from services.answers import Answer
from services.errors import AccessDenied, InvalidRequest, RateLimitExceeded, ServiceDisabled
from services.http import HttpClient, Request, parse_body
from services.resilience.auth import Credential
from services.resilience.codec import Codec
from services.resilience.config import Call, Fallback
from services.resilience.policy import Policy
from services.secret import Secret
from services.spotify import protocol
from services.spotify.auth import ClientCredentials
from services.spotify.capabilities import Capabilities
from services.spotify.denials import INVALID_LIMIT, Denial, denial_of

SETTINGS: Final = ("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET")
# What a 429 that names no wait, or none that can be read, is taken to ask for: the window of the
# burst limit is 30 s, and the quota's day is over at a time nobody knows.
_BURST_SECONDS: Final = 45.0
_QUOTA_SECONDS: Final = 3_600.0
_NO_PARAMS: Final[Mapping[str, str]] = {}

T = TypeVar("T")


class UserToken(Credential, Protocol):
    """A person's token as the sender needs it: renewed by the policy, and readable."""

    async def token(self) -> Secret:
        """Return a valid token.

        Raises:
            ExternalServiceException: There is none to be had.
        """


class Account(Protocol):
    """In whose name a request is sent; ``SpotifyAccount`` is one."""

    @property
    def credential(self) -> UserToken:
        """The person's token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Generic[T]):
    """How long an answer that everybody may see is kept; all times in seconds.

    Attributes:
        key: From ``cache_key``.
        codec: Writes it to the second cache level.
        fresh: The age up to which it is as good as a new one.
        stale: Up to which it may stand in, labelled.
        patience: After which a stale one is better than a longer wait; None: never.
    """

    key: str
    codec: Codec[T]
    fresh: float
    stale: float
    patience: float | None = None


class SpotifySender:
    """Sends requests; retries, limits and the cache are the policy's business.

    Attributes:
        capabilities: What this app may ask; corrected by every answer.
    """

    def __init__(
        self,
        *,
        http: HttpClient,
        policy: Policy,
        auth: ClientCredentials | None,
        api_url: str,
        capabilities: Capabilities,
        missing_settings: tuple[str, ...] = SETTINGS,
    ) -> None:
        """Use ``api_url`` (with ``/v1``); without ``auth`` every call names what is missing."""
        self._http = http
        self._policy = policy
        self._auth = auth
        self._api_url = api_url
        self._missing_settings = missing_settings
        self.capabilities = capabilities

    @property
    def is_enabled(self) -> bool:
        """True when the app's keys are set and Spotify is not switched off."""
        return self._auth is not None

    async def send(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        parse: Callable[[bytes], T],
        account: Account | None = None,
        params: Mapping[str, str] = _NO_PARAMS,
        json: object | None = None,
        repeatable: bool | None = None,
        kept: Kept[T] | None = None,
        fallbacks: tuple[Fallback[T], ...] = (),
    ) -> Answer[T]:
        """Return what ``parse`` makes of the answer.

        Args:
            operation: The call's name without the upstream.
            method: The HTTP verb.
            path: Encoded, below the API's base.
            parse: Reads the body; what it raises becomes ``InvalidResponse``.
            account: In whose name; None: the app's own, which sees the catalogue only.
            params: The query.
            json: The body, or None for none.
            repeatable: Whether doing it twice does no harm; None: when it is a GET.
            kept: How the answer is kept; must be None for what one person alone may see.
            fallbacks: What answers when Spotify and the cache do not.

        Raises:
            ServiceDisabled: The settings lack Spotify's keys.
            AccessDenied: Spotify refuses, and no fallback serves; ``denial_of`` tells why.
            ExternalServiceException: Any other failure, likewise.
        """
        auth = self._auth
        if auth is None:
            raise ServiceDisabled("spotify", operation, settings=self._missing_settings)
        token = auth.token if account is None else account.credential.token
        credential = auth.credential if account is None else account.credential
        ask = _Ask(operation, method, path, params, json, is_own=account is None)

        async def send() -> T:
            return await self._attempt(ask, await token(), parse)

        return await self._policy.call(
            Call(
                operation=operation,
                send=send,
                key=kept.key if kept else None,
                codec=kept.codec if kept else None,
                fresh=kept.fresh if kept else 0.0,
                stale=kept.stale if kept else 0.0,
                patience=kept.patience if kept else None,
                repeatable=method == "GET" if repeatable is None else repeatable,
                credential=_Gate(credential, operation, self.capabilities),
                fallbacks=fallbacks,
            )
        )

    async def send_page(
        self, operation: str, most: int, ask: Callable[[int], Awaitable[Answer[T]]]
    ) -> Answer[T]:
        """Return the page that ``ask`` asks for, with as many rows as this app may have.

        Args:
            operation: The call's name, as ``ask`` gives it.
            most: The rows that Spotify's documentation allows.
            ask: Sends the call for a page of so many rows; called again with fewer when Spotify
                calls the number invalid.

        Raises:
            InvalidRequest: Spotify calls something else wrong, or even one row too many.
            ExternalServiceException: As ``ask``.
        """
        limit = self.capabilities.limit(operation, most)
        try:
            return await ask(limit)
        except InvalidRequest as error:
            is_learnt = error.reason == INVALID_LIMIT
            if not is_learnt or not self.capabilities.too_large(operation, limit):
                raise
        return await ask(self.capabilities.limit(operation, most))

    async def _attempt(self, ask: "_Ask", token: Secret, parse: Callable[[bytes], T]) -> T:
        request = Request(
            service="spotify",
            operation=ask.operation,
            method=ask.method,
            url=self._api_url + ask.path,
            params=ask.params,
            headers={"Authorization": f"Bearer {token.reveal()}"},
            json=ask.json,
            read_error=partial(protocol.read_error, path=ask.path),
        )
        try:
            response = await self._http.send(request)
        except AccessDenied as error:
            self._learn(ask, error)
            raise
        except RateLimitExceeded as error:
            if error.retry_after is None:
                error.retry_after = _QUOTA_SECONDS if error.is_quota else _BURST_SECONDS
            raise
        self.capabilities.answered(ask.operation)
        return parse_body(request, response, parse)

    def _learn(self, ask: "_Ask", error: AccessDenied) -> None:
        denial = denial_of(error)
        # What one person is refused says nothing about the endpoint.
        if denial is not Denial.ENDPOINT_REMOVED or ask.is_own:
            self.capabilities.denied(ask.operation, denial, ask.fingerprint)


@dataclass(frozen=True, slots=True)
class _Ask:
    """What Spotify is asked, and whether in the app's own name."""

    operation: str
    method: str
    path: str
    params: Mapping[str, str] = field(repr=False)
    json: object | None = field(repr=False)
    is_own: bool

    @property
    def fingerprint(self) -> int:
        """Equal for the same path and query."""
        return hash((self.path, *self.params.items()))


class _Gate:
    """A credential that is not even looked for when Spotify is known to refuse the call.

    It stands before the permit: what is refused here costs none of the day's requests, and a
    refusal is neutral to the breaker.
    """

    def __init__(self, credential: Credential, operation: str, capabilities: Capabilities) -> None:
        self._credential = credential
        self._operation = operation
        self._capabilities = capabilities

    async def obtain(self) -> int:
        """Do as the credential does, unless the call would be in vain.

        Raises:
            AccessDenied: It would.
        """
        self._capabilities.check(self._operation)
        return await self._credential.obtain()

    async def renew(self, generation: int) -> bool:
        """Do as the credential does."""
        return await self._credential.renew(generation)
