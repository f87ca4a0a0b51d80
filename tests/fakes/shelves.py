"""A collection at Discogs, in memory: it changes while it is read, and fails when told to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from fakes.clock import WALL_START
from services.discogs.shelf_models import (
    CollectionPage,
    Copy,
    Folder,
    Format,
    LabelLine,
    NoteField,
    Pressing,
)
from services.errors import NotFound

PER_PAGE = 100
FIRST_ADDED_AT = WALL_START - timedelta(days=1_000)


def make_copy(number: int, *, release_id: int | None = None) -> Copy:
    """Return the copy that was added as that number, 0 or more."""
    return Copy(
        instance_id=10_000 + number,
        pressing=Pressing(
            release_id=number + 1 if release_id is None else release_id,
            title=f"Title {number}",
            artist=f"Artist {number % 50}",
            master_id=number + 500_000,
            year=1960 + number % 60,
            formats=(Format(name="Vinyl", descriptions=("LP", "Album")),),
            labels=(LabelLine(name=f"Label {number % 20}", catno=f"CAT {number}"),),
            genres=("Electronic",),
            styles=("Deep House",),
        ),
        folder_id=1 + number % 2,
        rating=number % 6,
        added_at=FIRST_ADDED_AT + timedelta(minutes=number),
        notes=((3, f"note {number}"),),
    )


def make_copies(number: int) -> list[Copy]:
    """Return so many copies, the oldest first."""
    return [make_copy(each) for each in range(number)]


Event = Callable[[], None]


@dataclass
class FakeShelf:
    """Answers like ``DiscogsShelf``.

    Attributes:
        copies: What is there now, the oldest first.
        asked: Every request for a page: its number, negative when the newest came first.
        events: What happens right before the answer to request number n, from 1.
        errors: What request number n ends with instead.
        broken: What every request ends with, until it is taken away.
        lost: Pages that are not found though they should be there.
        hidden: Instances that Discogs counts, and does not show.
        folder_names: Of the folders.
        names_asked: How often folders were asked for.
        names_error: What asking for names ends with.
        travel: What each request takes.
    """

    copies: list[Copy] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    events: dict[int, Event] = field(default_factory=dict)
    errors: dict[int, Exception] = field(default_factory=dict)
    broken: Exception | None = None
    lost: set[int] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)
    folder_names: tuple[str, ...] = ("Uncategorized", "Salon")
    names_asked: int = 0
    names_error: Exception | None = None
    travel: Callable[[], Awaitable[None]] | None = None

    async def page(self, number: int, *, newest_first: bool) -> CollectionPage:
        self.asked.append(-number if newest_first else number)
        if self.travel is not None:
            await self.travel()
        request = len(self.asked)
        if event := self.events.pop(request, None):
            event()
        error = self.errors.pop(request, None) or self.broken
        if error is not None:
            raise error
        pages = max(1, -(-len(self.copies) // PER_PAGE))
        if number > pages or number in self.lost:
            raise NotFound("discogs", "get_collection_page", 404)
        ordered = self.copies[::-1] if newest_first else self.copies
        shown = ordered[(number - 1) * PER_PAGE : number * PER_PAGE]
        return CollectionPage(
            copies=tuple(copy for copy in shown if copy.instance_id not in self.hidden),
            page=number,
            pages=pages,
            total=len(self.copies),
        )

    async def folders(self) -> tuple[Folder, ...]:
        self.names_asked += 1
        if self.names_error is not None:
            raise self.names_error
        return tuple(Folder(folder_id=n, name=name) for n, name in enumerate(self.folder_names, 1))

    async def fields(self) -> tuple[NoteField, ...]:
        return (NoteField(field_id=3, name="Notes"),)

    # --- What happens to it

    def add(self, copy: Copy) -> Event:
        """Return what adds a copy, now."""
        return lambda: self.copies.append(copy)

    def remove(self, index: int) -> Event:
        """Return what removes the copy at a place."""

        def removal() -> None:
            del self.copies[index]

        return removal

    def replace(self, index: int, copy: Copy) -> Event:
        """Return what removes the copy at a place and adds another, at the end."""

        def swap() -> None:
            del self.copies[index]
            self.copies.append(copy)

        return swap

    def move_to_end(self, index: int) -> Event:
        """Return what makes an old copy the newest: it was added anew, says its date."""

        def move() -> None:
            added_at = WALL_START + timedelta(seconds=1)
            moved = msgspec.structs.replace(self.copies.pop(index), added_at=added_at)
            self.copies.append(moved)

        return move

    def rate(self, index: int, rating: int) -> None:
        self.copies[index] = msgspec.structs.replace(self.copies[index], rating=rating)
