"""``/discover`` as messages: the question whether a model may see a list, and the picks."""

from collections.abc import Iterator
from typing import Final

import discord
from discord import ui

from bot.errors import sentence
from bot.i18n import Texts
from bot.ui.buttons import Button, button, own_id, row_of
from bot.ui.copies import collection_url, copy_line, facts_line, state_line
from bot.ui.layout import (
    DISCOGS_COLOUR,
    WRITING_COLOUR,
    WRITTEN_COLOUR,
    subtext,
    view_of,
    with_picture,
)
from bot.ui.search_card import PENDING_MARK
from bot.ui.text import escape, isolate, link, shorten
from services.descriptions.discovering import MOST_CANDIDATES, MoodPick, Picks
from services.errors import ExternalServiceException

AGREE_PREFIX: Final = "discover:agree"
PLAIN_PREFIX: Final = "discover:plain"
AGAIN_PREFIX: Final = "discover:again"
_HEADING: Final = "## "
_MAX_MOOD: Final = 200
_MAX_REASON: Final = 200

Container = ui.Container[ui.LayoutView]


def consent_card(mood: str, *, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return the question whether the model may see a list of the person's records."""
    said = texts.gettext(
        "To choose for a mood, EurIA (Infomaniak's AI in Switzerland) would see a list of up to "
        "{count} of your records: artist, title, year and styles. Nothing else: no name, notes, "
        "ratings or prices. Is that all right? I'll remember, and you can change your mind below "
        "any picks. Without it I pick by genre and style.",
        count=MOST_CANDIDATES,
    )
    card: Container = ui.Container(
        ui.TextDisplay(_heading(mood)), ui.TextDisplay(said), accent_colour=WRITING_COLOUR
    )
    agree = button(
        texts.gettext("Yes, let EurIA choose"),
        own_id(AGREE_PREFIX, user_id),
        emoji="✍️",
        style=discord.ButtonStyle.primary,
    )
    return view_of(card, row_of(agree, _plain_button(user_id, texts)))


def looking_card(mood: str, texts: Texts) -> ui.LayoutView:
    """Return what is shown until there are picks."""
    return view_of(
        ui.Container(
            ui.TextDisplay(_heading(mood)),
            ui.TextDisplay(f"{PENDING_MARK} " + texts.gettext("Looking through your records…")),
            accent_colour=WRITING_COLOUR,
        )
    )


def picks_card(
    mood: str, picks: Picks, *, user_id: int, has_ai: bool, texts: Texts
) -> ui.LayoutView:
    """Return the picks.

    Args:
        mood: The person's words.
        picks: What fits.
        user_id: Whose.
        has_ai: There is a model that could be asked.
        texts: The person's language.
    """
    colour = WRITTEN_COLOUR if picks.is_by_ai else DISCOGS_COLOUR
    card: Container = ui.Container(ui.TextDisplay(_heading(mood)), accent_colour=colour)
    for pick in picks.picks:
        card.add_item(_row(pick, texts, is_by_ai=picks.is_by_ai))
    if not picks.picks:
        card.add_item(ui.TextDisplay(_nothing(picks, texts)))
    card.add_item(ui.TextDisplay("\n".join(map(subtext, _footer(picks, texts)))))
    buttons = list(_buttons(picks, user_id, texts, has_ai=has_ai))
    return view_of(card, row_of(*buttons)) if buttons else view_of(card)


def _heading(mood: str) -> str:
    return _HEADING + escape(shorten(mood, _MAX_MOOD))


def _row(
    pick: MoodPick, texts: Texts, *, is_by_ai: bool
) -> ui.Section[ui.LayoutView] | ui.TextDisplay[ui.LayoutView]:
    lines = [copy_line(pick.copy, texts), facts_line(pick.copy, texts)]
    reason = isolate(escape(shorten(pick.reason, _MAX_REASON)))
    if reason:
        lines.append(f"*{reason}*")
    text = "\n".join(line for line in lines if line)
    if is_by_ai:  # its words never stand beside a borrowed picture
        return ui.TextDisplay(text)
    alt = texts.gettext("Picture of {name}", name=pick.copy.title or "?")
    return with_picture(text, pick.copy.thumb_url, alt)


def _nothing(picks: Picks, texts: Texts) -> str:
    if not picks.candidates:
        return texts.gettext(
            "There's nothing to pick from yet. `/collection sync` reads your collection."
        )
    if picks.is_by_ai:
        return texts.gettext("EurIA finds nothing among your records for that mood.")
    return texts.gettext(
        "Nothing in your collection fits that, as far as I understand it. A genre, a style or a "
        "decade always works: “calm”, “hard bop”, “70s”."
    )


def _footer(picks: Picks, texts: Texts) -> Iterator[str]:
    if picks.is_by_ai:
        yield texts.ngettext(
            "Chosen and worded by AI (EurIA) from {count} of your records; it may be wrong.",
            "Chosen and worded by AI (EurIA) from {count} of your records; it may be wrong.",
            picks.candidates,
        )
    elif picks.picks:
        yield texts.gettext("Picked by genre, style and decade, without AI.")
    if isinstance(picks.error, ExternalServiceException):
        yield "⚠️ " + sentence(picks.error, texts)
    elif picks.error is not None:
        yield "⚠️ " + texts.gettext("The AI texts of the day are used up.")
    note = state_line(picks.state, texts, is_fresh=picks.is_fresh)
    if note:
        yield note
    yield link(texts.gettext("Data provided by Discogs"), collection_url(picks.state.username))


def _buttons(picks: Picks, user_id: int, texts: Texts, *, has_ai: bool) -> Iterator[Button]:
    if not picks.candidates:
        return
    yield button(texts.gettext("Other picks"), own_id(AGAIN_PREFIX, user_id), emoji="🔁")
    if picks.is_by_ai or picks.error is not None:
        yield _plain_button(user_id, texts)
    elif has_ai:
        yield button(
            texts.gettext("Let EurIA choose"), own_id(AGREE_PREFIX, user_id, "ask"), emoji="✍️"
        )


def _plain_button(user_id: int, texts: Texts) -> Button:
    return button(texts.gettext("Without AI"), own_id(PLAIN_PREFIX, user_id))
