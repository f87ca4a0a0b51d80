"""Catching up: the newest copies first, until one is known."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from services.collection.sync_work import Shelf
from services.discogs.shelf_models import Copy
from services.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """What was found.

    Attributes:
        copies: Those that were not known.
        total: Copies in the collection.
        is_complete: False when the pages that were allowed ended before a known copy came.
    """

    copies: tuple[Copy, ...]
    total: int
    is_complete: bool


async def read_newest(
    shelf: Shelf, known: Callable[[Collection[int]], Awaitable[set[int]]], *, most_pages: int
) -> Newest:
    """Read the newest pages until a known copy comes.

    Args:
        shelf: Whose.
        known: Returns those of some instances that are stored.
        most_pages: Requests, 1 or more.

    Raises:
        ExternalServiceException: Discogs fails, or refuses.
    """
    new: dict[int, Copy] = {}
    total = 0
    for number in range(1, most_pages + 1):
        try:
            page = await shelf.page(number, newest_first=True)
        except NotFound:
            if number == 1:
                raise
            # It became shorter since the page before; the total will tell.
            return Newest(copies=tuple(new.values()), total=total, is_complete=True)
        stored = await known([copy.instance_id for copy in page.copies])
        new |= {copy.instance_id: copy for copy in page.copies if copy.instance_id not in stored}
        total = page.total
        if stored or number >= page.pages:
            return Newest(copies=tuple(new.values()), total=total, is_complete=True)
    return Newest(copies=tuple(new.values()), total=total, is_complete=False)
