"""A text that is being written, is complete, was cut short, or is a template."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.layout import (
    CUT_COLOUR,
    MAX_TITLE,
    WRITING_COLOUR,
    WRITTEN_COLOUR,
    subtext,
    view_of,
    with_picture,
)
from bot.ui.markdown import being_written, written
from bot.ui.text import ELLIPSIS, escape, link, shorten, timestamp, unescape
from services.descriptions.later import LateDescription
from services.descriptions.service import Grounding, KeptText
from services.euria.models import Length, Subject

STOP_PREFIX: Final = "describe:stop"
AGAIN_PREFIX: Final = "describe:again"
ANY_SUBJECT: Final = "any"
_MAX_TEXT: Final = 3_300
_TOPIC_HEADING: Final = "## "

_Row = ui.ActionRow[ui.LayoutView]


class Stage(Enum):
    """How far a text is."""

    WAITING = auto()
    WRITING = auto()
    COMPLETE = auto()
    STOPPED = auto()
    CUT_SHORT = auto()
    TEMPLATE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class DescriptionState:
    """Everything the message shows.

    Attributes:
        topic: What is described.
        stage: How far it is.
        text: What was written so far, as it came.
        grounding: The facts, once looked up.
        note: A sentence on what went wrong, already in the user's language.
        kept: The text written earlier, when it is that one.
        asked_at: When it was asked for, if it was written much later (UTC).
        stop_id: Names the running text for the Stop button.
        again_id: What the Regenerate or Retry button carries.
    """

    topic: str
    stage: Stage
    text: str = ""
    grounding: Grounding | None = None
    note: str = ""
    kept: KeptText | None = None
    asked_at: datetime | None = None
    stop_id: str = ""
    again_id: str = ""


def again_id(user_id: int, length: Length, subject: Subject | None) -> str:
    """Return what a button carries for another text: everything but the topic, shown above it."""
    return f"{user_id}:{length}:{subject or ANY_SUBJECT}"


def late_description_card(late: LateDescription, texts: Texts) -> ui.LayoutView:
    """Return the message for a text that came later, or did not come in a day."""
    grounding = late.grounding
    state = DescriptionState(
        topic=grounding.topic,
        stage=Stage.COMPLETE if late.text else Stage.TEMPLATE,
        text=late.text,
        # What Discogs said then may be a day old: without a text, only the topic is certain.
        grounding=grounding if late.text else None,
        note="" if late.text else texts.gettext("EurIA stayed away for a day, so I gave up."),
        asked_at=late.asked_at if late.text else None,
        again_id=again_id(late.user_id, late.length, grounding.subject),
    )
    return description_card(state, texts)


def description_card(state: DescriptionState, texts: Texts) -> ui.LayoutView:
    """Return the message for ``state``."""
    colour = {
        Stage.WAITING: WRITING_COLOUR,
        Stage.WRITING: WRITING_COLOUR,
        Stage.COMPLETE: WRITTEN_COLOUR,
    }.get(state.stage, CUT_COLOUR)
    card: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay(_TOPIC_HEADING + escape(shorten(state.topic, 200))), accent_colour=colour
    )
    body = _body(state, texts)
    picture = _picture(state)
    card.add_item(with_picture(body, picture, state.topic) if picture else ui.TextDisplay(body))
    for line in _footer(state, texts):
        card.add_item(ui.TextDisplay(subtext(line)))
    row = _buttons(state, texts)
    return view_of(card) if row is None else view_of(card, row)


def continuation_cards(state: DescriptionState) -> list[ui.LayoutView]:
    """Return the messages after the first, for a text that one does not hold."""
    if state.stage in (Stage.WAITING, Stage.TEMPLATE):
        return []
    colour = WRITING_COLOUR if state.stage is Stage.WRITING else WRITTEN_COLOUR
    return [
        view_of(ui.Container(ui.TextDisplay(part), accent_colour=colour))
        for part in _parts(state)[1:]
    ]


def length_shown(state: DescriptionState) -> int:
    """Return how many characters of the text can be read by now."""
    return sum(map(len, being_written(state.text, _MAX_TEXT)))


def topic_of(message: discord.Message) -> str | None:
    """Return the topic that a description message shows, or None when it is no such message."""
    for component in message.components:
        if not isinstance(component, discord.Container):
            continue
        for child in component.children:
            if isinstance(child, discord.TextDisplay):
                heading = child.content
                if heading.startswith(_TOPIC_HEADING):
                    return unescape(heading.removeprefix(_TOPIC_HEADING))
    return None


def _body(state: DescriptionState, texts: Texts) -> str:
    if state.stage is Stage.WAITING:
        return "✍️ " + texts.gettext("Writing about it…")
    if state.stage is Stage.TEMPLATE:
        return f"⚠️ {state.note}\n\n{_template(state, texts)}"
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


def _picture(state: DescriptionState) -> str | None:
    """A template may show Discogs' picture; AI text never stands beside a borrowed one."""
    if state.stage is not Stage.TEMPLATE or state.grounding is None:
        return None
    return state.grounding.hit.image_url if state.grounding.hit else None


def _template(state: DescriptionState, texts: Texts) -> str:
    """What can be said without the model: the facts, or how to find them."""
    hit = state.grounding.hit if state.grounding is not None else None
    if hit is None:
        return texts.gettext(
            "I have no facts of my own about it; `/search` may find it on Spotify and Discogs."
        )
    title = link(shorten(hit.title, MAX_TITLE), hit.url)
    lines = [
        texts.gettext(
            "{title} is a release by **{artist}**.",
            title=title,
            artist=escape(shorten(hit.artist, MAX_TITLE)),
        )
        if hit.artist
        else title
    ]
    if hit.year and hit.labels:
        lines.append(
            texts.gettext(
                "This pressing came out in {year} on {label}.",
                year=hit.year,
                label=escape(shorten(hit.labels[0], MAX_TITLE)),
            )
        )
    elif hit.year:
        lines.append(texts.gettext("This pressing came out in {year}.", year=hit.year))
    styles = ", ".join((*hit.styles, *hit.genres)[:4])
    if styles:
        styles = escape(shorten(styles, MAX_TITLE))
        lines.append(texts.gettext("Discogs files it under {styles}.", styles=styles))
    return " ".join(lines)


def _footer(state: DescriptionState, texts: Texts) -> list[str]:
    hit = state.grounding.hit if state.grounding is not None else None
    lines: list[str] = []
    if state.stage is Stage.STOPPED:
        lines.append(texts.gettext("Stopped at your request."))
    if state.stage is Stage.CUT_SHORT:
        lines.append(" ".join(("✂️", texts.gettext("Cut short."), state.note)))
    is_over = state.stage in (Stage.COMPLETE, Stage.STOPPED, Stage.CUT_SHORT)
    if is_over and state.text.strip():
        lines.append(texts.gettext("Written by AI (EurIA); it may be wrong."))
    if state.asked_at is not None:
        when = timestamp(state.asked_at)
        lines.append(texts.gettext("Asked for {when}; EurIA was away then.", when=when))
    if state.kept is not None:
        when = timestamp(state.kept.written_at)
        lines.append(texts.gettext("Written {when}; `fresh` writes a new one.", when=when))
    if hit is not None and state.stage is not Stage.WAITING:
        lines.append(link(texts.gettext("Data provided by Discogs"), hit.url))
    return lines


def _buttons(state: DescriptionState, texts: Texts) -> _Row | None:
    button: ui.Button[ui.LayoutView]
    if state.stage in (Stage.WAITING, Stage.WRITING):
        if not state.stop_id:
            return None
        button = ui.Button(
            label=texts.gettext("Stop"),
            emoji="⏹️",
            style=discord.ButtonStyle.secondary,
            custom_id=f"{STOP_PREFIX}:{state.stop_id}",
        )
        return ui.ActionRow(button)
    if not state.again_id:
        return None
    is_whole = state.stage is Stage.COMPLETE
    button = ui.Button(
        label=texts.gettext("Regenerate") if is_whole else texts.gettext("Try again"),
        emoji="🔁",
        style=discord.ButtonStyle.secondary,
        custom_id=f"{AGAIN_PREFIX}:{state.again_id}",
    )
    return ui.ActionRow(button)
