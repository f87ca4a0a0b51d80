"""Discord's Markdown of a text that grows: made safe, cut, and well-formed at every moment.

A model's text is not ours, and half of it is not well-formed. ``neutral`` cleans it up, ``cut``
finds a place to end, ``balanced`` closes what is open there. ``written`` and ``being_written`` put
them together for a finished text and for one that is still growing: what was shown of a growing
text is the beginning of what is shown next, but for closing marks and the cursor.

The clean-up, the only thing that is ever changed: invisible and direction-changing characters are
dropped, spaces around lines and more than one in a row, more than one empty line, and the marks of
headings and small print. Mentions, links, code and emphasis that never ends are shown as they were
written, by backslashes that nobody sees. Emphasis that ends, lists and quotes stay.
https://support.discord.com/hc/en-us/articles/210298617
"""

import math
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from bot.ui._balance import MARKS, scanned
from bot.ui.text import SENTENCE_END, before_cluster, weight
from services.music import INVISIBLE

CURSOR: Final = " ▌"
_LONGEST_WORD: Final = 40
_SENTENCES_ONLY: Final = 300
"""Characters before the end of a message in which a growing text grows by whole sentences, so that
a sentence that does not fit begins in the next message and never moves there."""

_LINE_BREAKS: Final = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_BLANKS: Final = re.compile(r"[^\S\n]+")
_LINE_ENDS: Final = re.compile(r" *\n *")
_GAPS: Final = re.compile(r"\n{3,}")
# Also inside a list or a quote: "- # Heading".
_HEADING: Final = re.compile(r"(?m)^((?:(?:[-*+>]|\d+\.) )*)(?:-?#{1,6} )+")
_SPECIAL: Final = re.compile(
    r"[\\`\[\]<]"
    r"|(?<=http)[:]|(?<=https)[:]|(?<=discord)[:]"
    r"|(?m:(?<=^>>)>)"
    # A mark inside a word is part of a name: N*E*R*D.
    r"|(?<=[^\W_])[*_](?=[^\W_])",
    re.IGNORECASE,
)
_ATOMS: Final = re.compile(
    r"<(?:@[!&]?|#|a?:\w{1,32}:|id:|/[^<>\n]{1,100}:)\w+>"  # mentions, emoji, commands
    r"|<t:-?\d+(?::[a-zA-Z])?>"
    r"|<https?://[^\s<>]+>"
    r"|\[[^\[\]\n]*\]\([^()\s]*\)"
    r"|https?://\S+"
    r"|\\."
    r"|@\u200b\w*"
)


def neutral(text: str) -> str:
    """Return ``text`` cleaned up and harmless; of a beginning, the same beginning."""
    text = _SPECIAL.sub(r"\\\g<0>", tidy(text))
    return text.replace("@", "@\u200b")


def tidy(text: str) -> str:
    """Return ``text`` after the clean-up: what a reader is meant to read."""
    text = _BLANKS.sub(" ", INVISIBLE.sub("", _LINE_BREAKS.sub("\n", text)))
    text = _GAPS.sub("\n\n", _LINE_ENDS.sub("\n", text)).lstrip()
    return _HEADING.sub(r"\1", text).strip()


def balanced(text: str) -> str:
    """Return ``text`` with what is open at its end closed; a mark that opens nothing goes."""
    scan = scanned(text)
    return text[: scan.length].rstrip() + scan.closing


def settled(text: str) -> str:
    """Return a finished ``text`` with plain characters for marks that are never closed."""
    while True:
        scan, end = scanned(text), len(text.rstrip())
        tail = (at for at in range(scan.length, end) if text[at] in MARKS)
        places = {*tail, *(at for span in scan.open_at for at in range(*span))}
        if not places:
            return text
        text = "".join(f"\\{each}" if at in places else each for at, each in enumerate(text))


def cut(text: str, limit: int) -> tuple[str, str]:
    """Return a beginning that fits into ``limit`` once it is balanced, and the rest of ``text``.

    It ends after a sentence or a line, else after a word, else anywhere but inside a mention, a
    link, an emoji or a combined letter. Both together are ``text``.

    Args:
        text: Any Markdown.
        limit: Characters, 50 or more; letters of many bytes count as more (see ``weight``).
    """
    if weight(balanced(text)) <= limit:
        return text, ""
    end = min(len(text), limit)
    while True:
        place = _place(text, end)
        excess = weight(balanced(text[:place])) - limit
        if excess <= 0 or place <= 1:
            return text[:place], text[place:]
        end = max(1, min(end - 1, place - math.ceil(excess / 2)))


def written(text: str, limit: int) -> list[str]:
    """Return a finished text in messages of at most ``limit``; one, but for very long ones."""
    return list(_parts(settled(neutral(text)), limit))


def being_written(text: str, limit: int) -> list[str]:
    """Return what a growing text shows by now, the cursor after its last whole word.

    An empty list when there is nothing to read yet. A message that has a successor never changes.
    """
    shown = list(_parts(neutral(_whole_words(text)), limit - len(CURSOR)))
    if not shown:
        return []
    *full, last = shown
    near = limit - len(CURSOR) - _SENTENCES_ONLY
    if len(last) > near > _SENTENCES_ONLY:
        spaced = f"{last} "  # so that what ends it has an end
        last = balanced(last[: _sentence_end(spaced, near) or _word_end(spaced, near + 1)])
    return [*full, last + CURSOR]


def _parts(text: str, limit: int) -> Iterator[str]:
    """Yield balanced parts; what is open at the end of one is opened again in the next."""
    rest = text
    while rest:
        head, rest = cut(rest, limit)
        scan = scanned(head)
        shown = head[: scan.length].rstrip()
        if not shown:  # only marks, that open nothing so far
            return
        yield shown + scan.closing
        if rest:
            rest = scan.opening + (head[scan.length :] + rest).lstrip()


def _whole_words(text: str) -> str:
    """Return ``text`` without the word that is being written, where words have ends."""
    blank = max(text.rfind(" "), text.rfind("\n")) + 1
    word = text[blank:]
    is_spaced = len(word) <= _LONGEST_WORD and not any(map(_is_wide, word))
    # The last sign may still become another one: a flag, a family, an accent.
    return text[:blank] if is_spaced else text[: before_cluster(text, len(text) - 1)]


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


def _place(text: str, end: int) -> int:
    """Return where to cut ``text`` at or before ``end``, 1 or more."""
    sentence = _sentence_end(text[:end], end // 2)
    for place in (sentence, _word_end(text, end)):
        if place and _is_between(text, place):
            return place
    return _sign_end(text, end) or end


def _sentence_end(text: str, after: int) -> int:
    """Return where the last sentence or line that ends after ``after`` ends; 0 for none."""
    ends = [match.end() for match in SENTENCE_END.finditer(text, after)]
    return max([text.rfind("\n", after) + 1, *ends])


def _word_end(text: str, end: int) -> int:
    """Return where the last word before ``end`` ends that no link goes on after; 0 for none."""
    for place in range(end, 1, -1):
        if text[place - 1].isspace() and _is_between(text, place):
            return place
    return 0


def _sign_end(text: str, end: int) -> int:
    """Return the last place before ``end`` that splits no sign, link or mark; 0 for none."""
    place = end
    for start, stop in _atoms(text):
        if 0 < start < place < stop:
            place = start
    place = before_cluster(text, place)
    while place > 1 and text[place - 1] in MARKS:
        place -= 1
    return place


def _is_between(text: str, place: int) -> bool:
    return not any(start < place < stop for start, stop in _atoms(text))


@lru_cache(maxsize=8)  # asked about many places of one text
def _atoms(text: str) -> tuple[tuple[int, int], ...]:
    """Return where what must not be split begins and ends."""
    return tuple(match.span() for match in _ATOMS.finditer(text) if match.end() - match.start() > 1)
