"""Run every benchmark: ``python -m bench``; ``--only NAME`` runs single ones."""

import argparse
import asyncio
import platform
import time
from collections.abc import Callable, Mapping

from bench.cards import bench_cards
from bench.channel_streams import bench_channel_streams
from bench.collection import bench_collection
from bench.digests import bench_digests
from bench.discogs_parse import bench_collection_pages
from bench.discogs_walk import bench_walks
from bench.jobs import bench_jobs, bench_postgres_jobs
from bench.music import bench_music
from bench.outages import bench_outages
from bench.parsing import bench_pages
from bench.policy import bench_calls
from bench.report import write
from bench.requests import bench_requests
from bench.soak import bench_soak
from bench.spotify_parse import bench_spotify_pages
from bench.statistics import bench_statistics
from bench.storage import bench_stalls, bench_statements
from bench.streaming import bench_streaming
from bench.streams import bench_decoder
from bench.sync import bench_sync
from bench.timing import ROUNDS


def main() -> None:
    """Print one table per question."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure our layers.")
    parser.add_argument("--postgres", metavar="URL", help="an empty database to fill with jobs")
    parser.add_argument("--only", metavar="NAME", action="append", help="repeat for several")
    options = parser.parse_args()
    sections = _sections(options.postgres)
    only: list[str] = options.only or list(sections)
    if unknown := [name for name in only if name not in sections]:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(sections)}")
    started = time.perf_counter()
    write(
        f"Python {platform.python_version()}; medians of {ROUNDS} interleaved rounds, CPU time, "
        "no garbage collection inside a round. Compare ratios, not times."
    )
    for name in only:
        sections[name]()
    write(f"\n{time.perf_counter() - started:.0f} s in all")


def _sections(postgres: str | None) -> Mapping[str, Callable[[], None]]:
    def with_loop(bench: Callable[[asyncio.Runner], None]) -> Callable[[], None]:
        def run() -> None:
            with asyncio.Runner() as runner:
                bench(runner)

        return run

    return {
        "calls": bench_calls,
        "requests": bench_requests,
        "outages": bench_outages,
        "soak": bench_soak,
        "walks": bench_walks,
        "statements": with_loop(bench_statements),
        "stalls": with_loop(bench_stalls),
        "jobs": with_loop(bench_jobs),
        "postgres": with_loop(lambda runner: bench_postgres_jobs(runner, postgres)),
        "decoder": bench_decoder,
        "streaming": with_loop(bench_streaming),
        "channel streams": bench_channel_streams,
        "pages": bench_pages,
        "collection": with_loop(bench_collection),
        "statistics": with_loop(bench_statistics),
        "collection pages": bench_collection_pages,
        "spotify pages": bench_spotify_pages,
        "sync": with_loop(bench_sync),
        "digests": with_loop(bench_digests),
        "cards": bench_cards,
        "music": with_loop(bench_music),
    }


if __name__ == "__main__":
    main()
