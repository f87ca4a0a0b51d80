"""What a picture of numbers is made of: panels, with every text ready in the reader's language.

``bot.ui.charts`` makes them; ``bot.ui.drawing``, in a process of its own, puts them on paper. This
module is all that the two share, so that a process that draws need not load a bot.
"""

from typing import Final

import msgspec

LENGTH_BYTES: Final = 4
"""What stands before each message between the two processes: its length."""


class Mark(msgspec.Struct, frozen=True):
    """A text at a place of an axis, in the axis' own units."""

    at: float
    text: str


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A horizontal bar.

    Attributes:
        label: What stands before it, in any script and of any length.
        substitute: What stands there instead when the label cannot be drawn.
        value: Its length.
        shown: The value as text.
    """

    label: str
    substitute: str
    value: float
    shown: str


class Bars(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Horizontal bars, the first on top."""

    title: str
    bars: tuple[Bar, ...]


class Columns(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Columns side by side.

    Attributes:
        title: Above them.
        labels: Below each.
        values: One a column.
        lines: A second value for each, drawn as a step over it; empty for none.
        line_name: What the second values are.
        marks: Of the vertical axis.
    """

    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    lines: tuple[float, ...] = ()
    line_name: str = ""
    marks: tuple[Mark, ...] = ()


class Line(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A line over time.

    Attributes:
        title: Above it.
        days: Proleptic ordinals, ascending.
        values: One a day.
        said_first: The first value as text.
        said_last: The last value as text.
        is_stepped: The value stays until the next day; else the line is straight between them.
        day_marks: Of the horizontal axis.
        marks: Of the vertical axis, the lowest first and the highest last: they are its range.
    """

    title: str
    days: tuple[int, ...]
    values: tuple[float, ...]
    said_first: str
    said_last: str
    is_stepped: bool = False
    day_marks: tuple[Mark, ...] = ()
    marks: tuple[Mark, ...] = ()


Panel = Bars | Columns | Line


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A picture: rows of panels, and its size in pixels."""

    rows: tuple[tuple[Panel, ...], ...]
    width: int = 1_000
    height: int = 640


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a chart: a PNG, or the kind of error that it ended with."""

    png: bytes = b""
    error: str = ""
