"""Pictures: what comes out, and what becomes of the process that draws them."""

import asyncio
import os
import signal
import struct
import sys
from collections.abc import AsyncIterator
from datetime import date

import pytest
from fakes.counted import make_statistics

from bot.i18n import Catalogue
from bot.ui.chart import Bar, Bars, Chart, Columns, Line
from bot.ui.charts import statistics_charts
from bot.ui.drawing import draw
from bot.ui.lettering import can_draw
from bot.ui.pictures import Pictures
from services.collection.statistics_models import Ranking
from services.resilience.clock import SystemClock

TODAY = date(2026, 11, 26)
MOST_BYTES = 200_000
HOSTILE = ("$\\frac{1}{0}$", "תקליטים", "東芝EMI", "W" * 40, "", "🎺🎺", "a\nb")
# Reads a question and ends without an answer.
FALLS_SILENT = (sys.executable, "-c", "import sys; sys.stdin.buffer.read(4)")


def chart_of(*labels: str) -> Chart:
    bars = [
        Bar(label=label, substitute="no. 1", value=n, shown=str(n))
        for n, label in enumerate(labels)
    ]
    return Chart(rows=((Bars(title="$\\bad$", bars=tuple(bars)),),))


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.fixture
async def pictures() -> AsyncIterator[Pictures]:
    pictures = Pictures(clock=SystemClock())
    yield pictures
    await pictures.close()


# --- What comes out


@pytest.mark.parametrize("language", ["en", "fr"])
def test_statistics_are_drawn_in_few_bytes(language: str) -> None:
    texts = Catalogue().texts(language)
    charts = statistics_charts(make_statistics(dated_music=5), TODAY, texts)

    drawn = [draw(chart) for chart in charts]

    assert [size_of(png) for png in drawn] == [(1_000, 640), (1_000, 400)]
    assert max(map(len, drawn)) <= MOST_BYTES


def test_any_name_is_drawn_without_a_warning() -> None:
    assert size_of(draw(chart_of(*HOSTILE))) == (1_000, 640)


def test_names_that_the_font_cannot_show_make_way_for_their_place() -> None:
    hidden = draw(chart_of("東芝EMI", "Svek"))

    assert hidden == draw(chart_of("תקליטים", "Svek"))
    assert hidden == draw(chart_of("no. 1", "Svek"))
    assert hidden != draw(chart_of("no. 2", "Svek"))
    assert can_draw("Björk Ünïcödé Ж Ω")


def test_a_single_day_and_a_single_column_are_drawn() -> None:
    texts = Catalogue().texts("en")
    day = TODAY.toordinal()
    [chart] = statistics_charts(make_statistics(styles=Ranking(), labels=Ranking()), TODAY, texts)
    growth, decades = chart.rows[0]
    assert isinstance(growth, Line)
    assert isinstance(decades, Columns)
    line = Line(
        title="One", days=(day,), values=(5,), said_first="", said_last="", marks=growth.marks
    )
    column = Columns(title="One", labels=("70",), values=(3,), marks=decades.marks)

    assert size_of(draw(Chart(rows=((line, column),)))) == (1_000, 640)


# --- The process


async def test_pictures_are_drawn_by_one_process_that_ends_with_them(pictures: Pictures) -> None:
    first = await pictures.draw([chart_of("a"), chart_of("b")])
    process = pictures._process
    second = await pictures.draw([chart_of("a")])

    assert process is pictures._process
    assert process is not None
    await pictures.close()
    assert process.returncode is not None
    assert first[:1] == second == (draw(chart_of("a")),)


async def test_picture_is_drawn_after_the_process_was_killed(pictures: Pictures) -> None:
    await pictures.draw([chart_of("a")])
    assert pictures._process is not None
    os.kill(pictures._process.pid, signal.SIGKILL)

    lost = await pictures.draw([chart_of("a")])
    found = await pictures.draw([chart_of("a")])

    assert len(lost) in (0, 1)  # whether its end was noticed in time
    assert len(found) == 1


async def test_failure_is_no_picture_and_one_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for command in (FALLS_SILENT, ("/no/such/program",)):
        pictures = Pictures(clock=SystemClock(), command=command)
        assert await pictures.draw([chart_of("a")]) == ()
        await pictures.close()

    said = [each.getMessage() for each in caplog.records if each.name == "bot.ui.pictures"]
    assert len(said) == 2
    assert "could not be drawn: the process ended" in said[0]
    assert "no process can be started" in said[1]


async def test_chart_that_cannot_be_drawn_leaves_the_process_to_the_next(
    pictures: Pictures, caplog: pytest.LogCaptureFixture
) -> None:
    impossible = Chart(rows=(), height=0)

    nothing = await pictures.draw([impossible])
    something = await pictures.draw([chart_of("a")])

    assert nothing == ()
    assert len(something) == 1
    assert "could not be drawn: ZeroDivisionError" in caplog.text


async def test_what_is_ready_is_shown_while_a_picture_takes_its_time() -> None:
    shown = asyncio.Event()

    async def show() -> None:
        shown.set()

    # Waits for its input to end, and so for the text to be shown.
    waits = (sys.executable, "-c", "import sys; sys.stdin.buffer.read()")
    pictures = Pictures(clock=SystemClock(), command=waits)
    drawing = asyncio.create_task(pictures.draw([chart_of("a")], meanwhile=show))
    await shown.wait()
    await pictures.close()

    assert await drawing == ()


async def test_bot_that_draws_nothing_loads_no_plotting_library() -> None:
    code = "import sys, bot.app, cogs.collection; sys.exit('matplotlib' in sys.modules)"

    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)

    assert await process.wait() == 0
