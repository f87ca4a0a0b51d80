"""``CollectionHighlights``: what is worth telling of a person's records, from what is stored.

For digests: the person agreed to be told about when they joined one. Discogs is not asked; every
method is limited to one person, and raises ``DatabaseUnavailable``.
"""

import random
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import msgspec

from services.collection.highlight_models import (
    Highlight,
    Highlights,
    Jubilee,
    Occasion,
    PickReason,
    PlayPick,
    Wishes,
)
from services.collection.want_models import Possession, StoredWant
from services.collection.want_rows import want_of
from services.storage.collection_highlights import Dated, HighlightsReader, Playable, Span
from services.storage.collection_models import ItemOrder, ItemRecord
from services.storage.collection_statistics import StatisticsReader
from services.storage.collections import CollectionRepository
from services.storage.database import Database
from services.storage.wantlist_reader import WantlistReader
from services.storage.wantlists import WantlistRepository

_LONG_AGO: Final = timedelta(days=182)
_OLD_FRIEND: Final = timedelta(days=5 * 365)
_HOLIDAY_STYLE: Final = "holiday"
_DECEMBER: Final = 12
_LAST_HOLIDAY: Final = 26


class _Public(msgspec.Struct, frozen=True, kw_only=True):
    """What may be read of a stored copy; its notes are left unread."""

    title: str
    artist: str
    year: int | None = None
    thumb_url: str | None = None


_DECODER: Final = msgspec.json.Decoder(_Public)


class CollectionHighlights:
    """Looks through collections."""

    def __init__(
        self,
        database: Database,
        *,
        collections: CollectionRepository,
        wantlists: WantlistRepository,
        chance: random.Random,
    ) -> None:
        """Look into ``database``, and pick by ``chance``."""
        self._database = database
        self._collections = collections
        self._wantlists = wantlists
        self._wants = WantlistReader()
        self._chance = chance
        self._reader = HighlightsReader()
        self._statistics = StatisticsReader()

    async def read_at(self, user_id: int) -> datetime | None:
        """Return when the collection was last known to be what Discogs has (UTC), or None."""
        async with self._database.read() as transaction:
            row = await self._collections.get(transaction, user_id)
        return None if row is None or row.generation is None else row.synced_at

    async def of(self, user_id: int, occasion: Occasion) -> Highlights | None:
        """Return what is worth telling, all of the same instant; None: it was never read whole."""
        async with self._database.read() as transaction:
            row = await self._collections.get(transaction, user_id)
            if row is None or row.generation is None or row.synced_at is None:
                return None
            added = await self._reader.added(
                transaction, user_id, [occasion.added], limit=occasion.most
            )
            count = await self._reader.count_added(transaction, user_id, occasion.added)
            bought = await self._reader.added(
                transaction, user_id, occasion.bought, limit=occasion.most
            )
            dated = await self._reader.of_years(transaction, user_id, occasion.years)
            months = await self._statistics.months(transaction, user_id)
        return Highlights(
            read_at=row.synced_at,
            added=tuple(map(_highlight, added)),
            added_count=count,
            bought=tuple(map(_highlight, bought)),
            jubilees=tuple(map(_jubilee, dated)),
            months=tuple(months),
        )

    async def count_added(self, user_id: int, span: Span) -> int:
        """Return how many records were added within ``span``."""
        async with self._database.read() as transaction:
            return await self._reader.count_added(transaction, user_id, span)

    async def added(
        self, user_id: int, span: Span, *, offset: int, limit: int
    ) -> tuple[Highlight, ...]:
        """Return up to ``limit`` of them after the first ``offset``, the newest first."""
        async with self._database.read() as transaction:
            records = await self._reader.added(
                transaction, user_id, [span], offset=offset, limit=limit
            )
        return tuple(map(_highlight, records))

    async def pick(
        self, user_id: int, now: datetime, *, without: Collection[int] = ()
    ) -> PlayPick | None:
        """Return a record to play with the reason; None when there is none.

        One of the reasons that apply is drawn, then one of the records that it applies to; a
        holiday record has its turn in December and at no other time.

        Args:
            user_id: Whose.
            now: In the zone of whoever reads it.
            without: Releases that had their turn lately; all the same when there is nothing else.
        """
        async with self._database.read() as transaction:
            notes_plays = await self._reader.notes_plays(transaction, user_id)
            reasons = list(_reasons(now, notes_plays=notes_plays))
            self._chance.shuffle(reasons)
            season = [(PickReason.SEASON, Playable(style=_HOLIDAY_STYLE))]
            tries = [
                *(season if _is_holiday(now) else []),
                *reasons,
                (PickReason.CHANCE, Playable(without_style=_HOLIDAY_STYLE)),
            ]
            for excluded in (frozenset(without), frozenset[int]()):
                for reason, playable in tries:
                    wanted = replace(playable, without=excluded)
                    found = await self._reader.pick(
                        transaction, user_id, wanted, chance=self._chance
                    )
                    if found is not None:
                        return _pick(found, reason)
        return None

    async def wishes(self, user_id: int, limit: int) -> Wishes | None:
        """Return the newest wishes of which the person has no copy; None: never read whole.

        Args:
            user_id: Whose.
            limit: How many at most; of the newest so many, those that came true are left out.
        """
        async with self._database.read() as transaction:
            row = await self._wantlists.get(transaction, user_id)
            if row is None or row.generation is None or row.synced_at is None:
                return None
            records = await self._wants.page(
                transaction, user_id, "", order=ItemOrder.ADDED, offset=0, limit=limit
            )
        wants = map(want_of, records)
        open_ = [want for want in wants if want.possession is not Possession.SAME]
        return Wishes(records=tuple(map(_wanted, open_)), read_at=row.synced_at)


def _is_holiday(now: datetime) -> bool:
    return now.month == _DECEMBER and now.day <= _LAST_HOLIDAY


def _reasons(now: datetime, *, notes_plays: bool) -> Iterator[tuple[PickReason, Playable]]:
    """Yield the reasons that could apply, and to what."""
    if notes_plays:  # for somebody who never notes it, "never played" says nothing
        never = Playable(never_played=True, without_style=_HOLIDAY_STYLE)
        yield PickReason.NEVER_PLAYED, never
        long_ago = Playable(played_before=now - _LONG_AGO, without_style=_HOLIDAY_STYLE)
        yield PickReason.LONG_AGO, long_ago
    old = Playable(added_before=now - _OLD_FRIEND, without_style=_HOLIDAY_STYLE)
    yield PickReason.OLD_FRIEND, old


def _pick(record: ItemRecord, reason: PickReason) -> PlayPick:
    return PlayPick(
        record=_highlight(record),
        reason=reason,
        picture=_DECODER.decode(record.data).thumb_url,
    )


def _highlight(record: ItemRecord) -> Highlight:
    data = _DECODER.decode(record.data)
    return Highlight(
        title=data.title,
        artist=data.artist,
        release_id=record.release_id,
        year=data.year,
        added_at=record.added_at,
    )


def _jubilee(dated: Dated) -> Jubilee:
    """A release without a work is its only edition: its year is the music's."""
    is_alone = dated.master_id is None
    return Jubilee(
        record=_highlight(dated.record),
        music_year=dated.year if is_alone else dated.master_year,
        master_id=None if is_alone else dated.master_id,
    )


def _wanted(want: StoredWant) -> Highlight:
    return Highlight(
        title=want.title,
        artist=want.artist,
        release_id=want.release_id,
        year=want.year,
        added_at=want.added_at,
    )
