"""``/collection compare`` as a message; people are mentioned without being pinged."""

from collections.abc import Iterator
from typing import Final

import discord
from babel.numbers import format_percent
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import Button, button, own_id, row_of
from bot.ui.layout import DISCOGS_COLOUR, subtext, view_of
from bot.ui.shared_records import (
    WEB,
    age_text,
    fitting,
    record_facts,
    record_line,
    record_title,
    source_text,
)
from bot.ui.text import escape, isolate, number, shorten
from services.collection.shared_models import Comparison, Pair, Section, Taste

COMPARE_PREFIX: Final = "collection:compare"
_MAX_GENRE: Final = 40


def comparison_card(
    comparison: Comparison, texts: Texts, *, has_buttons: bool = True
) -> ui.LayoutView:
    """Return a comparison, with buttons for the one who asked.

    Args:
        comparison: What to show.
        texts: The asker's language.
        has_buttons: False where a press could not be answered.
    """
    mine, theirs = f"<@{comparison.asker_id}>", f"<@{comparison.other_id}>"
    heading = texts.gettext("{one} and {other}", one=mine, other=theirs)
    names = _section_names(mine, theirs, texts)
    counts = {each: number(count, texts.language) for each, count in comparison.counts.items()}
    facts = [
        texts.gettext("{section}: **{number}**", section=names[each], number=counts[each])
        for each in Section
    ]
    rows = [_pair(pair, comparison, texts) for pair in comparison.rows]
    card: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay(f"## 🤝 {heading}\n" + "\n".join(facts)),
        ui.TextDisplay("\n".join(_taste(comparison.taste, texts))),
        ui.Separator(),
        ui.TextDisplay(f"**{names[comparison.section]}**\n" + "\n".join(fitting(rows or ["–"]))),
        ui.TextDisplay("\n".join(map(subtext, _comparison_footer(comparison, texts)))),
        accent_colour=DISCOGS_COLOUR,
    )
    view = view_of(card)
    if has_buttons:
        view.add_item(row_of(*_section_buttons(comparison, texts)))
        if comparison.pages > 1:
            view.add_item(row_of(*_page_buttons(comparison)))
    return view


def _section_names(mine: str, theirs: str, texts: Texts) -> dict[Section, str]:
    return {
        Section.BOTH: texts.gettext("Both, the same pressing"),
        Section.OTHER: texts.gettext("Both, different pressings"),
        Section.MINE: texts.gettext("Only {person}", person=mine),
        Section.THEIRS: texts.gettext("Only {person}", person=theirs),
    }


def _taste(taste: Taste | None, texts: Texts) -> Iterator[str]:
    if taste is None:
        yield subtext(texts.gettext("Without genres I can't compare your taste."))
        return
    common = texts.gettext("Taste: **{percent}** in common", percent=_percent(taste.overlap, texts))
    yield f"🎼 {common}"
    genres = " · ".join(
        f"{isolate(escape(shorten(genre.name, _MAX_GENRE)))} {_percent(genre.mine, texts)} | "
        f"{_percent(genre.theirs, texts)}"
        for genre in taste.genres
    )
    if genres:
        explained = texts.gettext(
            "The part of both collections that lies in the same genres: {genres}", genres=genres
        )
    else:
        explained = texts.gettext("Your collections have no genre in common.")
    yield subtext(explained)


def _pair(pair: Pair, comparison: Comparison, texts: Texts) -> str:
    record = pair.mine or pair.theirs
    if record is None:  # it was removed this very moment
        return "–"
    if comparison.section is not Section.OTHER or pair.mine is None or pair.theirs is None:
        return record_line(record, texts)
    sides = ((comparison.asker_id, pair.mine), (comparison.other_id, pair.theirs))
    pressings = " · ".join(f"<@{user_id}> {record_facts(each) or '?'}" for user_id, each in sides)
    return f"{record_title(record, texts)}\n{subtext(pressings)}"


def _comparison_footer(comparison: Comparison, texts: Texts) -> Iterator[str]:
    if comparison.pages > 1:
        pages = number(comparison.pages, texts.language)
        yield texts.gettext("Page {page} of {pages}", page=comparison.page, pages=pages)
    if not comparison.asker_shares:
        yield texts.gettext("Only you see this, since you don't share your records (`/settings`).")
    yield f"{age_text(comparison.read_at, texts)} · {source_text(WEB, texts)}"


def _section_buttons(comparison: Comparison, texts: Texts) -> Iterator[Button]:
    labels = {
        Section.BOTH: texts.gettext("Same pressing"),
        Section.OTHER: texts.gettext("Other pressings"),
        Section.MINE: texts.gettext("Only mine"),
        Section.THEIRS: texts.gettext("Only theirs"),
    }
    for section, label in labels.items():
        is_shown = section is comparison.section
        style = discord.ButtonStyle.primary if is_shown else discord.ButtonStyle.secondary
        custom_id = _custom_id(comparison, section, 1, "section")
        yield button(label, custom_id, style=style, disabled=is_shown)


def _page_buttons(comparison: Comparison) -> Iterator[Button]:
    at, last, section = comparison.page, comparison.pages, comparison.section
    back = _custom_id(comparison, section, max(1, at - 1), "back")
    yield Button(emoji="◀️", custom_id=back, disabled=at == 1)
    onward = _custom_id(comparison, section, min(last, at + 1), "on")
    yield Button(emoji="▶️", custom_id=onward, disabled=at == last)


def _custom_id(comparison: Comparison, section: Section, page: int, place: str) -> str:
    # The place makes the ids of one message differ where two lead to the same page.
    rest = (comparison.other_id, section.value, page, place)
    return own_id(COMPARE_PREFIX, comparison.asker_id, *rest)


def _percent(value: float, texts: Texts) -> str:
    return format_percent(value, locale=texts.language)
