"""Text from strangers made safe to show, and cut without breaking it.

Titles, model output and what users type are untrusted: they must not ping anyone, format the
message around them, hide a link behind other words or turn the reading direction.
"""

import re
import unicodedata
from datetime import datetime
from typing import Final
from urllib.parse import quote

from babel.numbers import format_currency, format_decimal

from services.music import clean_text

ELLIPSIS: Final = "…"
# Discord hides a backslash before any punctuation, so escaping costs the reader nothing.
_INLINE = re.compile(r"([\\`*_~|\[\]<])")
_LINE_START = re.compile(r"^([#>+-])")
_NUMBERED = re.compile(r"^(\d+)([.)])")
_BARE_LINK = re.compile(r"(?i)(https?|discord):(//)")
_EVERYONE = re.compile(r"@(?=everyone|here)")
# Not inside a word: N*E*R*D is a name.
_EMPHASIS = re.compile(r"(?<!\w)(\*{1,3}|__|`)(?=\S)([^\n]+?)(?<=\S)\1(?!\w)")
_LOOSE_MARKS = re.compile(r"(?m)^\s{0,3}#{1,6}\s+|(?:(?<=\s)|^)\*{1,3}(?=\w)")
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
SENTENCE_END = re.compile(r"[.!?…][\"'»”)]*\s")
_BYTES_PER_CHARACTER: Final = 2.4
_REGIONAL = "".join(map(chr, range(0x1F1E6, 0x1F200)))
_REGIONAL_SET = frozenset(_REGIONAL)
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_JOINERS = ("\u200d", "\ufe0f", "\ufe0e")


def escape(text: str) -> str:
    """Return ``text`` on one line so that Discord shows it as it stands.

    No Markdown, no mention, no clickable link; invisible and direction-changing characters are
    dropped.
    """
    return _escape_line(clean_text(text))


def escape_paragraphs(text: str) -> str:
    """Return ``text`` escaped like ``escape``, keeping paragraphs but no longer gaps."""
    paragraphs = (clean_text(paragraph) for paragraph in text.split("\n"))
    return "\n\n".join(_escape_line(paragraph) for paragraph in paragraphs if paragraph)


def plain(text: str) -> str:
    """Return a model's prose without the emphasis and headings it was told not to use.

    An opening mark whose partner has not been streamed yet is dropped as well.
    """
    return _LOOSE_MARKS.sub("", _EMPHASIS.sub(r"\2", text))


def unescape(text: str) -> str:
    """Return what ``escape`` was given, without the characters it dropped."""
    return _ESCAPED.sub(r"\1", text).replace("\u200b", "")


def link(label: str, url: str) -> str:
    """Return a Markdown link; the label is escaped, and the URL cannot end it early."""
    safe_url = quote(url, safe=":/?&=%#+,;@!$'*~-._")
    shown = escape(label)
    return f"[{shown}]({safe_url})" if shown else safe_url


def shorten(text: str, limit: int) -> str:
    """Return ``text`` in at most ``limit`` characters, cut at a word where there is one."""
    if len(text) <= limit:
        return text
    cut = before_cluster(text, limit - 1)
    space = text.rfind(" ", limit // 2, cut)
    return text[: space if space > 0 else cut].rstrip() + ELLIPSIS


def fit(text: str, limit: int) -> str:
    """Return the longest beginning of ``text`` whose escaped form has at most ``limit`` characters.

    It ends with a sentence, else a word, and an ellipsis when something was left out. Text in
    scripts of three or four bytes a character is cut earlier (see ``weight``).
    """
    if weight(escape_paragraphs(text)) <= limit:
        return text
    low, high = 0, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        fits = weight(escape_paragraphs(text[:middle])) <= limit - 2
        low, high = (middle, high) if fits else (low, middle - 1)
    head = text[: before_cluster(text, low)]
    if not head:
        return ELLIPSIS
    ends = [match.end() for match in SENTENCE_END.finditer(head)]
    if ends and ends[-1] > len(head) // 2:
        return head[: ends[-1]].rstrip() + " " + ELLIPSIS
    return shorten(head + "  ", max(2, len(head)))


def isolate(text: str) -> str:
    """Return ``text`` so that its reading direction does not reorder what stands beside it.

    A name in Hebrew or Arabic would otherwise pull the dash and the year to its other side. Text
    that reads from left to right stays as it is.
    """
    if not any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return text
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def number(value: int, language: str) -> str:
    """Return a whole number with the separators of a language: ``1,250``."""
    return format_decimal(value, locale=language)


def money(value: float, currency: str, language: str) -> str:
    """Return an amount as a language writes it: ``€8.50``, ``8,50 €``."""
    return format_currency(value, currency, locale=language)


def one_line(text: str, limit: int) -> str:
    """Return the beginning of ``text`` on one line, escaped, in at most ``limit`` characters."""
    return escape(fit(clean_text(text), limit))


def timestamp(moment: datetime, style: str = "R") -> str:
    """Return Discord's own rendering of a time, in the reader's zone; ``R`` is relative."""
    return f"<t:{int(moment.timestamp())}:{style}>"


def _escape_line(text: str) -> str:
    text = _INLINE.sub(r"\\\1", text)
    text = _NUMBERED.sub(r"\1\\\2", _LINE_START.sub(r"\\\1", text))
    text = _BARE_LINK.sub(r"\1\\:\2", text)
    return _EVERYONE.sub("@\u200b", text)


def weight(text: str) -> float:
    """Return what a text counts for: its characters, or more when they are many bytes.

    Discord fails with 500 on a components V2 message of more than about 10,170 bytes
    (discord-api-docs issue 8554), which 4,000 Japanese characters exceed.
    """
    return max(len(text), len(text.encode()) / _BYTES_PER_CHARACTER)


def before_cluster(text: str, index: int) -> int:
    """Move ``index`` left until it does not split an emoji sequence or a combined letter."""
    while 0 < index < len(text) and (
        text[index] in _JOINERS
        or text[index - 1] == "\u200d"
        or unicodedata.category(text[index]).startswith("M")  # also marks of combining class 0
        or 0x1F3FB <= ord(text[index]) <= 0x1F3FF  # noqa: PLR2004  # skin tones
    ):
        index -= 1
    # Two regional indicators make a flag.
    before = len(text[:index]) - len(text[:index].rstrip(_REGIONAL))
    return index - 1 if before % 2 and text[index : index + 1] in _REGIONAL_SET else index
