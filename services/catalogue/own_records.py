"""``OwnRecords``: what somebody has, or wants, of an album or an artist of Spotify.

Answered from what is stored here alone: nobody upstream is asked, and every question is limited
to one person. Records are matched by their names (see ``matching.py``); what is doubtful is kept
apart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from services.catalogue.confidence import Confidence
from services.catalogue.matching import Work, confidence_of, is_single_format
from services.catalogue.names import find_words, is_various
from services.catalogue.titles import bare_title
from services.collection.models import StoredCopy
from services.collection.want_models import StoredWant

_MOST: Final = 200
_LIKELY: Final = (Confidence.LIKELY, Confidence.EXACT)

K = TypeVar("K")


class OwnCopies(Protocol):
    """``CollectionService``, as far as it is needed here."""

    async def find(self, user_id: int, text: str, limit: int = 25) -> tuple[StoredCopy, ...]:
        """Return the person's own copies that fit a text."""


class OwnWishes(Protocol):
    """``WantlistService``, as far as it is needed here."""

    async def find(self, user_id: int, text: str, limit: int = 25) -> tuple[StoredWant, ...]:
        """Return the person's wishes that fit a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """What somebody has to do with an album.

    Attributes:
        copies: Theirs of it, whatever the pressing.
        wants: Pressings of it on their wantlist.
        doubtful: Copies that may be of it: a live or mono one, another of the same name.
    """

    copies: tuple[StoredCopy, ...] = ()
    wants: tuple[StoredWant, ...] = ()
    doubtful: tuple[StoredCopy, ...] = ()


class OwnRecords:
    """Finds people's own records. Everything raises ``DatabaseUnavailable``."""

    def __init__(self, *, copies: OwnCopies, wishes: OwnWishes) -> None:
        """Look into ``copies`` and ``wishes``."""
        self._copies = copies
        self._wishes = wishes

    async def of_album(self, user_id: int, work: Work) -> Belongings:
        """Return what the person has and wants of an album."""
        return (await self.of_albums(user_id, {0: work}))[0]

    async def of_albums(self, user_id: int, works: Mapping[K, Work]) -> dict[K, Belongings]:
        """Return the same of several albums of one artist, by the keys of ``works``."""
        words = next(map(_words, works.values()), "")
        if not words:
            return {key: Belongings() for key in works}
        copies = await self._copies.find(user_id, words, _MOST)
        wants = await self._wishes.find(user_id, words, _MOST)
        return {key: _belongings(work, copies, wants) for key, work in works.items()}


def _belongings(
    work: Work, copies: Iterable[StoredCopy], wants: Iterable[StoredWant]
) -> Belongings:
    sure = [(copy, confidence_of(work, _work_of(copy))) for copy in copies]
    return Belongings(
        copies=tuple(copy for copy, confidence in sure if confidence in _LIKELY),
        wants=tuple(want for want in wants if confidence_of(work, _work_of(want)) in _LIKELY),
        doubtful=tuple(copy for copy, confidence in sure if confidence is Confidence.DOUBTFUL),
    )


def _words(work: Work) -> str:
    """Return what finds the person's records of the artist; of many artists, those of the title."""
    if not work.artists or is_various(work.artists):
        return bare_title(work.title)
    return find_words(work.artists[0])


def _work_of(record: StoredCopy | StoredWant) -> Work:
    formats = [word for form in record.formats for word in (form.name, *form.descriptions)]
    first_year = record.master_year if isinstance(record, StoredCopy) else None
    return Work(
        title=record.title,
        artists=(record.artist,),
        year=first_year or record.year,
        is_single=is_single_format(formats),
    )
