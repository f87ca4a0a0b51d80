"""What is drawn of a collection, in the reader's language.

Everything that takes a decision is decided here; ``bot.ui.drawing`` puts it where it belongs.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from babel.dates import format_skeleton
from babel.numbers import format_compact_decimal

from bot.i18n import Texts
from bot.ui.chart import Bar, Bars, Chart, Columns, Line, Mark, Panel
from bot.ui.text import number, shorten
from services.collection.statistics_models import Decade, Month, Ranking, Statistics
from services.collection.values import ValueHistory
from services.music import clean_text

_ROW_HEIGHT: Final = 320
_LEAST_HEIGHT: Final = 400
_MAX_LABEL: Final = 24
_MOST_BARS: Final = 5
_MOST_DECADES: Final = 8
_MOST_YEARS: Final = 4
_DECADE: Final = 10
_MONTHS_OF_YEAR: Final = 12
_SINCE: Final = date(2000, 11, 1)
"""Discogs' first month: what claims to have been added before counts as added then."""


def statistics_charts(statistics: Statistics, today: date, texts: Texts) -> tuple[Chart, ...]:
    """Return the pictures of a collection, those that there is something to draw in."""
    growth = _growth(statistics.months, today, texts)
    first = (
        growth,
        _decades(statistics, texts),
        _bars(texts.gettext("Formats"), statistics.formats, texts),
        _bars(texts.gettext("Genres"), statistics.genres, texts),
    )
    second = (
        _bars(texts.gettext("Styles"), statistics.styles, texts),
        _bars(texts.gettext("Labels"), statistics.labels, texts),
        _bars(texts.gettext("Countries"), statistics.countries, texts),
    )
    charts = (
        _chart([panel for panel in panels if panel is not None]) for panels in (first, second)
    )
    return tuple(chart for chart in charts if chart.rows)


def _chart(panels: Sequence[Panel]) -> Chart:
    rows = tuple(tuple(panels[start : start + 2]) for start in range(0, len(panels), 2))
    return Chart(rows=rows, height=max(_LEAST_HEIGHT, _ROW_HEIGHT * len(rows)))


def in_words(chart: Chart) -> str:
    """Return what the picture shows, for those who cannot see it."""
    return " · ".join(f"{panel.title}: {_said(panel)}" for row in chart.rows for panel in row)


def _said(panel: Panel) -> str:
    if isinstance(panel, Bars):
        return ", ".join(f"{bar.label} {bar.shown}" for bar in panel.bars)
    if isinstance(panel, Columns):
        pairs = zip(panel.labels, panel.values, strict=True)
        return ", ".join(f"{label} {value:.0f}" for label, value in pairs)
    return f"{panel.said_first} → {panel.said_last}"


def value_chart(history: ValueHistory, texts: Texts) -> Chart | None:
    """Return the picture of a value over time; None when there is only one day to show."""
    known = history.comparable
    days = [reading.asked_at.date() for reading, _ in known]
    if len(known) < 2:  # noqa: PLR2004  # a line needs two points
        return None
    values = [float(median.amount) for _, median in known]
    line = Line(
        title=texts.gettext("Median"),
        days=tuple(day.toordinal() for day in days),
        values=tuple(values),
        said_first=known[0][0].value.median,
        said_last=known[-1][0].value.median,
        day_marks=day_marks(days[0], days[-1], texts),
        marks=value_marks(min(values), max(values), texts),
    )
    return Chart(rows=((line,),), height=_LEAST_HEIGHT)


def value_marks(lowest: float, highest: float, texts: Texts) -> tuple[Mark, ...]:
    """Return a few round values from below ``lowest`` to above ``highest``, one or more apart."""
    step = _round_step((highest - lowest) / 2 or 1.0)
    first = math.floor(lowest / step)
    count = max(1, math.ceil(highest / step) - first)
    values = [(first + each) * step for each in range(count + 1)]
    shown = [_short_number(value, texts) for value in values]
    if len(set(shown)) < len(shown):
        shown = [number(round(value), texts.language) for value in values]
    return tuple(Mark(value, text) for value, text in zip(values, shown, strict=True))


def day_marks(first: date, last: date, texts: Texts) -> tuple[Mark, ...]:
    """Return up to four years, or months where there are not two years to name."""
    years = [date(year, 1, 1) for year in range(first.year + 1, last.year + 1)]
    if len(years) > 1:
        thinned = years[:: math.ceil(len(years) / _MOST_YEARS)]
        return tuple(Mark(each.toordinal(), str(each.year)) for each in thinned)
    language = texts.language
    ends = [first, last] if (last - first).days else [first]
    return tuple(
        Mark(day.toordinal(), format_skeleton("yMMM", day, locale=language)) for day in ends
    )


def _growth(months: Sequence[Month], today: date, texts: Texts) -> Line | None:
    if not months:
        return None
    totals: dict[date, int] = {}
    for month in months:
        totals[min(max(month.first_day, _SINCE), today)] = month.so_far
    first, last = min(totals), max(totals)
    # It begins with nothing and stays what it is until today.
    points = [(_month_before(first), 0), *totals.items(), (max(last, today), months[-1].so_far)]
    return Line(
        title=texts.gettext("Growth"),
        days=tuple(day.toordinal() for day, _ in points),
        values=tuple(total for _, total in points),
        said_first=number(months[0].so_far, texts.language),
        said_last=number(months[-1].so_far, texts.language),
        is_stepped=len(totals) <= _MONTHS_OF_YEAR,
        day_marks=day_marks(first, max(last, today), texts),
        marks=value_marks(0, months[-1].so_far, texts),
    )


def _decades(statistics: Statistics, texts: Texts) -> Columns | None:
    pressings = statistics.pressing_decades
    music = statistics.music_decades if statistics.dated_music else ()
    years = [each.first_year for each in (*pressings, *music)]
    if not years:
        return None
    last = max(years)
    earliest = last - (_MOST_DECADES - 1) * _DECADE
    shown = range(max(min(years), earliest), last + 1, _DECADE)
    values, lines = _by_decade(pressings, shown), _by_decade(music, shown) if music else ()
    labels = [f"{year % 100:02}" for year in shown]
    if min(years) < earliest:
        labels[0] = f"≤{labels[0]}"
    return Columns(
        title=texts.gettext("Decades"),
        labels=tuple(labels),
        values=values,
        lines=lines,
        line_name=texts.gettext("music") if music else "",
        marks=value_marks(0, max((*values, *lines)), texts),
    )


def _by_decade(decades: Iterable[Decade], shown: range) -> tuple[int, ...]:
    """Return the copies of each decade; those before the first one count for it."""
    totals = dict.fromkeys(shown, 0)
    for each in decades:
        totals[max(each.first_year, shown.start)] += each.copies
    return tuple(totals.values())


def _bars(title: str, ranking: Ranking, texts: Texts) -> Bars | None:
    if not ranking.most:
        return None
    bars = [
        Bar(
            label=shorten(clean_text(tally.name), _MAX_LABEL),
            substitute=texts.gettext("no. {place}", place=place),
            value=tally.copies,
            shown=_short_number(tally.copies, texts),
        )
        for place, tally in enumerate(ranking.most[:_MOST_BARS], 1)
    ]
    return Bars(title=title, bars=tuple(bars))


def _short_number(value: float, texts: Texts) -> str:
    """Return ``950``, ``1.2K``, ``12K``: three digits at most."""
    is_small_part = value >= 1_000 and value < 10_000 and value % 1_000  # noqa: PLR2004  # a digit more
    return str(
        format_compact_decimal(
            value, locale=texts.language, fraction_digits=1 if is_small_part else 0
        )
    )


def _round_step(least: float) -> float:
    """Return 1, 2 or 5 times a power of ten that is ``least`` or a little more; 1 or more."""
    power = 10.0 ** math.floor(math.log10(max(least, 1.0)))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)


def _month_before(day: date) -> date:
    if day.month > 1:
        return day.replace(day=1, month=day.month - 1)
    return day.replace(day=1, month=_MONTHS_OF_YEAR, year=day.year - 1)
