"""``Walk``: the rules of reading a whole collection, page by page, while it may change. No I/O.

The oldest copies come first, so additions come at the end and move nothing. A removal moves every
later copy one place forward: the first of the next page is now the last of a page that was read
already. What is read is a union, so nothing that was seen is lost; what must be kept from
happening is that a copy slips from the unread side of a boundary to the read side. Therefore:

1. When the total falls, the pages before the one that showed it are read again. A removed copy
   that was read before then makes one too many, never one that hides one too few.
2. When all pages were read, the union must have as many copies as Discogs says; else all is read
   again. A copy that moved to another place is seen twice or not at all, and shows here.
3. A removal and an addition between two requests leave the total as it is: then there are more
   copies younger than the walk than the total has grown by. Whoever's clock is wrong would always
   see that, so it only counts in the first walk.
4. What is added while earlier pages are read again is on the last page, which is read once more
   after them.
5. Discogs may leave copies out of a page. Such a page is believed when it comes twice alike.
"""

from datetime import datetime
from typing import Final, Protocol

import msgspec

PER_PAGE: Final = 100
_MOST_EXTRA: Final = 20
"""Answers that a small collection may need beyond three for each page."""
_MOST_NEWER: Final = 200
"""More copies that are younger than the walk: somebody's clock is wrong."""


class Page(Protocol):
    """What a walk must know of a page, of a collection or of a wantlist."""

    @property
    def page(self) -> int:
        """Which it is, from 1."""

    @property
    def pages(self) -> int:
        """How many there are now."""

    @property
    def total(self) -> int:
        """Entries on all of them now."""

    @property
    def entries(self) -> tuple[tuple[int, datetime | None], ...]:
        """What identifies each of its entries, and when that was added."""


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """How far a full pass is: what has to survive a restart.

    Attributes:
        generation: Where its copies are written.
        began_at: When it began (UTC).
        number: 1 for the first walk of a sync.
        furthest: The furthest page that was read; 0 before the first.
        again: Pages to be read again before going on.
        pages: How many there are, as of the last answer.
        total: Copies in the collection, as of the last answer.
        first_total: As of the first answer.
        newer: Instances that were added since it began.
        missing: How many copies Discogs left out, by page.
        requests: Answers so far.
        has_names: The names of folders and fields were fetched.
    """

    generation: int
    began_at: datetime
    number: int = 1
    furthest: int = 0
    again: tuple[int, ...] = ()
    pages: int = 1
    total: int = 0
    first_total: int = 0
    newer: tuple[int, ...] = ()
    missing: dict[int, int] = {}
    requests: int = 0
    has_names: bool = False

    @property
    def next_page(self) -> int | None:
        """The page to ask for now, from 1; None when all were read."""
        if self.again:
            return self.again[0]
        return self.furthest + 1 if self.furthest < self.pages else None

    @property
    def pages_done(self) -> int:
        """Pages of the collection that are read and need not be read again."""
        return max(0, min(self.furthest, self.pages) - len(self.again))

    @property
    def is_endless(self) -> bool:
        """True when the collection changes faster than it can be read."""
        return self.requests > 3 * self.pages + _MOST_EXTRA

    def after(self, page: Page) -> "Walk":
        """Return the walk once that page was read and written."""
        fall = self.total - page.total if self.requests else 0
        furthest = max(self.furthest, page.page)
        again = {number for number in self.again if number != page.page}
        if fall > 0:
            back = -(-fall // PER_PAGE)
            again.update(range(page.page - back, page.page))
            again.update(range(furthest - back + 1, furthest + 1))
            again.discard(page.page)
        if again and furthest >= page.pages:
            again.add(page.pages)
        missing = dict(self.missing)
        left_out = missing_from(page)
        if left_out and missing.get(page.page) != left_out:
            again.add(page.page)
        missing[page.page] = left_out
        return msgspec.structs.replace(
            self,
            furthest=furthest,
            again=tuple(sorted(number for number in again if 1 <= number <= page.pages)),
            pages=page.pages,
            total=page.total,
            first_total=self.first_total if self.requests else page.total,
            newer=self._newer(page),
            missing={k: left for k, left in missing.items() if left and k <= page.pages},
            requests=self.requests + 1,
        )

    def looking_back(self) -> "Walk":
        """Return the walk with page 1 to be read again: it tells how long the collection is now."""
        return msgspec.structs.replace(self, again=(1, *(n for n in self.again if n != 1)))

    def is_consistent(self, distinct: int) -> bool:
        """Tell whether ``distinct`` copies, the union of all pages, are the whole collection."""
        if distinct + sum(self.missing.values()) != self.total:
            return False
        grown = max(0, self.total - self.first_total)
        has_hidden_removal = grown < len(self.newer) <= _MOST_NEWER
        return not (has_hidden_removal and self.number == 1)

    def _newer(self, page: Page) -> tuple[int, ...]:
        if len(self.newer) > _MOST_NEWER:
            return self.newer
        found = {
            entry
            for entry, added_at in page.entries
            if added_at is not None and added_at > self.began_at
        }
        return tuple(sorted(found.union(self.newer)))


def missing_from(page: Page) -> int:
    """Return how many entries Discogs left out of a page."""
    expected = min(PER_PAGE, max(0, page.total - PER_PAGE * (page.page - 1)))
    return max(0, expected - len(page.entries))
