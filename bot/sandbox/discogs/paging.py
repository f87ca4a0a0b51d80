"""Discogs' pages: `page` and `per_page` in, `pagination` and a Link header out."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Final, TypeVar

from aiohttp import web

from bot.sandbox.discogs.details import Json
from bot.sandbox.server import RefusedError

_DEFAULT_PER_PAGE: Final = 50
_MOST_PER_PAGE: Final = 100

T = TypeVar("T")


def page_response(
    request: web.Request,
    name: str,
    *,
    total: int,
    some: Callable[[int, int], Sequence[T]],
    build: Callable[[T], Json],
) -> web.Response:
    """Answer with one page of many things.

    Args:
        request: Carries `page` (from 1) and `per_page` (at most 100).
        name: Key of the list in the body.
        total: Number of things in all pages.
        some: Returns the things at an offset, at most a limit of them.
        build: Makes the object of one thing.
        url: Address of this list without the query.

    Raises:
        RefusedError: There is no such page.
    """
    number = _positive(request.query.get("page"), 1)
    per_page = min(_positive(request.query.get("per_page"), _DEFAULT_PER_PAGE), _MOST_PER_PAGE)
    pages = max(1, -(-total // per_page))
    if number > pages:
        message = f"The requested page is outside of range: {number} of {pages}."
        raise RefusedError(HTTPStatus.NOT_FOUND, {"message": message})
    urls = _neighbours(request, number, pages, per_page)
    body: Json = {
        "pagination": {
            "page": number,
            "pages": pages,
            "per_page": per_page,
            "items": total,
            "urls": urls,
        },
        name: [build(each) for each in some((number - 1) * per_page, per_page)],
    }
    response = web.json_response(body)
    if urls:
        response.headers["Link"] = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in urls.items())
    return response


def listed(things: Sequence[T]) -> Callable[[int, int], Sequence[T]]:
    """Return how to take a part of things that are in memory already."""
    return lambda offset, limit: things[offset : offset + limit]


def _neighbours(request: web.Request, number: int, pages: int, per_page: int) -> dict[str, str]:
    """Return the addresses of other pages; none at all when there is only one."""

    def address(page: int) -> str:
        query = dict(request.query) | {"page": str(page), "per_page": str(per_page)}
        return str(request.url.with_query(query))

    urls: dict[str, str] = {}
    if number > 1:
        urls |= {"first": address(1), "prev": address(number - 1)}
    if number < pages:
        urls |= {"last": address(pages), "next": address(number + 1)}
    return urls


def _positive(text: str | None, default: int) -> int:
    """Return a number of 1 or more; anything else means the default, as the site has it."""
    if text is None or not text.isdecimal() or int(text) == 0:
        return default
    return int(text)
