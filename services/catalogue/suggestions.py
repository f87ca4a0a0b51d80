"""``Suggestions``: the releases that somebody may mean while they type; no upstream is asked."""

from typing import Final, Protocol

from services.catalogue.models import Suggestion
from services.collection.models import StoredCopy

_MOST: Final = 25


class OwnCopies(Protocol):
    """``CollectionService``, as far as it is needed here."""

    async def find(self, user_id: int, text: str, limit: int = 25) -> tuple[StoredCopy, ...]:
        """Return the person's own copies that fit a text."""


class Lookups(Protocol):
    """``RecentLookups``, as far as it is needed here."""

    async def find(self, user_id: int, text: str, /) -> tuple[Suggestion, ...]:
        """Return what the person looked at last that fits a text."""


class Suggestions:
    """Suggests what the person looked at last, then what they own."""

    def __init__(self, *, copies: OwnCopies, lookups: Lookups) -> None:
        """Take them from ``copies`` and ``lookups``."""
        self._copies = copies
        self._lookups = lookups

    async def releases(self, user_id: int, text: str) -> tuple[Suggestion, ...]:
        """Return up to 25 releases with words that begin with those of ``text``, each once.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        copies = await self._copies.find(user_id, text, _MOST)
        own = {copy.release_id: _suggested(copy) for copy in copies if copy.release_id}
        recent = await self._lookups.find(user_id, text)
        # What is owned says more about itself, wherever it is in the list.
        seen = {each.release_id: own.get(each.release_id, each) for each in recent}
        return tuple((seen | own).values())[:_MOST]


def _suggested(copy: StoredCopy) -> Suggestion:
    facts = (copy.formats[0].name if copy.formats else "", str(copy.year or ""))
    return Suggestion(
        release_id=copy.release_id or 0,
        title=copy.title,
        artist=copy.artist,
        facts=tuple(fact for fact in facts if fact),
    )
