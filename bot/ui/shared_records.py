"""Other people's records in a message; their names on Discogs are not told: nobody agreed to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.i18n import Texts
from bot.ui.copies import render_format, render_label
from bot.ui.text import escape, isolate, link, shorten, timestamp
from services.collection.shared_models import SharedRecord

WEB: Final = "https://www.discogs.com"
_MAX_NAME: Final = 60
_MAX_FACT: Final = 40
_MAX_LIST: Final = 3_000  # of Discord's 4,000 characters; the rest is heading and footer
_MAX_LIST_BYTES: Final = 7_500  # of about 10,000 that Discord takes


def record_line(record: SharedRecord, texts: Texts) -> str:
    """Return what it is and which pressing, on one line."""
    return " · ".join(part for part in (record_title(record, texts), record_facts(record)) if part)


def record_title(record: SharedRecord, texts: Texts) -> str:
    """Return ``**Artist – [Title](page)**``."""
    title = shorten(record.title, _MAX_NAME) or texts.gettext("Untitled")
    url = f"{WEB}/release/{record.release_id}" if record.release_id else None
    shown = isolate(link(title, url) if url else escape(title))
    artist = isolate(escape(shorten(record.artist, _MAX_NAME)))
    return f"**{artist} – {shown}**" if artist else f"**{shown}**"


def record_facts(record: SharedRecord) -> str:
    """Return format, label and year; empty when nothing is known."""
    facts = (
        *map(render_format, record.formats[:1]),
        *map(render_label, record.labels[:1]),
        str(record.year or ""),
    )
    return " · ".join(isolate(escape(shorten(fact, _MAX_FACT))) for fact in facts if fact)


def age_text(read_at: datetime | None, texts: Texts) -> str:
    """Return from when it is (UTC); None: a collection was not read whole yet."""
    if read_at is None:
        return texts.gettext("not read whole yet")
    return texts.gettext("as read {when}", when=timestamp(read_at))


def source_text(url: str, texts: Texts) -> str:
    """Return where it comes from, as Discogs' terms ask."""
    return link(texts.gettext("Data provided by Discogs"), url)


def fitting(rows: Sequence[str]) -> list[str]:
    """Return the first rows that fit into a message; at least one."""
    fitting: list[str] = []
    length = size = 0
    for row in rows:
        length, size = length + len(row) + 1, size + len(row.encode()) + 1
        if fitting and (length > _MAX_LIST or size > _MAX_LIST_BYTES):
            break
        fitting.append(row)
    return fitting
