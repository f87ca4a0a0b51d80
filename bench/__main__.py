"""Run every benchmark: ``python -m bench``."""

import asyncio
import platform
import time

from bench.cards import bench_cards
from bench.discogs_walk import bench_walks
from bench.parsing import bench_pages
from bench.policy import bench_calls, bench_requests
from bench.report import write
from bench.streams import bench_decoder
from bench.timing import ROUNDS


def main() -> None:
    """Print one table per question."""
    started = time.perf_counter()
    write(
        f"Python {platform.python_version()}; medians of {ROUNDS} interleaved rounds, CPU time, "
        "no garbage collection inside a round. Compare ratios, not times."
    )
    with asyncio.Runner() as runner:
        bench_calls(runner)
        bench_requests(runner)
    bench_decoder()
    bench_pages()
    bench_cards()
    bench_walks()
    write(f"\n{time.perf_counter() - started:.0f} s in all")


if __name__ == "__main__":
    main()
