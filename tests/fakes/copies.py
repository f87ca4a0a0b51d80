"""Copies for the tests, and who owns them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from services.collection.rows import row_of
from services.discogs.accounts import DiscogsAccount
from services.discogs.shelf_models import Copy, Format, LabelLine, Pressing
from services.errors import ExternalServiceException
from services.secret import Secret
from services.storage.collection_models import ItemRow
from services.storage.collections import CollectionRepository
from services.storage.database import Database

FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)


def make_copy(instance_id: int, title: str = "Blue Train", **fields: Any) -> Copy:  # noqa: ANN401  # a builder
    """Return a copy; the higher its number, the later it was added."""
    own = {name: fields.pop(name) for name in Copy.__struct_fields__ if name in fields}
    own.setdefault("added_at", FIRST_DAY + timedelta(days=instance_id))
    fields.setdefault("release_id", instance_id + 1_000)
    fields.setdefault("artist", "John Coltrane")
    pressing = Pressing(title=title, **fields)
    return Copy(instance_id=instance_id, pressing=pressing, **own)


BLUE_TRAIN = make_copy(
    1,
    "Blue Train",
    year=1957,
    labels=(LabelLine(name="Blue Note", catno="BLP 1577"),),
    formats=(Format(name="Vinyl", descriptions=("LP", "Album", "Mono")),),
    genres=("Jazz",),
    styles=("Hard Bop",),
    rating=5,
    notes=((3, "from Zürich"),),
)
HOMOGENIC = make_copy(
    2,
    "Homogenic",
    artist="Björk",
    year=1997,
    labels=(LabelLine(name="One Little Indian", catno="TPLP71CD"),),
    formats=(Format(name="CD", descriptions=("Album",)),),
    genres=("Electronic",),
    styles=("Downtempo", "Experimental"),
    folder_id=7,
)
SHINDO = make_copy(3, "東京事変 新堂", artist="椎名林檎", year=None, added_at=None)
SEVEN_INCH = make_copy(
    4,
    "!!!",
    artist="!!!",
    year=2001,
    formats=(Format(name="Vinyl", descriptions=('7"',)),),
    labels=(LabelLine(name="Gold Standard Laboratories", catno=None),),
    rating=3,
)
SHELF = (BLUE_TRAIN, HOMOGENIC, SHINDO, SEVEN_INCH)


def rows(*copies: Copy) -> list[ItemRow]:
    """Return copies as they are stored."""
    return [row_of(copy) for copy in copies]


async def store(
    database: Database, user_id: int, *copies: Copy, synced_at: datetime | None = None
) -> None:
    """Make ``copies`` what is shown of a person's collection."""
    collections = CollectionRepository()
    async with database.write() as transaction:
        await collections.open(transaction, user_id, f"user{user_id}")
        generation = await collections.begin_generation(transaction, user_id)
        assert generation is not None
        for page, start in enumerate(range(0, len(copies), 100), 1):
            part = rows(*copies[start : start + 100])
            await collections.write_page(transaction, user_id, generation, page, part)
        assert await collections.publish(transaction, user_id, generation)
        await collections.change(transaction, user_id, synced_at=synced_at)


@dataclass
class FakeAccounts:
    """Who has linked what; ``writers`` allowed us to change things."""

    readers: Collection[int] = ()
    writers: Collection[int] = ()

    async def account(self, user_id: int, /) -> DiscogsAccount | None:
        if user_id not in (*self.readers, *self.writers):
            return None
        authorization = (lambda: Secret("token")) if user_id in self.writers else None
        return DiscogsAccount(
            user_id=user_id, username=f"user{user_id}", authorization=authorization
        )


@dataclass
class FakeSync:
    """Notes what it is asked for."""

    started: list[int] = field(default_factory=list)
    checked: list[tuple[int, float]] = field(default_factory=list)

    async def start(self, user_id: int, /) -> bool:
        self.started.append(user_id)
        return True

    async def freshen(self, user_id: int, /, within: float) -> bool:
        self.checked.append((user_id, within))
        return False


@dataclass
class MemoryShelf:
    """What one person has on Discogs.

    Attributes:
        copies: By instance id.
        error: Raised instead of an answer.
        swallowed: So many of the next additions take place, and their answer gets lost.
        posts: How many additions were sent.
        removed: Instance ids, in order.
    """

    copies: dict[int, Copy] = field(default_factory=dict)
    error: ExternalServiceException | None = None
    swallowed: Sequence[ExternalServiceException] = ()
    posts: int = 0
    removed: list[int] = field(default_factory=list)

    async def copies_of(self, release_id: int, /) -> tuple[Copy, ...]:
        if self.error is not None:
            raise self.error
        return tuple(
            each for each in self.copies.values() if each.pressing.release_id == release_id
        )

    async def add(self, release_id: int, /, *, before: Collection[int] | None) -> int:
        there = {copy.instance_id for copy in await self.copies_of(release_id)}
        if before is not None and there - set(before):
            return max(there - set(before))
        self.posts += 1
        instance_id = 900 + self.posts
        self.copies[instance_id] = make_copy(
            instance_id, "As Discogs has it", release_id=release_id, genres=("Jazz",)
        )
        if self.swallowed:
            error, *self.swallowed = self.swallowed
            raise error
        return instance_id

    async def set_rating(self, copy: Copy, rating: int, /) -> None:
        self._change(copy, rating=rating)

    async def set_note(self, copy: Copy, field_id: int, text: str, /) -> None:
        notes = {**dict(self.copies[copy.instance_id].notes), field_id: text}
        self._change(copy, notes=tuple(notes.items()))

    async def move(self, copy: Copy, folder_id: int, /) -> None:
        self._change(copy, folder_id=folder_id)

    def _change(self, copy: Copy, **fields: Any) -> None:  # noqa: ANN401  # passed through
        if self.error is not None:
            raise self.error
        there = self.copies[copy.instance_id]
        self.copies[copy.instance_id] = msgspec.structs.replace(there, **fields)

    async def remove(self, copy: Copy, /) -> None:
        if self.error is not None:
            raise self.error
        self.copies.pop(copy.instance_id, None)
        self.removed.append(copy.instance_id)
