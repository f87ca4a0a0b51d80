"""Nobody reaches another person's rows, whatever they ask for and whatever number they name."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fakes.clock import WALL_START
from fakes.copies import BLUE_TRAIN, FakeAccounts, make_copy, rows, store
from harness.collections import HandClock, Library
from sqlalchemy import select

from services.collection.errors import NoSuchCopy
from services.collection.models import Entry, ExportFormat, Filters, Sort
from services.collection.rows import row_of
from services.collection.service import CollectionService
from services.storage.collection_entries import LocalEntries
from services.storage.collection_models import EVERYTHING, ItemOrder, NameKind
from services.storage.collection_picks import CollectionPicks
from services.storage.collection_reader import CollectionReader
from services.storage.collections import CollectionRepository
from services.storage.database import Database, Transaction
from services.storage.tables import PLAYS

THIEF, OWNER = 42, 99
SECRET = make_copy(
    7,
    "Secret Title",
    artist="Secret Artist",
    genres=("Secret Genre",),
    styles=("Secret Style",),
    notes=((3, "Secret note"),),
    folder_id=7,
    master_id=77,
)
COLLECTIONS, ENTRIES, READER = CollectionRepository(), LocalEntries(), CollectionReader()


@pytest.fixture
async def library(database: Database) -> Library:
    """A person with one copy and one entry, and another who wants to see them."""
    accounts = FakeAccounts(writers={THIEF, OWNER})
    library = Library(database, clock=HandClock(), accounts=accounts)
    await store(database, OWNER, SECRET, synced_at=WALL_START)
    await store(database, THIEF, synced_at=WALL_START)
    async with database.write() as transaction:
        await COLLECTIONS.save_names(transaction, OWNER, NameKind.FOLDER, {7: "Secret Folder"})
        await COLLECTIONS.save_names(transaction, OWNER, NameKind.FIELD, {3: "Secret Field"})
    await library.service.add(OWNER, Entry(artist="Secret Artist", title="Secret Entry"))
    await library.service.random(OWNER, Filters())
    return library


Ask = Callable[[CollectionService, int], Awaitable[Any]]
QUESTIONS: dict[str, list[Ask]] = {
    "browse": [
        lambda s, _: s.browse(THIEF, Filters()),
        lambda s, _: s.browse(THIEF, Filters(), sort=Sort.LABEL, page=2),
        lambda s, _: s.browse(THIEF, Filters(text="secret")),
        lambda s, _: s.browse(THIEF, Filters(artist="secret", folder="secret")),
    ],
    "random": [lambda s, _: s.random(THIEF, Filters(genre="Secret Genre"))],
    "export": [
        lambda s, _: s.export(THIEF, ExportFormat.CSV),
        lambda s, _: s.export(THIEF, ExportFormat.JSON),
        lambda s, _: s.export(THIEF, ExportFormat.MARKDOWN),
    ],
    "find": [lambda s, _: s.find(THIEF, "secret"), lambda s, _: s.find(THIEF, "")],
    "get": [lambda s, item_id: s.get(THIEF, item_id)],
    "holds": [
        lambda s, _: s.holds(THIEF, SECRET.pressing.release_id, None),
        lambda s, _: s.holds(THIEF, 1, SECRET.pressing.master_id),
    ],
    "of_release": [lambda s, _: s.of_release(THIEF, SECRET.pressing.release_id)],
    "state": [lambda s, _: s.state(THIEF)],
    "genres": [lambda s, _: s.genres(THIEF, "secret"), lambda s, _: s.genres(THIEF)],
    "styles": [lambda s, _: s.styles(THIEF, "secret"), lambda s, _: s.styles(THIEF)],
    "labels": [lambda s, _: s.labels(THIEF)],
    "formats": [lambda s, _: s.formats(THIEF)],
    "folders": [lambda s, _: s.folders(THIEF, "secret"), lambda s, _: s.folders(THIEF)],
    "add": [lambda s, _: s.add(THIEF, Entry(artist="a", title="b"))],
}
CHANGES = {"play", "remove"}


def test_every_method_of_the_service_is_tried() -> None:
    methods = inspect.getmembers(CollectionService, inspect.iscoroutinefunction)

    public = {name for name, _ in methods if not name.startswith("_")}

    assert public == QUESTIONS.keys() | CHANGES


@pytest.mark.parametrize("method", QUESTIONS)
async def test_no_answer_tells_of_another_person(
    database: Database, library: Library, method: str
) -> None:
    numbers = await item_ids(database)

    answers = [
        await ask(library.service, item_id) for ask in QUESTIONS[method] for item_id in numbers
    ]

    assert len(numbers) == 2
    assert "Secret" not in repr(answers)


async def test_nobody_removes_what_is_another_persons(database: Database, library: Library) -> None:
    before = await shown(database)

    for item_id in await item_ids(database):
        with pytest.raises(NoSuchCopy):
            await library.service.remove(THIEF, item_id)

    assert library.shelf.removed == []
    assert await shown(database) == before


async def test_nobody_plays_what_is_another_persons(database: Database, library: Library) -> None:
    for item_id in await item_ids(database):
        with pytest.raises(NoSuchCopy):
            await library.service.play(THIEF, item_id)

    async with database.read() as transaction:
        assert (await transaction.execute(select(PLAYS))).all() == []


async def shown(database: Database) -> list[Any]:
    async with database.read() as transaction:
        return await READER.page(
            transaction, OWNER, EVERYTHING, order=ItemOrder.ADDED, offset=0, limit=10
        )


async def item_ids(database: Database) -> list[int]:
    return [record.item_id for record in await shown(database)]


Change = Callable[[Transaction, int], Awaitable[Any]]
WRITES: dict[str, Change] = {
    "open": lambda t, _: COLLECTIONS.open(t, THIEF, "thief"),
    "get": lambda t, _: COLLECTIONS.get(t, THIEF),
    "change": lambda t, _: COLLECTIONS.change(t, THIEF, problem="private", total=0),
    "begin_generation": lambda t, _: COLLECTIONS.begin_generation(t, THIEF),
    "write_page": lambda t, _: COLLECTIONS.write_page(t, THIEF, 1, 1, rows(SECRET)),
    "add_newest": lambda t, _: COLLECTIONS.add_newest(t, THIEF, rows(SECRET, BLUE_TRAIN)),
    "publish": lambda t, _: COLLECTIONS.publish(t, THIEF, 1),
    "give_up": lambda t, _: COLLECTIONS.give_up(t, THIEF, 1),
    "drop_stale": lambda t, _: COLLECTIONS.drop_stale(t, THIEF),
    "known_instances": lambda t, _: COLLECTIONS.known_instances(t, THIEF, [7]),
    "count": lambda t, _: COLLECTIONS.count(t, THIEF, 1),
    "save_names": lambda t, _: COLLECTIONS.save_names(t, THIEF, NameKind.FOLDER, {7: "x"}),
    "remove_copy": lambda t, item_id: COLLECTIONS.remove_copy(t, THIEF, item_id),
    "rewrite": lambda t, item_id: COLLECTIONS.rewrite(t, THIEF, item_id, row_of(SECRET)),
    "reconcile": lambda t, _: COLLECTIONS.reconcile(t, THIEF),
    "delete_person": lambda t, _: COLLECTIONS.delete_person(t, THIEF),
    "entries.add": lambda t, _: ENTRIES.add(t, THIEF, row_of(BLUE_TRAIN)),
    "entries.get": lambda t, item_id: ENTRIES.get(t, THIEF, item_id),
    "entries.remove": lambda t, item_id: ENTRIES.remove(t, THIEF, item_id),
    "entries.adopt": lambda t, item_id: ENTRIES.adopt(t, THIEF, item_id, row_of(SECRET)),
    "entries.reconcile": lambda t, _: ENTRIES.reconcile(t, THIEF),
}


def test_every_statement_that_writes_is_tried() -> None:
    names = {*_public(CollectionRepository), *(f"entries.{name}" for name in _public(LocalEntries))}

    assert names == WRITES.keys()
    # These two only read, or write what the reader's condition lets through; both are tried above.
    assert _public(CollectionPicks) == {"pick"}
    assert _public(CollectionReader) == {
        "all_names",
        "batch",
        "condition",
        "count",
        "field_options",
        "editions",
        "find",
        "folders",
        "item",
        "listed",
        "names",
        "page",
    }


def _public(kind: type) -> set[str]:
    methods = inspect.getmembers(kind, inspect.iscoroutinefunction)
    return {name for name, _ in methods if not name.startswith("_")}


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("method", WRITES)
async def test_no_statement_changes_or_tells_what_is_another_persons(
    database: Database, method: str
) -> None:
    before = await everything(database)
    answers = []

    for item_id in await item_ids(database):
        async with database.write() as transaction:
            answers.append(await WRITES[method](transaction, item_id))

    assert "Secret" not in repr(answers)
    assert await everything(database) == before


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("known_instances", set()),
        ("count", 0),
        ("drop_stale", 0),
        ("reconcile", 0),
        ("remove_copy", False),
        ("rewrite", False),
        ("entries.get", None),
        ("entries.remove", False),
        ("entries.adopt", False),
    ],
)
async def test_another_persons_rows_count_for_nothing(
    database: Database, method: str, answer: object
) -> None:
    numbers = await item_ids(database)

    async with database.write() as transaction:
        answers = [await WRITES[method](transaction, item_id) for item_id in numbers]

    assert answers == [answer, answer]


async def everything(database: Database) -> list[Any]:
    """Return all that is stored of the owner."""
    async with database.read() as transaction:
        return [
            await COLLECTIONS.get(transaction, OWNER),
            await READER.names(transaction, OWNER, NameKind.FOLDER),
            await READER.names(transaction, OWNER, NameKind.FIELD),
            await READER.page(
                transaction, OWNER, EVERYTHING, order=ItemOrder.ADDED, offset=0, limit=10
            ),
        ]
