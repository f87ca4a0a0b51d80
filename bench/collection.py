"""What looking at 10,000 copies costs: the service against the same SQL through sqlite3 alone."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, event

from bench.databases import Pair, sqlite_pair
from bench.report import Row, milliseconds, print_section
from bench.timing import measure
from services.collection.changes import CollectionChanges
from services.collection.models import Filters, Sort
from services.collection.ports import Shelf
from services.collection.rows import row_of
from services.collection.service import CollectionService
from services.discogs.accounts import DiscogsAccount
from services.discogs.shelf_models import Copy, Format, LabelLine, Pressing
from services.jobs.queue import JobQueue
from services.resilience.clock import SystemClock
from services.storage.collection_entries import LocalEntries
from services.storage.collections import CollectionRepository
from services.storage.database import Database

COPIES: Final = 10_000
_PER_PAGE: Final = 100
_LOOKS: Final = 3
OWNER: Final = 80_351_110_224_678_912
_WORDS: Final = tuple(
    word
    for line in (
        "blue train giant steps love supreme kind of night dub garden electric lady miles",
        "coltrane davis monk nina simone björk velvet under ground motor city soul radio rain",
    )
    for word in line.split()
)

_Ask = Callable[[CollectionService], Awaitable[object]]
_QUESTIONS: Final[dict[str, _Ask]] = {
    "browse, newest first": lambda s: s.browse(OWNER, Filters()),
    "browse by artist, page 800": lambda s: s.browse(OWNER, Filters(), sort=Sort.ARTIST, page=800),
    "browse, genre and decade": lambda s: s.browse(OWNER, Filters(genre="Jazz", decade=1960)),
    "full text, a frequent word": lambda s: s.browse(OWNER, Filters(text="blue")),
    "full text, two beginnings": lambda s: s.browse(OWNER, Filters(text="colt sup")),
    "autocompletion": lambda s: s.find(OWNER, "mon"),
}


def bench_collection(runner: asyncio.Runner) -> None:
    """Compare each question with its own statements, run again without anything around them."""
    with sqlite_pair(runner) as pair:
        runner.run(fill(pair.database))
        service = _service(pair.database)
        rows: list[Row] = []
        for what, ask in _QUESTIONS.items():
            rows += _compare(runner, pair, service, what, ask)
    print_section(
        f"(i) Looking at {COPIES:,} copies on SQLite",
        "all statements of the same call, through sqlite3 from the standard library",
        rows,
    )


@dataclass(frozen=True, slots=True)
class Statement:
    """One that was run."""

    sql: str
    parameters: tuple[Any, ...]


def _compare(
    runner: asyncio.Runner, pair: Pair, service: CollectionService, what: str, ask: _Ask
) -> list[Row]:
    with recorded() as statements:
        runner.run(_repeat(service, ask, 1))
    timings = measure(
        {
            "raw": lambda: replay(pair, statements),
            "ours": lambda: runner.run(_repeat(service, ask, _LOOKS)),
        },
        operations=_LOOKS,
    )
    return [
        Row(f"{what}, raw", None, milliseconds(timings.of("raw").median)),
        Row(what, timings.ratio("ours", "raw"), milliseconds(timings.of("ours").median)),
    ]


async def _repeat(service: CollectionService, ask: _Ask, times: int) -> None:
    for _ in range(times):
        await ask(service)


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """Note the statements that are run in the block."""
    statements: list[Statement] = []

    def note(_connection: object, _cursor: object, sql: str, parameters: Any, *_: object) -> None:  # noqa: ANN401  # the driver's own
        if not sql.startswith("BEGIN"):
            statements.append(Statement(sql, tuple(parameters)))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def replay(pair: Pair, statements: list[Statement], times: int = _LOOKS) -> None:
    """Run the statements of a call through sqlite3 alone, so often."""
    for _ in range(times):
        pair.raw.execute("BEGIN")
        for statement in statements:
            pair.raw.execute(statement.sql, statement.parameters).fetchall()
        pair.raw.execute("COMMIT")


async def fill(database: Database) -> None:
    """Store ``COPIES`` copies of ``OWNER``."""
    chance = random.Random(6)  # noqa: S311  # the same records in every run
    collections = CollectionRepository()
    copies = [_copy(number, chance) for number in range(1, COPIES + 1)]
    async with database.write() as transaction:
        await collections.open(transaction, OWNER, "collector")
        generation = await collections.begin_generation(transaction, OWNER) or 0
        for start in range(0, COPIES, _PER_PAGE):
            rows = [row_of(copy) for copy in copies[start : start + _PER_PAGE]]
            page = start // _PER_PAGE + 1
            await collections.write_page(transaction, OWNER, generation, page, rows)
        await collections.publish(transaction, OWNER, generation)
        await collections.change(transaction, OWNER, synced_at=SystemClock().now())


def _copy(number: int, chance: random.Random) -> Copy:
    def words(most: int) -> str:
        return " ".join(chance.choices(_WORDS, k=chance.randint(1, most))).title()

    pressing = Pressing(
        release_id=number,
        title=words(4),
        artist=words(2),
        year=chance.randint(1950, 2025),
        formats=(Format(name="Vinyl", descriptions=("LP", "Album")),),
        labels=(LabelLine(name=f"{words(1)} Records", catno=f"BLP {number}"),),
        genres=(chance.choice(("Jazz", "Rock", "Electronic")),),
        styles=(chance.choice(("Hard Bop", "Dub", "Ambient")),),
        thumb_url=f"https://i.discogs.com/{number:064}.jpeg",
        cover_url=f"https://i.discogs.com/{number:064}.jpeg",
    )
    added_at = datetime(2010, 1, 1, tzinfo=UTC) + timedelta(hours=7 * number)
    return Copy(instance_id=number, pressing=pressing, added_at=added_at, rating=number % 6)


class Surroundings:
    """An account, and a sync that has nothing to do."""

    async def account(self, user_id: int, /) -> DiscogsAccount | None:
        """Return an account that was linked by its name."""
        return DiscogsAccount(user_id=user_id, username="collector")

    async def start(self, user_id: int, /) -> bool:
        """Never needed here; likewise the two below."""
        raise NotImplementedError

    async def freshen(self, user_id: int, /, within: float) -> bool:
        """What is stored is fresh."""
        raise NotImplementedError

    def shelf(self, account: DiscogsAccount) -> Shelf:
        """Nothing is changed."""
        raise NotImplementedError


def _service(database: Database) -> CollectionService:
    clock, surroundings, collections = SystemClock(), Surroundings(), CollectionRepository()
    changes = CollectionChanges(
        database=database,
        collections=collections,
        entries=LocalEntries(),
        accounts=surroundings,
        open_shelf=surroundings.shelf,
        queue=JobQueue(database, clock=clock),
        clock=clock,
    )
    return CollectionService(
        database=database,
        collections=collections,
        accounts=surroundings,
        sync=surroundings,
        changes=changes,
        clock=clock,
        chance=random.Random(6),  # noqa: S311  # the same picks in every run
        stale_seconds=6 * 3_600.0,
    )
