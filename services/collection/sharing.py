"""``SharedRecords``: what people see of each other's collections, where both sides allow it.

Three things must hold before anything of somebody is shown: they share, they are in the server
where it is asked, and what is shown is of a type that holds no more than they agreed to. Whether
they share is asked in the very statement that reads; what takes time before that, such as asking
Discord who is there, is followed by another look. Discogs is not asked.
See ``docs/decisions/0016``.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

import msgspec

from services.collection.comparing import PressingPair, compare_shelves, taste_of
from services.collection.memberships import IsMember, Memberships, Presence
from services.collection.shared_models import (
    Comparison,
    Owner,
    Owners,
    Pair,
    Section,
    SharedRecord,
    Taste,
)
from services.discogs.links import parse_release_id
from services.discogs.shelf_models import Format, LabelLine
from services.music import clean_query
from services.resilience.clock import Clock
from services.storage.collection_words import words_of
from services.storage.database import Database, Transaction
from services.storage.preferences import PreferenceRepository
from services.storage.shared_collections import SharedCollections, SharedRow, Wish

_MOST_PEOPLE: Final = 1_000
_MOST_CANDIDATES: Final = 200
_MOST_OWNERS: Final = 20
_RECORDS_OF_A_PERSON: Final = 3
_CHECKED_AT_ONCE: Final = 25
_CHECK_SECONDS: Final = 6.0
_MOST_WORDS: Final = 16
_PAGE_SIZE: Final = 8


class _Public(msgspec.Struct, frozen=True, kw_only=True):
    """What may be read of a stored copy; its notes are left unread."""

    title: str
    artist: str
    year: int | None = None
    formats: tuple[Format, ...] = ()
    labels: tuple[LabelLine, ...] = ()


_DECODER: Final = msgspec.json.Decoder(_Public)


class SharedRecords:
    """Answers about other people's records. Everything raises ``DatabaseUnavailable``."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Look into ``database``."""
        self._database = database
        self._clock = clock
        self._memberships = Memberships(clock=clock)
        self._preferences = PreferenceRepository()
        self._rows = SharedCollections()

    async def who(self, asker_id: int, query: str, place: int, is_member: IsMember) -> Owners:
        """Return who in a server owns what ``query`` names: those who share.

        Args:
            asker_id: Who asks; is in the server.
            query: Words of artist and title; or a release's number or address, which also finds
                other pressings of the same work.
            place: The server's id.
            is_member: Asks whether somebody is there.

        Raises:
            InvalidQuery: Nothing to look for.
        """
        async with self._database.read() as transaction:
            wish = await self._wish(transaction, asker_id, clean_query(query))
            people = await self._rows.people(transaction, _MOST_PEOPLE)
            candidates = await self._rows.owners(transaction, people, wish, _MOST_CANDIDATES)
        members, is_complete = await self._members(asker_id, candidates, place, is_member)
        async with self._database.read() as transaction:
            # Anew: somebody may have stopped sharing while Discord was asked.
            rows = await self._rows.found(transaction, members, wish)
        owners = [_owner(list(each), wish) for _, each in groupby(rows, lambda row: row.user_id)]
        owners.sort(key=lambda each: (not each.has_this_pressing, -each.copies, each.user_id))
        ages = [row.synced_at for row in rows]
        return Owners(
            people=tuple(owners),
            is_complete=is_complete and len(candidates) < _MOST_CANDIDATES,
            read_at=None if None in ages else min(filter(None, ages), default=None),
            release_id=wish.release_id,
        )

    async def compare(
        self,
        asker_id: int,
        other_id: int,
        place: int,
        presence: Presence,
        *,
        section: Section = Section.BOTH,
        page: int = 1,
    ) -> Comparison | None:
        """Return a comparison; None when the other does not share or is not there, all alike.

        Copies without a release on Discogs are not compared.

        Args:
            asker_id: Who asks.
            other_id: With whom.
            place: The server's id.
            presence: Whether the other is there, or who asks that.
            section: What to show examples of.
            page: 1 or more; the last one is shown instead of one beyond it.
        """
        async with self._database.read() as transaction:
            may_see, _ = await self._rows.read_at(transaction, other_id, asker_id=asker_id)
        if not may_see or other_id == asker_id:
            return None
        if not await self._is_there(other_id, place, presence):
            return None
        async with self._database.read() as transaction:
            may_see, theirs_at = await self._rows.read_at(transaction, other_id, asker_id=asker_id)
            if not may_see:
                return None
            found = await self._comparison(transaction, asker_id, other_id, section, page)
            _, mine_at = await self._rows.read_at(transaction, asker_id, asker_id=asker_id)
        read_at = None if mine_at is None or theirs_at is None else min(mine_at, theirs_at)
        return msgspec.structs.replace(found, read_at=read_at)

    async def shares(self, user_id: int) -> bool:
        """Return whether a person shares their records."""
        async with self._database.read() as transaction:
            return (await self._preferences.get(transaction, user_id)).shares

    async def _is_there(self, user_id: int, place: int, presence: Presence) -> bool:
        if isinstance(presence, bool):
            return presence
        found = await self._memberships.check(place, [user_id], presence, seconds=_CHECK_SECONDS)
        return bool(found[user_id])

    async def _comparison(
        self, transaction: Transaction, asker_id: int, other_id: int, section: Section, page: int
    ) -> Comparison:
        sections, taste = await self._sides(transaction, asker_id, other_id)
        pages = max(1, -(-len(sections[section]) // _PAGE_SIZE))
        page = min(max(1, page), pages)
        shown = sections[section][(page - 1) * _PAGE_SIZE : page * _PAGE_SIZE]
        return Comparison(
            asker_id=asker_id,
            other_id=other_id,
            counts={each: len(pairs) for each, pairs in sections.items()},
            taste=taste,
            section=section,
            page=page,
            pages=pages,
            rows=await self._pairs(transaction, asker_id, other_id, shown),
            asker_shares=(await self._preferences.get(transaction, asker_id)).shares,
        )

    async def _sides(
        self, transaction: Transaction, asker_id: int, other_id: int
    ) -> tuple[Mapping[Section, Sequence[PressingPair]], Taste | None]:
        sides = (asker_id, other_id)
        mine, theirs = [
            await self._rows.pressings(transaction, each, asker_id=asker_id) for each in sides
        ]
        my_genres, their_genres = [
            await self._rows.genres(transaction, each, asker_id=asker_id) for each in sides
        ]
        # Tens of thousands of pressings take a tenth of a second, in which the bot would answer
        # nobody else.
        sections = await asyncio.to_thread(compare_shelves, mine, theirs)
        return sections, taste_of(my_genres, their_genres)

    async def _pairs(
        self,
        transaction: Transaction,
        asker_id: int,
        other_id: int,
        pairs: Sequence[PressingPair],
    ) -> tuple[Pair, ...]:
        """Return what is to be shown of some pairs of releases."""
        found: list[dict[int | None, SharedRecord]] = []
        for owner_id, side in zip((asker_id, other_id), zip(*pairs, strict=True), strict=False):
            releases = [release for release in side if release is not None]
            rows = await self._rows.records(transaction, owner_id, releases, asker_id=asker_id)
            found.append({row.release_id: shared_record(row) for row in rows})
        return tuple(
            Pair(mine=found[0].get(mine), theirs=found[1].get(theirs)) for mine, theirs in pairs
        )

    async def _wish(self, transaction: Transaction, asker_id: int, query: str) -> Wish:
        """Return what a query asks for; a bare number may be a release, and the title of one."""
        release_id = parse_release_id(query)
        words = tuple(words_of(query)[:_MOST_WORDS])
        if release_id is None:
            return Wish(words=words)
        masters = await self._rows.masters_of(transaction, release_id, asker_id=asker_id)
        return Wish(
            words=words if query.isdecimal() else (), release_id=release_id, master_ids=masters
        )

    async def _members(
        self, asker_id: int, candidates: Sequence[int], place: int, is_member: IsMember
    ) -> tuple[list[int], bool]:
        """Return who of them is there, and whether that is all of them."""
        give_up_at = self._clock.monotonic() + _CHECK_SECONDS
        members, is_complete = [each for each in candidates if each == asker_id], True
        others = [each for each in candidates if each != asker_id]
        while others and len(members) < _MOST_OWNERS:
            some, others = others[:_CHECKED_AT_ONCE], others[_CHECKED_AT_ONCE:]
            seconds = give_up_at - self._clock.monotonic()
            found = await self._memberships.check(place, some, is_member, seconds=seconds)
            members += [user_id for user_id, is_there in found.items() if is_there]
            is_complete &= None not in found.values()
        return members[:_MOST_OWNERS], is_complete and not others and len(members) <= _MOST_OWNERS


def shared_record(row: SharedRow) -> SharedRecord:
    """Return what others see of a copy."""
    public = _DECODER.decode(row.data)
    return SharedRecord(
        release_id=row.release_id,
        title=public.title,
        artist=public.artist,
        year=public.year,
        formats=public.formats,
        labels=public.labels,
    )


def _owner(rows: Sequence[SharedRow], wish: Wish) -> Owner:
    records = tuple(dict.fromkeys(map(shared_record, rows)))
    return Owner(
        user_id=rows[0].user_id,
        copies=rows[0].matching,
        records=records[:_RECORDS_OF_A_PERSON],
        has_more=len(records) > _RECORDS_OF_A_PERSON or len(rows) < rows[0].matching,
        has_this_pressing=wish.release_id is not None and rows[0].release_id == wish.release_id,
    )
