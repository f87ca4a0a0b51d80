"""The lines of a digest, each safe to show: records, people, reasons, a chart.

People are mentioned without being pinged: whoever sends a digest lets no mention notify.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

import msgspec
from babel.dates import format_skeleton

from bot.i18n import Texts
from bot.ui.description_template import template
from bot.ui.layout import subtext
from bot.ui.shared_records import record_line, record_title
from bot.ui.text import (
    escape,
    escape_paragraphs,
    fit,
    isolate,
    money,
    number,
    plain,
    timestamp,
    weight,
)
from bot.ui.value_card import amount_change
from services.collection.highlight_models import Highlight, PickReason
from services.collection.money import parse_money
from services.collection.shared_models import SharedRecord
from services.descriptions.models import AlbumFacts, Form
from services.descriptions.review import haiku_lines
from services.digests.content_models import Anniversary, DigestContent, DigestPick, MemberPart
from services.digests.period import last_months

_MAX_TEXT: Final = 500
_MAX_VERSE: Final = 300
_MOST_ROWS: Final = 5
_FEW_PEOPLE: Final = 2
_MOST_OWNERS: Final = 5
_FEW_ROWS: Final = 3
_WIDEST_BAR: Final = 14
_BAR: Final = "█"
_LEAST_BAR: Final = "▏"


class Room:
    """How much of a message's text is left; counted as ``bot.ui.text.weight`` does."""

    def __init__(self, weight_left: float) -> None:
        """Begin with so much."""
        self.left = weight_left

    def take(self, lines: Iterable[str], most: float) -> list[str]:
        """Return the first lines that fit into ``most`` and into what is left, which they take."""
        taken: list[str] = []
        free = min(most, self.left)
        for line in lines:
            cost = weight(line) + 1
            if cost > free:
                break
            taken.append(line)
            free, self.left = free - cost, self.left - cost
        return taken


def person(user_id: int) -> str:
    """Return a mention."""
    return f"<@{user_id}>"


def highlight_line(record: Highlight, texts: Texts) -> str:
    """Return ``**Artist – [Title](page)** · 1957``."""
    return record_line(_shared(record), texts)


def _title(record: Highlight, texts: Texts) -> str:
    """Return the same without the year, for sentences."""
    return record_title(_shared(record), texts)


def _shared(record: Highlight) -> SharedRecord:
    return SharedRecord(
        release_id=record.release_id, title=record.title, artist=record.artist, year=record.year
    )


def records_text(count: int, texts: Texts) -> str:
    """Return how many records."""
    return texts.ngettext(
        "{number} record", "{number} records", count, number=number(count, texts.language)
    )


def added_lines(parts: Sequence[MemberPart], room: Room, texts: Texts) -> list[str]:
    """Return who added what, as much of it as there is room for; nobody is left uncounted."""
    news = [part for part in parts if part.added_count]
    most = _MOST_ROWS if len(news) <= _FEW_PEOPLE else _FEW_ROWS
    others = _others(news, texts)  # the longest that this line can be
    room.left -= weight(others)
    lines: list[str] = []
    shown = 0
    for part in news:
        block = room.take(["\n".join(_block(part, most, texts))], room.left)
        block = block or room.take([_added_head(part, texts)], room.left)
        if not block:
            break
        lines += block
        shown += 1
    room.left += weight(others)
    rest = news[shown:]
    return [*lines, _others(rest, texts)] if rest else lines


def _block(part: MemberPart, most: int, texts: Texts) -> Iterator[str]:
    yield _added_head(part, texts)
    shown = part.added[:most]
    for record in shown:
        yield f"> {highlight_line(record, texts)}"
    hidden = part.added_count - len(shown)
    if hidden and shown:
        yield f"> {subtext(_more(hidden, texts))}"


def _added_head(part: MemberPart, texts: Texts) -> str:
    return f"{person(part.user_id)} · {records_text(part.added_count, texts)}"


def _more(count: int, texts: Texts) -> str:
    shown = number(count, texts.language)
    return texts.ngettext("and {number} more", "and {number} more", count, number=shown)


def _others(parts: Sequence[MemberPart], texts: Texts) -> str:
    records = records_text(sum(part.added_count for part in parts), texts)
    people = texts.ngettext(
        "and {number} more person: {records}",
        "and {number} more people: {records}",
        len(parts),
        number=number(len(parts), texts.language),
        records=records,
    )
    return subtext(people)


def jubilee_lines(content: DigestContent, texts: Texts) -> Iterator[str]:
    """Yield anniversaries of music, the roundest first; Discogs gives years and no days."""
    found: dict[tuple[str, str, int], list[tuple[int, Highlight]]] = {}
    for part in content.members:
        for each in part.jubilees:  # several members may have the same music
            same = found.setdefault((each.record.artist, each.record.title, each.years), [])
            same.append((part.user_id, each.record))
    for (_, _, years), owned in sorted(found.items(), key=lambda item: -item[0][2]):
        said = texts.ngettext(
            "🎂 {record} came out {count} year ago this year",
            "🎂 {record} came out {count} years ago this year",
            years,
            record=_title(owned[0][1], texts),
        )
        people = [person(user_id) for user_id, _ in owned[:_MOST_OWNERS]]
        more = ["…"] if len(owned) > _MOST_OWNERS else []
        yield f"{said} · {', '.join([*people, *more])}"


def bought_lines(content: DigestContent, texts: Texts) -> Iterator[str]:
    """Yield what was added on these days of earlier years, the longest ago first."""
    found = [(part, each) for part in content.members for each in part.bought]
    for part, each in sorted(found, key=lambda pair: -pair[1].years):
        yield _bought(part, each, texts)


def _bought(part: MemberPart, each: Anniversary, texts: Texts) -> str:
    day = timestamp(each.record.added_at, "D") if each.record.added_at is not None else "?"
    return texts.ngettext(
        "📅 {record} joined {person}'s shelf {count} year ago ({day})",
        "📅 {record} joined {person}'s shelf {count} years ago ({day})",
        each.years,
        record=_title(each.record, texts),
        person=person(part.user_id),
        day=day,
    )


def cheaper_lines(content: DigestContent, texts: Texts) -> Iterator[str]:
    """Yield wishes that are offered for less than last time, with when that was asked."""
    for part in content.members:
        for wish in part.cheaper:
            yield texts.gettext(
                "🏷️ {record} on {person}'s wantlist got cheaper: now from **{price}** "
                "(asked {when})",
                record=_title(wish.record, texts),
                person=person(part.user_id),
                price=escape(money(wish.price, wish.currency, texts.language)),
                when=timestamp(wish.asked_at),
            )


def value_lines(content: DigestContent, texts: Texts) -> Iterator[str]:
    """Yield what became of the values that their owners show."""
    for part in content.members:
        change = part.value
        if change is None or change.before == change.now:
            continue
        now, then = parse_money(change.now), parse_money(change.before)
        if now is None or then is None:
            continue
        yield texts.gettext(
            "💰 {person}'s collection: **{value}** · {change} since {day}",
            person=person(part.user_id),
            value=escape(change.now),
            change=amount_change(now, then, now.amount - then.amount, texts),
            day=timestamp(change.before_at, "D"),
        )


def chart_text(content: DigestContent, texts: Texts) -> str:
    """Return how many records were added in each of the last months, as bars; empty for none.

    Of letters and no picture: it is readable aloud, costs a post nothing, and changes with the
    message when a member leaves.
    """
    months = [part.months for part in content.members if part.months]
    counts = [sum(each) for each in zip(*months, strict=True)]
    if sum(1 for count in counts if count) < 2:  # noqa: PLR2004  # one bar compares with nothing
        return ""
    names = [
        format_skeleton("MMM", date(year, month, 1), locale=texts.language)
        for year, month in last_months(content.day, len(counts))
    ]
    width = max(map(len, names))
    rows = (
        f"{name:<{width}} {_bar(count, max(counts))}{number(count, texts.language)}"
        for name, count in zip(names, counts, strict=True)
    )
    title = texts.gettext("Records added each month")
    return "\n".join([f"**{title}**", "```", *rows, "```"])


def _bar(count: int, highest: int) -> str:
    length = round(_WIDEST_BAR * count / highest)
    bar = _BAR * length or (_LEAST_BAR if count else "")
    return f"{bar} " if bar else ""


def reason_text(pick: DigestPick, texts: Texts) -> str:
    """Return why it is this one."""
    owner = person(pick.owner_id)
    if pick.reason is PickReason.SEASON:
        return texts.gettext("It's December, and {owner} has a record for it.", owner=owner)
    if pick.reason is PickReason.NEVER_PLAYED:
        return texts.gettext("{owner} hasn't noted playing this one yet.", owner=owner)
    if pick.reason is PickReason.LONG_AGO:
        return texts.gettext("{owner} hasn't played it for a long time.", owner=owner)
    if pick.reason is PickReason.OLD_FRIEND and pick.record.added_at is not None:
        day = timestamp(pick.record.added_at, "D")
        return texts.gettext("On {owner}'s shelf since {day}.", owner=owner, day=day)
    return texts.gettext("Picked from {owner}'s shelf by chance.", owner=owner)


def pick_text(pick: DigestPick, texts: Texts) -> str:
    """Return EurIA's words, or Discogs' facts as sentences in their stead."""
    if not pick.text:
        return template(_few(pick), Form.BRIEF, texts)
    if pick.form is Form.HAIKU:
        lines = haiku_lines(fit(plain(pick.text), _MAX_VERSE))
        return "\n".join(f"*{isolate(escape(line))}*" for line in lines)
    return escape_paragraphs(fit(plain(pick.text), _MAX_TEXT))


def _few(pick: DigestPick) -> AlbumFacts:
    """Return the facts without those that make a template long."""
    return msgspec.structs.replace(pick.facts, tracks=(), credits=())
