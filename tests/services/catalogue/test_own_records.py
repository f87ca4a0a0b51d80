"""What somebody has of an album of Spotify, from what is stored of them, on both databases."""

from fakes.clock import FastClock
from fakes.copies import make_copy, store
from fakes.wishes import make_wish

from services.catalogue.matching import Work
from services.catalogue.own_records import Belongings, OwnRecords, OwnShelves
from services.collection.want_rows import want_row
from services.discogs.shelf_models import Format
from services.resilience.clock import SystemClock
from services.storage.database import Database
from services.storage.wantlists import WantlistRepository

ALICE, BOB = 42, 43
SHELF = (
    make_copy(1, "Blue Train", artist="John Coltrane (2)", year=1958),
    make_copy(2, "Blue Train (Remastered)", artist="Coltrane, John", year=2003),
    make_copy(3, "Blue Train (Live)", artist="John Coltrane", year=1961),
    make_copy(4, "Giant Steps", artist="John Coltrane", year=1960),
    make_copy(5, "Blue Train", artist="John Coltrane Tribute Band"),
    make_copy(6, "Pulp Fiction", artist="Various", year=1994),
    make_copy(
        7,
        "Giant Steps",
        artist="John Coltrane",
        formats=(Format(name="Vinyl", descriptions=('7"', "Single")),),
    ),
    make_copy(8, "Greatest Hits", artist="Queen", year=2011),
)
BLUE_TRAIN = Work(title="Blue Train", artists=("John Coltrane",), year=1958)
GIANT_STEPS = Work(title="Giant Steps", artists=("John Coltrane",), is_single=False)


async def own(database: Database, user_id: int = ALICE) -> OwnRecords:
    await store(database, user_id, *SHELF)
    wishes = (make_wish(8, "Blue Train", artist="John Coltrane"), make_wish(9, artist="Coltrane"))
    wantlists = WantlistRepository()
    async with database.write() as transaction:
        await wantlists.open(transaction, user_id, "user")
        generation = await wantlists.begin_generation(transaction, user_id)
        assert generation is not None
        await wantlists.write(transaction, user_id, generation, list(map(want_row, wishes)))
        assert await wantlists.publish(transaction, user_id, generation)
    return OwnRecords(OwnShelves(database, clock=SystemClock()))


async def of_album(records: OwnRecords, work: Work) -> Belongings:
    """Return what Alice has of one album."""
    return (await records.of_albums(ALICE, {0: work}))[0]


async def test_pressings_of_an_album_are_found_and_doubtful_ones_kept_apart(
    database: Database,
) -> None:
    belongings = await of_album(await own(database), BLUE_TRAIN)

    assert sorted(copy.year or 0 for copy in belongings.copies) == [1958, 2003]
    assert [copy.title for copy in belongings.doubtful] == ["Blue Train (Live)"]
    assert [want.release_id for want in belongings.wants] == [8]


async def test_nothing_of_others_is_anybodys_own(database: Database) -> None:
    belongings = await of_album(await own(database, BOB), BLUE_TRAIN)

    assert (belongings.copies, belongings.doubtful) == ((), ())


async def test_albums_of_an_artist_are_told_apart(database: Database) -> None:
    works = {
        "blue": BLUE_TRAIN,
        "giant": GIANT_STEPS,
        "naima": Work(title="Naima", artists=("John Coltrane",)),
    }

    belongings = await (await own(database)).of_albums(ALICE, works)

    assert {key: len(each.copies) for key, each in belongings.items()} == {
        "blue": 2,
        "giant": 1,
        "naima": 0,
    }
    assert [copy.instance_id for copy in belongings["giant"].doubtful] == [7]


async def test_who_is_named_first_on_one_record_hides_none_of_the_others(
    database: Database,
) -> None:
    works = {
        "compilation": Work(title="Pulp Fiction", artists=("Various Artists",)),
        "duo": Work(title="Duke & Coltrane", artists=("Duke Ellington", "John Coltrane")),
        "blue": BLUE_TRAIN,
    }

    belongings = await (await own(database)).of_albums(ALICE, works)

    assert {key: len(each.copies) for key, each in belongings.items()} == {
        "compilation": 1,
        "duo": 0,
        "blue": 2,
    }


async def test_records_of_many_are_found_by_their_title(database: Database) -> None:
    records = await own(database)

    various = await of_album(
        records, Work(title="Pulp Fiction (Soundtrack)", artists=("Various Artists",))
    )
    nobody = await of_album(records, Work(title="Pulp Fiction", artists=()))
    hits = await of_album(records, Work(title="Greatest Hits", artists=("Queen",), year=1981))

    assert [copy.title for copy in various.copies] == ["Pulp Fiction"]
    assert nobody.copies == ()
    assert (hits.copies, [copy.year for copy in hits.doubtful]) == ((), [2011])


async def test_no_works_ask_nothing(database: Database) -> None:
    assert await (await own(database)).of_albums(ALICE, {}) == {}


async def test_what_was_found_is_used_again_for_ten_seconds(database: Database) -> None:
    await store(database, ALICE, *SHELF)
    clock = FastClock()
    shelves = OwnShelves(database, clock=clock)
    before = await shelves.find(ALICE, "john coltrane")
    await store(database, ALICE, SHELF[0])

    again = await shelves.find(ALICE, "john coltrane")
    others = await shelves.find(BOB, "john coltrane")
    clock.skip(10)
    later = await shelves.find(ALICE, "john coltrane")

    assert again is before
    assert (len(before[0]), len(others[0]), len(later[0])) == (6, 0, 1)
