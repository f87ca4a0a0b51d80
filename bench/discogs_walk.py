"""A walk through a collection against a model of Discogs' window, in virtual time.

No CPU time is measured here: the waits are exact, whatever the machine.
"""

import logging

from bench.discogs_model import RATE, Observations, Scenario, shortest_walk
from bench.report import write
from bench.virtual_time import run_in_virtual_time
from services.resilience.clock import SystemClock

_PAGES = 60
_LONG = 3_000
_SEEDS = range(1, 11)
_SHARE = RATE.permits - RATE.reserve
_FORMULA = (
    f"request n of 0.., anybody's, not before (n // {_SHARE}) * {RATE.window:g} s "
    f"+ (n % {_SHARE}) * {RATE.spacing:g} s"
)


def bench_walks() -> None:
    """Print how long a walk takes, how long people wait meanwhile, and what is refused."""
    logging.getLogger("services.resilience").setLevel(logging.ERROR)
    write("\nA walk through 6,000 items, and the people who ask meanwhile (virtual time)")
    write(f"  baseline: the shortest walk there can be; {_FORMULA}")
    write(
        "  model: 60 requests in any 60 s, trips of 0..0.3 s each way; "
        f"client: {RATE.permits} in {RATE.window:g} s, {RATE.spacing:g} s apart, "
        f"{RATE.reserve} kept for people"
    )
    _print("60 pages, nobody else", [_play(Scenario(pages=_PAGES, seed=s)) for s in _SEEDS], _PAGES)
    for name, scenario in {
        "a person every 10 s": Scenario(pages=_LONG, person_every=10.0),
        "a person every 5 s": Scenario(pages=_LONG, person_every=5.0),
        "five at once every 61 s": Scenario(pages=_LONG, burst_every=61.0),
        "six walkers, a person every 5 s": Scenario(pages=_LONG, walkers=6, person_every=5.0),
        "six walkers, five every 61 s": Scenario(pages=_LONG, walkers=6, burst_every=61.0),
        "another client, 20 %": Scenario(pages=_LONG, person_every=20.0, rival_every=5.0),
        "another client, 20 %, and fives": Scenario(pages=_LONG, burst_every=61.0, rival_every=5.0),
        "another client, 100 % for 300 s": Scenario(
            pages=600, person_every=20.0, rival_every=1.0, rival_until=300.0
        ),
    }.items():
        _print(name, [_play(scenario)], scenario.pages)


def _play(scenario: Scenario) -> Observations:
    return run_in_virtual_time(scenario.run(SystemClock()))


def _print(name: str, seen: list[Observations], pages: int) -> None:
    worst = max(seen, key=lambda observed: observed.walk_seconds)
    least = shortest_walk(worst.requests)
    write(
        f"  {name}: {pages} pages, {worst.requests} requests in {worst.walk_seconds:.1f} s, "
        f"{worst.walk_seconds / least:.3f} x {least:.1f} s"
    )
    waits = sorted(wait for observed in seen for wait in observed.waits)
    if waits:
        p99 = waits[int(0.99 * len(waits))]
        write(f"      {len(waits)} people waited {p99:.2f} s (p99), {waits[-1]:.2f} s (max)")
    bursts = [burst for observed in seen for burst in observed.bursts]
    if bursts:
        write(f"      the last of {len(bursts)} fives waited {max(bursts):.2f} s (max)")
    refusals = [instant for observed in seen for instant in observed.refusals]
    last = f" (the last after {max(refusals):.0f} s)" if refusals else ""
    write(
        f"      429 to us: {len(refusals)}{last}, calls given up: "
        f"{sum(observed.failures for observed in seen)}, busiest 60 s of the server: "
        f"{max(observed.worst_window for observed in seen)}"
    )
