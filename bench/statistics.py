"""What counting 10,000 copies costs against the same SQL alone, and what its pictures cost."""

import asyncio
import time
from datetime import date
from typing import Final

from bench.collection import COPIES, OWNER, Surroundings, fill, recorded, replay
from bench.databases import sqlite_pair
from bench.report import Row, milliseconds, print_section
from bench.timing import measure
from bot.i18n import Catalogue
from bot.ui.charts import statistics_charts
from bot.ui.drawing import draw
from services.collection.freshness import Freshness
from services.collection.statistics import CollectionStatistics
from services.collection.statistics_models import Statistics
from services.resilience.clock import SystemClock
from services.storage.collections import CollectionRepository
from services.storage.database import Database

_TODAY: Final = date(2026, 11, 26)


def bench_statistics(runner: asyncio.Runner) -> None:
    """Compare the numbers with their own statements, and draw them."""
    with sqlite_pair(runner) as pair:
        runner.run(fill(pair.database))
        service = _service(pair.database)
        with recorded() as statements:
            statistics = runner.run(service.of(OWNER))
        timings = measure(
            {
                "raw": lambda: replay(pair, statements, times=1),
                "ours": lambda: runner.run(service.of(OWNER)),
            },
            operations=1,
            clock=time.perf_counter,  # aiosqlite's thread waits for ours, and ours for it
        )
    ratio = timings.ratio("ours", "raw")
    print_section(
        f"(j) The numbers of {COPIES:,} copies on SQLite",
        "all statements of the same call, through sqlite3 from the standard library",
        [
            Row("raw", None, milliseconds(timings.of("raw").median)),
            Row("stats", ratio, milliseconds(timings.of("ours").median)),
            *_pictures(statistics),
        ],
    )


def _pictures(statistics: Statistics) -> list[Row]:
    """Return what the pictures cost, drawn here as the process of the bot draws them."""
    charts = statistics_charts(statistics, _TODAY, Catalogue().texts("en"))
    timings = measure({"all": lambda: [draw(chart) for chart in charts]}, operations=1)
    largest = max(len(draw(chart)) for chart in charts)
    cost = milliseconds(timings.of("all").median)
    meaning = f"CPU of both pictures of one answer; the larger one has {largest / 1e3:.0f} KB"
    return [Row("pictures", None, cost, meaning)]


def _service(database: Database) -> CollectionStatistics:
    surroundings, collections = Surroundings(), CollectionRepository()
    freshness = Freshness(
        database=database,
        collections=collections,
        accounts=surroundings,
        sync=surroundings,
        clock=SystemClock(),
        stale_seconds=6 * 3_600.0,
    )
    return CollectionStatistics(database=database, collections=collections, freshness=freshness)
