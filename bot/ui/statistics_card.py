"""``/collection stats`` as a message: the pictures, and every number in words."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from babel.numbers import format_decimal
from discord import ui

from bot.i18n import Texts
from bot.ui.chart import Chart
from bot.ui.charts import in_words
from bot.ui.copies import age_text, collection_url, copy_line, state_line
from bot.ui.layout import DISCOGS_COLOUR, gallery, subtext, view_of
from bot.ui.text import escape, isolate, link, number, shorten
from services.collection.models import StoredCopy
from services.collection.statistics_models import Decade, Ranking, Repeats, Statistics

_MAX_NAME: Final = 32
_MOST_NAMES: Final = 6
_MOST_EXAMPLES: Final = 3
_MOST_YEARS: Final = 4

Card = ui.Container[ui.LayoutView]


def statistics_card(
    statistics: Statistics, texts: Texts, pictures: Sequence[tuple[str, Chart]] = ()
) -> ui.LayoutView:
    """Return the numbers of a collection.

    Args:
        statistics: The numbers.
        texts: The reader's language.
        pictures: Names of the files that come with the message, and what each shows.
    """
    name = isolate(escape(statistics.state.username))
    heading = texts.gettext("{name}'s collection in numbers", name=name)
    card = Card(ui.TextDisplay(f"## 📊 {heading}"), accent_colour=DISCOGS_COLOUR)
    if statistics.copies:
        card.add_item(ui.TextDisplay(_overview(statistics, texts)))
        for file_name, chart in pictures:
            card.add_item(gallery(file_name, in_words(chart)))
        for lines in (_kinds(statistics, texts), _times(statistics, texts)):
            if paragraph := "\n".join(lines):
                card.add_item(ui.TextDisplay(paragraph))
    else:
        card.add_item(ui.TextDisplay(_nothing(statistics, texts)))
    card.add_item(ui.TextDisplay("\n".join(map(subtext, _footer(statistics, texts)))))
    return view_of(card)


def _nothing(statistics: Statistics, texts: Texts) -> str:
    if statistics.state.is_running:
        return texts.gettext("I'm reading your collection for the first time. Look again soon.")
    if statistics.state.synced_at is None:
        return texts.gettext("I haven't read your collection yet: `/collection sync` does that.")
    return texts.gettext("There's nothing to count yet.")


def _overview(statistics: Statistics, texts: Texts) -> str:
    copies, releases = statistics.copies, statistics.releases
    artists, rated = statistics.artists, statistics.rated
    language = texts.language
    parts = [
        texts.ngettext(
            "**{number}** record", "**{number}** records", copies, number=number(copies, language)
        ),
        texts.ngettext(
            "{number} release", "{number} releases", releases, number=number(releases, language)
        ),
        texts.ngettext(
            "{number} artist", "{number} artists", artists, number=number(artists, language)
        ),
    ]
    if rated:
        mean = format_decimal(statistics.stars / rated, format="0.0", locale=language)
        said = texts.ngettext(
            "{number} rated", "{number} rated", rated, number=number(rated, language)
        )
        parts.append(f"{said} (★ {mean})")
    return " · ".join(parts)


# --- Names


def _kinds(statistics: Statistics, texts: Texts) -> Iterator[str]:
    rankings = (
        (texts.gettext("Formats"), statistics.formats),
        (texts.gettext("Genres"), statistics.genres),
        (texts.gettext("Styles"), statistics.styles),
        (texts.gettext("Labels"), statistics.labels),
        (texts.gettext("Countries"), statistics.countries),
    )
    for title, ranking in rankings:
        if ranking.most:
            yield _titled(title, _ranking(ranking, texts))
    countries = statistics.countries.copies
    if 0 < countries < statistics.copies:
        yield subtext(_known(texts.gettext("country"), countries, statistics, texts))


def _ranking(ranking: Ranking, texts: Texts) -> str:
    shown = ranking.most[:_MOST_NAMES]
    parts = [_counted(isolate(_short(each.name)), each.copies, texts) for each in shown]
    left = ranking.distinct - len(shown)
    if left:
        more = number(left, texts.language)
        parts.append(texts.ngettext("{number} more", "{number} more", left, number=more))
    return " · ".join(parts)


def _known(what: str, copies: int, statistics: Statistics, texts: Texts) -> str:
    return texts.gettext(
        "{what}: known for {known} of {total}",
        what=what,
        known=number(copies, texts.language),
        total=number(statistics.copies, texts.language),
    )


# --- Times, and what is there twice


def _times(statistics: Statistics, texts: Texts) -> Iterator[str]:
    if statistics.pressing_decades:
        decades = _decades(statistics.pressing_decades, texts)
        yield _titled(texts.gettext("Decades of the pressings"), decades)
    if 0 < statistics.dated_pressings < statistics.copies:
        year = texts.gettext("year of the pressing")
        yield subtext(_known(year, statistics.dated_pressings, statistics, texts))
    if statistics.dated_music:
        decades = _decades(statistics.music_decades, texts)
        yield _titled(texts.gettext("Decades of the music"), decades)
        year = texts.gettext("year of the music, else the pressing's counts")
        yield subtext(_known(year, statistics.dated_music, statistics, texts))
    if statistics.oldest is not None and statistics.newest is not None:
        yield _titled(texts.gettext("Oldest pressing"), _dated(statistics.oldest, texts))
        yield _titled(texts.gettext("Newest pressing"), _dated(statistics.newest, texts))
    if statistics.months:
        yield _titled(texts.gettext("Added"), _years(statistics, texts))
    yield from _duplicates(statistics, texts)


def _titled(title: str, text: str) -> str:
    return f"**{title}** {text}"


def _decades(decades: Iterable[Decade], texts: Texts) -> str:
    return " · ".join(
        _counted(texts.gettext("{decade}s", decade=each.first_year), each.copies, texts)
        for each in decades
    )


def _dated(copy: StoredCopy, texts: Texts) -> str:
    return f"{_plain_line(copy, texts)} ({copy.year})"


def _years(statistics: Statistics, texts: Texts) -> str:
    """Return what was added in each of the latest years, the latest first."""
    added: dict[int, int] = {}
    for month in statistics.months:
        added[month.first_day.year] = added.get(month.first_day.year, 0) + month.added
    latest = sorted(added, reverse=True)[:_MOST_YEARS]
    parts = [_counted(str(year), added[year], texts) for year in latest]
    before = sum(copies for year, copies in added.items() if year not in latest)
    if before:
        parts.append(_counted(texts.gettext("before"), before, texts))
    if statistics.undated:
        parts.append(_counted(texts.gettext("date unknown"), statistics.undated, texts))
    return " · ".join(parts)


def _duplicates(statistics: Statistics, texts: Texts) -> Iterator[str]:
    same, work = statistics.same_release, statistics.same_work
    if same.total:
        said = texts.ngettext(
            "{number} release more than once: {examples}",
            "{number} releases more than once: {examples}",
            same.total,
            number=number(same.total, texts.language),
            examples=_examples(same, texts),
        )
        yield _titled(texts.gettext("Duplicates"), said)
    if work.total:
        said = texts.ngettext(
            "{number} work in several pressings: {examples}",
            "{number} works in several pressings: {examples}",
            work.total,
            number=number(work.total, texts.language),
            examples=_examples(work, texts),
        )
        yield _titled(texts.gettext("Pressings"), said)


def _examples(repeats: Repeats, texts: Texts) -> str:
    shown = repeats.most[:_MOST_EXAMPLES]
    parts = [f"{_plain_line(each.copy, texts)} ×{each.count}" for each in shown]
    return " · ".join([*parts, *(["…"] if repeats.total > len(shown) else [])])


def _plain_line(copy: StoredCopy, texts: Texts) -> str:
    """Return artist and linked title without the weight of a row of its own."""
    return copy_line(copy, texts, _MAX_NAME).removeprefix("**").removesuffix("**")


def _counted(name: str, copies: int, texts: Texts) -> str:
    return f"{name}\u00a0({number(copies, texts.language)})"


def _short(name: str) -> str:
    return escape(shorten(name, _MAX_NAME))


def _footer(statistics: Statistics, texts: Texts) -> Iterator[str]:
    state = statistics.state
    if not state.is_partial:
        yield age_text(state, texts)
    note = state_line(state, texts, is_fresh=statistics.is_fresh)
    if note:
        yield note
    yield link(texts.gettext("Data provided by Discogs"), collection_url(state.username))
