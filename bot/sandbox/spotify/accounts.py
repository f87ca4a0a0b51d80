"""Spotify's accounts service: client credentials in, bearer tokens out."""

import base64
import binascii
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.sandbox.faults import Fault, FaultKind, status_of
from bot.sandbox.server import RefusedError

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
    """

    def __init__(
        self, *, client_id: str, client_secret: str, expires_in: int, monotonic: Callable[[], float]
    ) -> None:
        """Serve one app; `expires_in` is in seconds of the given clock."""
        self.expires_in = expires_in
        self._credentials = f"{client_id}:{client_secret}"
        self._monotonic = monotonic
        self._expiries: dict[str, float] = {}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer `POST /api/token`.

        Raises:
            RefusedError: Wrong credentials or another grant than client credentials.
        """
        form = await request.post()
        if self._presented(request.headers.get("Authorization", "")) != self._credentials:
            raise _refused("invalid_client", "Invalid client")
        grant = form.get("grant_type")
        if grant == "refresh_token":
            raise _refused("invalid_grant", "Invalid refresh token")
        if grant != "client_credentials":
            raise _refused(
                "unsupported_grant_type",
                "grant_type must be client_credentials, authorization_code or refresh_token",
            )
        token = f"BQ{secrets.token_urlsafe(48)}"
        self._expiries[token] = self._monotonic() + self.expires_in
        body = {"access_token": token, "token_type": "Bearer", "expires_in": self.expires_in}
        return web.json_response(body)

    def revoke_all(self) -> None:
        """Make every token issued so far answer 401 as expired."""
        self._expiries = dict.fromkeys(self._expiries, self._monotonic())

    def refusal(self, authorization: str | None) -> web.Response | None:
        """Return the Web API's answer to a bad Authorization header, or None when it is good."""
        if authorization is None:
            return _unauthorised("No token provided")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            status = HTTPStatus.BAD_REQUEST
            body = api_error_body(status, "Only valid bearer authentication supported")
            return web.json_response(body, status=status)
        expiry = self._expiries.get(token)
        if expiry is None:
            return _unauthorised("Invalid access token")
        if expiry <= self._monotonic():
            return _unauthorised("The access token expired")
        return None

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


def accounts_error_body(error: str, description: str) -> dict[str, str]:
    """Return an error body of the accounts service, where `error` is a string."""
    return {"error": error, "error_description": description}


def fault_body(fault: Fault) -> object:
    """Return the error body of a fault, in the shape of the service it strikes."""
    status = status_of(fault)
    if fault.path_prefix.startswith("/accounts"):
        return accounts_error_body("server_error", "Something went wrong")
    if fault.kind is FaultKind.RATE_LIMIT:
        quota = fault.reason == "QUOTA_EXCEEDED"
        message = "Too many requests" if quota else "API rate limit exceeded"
        return api_error_body(status, message, fault.reason)
    if fault.reason in REFUSALS:
        return api_error_body(status, REFUSALS[fault.reason])
    return api_error_body(status, HTTPStatus(status).phrase, fault.reason)


def _refused(error: str, description: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, accounts_error_body(error, description))


def _unauthorised(message: str) -> web.Response:
    status = HTTPStatus.UNAUTHORIZED
    return web.json_response(api_error_body(status, message), status=status)
