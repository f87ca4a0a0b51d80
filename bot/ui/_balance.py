"""Which marks of Discord's Markdown are open at the end of a text.

The rules are those of Discord's clients, as far as they can be told from outside: a mark opens
before something that is no space, and a single one closes after such; marks may span lines, but
not leave a quoted line; closing an outer mark leaves an inner one as plain characters; nothing
counts inside code; a backslash makes the next character plain.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

MARKS: Final = frozenset("*_~|`\\")
_ALL_MARKS_AND_SPACE: Final = "*_~|`\\ \n\t"
_MOST_SCANS: Final = 8

_TOKEN: Final = re.compile(r"\\.?|`+|\*\*|\*|__|_|~~?|\|\|?|\n", re.DOTALL)
_HALVES: Final = frozenset("~|")
_OPENS_NOTHING: Final = "\\"  # half of a plain character
_PAIRS: Final = (["**", "*"], ["*", "**"], ["__", "_"], ["_", "__"])
_SINGLE: Final = frozenset("*_")
_FENCE: Final = "```"
_QUOTE: Final = "> "
_LANGUAGE: Final = re.compile(r"[\w+-]{0,20}\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What was found.

    Attributes:
        length: Where marks begin that end the text and open nothing; else where it ends.
        closing: What closes everything that is open there.
        opening: What opens it again elsewhere.
        open_at: Where the marks that are open begin and end.
    """

    length: int
    closing: str = ""
    opening: str = ""
    open_at: tuple[tuple[int, int], ...] = ()


def scanned(text: str) -> Scan:
    """Return what is open at the end of ``text``."""
    end = len(text.rstrip())
    for _ in range(_MOST_SCANS):
        scan = _Scanner(text, end).scan()
        if scan.length == end:
            return scan
        end = len(text[: scan.length].rstrip())
    # A model that repeats one mark for ever: one by one, they would hold up everybody for seconds.
    end = len(text[:end].rstrip(_ALL_MARKS_AND_SPACE))
    return _Scanner(text, end).scan()


class _Scanner:
    """Goes through a text once."""

    def __init__(self, text: str, end: int) -> None:
        self._text = text
        self._end = end
        self._open: list[tuple[str, int]] = []  # marks, and where each begins
        self._line = 0

    def scan(self) -> Scan:
        place = 0
        while (token := _TOKEN.search(self._text, place, self._end)) is not None:
            mark, start, place = token.group(), token.start(), token.end()
            if mark == "\n":
                self._end_line(place)
            elif mark.startswith("`"):
                closed = self._code_end(mark, place)
                if closed is None:
                    return self._in_code(mark, start, place)
                place = closed
            elif mark == _OPENS_NOTHING or not self._take(mark, start, place):
                return Scan(length=start)
        return self._found()

    def _take(self, mark: str, start: int, place: int) -> bool:
        """Close or open ``mark``; False when the text ends before it could open anything."""
        if mark in _HALVES:
            return place < self._end
        if mark.startswith("\\") or self._close(mark, start):
            return True
        if self._may_open(mark, start, place):
            self._open.append((mark, start))
        return place < self._end

    def _found(self, code: str = "", language: str = "", at: int = 0) -> Scan:
        """Return what is open now, and inside of it the code that begins ``at``, if any does."""
        marks = [mark for mark, _ in self._open]
        opened = [*self._open, (code, at)] if code else self._open
        return Scan(
            length=self._end,
            closing=("\n" if language else "") + code + "".join(reversed(marks)),
            opening="".join(marks) + code + language,
            open_at=tuple((start, start + len(mark)) for mark, start in opened),
        )

    def _code_end(self, mark: str, place: int) -> int | None:
        """Return where the code that ``mark`` opens ends; None when it does not."""
        ticks = re.escape(mark[:3])
        closed = re.compile(rf"(?<!`){ticks}(?!`)").search(self._text, place, self._end)
        return closed.end() if closed else None

    def _in_code(self, mark: str, start: int, place: int) -> Scan:
        if place == self._end:
            return Scan(length=start)
        if not mark.startswith(_FENCE):
            found = self._found(mark, at=start)
            ends_in_tick = self._text[self._end - 1] == "`"
            return replace(found, closing=f" {found.closing}") if ends_in_tick else found
        language = _LANGUAGE.match(self._text, place, self._end)
        return self._found(_FENCE, language.group() if language else "\n", at=start)

    def _end_line(self, place: int) -> None:
        """A quoted line is a world of its own: what it leaves open is plain characters."""
        if self._text.startswith(_QUOTE, self._line):
            self._open = [(mark, at) for mark, at in self._open if at < self._line]
        self._line = place

    def _close(self, mark: str, start: int) -> bool:
        """Close ``mark`` if it is open and may be closed here."""
        marks = [each for each, _ in self._open]
        if mark not in marks:
            return False
        index = marks.index(mark)
        is_empty = self._open[index][1] + len(mark) == start
        if is_empty or (mark in _SINGLE and self._text[start - 1].isspace()):
            del self._open[index]  # that one was a plain character, this one may open
            return False
        # Opened together, as in ***both***, they may be closed in any order.
        is_pair = marks[index:] in _PAIRS
        self._open = self._open[:index] + (self._open[index + 1 :] if is_pair else [])
        return True

    def _may_open(self, mark: str, start: int, place: int) -> bool:
        if place == self._end or self._text[place].isspace():
            return False
        return not (mark == "_" and start and self._text[start - 1].isalnum())
