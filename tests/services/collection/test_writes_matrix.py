"""Every change of what is on Discogs × everything that can go wrong, over real sockets.

Two things are checked each time: that exactly what was intended is on Discogs, or nothing is; and
that the person is told which, or that nobody knows. Where it is known, our store says the same.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakes.clock import WALL_START
from fakes.copies import FakeAccounts, store
from harness.collections import HandClock, Library
from harness.databases import open_database
from harness.discogs import Discogs, open_discogs

from bot.i18n import Catalogue
from bot.sandbox.discogs.people import Person
from bot.sandbox.faults import Fault, FaultKind
from bot.ui.outcomes import change_failed
from services.collection.edit_models import Edits
from services.collection.editing import CollectionEditing
from services.collection.errors import ChangedMeanwhile, NoSuchCopy, NoSuchWant
from services.collection.models import Entry
from services.collection.rows import notes_of
from services.collection.wantlist import WantlistService
from services.collection.wantlist_sync import WantlistSync
from services.collection.wantlist_work import WANTLIST_SYNC
from services.discogs.accounts import DiscogsAccount
from services.errors import ExternalServiceException
from services.jobs.kinds import RunningJob
from services.storage.collection_models import EVERYTHING, ItemOrder, NameKind
from services.storage.collection_reader import CollectionReader
from services.storage.collections import CollectionRepository
from services.storage.database import Database
from services.storage.migrating import migrate
from services.storage.wantlists import WantlistRepository

USER, NAME, STARS, NOTES, FOLDER = 42, "Tape.Hiss-88", 4, 3, 5
TEXTS = Catalogue().texts("en")
SHELF, COPIES, WISHES = (
    f"/users/{NAME}",
    f"/users/{NAME}/collection/folders/",
    f"/users/{NAME}/wants/",
)
CHANGED, UNCHANGED, UNKNOWN, LATER, LOCAL = "changed", "unchanged", "unknown", "later", "local"

World = tuple[Counter[tuple[Any, ...]], frozenset[int]]


@dataclass
class Scene:
    """A person on Discogs with three copies and two wishes, and what we have of them."""

    discogs: Discogs
    person: Person
    database: Database
    library: Library
    wantlist: WantlistService
    editing: CollectionEditing
    wish: int
    new_release: int
    chosen: tuple[int, tuple[Any, ...]] | None = None

    def there(self) -> World:
        """Return what is on Discogs now."""
        collection = self.person.collection
        copies = [collection.item(number) for number in range(len(collection))]
        rows = Counter(
            (
                copy.pressing.edition.release_id,
                copy.folder_id,
                copy.rating,
                tuple(sorted(copy.notes.items())),
            )
            for copy in copies
        )
        wants = [wish.pressing.edition.release_id for wish in self.person.wants]
        assert len(wants) == len(set(wants))
        return rows, frozenset(wants)

    async def here(self) -> World:
        """Return what we have stored of it; local entries are not on Discogs."""
        async with self.database.read() as transaction:
            records = await CollectionReader().page(
                transaction, USER, EVERYTHING, order=ItemOrder.ADDED, offset=0, limit=100
            )
        rows = Counter(
            (each.release_id, each.folder_id, each.rating, tuple(sorted(notes_of(each).items())))
            for each in records
            if each.instance_id is not None
        )
        wants = await self.wantlist.find(USER, "", 100)
        return rows, frozenset(want.release_id for want in wants)

    async def copy(self) -> tuple[int, tuple[Any, ...]]:
        """Return the number of a copy, and how it was: the same one for all of a test.

        Of two who remove it at once, the later one must not find the next.
        """
        if self.chosen is not None:
            return self.chosen
        async with self.database.read() as transaction:
            records = await CollectionReader().page(
                transaction, USER, EVERYTHING, order=ItemOrder.ADDED, offset=0, limit=1
            )
        [each] = records
        notes = tuple(sorted(notes_of(each).items()))
        self.chosen = each.item_id, (each.release_id, each.folder_id, each.rating, notes)
        return self.chosen


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_discogs(attempts=2) as discogs, open_database(tmp_path / "a.db") as database:
        await migrate(database)
        person = discogs.stand_in.people[NAME]
        person.wants = discogs.stand_in.people["crate_digger"].wants[:2]
        account = DiscogsAccount(
            user_id=USER, username=NAME, authorization=discogs.authorization(NAME)
        )
        scene = make_scene(discogs, person, database, account)
        await read_everything(scene, account)
        assert await scene.here() == scene.there()
        yield scene


class OneAccount(FakeAccounts):
    """Everybody is the same person."""

    def __init__(self, account: DiscogsAccount) -> None:
        self._account = account

    async def account(self, user_id: int, /) -> DiscogsAccount | None:
        assert user_id == USER
        return self._account


def make_scene(
    discogs: Discogs, person: Person, database: Database, account: DiscogsAccount
) -> Scene:
    clock, accounts, open_shelf = HandClock(), OneAccount(account), discogs.service.shelf
    library = Library(database, clock=clock, accounts=accounts, open_shelf=open_shelf)
    sync = WantlistSync(
        database=database,
        wantlists=WantlistRepository(),
        queue=library.queue,
        accounts=accounts,
        open_shelf=open_shelf,
        clock=clock,
    )
    wantlist = WantlistService(
        database=database,
        wantlists=WantlistRepository(),
        accounts=accounts,
        open_shelf=open_shelf,
        sync=sync,
        clock=clock,
        stale_seconds=3_600,
    )
    editing = CollectionEditing(
        database=database,
        collections=CollectionRepository(),
        accounts=accounts,
        open_shelf=open_shelf,
        read_anew=library.sync.start,
    )
    wish, _, another = (
        each.pressing.edition.release_id
        for each in discogs.stand_in.people["crate_digger"].wants[:3]
    )
    return Scene(discogs, person, database, library, wantlist, editing, wish, another)


async def read_everything(scene: Scene, account: DiscogsAccount) -> None:
    shelf = scene.discogs.service.shelf(account)
    page = await shelf.page(1, newest_first=True)
    await store(scene.database, USER, *page.copies, synced_at=WALL_START)
    folders = {each.folder_id: each.name for each in await shelf.folders()}
    async with scene.database.write() as transaction:
        await CollectionRepository().save_names(transaction, USER, NameKind.FOLDER, folders)
    sync = scene.wantlist._sync
    assert isinstance(sync, WantlistSync)
    await sync.start(USER)
    [job] = await scene.library.queue.claim(kinds=[WANTLIST_SYNC.name], worker="w", limit=1)
    await sync.run(RunningJob(WANTLIST_SYNC, job, scene.library.queue))


# --- What is done, and what is then intended to be there


Act = Callable[[Scene], Awaitable[str]]
Intended = Callable[[World, Scene, tuple[Any, ...]], World]


async def told(change: Awaitable[object]) -> str:
    """Return what the person reads about a change: as the cogs say it, in one word."""
    try:
        await change
    except (NoSuchWant, NoSuchCopy, ChangedMeanwhile):
        return UNCHANGED
    except ExternalServiceException as error:
        return in_a_word(error)
    return CHANGED


def in_a_word(error: ExternalServiceException) -> str:
    sentence = change_failed(error, TEXTS)
    words = {UNCHANGED: "othing has changed", UNKNOWN: "can't tell whether Discogs did that"}
    [word] = [word for word, part in words.items() if part in sentence]
    return word


async def add_wish(scene: Scene) -> str:
    return await told(scene.wantlist.add(USER, scene.new_release))


async def remove_wish(scene: Scene) -> str:
    return await told(scene.wantlist.remove(USER, scene.wish))


async def add_copy(scene: Scene) -> str:
    entry = Entry(artist="Somebody", title="Something", release_id=scene.new_release)
    try:
        added = await scene.library.service.add(USER, entry)
    except ExternalServiceException as error:
        return in_a_word(error)
    return CHANGED if added.where == "discogs" else added.where.value


async def remove_copy(scene: Scene) -> str:
    item_id, _ = await scene.copy()
    return await told(scene.library.service.remove(USER, item_id))


def edit(edits: Edits) -> Act:
    async def act(scene: Scene) -> str:
        item_id, _ = await scene.copy()
        version = (await scene.editing.editable(USER, item_id)).version
        try:
            edited = await scene.editing.edit(USER, item_id, version, edits)
        except ChangedMeanwhile:
            return UNCHANGED
        if edited.failure is not None:
            return in_a_word(edited.failure)
        return CHANGED if edited.done else UNCHANGED

    return act


def edited(change: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Intended:
    def intended(world: World, _scene: Scene, copy: tuple[Any, ...]) -> World:
        return world[0] - Counter([copy]) + Counter([change(copy)]), world[1]

    return intended


ACTS: dict[str, tuple[Act, str, Intended]] = {
    "wantlist add": (add_wish, WISHES, lambda w, s, _: (w[0], w[1] | {s.new_release})),
    "wantlist remove": (remove_wish, WISHES, lambda w, s, _: (w[0], w[1] - {s.wish})),
    "collection add": (
        add_copy,
        COPIES,
        lambda w, s, _: (w[0] + Counter([(s.new_release, 1, 0, ())]), w[1]),
    ),
    "collection remove": (remove_copy, COPIES, lambda w, _, copy: (w[0] - Counter([copy]), w[1])),
    "rating": (edit(Edits(rating=STARS)), COPIES, edited(lambda c: (*c[:2], STARS, c[3]))),
    "move": (edit(Edits(folder_id=FOLDER)), COPIES, edited(lambda c: (c[0], FOLDER, *c[2:]))),
    "note": (
        edit(Edits(notes={NOTES: "Ünïque & +1?"})),
        COPIES,
        edited(lambda c: (*c[:3], tuple(sorted({**dict(c[3]), NOTES: "Ünïque & +1?"}.items())))),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """What goes wrong, and what must come of it.

    Attributes:
        fault: Of the change alone, or of everything (``is_total``).
        told: What the person is told.
        told_of_copy: The same of a copy that they add, which is never lost.
        is_done: The change is made on Discogs then.
        is_copy_there: The copy is added there.
    """

    fault: Fault
    told: str
    told_of_copy: str
    is_done: bool = False
    is_copy_there: bool = False
    is_total: bool = False


def status(number: int) -> Fault:
    return Fault(kind=FaultKind.STATUS, status=number)


LOST = Fault(kind=FaultKind.LOST_ANSWER)
BROKEN = Fault(kind=FaultKind.CUT_BEFORE_BODY)
CASES = {
    "the answer is lost": Case(
        fault=LOST, told=CHANGED, told_of_copy=CHANGED, is_done=True, is_copy_there=True
    ),
    "the connection breaks before": Case(fault=BROKEN, told=UNCHANGED, told_of_copy=LATER),
    "401": Case(fault=status(401), told=UNCHANGED, told_of_copy=LOCAL),
    "403": Case(fault=status(403), told=UNCHANGED, told_of_copy=LOCAL),
    "422": Case(fault=status(422), told=UNCHANGED, told_of_copy=UNCHANGED),
    "429": Case(fault=status(429), told=UNCHANGED, told_of_copy=LATER),
    "502": Case(fault=status(502), told=UNCHANGED, told_of_copy=LATER),
    "down": Case(fault=status(503), told=UNKNOWN, told_of_copy=LATER, is_total=True),
    # A copy is not even sent: what there was before cannot be learned.
    "no answer to anything": Case(
        fault=LOST, told=UNKNOWN, told_of_copy=LATER, is_done=True, is_total=True
    ),
}


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
@pytest.mark.parametrize("name", ACTS)
async def test_change_that_goes_wrong_is_made_or_not_and_the_person_knows(
    scene: Scene, name: str, case: Case
) -> None:
    act, path, intended = ACTS[name]
    is_addition = name == "collection add"
    before = scene.there()
    wanted = intended(before, scene, (await scene.copy())[1])
    prefix = SHELF if case.is_total else path
    fault = Fault(kind=case.fault.kind, status=case.fault.status, path_prefix=prefix)
    scene.discogs.stand_in.faults.set(fault)

    said = await act(scene)

    scene.discogs.stand_in.faults.clear()
    assert said == (case.told_of_copy if is_addition else case.told)
    is_there = case.is_copy_there if is_addition else case.is_done
    assert scene.there() == (wanted if is_there else before)
    assert said == UNKNOWN or await scene.here() == scene.there()
    waiting = await scene.library.jobs()
    assert waiting == (said == LATER)


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=name) for name, case in CASES.items() if case.told_of_copy == LATER],
)
async def test_copy_that_is_to_be_added_later_is_added_once(scene: Scene, case: Case) -> None:
    _, path, intended = ACTS["collection add"]
    wanted = intended(scene.there(), scene, ())
    prefix = SHELF if case.is_total else path
    fault = Fault(kind=case.fault.kind, status=case.fault.status, path_prefix=prefix)
    scene.discogs.stand_in.faults.set(fault)
    await add_copy(scene)
    scene.discogs.stand_in.faults.clear()

    await scene.library.work()

    assert scene.there() == wanted == await scene.here()


@pytest.mark.parametrize("name", ACTS)
async def test_change_that_is_asked_for_twice_at_once_is_made_once(scene: Scene, name: str) -> None:
    act, _, intended = ACTS[name]
    wanted = intended(scene.there(), scene, (await scene.copy())[1])

    said = await asyncio.gather(act(scene), act(scene))

    assert CHANGED in said
    assert set(said) <= {CHANGED, UNCHANGED}
    assert scene.there() == wanted == await scene.here()


@pytest.mark.parametrize("name", ACTS)
async def test_change_of_what_is_not_on_discogs_any_more_is_told_truly(
    scene: Scene, name: str
) -> None:
    act, _, _ = ACTS[name]
    copy = await scene.library.service.get(USER, (await scene.copy())[0])
    assert copy is not None
    scene.new_release = 1  # there is none
    scene.person.collection.remove(copy.instance_id or 0)
    scene.person.wants = scene.person.wants[1:]
    before = scene.there()

    said = await act(scene)

    assert said == (CHANGED if "remove" in name else UNCHANGED)
    assert scene.there() == before
