"""Interleaved rounds with the garbage collector under control.

Absolute times depend on the machine, its load and on who pays for the cyclic collector; the ratio
of two blocks timed one after the other, repeated many times, hardly does. ``gc.collect()`` before
each block and no collection inside it, because without that a ratio is bimodal (measured:
``resilience-research.md`` 5.3).
"""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

ROUNDS = 21


@dataclass(frozen=True, slots=True)
class Quartiles:
    """A median with the quartiles around it."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Quartiles":
        """Return the quartiles of ``values``."""
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(low, median, high)


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds per operation of each block, one value per round."""

    seconds: Mapping[str, Sequence[float]]

    def of(self, name: str) -> Quartiles:
        """Return the seconds per operation of a block."""
        return Quartiles.of(self.seconds[name])

    def ratio(self, name: str, baseline: str) -> Quartiles:
        """Return how many times the baseline a block takes, round by round."""
        pairs = zip(self.seconds[name], self.seconds[baseline], strict=True)
        return Quartiles.of([value / base for value, base in pairs])

    def added(self, name: str, baseline: str) -> Quartiles:
        """Return the seconds per operation that a block takes on top of the baseline."""
        pairs = zip(self.seconds[name], self.seconds[baseline], strict=True)
        return Quartiles.of([value - base for value, base in pairs])


def measure(
    blocks: Mapping[str, Callable[[], object]],
    *,
    operations: int,
    rounds: int = ROUNDS,
    clock: Callable[[], float] = time.process_time,
) -> Timings:
    """Time the blocks in turn, ``rounds`` times; every other round in reverse order.

    Args:
        blocks: Each does the same number of operations.
        operations: That number.
        rounds: 21 or more, for quartiles that mean something.
        clock: CPU time of this process, all threads; ``time.perf_counter`` for what waits for a
            disk, where CPU time would leave out the waiting.
    """
    seconds: dict[str, list[float]] = {name: [] for name in blocks}
    for block in blocks.values():
        block()  # imports, caches and specialised bytecode are warm from here on
    for number in range(rounds):
        order = list(blocks) if number % 2 == 0 else list(blocks)[::-1]
        for name in order:
            seconds[name].append(_timed(blocks[name], clock) / operations)
    return Timings(seconds)


def _timed(block: Callable[[], object], clock: Callable[[], float]) -> float:
    gc.collect()
    gc.disable()
    try:
        started = clock()
        block()
        return clock() - started
    finally:
        gc.enable()
