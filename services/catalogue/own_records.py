"""``OwnRecords``: what somebody has, or wants, of an album or an artist of Spotify.

Answered from what is stored here alone: nobody upstream is asked, and every question is limited
to one person. Records are matched by their names (see ``matching.py``); what is doubtful is kept
apart.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, TypeVar

from services.catalogue.confidence import Confidence
from services.catalogue.matching import Work, confidence_of, is_single_format
from services.catalogue.names import find_words, is_various
from services.catalogue.titles import bare_title
from services.collection.models import StoredCopy
from services.collection.rows import NO_NAMES, copy_of
from services.collection.want_models import StoredWant
from services.collection.want_rows import want_of
from services.resilience.clock import Clock
from services.storage.database import Database
from services.storage.own_records import OwnRecordReader

_KEPT_SECONDS: Final = 10.0
_MOST_KEPT: Final = 200
_LIKELY: Final = (Confidence.LIKELY, Confidence.EXACT)

K = TypeVar("K")


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


Shelf: TypeAlias = tuple[Sequence[tuple[StoredCopy, Work]], Sequence[tuple[StoredWant, Work]]]
"""What somebody has, and what they want; each with the work that it is."""


class Shelves(Protocol):
    """``OwnShelves``, as far as it is needed here."""

    async def find(self, user_id: int, text: str, /) -> Shelf:
        """Return the person's copies and wishes that may have the words of a text."""


class OwnShelves:
    """Finds people's records in the database, both lists in one transaction.

    What was found is used again for ten seconds, so that turning pages asks once.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Look into ``database``."""
        self._database = database
        self._clock = clock
        self._reader = OwnRecordReader()
        self._known: OrderedDict[tuple[int, str], tuple[float, Shelf]] = OrderedDict()

    async def find(self, user_id: int, text: str) -> Shelf:
        """Return up to 200 of each, without their folders; raises ``DatabaseUnavailable``."""
        key, now = (user_id, text), self._clock.monotonic()
        until, shelf = self._known.get(key, (now, ((), ())))
        if now < until:
            return shelf
        async with self._database.read() as transaction:
            copies = await self._reader.copies(transaction, user_id, text)
            wants = await self._reader.wants(transaction, user_id, text)
        owned = [copy_of(each, NO_NAMES) for each in copies]
        wanted = [want_of(each) for each in wants]
        shelf = (
            [(each, work_of_stored(each)) for each in owned],
            [(each, work_of_stored(each)) for each in wanted],
        )
        self._known[key] = now + _KEPT_SECONDS, shelf
        self._known.move_to_end(key)
        if len(self._known) > _MOST_KEPT:
            self._known.popitem(last=False)
        return shelf


class OwnRecords:
    """Finds people's own records. Everything raises ``DatabaseUnavailable``."""

    def __init__(self, shelves: Shelves) -> None:
        """Look into ``shelves``."""
        self._shelves = shelves

    async def of_albums(self, user_id: int, works: Mapping[K, Work]) -> dict[K, Belongings]:
        """Return what the person has and wants of albums, by the keys of ``works``.

        Those of one artist cost one look; whom else an artist's records name first, another.
        """
        words = {key: _words(work) for key, work in works.items()}
        shelves: dict[str, Shelf] = {"": ((), ())}
        for each in words.values():
            if each not in shelves:
                shelves[each] = await self._shelves.find(user_id, each)
        return {key: _belongings(work, shelves[words[key]]) for key, work in works.items()}


def _belongings(work: Work, shelf: Shelf) -> Belongings:
    copies, wants = shelf
    sure = [(copy, confidence_of(work, known)) for copy, known in copies]
    return Belongings(
        copies=tuple(copy for copy, confidence in sure if confidence in _LIKELY),
        wants=tuple(want for want, known in wants if confidence_of(work, known) in _LIKELY),
        doubtful=tuple(copy for copy, confidence in sure if confidence is Confidence.DOUBTFUL),
    )


def _words(work: Work) -> str:
    """Return what finds the person's records of the artist; of many artists, those of the title."""
    if not work.artists or is_various(work.artists):
        return bare_title(work.title)
    return find_words(work.artists[0])


def work_of_stored(record: StoredCopy | StoredWant) -> Work:
    """Return a stored record as a work."""
    formats = [word for form in record.formats for word in (form.name, *form.descriptions)]
    first_year = record.master_year if isinstance(record, StoredCopy) else None
    return Work(
        title=record.title,
        artists=(record.artist,),
        year=first_year or record.year,
        is_single=is_single_format(formats),
    )
