"""``DiscogsShelf``: one person's collection and wantlist on Discogs, read and changed.

Every method raises ``NotFound`` (no such user, page or copy), ``AccessDenied`` (private, or not
allowed), ``AuthenticationFailed`` (the link is void) or another ``ExternalServiceException``. When
the answer to a change got lost, Discogs is asked how things are now: a change that was made after
all is no error, one that was not made raises what went wrong, and ``OutcomeUnknown`` says that not
even that could be learned.
"""

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Final

from services.discogs.calling import Ask
from services.discogs.naming import clean_lines
from services.discogs.shelf_models import Copy, Wish
from services.discogs.shelf_protocol import parse_added, parse_wish
from services.discogs.shelf_reader import FOLDERS, ShelfReader
from services.errors import (
    DeadlineExceeded,
    ExternalServiceException,
    InvalidResponse,
    NotFound,
    OutcomeUnknown,
    ServiceDown,
    UpstreamUnreachable,
)

_LOGGER = logging.getLogger(__name__)

# After these, nobody knows whether Discogs has done what it was asked to do.
_UNCERTAIN: Final = (ServiceDown, InvalidResponse, DeadlineExceeded)
_MOST_PAGES_OF_WISHES: Final = 10


class DiscogsShelf(ShelfReader):
    """Reads and changes what belongs to one account."""

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
            return await self._send(
                Ask(
                    "add_copy",
                    f"{FOLDERS}/{folder_id}/releases/{release_id}",
                    parse_added,
                    method="POST",
                ),
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
            lambda found: self._write(
                Ask("remove_copy", _instance(found), _nothing, method="DELETE")
            ),
            is_done=lambda found: found is None,
        )

    async def set_rating(self, copy: Copy, rating: int) -> None:
        """Rate a copy: 1 to 5, or 0 for none."""
        await self._change(
            copy,
            lambda found: self._write(
                Ask("rate_copy", _instance(found), _nothing, method="POST", json={"rating": rating})
            ),
            is_done=lambda found: found is not None and found.rating == rating,
        )

    async def move(self, copy: Copy, folder_id: int) -> None:
        """Put a copy into another folder, 1 or more."""
        await self._change(
            copy,
            lambda found: self._write(
                Ask(
                    "move_copy",
                    _instance(found),
                    _nothing,
                    method="POST",
                    json={"folder_id": folder_id},
                )
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
            lambda found: self._write(
                Ask(
                    "note_copy",
                    f"{_instance(found)}/fields/{field_id}",
                    _nothing,
                    method="POST",
                    params={"value": text},
                )
            ),
            is_done=lambda found: (
                found is not None and dict(found.notes).get(field_id, "") == clean_lines(text)
            ),
        )

    # --- Wantlist

    async def add_wish(self, release_id: int) -> Wish | None:
        """Put a release on the wantlist; one that is there already stays as it is.

        Returns:
            The wish; None when Discogs has put it there and does not show it.
        """
        try:
            return await self._write(
                Ask("add_wish", f"/wants/{release_id}", parse_wish, method="PUT")
            )
        except OutcomeUnknown as doubt:
            wish = await self._find_wish(release_id, doubt)
            if wish is None:
                raise doubt.failure or doubt from doubt
            return wish

    async def remove_wish(self, release_id: int) -> None:
        """Take a release off the wantlist; one that is not on it is no error."""
        try:
            await self._write(Ask("remove_wish", f"/wants/{release_id}", _nothing, method="DELETE"))
        except NotFound:
            _LOGGER.debug("discogs.remove_wish: it was gone already")
        except OutcomeUnknown as doubt:
            if await self._find_wish(release_id, doubt) is not None:
                raise doubt.failure or doubt from doubt

    # --- What writes have in common

    async def _change(
        self,
        copy: Copy,
        change: Callable[[Copy], Awaitable[None]],
        *,
        is_done: Callable[[Copy | None], bool],
    ) -> None:
        """Change a copy; ``is_done`` tells by the copy as it is now whether that has been done."""
        try:
            await self._change_in_place(copy, change, is_done)
        except OutcomeUnknown as doubt:
            try:
                found = await self._find(copy)
            except ExternalServiceException as error:
                raise doubt from error
            if not is_done(found):
                raise doubt.failure or doubt from doubt

    async def _change_in_place(
        self,
        copy: Copy,
        change: Callable[[Copy], Awaitable[None]],
        is_done: Callable[[Copy | None], bool],
    ) -> None:
        """Change a copy where it is; what a repeated attempt finds done is done.

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

    async def _find_wish(self, release_id: int, doubt: OutcomeUnknown) -> Wish | None:
        """Return the wish, or None for none; raises ``doubt`` when that cannot be learned."""
        try:
            for number in range(1, _MOST_PAGES_OF_WISHES + 1):
                page = await self.wants(number)
                for wish in page.wishes:
                    if wish.pressing.release_id == release_id:
                        return wish
                if number >= page.pages:
                    return None
        except ExternalServiceException as error:
            raise doubt from error
        raise doubt

    async def _look_again(self, release_id: int, before: Collection[int]) -> int | None:
        """Return the copy that has appeared since; None when there is none, or nobody knows."""
        try:
            return _newest(await self.copies_of(release_id), before)
        except ExternalServiceException as error:
            _LOGGER.debug("discogs.add_copy: what became of it is not known (%s)", error)
            return None


def _instance(copy: Copy) -> str:
    release = f"{FOLDERS}/{copy.folder_id}/releases/{copy.pressing.release_id}"
    return f"{release}/instances/{copy.instance_id}"


def _ids(copies: Iterable[Copy]) -> frozenset[int]:
    return frozenset(copy.instance_id for copy in copies)


def _newest(copies: Iterable[Copy], before: Collection[int]) -> int | None:
    return max(_ids(copies).difference(before), default=None)


def _nothing(_body: bytes) -> None:
    """The status says it all."""
