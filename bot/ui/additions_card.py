"""Everything that was added in a digest's time, page by page, for whoever asks."""

from collections.abc import Iterator

from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import row_of
from bot.ui.digest_lines import highlight_line, person, records_text
from bot.ui.digest_marks import PAGE_PREFIX, Additions
from bot.ui.layout import DISCOGS_COLOUR, subtext, view_of
from bot.ui.paging import page_buttons
from bot.ui.shared_records import WEB, source_text
from bot.ui.text import number, timestamp
from services.digests.additions import AdditionsPage


def additions_card(
    page: AdditionsPage, asked: Additions, *, user_id: int, texts: Texts
) -> ui.LayoutView:
    """Return a page of the list; ``user_id`` may turn it."""
    title = texts.gettext(
        "{records} added since {day}",
        records=records_text(page.count, texts),
        day=timestamp(page.since, "D"),
    )
    rows = list(_rows(page, texts)) or [texts.gettext("Nobody who is in it now added anything.")]
    where = texts.gettext(
        "Page {page} of {pages}",
        page=number(page.page, texts.language),
        pages=number(page.pages, texts.language),
    )
    card: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay(f"## 📃 {title}"),
        ui.TextDisplay("\n".join(rows)),
        ui.TextDisplay(subtext(f"{where} · {source_text(WEB, texts)}")),
        accent_colour=DISCOGS_COLOUR,
    )
    if page.pages == 1:
        return view_of(card)
    turns = page_buttons(PAGE_PREFIX, user_id, asked.key, at=page.page, last=page.pages)
    return view_of(card, row_of(*turns))


def _rows(page: AdditionsPage, texts: Texts) -> Iterator[str]:
    last: int | None = None
    for owner_id, record in page.rows:
        if owner_id != last:
            yield person(owner_id)
            last = owner_id
        day = timestamp(record.added_at, "d") if record.added_at is not None else ""
        yield " · ".join(filter(None, (f"> {highlight_line(record, texts)}", day)))
