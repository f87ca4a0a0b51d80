"""A small table on standard output."""

import sys
from dataclasses import dataclass

from bench.timing import Quartiles

_WIDTHS = (34, 22, 12)


@dataclass(frozen=True, slots=True)
class Row:
    """One number and what it means.

    Attributes:
        what: What was measured.
        ratio: How many times the baseline; None for a baseline.
        cost: The absolute value on this machine, with its unit.
        meaning: What to read from it.
    """

    what: str
    ratio: Quartiles | None
    cost: str
    meaning: str = ""


def write(line: str = "") -> None:
    """Write one line."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def print_section(title: str, baseline: str, rows: list[Row]) -> None:
    """Print one table."""
    write(f"\n{title}")
    write(f"  baseline: {baseline}")
    write(f"  {'':{_WIDTHS[0]}}{'× baseline (q1..q3)':>{_WIDTHS[1]}}{'here':>{_WIDTHS[2]}}")
    for row in rows:
        ratio = "1" if row.ratio is None else _ratio(row.ratio)
        cells = f"{row.what:<{_WIDTHS[0]}}{ratio:>{_WIDTHS[1]}}{row.cost:>{_WIDTHS[2]}}"
        write(f"  {cells}")
        if row.meaning:
            write(f"      {row.meaning}")


def microseconds(seconds: float) -> str:
    """Return a short duration with its unit."""
    return f"{seconds * 1e6:.2f} µs"


def milliseconds(seconds: float) -> str:
    """Return a longer duration with its unit."""
    return f"{seconds * 1e3:.2f} ms"


def _ratio(value: Quartiles) -> str:
    return f"{value.median:.2f} ({value.low:.2f}..{value.high:.2f})"
