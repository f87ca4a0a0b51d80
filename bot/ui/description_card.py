"""A text that is being written, is complete, was cut short, or is a template."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final

from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import button, own_id, row_of
from bot.ui.description_ids import AGAIN_PREFIX, STOP_PREFIX, TOPIC_HEADING, wish_id
from bot.ui.description_template import template
from bot.ui.layout import (
    CUT_COLOUR,
    WRITING_COLOUR,
    WRITTEN_COLOUR,
    subtext,
    view_of,
    with_picture,
)
from bot.ui.markdown import CURSOR, being_written, written
from bot.ui.text import ELLIPSIS, escape, fit, link, plain, shorten, timestamp
from services.descriptions.allowance import Used
from services.descriptions.late_models import LateDescription
from services.descriptions.models import DayFacts, Form, Grounding, KeptText, Wish, title_of
from services.descriptions.review import haiku_lines, unconfirmed_numbers

_MAX_TEXT: Final = 3_200
_MAX_VERSE: Final = 600
_MAX_TOPIC: Final = 200
_LONGEST_NUMBER: Final = 20

_Row = ui.ActionRow[ui.LayoutView]


class Stage(Enum):
    """How far a text is."""

    WAITING = auto()
    WRITING = auto()
    COMPLETE = auto()
    STOPPED = auto()
    CUT_SHORT = auto()
    TEMPLATE = auto()

    @property
    def is_over(self) -> bool:
        """Return whether nothing more is coming."""
        return self not in (Stage.WAITING, Stage.WRITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class DescriptionState:
    """Everything the message shows.

    Attributes:
        wish: What is to be read.
        owner: Who asked (Discord's number), and may use the buttons.
        stage: How far it is.
        text: What was written so far, as it came.
        grounding: The facts, once looked up.
        note: A sentence on what went wrong, already in the user's language.
        kept: The text written earlier, when it is that one.
        asked_at: When it was asked for, if it was written much later (UTC).
        question_id: Names the running text for the Stop button; 0 for none.
        place: In EurIA's queue while waiting: 1 is next; 0 for none.
        used: How much of their texts the asker has had, when that is worth saying.
    """

    wish: Wish
    owner: int
    stage: Stage
    text: str = ""
    grounding: Grounding | None = None
    note: str = ""
    kept: KeptText | None = None
    asked_at: datetime | None = None
    question_id: int = 0
    place: int = 0
    used: Used | None = None


def late_description_card(late: LateDescription, texts: Texts) -> ui.LayoutView:
    """Return the message for a text that came later, or did not come in a day."""
    note = texts.gettext("EurIA stayed away for a day, so I gave up.")
    if late.is_refused:
        note = refusal_note(texts)
    state = DescriptionState(
        wish=late.grounding.wish,
        owner=late.user_id,
        stage=Stage.COMPLETE if late.text else Stage.TEMPLATE,
        text=late.text,
        grounding=late.grounding,
        note="" if late.text else note,
        asked_at=late.asked_at if late.text else None,
    )
    return description_card(state, texts)


def refusal_note(texts: Texts) -> str:
    """Return what to say when the model would not write."""
    return texts.gettext("EurIA had nothing usable to say about it.")


def description_card(state: DescriptionState, texts: Texts) -> ui.LayoutView:
    """Return the message for ``state``."""
    colour = {
        Stage.WAITING: WRITING_COLOUR,
        Stage.WRITING: WRITING_COLOUR,
        Stage.COMPLETE: WRITTEN_COLOUR,
    }.get(state.stage, CUT_COLOUR)
    topic = _topic(state, texts)
    card: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay(TOPIC_HEADING + escape(shorten(topic, _MAX_TOPIC))), accent_colour=colour
    )
    body = _body(state, texts)
    picture = _picture(state)
    card.add_item(with_picture(body, picture, topic) if picture else ui.TextDisplay(body))
    lines = [subtext(line) for line in _footer(state, texts)]
    if lines:
        card.add_item(ui.TextDisplay("\n".join(lines)))
    row = _buttons(state, texts)
    return view_of(card) if row is None else view_of(card, row)


def continuation_cards(state: DescriptionState) -> list[ui.LayoutView]:
    """Return the messages after the first, for a text that one does not hold."""
    if state.stage in (Stage.WAITING, Stage.TEMPLATE) or state.wish.form is Form.HAIKU:
        return []
    colour = WRITING_COLOUR if state.stage is Stage.WRITING else WRITTEN_COLOUR
    return [
        view_of(ui.Container(ui.TextDisplay(part), accent_colour=colour))
        for part in _parts(state)[1:]
    ]


def length_shown(state: DescriptionState) -> int:
    """Return how many characters of the text can be read by now."""
    if state.wish.form is Form.HAIKU:
        return len(state.text.strip())
    return sum(map(len, being_written(state.text, _MAX_TEXT)))


def _topic(state: DescriptionState, texts: Texts) -> str:
    if state.wish.words is not None:
        return state.wish.words.text
    grounding = state.grounding
    if state.wish.target.kind == "d":
        return texts.gettext("Today")
    return title_of(grounding.facts if grounding is not None else None) or "…"


def _body(state: DescriptionState, texts: Texts) -> str:
    if state.stage is Stage.WAITING:
        return _waiting(state, texts)
    facts = state.grounding.facts if state.grounding is not None else None
    if state.stage is Stage.TEMPLATE:
        said = template(facts, state.wish.form, texts)
        return f"⚠️ {state.note}\n\n{said}" if state.note else said
    if state.wish.form is Form.HAIKU:
        return _verse(state)
    parts = _parts(state)
    if not parts:
        is_growing = state.stage is Stage.WRITING
        return "✍️ " + texts.gettext("Writing about it…") if is_growing else ELLIPSIS
    # What comes late has one message.
    is_cut = state.asked_at is not None and len(parts) > 1
    return f"{parts[0]} {ELLIPSIS}" if is_cut else parts[0]


def _parts(state: DescriptionState) -> list[str]:
    split = being_written if state.stage is Stage.WRITING else written
    return split(state.text, _MAX_TEXT)


def _waiting(state: DescriptionState, texts: Texts) -> str:
    if state.grounding is None:
        return "🔎 " + texts.gettext("Looking it up on {service}…", service="Discogs")
    if state.place:
        return "⏳ " + texts.gettext(
            "EurIA is busy: you're number {place} in line…", place=state.place
        )
    return "✍️ " + texts.gettext("Writing about it…")


def _verse(state: DescriptionState) -> str:
    """Return a haiku line by line, however much of it there is."""
    lines = (escape(line) for line in haiku_lines(fit(plain(state.text), _MAX_VERSE)))
    shown = "\n".join(f"*{line}*" for line in lines if line) or "…"
    return shown + CURSOR if state.stage is Stage.WRITING else shown


def _picture(state: DescriptionState) -> str | None:
    """A template may show Discogs' picture; AI text never stands beside a borrowed one."""
    facts = state.grounding.facts if state.grounding is not None else None
    if state.stage is not Stage.TEMPLATE or facts is None or isinstance(facts, DayFacts):
        return None
    return facts.image_url


def _footer(state: DescriptionState, texts: Texts) -> Iterator[str]:
    if state.stage is Stage.STOPPED:
        yield texts.gettext("Stopped at your request.")
    if state.stage is Stage.CUT_SHORT:
        yield " ".join(("✂️", texts.gettext("Cut short."), state.note))
    if state.stage.is_over and state.stage is not Stage.TEMPLATE and state.text.strip():
        yield texts.gettext("Written by AI (EurIA); it may be wrong.")
        yield from _grounds(state, texts)
    if state.asked_at is not None:
        when = timestamp(state.asked_at)
        yield texts.gettext("Asked for {when}; EurIA was away then.", when=when)
    if state.kept is not None:
        when = timestamp(state.kept.written_at)
        yield texts.gettext("Written {when}; Regenerate has a new one written.", when=when)
    if state.used is not None:
        used, limit = state.used.texts, state.used.limit
        yield texts.gettext("{used} of your {limit} new texts a day.", used=used, limit=limit)
    facts = state.grounding.facts if state.grounding is not None else None
    if facts is not None and not isinstance(facts, DayFacts) and state.stage is not Stage.WAITING:
        yield link(texts.gettext("Data provided by Discogs"), facts.url)


def _grounds(state: DescriptionState, texts: Texts) -> Iterator[str]:
    """Say what of the text nobody has confirmed."""
    grounding = state.grounding
    if grounding is None or state.wish.form is Form.HAIKU:
        return
    if grounding.facts is None:
        if grounding.error is not None:
            yield texts.gettext("Discogs couldn't be asked, so nothing in it is checked.")
        else:
            yield texts.gettext("Discogs has no entry of that name, so nothing in it is checked.")
    elif grounding.error is not None:
        yield texts.gettext("Discogs didn't tell everything in time: written from fewer facts.")
    numbers = unconfirmed_numbers(state.text, grounding)
    if numbers and grounding.facts is not None:
        named = ", ".join(escape(shorten(each, _LONGEST_NUMBER)) for each in numbers)
        yield texts.gettext("Not confirmed by Discogs: {numbers}.", numbers=named)


def _buttons(state: DescriptionState, texts: Texts) -> _Row | None:
    rest = wish_id(state.wish)
    if not state.stage.is_over:
        if not state.question_id:
            return None
        stop_id = own_id(STOP_PREFIX, state.owner, state.question_id, *rest)
        return row_of(button(texts.gettext("Stop"), stop_id, emoji="⏹️"))
    is_whole = state.stage is Stage.COMPLETE
    label = texts.gettext("Regenerate") if is_whole else texts.gettext("Try again")
    return row_of(button(label, own_id(AGAIN_PREFIX, state.owner, *rest), emoji="🔁"))
