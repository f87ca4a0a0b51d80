"""The numbers of a collection as a message, and what is drawn of them."""

from collections.abc import Callable
from datetime import date

import pytest
from discord import ui
from fakes.counted import make_ranking, make_statistics
from fakes.shown_copies import make_copy, make_state

from bot.i18n import Catalogue, Texts
from bot.ui.chart import Bars, Columns, Line
from bot.ui.charts import day_marks, in_words, statistics_charts, value_marks
from bot.ui.statistics_card import statistics_card
from bot.ui.text import isolate
from services.collection.statistics_models import Decade, Month, Repeated, Repeats, Statistics

EN = Catalogue().texts("en")
TODAY = date(2026, 11, 26)
HOSTILE = (
    "東京事変 " * 12,
    "**bold** [a](https://evil) @everyone",
    "\u202eturned\u2066",
    "🎺" * 60,
    "x" * 300,
)


def shown(view: ui.LayoutView) -> str:
    return "\n".join(
        item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay)
    )


def test_card_says_every_number() -> None:
    text = shown(statistics_card(make_statistics(dated_music=300), EN))

    assert "**1,250** records · 1,200 releases · 430 artists · 200 rated (★ 4.1)" in text
    assert "**Formats** Vinyl\u00a0(1,000) · CD\u00a0(500)" in text
    assert "**Decades of the pressings** 1960s\u00a0(100) · 1970s\u00a0(400)" in text
    assert "year of the pressing: known for 1,100 of 1,250" in text
    assert "**Decades of the music** 1950s\u00a0(150)" in text
    assert "else the pressing's counts: known for 300 of 1,250" in text
    assert "**Added** 2024\u00a0(200) · 2019\u00a0(1,000) · date unknown\u00a0(50)" in text
    assert "**Duplicates** 1 release more than once: John Coltrane – [Blue Train](" in text
    assert "**Pressings** 9 works in several pressings:" in text
    assert "[Data provided by Discogs](https://www.discogs.com/user/digger/collection)" in text


def test_name_that_reads_from_the_right_keeps_its_number_beside_it() -> None:
    text = shown(statistics_card(make_statistics(labels=make_ranking("תקליטים")), EN))

    assert f"**Labels** {isolate('תקליטים')}\u00a0(1,000)" in text


def test_music_is_not_mentioned_while_no_year_of_it_is_known() -> None:
    assert "music" not in shown(statistics_card(make_statistics(dated_music=0), EN))


@pytest.mark.parametrize(
    ("state", "said"),
    [
        pytest.param(make_state(), "nothing to count yet", id="empty"),
        pytest.param(make_state(synced_at=None), "`/collection sync` does that", id="never read"),
        pytest.param(make_state(synced_at=None, is_running=True), "Look again soon", id="reading"),
    ],
)
def test_card_without_copies_says_why(state: object, said: str) -> None:
    empty = Statistics(state=state)  # type: ignore[arg-type]  # a state in truth

    assert said in shown(statistics_card(empty, EN))
    assert statistics_charts(empty, TODAY, EN) == ()


def test_card_of_a_copy_of_which_nothing_is_known_has_no_empty_part(
    problems_of: Callable[[ui.LayoutView], list[str]],
) -> None:
    card = statistics_card(Statistics(state=make_state(), copies=1, releases=1), EN)

    assert problems_of(card) == []


def hostile_statistics() -> Statistics:
    copy = make_copy(title=HOSTILE[0], artist=HOSTILE[1])
    names = make_ranking(*HOSTILE, *HOSTILE, distinct=10_000)
    repeats = Repeats(total=5_000, spare=9_000, most=(Repeated(copy, 99),) * 5)
    return make_statistics(
        dated_music=1,
        formats=names,
        genres=names,
        styles=names,
        labels=names,
        countries=names,
        pressing_decades=tuple(Decade(year, 12_345) for year in range(1860, 2030, 10)),
        music_decades=tuple(Decade(year, 12_345) for year in range(1860, 2030, 10)),
        months=(Month(date(1, 1, 1), 7, 7), Month(date(9999, 12, 1), 7_777_777, 7_777_784)),
        same_release=repeats,
        same_work=repeats,
        oldest=copy,
        newest=copy,
    )


def test_card_stays_within_discords_limits(
    texts: Texts, problems_of: Callable[[ui.LayoutView], list[str]]
) -> None:
    statistics = hostile_statistics()
    charts = statistics_charts(statistics, TODAY, texts)

    card = statistics_card(statistics, texts, [(f"{n}.png", c) for n, c in enumerate(charts)])

    galleries = [item for item in card.walk_children() if isinstance(item, ui.MediaGallery)]
    assert len(galleries) == len(charts) == 2
    assert problems_of(card) == []


def test_pictures_have_the_same_panels_in_every_language(texts: Texts) -> None:
    first, second = statistics_charts(make_statistics(), TODAY, texts)

    panels = [[type(panel) for panel in row] for row in (*first.rows, *second.rows)]
    assert panels == [[Line, Columns], [Bars, Bars], [Bars, Bars]]
    assert (first.width, first.height, second.height) == (1_000, 640, 400)


def test_picture_is_told_in_words() -> None:
    chart, _ = statistics_charts(make_statistics(), TODAY, EN)

    assert in_words(chart) == (
        "Growth: 1,000 → 1,200 · Decades: 60 100, 70 400, 80 0, 90 600 · "
        "Formats: Vinyl 1K, CD 500 · Genres: Electronic 1K, Jazz 500"
    )


def test_growth_begins_with_nothing_and_lasts_until_today() -> None:
    chart, _ = statistics_charts(make_statistics(), TODAY, EN)
    growth = chart.rows[0][0]

    assert isinstance(growth, Line)
    assert [date.fromordinal(day).isoformat() for day in growth.days] == [
        "2019-02-01",
        "2019-03-01",
        "2024-01-01",
        "2026-11-26",
    ]
    assert growth.values == (0, 1_000, 1_200, 1_200)


def test_additions_of_impossible_dates_do_not_stretch_the_picture() -> None:
    chart, _ = statistics_charts(hostile_statistics(), TODAY, EN)
    growth, decades = chart.rows[0]

    assert isinstance(growth, Line)
    assert isinstance(decades, Columns)
    assert date.fromordinal(growth.days[0]) == date(2000, 10, 1)
    assert date.fromordinal(growth.days[-1]) == TODAY
    assert decades.labels == ("≤50", "60", "70", "80", "90", "00", "10", "20")
    assert decades.values[0] == 10 * 12_345  # of ten decades


@pytest.mark.parametrize(
    ("lowest", "highest", "marks"),
    [
        pytest.param(0, 1, ["0", "1"], id="one"),
        pytest.param(0, 180, ["0", "100", "200"], id="hundreds"),
        pytest.param(0, 1_250, ["0", "1K", "2K"], id="thousands"),
        pytest.param(0, 2_900, ["0", "2K", "4K"], id="round"),
        pytest.param(0, 7_777_784, ["0", "5M", "10M"], id="millions"),
        pytest.param(1_180, 1_420, ["1K", "1.2K", "1.4K", "1.6K"], id="not from zero"),
    ],
)
def test_axis_has_few_and_round_marks(lowest: float, highest: float, marks: list[str]) -> None:
    found = value_marks(lowest, highest, EN)

    assert [mark.text for mark in found] == marks
    assert found[0].at <= lowest
    assert found[-1].at >= highest


@pytest.mark.parametrize(
    ("first", "marks"),
    [
        pytest.param(date(2001, 2, 1), ["2002", "2009", "2016", "2023"], id="decades"),
        pytest.param(date(2024, 3, 1), ["2025", "2026"], id="years"),
        pytest.param(date(2026, 3, 1), ["Mar 2026", "Nov 2026"], id="months"),
        pytest.param(TODAY, ["Nov 2026"], id="a day"),
    ],
)
def test_time_axis_has_few_marks(first: date, marks: list[str]) -> None:
    assert [mark.text for mark in day_marks(first, TODAY, EN)] == marks
