"""Puts a ``Chart`` on paper: what the process of ``bot.ui.pictures`` runs, and nobody else imports.

It reads charts from its standard input and writes what became of them to its output, each after
its length, until the input ends. Loading matplotlib takes half a second, and about 60 MB.

Only the ``Figure`` object is used: pyplot keeps figures of its own, and is not made for threads.
"""

import io
import signal
import sys
from typing import BinaryIO, Final, Literal

import msgspec
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bot.ui.chart import LENGTH_BYTES, Bars, Chart, Columns, Drawn, Line, Mark, Panel
from bot.ui.lettering import DPI, HEADING, TEXT, can_draw, fitting, width_of

_PAPER: Final = "#1e1f22"
_INK: Final = "#f2f3f5"
_GREY: Final = "#b5bac1"
_RULE: Final = "#43454b"
_FIRST: Final = "#f0a94a"
_SECOND: Final = "#6fd3c0"

# Distances in pixels.
_EDGE: Final = 24
_GAP: Final = 40
_TITLE: Final = 58
_LEFT_OF_AXIS: Final = 24
_BELOW_AXIS: Final = 44
_LEFT_OF_BARS: Final = 216
_RIGHT_OF_BARS: Final = 86
_FEWEST_BARS: Final = 5
"""The room for so many is kept, or a single bar would be as thick as its panel is high."""


def main() -> None:
    """Draw what is asked for, one chart after the other."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the bot, which ends the input
    while (chart := _read(sys.stdin.buffer)) is not None:
        try:
            drawn = Drawn(png=draw(chart))
        except Exception as error:  # noqa: BLE001  # the edge: the next one may come out well
            drawn = Drawn(error=type(error).__name__)
        answer = msgspec.msgpack.encode(drawn)
        sys.stdout.buffer.write(len(answer).to_bytes(LENGTH_BYTES) + answer)
        sys.stdout.buffer.flush()


def draw(chart: Chart) -> bytes:
    """Return the picture: a PNG of ``chart.width`` by ``chart.height`` pixels."""
    figure = Figure((chart.width / DPI, chart.height / DPI), dpi=DPI, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    height = (chart.height - 2 * _EDGE - (len(chart.rows) - 1) * _GAP) / len(chart.rows)
    for number, row in enumerate(chart.rows):
        bottom = chart.height - _EDGE - height - number * (height + _GAP)
        width = (chart.width - 2 * _EDGE - (len(row) - 1) * _GAP) / len(row)
        for place, panel in enumerate(row):
            left = _EDGE + place * (width + _GAP)
            _draw_panel(_Place(figure, left, bottom, width, height), panel)
    paper = io.BytesIO()
    figure.savefig(paper, format="png")
    return paper.getvalue()


class _Place:
    """A rectangle of a figure, in pixels from its lower left corner."""

    def __init__(
        self, figure: Figure, left: float, bottom: float, width: float, height: float
    ) -> None:
        self._figure = figure
        self._left, self._bottom = left, bottom
        self._width, self._height = width, height

    def write_title(self, title: str) -> None:
        width, height = self._size()
        self._figure.text(
            self._left / width,
            (self._bottom + self._height) / height,
            title,
            fontproperties=HEADING,
            color=_INK,
            va="top",
            parse_math=False,
        )

    def axes(self, *, left: float, right: float, below: float) -> Axes:
        """Return axes without any mark, inside these margins and below the title."""
        width, height = self._size()
        axes = self._figure.add_axes(
            (
                (self._left + left) / width,
                (self._bottom + below) / height,
                (self._width - left - right) / width,
                (self._height - below - _TITLE) / height,
            ),
            facecolor=_PAPER,
        )
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
        return axes

    def _size(self) -> tuple[float, float]:
        return self._figure.get_figwidth() * DPI, self._figure.get_figheight() * DPI


def _read(stream: BinaryIO) -> Chart | None:
    length = stream.read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        return None
    return msgspec.msgpack.decode(stream.read(int.from_bytes(length)), type=Chart)


def _draw_panel(place: _Place, panel: Panel) -> None:
    place.write_title(panel.title)
    if isinstance(panel, Bars):
        _draw_bars(place.axes(left=_LEFT_OF_BARS, right=_RIGHT_OF_BARS, below=0), panel)
        return
    left = max(width_of(mark.text) for mark in panel.marks) + _LEFT_OF_AXIS
    axes = place.axes(left=left, right=0, below=_BELOW_AXIS)
    axes.set_ylim(panel.marks[0].at, panel.marks[-1].at)
    for mark in panel.marks:
        axes.axhline(mark.at, color=_RULE, linewidth=2, zorder=0)
        _write(axes, mark.text, (axes.get_xlim()[0], mark.at), (-14, 0), ha="right", of_axis="y")
    if isinstance(panel, Columns):
        _draw_columns(axes, panel)
    else:
        _draw_line(axes, panel)


def _draw_bars(axes: Axes, panel: Bars) -> None:
    values = [bar.value for bar in panel.bars]
    axes.barh(range(len(values)), values, height=0.66, color=_FIRST)
    axes.set_ylim(max(_FEWEST_BARS, len(values)) - 0.5, -0.5)
    axes.set_xlim(0, max(*values, 1))
    for place, bar in enumerate(panel.bars):
        label = bar.label if can_draw(bar.label) else bar.substitute
        _write(axes, fitting(label, _LEFT_OF_BARS - 16), (0, place), (-14, 0), ha="right")
        _write(axes, bar.shown, (bar.value, place), (12, 0), ha="left", colour=_GREY)


def _draw_columns(axes: Axes, panel: Columns) -> None:
    axes.bar(range(len(panel.values)), panel.values, width=0.68, color=_FIRST)
    axes.set_xlim(-0.6, len(panel.values) - 0.4)
    if panel.lines:
        edges = [place - 0.5 for place in range(len(panel.lines) + 1)]
        axes.stairs(panel.lines, edges, color=_SECOND, linewidth=5, baseline=None)
        name = f"■ {panel.line_name}"
        _write(axes, name, (1, 1), (0, 42), ha="right", colour=_SECOND, of_axis="xy")
    two_digits = width_of("00")
    for place, label in enumerate(panel.labels):
        # One with a sign before its digits moves aside, or it would touch the next one.
        shift = (two_digits - max(two_digits, width_of(label))) / 2
        _write(axes, label, (place, 0), (shift, -26), ha="center")


def _draw_line(axes: Axes, panel: Line) -> None:
    axes.set_xlim(panel.days[0] - 0.5, panel.days[-1] + 0.5)
    step: Literal["post"] | None = "post" if panel.is_stepped else None
    axes.fill_between(
        panel.days,
        panel.values,
        panel.marks[0].at,
        step=step,
        color=_FIRST,
        alpha=0.25,
        linewidth=0,
    )
    style = "steps-post" if panel.is_stepped else "default"
    axes.plot(panel.days, panel.values, color=_FIRST, linewidth=5, drawstyle=style)
    if len(panel.days) == 1:  # a line needs two points
        axes.plot(panel.days, panel.values, "o", color=_FIRST, markersize=14)
    for mark in panel.day_marks:
        _write_below(axes, mark)


def _write_below(axes: Axes, mark: Mark) -> None:
    """Write below the horizontal axis, within its ends."""
    first, last = axes.get_xlim()
    margin = width_of(mark.text) / 2 / axes.bbox.width
    at = min(max((mark.at - first) / (last - first), margin), 1 - margin)
    _write(axes, mark.text, (at, 0), (0, -26), ha="center", of_axis="xy")


def _write(
    axes: Axes,
    text: str,
    at: tuple[float, float],
    shift: tuple[float, float],
    *,
    ha: str,
    colour: str = _INK,
    of_axis: str = "",
) -> None:
    """Write ``shift`` pixels from ``at``: in data, or in parts of the axes named ``of_axis``."""
    x = "axes fraction" if "x" in of_axis or of_axis == "y" else "data"
    y = "axes fraction" if of_axis == "xy" else "data"
    axes.annotate(
        text,
        (0 if of_axis == "y" else at[0], at[1]),
        xycoords=(x, y),
        xytext=shift,
        textcoords="offset pixels",
        fontproperties=TEXT,
        color=colour,
        ha=ha,
        va="center",
        annotation_clip=False,
        parse_math=False,
    )


if __name__ == "__main__":
    main()
