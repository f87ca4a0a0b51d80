"""How the text of a setting becomes a value.

Each parser raises ``ValueError`` with what is expected, never with the value that came: it may be
a secret in the wrong place.
"""

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from services.accounts.keys import parse_keys
from services.secret import Secret

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_MARKET = re.compile(r"[A-Z]{2}")
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
OWN_PAGES = frozenset({"/healthz", "/readyz", "/statusz", "/callback/discogs"})
"""What the bot's web server shows there is something else."""


def text(raw: str) -> str:
    """Return the text as it is."""
    return raw


def secret(raw: str) -> Secret:
    """Return a secret; a line break or space inside means a copying accident."""
    if any(character.isspace() for character in raw):
        raise ValueError("a secret without spaces or line breaks")
    return Secret(raw)


def secret_keys(raw: str) -> Secret:
    """Return keys separated by commas, without the spaces around them."""
    keys = parse_keys(raw.split(","))
    return Secret(",".join(key.reveal() for key in keys))


def url(raw: str) -> str:
    """Return an absolute http(s) URL without a trailing slash."""
    expected = "a URL that starts with https:// (or http://)"
    try:
        parts = urlsplit(raw)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        # ``from None``: urllib's own message quotes the value.
        raise ValueError(expected) from None
    if not is_usable:
        raise ValueError(expected)
    return raw.rstrip("/")


def redirect_url(raw: str) -> str:
    """Return an address that people are sent back to, letter by letter as it is registered.

    Spotify takes HTTPS, or plain HTTP to a loopback address that is written as a number.
    """
    parts = urlsplit(url(raw))
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("https://, or http:// with 127.0.0.1 or [::1]: Spotify takes no other")
    path = unquote(parts.path)
    if path in OWN_PAGES:
        raise ValueError(f"another path than {path}, which is a page of the bot's own")
    if not {"{", "}", "#"}.isdisjoint(unquote(raw)):
        raise ValueError("an address without { } and #")
    return raw


def database_url(raw: str) -> Secret:
    """Return the URL of a PostgreSQL database, which holds a password."""
    expected = "a URL such as postgresql://user:password@host/database"
    try:
        parts = urlsplit(raw)
        is_usable = parts.scheme in ("postgresql", "postgres") and len(parts.path) > 1
        is_usable = is_usable and parts.port != 0
    except ValueError:
        # ``from None``: urllib's own message quotes the value.
        raise ValueError(expected) from None
    if not is_usable:
        raise ValueError(expected)
    return secret(raw)


def boolean(raw: str) -> bool:
    """Return True or False."""
    value = raw.casefold()
    if value not in _TRUE | _FALSE:
        raise ValueError("true or false")
    return value in _TRUE


def ids(raw: str) -> tuple[int, ...]:
    """Return numbers separated by commas."""
    parts = [part.strip() for part in raw.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueError("whole numbers separated by commas")
    return tuple(int(part) for part in parts)


def market(raw: str) -> str:
    """Return a country code in upper case."""
    if not _MARKET.fullmatch(raw.upper()):
        raise ValueError("a country code of two letters, such as US or CH")
    return raw.upper()


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """Return a parser of whole numbers within the bounds, both included."""

    def parse(raw: str) -> int:
        expected = f"a whole number from {lowest} to {highest}"
        try:
            value = int(raw)
        except ValueError:
            raise ValueError(expected) from None
        if not lowest <= value <= highest:
            raise ValueError(expected)
        return value

    return parse


def seconds(lowest: float, highest: float) -> Callable[[str], float]:
    """Return a parser of numbers within the bounds, both included."""

    def parse(raw: str) -> float:
        expected = f"a number from {lowest:g} to {highest:g}"
        try:
            value = float(raw)
        except ValueError:
            raise ValueError(expected) from None
        if not lowest <= value <= highest:  # refuses nan as well
            raise ValueError(expected)
        return value

    return parse


def choice(*allowed: str) -> Callable[[str], str]:
    """Return a parser of one of ``allowed``, in any case."""

    def parse(raw: str) -> str:
        for value in allowed:
            if value.casefold() == raw.casefold():
                return value
        raise ValueError("one of " + ", ".join(allowed))

    return parse
