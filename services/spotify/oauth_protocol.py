"""The login with Spotify as pure functions: addresses to build, answers to read. No I/O."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from services.http import ErrorDetail, read_json
from services.music import clean_text
from services.secret import Secret

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_CODE: Final = re.compile(r"[A-Za-z0-9._~-]{16,1000}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRequest:
    """A permission that is still to be given.

    Attributes:
        state: Names it: Spotify sends it back with the person, so it is what to look it up by.
        verifier: Proves, at the exchange, that it was we who asked.
        authorize_url: Where the person allows it.
    """

    state: str = field(repr=False)
    verifier: Secret
    authorize_url: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTokens:
    """What Spotify gives for a permission.

    Attributes:
        access: Goes with every request.
        refresh: Gets the next one; None: the one before stays valid.
        seconds: How long ``access`` holds.
        scopes: What was allowed; empty when the answer does not say.
    """

    access: Secret
    refresh: Secret | None
    seconds: float
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotifyProfile:
    """Whom a token speaks for; ``account_id`` never changes."""

    account_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What a person came back with from Spotify's page.

    Attributes:
        code: To be exchanged; empty when it was not allowed.
        state: As ``ConsentRequest.state``; None when only the code was given.
        error: Spotify's word, such as ``access_denied``; empty when it was allowed.
    """

    code: str = field(default="", repr=False)
    state: str | None = field(default=None, repr=False)
    error: str = ""


def is_loopback(redirect_url: str) -> bool:
    """Return whether an address leads to the machine of whoever opens it."""
    return urlsplit(redirect_url).hostname in _LOOPBACK


def parse_return(text: str) -> Returned | None:
    """Return what somebody pasted: the address that Spotify sent them to, or only its code.

    None when it is neither.
    """
    text = text.strip().strip("<>").strip()
    query = urlsplit(text).query if "?" in text else ""
    if not query:
        return Returned(code=text) if _CODE.fullmatch(text) else None
    return read_return({name: values[0] for name, values in parse_qs(query).items()})


def read_return(query: Mapping[str, str]) -> Returned | None:
    """Return what the query of Spotify's redirect says; None when it is no such query."""
    state = query.get("state")
    error, code = query.get("error", ""), query.get("code", "")
    if error:
        return Returned(error=error, state=state)
    return Returned(code=code, state=state) if _CODE.fullmatch(code) else None


class _Tokens(msgspec.Struct):
    access_token: str
    refresh_token: str | None = None
    expires_in: float = 3600.0
    scope: str | None = None


class _Me(msgspec.Struct):
    id: str
    account_id: str | None = None
    display_name: str | None = None


_TOKENS_DECODER: Final = msgspec.json.Decoder(_Tokens)
_ME_DECODER: Final = msgspec.json.Decoder(_Me)


def parse_tokens(body: bytes) -> UserTokens:
    """Return the tokens of an answer; an empty refresh token is none.

    Raises:
        msgspec.MsgspecError: It is no such answer.
    """
    told = _TOKENS_DECODER.decode(body)
    return UserTokens(
        access=Secret(told.access_token),
        refresh=Secret(told.refresh_token) if told.refresh_token else None,
        seconds=told.expires_in,
        scopes=tuple((told.scope or "").split()),
    )


def parse_profile(body: bytes) -> SpotifyProfile:
    """Return the person of ``GET /me``; the old id stands in where Spotify tells no other.

    Raises:
        msgspec.MsgspecError: It is no such answer.
    """
    told = _ME_DECODER.decode(body)
    name = (
        clean_text(told.display_name or "") or told.id
    )  # people call themselves all sorts of things
    return SpotifyProfile(account_id=told.account_id or told.id, name=name)


def read_refusal(body: bytes) -> ErrorDetail:
    """Read an error of the accounts host: a fixed word; its description stays out."""
    value = read_json(body)
    error = value.get("error") if isinstance(value, dict) else None
    word = error if isinstance(error, str) else ""
    return ErrorDetail(word, reason=word)


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
