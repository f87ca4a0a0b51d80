"""``/collection browse`` and ``/collection random`` as messages."""

from collections.abc import Iterable, Iterator
from typing import Final

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import Button, button, own_id, row_of
from bot.ui.copies import (
    age_text,
    collection_url,
    copy_line,
    copy_name,
    copy_url,
    facts_line,
    filters_line,
    state_line,
)
from bot.ui.layout import DISCOGS_COLOUR, MAX_TITLE, subtext, view_of, with_picture
from bot.ui.paging import page_buttons
from bot.ui.text import escape, escape_paragraphs, fit, isolate, link, number, shorten, timestamp
from services.collection.models import (
    CopiesPage,
    Filters,
    Pick,
    Played,
    StoredCopy,
    SyncState,
)
from services.music import clean_text

PAGE_PREFIX: Final = "collection:page"
RANDOM_PREFIX: Final = "collection:random"
PLAY_PREFIX: Final = "collection:play"
PLAY_MENU_PREFIX: Final = "collection:played"
_MAX_ROW_TEXT: Final = 60
_MAX_NOTE: Final = 200
_MOST_NOTES: Final = 3

Container = ui.Container[ui.LayoutView]


def copies_card(
    page: CopiesPage, filters: Filters, *, user_id: int, key: str, texts: Texts
) -> ui.LayoutView:
    """Return one page of a collection.

    Args:
        page: What is shown.
        filters: What it was filtered by.
        user_id: Who asked, and may turn pages.
        key: Finds the filters again when a page is turned.
        texts: The asker's language.
    """
    card = _container(_headline(page, texts))
    active = filters_line(filters, texts)
    if active:
        card.add_item(ui.TextDisplay(subtext(f"🔎 {active}")))
    if not page.copies:
        card.add_item(ui.TextDisplay(_nothing(page, active, texts)))
    for copy in page.copies:
        card.add_item(_row(copy, texts))
    card.add_item(ui.TextDisplay("\n".join(map(subtext, _footer(page, texts)))))
    view = view_of(card)
    if page.copies:
        view.add_item(_play_menu(page.copies, user_id, texts))
    if page.pages > 1:
        turns = page_buttons(PAGE_PREFIX, user_id, key, at=page.page, last=page.pages)
        view.add_item(row_of(*turns))
    return view


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


def _play_menu(
    copies: Iterable[StoredCopy], user_id: int, texts: Texts
) -> ui.ActionRow[ui.LayoutView]:
    """Return a menu of a page's copies; six buttons would not fit beside six covers."""
    options = [
        discord.SelectOption(
            label=shorten(clean_text(copy_name(copy, texts)), _MAX_ROW_TEXT),
            value=str(copy.item_id),
        )
        for copy in copies
    ]
    menu: ui.Select[ui.LayoutView] = ui.Select(
        custom_id=own_id(PLAY_MENU_PREFIX, user_id),
        placeholder=texts.gettext("▶️ I'm playing one of these …"),
        options=options,
    )
    return ui.ActionRow(menu)


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


def _container(text: str) -> Container:
    return Container(ui.TextDisplay(text), accent_colour=DISCOGS_COLOUR)


def _headline(page: CopiesPage, texts: Texts) -> str:
    name = texts.gettext("{name}'s collection", name=isolate(escape(page.state.username)))
    return f"## 💿 {name}"


def _row(
    copy: StoredCopy, texts: Texts
) -> ui.Section[ui.LayoutView] | ui.TextDisplay[ui.LayoutView]:
    facts = facts_line(copy, texts)
    text = copy_line(copy, texts) + (f"\n{facts}" if facts else "")
    title = shorten(copy.title, _MAX_ROW_TEXT)  # six of them must fit into one message
    return with_picture(text, copy.thumb_url, texts.gettext("Picture of {name}", name=title or "?"))


def _nothing(page: CopiesPage, active: str, texts: Texts) -> str:
    state = page.state
    if active:
        return texts.gettext("Nothing in your collection fits these filters.")
    if state.is_running:
        return texts.gettext("I'm reading your collection for the first time. Look again soon.")
    if state.synced_at is None:
        return texts.gettext("I haven't read your collection yet: `/collection sync` does that.")
    return texts.gettext(
        "It's empty so far. Add records on Discogs, or here with `/collection add`."
    )


def _footer(page: CopiesPage, texts: Texts) -> Iterator[str]:
    count = texts.ngettext(
        "{number} record",
        "{number} records",
        page.matching,
        number=number(page.matching, texts.language),
    )
    parts = [count] if page.state.is_partial else [count, age_text(page.state, texts)]
    if page.pages > 1:
        number_of = {"page": page.page, "pages": number(page.pages, texts.language)}
        parts.insert(0, texts.gettext("Page {page} of {pages}", **number_of))
    yield " · ".join(parts)
    note = state_line(page.state, texts, is_fresh=page.is_fresh)
    if note:
        yield note
    yield _attribution(page.state, texts)


def _attribution(state: SyncState, texts: Texts) -> str:
    return link(texts.gettext("Data provided by Discogs"), collection_url(state.username))


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
