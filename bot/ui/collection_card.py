"""``/collection browse`` as a message."""

from collections.abc import Iterable, Iterator
from typing import Final

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import own_id, row_of
from bot.ui.copies import (
    age_text,
    collection_url,
    copy_line,
    copy_name,
    facts_line,
    filters_line,
    state_line,
)
from bot.ui.layout import DISCOGS_COLOUR, subtext, view_of, with_picture
from bot.ui.paging import page_buttons
from bot.ui.text import escape, isolate, link, number, shorten
from services.collection.models import (
    CopiesPage,
    Filters,
    StoredCopy,
    SyncState,
)
from services.music import clean_text

PAGE_PREFIX: Final = "collection:page"
PLAY_MENU_PREFIX: Final = "collection:played"
_MAX_ROW_TEXT: Final = 60

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
