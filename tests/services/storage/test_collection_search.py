"""What filters, sorts and full-text search find, on both databases."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes import collection_model
from fakes.copies import FIRST_DAY, HOMOGENIC, SHELF, make_copy, store
from harness.databases import open_database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from services.collection.models import Filters, Sort
from services.collection.rows import query_of
from services.discogs.shelf_models import Copy, Format, LabelLine
from services.storage.collection_conditions import has_words
from services.storage.collection_models import ItemOrder, ItemQuery, NameKind, NameList
from services.storage.collection_reader import CollectionReader
from services.storage.collections import CollectionRepository
from services.storage.database import Database
from services.storage.migrating import migrate
from services.storage.tables import COLLECTION_ITEMS

ME = 42
READER, COLLECTIONS = CollectionReader(), CollectionRepository()
FOLDERS = {1: "Uncategorized", 7: "Björk & friends"}
people = itertools.count(1_000)


async def found(
    database: Database, query: ItemQuery, order: ItemOrder = ItemOrder.ADDED, user_id: int = ME
) -> list[int | None]:
    async with database.read() as transaction:
        records = await READER.page(transaction, user_id, query, order=order, offset=0, limit=1_000)
        assert await READER.count(transaction, user_id, query) == len(records)
    return [record.instance_id for record in records]


async def save_folders(database: Database, user_id: int) -> None:
    async with database.write() as transaction:
        await COLLECTIONS.save_names(transaction, user_id, NameKind.FOLDER, FOLDERS)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param(Filters(), [4, 2, 1, 3], id="everything, newest first, undated last"),
        pytest.param(Filters(text="tra col"), [1], id="beginnings of words, any order"),
        pytest.param(Filters(text="rain"), [], id="not the middle of a word"),
        pytest.param(Filters(text="BJORK"), [2], id="without case and accents"),
        pytest.param(Filters(text="blp1577"), [1], id="catalogue number without its space"),
        pytest.param(Filters(text="BLP 1577"), [1], id="catalogue number as printed"),
        pytest.param(Filters(text="zurich"), [1], id="notes"),
        pytest.param(Filters(text="gold lab"), [4], id="label"),
        pytest.param(Filters(text="京事"), [3], id="part of a title in Japanese"),
        pytest.param(Filters(text="林檎 東"), [3], id="parts of artist and title"),
        pytest.param(Filters(text="!!!"), [4], id="a band without letters"),
        pytest.param(Filters(text='" OR "x* NOT ('), [], id="syntax of FTS5 is only text"),
        pytest.param(Filters(text="'x':* & !b | <->"), [], id="syntax of tsquery is only text"),
        pytest.param(Filters(text="\u200b "), [4, 2, 1, 3], id="nothing to see"),
        pytest.param(Filters(artist="jork"), [2], id="part of the artist"),
        pytest.param(Filters(artist="%"), [], id="a wildcard is only text"),
        pytest.param(Filters(genre="jazz"), [1], id="genre"),
        pytest.param(Filters(genre="jaz"), [], id="no part of a genre"),
        pytest.param(Filters(style="hard bop"), [1], id="style"),
        pytest.param(Filters(label="little"), [2], id="part of a label"),
        pytest.param(Filters(format="vinyl"), [4, 1], id="format"),
        pytest.param(Filters(format='7"'), [4], id="description of a format"),
        pytest.param(Filters(decade=1990), [2], id="decade"),
        pytest.param(Filters(from_year=1957, to_year=1997), [2, 1], id="years, included"),
        pytest.param(Filters(decade=1990, from_year=1998), [], id="decade and year"),
        pytest.param(Filters(from_year=-5, to_year=10**12), [4, 2, 1], id="senseless years"),
        pytest.param(Filters(folder="bjork"), [2], id="part of a folder's name"),
        pytest.param(Filters(folder="nowhere"), [], id="no such folder"),
        pytest.param(Filters(min_rating=3), [4, 1], id="rating"),
        pytest.param(Filters(added_since=HOMOGENIC.added_at), [4, 2], id="added since"),
        pytest.param(Filters(text="album", genre="jazz"), [], id="formats are no words"),
    ],
)
async def test_filters_let_through(
    database: Database, filters: Filters, expected: list[int]
) -> None:
    await store(database, ME, *SHELF)
    await save_folders(database, ME)

    assert await found(database, query_of(filters)) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        pytest.param(ItemOrder.ADDED, [4, 2, 1, 3], id="newest first, undated last"),
        pytest.param(ItemOrder.ARTIST, [4, 2, 1, 3], id="artist"),
        pytest.param(ItemOrder.TITLE, [4, 1, 2, 3], id="title"),
        pytest.param(ItemOrder.YEAR, [1, 2, 4, 3], id="oldest first, unknown last"),
        pytest.param(ItemOrder.LABEL, [1, 4, 2, 3], id="label, none last"),
        pytest.param(ItemOrder.RATING, [1, 4, 2, 3], id="best first"),
    ],
)
async def test_orders(database: Database, order: ItemOrder, expected: list[int]) -> None:
    await store(database, ME, *SHELF)

    assert await found(database, ItemQuery(), order) == expected


async def test_words_of_a_replaced_generation_find_nothing(database: Database) -> None:
    await store(database, ME, make_copy(1, "Blue Train"))
    await store(database, ME, make_copy(1, "Giant Steps"))

    assert await found(database, ItemQuery(text="blue")) == []
    assert await found(database, ItemQuery(text="giant")) == [1]


async def test_very_long_texts_are_stored_and_searched(database: Database) -> None:
    novel = " ".join(f"word{number}" for number in range(5_000))
    await store(database, ME, make_copy(1, "x" * 5_000, notes=((3, novel),)))

    assert await found(database, ItemQuery(text="word17 xxx")) == [1]
    assert await found(database, ItemQuery(text=novel)) == [1]
    assert await found(database, ItemQuery(artist="y" * 6_000)) == []


async def test_names_are_listed_with_the_most_frequent_first(database: Database) -> None:
    copies = [
        make_copy(1, genres=("Jazz", "Funk / Soul"), labels=(LabelLine(name="Blue Note"),)),
        make_copy(2, genres=("Jazz",), formats=(Format(name="CD", descriptions=("Album",)),)),
        make_copy(3, genres=("Électronique",), styles=("Deep Soul",)),
    ]
    await store(database, ME, *copies)

    async with database.read() as transaction:
        listed = [
            await READER.listed(transaction, ME, names, prefix, 25)
            for names, prefix in (
                (NameList.GENRES, ""),
                (NameList.GENRES, "so"),
                (NameList.GENRES, "ELEC"),
                (NameList.STYLES, "soul"),
                (NameList.LABELS, "n"),
                (NameList.FORMATS, ""),
                (NameList.FORMATS, "%"),
            )
        ]
        one = await READER.listed(transaction, ME, NameList.GENRES, "", 1)

    assert listed == [
        ["Jazz", "Funk / Soul", "Électronique"],
        ["Funk / Soul"],
        ["Électronique"],
        ["Deep Soul"],
        ["Blue Note"],
        ["Album", "CD"],
        [],
    ]
    assert one == ["Jazz"]


async def test_batches_bring_every_copy_once_by_artist_and_title(database: Database) -> None:
    await store(database, ME, *(make_copy(n, f"Title {n % 3}") for n in range(1, 24)))
    batches, after = [], None

    async with database.read() as transaction:
        for _ in range(5):
            records, after = await READER.batch(transaction, ME, after=after, limit=5)
            batches.append([record.instance_id for record in records])

    assert after is None
    everything = [number for batch in batches for number in batch]
    assert everything == await found(database, ItemQuery(), ItemOrder.ARTIST)
    assert sorted(number or 0 for number in everything) == list(range(1, 24))


NAMES = st.sampled_from(
    [
        "Miles Davis",
        "miles  davis",
        "Björk",
        "Bjork",
        "!!!",
        "東京事変",
        "東京",
        "'; DROP TABLE x; --",
        '100% "Pure" _ Love\\',
        "Ǆ ǅ ﬃ Straße STRASSE",
        "مرحبا",
        "7-Inch Mix (Pt. 2)",
        "ÅÄÖ aao",
        "🎺",
        "a",
    ]
)
HOSTILE = st.one_of(
    NAMES, st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf"]), max_size=6)
)
YEARS = st.none() | st.integers(1948, 1972)


@st.composite
def copies(draw: st.DrawFn) -> list[Copy]:
    return [
        make_copy(
            number,
            draw(NAMES | HOSTILE.filter(str.strip)),
            artist=draw(NAMES),
            year=draw(YEARS),
            rating=draw(st.integers(0, 5)),
            folder_id=draw(st.sampled_from([0, 1, 7])),
            added_at=draw(st.none() | st.just(FIRST_DAY + timedelta(days=number % 4))),
            genres=tuple(draw(st.lists(st.sampled_from(["Jazz", "Funk / Soul"]), max_size=2))),
            labels=tuple(
                LabelLine(name=draw(NAMES), catno=draw(st.none() | st.just("BLP 15-77")))
                for _ in range(draw(st.integers(0, 2)))
            ),
            formats=(
                Format(
                    name="Vinyl", descriptions=tuple(draw(st.sets(st.sampled_from(["LP", '7"']))))
                ),
            ),
            notes=tuple((3, note) for note in draw(st.lists(HOSTILE, max_size=1))),
        )
        for number in range(1, draw(st.integers(0, 12)) + 1)
    ]


def given_filters() -> st.SearchStrategy[Filters]:
    nothing = st.just("")
    options: dict[str, st.SearchStrategy[Any]] = {
        "text": nothing
        | HOSTILE
        | st.sampled_from(["mil", "dav mi", "京", "bjo", "blp15", "15 77"]),
        "artist": nothing | NAMES | st.sampled_from(["davis", "%", "jör"]),
        "genre": nothing | st.sampled_from(["jazz", "Funk Soul", "funk"]),
        "label": nothing | NAMES,
        "format": nothing | st.sampled_from(["vinyl", "lp", '7"', "CD"]),
        "folder": nothing | st.sampled_from(["bjork", "categ", "none"]),
        "decade": st.none() | st.sampled_from([1950, 1960]),
        "from_year": YEARS,
        "to_year": YEARS,
        "min_rating": st.none() | st.integers(1, 5),
        "added_since": st.none() | st.just(FIRST_DAY + timedelta(days=2)),
    }
    # Few at a time: all of them together let nothing through.
    return st.lists(st.sampled_from(sorted(options)), max_size=2, unique=True).flatmap(
        lambda names: st.builds(Filters, **{name: options[name] for name in names})
    )


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    copies=copies(),
    filters=st.lists(given_filters(), min_size=1, max_size=8),
    sort=st.sampled_from(Sort),
)
async def test_browse_shows_what_plain_python_does(
    database: Database, copies: list[Copy], filters: list[Filters], sort: Sort
) -> None:
    user_id = next(people)
    await store(database, user_id, *copies)
    await save_folders(database, user_id)

    shown = [
        await found(database, query_of(each), ItemOrder(sort.value), user_id) for each in filters
    ]

    assert shown == [collection_model.browse(copies, each, sort, FOLDERS) for each in filters]


async def test_pages_cut_the_order_without_gap_or_overlap(database: Database) -> None:
    await store(database, ME, *(make_copy(n, rating=n % 2) for n in range(1, 14)))

    async with database.read() as transaction:
        pages = [
            await READER.page(
                transaction, ME, ItemQuery(), order=ItemOrder.RATING, offset=offset, limit=5
            )
            for offset in (0, 5, 10, 15)
        ]

    assert [len(page) for page in pages] == [5, 5, 3, 0]
    cut = [record.instance_id for page in pages for record in page]
    assert cut == await found(database, ItemQuery(), ItemOrder.RATING)


async def test_instant_in_another_time_zone_is_compared_as_an_instant(database: Database) -> None:
    await store(database, ME, make_copy(1, added_at=datetime(2020, 5, 1, 22, 0, tzinfo=UTC)))
    since = datetime.fromisoformat("2020-05-02T00:00:00+02:00")

    assert await found(database, ItemQuery(added_since=since)) == [1]
    assert await found(database, ItemQuery(added_since=since + timedelta(seconds=1))) == []


async def test_postgres_looks_words_up_in_its_index(postgres_url: str) -> None:
    async with open_database(postgres_url) as database:
        await migrate(database)
        condition = has_words("blue tra", user_id=ME, is_postgres=True)
        statement = select(COLLECTION_ITEMS.c.row_id).where(condition)
        dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
        sql = str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))

        async with database.read() as transaction:
            # Of an empty table, reading all of it is the cheaper way.
            await transaction.execute(text("SET LOCAL enable_seqscan = off"))
            explain = "EXPLAIN " + sql.replace(":", "\\:")
            plan = (await transaction.execute(text(explain))).scalars().all()

    assert any("collection_search" in line for line in plan)
