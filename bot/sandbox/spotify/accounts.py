"""Spotify's accounts service: client credentials or a person's consent in, bearer tokens out."""

import base64
import binascii
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.faults import Fault, FaultKind, status_of
from bot.sandbox.spotify.consents import AUTHORIZE_PATH, ConsentDesk, refused
from bot.sandbox.spotify.people import SpotifyPerson, default_people

_NOT_REGISTERED = (
    "User not registered in the Developer Dashboard. The owner of this application must add the "
    "user to the list of those who may use it."
)


@dataclass(frozen=True, slots=True)
class _Issued:
    """A token: until when it holds, and whom it speaks for; None: the app alone."""

    until: float
    person: SpotifyPerson | None = None
    scopes: frozenset[str] = frozenset()


REFUSALS: Final = {
    "not_registered": "User not registered in the Developer Dashboard",
    "missing_scope": "Insufficient client scope",
    "forbidden": "Forbidden",
    "not_owner": "You cannot add tracks to a playlist you don't own.",
    "invalid_limit": "Invalid limit",
    "new": "Something no document mentions",
}
"""What a STATUS fault with one of these reasons says; the words of the real API."""


class TokenDesk:
    """Issues bearer tokens, knows which still hold, and forgets them on request.

    Attributes:
        expires_in: Lifetime of the next token, in seconds.
        people: Who can log in, by `user_id`.
        consents: What people have agreed to.
        refreshes: How often a person's token was refreshed, or the refresh was refused.
    """

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        expires_in: int,
        monotonic: Callable[[], float],
    ) -> None:
        """Serve one app; `expires_in` is in seconds of the given clock."""
        self.expires_in = expires_in
        self.people = default_people()
        self.consents = ConsentDesk(client_id=client_id, people=self.people, monotonic=monotonic)
        self.refreshes = 0
        self._credentials = f"{client_id}:{client_secret}"
        self._monotonic = monotonic
        self._issued: dict[str, _Issued] = {}

    def routes(self) -> dict[tuple[str, str], Handler]:
        """Return the handlers by method and path."""
        return {
            ("POST", "/accounts/api/token"): self._answer_token,
            ("GET", AUTHORIZE_PATH): self.consents.show,
            ("POST", AUTHORIZE_PATH): self.consents.decide,
            ("GET", "/v1/me"): self._answer_me,
        }

    async def _answer_token(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if self._presented(request.headers.get("Authorization", "")) != self._credentials:
            raise refused("invalid_client", "Invalid client")
        grant = form.get("grant_type")
        if grant == "client_credentials":
            return self._granted(self._issue(None, frozenset()))
        if grant == "authorization_code":
            consent, refresh = self.consents.exchange(form)
            token = self._issue(consent.person, consent.scopes)
            return self._granted(token, scopes=consent.scopes, refresh=refresh)
        if grant == "refresh_token":
            self.refreshes += 1
            consent, next_refresh = self.consents.refresh(form)
            token = self._issue(consent.person, consent.scopes)
            return self._granted(token, scopes=consent.scopes, refresh=next_refresh)
        raise refused(
            "unsupported_grant_type",
            "grant_type must be client_credentials, authorization_code or refresh_token",
        )

    def issue_user(self, person: SpotifyPerson, scopes: frozenset[str]) -> str:
        """Return a new token that speaks for a person, as if they had agreed."""
        return self._issue(person, scopes)

    def owner_of(self, token: str) -> tuple[SpotifyPerson, frozenset[str]] | None:
        """Return whom a token speaks for and what for; None when it is the app's, or void."""
        issued = self._issued.get(token)
        if issued is None or issued.person is None or issued.until <= self._monotonic():
            return None
        return issued.person, issued.scopes

    def revoke_all(self) -> None:
        """Make every token issued so far answer 401 as expired."""
        now = self._monotonic()
        self._issued = {token: replace(each, until=now) for token, each in self._issued.items()}

    def refusal(self, authorization: str | None) -> web.Response | None:
        """Return the Web API's answer to a bad Authorization header, or None when it is good."""
        if authorization is None:
            return _unauthorised("No token provided")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            status = HTTPStatus.BAD_REQUEST
            body = api_error_body(status, "Only valid bearer authentication supported")
            return web.json_response(body, status=status)
        issued = self._issued.get(token)
        if issued is None:
            return _unauthorised("Invalid access token")
        if issued.until <= self._monotonic():
            return _unauthorised("The access token expired")
        if issued.person is not None and not issued.person.is_allow_listed:
            status = HTTPStatus.FORBIDDEN
            return web.json_response(api_error_body(status, _NOT_REGISTERED), status=status)
        return None

    async def _answer_me(self, request: web.Request) -> web.StreamResponse:
        owner = self.owner_of(bearer_of(request.headers.get("Authorization")))
        if owner is None:  # the app's own token, which speaks for nobody
            return _unauthorised("Valid user authentication required")
        return web.json_response(owner[0].as_json(api_url=f"{request.url.origin()}/v1"))

    def _issue(self, person: SpotifyPerson | None, scopes: frozenset[str]) -> str:
        token = f"BQ{secrets.token_urlsafe(48)}"
        self._issued[token] = _Issued(self._monotonic() + self.expires_in, person, scopes)
        return token

    def _granted(
        self, token: str, *, scopes: frozenset[str] = frozenset(), refresh: str | None = None
    ) -> web.Response:
        body: dict[str, Any] = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": self.expires_in,
        }
        if scopes:
            body["scope"] = " ".join(sorted(scopes))
        if refresh is not None:
            body["refresh_token"] = refresh
        return web.json_response(body)

    @staticmethod
    def _presented(authorization: str) -> str:
        scheme, _, encoded = authorization.partition(" ")
        try:
            decoded = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return decoded if scheme.lower() == "basic" else ""


def api_error_body(status: int, message: str, reason: str | None = None) -> dict[str, Any]:
    """Return an error body of the Web API."""
    error: dict[str, Any] = {"status": int(status), "message": message}
    if reason is not None:
        error["reason"] = reason
    return {"error": error}


def bearer_of(authorization: str | None) -> str:
    """Return the token of an Authorization header; empty when it holds none."""
    scheme, _, token = (authorization or "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def fault_body(fault: Fault) -> object:
    """Return the error body of a fault, in the shape of the service it strikes."""
    status = status_of(fault)
    if fault.path_prefix.startswith("/accounts"):
        return {"error": "server_error", "error_description": "Something went wrong"}
    if fault.kind is FaultKind.RATE_LIMIT:
        quota = fault.reason == "QUOTA_EXCEEDED"
        message = "Too many requests" if quota else "API rate limit exceeded"
        return api_error_body(status, message, fault.reason)
    if fault.reason in REFUSALS:
        return api_error_body(status, REFUSALS[fault.reason])
    return api_error_body(status, HTTPStatus(status).phrase, fault.reason)


def _unauthorised(message: str) -> web.Response:
    status = HTTPStatus.UNAUTHORIZED
    return web.json_response(api_error_body(status, message), status=status)
