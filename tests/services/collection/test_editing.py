"""What people change about their copies: only what differs, on Discogs and then here."""

from dataclasses import dataclass, field

import pytest
from fakes.clock import WALL_START
from fakes.copies import FakeAccounts, make_copy, store
from harness.collections import HandClock, Library

from services.collection.edit_models import Edits, Part
from services.collection.editing import CollectionEditing
from services.collection.errors import ChangedMeanwhile, NoSuchCopy, ReadOnlyLink
from services.collection.models import Entry, Filters
from services.discogs.shelf_models import Copy
from services.errors import CircuitOpen, ExternalServiceException, OutcomeUnknown
from services.storage.collection_models import NameKind
from services.storage.collections import CollectionRepository
from services.storage.database import Database

WRITER, READER, THIEF = 43, 42, 44
COPY = make_copy(1, "Blue Train", rating=3, folder_id=1, notes=((1, "Mint (M)"), (3, "a gift")))
AWAY = CircuitOpen("discogs", "note_copy")
UNKNOWN = OutcomeUnknown("discogs", "note_copy")


@dataclass
class FakeEditShelf:
    """Notes what is changed; ``errors`` by the kind of change."""

    changes: list[tuple[object, ...]] = field(default_factory=list)
    errors: dict[str, ExternalServiceException] = field(default_factory=dict)

    async def set_rating(self, copy: Copy, rating: int, /) -> None:
        self._change("rate", copy, rating)

    async def set_note(self, copy: Copy, field_id: int, text: str, /) -> None:
        self._change("note", copy, field_id, text)

    async def move(self, copy: Copy, folder_id: int, /) -> None:
        self._change("move", copy, folder_id)

    def _change(self, kind: str, copy: Copy, *values: object) -> None:
        if kind in self.errors:
            raise self.errors[kind]
        self.changes.append((kind, copy.instance_id, copy.folder_id, *values))


class Editing:
    """The service, and a person's only copy."""

    def __init__(self, database: Database) -> None:
        accounts = FakeAccounts(readers={READER}, writers={WRITER, THIEF})
        self.library = Library(database, clock=HandClock(), accounts=accounts)
        self.shelf = FakeEditShelf()
        self.read_anew: list[int] = []
        self.service = CollectionEditing(
            database=database,
            collections=CollectionRepository(),
            accounts=accounts,
            open_shelf=lambda _account: self.shelf,
            read_anew=self._read_anew,
        )

    async def _read_anew(self, user_id: int) -> None:
        self.read_anew.append(user_id)

    async def item_id(self, user_id: int = WRITER) -> int:
        [copy] = await self.library.service.find(user_id, "")
        return copy.item_id

    async def version(self, user_id: int = WRITER) -> str:
        return (await self.service.editable(user_id, await self.item_id(user_id))).version


@pytest.fixture
async def editing(database: Database) -> Editing:
    repository = CollectionRepository()
    for user_id in (WRITER, READER):
        await store(database, user_id, COPY, synced_at=WALL_START)
        async with database.write() as transaction:
            folders = {0: "All", 1: "Uncategorized", 7: "Salon"}
            await repository.save_names(transaction, user_id, NameKind.FOLDER, folders)
            await repository.save_names(
                transaction,
                user_id,
                NameKind.FIELD,
                {1: "Media", 3: "Notes"},
                {1: ("Mint (M)", "Good (G)"), 3: ()},
            )
    return Editing(database)


async def test_copy_can_be_changed_as_it_is_now(editing: Editing) -> None:
    editable = await editing.service.editable(WRITER, await editing.item_id())

    assert (editable.copy.rating, editable.folder_id) == (3, 1)
    assert editable.folders == {1: "Uncategorized", 7: "Salon"}
    assert [(f.field_id, f.name, f.text, f.options) for f in editable.fields] == [
        (1, "Media", "Mint (M)", ("Mint (M)", "Good (G)")),
        (3, "Notes", "a gift", ()),
    ]


async def test_only_what_differs_is_sent_and_the_folder_last(editing: Editing) -> None:
    edits = Edits(rating=5, folder_id=7, notes={1: "Mint (M)", 3: "  from  Zürich\n\n "})

    edited = await editing.service.edit(
        WRITER, await editing.item_id(), await editing.version(), edits
    )

    assert editing.shelf.changes == [
        ("rate", 1, 1, 5),
        ("note", 1, 1, 3, "from Zürich"),
        ("move", 1, 1, 7),
    ]
    assert [step.part for step in edited.done] == [Part.RATING, Part.NOTE, Part.FOLDER]
    assert (edited.copy.rating, edited.copy.folder) == (5, "Salon")
    [found] = await editing.library.service.find(WRITER, "zurich")
    assert found == edited.copy
    assert found.notes == (("Media", "Mint (M)"), ("Notes", "from Zürich"))


async def test_form_that_is_sent_as_it_was_changes_nothing(editing: Editing) -> None:
    same = Edits(rating=3, folder_id=1, notes={1: "Mint (M)", 3: "a gift"})

    edited = await editing.service.edit(
        WRITER, await editing.item_id(), await editing.version(), same
    )

    assert (edited.done, edited.left, edited.failure) == ((), (), None)
    assert editing.shelf.changes == []


async def test_what_does_not_exist_is_not_sent(editing: Editing) -> None:
    odd = Edits(folder_id=99, notes={77: "x"})

    await editing.service.edit(WRITER, await editing.item_id(), await editing.version(), odd)

    assert editing.shelf.changes == []


@pytest.mark.parametrize(
    ("failure", "read_anew"),
    [
        pytest.param(AWAY, [], id="not done"),
        pytest.param(UNKNOWN, [WRITER], id="not known"),
    ],
)
async def test_changes_before_a_failure_are_kept_and_those_after_it_not_made(
    editing: Editing, failure: ExternalServiceException, read_anew: list[int]
) -> None:
    editing.shelf.errors["note"] = failure

    edited = await editing.service.edit(
        WRITER,
        await editing.item_id(),
        await editing.version(),
        Edits(rating=0, folder_id=7, notes={3: "new"}),
    )

    assert [step.part for step in edited.done] == [Part.RATING]
    assert [step.part for step in edited.left] == [Part.NOTE, Part.FOLDER]
    assert edited.failure is failure
    assert editing.read_anew == read_anew
    stored = await editing.library.service.get(WRITER, await editing.item_id())
    assert stored is not None
    assert (stored.rating, stored.folder, stored.notes[1]) == (
        0,
        "Uncategorized",
        ("Notes", "a gift"),
    )


async def test_form_that_shows_what_is_no_longer_so_is_refused(
    database: Database, editing: Editing
) -> None:
    version = await editing.version()
    await store(database, WRITER, make_copy(1, "Blue Train", rating=4), synced_at=WALL_START)

    with pytest.raises(ChangedMeanwhile):
        await editing.service.edit(WRITER, await editing.item_id(), version, Edits(rating=3))

    assert editing.shelf.changes == []


async def test_copy_on_discogs_is_left_alone_where_we_may_not_write(editing: Editing) -> None:
    with pytest.raises(ReadOnlyLink):
        await editing.service.editable(READER, await editing.item_id(READER))


async def test_nobody_edits_what_is_another_persons(editing: Editing) -> None:
    item_id, version = await editing.item_id(), await editing.version()

    with pytest.raises(NoSuchCopy):
        await editing.service.editable(THIEF, item_id)
    with pytest.raises(NoSuchCopy):
        await editing.service.edit(THIEF, item_id, version, Edits(rating=1))

    assert editing.shelf.changes == []


async def test_edits_of_an_entry_that_is_added_to_discogs_later_are_made_there_too(
    database: Database, editing: Editing
) -> None:
    await store(database, WRITER, synced_at=WALL_START)
    library = editing.library
    library.shelf.error = AWAY
    entry = Entry(artist="Me", title="Mine", release_id=77)
    item_id = (await library.service.add(WRITER, entry)).copy.item_id
    version = (await editing.service.editable(WRITER, item_id)).version
    await editing.service.edit(WRITER, item_id, version, Edits(rating=4, notes={3: "dusty"}))
    library.shelf.error = None

    await library.work()

    [copy] = library.shelf.copies.values()
    assert (copy.rating, copy.notes) == (4, ((3, "dusty"),))
    stored = await library.service.get(WRITER, item_id)
    assert stored is not None
    assert (stored.instance_id, stored.rating) == (copy.instance_id, 4)
    assert stored.notes == (("Notes", "dusty"),)


async def test_local_entry_is_edited_here_whatever_the_link(
    database: Database, editing: Editing
) -> None:
    await store(database, READER, synced_at=WALL_START)
    added = await editing.library.service.add(READER, Entry(artist="Me", title="Mine"))
    item_id = added.copy.item_id
    editable = await editing.service.editable(READER, item_id)

    edited = await editing.service.edit(
        READER, item_id, editable.version, Edits(rating=4, folder_id=7, notes={3: "dusty"})
    )

    assert [f.name for f in editable.fields] == ["Notes"]
    assert editable.folders == {}
    assert (edited.copy.rating, edited.copy.notes) == (4, (("Notes", "dusty"),))
    page = await editing.library.service.browse(READER, Filters(text="dusty"))
    assert [copy.rating for copy in page.copies] == [4]
    assert editing.shelf.changes == []
