"""``/collection who`` as a message.

People are mentioned without being pinged: ``reply.py`` lets no mention notify.
"""

from collections.abc import Iterator
from typing import Final

from discord import ui

from bot.i18n import Texts
from bot.ui.layout import DISCOGS_COLOUR, subtext, view_of
from bot.ui.shared_records import WEB, age_text, fitting, record_line, source_text
from bot.ui.text import escape, isolate, number, shorten
from services.collection.shared_models import Owner, Owners

_MAX_QUERY: Final = 80
_MOST_PEOPLE: Final = 15


def owners_card(owners: Owners, query: str, texts: Texts) -> ui.LayoutView:
    """Return who owns it; there is at least one."""
    asked = isolate(escape(shorten(query, _MAX_QUERY)))
    heading = texts.gettext("Who has “{query}” here", query=asked)
    rows = [_person(each, owners.release_id, texts) for each in owners.people[:_MOST_PEOPLE]]
    shown = fitting(rows)
    return view_of(
        ui.Container(
            ui.TextDisplay(f"## 🔎 {heading}"),
            ui.TextDisplay("\n".join(shown)),
            ui.TextDisplay("\n".join(map(subtext, _footer(owners, len(shown), texts)))),
            accent_colour=DISCOGS_COLOUR,
        )
    )


def nobody_text(query: str, owners: Owners, texts: Texts) -> str:
    """Return what to say when nobody has it."""
    asked = isolate(escape(shorten(query, _MAX_QUERY)))
    said = texts.gettext(
        "Nobody here who shares their records has “{query}”. `/settings` lets you share yours.",
        query=asked,
    )
    return said if owners.is_complete else f"{said}\n{subtext(_incomplete(texts))}"


def _person(owner: Owner, release_id: int | None, texts: Texts) -> str:
    copies = texts.ngettext(
        "{number} copy",
        "{number} copies",
        owner.copies,
        number=number(owner.copies, texts.language),
    )
    lines = [f"<@{owner.user_id}> · {copies}"]
    for record in owner.records:
        is_it = release_id is not None and record.release_id == release_id
        parts = [record_line(record, texts), *([texts.gettext("✓ this pressing")] if is_it else [])]
        lines.append(f"> {' · '.join(parts)}")
    return "\n".join([*lines, *(["> …"] if owner.has_more else [])])


def _footer(owners: Owners, shown: int, texts: Texts) -> Iterator[str]:
    people = len(owners.people)
    count = texts.ngettext(
        "{number} person who shares their records",
        "{number} people who share their records",
        people,
        number=number(people, texts.language),
    )
    hidden = people - shown
    if hidden:
        more = texts.ngettext("{count} of them not shown", "{count} of them not shown", hidden)
        count = f"{count} · {more}"
    yield count
    if not owners.is_complete:
        yield _incomplete(texts)
    url = f"{WEB}/release/{owners.release_id}" if owners.release_id else WEB
    yield f"{age_text(owners.read_at, texts)} · {source_text(url, texts)}"


def _incomplete(texts: Texts) -> str:
    return texts.gettext("There may be more: I couldn't find out about everybody.")
