"""Who may pass: the edge's User-Agent rule, the request limit, and credentials."""

import re
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.sandbox.discogs.moving_window import MovingWindow
from bot.sandbox.discogs.oauth import AUTHORIZE_PATH, EXCHANGE_PATHS, OAuthDesk
from bot.sandbox.server import RefusedError

TOO_MANY: Final = "You are making requests too quickly."
MUST_AUTHENTICATE: Final = "You must authenticate to access this resource."
PRIVATE: Final = (
    "You are not allowed to view this resource. Please authenticate as the owner to view"
    " this content."
)
_GENERIC_AGENTS: Final = re.compile(
    r"(?:python|aiohttp|httpx|curl|wget|mozilla|okhttp|go-http|java|node|axios|postman)",
    re.IGNORECASE,
)
_BLOCKED_PAGE: Final = """<!DOCTYPE html>
<html><head><title>Attention Required! | Cloudflare</title></head>
<body><h1>Sorry, you have been blocked</h1>
<p>You are unable to access discogs.com</p></body></html>
"""
_PAIRS: Final = re.compile(r"(\w+)\s*=\s*\"?([^\s,\"]+)\"?")


class Caller(Enum):
    """What the credentials of a request prove."""

    NOBODY = auto()
    APP = auto()
    USER = auto()
    IMPOSTOR = auto()


@dataclass(slots=True, kw_only=True)
class Gate:
    """Decides about each request before its handler runs.

    Attributes:
        window: Counts the requests of everybody.
        token: Personal token of the owner.
        owner_id: The user whom the token belongs to.
        oauth: Knows the application, and for whom its signatures speak.
        authenticated_limit: Requests in one window with credentials.
        anonymous_limit: Requests in one window without.
        silent_refusals: 429 answers have a body of one line feed, as is sometimes seen.
    """

    window: MovingWindow
    token: str
    owner_id: int
    oauth: OAuthDesk
    authenticated_limit: int
    anonymous_limit: int
    silent_refusals: bool = False

    def middleware(self) -> Middleware:
        """Return the middleware; it must stand outside the faults, which count as requests."""

        @web.middleware
        async def pass_gate(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith("/img/") or request.path == AUTHORIZE_PATH:
                return await handler(request)
            agent = request.headers.get("User-Agent", "")
            if not agent or _GENERIC_AGENTS.match(agent):
                page = _BLOCKED_PAGE
                return web.Response(
                    text=page, status=HTTPStatus.FORBIDDEN, content_type="text/html"
                )
            # Once: a signature whose nonce was seen before is none.
            request[CALLER_KEY] = caller, _ = self._identify(request)
            anonymous = caller in {Caller.NOBODY, Caller.IMPOSTOR}
            limit = self.anonymous_limit if anonymous else self.authenticated_limit
            admitted = self.window.admit(limit)
            request[LIMIT_KEY] = limit
            if not admitted:
                return self._too_many()
            if caller is Caller.IMPOSTOR:
                return _message(HTTPStatus.UNAUTHORIZED, MUST_AUTHENTICATE)
            return await handler(request)

        return pass_gate

    async def add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add the limit's headers to an answer of the API itself, gateway pages excepted."""
        if LIMIT_KEY not in request or response.content_type == "text/html":
            return
        limit, used = request[LIMIT_KEY], self.window.used
        response.headers["X-Discogs-Ratelimit"] = str(limit)
        response.headers["X-Discogs-Ratelimit-Used"] = str(used)
        response.headers["X-Discogs-Ratelimit-Remaining"] = str(max(0, limit - used))

    def caller(self, request: web.Request) -> Caller:
        """Return what a request that has passed proves."""
        return request[CALLER_KEY][0]

    def user_id(self, request: web.Request) -> int | None:
        """Return which user a request speaks for, or None."""
        return request[CALLER_KEY][1]

    def require(self, request: web.Request, *callers: Caller) -> None:
        """Let only these callers on.

        Raises:
            RefusedError: It is somebody else.
        """
        if self.caller(request) not in callers:
            raise RefusedError(HTTPStatus.UNAUTHORIZED, {"message": MUST_AUTHENTICATE})

    def _identify(self, request: web.Request) -> tuple[Caller, int | None]:
        header = request.headers.get("Authorization")
        if header is None:
            return Caller.NOBODY, None
        if request.path in EXCHANGE_PATHS:
            return Caller.APP, None
        scheme, _, rest = header.partition(" ")
        if scheme.lower() == "oauth":
            user_id = self.oauth.user_id(header)
            return (Caller.IMPOSTOR if user_id is None else Caller.USER), user_id
        given = dict(_PAIRS.findall(rest)) if scheme.lower() == "discogs" else {}
        if given == {"token": self.token}:
            return Caller.USER, self.owner_id
        if given == {"key": self.oauth.consumer_key, "secret": self.oauth.consumer_secret}:
            return Caller.APP, None
        return Caller.IMPOSTOR, None

    def _too_many(self) -> web.Response:
        if self.silent_refusals:
            return web.Response(text="\n", status=HTTPStatus.TOO_MANY_REQUESTS)
        return _message(HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY)


CALLER_KEY: Final = web.RequestKey("discogs_caller", tuple[Caller, int | None])
"""Where the gate keeps who sent a request."""

LIMIT_KEY: Final = web.RequestKey("discogs_limit", int)
"""Where the gate keeps the limit that holds for a request."""


def _message(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)
