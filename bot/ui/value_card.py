"""``/collection value`` as a message: the estimate, what became of it, and who may see it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from babel.numbers import format_decimal, format_percent
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import Button, button, own_id, row_of
from bot.ui.chart import Chart
from bot.ui.charts import in_words
from bot.ui.copies import collection_url
from bot.ui.layout import DISCOGS_COLOUR, gallery, subtext, view_of
from bot.ui.notices import notice
from bot.ui.provenance import source_line
from bot.ui.text import escape, isolate, link, timestamp
from services.answers import Answer
from services.collection.money import Money
from services.collection.values import Reading, ValueHistory

VALUE_PREFIX: Final = "collection:value"
SHOW: Final = "show"
HIDE: Final = "hide"
_MINUS: Final = "\N{MINUS SIGN}"

Card = ui.Container[ui.LayoutView]


def value_card(
    answer: Answer[ValueHistory],
    *,
    user_id: int,
    is_shown: bool,
    texts: Texts,
    picture: tuple[str, Chart] | None = None,
) -> ui.LayoutView:
    """Return what a collection is worth.

    Args:
        answer: The value now, or what was said last, and those before.
        user_id: Its owner, who alone may use the button.
        is_shown: Others may see it.
        texts: The reader's language.
        picture: Name of the file that comes with the message, and what it shows.
    """
    history = answer.value
    name = isolate(escape(history.username))
    heading = texts.gettext("What {name}'s collection is worth", name=name)
    card = Card(ui.TextDisplay(f"## 💰 {heading}"), accent_colour=DISCOGS_COLOUR)
    card.add_item(ui.TextDisplay("\n".join(_values(history, texts))))
    if picture is not None:
        card.add_item(gallery(picture[0], in_words(picture[1])))
    footer = [*_footer(answer, texts), _visibility(texts, is_shown=is_shown)]
    source = link(texts.gettext("Data provided by Discogs"), collection_url(history.username))
    card.add_item(ui.TextDisplay("\n".join(map(subtext, [*footer, source]))))
    return view_of(card, row_of(_switch(user_id, texts, is_shown=is_shown)))


def hidden_card(texts: Texts) -> ui.LayoutView:
    """Return what stands in a channel from the moment when its owner hides the value."""
    return notice(texts.gettext("🔒 Hidden by its owner."))


def owners_only(texts: Texts) -> str:
    """Return why somebody who has linked by name gets no value, and what to do."""
    return texts.gettext(
        "Discogs tells what a collection is worth to its owner alone. Show me that it's yours with "
        "`/account link-discogs`, without a name, and I can ask."
    )


def _values(history: ValueHistory, texts: Texts) -> Iterator[str]:
    value = history.latest.value
    yield texts.gettext(
        "**{median}** · between {minimum} and {maximum}",
        median=escape(value.median),
        minimum=escape(value.minimum),
        maximum=escape(value.maximum),
    )
    changes = filter(None, (history.change_in_a_month(), history.change_since_first()))
    # In the first months both are since the same day.
    for before, change in {
        before.asked_at: (before, change) for before, change in changes
    }.values():
        yield _change(history, before, change, texts)


def _change(history: ValueHistory, before: Reading, change: Decimal, texts: Texts) -> str:
    """Return ``+£12.00 (+3.5%) since 26 November``."""
    now, then = history.latest.median, before.median
    if now is None or then is None:
        return ""
    shown = amount_change(now, then, change, texts)
    return texts.gettext("{change} since {day}", change=shown, day=timestamp(before.asked_at, "D"))


def amount_change(now: Money, then: Money, change: Decimal, texts: Texts) -> str:
    """Return ``+£12.00 (+3.5%)``, safe to show; both amounts are of one currency."""
    language = texts.language
    amount = format_decimal(abs(change), format="#,##0.00", locale=language)
    sign = "+" if change > 0 else _MINUS if change < 0 else "±"
    shown = f"{sign}{escape(f'{now.before}{amount}{now.after}')}"
    if not then.amount:
        return shown
    share = round(abs(change) / then.amount, 3)
    percent = format_percent(share, locale=language, decimal_quantization=False)
    return f"{shown} ({sign}{percent})"


def _footer(answer: Answer[ValueHistory], texts: Texts) -> Iterator[str]:
    yield texts.gettext("The median, the lowest and the highest of Discogs' estimates.")
    note = source_line("discogs", answer, texts)
    if note:
        yield note
    readings, known = answer.value.readings, answer.value.comparable
    if 0 < len(known) < len(readings):
        yield texts.gettext("What was read in another currency before is left out.")
    if len(readings) == 1:
        yield texts.gettext("I note it once a day from now on, and show how it changes.")


def _visibility(texts: Texts, *, is_shown: bool) -> str:
    if is_shown:
        return texts.gettext("👥 Where you ask for it, everybody sees it.")
    return texts.gettext("🔒 Only you see this.")


def _switch(user_id: int, texts: Texts, *, is_shown: bool) -> Button:
    if is_shown:
        return button(
            texts.gettext("Hide from others"), own_id(VALUE_PREFIX, user_id, HIDE), emoji="🔒"
        )
    return button(texts.gettext("Show to others"), own_id(VALUE_PREFIX, user_id, SHOW), emoji="👥")
