"""``CollectionStatistics``: a person's collection in numbers, from what is stored."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from services.collection.freshness import Freshness
from services.collection.models import StoredCopy, SyncState
from services.collection.rows import Names, copy_of, state_of
from services.collection.statistics_models import (
    Decade,
    Month,
    Ranking,
    Repeated,
    Repeats,
    Statistics,
    Tally,
)
from services.storage.collection_models import ItemRecord
from services.storage.collection_statistics import Counted, Repeat, StatisticsReader, YearCount
from services.storage.collections import CollectionRepository
from services.storage.database import Database, Transaction

_MOST_NAMES: Final = 20
_MOST_EXAMPLES: Final = 5
_DECADE: Final = 10
_NO_NAMES: Final = Names(folders={}, fields={})
"""Folders and notes play no part in statistics."""


class CollectionStatistics:
    """Counts; every method is limited to the person who asks."""

    def __init__(
        self, *, database: Database, collections: CollectionRepository, freshness: Freshness
    ) -> None:
        """Count what is in ``database``, once ``freshness`` has looked for news."""
        self._database = database
        self._collections = collections
        self._freshness = freshness
        self._reader = StatisticsReader()

    async def of(self, user_id: int) -> Statistics:
        """Return the numbers of a person's collection, all of the same instant.

        Raises:
            NotLinked: There is no account.
            LinkAgain: Its tokens are of no use.
            DatabaseUnavailable: Of the storage.
        """
        account = await self._freshness.current(user_id)
        async with self._database.read() as transaction:
            row = await self._collections.get(transaction, user_id)
            totals = await self._reader.totals(transaction, user_id)
            years = await self._reader.years(transaction, user_id)
            months = await self._reader.months(transaction, user_id)
            rankings = {
                counted: _ranking(*await self._reader.names(transaction, user_id, counted))
                for counted in Counted
            }
            same_release = await self._reader.repeated_releases(transaction, user_id)
            same_work = await self._reader.repeated_masters(transaction, user_id)
            examples = await self._examples(transaction, user_id, same_release, same_work)
            oldest, newest = await self._extremes(transaction, user_id)
        empty = SyncState(username=account.username)
        state = empty if row is None else state_of(row, totals.copies)
        return Statistics(
            state=state,
            is_fresh=not self._freshness.is_stale(state.synced_at),
            copies=totals.copies,
            releases=totals.releases,
            artists=totals.artists,
            rated=totals.rated,
            stars=totals.stars,
            dated_pressings=sum(each.copies for each in years if each.year is not None),
            dated_music=sum(each.copies for each in years if each.master_year is not None),
            pressing_decades=_decades((each.year, each.copies) for each in years),
            music_decades=_decades((_music_year(each), each.copies) for each in years),
            formats=rankings[Counted.FORMATS],
            genres=rankings[Counted.GENRES],
            styles=rankings[Counted.STYLES],
            labels=rankings[Counted.LABELS],
            countries=rankings[Counted.COUNTRIES],
            months=_growth(months),
            undated=totals.copies - totals.dated,
            same_release=_repeats(same_release, examples),
            same_work=_repeats(same_work, examples),
            oldest=oldest,
            newest=newest,
        )

    async def note_master_years(self, years: Mapping[int, int]) -> None:
        """Remember when works first came out, where Discogs was asked about them anyway.

        Args:
            years: By Discogs' ids of masters.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.write() as transaction:
            await self._reader.note_master_years(transaction, years)

    async def _examples(
        self, transaction: Transaction, user_id: int, *repeats: Sequence[Repeat]
    ) -> dict[int, StoredCopy]:
        item_ids = {each.item_id for found in repeats for each in found[:_MOST_EXAMPLES]}
        records = await self._reader.records(transaction, user_id, item_ids)
        return {item_id: copy_of(record, _NO_NAMES) for item_id, record in records.items()}

    async def _extremes(
        self, transaction: Transaction, user_id: int
    ) -> tuple[StoredCopy | None, StoredCopy | None]:
        extreme = self._reader.extreme_pressing
        oldest = await extreme(transaction, user_id, is_newest=False)
        newest = await extreme(transaction, user_id, is_newest=True)
        return _copy(oldest), _copy(newest)


def _copy(record: ItemRecord | None) -> StoredCopy | None:
    return None if record is None else copy_of(record, _NO_NAMES)


def _ranking(totals: Counter[str], copies: int) -> Ranking:
    ordered = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    most = tuple(Tally(name, count) for name, count in ordered[:_MOST_NAMES])
    return Ranking(most=most, distinct=len(totals), copies=copies)


def _music_year(count: YearCount) -> int | None:
    return count.year if count.master_year is None else count.master_year


def _decades(years: Iterable[tuple[int | None, int]]) -> tuple[Decade, ...]:
    decades: Counter[int] = Counter()
    for year, copies in years:
        if year is not None:
            decades[year - year % _DECADE] += copies
    return tuple(Decade(first_year, decades[first_year]) for first_year in sorted(decades))


def _growth(months: Iterable[tuple[int, int, int]]) -> tuple[Month, ...]:
    grown: list[Month] = []
    so_far = 0
    for year, month, added in months:
        so_far += added
        grown.append(Month(date(year, month, 1), added, so_far))
    return tuple(grown)


def _repeats(repeats: Sequence[Repeat], examples: Mapping[int, StoredCopy]) -> Repeats:
    most = tuple(Repeated(examples[each.item_id], each.count) for each in repeats[:_MOST_EXAMPLES])
    spare = sum(each.count - 1 for each in repeats)
    return Repeats(total=len(repeats), spare=spare, most=most)
