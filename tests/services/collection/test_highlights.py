"""What is told of collections in digests is limited to one person, whatever others have."""

import inspect
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.copies import make_copy, store
from fakes.wishes import make_wish

from services.collection.highlight_models import Occasion
from services.collection.highlights import CollectionHighlights
from services.collection.want_rows import want_row
from services.storage.collections import CollectionRepository
from services.storage.database import Database
from services.storage.wantlists import WantlistRepository

OWNER, THIEF = 1, 2
NOW = datetime(2026, 11, 23, tzinfo=UTC)
SPAN = (NOW - timedelta(days=1), NOW + timedelta(days=1))
OCCASION = Occasion(added=SPAN, bought=(SPAN,), years=(1976,), most=5)

Ask = Callable[[CollectionHighlights, int], Awaitable[Any]]
QUESTIONS: dict[str, Ask] = {
    "read_at": lambda shelves, user_id: shelves.read_at(user_id),
    "of": lambda shelves, user_id: shelves.of(user_id, OCCASION),
    "count_added": lambda shelves, user_id: shelves.count_added(user_id, SPAN),
    "added": lambda shelves, user_id: shelves.added(user_id, SPAN, offset=0, limit=5),
    "pick": lambda shelves, user_id: shelves.pick(user_id, NOW),
    "wishes": lambda shelves, user_id: shelves.wishes(user_id, 5),
}


@pytest.fixture
async def shelves(database: Database) -> CollectionHighlights:
    """Return what looks at the owner's one record and one wish; the thief has nothing."""
    await store(database, OWNER, make_copy(1, added_at=NOW, year=1976), synced_at=NOW)
    wantlists = WantlistRepository()
    async with database.write() as transaction:
        await wantlists.open(transaction, OWNER, "owner")
        generation = await wantlists.begin_generation(transaction, OWNER)
        assert generation is not None
        await wantlists.write(transaction, OWNER, generation, [want_row(make_wish(7))])
        await wantlists.publish(transaction, OWNER, generation)
        await wantlists.change(transaction, OWNER, synced_at=NOW)
    return CollectionHighlights(
        database,
        collections=CollectionRepository(),
        wantlists=wantlists,
        chance=random.Random(1),  # noqa: S311  # the same in every run
    )


async def test_every_answer_is_about_the_person_alone(shelves: CollectionHighlights) -> None:
    theirs = {name: await ask(shelves, THIEF) for name, ask in QUESTIONS.items()}
    own = {name: await ask(shelves, OWNER) for name, ask in QUESTIONS.items()}

    assert [name for name, answer in theirs.items() if answer] == []
    assert [name for name, answer in own.items() if not answer] == []


def test_every_method_is_tried() -> None:
    methods = inspect.getmembers(CollectionHighlights, inspect.iscoroutinefunction)

    assert {name for name, _ in methods if not name.startswith("_")} == set(QUESTIONS)
