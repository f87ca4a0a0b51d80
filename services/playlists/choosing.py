"""Which records a playlist is made from: those that fit, the newest first, one of each work."""

from collections.abc import AsyncIterator, Collection
from typing import Final

import msgspec

from services.collection.models import Filters, Sort, StoredCopy
from services.collection.want_models import StoredWant
from services.music import fold
from services.playlists.models import Album, RecordSource, Selection
from services.playlists.ports import Copies, Wants

_PAGE: Final = 200
_MOST_PAGES: Final = 50
_DECADE: Final = 10


class NothingFits(Exception):  # noqa: N818  # says what happened
    """No record fits the wish, or none that was not dealt with already.

    Attributes:
        has_none: The person has no records there at all, as far as is known here.
    """

    def __init__(self, *, has_none: bool = False) -> None:
        """Say which of the two."""
        super().__init__()
        self.has_none = has_none


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The records of a run, how many more fit, and how many fit in all; a work counts once."""

    albums: tuple[Album, ...]
    left: int
    matching: int


class Choosing:
    """Looks through what is stored of a person's records, up to 10,000 of them.

    Everything raises ``NotLinked`` (no Discogs account), ``LinkAgain`` and ``DatabaseUnavailable``.
    """

    def __init__(self, *, copies: Copies, wants: Wants) -> None:
        """Choose from ``copies`` and ``wants``."""
        self._copies = copies
        self._wants = wants

    async def choose(
        self, user_id: int, selection: Selection, *, most: int, without: Collection[int] = ()
    ) -> Chosen:
        """Return up to ``most`` records, those added last first.

        Args:
            user_id: Whose.
            selection: Which.
            most: 0 or more.
            without: Numbers of records that are dealt with already, in whatever pressing.
        """
        works: dict[object, Album] = {}
        done: set[object] = set()
        async for key, album in self._records(user_id, selection):
            works.setdefault(key, album)
            if album.number in without:
                done.add(key)
        fitting = [album for key, album in works.items() if key not in done]
        return Chosen(
            albums=tuple(fitting[:most]), left=max(0, len(fitting) - most), matching=len(works)
        )

    async def _records(
        self, user_id: int, selection: Selection
    ) -> AsyncIterator[tuple[object, Album]]:
        """Yield what fits, with what tells one work from another."""
        is_copies = selection.source is RecordSource.COLLECTION
        pages = self._copy_pages if is_copies else self._want_pages
        async for records in pages(user_id, selection):
            for record in records:
                yield _work(record), _album(record)

    async def _copy_pages(
        self, user_id: int, selection: Selection
    ) -> AsyncIterator[tuple[StoredCopy, ...]]:
        filters = Filters(genre=selection.genre, decade=selection.decade)
        for number in range(1, _MOST_PAGES + 1):
            page = await self._copies.browse(
                user_id, filters, sort=Sort.ADDED, page=number, page_size=_PAGE
            )
            yield page.copies
            if number >= page.pages:
                return

    async def _want_pages(
        self, user_id: int, selection: Selection
    ) -> AsyncIterator[tuple[StoredWant, ...]]:
        for number in range(1, _MOST_PAGES + 1):
            page = await self._wants.browse(user_id, "", Sort.ADDED, number, page_size=_PAGE)
            yield tuple(want for want in page.wants if _fits(want, selection))
            if number >= page.pages:
                return


def _fits(want: StoredWant, selection: Selection) -> bool:
    genre, decade = fold(selection.genre), selection.decade
    if genre and genre not in map(fold, want.genres):
        return False
    return decade is None or (want.year is not None and decade <= want.year < decade + _DECADE)


def _work(record: StoredCopy | StoredWant) -> object:
    """Return what the pressings of a work have in common."""
    return record.master_id or (fold(record.artist), fold(record.title))


def _album(record: StoredCopy | StoredWant) -> Album:
    # A copy that Discogs does not know has only our number, which is negative here.
    number = record.release_id
    if number is None:
        number = -record.item_id if isinstance(record, StoredCopy) else 0
    year = record.year
    if isinstance(record, StoredCopy) and record.master_year:
        year = record.master_year  # a reissue's own says little about the album
    return Album(number=number, artist=record.artist, title=record.title, year=year)
