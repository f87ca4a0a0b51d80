"""What people add and remove: on Discogs, here, and later; on both databases."""

import pytest
from fakes.clock import WALL_START
from fakes.copies import BLUE_TRAIN, HOMOGENIC, FakeAccounts, make_copy, store
from harness.collections import HandClock, Library

from services.collection.errors import NoSuchCopy, ReadOnlyLink
from services.collection.models import AddedWhere, Entry, Filters
from services.errors import (
    AuthenticationFailed,
    CircuitOpen,
    ExternalServiceException,
    NotFound,
    NotLinked,
    UpstreamTimeout,
)
from services.storage.collections import CollectionRepository
from services.storage.database import Database

READER, WRITER, STRANGER = 42, 43, 44
ENTRY = Entry(
    artist="Nina Simone",
    title="Pastel Blues",
    release_id=77,
    year=1965,
    format="Vinyl",
    notes="a gift",
)
TIMEOUT = UpstreamTimeout("discogs", "add_copy", None, "no answer")
AWAY = CircuitOpen("discogs", "add_copy", retry_after=120.0)


@pytest.fixture
def library(database: Database) -> Library:
    accounts = FakeAccounts(readers={READER}, writers={WRITER})
    return Library(database, clock=HandClock(), accounts=accounts)


async def shown(library: Library, user_id: int = WRITER) -> list[tuple[str, int | None]]:
    page = await library.service.browse(user_id, Filters(), page_size=100)
    return [(copy.title, copy.instance_id) for copy in page.copies]


async def test_entry_goes_to_discogs_where_it_may(database: Database, library: Library) -> None:
    await store(database, WRITER, BLUE_TRAIN, synced_at=WALL_START)

    added = await library.service.add(WRITER, ENTRY)

    assert added.where is AddedWhere.DISCOGS
    assert (added.copy.title, added.copy.instance_id) == ("As Discogs has it", 901)
    assert added.copy.genres == ("Jazz",)
    assert await shown(library) == [("As Discogs has it", 901), ("Blue Train", 1)]
    assert library.shelf.posts == 1
    assert await library.jobs() == 0


async def test_entry_that_was_added_is_found_again_by_the_first_sync(
    database: Database, library: Library
) -> None:
    added = await library.service.add(WRITER, ENTRY)
    await store(database, WRITER, *library.shelf.copies.values(), synced_at=WALL_START)

    assert await shown(library) == [("As Discogs has it", 901)]
    assert await library.service.get(WRITER, added.copy.item_id) == added.copy


async def test_entry_is_kept_here_when_the_account_is_not_linked_for_writing(
    library: Library,
) -> None:
    added = await library.service.add(READER, ENTRY)

    assert added.where is AddedWhere.LOCAL
    assert added.copy.is_local
    assert (added.copy.release_id, added.copy.year) == (77, 1965)
    assert [each.name for each in added.copy.formats] == ["Vinyl"]
    assert added.copy.notes == (("Notes", "a gift"),)
    assert added.copy.added_at == WALL_START
    assert library.shelf.posts == 0


async def test_entry_without_a_release_is_kept_here(library: Library) -> None:
    added = await library.service.add(WRITER, Entry(artist="Nina Simone", title="Bootleg"))

    assert added.where is AddedWhere.LOCAL
    assert await library.jobs() == 0


async def test_entry_needs_an_account(library: Library) -> None:
    with pytest.raises(NotLinked):
        await library.service.add(STRANGER, ENTRY)


async def test_release_that_does_not_exist_is_refused_and_not_stored(library: Library) -> None:
    library.shelf.error = NotFound("discogs", "add_copy", 404)

    with pytest.raises(NotFound):
        await library.service.add(WRITER, ENTRY)

    library.shelf.error = None
    assert await shown(library) == []


async def test_entry_is_kept_here_when_the_link_is_void(library: Library) -> None:
    library.shelf.error = AuthenticationFailed("discogs", "add_copy", 401)

    added = await library.service.add(WRITER, ENTRY)

    assert added.where is AddedWhere.LOCAL
    assert await library.jobs() == 0


@pytest.mark.parametrize("is_sent", [False, True], ids=["not sent", "sent, and the answer lost"])
async def test_entry_is_added_later_and_once_when_discogs_cannot_answer(
    *, database: Database, library: Library, is_sent: bool
) -> None:
    await store(database, WRITER, make_copy(5, release_id=77), synced_at=WALL_START)
    library.shelf.copies[5] = make_copy(5, release_id=77)
    if is_sent:
        library.shelf.swallowed = [TIMEOUT]
    else:
        library.shelf.error = AWAY

    added = await library.service.add(WRITER, ENTRY)
    marked = await shown(library)
    library.shelf.error = None
    again = await library.work()

    assert added.where is AddedWhere.LATER
    assert ("Pastel Blues", None) in marked
    assert again is None
    assert library.shelf.posts == 1
    assert await shown(library) == [("As Discogs has it", 901), ("Blue Train", 5)]
    changed = await library.service.get(WRITER, added.copy.item_id)
    assert changed is not None
    assert changed.instance_id == 901
    assert await library.jobs() == 0


async def test_job_that_is_killed_after_discogs_took_the_copy_adds_no_other(
    library: Library,
) -> None:
    library.shelf.error = AWAY
    added = await library.service.add(WRITER, ENTRY)
    library.shelf.error = None
    library.shelf.swallowed = [TIMEOUT, TIMEOUT]

    first = await library.work()
    second = await library.work()

    assert first is not None
    assert second is None
    assert library.shelf.posts == 1
    changed = await library.service.get(WRITER, added.copy.item_id)
    assert changed is not None
    assert changed.instance_id == 901


async def test_job_waits_as_long_as_discogs_asks(library: Library) -> None:
    library.shelf.error = AWAY
    await library.service.add(WRITER, ENTRY)

    assert await library.work() == 120.0
    assert await library.jobs() == 1


async def test_job_grows_more_patient_and_ends_after_a_week(database: Database) -> None:
    clock = HandClock()
    library = Library(database, clock=clock, accounts=FakeAccounts(writers={WRITER}))
    library.shelf.error = TIMEOUT
    await library.service.add(WRITER, ENTRY)
    waits = []

    for seconds in (0.0, 400.0, 86_400.0, 7 * 86_400.0):
        clock.later(seconds)
        waits.append(await library.work())

    assert waits == [60.0, 130.0, 3_600.0, None]
    assert await library.jobs() == 0
    library.shelf.error = None
    assert await shown(library) == [("Pastel Blues", None)]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(NotFound("discogs", "add_copy", 404), id="no such release"),
        pytest.param(AuthenticationFailed("discogs", "add_copy", 401), id="void link"),
    ],
)
async def test_job_leaves_the_entry_here_when_discogs_will_never_take_it(
    library: Library, error: ExternalServiceException
) -> None:
    library.shelf.error = AWAY
    await library.service.add(WRITER, ENTRY)
    library.shelf.error = error

    assert await library.work() is None
    assert await library.jobs() == 0
    library.shelf.error = None
    assert await shown(library) == [("Pastel Blues", None)]


async def test_job_adds_nothing_that_was_removed_meanwhile(library: Library) -> None:
    library.shelf.error = AWAY
    added = await library.service.add(WRITER, ENTRY)
    library.shelf.error = None
    await library.service.remove(WRITER, added.copy.item_id)

    assert await library.work() is None
    assert library.shelf.posts == 0


async def test_job_adds_nothing_once_the_account_is_gone(
    database: Database, library: Library
) -> None:
    library.shelf.error = AWAY
    await library.service.add(WRITER, ENTRY)
    library.shelf.error = None
    async with database.write() as transaction:
        await CollectionRepository().delete_person(transaction, WRITER)

    assert await library.work() is None
    assert library.shelf.posts == 0


async def test_local_entry_is_removed_at_once(library: Library) -> None:
    added = await library.service.add(READER, ENTRY)

    removed = await library.service.remove(READER, added.copy.item_id)

    assert removed == added.copy
    assert await shown(library, READER) == []
    with pytest.raises(NoSuchCopy):
        await library.service.remove(READER, added.copy.item_id)


async def test_copy_is_removed_from_discogs_and_here(database: Database, library: Library) -> None:
    await store(database, WRITER, BLUE_TRAIN, HOMOGENIC, synced_at=WALL_START)
    [copy] = await library.service.find(WRITER, "homogenic")

    removed = await library.service.remove(WRITER, copy.item_id)

    assert removed == copy
    assert library.shelf.removed == [2]
    assert await shown(library) == [("Blue Train", 1)]


@pytest.mark.parametrize(
    ("user_id", "error"),
    [
        pytest.param(READER, ReadOnlyLink, id="not linked for writing"),
        pytest.param(STRANGER, NotLinked, id="not linked any more"),
    ],
)
async def test_copy_on_discogs_is_not_removed_here_alone(
    database: Database, library: Library, user_id: int, error: type[Exception]
) -> None:
    await store(database, user_id, BLUE_TRAIN)
    [copy] = await library.service.find(user_id, "blue")

    with pytest.raises(error):
        await library.service.remove(user_id, copy.item_id)

    assert await library.service.get(user_id, copy.item_id) == copy
    assert library.shelf.removed == []


async def test_copy_stays_when_discogs_does_not_remove_it(
    database: Database, library: Library
) -> None:
    await store(database, WRITER, BLUE_TRAIN)
    [copy] = await library.service.find(WRITER, "blue")
    library.shelf.error = AWAY

    with pytest.raises(CircuitOpen):
        await library.service.remove(WRITER, copy.item_id)

    assert await library.service.get(WRITER, copy.item_id) == copy
