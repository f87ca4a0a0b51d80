"""How every call to Discogs is made: one way to build a request and to send it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import quote

from services.discogs import protocol
from services.discogs.accounts import DiscogsAccount
from services.errors import AccessDenied, AuthenticationFailed, ServiceDown
from services.http import ErrorDetail, HttpClient, Request, parse_body
from services.resilience.config import Call
from services.resilience.policy import Policy
from services.secret import Secret

# Without this media type notes and profiles come with markup codes.
_ACCEPT: Final = "application/vnd.discogs.v2.plaintext+json"

T = TypeVar("T")


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

    async def send(
        self,
        operation: str,
        path: str,
        parse: Callable[[bytes], T],
        *,
        authorization: Secret | None,
        method: str = "GET",
        params: Mapping[str, str] | None = None,
        json: object | None = None,
        is_counted: bool = True,
    ) -> T:
        """Return what ``parse`` makes of the answer: one attempt.

        Args:
            operation: The named call, for errors.
            path: Below ``api_url``, encoded.
            parse: Reads the body; what it raises is an ``InvalidResponse``.
            authorization: The header's value, or None to ask anonymously.
            method: The HTTP verb.
            params: The query.
            json: The body, or None for none.
            is_counted: False when the allowance in the answer is not the one that the policy
                keeps.

        Raises:
            ServiceDown: Besides the usual: Discogs' gateway, and not its API, refuses us.
            ExternalServiceException: As ``HttpClient.send``, and ``InvalidResponse``.
        """
        errors = _ErrorReader()
        headers = {"Accept": _ACCEPT}
        if authorization is not None:
            headers["Authorization"] = authorization.reveal()
        request = Request(
            service="discogs",
            operation=operation,
            method=method,
            url=self.api_url + path,
            params=params or {},
            headers=headers,
            json=json,
            read_error=errors.read,
            read_headers=self._learn if is_counted else _ignore,
        )
        try:
            return parse_body(request, await self.http.send(request), parse)
        except AccessDenied as error:
            if errors.is_from_api:
                raise
            # Cloudflare's page says nothing about what was asked for.
            message = f"{error.status_code} from the gateway"
            raise ServiceDown("discogs", operation, error.status_code, message) from error

    def _learn(self, headers: Mapping[str, str]) -> None:
        if self.policy is not None:
            self.policy.learn(protocol.parse_allowance(headers))


@dataclass(frozen=True, slots=True)
class StrangersPass:
    """What to ask with for somebody who has allowed nothing.

    Attributes:
        authorization: The header's value; None: anonymously.
        is_counted: Whether the allowance in the answers is the one that the policy keeps.
    """

    authorization: Secret | None
    is_counted: bool = True


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
    stranger: Callable[[str], Awaitable[StrangersPass]]

    async def ask(
        self,
        operation: str,
        path: str,
        parse: Callable[[bytes], T],
        *,
        method: str = "GET",
        params: Mapping[str, str] | None = None,
        json: object | None = None,
        repeatable: bool = True,
    ) -> T:
        """Return what ``parse`` makes of the answer.

        Args:
            operation: The named call.
            path: Below the user, encoded.
            parse: Reads the body.
            method: The HTTP verb.
            params: The query.
            json: The body, or None for none.
            repeatable: False when doing it twice would do harm.

        Raises:
            AccessDenied: The owner has not allowed it, or nobody may see it.
            ExternalServiceException: Any other failure.
        """
        account = self.account
        where = f"/users/{quote(account.username, safe='')}{path}"
        own = account.authorization
        given = StrangersPass(None) if own else await self.stranger(account.username)

        async def send() -> T:
            return await self.caller.send(
                operation,
                where,
                parse,
                authorization=own() if own else given.authorization,
                method=method,
                params=params,
                json=json,
                is_counted=given.is_counted,
            )

        try:
            call = Call(operation=operation, send=send, repeatable=repeatable)
            return (await self.policy.call(call)).value
        except AuthenticationFailed as error:
            if own or given.authorization or isinstance(error, AccessDenied):
                raise
            # Some calls answer 401 to the nameless where they answer 403 to anybody else.
            message = "401 for a stranger"
            raise AccessDenied("discogs", operation, error.status_code, message) from error


class _ErrorReader:
    """Reads an error's body and remembers whether it was the API that spoke."""

    def __init__(self) -> None:
        self.is_from_api = False

    def read(self, body: bytes) -> ErrorDetail:
        detail = protocol.read_error(body)
        self.is_from_api = bool(detail.message)
        return detail


def _ignore(_headers: Mapping[str, str]) -> None:
    """Nothing in the headers matters."""
