"""Run every benchmark: ``python -m bench``; ``--postgres URL`` adds one of a real server."""

import argparse
import asyncio
import platform
import time

from bench.cards import bench_cards
from bench.collection import bench_collection
from bench.discogs_parse import bench_collection_pages
from bench.discogs_walk import bench_walks
from bench.jobs import bench_jobs, bench_postgres_jobs
from bench.parsing import bench_pages
from bench.policy import bench_calls, bench_requests
from bench.report import write
from bench.storage import bench_stalls, bench_statements
from bench.streams import bench_decoder
from bench.sync import bench_sync
from bench.timing import ROUNDS


def main() -> None:
    """Print one table per question."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure our layers.")
    parser.add_argument("--postgres", metavar="URL", help="an empty database to fill with jobs")
    postgres: str | None = parser.parse_args().postgres
    started = time.perf_counter()
    write(
        f"Python {platform.python_version()}; medians of {ROUNDS} interleaved rounds, CPU time, "
        "no garbage collection inside a round. Compare ratios, not times."
    )
    with asyncio.Runner() as runner:
        bench_calls(runner)
        bench_requests(runner)
        bench_statements(runner)
        bench_stalls(runner)
        bench_jobs(runner)
        bench_postgres_jobs(runner, postgres)
        bench_collection(runner)
        bench_sync(runner)
    bench_decoder()
    bench_pages()
    bench_collection_pages()
    bench_cards()
    bench_walks()
    write(f"\n{time.perf_counter() - started:.0f} s in all")


if __name__ == "__main__":
    main()
