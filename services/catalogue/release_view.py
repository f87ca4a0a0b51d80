"""What a look-up of a release returns, bit by bit."""

from dataclasses import dataclass, replace
from typing import TypeVar

from services.answers import Answer
from services.catalogue.queries import Reading
from services.discogs.models import (
    DiscogsResults,
    MarketStats,
    Master,
    Release,
    SearchHit,
    Versions,
)
from services.errors import ExternalServiceException

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, and the currency (``EUR``) for somebody who has told Discogs none."""

    user_id: int
    currency: str


Settled = Answer[T] | ExternalServiceException
"""An answer, or why there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseView:
    """What is known so far of a release that somebody looks at.

    Attributes:
        query: Cleaned; empty when the release was picked from a menu.
        reading: How the query was read; None likewise.
        search: What was searched for last, unless the query named a release or a master.
        release: The release; None when nothing was found.
        others: What else was found, best first; up to 25.
        is_doubtful: The words that were searched for are not those of the release.
        market: What it costs; None while that is waited for.
        master: The work that it is an edition of; None while it is waited for, or there is none.
        versions: Releases of its master; None likewise.
        is_complete: Nothing more is waited for.
    """

    query: str = ""
    reading: Reading | None = None
    search: Answer[DiscogsResults] | None = None
    release: Answer[Release] | None = None
    others: tuple[SearchHit, ...] = ()
    is_doubtful: bool = False
    market: Settled[MarketStats] | None = None
    master: Settled[Master] | None = None
    versions: Settled[Versions] | None = None
    is_complete: bool = False

    @property
    def first_released(self) -> int | None:
        """The year of the music where it is known, and not the one of this pressing."""
        if self.release is None or not isinstance(self.master, Answer):
            return None
        year = self.master.value.year
        return None if year == self.release.value.year else year

    def abandoned(self) -> "ReleaseView":
        """Return the same with what is still waited for given up."""
        return replace(self, is_complete=True)
