"""A track list: positions, titles, durations, headings; as many as fit, and how many more."""

from collections.abc import Iterable
from typing import Final

from bot.i18n import Texts
from bot.ui.layout import MAX_TITLE, subtext
from bot.ui.text import escape, shorten, weight
from services.discogs.models import Track
from services.music import clean_text

_MOST_ROWS: Final = 25


def tracklist(tracks: Iterable[Track], texts: Texts, *, limit: int) -> str:
    """Return the beginning of a list, in at most ``limit`` characters; how many more follow.

    A heading that nothing would follow is left out.
    """
    rows = [(_heading(track) if track.is_heading else _row(track)) for track in tracks]
    are_headings = [track.is_heading for track in tracks]
    count = _fitting(rows, limit)
    while count and are_headings[count - 1] and count < len(rows):
        count -= 1
    shown = rows[:count]
    left = are_headings[count:].count(False)
    if left:
        shown.append(
            subtext(texts.ngettext("and {count} more track", "and {count} more tracks", left))
        )
    return "\n".join(shown)


def _fitting(rows: list[str], limit: int) -> int:
    size = 0.0
    for number, row in enumerate(rows[:_MOST_ROWS]):
        size += weight(row) + 1
        if size > limit:
            return number
    return min(len(rows), _MOST_ROWS)


def _heading(track: Track) -> str:
    return f"**{escape(shorten(track.title, MAX_TITLE)) or '?'}**"


def _row(track: Track) -> str:
    # Inside code nothing is escaped: a backslash would be shown.
    code = shorten(clean_text(track.position).replace("`", ""), MAX_TITLE)
    position = f"`{code}` " if code else ""
    duration = escape(shorten(track.duration, MAX_TITLE))
    title = escape(shorten(track.title, MAX_TITLE)) or "?"
    return f"{position}{title}" + (f" · {duration}" if duration else "")
