"""``/collection random`` as messages: a pick, and what is playing."""

from collections.abc import Iterable, Iterator
from typing import Final

from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import Button, button, own_id, row_of
from bot.ui.copies import collection_url, copy_url, facts_line, filters_line, state_line
from bot.ui.layout import DISCOGS_COLOUR, MAX_TITLE, subtext, view_of, with_picture
from bot.ui.text import escape, escape_paragraphs, fit, isolate, link, number, shorten, timestamp
from services.collection.models import Filters, Pick, Played, StoredCopy, SyncState

RANDOM_PREFIX: Final = "collection:random"
PLAY_PREFIX: Final = "collection:play"
_MAX_NOTE: Final = 200
_MOST_NOTES: Final = 3

Container = ui.Container[ui.LayoutView]


def pick_card(pick: Pick, *, user_id: int, key: str, texts: Texts) -> ui.LayoutView:
    """Return a random copy, with the reason why it is this one."""
    card = _one(pick.copy, f"🎲 {_reason(pick, texts)}", _pick_footer(pick, texts), texts)
    play = button(
        texts.gettext("I'm playing this"),
        own_id(PLAY_PREFIX, user_id, pick.copy.item_id, key),
        emoji="▶️",
    )
    return view_of(card, row_of(_again(user_id, key, texts), play))


def playing_card(played: Played, *, user_id: int, key: str, texts: Texts) -> ui.LayoutView:
    """Return the copy that is playing now, in place of its ``pick_card``."""
    said = texts.gettext("Playing since {when}.", when=timestamp(played.played_at, "f"))
    footer = [_copy_source(played.copy, played.state, texts)]
    return view_of(
        _one(played.copy, f"▶️ {said}", footer, texts), row_of(_again(user_id, key, texts))
    )


def no_pick_card(filters: Filters, texts: Texts) -> ui.LayoutView:
    """Return what to say when nothing can be picked."""
    active = filters_line(filters, texts)
    if active:
        said = texts.gettext("Nothing in your collection fits {filters}.", filters=active)
    else:
        said = texts.gettext(
            "There's nothing to pick from yet. `/collection sync` reads your collection."
        )
    return view_of(ui.TextDisplay(said))


def _one(copy: StoredCopy, said: str, footer: Iterable[str], texts: Texts) -> Container:
    """Return one copy with all that is known of it, and what is ``said`` about it."""
    alt = texts.gettext("Picture of {name}", name=copy.title)
    heading = "\n".join(
        line
        for line in (
            _title(copy, texts),
            isolate(escape(shorten(copy.artist, MAX_TITLE))),
            subtext(facts_line(copy, texts, is_long=True)),
            subtext(escape(shorten(", ".join((*copy.genres, *copy.styles)[:6]), MAX_TITLE))),
        )
        if line not in ("", subtext(""))
    )
    card = Container(with_picture(heading, copy.thumb_url, alt), accent_colour=DISCOGS_COLOUR)
    card.add_item(ui.TextDisplay(said))
    notes = "\n".join(_notes(copy))
    if notes:
        card.add_item(ui.TextDisplay(notes))
    card.add_item(ui.TextDisplay("\n".join(map(subtext, footer))))
    return card


def _again(user_id: int, key: str, texts: Texts) -> Button:
    return button(texts.gettext("Another one"), own_id(RANDOM_PREFIX, user_id, key), emoji="🎲")


def _title(copy: StoredCopy, texts: Texts) -> str:
    title = shorten(copy.title, MAX_TITLE) or texts.gettext("Untitled")
    url = copy_url(copy)
    return f"## {isolate(link(title, url) if url else escape(title))}"


def _reason(pick: Pick, texts: Texts) -> str:
    reasons = {
        "never_picked": texts.gettext("I haven't picked this one for you before."),
        "long_ago": texts.gettext("It's been a while since I picked this one for you."),
    }
    lately = texts.gettext("You've seen them all lately; this time it's pure chance.")
    return reasons.get(pick.reason, lately)


def _notes(copy: StoredCopy) -> Iterator[str]:
    for name, text in copy.notes[:_MOST_NOTES]:
        shown = escape_paragraphs(fit(text, _MAX_NOTE)).replace("\n\n", " ")
        yield subtext(f"{isolate(escape(shorten(name, 40)))}: {isolate(shown)}")


def _pick_footer(pick: Pick, texts: Texts) -> Iterator[str]:
    parts = [
        texts.ngettext(
            "one of {number} record that fits",
            "one of {number} records that fit",
            pick.matching,
            number=number(pick.matching, texts.language),
        )
    ]
    if pick.copy.added_at is not None:
        added = timestamp(pick.copy.added_at, "D")
        parts.append(texts.gettext("yours since {day}", day=added))
    if pick.played_at is None:
        parts.append(texts.gettext("never played"))
    else:
        when = timestamp(pick.played_at)
        parts.append(texts.gettext("last played {when}", when=when))
    yield " · ".join(parts)
    note = state_line(pick.state, texts)
    if note:
        yield note
    yield _copy_source(pick.copy, pick.state, texts)


def _copy_source(copy: StoredCopy, state: SyncState, texts: Texts) -> str:
    url = copy_url(copy) or collection_url(state.username)
    return link(texts.gettext("Data provided by Discogs"), url)
