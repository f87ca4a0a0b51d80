"""``DiscogsShelf``: one person's collection and wantlist on Discogs, read and changed.

Nothing of it is ever answered from a cache: it is somebody's own, and Discogs' terms want the list
of what they own to be current. What is kept of it is the business of the caller, and so is the
priority (``services.resilience.priority.background``).

Every method raises ``NotFound`` (no such user, page or copy), ``AccessDenied`` (private, or not
allowed), ``AuthenticationFailed`` (the link is void) or another ``ExternalServiceException``.
"""

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Final

from services.discogs import shelf_protocol
from services.discogs.calling import AccountCaller
from services.discogs.shelf_models import (
    CollectionPage,
    CollectionValue,
    Copy,
    Folder,
    NoteField,
    Profile,
    WantlistPage,
)
from services.errors import (
    DeadlineExceeded,
    ExternalServiceException,
    InvalidResponse,
    NotFound,
    ServiceDown,
    UpstreamUnreachable,
)

_LOGGER = logging.getLogger(__name__)

PER_PAGE: Final = 100
"""Copies on a page; Discogs gives no more."""

_FOLDERS: Final = "/collection/folders"
_MOST_PAGES_OF_COPIES: Final = 10
# After these, nobody knows whether Discogs has done what it was asked to do.
_UNCERTAIN: Final = (ServiceDown, InvalidResponse, DeadlineExceeded)


class DiscogsShelf:
    """Reads and changes what belongs to one account."""

    def __init__(self, caller: AccountCaller) -> None:
        """Ask with ``caller``."""
        self._ask = caller.ask

    async def profile(self) -> Profile:
        """Return the user, and how many copies they have where that is no secret."""
        return await self._ask("get_profile", "", shelf_protocol.parse_profile)

    async def page(self, number: int, *, newest_first: bool) -> CollectionPage:
        """Return one page of the whole collection, in the order in which it was added.

        Args:
            number: 1 or more; beyond the last page Discogs answers ``NotFound``.
            newest_first: False: the oldest first.
        """
        page = await self._ask(
            "get_collection",
            f"{_FOLDERS}/0/releases",
            shelf_protocol.parse_collection_page,
            params={
                "page": str(number),
                "per_page": str(PER_PAGE),
                "sort": "added",
                "sort_order": "desc" if newest_first else "asc",
            },
        )
        _report("get_collection", page.unreadable)
        return page

    async def folders(self) -> tuple[Folder, ...]:
        """Return the folders; strangers are told of folder 0 only."""
        return await self._ask("get_folders", _FOLDERS, shelf_protocol.parse_folders)

    async def fields(self) -> tuple[NoteField, ...]:
        """Return what the owner can note about each copy."""
        return await self._ask("get_fields", "/collection/fields", shelf_protocol.parse_fields)

    async def value(self) -> CollectionValue:
        """Return Discogs' estimate; the owner's alone."""
        return await self._ask("get_value", "/collection/value", shelf_protocol.parse_value)

    async def copies_of(self, release_id: int) -> tuple[Copy, ...]:
        """Return every copy of one release; none when it is not owned or does not exist."""
        copies: list[Copy] = []
        for number in range(1, _MOST_PAGES_OF_COPIES + 1):
            page = await self._ask(
                "get_copies",
                f"/collection/releases/{release_id}",
                shelf_protocol.parse_collection_page,
                params={"page": str(number), "per_page": str(PER_PAGE)},
            )
            _report("get_copies", page.unreadable)
            copies += page.copies
            if number >= page.pages:
                break
        return tuple(copies)

    # --- Copies

    async def add(
        self, release_id: int, folder_id: int = 1, *, before: Collection[int] | None = None
    ) -> int:
        """Add a copy, once; return its instance id.

        Discogs makes another copy of every request. So it is sent once, and when nobody knows what
        became of it, what is there is read again: a copy that was not there before is this one.

        Args:
            release_id: Of what.
            folder_id: Where to; 1 or more.
            before: For trying again after an earlier ``add`` failed: the instance ids of the
                release that were there before *that* one. If it has worked after all, nothing is
                sent. None: a first try.

        Raises:
            ServiceDown: It is not there yet, but may still appear; try again with ``before``.
        """
        if before is None:
            before = _ids(await self.copies_of(release_id))
        elif (found := _newest(await self.copies_of(release_id), before)) is not None:
            return found
        try:
            return await self._ask(
                "add_copy",
                f"{_FOLDERS}/{folder_id}/releases/{release_id}",
                shelf_protocol.parse_added,
                method="POST",
                repeatable=False,
            )
        except _UNCERTAIN as error:
            if isinstance(error, UpstreamUnreachable) and not error.was_sent:
                raise
            found = await self._look_again(release_id, before)
            if found is None:
                raise
            return found

    async def remove(self, copy: Copy) -> None:
        """Take a copy out of the collection; one that is gone already is no error."""
        await self._change(
            copy,
            lambda found: self._ask("remove_copy", _instance(found), _nothing, method="DELETE"),
            is_done=lambda found: found is None,
        )

    async def set_rating(self, copy: Copy, rating: int) -> None:
        """Rate a copy: 1 to 5, or 0 for none."""
        await self._change(
            copy,
            lambda found: self._ask(
                "rate_copy", _instance(found), _nothing, method="POST", json={"rating": rating}
            ),
        )

    async def move(self, copy: Copy, folder_id: int) -> None:
        """Put a copy into another folder, 1 or more."""
        await self._change(
            copy,
            lambda found: self._ask(
                "move_copy",
                _instance(found),
                _nothing,
                method="POST",
                json={"folder_id": folder_id},
            ),
            is_done=lambda found: found is not None and found.folder_id == folder_id,
        )

    async def set_note(self, copy: Copy, field_id: int, text: str) -> None:
        """Write one of a copy's notes; an empty text removes it.

        Raises:
            InvalidRequest: The field has options, and this is none of them.
        """
        await self._change(
            copy,
            lambda found: self._ask(
                "note_copy",
                f"{_instance(found)}/fields/{field_id}",
                _nothing,
                method="POST",
                params={"value": text},
            ),
        )

    # --- Wantlist

    async def wants(self, number: int) -> WantlistPage:
        """Return one page of the wantlist; ``number``: 1 or more."""
        page = await self._ask(
            "get_wantlist",
            "/wants",
            shelf_protocol.parse_wantlist_page,
            params={"page": str(number), "per_page": str(PER_PAGE)},
        )
        _report("get_wantlist", page.unreadable)
        return page

    async def add_wish(self, release_id: int) -> None:
        """Put a release on the wantlist; one that is there already stays as it is."""
        await self._ask("add_wish", f"/wants/{release_id}", _nothing, method="PUT")

    async def remove_wish(self, release_id: int) -> None:
        """Take a release off the wantlist; one that is not on it is no error."""
        try:
            await self._ask("remove_wish", f"/wants/{release_id}", _nothing, method="DELETE")
        except NotFound:
            _LOGGER.debug("discogs.remove_wish: it was gone already")

    # --- What writes have in common

    async def _change(
        self,
        copy: Copy,
        change: Callable[[Copy], Awaitable[None]],
        *,
        is_done: Callable[[Copy | None], bool] = lambda _: False,
    ) -> None:
        """Change a copy where it is; ``is_done`` tells whether a repeated attempt came late.

        The address of a copy contains its folder, which its owner may have changed meanwhile, and
        which strangers are not told.
        """
        if copy.folder_id:
            try:
                return await change(copy)
            except NotFound:
                found = await self._find(copy)
                if is_done(found):
                    return None
                if found is None or found.folder_id == copy.folder_id:
                    raise
                return await change(found)
        found = await self._find(copy)
        if found is not None:
            return await change(found)
        if not is_done(None):
            raise NotFound("discogs", "find_copy", None, "the copy is gone")
        return None

    async def _find(self, copy: Copy) -> Copy | None:
        copies = await self.copies_of(copy.pressing.release_id)
        return next((each for each in copies if each.instance_id == copy.instance_id), None)

    async def _look_again(self, release_id: int, before: Collection[int]) -> int | None:
        """Return the copy that has appeared since; None when there is none, or nobody knows."""
        try:
            return _newest(await self.copies_of(release_id), before)
        except ExternalServiceException as error:
            _LOGGER.debug("discogs.add_copy: what became of it is not known (%s)", error)
            return None


def _instance(copy: Copy) -> str:
    release = f"{_FOLDERS}/{copy.folder_id}/releases/{copy.pressing.release_id}"
    return f"{release}/instances/{copy.instance_id}"


def _ids(copies: Iterable[Copy]) -> frozenset[int]:
    return frozenset(copy.instance_id for copy in copies)


def _newest(copies: Iterable[Copy], before: Collection[int]) -> int | None:
    return max(_ids(copies).difference(before), default=None)


def _nothing(_body: bytes) -> None:
    """The status says it all."""


def _report(operation: str, unreadable: int) -> None:
    if unreadable:
        _LOGGER.debug("discogs.%s: %s rows could not be read", operation, unreadable)
