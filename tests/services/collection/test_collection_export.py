"""Files for Discogs' importer, for programs and for people."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from fakes.clock import WALL_START
from fakes.copies import BLUE_TRAIN, SHELF, FakeAccounts, make_copy, store
from harness.collections import HandClock, Library

from services.collection.export import file_name
from services.collection.models import Entry, ExportFormat
from services.discogs.shelf_models import Format, LabelLine
from services.errors import NotLinked
from services.storage.collection_models import NameKind
from services.storage.collections import CollectionRepository
from services.storage.database import Database

ME = 42
HEADER = [
    "Catalog#",
    "Artist",
    "Title",
    "Label",
    "Format",
    "Rating",
    "Released",
    "release_id",
    "CollectionFolder",
    "Date Added",
    "Collection Media Condition",
    "Collection Sleeve Condition",
    "Collection Notes",
]


@pytest.fixture
def library(database: Database) -> Library:
    return Library(database, clock=HandClock(), accounts=FakeAccounts(readers={ME}))


async def exported(library: Library, kind: ExportFormat) -> str:
    return (await library.service.export(ME, kind)).content.decode()


async def csv_rows(library: Library) -> list[dict[str, str]]:
    text = await exported(library, ExportFormat.CSV)
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def test_csv_is_what_discogs_writes(database: Database, library: Library) -> None:
    await store(database, ME, BLUE_TRAIN, synced_at=WALL_START)
    async with database.write() as transaction:
        await CollectionRepository().save_names(transaction, ME, NameKind.FOLDER, {1: "Jazz"})

    export = await library.service.export(ME, ExportFormat.CSV)

    header, line = csv.reader(io.StringIO(export.content.decode(), newline=""))
    assert header == HEADER
    assert line == [
        "BLP 1577",
        "John Coltrane",
        "Blue Train",
        "Blue Note",
        "Vinyl, LP, Album, Mono",
        "5",
        "1957",
        "1001",
        "Jazz",
        "2020-01-02 00:00:00",
        "",
        "",
        "from Zürich",
    ]
    assert export.copies == 1
    assert export.filename == "discogs-user42-2026-11-23.csv"


async def test_csv_has_the_fields_that_the_owner_made(database: Database, library: Library) -> None:
    await store(database, ME, make_copy(1, notes=((1, "Mint (M)"), (5, "shelf 3"))))
    async with database.write() as transaction:
        fields = {1: "Media Condition", 5: "Where"}
        await CollectionRepository().save_names(transaction, ME, NameKind.FIELD, fields)

    [row] = await csv_rows(library)

    assert list(row) == [*HEADER, "Collection Where"]
    assert row["Collection Media Condition"] == "Mint (M)"
    assert row["Collection Where"] == "shelf 3"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", '=HYPERLINK("x")'])
async def test_csv_has_no_cell_that_a_spreadsheet_runs(
    database: Database, library: Library, text: str
) -> None:
    copy = make_copy(
        1,
        text,
        artist=text,
        labels=(LabelLine(name=text, catno=text),),
        formats=(Format(name=text),),
        notes=((3, text),),
    )
    await store(database, ME, copy)

    [row] = await csv_rows(library)

    cells = [row[name] for name in ("Artist", "Title", "Label", "Catalog#", "Format")]
    assert [*cells, row["Collection Notes"]] == [f"'{text}"] * 6
    assert row["release_id"] == "1001"


async def test_csv_keeps_lines_quotes_and_commas_apart(
    database: Database, library: Library
) -> None:
    title = 'One, "two"\nthree; four'
    await store(database, ME, make_copy(1, title, year=None, added_at=None), make_copy(2))

    rows = await csv_rows(library)

    assert [row["Title"] for row in rows] == ["Blue Train", title]
    assert (rows[1]["Released"], rows[1]["Date Added"], rows[1]["Rating"]) == ("0", "", "")


async def test_json_has_every_field(database: Database, library: Library) -> None:
    await store(database, ME, *SHELF, synced_at=WALL_START)
    await library.service.add(ME, Entry(artist="Nina Simone", title="Pastel Blues"))

    whole = json.loads(await exported(library, ExportFormat.JSON))

    assert whole["username"] == "user42"
    assert whole["exported_at"] == "2026-11-23T12:00:00Z"
    assert "Data provided by Discogs" in whole["source"]
    titles = [copy["title"] for copy in whole["copies"]]
    assert titles == ["!!!", "Homogenic", "Blue Train", "Pastel Blues", "東京事変 新堂"]
    assert whole["copies"][2]["labels"] == [{"name": "Blue Note", "catno": "BLP 1577"}]
    assert whole["copies"][3]["instance_id"] is None


async def test_json_of_nothing_is_json(library: Library) -> None:
    assert json.loads(await exported(library, ExportFormat.JSON))["copies"] == []


async def test_markdown_is_a_table_whatever_the_names(database: Database, library: Library) -> None:
    copy = make_copy(
        1,
        "a|b [x](y)\n`c`",
        artist="*Star* <b>",
        year=1999,
        rating=2,
        formats=(Format(name="Vinyl", quantity=2, descriptions=("LP",), text="red"),),
        labels=(LabelLine(name="L_1", catno="X|1"),),
    )
    await store(database, ME, copy)

    text = await exported(library, ExportFormat.MARKDOWN)

    assert "Data provided by Discogs" in text
    assert text.splitlines()[-1] == (
        r"| \*Star\* \<b\> | [a\|b \[x\](y) \`c\`](https://www.discogs.com/release/1001) | 1999 "
        r"| 2xVinyl, LP, red | L\_1 X\|1 | ★★ |  |"
    )


@pytest.mark.parametrize("kind", ExportFormat)
async def test_export_of_many_has_each_copy_once(
    database: Database, library: Library, kind: ExportFormat
) -> None:
    await store(database, ME, *(make_copy(n, f"Title {n:04}") for n in range(1, 452)))

    export = await library.service.export(ME, kind)

    text = export.content.decode()
    assert export.copies == 451
    assert [text.count(f"Title {n:04}") for n in range(1, 452)] == [1] * 451


async def test_export_needs_an_account(library: Library) -> None:
    with pytest.raises(NotLinked):
        await library.service.export(1, ExportFormat.CSV)


@pytest.mark.parametrize(
    ("username", "expected"),
    [
        ("Vinyl.Fan-1", "discogs-Vinyl.Fan-1-2026-01-02.md"),
        ("../../etc", "discogs-etc-2026-01-02.md"),
        ("日本", "discogs-collection-2026-01-02.md"),
    ],
)
def test_file_name_is_harmless(username: str, expected: str) -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)

    assert file_name(ExportFormat.MARKDOWN, username, now) == expected
