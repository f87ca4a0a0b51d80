"""``ShelfReader``: one person's collection and wantlist on Discogs, read.

Nothing of it is ever answered from a cache: it is somebody's own, and Discogs' terms want the list
of what they own to be current. What is kept of it is the business of the caller, and so is the
priority (``services.resilience.priority.background``).
"""

import logging
from typing import Final

from services.discogs import shelf_protocol
from services.discogs.calling import AccountCaller, Ask
from services.discogs.shelf_models import (
    CollectionPage,
    CollectionValue,
    Copy,
    Folder,
    NoteField,
    Profile,
    WantlistPage,
)

_LOGGER = logging.getLogger(__name__)

PER_PAGE: Final = 100
"""Copies on a page; Discogs gives no more."""

FOLDERS: Final = "/collection/folders"
_MOST_PAGES_OF_COPIES: Final = 10


class ShelfReader:
    """Reads what belongs to one account; its errors are those of ``DiscogsShelf``."""

    def __init__(self, caller: AccountCaller) -> None:
        """Ask with ``caller``."""
        self._send = caller.send
        self._write = caller.change

    async def profile(self) -> Profile:
        """Return the user, and how many copies they have where that is no secret."""
        return await self._send(Ask("get_profile", "", shelf_protocol.parse_profile))

    async def page(self, number: int, *, newest_first: bool) -> CollectionPage:
        """Return one page of the whole collection, in the order in which it was added.

        Args:
            number: 1 or more; beyond the last page Discogs answers ``NotFound``.
            newest_first: False: the oldest first.
        """
        page = await self._send(
            Ask(
                "get_collection",
                f"{FOLDERS}/0/releases",
                shelf_protocol.parse_collection_page,
                params={
                    "page": str(number),
                    "per_page": str(PER_PAGE),
                    "sort": "added",
                    "sort_order": "desc" if newest_first else "asc",
                },
            )
        )
        _report("get_collection", page.unreadable)
        return page

    async def folders(self) -> tuple[Folder, ...]:
        """Return the folders; strangers are told of folder 0 only."""
        return await self._send(Ask("get_folders", FOLDERS, shelf_protocol.parse_folders))

    async def fields(self) -> tuple[NoteField, ...]:
        """Return what the owner can note about each copy."""
        return await self._send(
            Ask("get_fields", "/collection/fields", shelf_protocol.parse_fields)
        )

    async def value(self) -> CollectionValue:
        """Return Discogs' estimate; the owner's alone."""
        return await self._send(Ask("get_value", "/collection/value", shelf_protocol.parse_value))

    async def copies_of(self, release_id: int) -> tuple[Copy, ...]:
        """Return every copy of one release; none when it is not owned or does not exist."""
        copies: list[Copy] = []
        for number in range(1, _MOST_PAGES_OF_COPIES + 1):
            page = await self._send(
                Ask(
                    "get_copies",
                    f"/collection/releases/{release_id}",
                    shelf_protocol.parse_collection_page,
                    params={"page": str(number), "per_page": str(PER_PAGE)},
                )
            )
            _report("get_copies", page.unreadable)
            copies += page.copies
            if number >= page.pages:
                break
        return tuple(copies)

    async def wants(self, number: int) -> WantlistPage:
        """Return one page of the wantlist; ``number``: 1 or more."""
        page = await self._send(
            Ask(
                "get_wantlist",
                "/wants",
                shelf_protocol.parse_wantlist_page,
                params={"page": str(number), "per_page": str(PER_PAGE)},
            )
        )
        _report("get_wantlist", page.unreadable)
        return page


def _report(operation: str, unreadable: int) -> None:
    if unreadable:
        _LOGGER.debug("discogs.%s: %s rows could not be read", operation, unreadable)
