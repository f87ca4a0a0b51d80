"""``RecentLookups``: the releases that a person looked at last, to be suggested to them again.

Kept are facts about 25 releases, in the order of looking; not what was typed.
"""

from typing import Final

from services.catalogue.models import Suggestion
from services.discogs.models import Release
from services.music import fold
from services.resilience.clock import Clock
from services.storage.database import Database, Transaction
from services.storage.lookups import LookupRepository, LookupRow

_KEPT: Final = 25


class RecentLookups:
    """Keeps them; every method is limited to one person and raises ``DatabaseUnavailable``."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Keep them in ``database``."""
        self._database = database
        self._clock = clock
        self._rows = LookupRepository()

    async def note(self, user_id: int, release: Release) -> None:
        """Note that the person looked at a release; beyond 25 the oldest is forgotten."""
        row = LookupRow(
            user_id=user_id,
            release_id=release.release_id,
            title=release.title,
            artist=release.artist,
            looked_at=self._clock.now(),
        )
        async with self._database.write() as transaction:
            await self._rows.put(transaction, row)
            await self._rows.keep_newest(transaction, user_id, _KEPT)

    async def find(self, user_id: int, text: str) -> tuple[Suggestion, ...]:
        """Return those with words that begin with those of ``text``, the newest first."""
        async with self._database.read() as transaction:
            rows = await self._rows.newest(transaction, user_id, _KEPT)
        wanted = fold(text).split()
        return tuple(
            Suggestion(release_id=row.release_id, title=row.title, artist=row.artist)
            for row in rows
            if _has_words(f"{row.artist} {row.title}", wanted)
        )

    async def forget(self, transaction: Transaction, user_id: int) -> None:
        """Forget all of a person's, as part of unlinking."""
        await self._rows.delete_of(transaction, user_id)


def _has_words(text: str, wanted: list[str]) -> bool:
    words = fold(text).split()
    return all(any(word.startswith(start) for word in words) for start in wanted)
