"""Authorization code with PKCE as Spotify has it: a page to agree on, codes, refresh tokens.

https://developer.spotify.com/documentation/web-api/tutorials/code-pkce-flow. What a person agreed
to holds for six months, however often it is refreshed (since June 2026).
"""

import base64
import hashlib
import html
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from bot.sandbox.server import RefusedError
from bot.sandbox.spotify.people import SpotifyPerson

AUTHORIZE_PATH: Final = "/accounts/authorize"
"""The page, on the stand-in."""

CONSENT_SECONDS: Final = 182 * 86_400.0

_CODE_SECONDS: Final = 600.0
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
_PAGE: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Spotify (sandbox)</title></head>
<body><h1>Spotify <small>(sandbox)</small></h1>{content}</body></html>
"""
_FORM: Final = """<form method="post">
<p>An application asks for: <b>{scopes}</b></p>
<label>You are <select name="person">{options}</select></label>
<button name="decision" value="agree">Agree</button>
<button name="decision" value="cancel">Cancel</button>
</form>"""


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person agreed to, and when, in seconds of the desk's clock."""

    person: SpotifyPerson
    scopes: frozenset[str]
    given_at: float


@dataclass(frozen=True, slots=True)
class _Code:
    consent: Consent
    redirect_uri: str
    challenge: str


@dataclass(slots=True, kw_only=True)
class ConsentDesk:
    """Asks people, and knows what they agreed to.

    Attributes:
        client_id: The app's.
        people: Everybody who can log in, by `user_id`.
        monotonic: Clock of every expiry.
        rotates: Every refresh brings a new refresh token and voids the one before; Spotify has
            stopped that, and then the answer holds none.
        consent_seconds: How long an agreement holds.
    """

    client_id: str
    people: Mapping[str, SpotifyPerson]
    monotonic: Callable[[], float]
    rotates: bool = False
    consent_seconds: float = CONSENT_SECONDS
    _codes: dict[str, _Code] = field(default_factory=dict)
    _refresh: dict[str, Consent] = field(default_factory=dict)
    _revoked: set[str] = field(default_factory=set)

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Answer `GET /authorize`: ask who it is and whether they agree."""
        wrong = self._mistake(request.query)
        if wrong:
            return _page(f"<p>{wrong}</p>", HTTPStatus.BAD_REQUEST)
        options = "".join(
            f'<option value="{html.escape(each.user_id)}">'
            f"{html.escape(each.display_name or each.user_id)}</option>"
            for each in self.people.values()
        )
        scopes = html.escape(request.query.get("scope", ""))
        return _page(_FORM.format(scopes=scopes, options=options))

    async def decide(self, request: web.Request) -> web.StreamResponse:
        """Answer the page's form: send the browser back with a code, or with the refusal."""
        answers = await request.post()
        person = self.people.get(str(answers.get("person", "")))
        if self._mistake(request.query) or person is None:
            return _page("<p>Something went wrong.</p>", HTTPStatus.BAD_REQUEST)
        agrees = answers.get("decision") == "agree"
        where = self.agree(request.query, person) if agrees else self.cancel(request.query)
        return web.Response(status=HTTPStatus.FOUND, headers={"Location": where})

    def agree(self, query: Mapping[str, str], person: SpotifyPerson) -> str:
        """Let a person agree to what the page of this query asks; return where it leads."""
        scopes = frozenset(query.get("scope", "").split())
        consent = Consent(person, scopes, self.monotonic())
        code = f"AQ{secrets.token_urlsafe(96)}"
        self._codes[code] = _Code(consent, query["redirect_uri"], query["code_challenge"])
        return _back(query, code=code)

    def cancel(self, query: Mapping[str, str]) -> str:
        """Let a person refuse; return where the page leads."""
        return _back(query, error="access_denied")

    def exchange(self, form: Mapping[str, object]) -> tuple[Consent, str]:
        """Return what a code stands for and its refresh token; a code is good for one exchange.

        Raises:
            RefusedError: The code, its verifier or its redirect address is not right.
        """
        code = self._codes.pop(str(form.get("code", "")), None)
        if code is None or self._age(code.consent) > _CODE_SECONDS:
            raise refused("invalid_grant", "Invalid authorization code")
        if form.get("redirect_uri") != code.redirect_uri:
            raise refused("invalid_grant", "Invalid redirect URI")
        verifier = str(form.get("code_verifier", ""))
        if not _VERIFIER.fullmatch(verifier) or challenge_of(verifier) != code.challenge:
            raise refused("invalid_grant", "code_verifier was incorrect")
        return code.consent, self._new_refresh(code.consent)

    def refresh(self, form: Mapping[str, object]) -> tuple[Consent, str | None]:
        """Return what a refresh token stands for, and the next one if it is rotated.

        Raises:
            RefusedError: It is unknown, revoked, or six months old.
        """
        token = str(form.get("refresh_token", ""))
        if token in self._revoked:
            raise refused("invalid_grant", "Refresh token revoked")
        consent = self._refresh.get(token)
        if consent is None:
            raise refused("invalid_grant", "Invalid refresh token")
        if self._age(consent) > self.consent_seconds:
            raise refused("invalid_grant", "Refresh token expired")
        if not self.rotates:
            return consent, None
        del self._refresh[token]
        self._revoked.add(token)
        return consent, self._new_refresh(consent)

    def revoke(self, person: SpotifyPerson) -> None:
        """Void a person's refresh tokens, as on the page of their apps."""
        gone = {token for token, each in self._refresh.items() if each.person is person}
        self._revoked |= gone
        self._refresh = {token: each for token, each in self._refresh.items() if token not in gone}

    def _new_refresh(self, consent: Consent) -> str:
        token = f"AQ{secrets.token_urlsafe(96)}"
        self._refresh[token] = consent
        return token

    def _age(self, consent: Consent) -> float:
        return self.monotonic() - consent.given_at

    def _mistake(self, query: Mapping[str, str]) -> str:
        """Return what is wrong with a request for a page, in Spotify's words; empty: nothing."""
        if query.get("client_id") != self.client_id:
            return "INVALID_CLIENT: Invalid client"
        if query.get("response_type") != "code":
            return "response_type must be code"
        if not _may_be_registered(query.get("redirect_uri", "")):
            return "INVALID_CLIENT: Invalid redirect URI"
        is_pkce = query.get("code_challenge_method") == "S256"
        if not is_pkce or not _CHALLENGE.fullmatch(query.get("code_challenge", "")):
            return "code_challenge_method must be S256"
        return ""


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def refused(error: str, description: str) -> RefusedError:
    """Return an error of the accounts service, ready to be raised."""
    body = {"error": error, "error_description": description}
    return RefusedError(HTTPStatus.BAD_REQUEST, body)


def _may_be_registered(address: str) -> bool:
    """Return whether Spotify takes such an address: HTTPS, or a loopback address by number."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _back(query: Mapping[str, str], **more: str) -> str:
    state = {"state": query["state"]} if "state" in query else {}
    return f"{query['redirect_uri']}?{urlencode(more | state)}"


def _page(content: str, status: int = HTTPStatus.OK) -> web.Response:
    return web.Response(text=_PAGE.format(content=content), status=status, content_type="text/html")
