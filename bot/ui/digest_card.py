"""A digest as a message, within Discord's limits for any collection.

What must be there is measured first: the heading, the record to play with its text, where the data
comes from. The rest shares the room that is left, and says what it leaves out; "Full list" has it
all.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from discord import ui

from bot.i18n import N_, Texts
from bot.ui.buttons import Button, button, row_of
from bot.ui.digest_lines import (
    Room,
    added_lines,
    bought_lines,
    chart_text,
    cheaper_lines,
    highlight_line,
    jubilee_lines,
    person,
    pick_text,
    reason_text,
    records_text,
    value_lines,
)
from bot.ui.digest_marks import describe_id, hide_id, list_id
from bot.ui.layout import DISCOGS_COLOUR, subtext, view_of, with_picture
from bot.ui.shared_records import WEB, source_text
from bot.ui.text import escape, shorten, timestamp, weight
from services.descriptions.models import Form, Grounding, Target, Wish
from services.descriptions.review import unconfirmed_numbers
from services.digests.content_models import (
    ChangedDigest,
    DigestContent,
    DigestPick,
    MemberPart,
)
from services.digests.models import Cadence, PostedDigest, PreviewedDigest, Slot

_HEADINGS: Final = {
    Cadence.DAILY: N_("Today in our collections"),
    Cadence.WEEKLY: N_("This week in our collections"),
    Cadence.MONTHLY: N_("This month in our collections"),
}
_MAX_WEIGHT: Final = 3_700  # of Discord's 4,000 characters
_MAX_ANNIVERSARIES: Final = 800
_MAX_CHANGES: Final = 600
_MOST_STALE: Final = 3
_LONGEST_NUMBER: Final = 20

Item = ui.Item[ui.LayoutView]
Container = ui.Container[ui.LayoutView]


def digest_card(posted: PostedDigest[DigestContent] | ChangedDigest, texts: Texts) -> ui.LayoutView:
    """Return the message of a digest, in the server's language."""
    content = posted.content
    row = row_of(*_buttons(content, posted.slot, texts))
    return view_of(_container(content, texts), row)


def digest_preview(previewed: PreviewedDigest[DigestContent], texts: Texts) -> ui.LayoutView:
    """Return the message as it would be posted; nothing in it acts on what is posted."""
    content = previewed.content
    notes = ["👁️ " + texts.gettext("A preview: nobody else sees it.")]
    if content.pick is not None and content.pick.is_owed:  # and nobody mends a preview
        notes.append(
            texts.gettext("EurIA is away right now: Discogs' facts stand where its words would.")
        )
        pick = msgspec.structs.replace(content.pick, is_owed=False)
        content = msgspec.structs.replace(content, pick=pick)
    row = row_of(*_buttons(content, previewed.slot, texts, may_hide=False))
    return view_of(ui.TextDisplay(subtext(" ".join(notes))), _container(content, texts), row)


def _container(content: DigestContent, texts: Texts) -> Container:
    card = Container(accent_colour=DISCOGS_COLOUR)
    for item in _items(content, texts):
        card.add_item(item)
    return card


def _items(content: DigestContent, texts: Texts) -> Iterator[Item]:
    heading = _heading(content, texts)
    footer = "\n".join(map(subtext, _footer(content, texts)))
    pick = _pick_parts(content.pick, texts) if content.pick is not None else None
    chart = chart_text(content, texts) if content.has_news else ""
    room = Room(_MAX_WEIGHT - sum(map(weight, (heading, footer, chart, *(pick or ())))))
    jubilees = _jubilees(content, room, texts)
    changes = room.take(
        [*cheaper_lines(content, texts), *value_lines(content, texts)], _MAX_CHANGES
    )
    added = added_lines(content.members, room, texts)

    yield ui.TextDisplay("\n".join([heading, *added]))
    if jubilees or changes:
        yield ui.Separator()
        yield ui.TextDisplay("\n".join([*jubilees, *changes]))
    if pick is not None and content.pick is not None:
        yield ui.Separator()
        yield from _pick_items(content.pick, pick, texts)
    if chart:
        yield ui.Separator()
        yield ui.TextDisplay(chart)
    yield ui.TextDisplay(footer)


def _heading(content: DigestContent, texts: Texts) -> str:
    title = f"## 💿 {texts.gettext(_HEADINGS[content.cadence])}"
    since = timestamp(content.since, "D")
    count = sum(part.added_count for part in content.members)
    if count:
        records = records_text(count, texts)
        said = texts.gettext("{records} added since {day}", records=f"**{records}**", day=since)
    elif content.members:
        said = texts.gettext("Nothing was added since {day}.", day=since)
    elif content.unread_count:
        said = texts.gettext("There's nothing to tell of yet.")
    else:
        said = texts.gettext("Nobody's records are in it. `/digest join` adds yours.")
    return f"{title}\n{said}"


def _jubilees(content: DigestContent, room: Room, texts: Texts) -> list[str]:
    """Return anniversaries; a digest without news says no more than that, and what to play."""
    if not content.has_news:
        return []
    bought = room.take(bought_lines(content, texts), _MAX_ANNIVERSARIES / 2)
    return [*bought, *room.take(jubilee_lines(content, texts), _MAX_ANNIVERSARIES / 2)]


def _pick_parts(pick: DigestPick, texts: Texts) -> tuple[str, str]:
    """Return what is said of the record, and the text about it with where that comes from."""
    title = texts.gettext("One to play")
    head = f"### ▶️ {title}\n{highlight_line(pick.record, texts)}\n{reason_text(pick, texts)}"
    notes = "\n".join(map(subtext, _text_notes(pick, texts)))
    return head, "\n".join(filter(None, (pick_text(pick, texts), notes)))


def _pick_items(pick: DigestPick, parts: tuple[str, str], texts: Texts) -> Iterator[Item]:
    alt = texts.gettext("Picture of {name}", name=pick.record.title or "?")
    yield with_picture(parts[0], pick.picture, alt)
    yield ui.TextDisplay(parts[1])  # AI text never stands beside a borrowed picture


def _text_notes(pick: DigestPick, texts: Texts) -> Iterator[str]:
    if pick.is_owed:
        yield "⏳ " + texts.gettext("EurIA is away right now; its words will stand here later.")
    if not pick.text:
        return
    yield texts.gettext("Written by AI (EurIA); it may be wrong.")
    if pick.form is Form.HAIKU:
        return
    grounding = Grounding(wish=Wish(form=pick.form), facts=pick.facts)
    numbers = unconfirmed_numbers(pick.text, grounding)
    if numbers:
        named = ", ".join(escape(shorten(each, _LONGEST_NUMBER)) for each in numbers)
        yield texts.gettext("Not confirmed by Discogs: {numbers}.", numbers=named)


def _footer(content: DigestContent, texts: Texts) -> Iterator[str]:
    stale = [part for part in content.members if part.is_stale]
    if stale:
        yield "⚠️ " + texts.gettext(
            "Discogs couldn't be asked about everything: {people}.", people=_ages(stale, texts)
        )
    if content.unread_count:
        yield texts.ngettext(
            "{count} member's collection can't be read yet, and is left out.",
            "{count} members' collections can't be read yet, and are left out.",
            content.unread_count,
        )
    if content.members:
        yield texts.gettext("`/digest join` adds your collection, `/digest leave` takes it out.")
    source = source_text(WEB, texts)
    fresh = [part.read_at for part in content.members if not part.is_stale]
    if fresh:
        when = timestamp(min(fresh), "f")
        source = f"{texts.gettext('as read {when}', when=when)} · {source}"
    yield source


def _ages(stale: list[MemberPart], texts: Texts) -> str:
    oldest = sorted(stale, key=lambda part: part.read_at)
    shown = [
        texts.gettext(
            "{person} as of {when}", person=person(part.user_id), when=timestamp(part.read_at)
        )
        for part in oldest[:_MOST_STALE]
    ]
    return ", ".join([*shown, *(["…"] if len(stale) > _MOST_STALE else [])])


def _buttons(
    content: DigestContent, slot: Slot, texts: Texts, *, may_hide: bool = True
) -> Iterator[Button]:
    """Yield the buttons; the slot's mark is in one of them, whatever the digest says."""
    has_added = any(part.added_count for part in content.members)
    if has_added or not content.members:
        custom_id = list_id(slot, content.since, content.composed_at)
        yield button(texts.gettext("Full list"), custom_id, emoji="📃", disabled=not has_added)
    if content.pick is not None:
        custom_id = describe_id(Target("r", content.pick.facts.release_id))
        yield button(texts.gettext("Describe"), custom_id, emoji="✍️")
    if content.members:
        yield button(texts.gettext("Hide me"), hide_id(slot), emoji="🙈", disabled=not may_hide)
