"""Reads the parameters of a Web API request and refuses bad ones in Spotify's words."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Self, TypeVar

from aiohttp import web

from bot.sandbox.server import RefusedError
from bot.sandbox.spotify.accounts import api_error_body
from bot.sandbox.spotify.objects import Json, page

_LAST_OFFSET: Final = 1000
_ID: Final = re.compile(r"[A-Za-z0-9]{22}")
_MARKET: Final = re.compile(r"[A-Za-z]{2}")

T = TypeVar("T")
Unbuilt = Callable[[], Json | None]
"""Makes one object of a page, or the null that sometimes stands for one."""


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list that a request asks for."""

    limit: int
    offset: int

    @classmethod
    def of(cls, request: web.Request, *, default: int, most: int) -> Self:
        """Read `limit` and `offset`.

        Raises:
            RefusedError: One of them is no number or out of range.
        """
        limit = _number(request, "limit", default)
        offset = _number(request, "offset", 0)
        if limit is None or not 1 <= limit <= most:
            raise refused(HTTPStatus.BAD_REQUEST, "Invalid limit")
        if offset is None or not 0 <= offset <= _LAST_OFFSET:
            raise refused(HTTPStatus.BAD_REQUEST, "Invalid offset")
        return cls(limit, offset)

    def cut(self, found: Sequence[Unbuilt], *, href: str, query: dict[str, str]) -> Json:
        """Return the page of this window, building only the objects inside it."""
        inside = found[self.offset : self.offset + self.limit]
        return page(
            [build() for build in inside],
            href=href,
            query=query,
            limit=self.limit,
            offset=self.offset,
            total=len(found),
        )


def id_of(request: web.Request) -> str:
    """Return the id in the path.

    Raises:
        RefusedError: It is not 22 base62 characters.
    """
    wanted = request.match_info["id"]
    if _ID.fullmatch(wanted) is None:
        raise refused(HTTPStatus.BAD_REQUEST, "Invalid base62 id")
    return wanted


def market_of(request: web.Request) -> str | None:
    """Return the market asked for, or None.

    Raises:
        RefusedError: It is not a two-letter code.
    """
    market = request.query.get("market")
    if market is not None and _MARKET.fullmatch(market) is None:
        raise refused(HTTPStatus.BAD_REQUEST, "Invalid market code")
    return market


def market_query(market: str | None) -> dict[str, str]:
    """Return the market as it is repeated in a page's addresses."""
    return {} if market is None else {"market": market}


def there(found: T | None) -> T:
    """Return what was found.

    Raises:
        RefusedError: Nothing was.
    """
    if found is None:
        raise refused(HTTPStatus.NOT_FOUND, "Resource not found")
    return found


def refused(status: int, message: str) -> RefusedError:
    """Return an error of the Web API, ready to be raised."""
    return RefusedError(status, api_error_body(status, message))


def _number(request: web.Request, name: str, default: int) -> int | None:
    try:
        return int(request.query.get(name, default))
    except ValueError:
        return None
