"""How every call to Discogs is made: one way to build a request and to send it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Generic, TypeVar
from urllib.parse import quote

from services.discogs import protocol
from services.discogs.accounts import DiscogsAccount
from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    InvalidResponse,
    OutcomeUnknown,
    RateLimitExceeded,
    RefusedLocally,
    ServiceDown,
    UpstreamUnreachable,
)
from services.http import ErrorDetail, HttpClient, Request, parse_body
from services.resilience.config import Call
from services.resilience.policy import Policy
from services.secret import Secret

# Without this media type notes and profiles come with markup codes.
_ACCEPT: Final = "application/vnd.discogs.v2.plaintext+json"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """What Discogs is asked.

    Attributes:
        operation: The named call.
        path: Encoded; below the API's base, or below a user.
        parse: Reads the body; what it raises becomes ``InvalidResponse``.
        method: The HTTP verb.
        params: The query.
        json: The body, or None for none.
    """

    operation: str
    path: str
    parse: Callable[[bytes], T]
    method: str = "GET"
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: object | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Pass:
    """What to ask with.

    Attributes:
        authorization: The header's value; None: anonymously.
        is_counted: Whether the allowance in the answers is the one that the policy keeps.
    """

    authorization: Secret | None
    is_counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Sends requests; the policy's limits are the business of whoever calls it.

    Attributes:
        http: Sends them.
        policy: Is told what the answers say about the rate limit; None: nobody is.
        api_url: Without a trailing slash.
    """

    http: HttpClient
    policy: Policy | None
    api_url: str

    async def send(self, ask: Ask[T], given: Pass) -> T:
        """Make one attempt; return what ``ask.parse`` makes of the answer.

        Raises:
            ServiceDown: Besides the usual: Discogs' gateway, and not its API, refuses us.
            ExternalServiceException: As ``HttpClient.send``, and ``InvalidResponse``.
        """
        errors = _ErrorReader()
        request = self._request(ask, given, errors)
        try:
            return parse_body(request, await self.http.send(request), ask.parse)
        except AccessDenied as error:
            if errors.is_from_api:
                raise
            # Cloudflare's page says nothing about what was asked for.
            message = f"{error.status_code} from the gateway"
            raise ServiceDown("discogs", ask.operation, error.status_code, message) from error

    def _request(self, ask: Ask[T], given: Pass, errors: "_ErrorReader") -> Request:
        headers = {"Accept": _ACCEPT}
        if given.authorization is not None:
            headers["Authorization"] = given.authorization.reveal()
        return Request(
            service="discogs",
            operation=ask.operation,
            method=ask.method,
            url=self.api_url + ask.path,
            params=ask.params,
            headers=headers,
            json=ask.json,
            read_error=errors.read,
            read_headers=self._learn if given.is_counted else _ignore,
        )

    def _learn(self, headers: Mapping[str, str]) -> None:
        if self.policy is not None:
            self.policy.learn(protocol.parse_allowance(headers))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCaller:
    """Asks for what belongs to one account, through the policy and past every cache.

    Attributes:
        caller: Sends the requests.
        policy: Discogs' limits.
        account: Whose things they are, and in whose name.
        stranger: Returns what to ask with when the account's owner has allowed nothing.
    """

    caller: Caller
    policy: Policy
    account: DiscogsAccount
    stranger: Callable[[str], Awaitable[Pass]]

    async def send(self, ask: Ask[T], *, repeatable: bool = True) -> T:
        """Return the answer; ``ask.path`` is below the user.

        Args:
            ask: What to ask.
            repeatable: False when doing it twice would do harm.

        Raises:
            AccessDenied: The owner has not allowed it, or nobody may see it.
            ExternalServiceException: Any other failure.
        """
        return await self._send(ask, repeatable=repeatable, doubt=_Doubt())

    async def change(self, ask: Ask[T]) -> T:
        """Make a change that leaves the same behind however often it is sent.

        Raises:
            OutcomeUnknown: An attempt was sent and not answered, and no later one was either.
            ExternalServiceException: As ``send``; then nothing was changed.
        """
        doubt = _Doubt()
        try:
            return await self._send(ask, repeatable=True, doubt=doubt)
        except (ServiceDown, InvalidResponse, RateLimitExceeded, RefusedLocally) as error:
            # The last attempt says nothing about those before it: after a timeout, an open circuit
            # does not mean that nothing was sent.
            if not doubt.is_justified:
                raise
            message = f"sent, and nobody knows whether it was done ({error.message})"
            raise OutcomeUnknown("discogs", ask.operation, None, message, failure=error) from error

    async def _send(self, ask: Ask[T], *, repeatable: bool, doubt: "_Doubt") -> T:
        own, name = self.account.authorization, self.account.username
        stranger = Pass(None) if own else await self.stranger(name)
        asked = Ask(
            ask.operation,
            f"/users/{quote(name, safe='')}{ask.path}",
            ask.parse,
            ask.method,
            ask.params,
            ask.json,
        )

        async def send() -> T:
            with doubt:
                return await self.caller.send(asked, Pass(own()) if own else stranger)

        try:
            call = Call(operation=ask.operation, send=send, repeatable=repeatable)
            return (await self.policy.call(call)).value
        except AuthenticationFailed as error:
            if own or stranger.authorization or isinstance(error, AccessDenied):
                raise
            # Some calls answer 401 to the nameless where they answer 403 to anybody else.
            raise AccessDenied(
                "discogs", ask.operation, error.status_code, "401 for a stranger"
            ) from error


class _Doubt:
    """Watches attempts; justified once one of them was sent and ended without an answer."""

    def __init__(self) -> None:
        self.is_justified = False

    def __enter__(self) -> None:
        """Begin an attempt."""

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        was_sent = not isinstance(error, UpstreamUnreachable) or error.was_sent
        # Cancelled: its time was over, or the whole operation's.
        if isinstance(error, (ServiceDown, InvalidResponse, asyncio.CancelledError)) and was_sent:
            self.is_justified = True


class _ErrorReader:
    """Reads an error's body and remembers whether it was the API that spoke."""

    def __init__(self) -> None:
        self.is_from_api = False

    def read(self, body: bytes) -> ErrorDetail:
        self.is_from_api = protocol.is_api_error(body)
        return ErrorDetail()


def _ignore(_headers: Mapping[str, str]) -> None:
    """Nothing in the headers matters."""
