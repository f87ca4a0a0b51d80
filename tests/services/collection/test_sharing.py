"""Who owns it, and comparing, on both databases: what is seen, and what never is."""

from collections.abc import Awaitable, Callable, Sequence

import pytest
from fakes.clock import WALL_START
from fakes.copies import BLUE_TRAIN, HOMOGENIC, SHINDO, make_copy, store
from harness.collections import HandClock
from harness.databases import open_database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.accounts.preferences import Preferences
from services.collection.models import Entry
from services.collection.rows import entry_row
from services.collection.shared_models import Comparison, Owners, Section
from services.collection.sharing import SharedRecords
from services.discogs.shelf_models import Copy
from services.music import InvalidQuery
from services.storage.collection_entries import LocalEntries
from services.storage.collections import CollectionRepository
from services.storage.database import Database
from services.storage.migrating import migrate

ASKER, ANNA, BERT, CARL = 1, 2, 3, 4
PLACE = 7
OTHER_PRESSING = make_copy(5, "Blue Train", release_id=2_000, master_id=50, year=1997)
THIS_PRESSING = make_copy(6, "Blue Train", release_id=2_001, master_id=50)


async def everybody(_user_id: int) -> bool | None:
    return True


async def nobody(_user_id: int) -> bool | None:
    return False


async def unknown(_user_id: int) -> bool | None:
    return None


async def share(database: Database, *user_ids: int, on: bool = True) -> None:
    for user_id in user_ids:
        await Preferences(database, clock=HandClock()).set_sharing(user_id, on=on)


async def shared(database: Database, user_id: int, *copies: Copy) -> None:
    await store(database, user_id, *copies, synced_at=WALL_START)
    await share(database, user_id)


@pytest.fixture
def records(database: Database) -> SharedRecords:
    return SharedRecords(database, clock=HandClock())


async def who(records: SharedRecords, query: str, asker: int = ASKER) -> list[int]:
    found = await records.who(asker, query, PLACE, everybody)
    return [each.user_id for each in found.people]


# --- Who owns it


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("blue train", [ANNA], id="title"),
        pytest.param("COLTR blue", [ANNA], id="beginnings of words of both, in any order"),
        pytest.param("bjork", [ANNA], id="without accents"),
        pytest.param("京事", [BERT], id="part of a title in Japanese"),
        pytest.param("train zurich", [], id="not the notes"),
        pytest.param("zurich", [], id="not the notes alone"),
        pytest.param("note", [], id="not the label"),
        pytest.param("BLP1577", [], id="not the number"),
        pytest.param("rain", [], id="not the middle of a word"),
        pytest.param("' OR 1=1", [], id="only text"),
    ],
)
async def test_who_finds_by_the_words_of_artist_and_title_alone(
    database: Database, records: SharedRecords, query: str, expected: list[int]
) -> None:
    await shared(database, ANNA, BLUE_TRAIN, HOMOGENIC)
    await shared(database, BERT, SHINDO)

    assert await who(records, query) == expected


@pytest.mark.parametrize("query", ["2000", "r2000", "https://www.discogs.com/release/2000-Blue"])
async def test_who_finds_other_pressings_of_a_release_and_this_one_first(
    database: Database, records: SharedRecords, query: str
) -> None:
    await shared(database, ANNA, THIS_PRESSING, make_copy(9, "x", release_id=3_000, master_id=50))
    await shared(database, BERT, OTHER_PRESSING)

    found = await records.who(ASKER, query, PLACE, everybody)

    assert [(each.user_id, each.has_this_pressing) for each in found.people] == [
        (BERT, True),
        (ANNA, False),
    ]
    assert found.people[1].copies == 2


async def test_who_knows_a_work_that_only_the_asker_has_this_pressing_of(
    database: Database, records: SharedRecords
) -> None:
    await store(database, ASKER, OTHER_PRESSING)
    await shared(database, ANNA, THIS_PRESSING)
    await shared(database, CARL, make_copy(8, "x", release_id=4_000, master_id=50))
    await share(database, CARL, on=False)

    assert await who(records, "r2000") == [ANNA]
    assert await who(records, "r2000", asker=BERT) == []
    assert await who(records, "r4000") == []  # Carl shares nothing: not even what it is


async def test_who_finds_titles_that_are_numbers(
    database: Database, records: SharedRecords
) -> None:
    await shared(database, ANNA, make_copy(1, "1999", artist="Prince"))

    assert await who(records, "1999") == [ANNA]
    assert await who(records, "r1999") == []


async def test_who_shows_each_pressing_once_and_counts_copies(
    database: Database, records: SharedRecords
) -> None:
    copies = [make_copy(each, f"Blue {each % 5}", release_id=each % 5) for each in range(1, 11)]
    await shared(database, ANNA, *copies)

    [anna] = (await records.who(ASKER, "blue", PLACE, everybody)).people

    assert anna.copies == 10
    assert [each.title for each in anna.records] == ["Blue 0", "Blue 1", "Blue 2"]
    assert anna.has_more


async def test_who_shows_what_was_added_by_hand_and_nothing_of_a_walk_under_way(
    database: Database, records: SharedRecords
) -> None:
    await shared(database, ANNA, HOMOGENIC)
    row = entry_row(Entry(artist="Nobody", title="By Hand"), WALL_START)
    async with database.write() as transaction:
        await LocalEntries().add(transaction, ANNA, row)
        generation = await CollectionRepository().begin_generation(transaction, ANNA)
        assert generation is not None

    assert await who(records, "by hand") == [ANNA]
    await store(database, ANNA, BLUE_TRAIN)  # the next generation
    assert await who(records, "homogenic") == []


@pytest.mark.parametrize(
    ("is_member", "people", "is_complete"),
    [
        pytest.param(everybody, [ANNA], True, id="in the server"),
        pytest.param(nobody, [], True, id="not in the server"),
        pytest.param(unknown, [], False, id="nobody can say"),
    ],
)
async def test_who_shows_only_those_who_are_known_to_be_there(
    database: Database,
    records: SharedRecords,
    is_member: Callable[[int], Awaitable[bool | None]],
    people: list[int],
    is_complete: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    await shared(database, ANNA, BLUE_TRAIN)

    found = await records.who(ASKER, "blue", PLACE, is_member)

    assert [each.user_id for each in found.people] == people
    assert found.is_complete is is_complete


async def test_who_shows_the_asker_only_when_they_share_and_asks_nobody_about_them(
    database: Database, records: SharedRecords
) -> None:
    await store(database, ASKER, BLUE_TRAIN)
    before = await records.who(ASKER, "blue", PLACE, nobody)
    await share(database, ASKER)
    after = await records.who(ASKER, "blue", PLACE, nobody)

    assert before.people == ()
    assert [each.user_id for each in after.people] == [ASKER]


async def test_who_shows_nobody_who_stopped_sharing_while_discord_was_asked(
    database: Database, records: SharedRecords
) -> None:
    await shared(database, ANNA, BLUE_TRAIN)

    async def slow(user_id: int) -> bool | None:
        await share(database, user_id, on=False)
        return True

    assert (await records.who(ASKER, "blue", PLACE, slow)).people == ()


async def test_who_asks_about_as_few_as_it_can_show(
    database: Database, records: SharedRecords
) -> None:
    for user_id in range(100, 160):
        await shared(database, user_id, BLUE_TRAIN)
    asked: list[int] = []

    async def ask(user_id: int) -> bool | None:
        asked.append(user_id)
        return True

    found = await records.who(ASKER, "blue train", PLACE, ask)

    assert (len(found.people), found.is_complete) == (20, False)
    assert len(asked) == 25


async def test_who_tells_how_old_it_is(database: Database, records: SharedRecords) -> None:
    await shared(database, ANNA, BLUE_TRAIN)
    whole = await records.who(ASKER, "blue", PLACE, everybody)
    await store(database, BERT, BLUE_TRAIN)
    await share(database, BERT)
    partial = await records.who(ASKER, "blue", PLACE, everybody)

    assert (whole.read_at, partial.read_at) == (WALL_START, None)


@pytest.mark.parametrize("query", ["", "x", "!!!", "x" * 201])
async def test_who_refuses_what_cannot_be_looked_for(records: SharedRecords, query: str) -> None:
    with pytest.raises(InvalidQuery):
        await records.who(ASKER, query, PLACE, everybody)


# --- Comparing


async def compared(records: SharedRecords, section: Section = Section.BOTH) -> Comparison | None:
    return await records.compare(ASKER, ANNA, PLACE, everybody, section=section)


async def test_comparison_tells_apart_what_both_have_and_what_only_one_has(
    database: Database, records: SharedRecords
) -> None:
    await store(database, ASKER, BLUE_TRAIN, OTHER_PRESSING, SHINDO, synced_at=WALL_START)
    await shared(database, ANNA, BLUE_TRAIN, THIS_PRESSING, HOMOGENIC)

    pages = {section: await compared(records, section) for section in Section}

    both = pages[Section.BOTH]
    assert both is not None
    assert both.counts == dict.fromkeys(Section, 1)
    assert (both.asker_shares, both.read_at) == (False, WALL_START)
    titles = {
        section: [
            tuple(side and side.release_id for side in (pair.mine, pair.theirs))
            for pair in (page.rows if page else ())
        ]
        for section, page in pages.items()
    }
    assert titles == {
        Section.BOTH: [(1_001, 1_001)],
        Section.OTHER: [(2_000, 2_001)],
        Section.MINE: [(1_003, None)],
        Section.THEIRS: [(None, 1_002)],
    }


async def test_comparison_explains_the_taste_it_counts(
    database: Database, records: SharedRecords
) -> None:
    await store(
        database, ASKER, *(make_copy(n, genres=("Jazz",)) for n in range(11, 14)), HOMOGENIC
    )
    await shared(database, ANNA, BLUE_TRAIN, make_copy(9, "x", genres=("Rock",)))

    found = await compared(records)

    assert found is not None
    assert found.taste is not None
    assert found.taste.overlap == pytest.approx(0.5)
    [jazz] = found.taste.genres
    assert jazz.name == "Jazz"
    assert [jazz.mine, jazz.theirs] == pytest.approx([0.75, 0.5])


@pytest.mark.parametrize(("page", "shown", "rows"), [(0, 1, 8), (2, 2, 2), (99, 2, 2)])
async def test_comparison_shows_the_nearest_page_there_is(
    database: Database, records: SharedRecords, page: int, shown: int, rows: int
) -> None:
    await store(database, ASKER)
    await shared(database, ANNA, *(make_copy(n, f"Title {n:02}") for n in range(10)))

    found = await records.compare(ASKER, ANNA, PLACE, everybody, section=Section.THEIRS, page=page)

    assert found is not None
    assert (found.page, found.pages, len(found.rows)) == (shown, 2, rows)


async def test_comparison_is_refused_alike_whatever_the_reason(
    database: Database, records: SharedRecords
) -> None:
    await store(database, ASKER, BLUE_TRAIN)
    await share(database, ASKER)
    never_linked = await compared(records)
    await store(database, ANNA, BLUE_TRAIN)
    not_shared = await compared(records)
    await share(database, ANNA)
    elsewhere = await records.compare(ASKER, ANNA, PLACE, presence=False)
    oneself = await records.compare(ASKER, ASKER, PLACE, everybody)
    allowed = await compared(records)
    await share(database, ANNA, on=False)
    revoked = await compared(records)

    assert (never_linked, not_shared, elsewhere, oneself, revoked) == (None,) * 5
    assert allowed is not None


async def test_comparison_ends_when_the_other_stops_while_discord_is_asked(
    database: Database, records: SharedRecords
) -> None:
    await shared(database, ANNA, BLUE_TRAIN)

    async def slow(user_id: int) -> bool | None:
        await share(database, user_id, on=False)
        return True

    assert await records.compare(ASKER, ANNA, PLACE, slow) is None


# --- Against a model

_copies = st.lists(
    st.builds(
        lambda release, master, title: (release, master, title),
        st.integers(1, 8),
        st.sampled_from([None, 100, 200]),
        st.sampled_from(["Blue Train", "Blue", "Train of Thought", "Kind of Blue"]),
    ),
    max_size=6,
)
_people = st.dictionaries(st.integers(2, 6), st.tuples(st.booleans(), _copies), max_size=5)


def made(records: Sequence[tuple[int, int | None, str]]) -> list[Copy]:
    return [
        make_copy(number, title, release_id=release, master_id=master)
        for number, (release, master, title) in enumerate(records, 1)
    ]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=_people, mine=_copies)
async def test_sharing_agrees_with_a_model(
    tmp_path_factory: pytest.TempPathFactory,
    people: dict[int, tuple[bool, list[tuple[int, int | None, str]]]],
    mine: list[tuple[int, int | None, str]],
) -> None:
    path = tmp_path_factory.mktemp("sharing") / "aime.db"
    async with open_database(path) as database:
        await migrate(database)
        await store(database, ASKER, *made(mine))
        for user_id, (shares, copies) in people.items():
            await store(database, user_id, *made(copies))
            await share(database, user_id, on=shares)
        records = SharedRecords(database, clock=HandClock())
        owners = await records.who(ASKER, "blue", PLACE, everybody)
        compared = {
            user_id: await records.compare(ASKER, user_id, PLACE, everybody) for user_id in people
        }

    sharing = {user_id: copies for user_id, (shares, copies) in people.items() if shares}
    assert counted(owners) == {
        user_id: count
        for user_id, copies in sharing.items()
        if (count := sum("Blue" in title for _, _, title in copies))
    }
    assert {
        user_id: found.counts[Section.BOTH] for user_id, found in compared.items() if found
    } == {
        user_id: len({each[0] for each in mine} & {each[0] for each in copies})
        for user_id, copies in sharing.items()
    }


def counted(owners: Owners) -> dict[int, int]:
    return {each.user_id: each.copies for each in owners.people}
