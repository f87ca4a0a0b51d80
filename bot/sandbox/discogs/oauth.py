"""OAuth 1.0a as Discogs has it: PLAINTEXT signatures, a page to allow or deny, permanent tokens."""

import html
import re
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote, urlencode

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.server import RefusedError

AUTHORIZE_PATH: Final = "/oauth/authorize"
"""The page; on discogs.com it is no part of the API, and neither limited nor counted."""

EXCHANGE_PATHS: Final = frozenset({"/oauth/request_token", "/oauth/access_token"})
"""Where tokens come from; who calls them proves it there."""

_EXPIRES_SECONDS: Final = 900.0
_LETTERS: Final = string.ascii_letters + string.digits
_TOKEN_LENGTH: Final = 40
_VERIFIER_LENGTH: Final = 10
_PAIR: Final = re.compile(r'(\w+)="([^"]*)"')
_NOT_SIGNED: Final = "You must authenticate to access this resource."
_STALE: Final = "Invalid or expired token."
_PAGE: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Discogs (sandbox)</title></head>
<body><h1>Discogs <small>(sandbox)</small></h1>{content}</body></html>
"""
_FORM: Final = """<form method="post">
<p>An application wants to use Discogs in your name.</p>
<label>You are <select name="username">{options}</select></label>
<button name="decision" value="allow">Authorize</button>
<button name="decision" value="deny">Deny</button>
</form>"""


@dataclass(slots=True)
class _Pending:
    """A request token and what became of it."""

    secret: str
    callback: str | None
    asked_at: float
    user_id: int | None = None
    verifier: str = ""
    is_denied: bool = False


@dataclass(slots=True, kw_only=True)
class OAuthDesk:
    """Gives out tokens, and knows whom they speak for.

    Attributes:
        consumer_key: Key of the application.
        consumer_secret: Secret of the application.
        user_ids: Returns the users by the names that they have now.
        monotonic: Clock of the expiry.
        nonces: Those seen so far; none may come twice.
    """

    consumer_key: str
    consumer_secret: str
    user_ids: Callable[[], Mapping[str, int]]
    monotonic: Callable[[], float]
    nonces: set[str] = field(default_factory=set)
    _pending: dict[str, _Pending] = field(default_factory=dict)
    _granted: dict[str, tuple[str, int]] = field(default_factory=dict)

    def routes(self) -> dict[tuple[str, str], Handler]:
        """Return the handlers by method and path."""
        return {
            ("GET", "/oauth/request_token"): self._request_token,
            ("GET", AUTHORIZE_PATH): self._show,
            ("POST", AUTHORIZE_PATH): self._decide,
            ("POST", "/oauth/access_token"): self._access_token,
        }

    def allow(self, token: str, username: str) -> str:
        """Let a user allow a request token; return the verifier.

        Raises:
            KeyError: There is no such token or user.
        """
        pending = self._pending[token]
        pending.user_id = self.user_ids()[username.lower()]
        pending.verifier = _random(_VERIFIER_LENGTH)
        return pending.verifier

    def deny(self, token: str) -> None:
        """Let somebody deny a request token.

        Raises:
            KeyError: There is no such token.
        """
        self._pending[token].is_denied = True

    def grant(self, user_id: int) -> tuple[str, str]:
        """Return a new access token and its secret, as if a user had allowed it."""
        token, secret = _random(_TOKEN_LENGTH), _random(_TOKEN_LENGTH)
        self._granted[token] = (secret, user_id)
        return token, secret

    def revoke(self, user_id: int) -> None:
        """Void every access token of a user, as on the user's settings page."""
        self._granted = {
            token: grant for token, grant in self._granted.items() if grant[1] != user_id
        }

    def user_id(self, header: str) -> int | None:
        """Return whom a signed request speaks for; None when its signature is not right."""
        fields = _fields(header)
        secret, user_id = self._granted.get(fields.get("oauth_token", ""), ("", 0))
        return user_id if user_id and self._is_signed(fields, secret) else None

    async def _request_token(self, request: web.Request) -> web.StreamResponse:
        fields = _fields(request.headers.get("Authorization", ""))
        if "oauth_token" in fields or not self._is_signed(fields, ""):
            raise _refused(HTTPStatus.UNAUTHORIZED, _NOT_SIGNED)
        token, secret = _random(_TOKEN_LENGTH), _random(_TOKEN_LENGTH)
        callback = fields.get("oauth_callback")
        self._pending[token] = _Pending(
            secret, None if callback == "oob" else callback, self.monotonic()
        )
        return _form(oauth_token=token, oauth_token_secret=secret, oauth_callback_confirmed="true")

    async def _access_token(self, request: web.Request) -> web.StreamResponse:
        fields = _fields(request.headers.get("Authorization", ""))
        token = fields.get("oauth_token", "")
        pending = self._live(token)
        if pending is None:
            raise _refused(HTTPStatus.BAD_REQUEST, _STALE)
        if pending.is_denied or not self._is_signed(fields, pending.secret):
            raise _refused(HTTPStatus.UNAUTHORIZED, _NOT_SIGNED)
        if pending.user_id is None or fields.get("oauth_verifier") != pending.verifier:
            raise _refused(HTTPStatus.BAD_REQUEST, "Invalid verifier.")
        del self._pending[token]
        access, secret = self.grant(pending.user_id)
        return _form(oauth_token=access, oauth_token_secret=secret)

    async def _show(self, request: web.Request) -> web.StreamResponse:
        if self._live(request.query.get("oauth_token", "")) is None:
            return _page(f"<p>{_STALE}</p>", HTTPStatus.BAD_REQUEST)
        options = "".join(f"<option>{html.escape(name)}</option>" for name in self.user_ids())
        return _page(_FORM.format(options=options))

    async def _decide(self, request: web.Request) -> web.StreamResponse:
        token = request.query.get("oauth_token", "")
        pending = self._live(token)
        answers = await request.post()
        username = str(answers.get("username", ""))
        if pending is None or username.lower() not in self.user_ids():
            return _page(f"<p>{_STALE}</p>", HTTPStatus.BAD_REQUEST)
        if answers.get("decision") != "allow":
            self.deny(token)
            return _sent_back(pending, "<p>Nothing was allowed.</p>", {"denied": token})
        verifier = self.allow(token, username)
        content = f"<p>Give this code to the application: <code>{verifier}</code></p>"
        return _sent_back(pending, content, {"oauth_token": token, "oauth_verifier": verifier})

    def _live(self, token: str) -> _Pending | None:
        pending = self._pending.get(token)
        if pending is None or self.monotonic() - pending.asked_at > _EXPIRES_SECONDS:
            return None
        return pending

    def _is_signed(self, fields: Mapping[str, str], token_secret: str) -> bool:
        nonce, timestamp = fields.get("oauth_nonce", ""), fields.get("oauth_timestamp", "")
        if not nonce or nonce in self.nonces or not timestamp.isdecimal():
            return False
        given = [unquote(part) for part in fields.get("oauth_signature", "").split("&")]
        is_right = (
            fields.get("oauth_consumer_key") == self.consumer_key
            and fields.get("oauth_signature_method") == "PLAINTEXT"
            and given == [self.consumer_secret, token_secret]
        )
        if is_right:
            self.nonces.add(nonce)
        return is_right


def _fields(header: str) -> dict[str, str]:
    """Return the decoded fields of an OAuth header; none when it is another one."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "oauth":
        return {}
    return {name: unquote(value) for name, value in _PAIR.findall(rest)}


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _form(**fields: str) -> web.Response:
    return web.Response(text=urlencode(fields), content_type="application/x-www-form-urlencoded")


def _page(content: str, status: int = HTTPStatus.OK) -> web.Response:
    return web.Response(text=_PAGE.format(content=content), status=status, content_type="text/html")


def _sent_back(pending: _Pending, content: str, query: Mapping[str, str]) -> web.Response:
    """Send the browser back to the application, or say on a page what happened."""
    if pending.callback is None:
        return _page(content)
    mark = "&" if "?" in pending.callback else "?"
    where = f"{pending.callback}{mark}{urlencode(query)}"
    return web.Response(status=HTTPStatus.FOUND, headers={"Location": where})


def _refused(status: int, message: str) -> RefusedError:
    return RefusedError(status, {"message": message})
