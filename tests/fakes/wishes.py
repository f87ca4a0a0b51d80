"""A wantlist at Discogs, in memory: it changes while it is read, and fails when told to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from fakes.clock import WALL_START
from services.discogs.shelf_models import Format, LabelLine, Pressing, WantlistPage, Wish
from services.errors import NotFound

PER_PAGE = 100
Event = Callable[[], Awaitable[None]]


def make_wish(
    release_id: int, title: str = "", *, artist: str = "", master_id: int | None = None
) -> Wish:
    """Return a wish; the higher its number, the later it was added."""
    return Wish(
        pressing=Pressing(
            release_id=release_id,
            title=title or f"Title {release_id}",
            artist=artist or f"Artist {release_id % 50}",
            master_id=master_id,
            year=1960 + release_id % 60,
            formats=(Format(name="Vinyl", descriptions=("LP",)),),
            labels=(LabelLine(name=f"Label {release_id % 20}", catno=f"CAT {release_id}"),),
        ),
        added_at=WALL_START - timedelta(days=10_000 - release_id),
    )


@dataclass
class FakeWishes:
    """Answers like ``DiscogsShelf``; the newest wishes come first.

    Attributes:
        wishes: What is there now, by release.
        asked: The page of every request.
        events: What happens right after request number n, from 1, was answered.
        errors: What request number n ends with instead.
        broken: What every request and change ends with, until it is taken away.
        stubborn: What a change of one release ends with.
        changes: What was changed, in order.
    """

    wishes: dict[int, Wish] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    events: dict[int, Event] = field(default_factory=dict)
    errors: dict[int, Exception] = field(default_factory=dict)
    broken: Exception | None = None
    stubborn: dict[int, Exception] = field(default_factory=dict)
    changes: list[tuple[str, int]] = field(default_factory=list)

    async def wants(self, number: int) -> WantlistPage:
        self.asked.append(number)
        request = len(self.asked)
        error = self.errors.pop(request, None) or self.broken
        if error is not None:
            raise error
        ordered = sorted(self.wishes.values(), key=lambda wish: -wish.pressing.release_id)
        pages = max(1, -(-len(ordered) // PER_PAGE))
        if number > pages:
            raise NotFound("discogs", "get_wantlist", 404)
        page = WantlistPage(
            wishes=tuple(ordered[(number - 1) * PER_PAGE : number * PER_PAGE]),
            page=number,
            pages=pages,
            total=len(ordered),
        )
        if event := self.events.pop(request, None):
            await event()
        return page

    async def add_wish(self, release_id: int, /) -> Wish | None:
        self.changes.append(("add", release_id))
        if self.broken is not None:
            raise self.broken
        return self.wishes.setdefault(release_id, make_wish(release_id))

    async def remove_wish(self, release_id: int, /) -> None:
        self.changes.append(("remove", release_id))
        error = self.stubborn.get(release_id) or self.broken
        if error is not None:
            raise error
        self.wishes.pop(release_id, None)
