"""Reading the pages that a ``Walk`` asks for, whatever list they are of."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.collection.walk import Page, Walk, missing_from
from services.errors import InvalidResponse, NotFound

P = TypeVar("P", bound=Page)


async def read_pages(
    walk: Walk,
    fetch: Callable[[int], Awaitable[P]],
    keep: Callable[[Walk, P], Awaitable[Walk]],
    *,
    operation: str,
) -> Walk:
    """Read what is left of a walk; returns it as it is then.

    Args:
        walk: How far it is.
        fetch: Returns the page of that number.
        keep: Stores a page; returns the walk after it, or as it was to have the page read again.
        operation: Named when the pages make no sense.

    Raises:
        InvalidResponse: A page that should be there is not there, or is empty.
        ExternalServiceException: Whatever else ``fetch`` raises.
    """
    gone = 0
    while (number := walk.next_page) is not None and not walk.is_endless:
        try:
            page = await fetch(number)
        except NotFound as error:
            if number == 1:
                raise
            if number == gone:
                # Page 1 says that it is there: believed to be Discogs' trouble.
                message = f"page {number} of {walk.pages} is not there"
                raise InvalidResponse("discogs", operation, 404, message) from error
            gone, walk = number, walk.looking_back()
            continue
        if missing_from(page) and not page.entries:
            message = f"page {page.page} of {page.pages} is empty"
            raise InvalidResponse("discogs", operation, None, message)
        walk = await keep(walk, page)
    return walk
