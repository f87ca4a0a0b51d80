"""Telling a model's text from its thoughts: ``<think>…</think>``, wherever it is cut."""

import re
from collections.abc import Iterator

_OPEN, _CLOSE = "<think>", "</think>"
_TAG = re.compile("</?think>")


class ThoughtFilter:
    """Drops ``<think>…</think>``, also when a tag is split over increments.

    A thought that is never closed is dropped to the end. A closing tag without an opening one is
    dropped too; what stood before it was text for all one could know, and is shown already. Where
    the chat template opens the thought itself, say ``begins_inside``.

    Attributes:
        is_orphaned: There was such a closing tag: what was shown before it was a thought.
    """

    def __init__(self, *, begins_inside: bool = False) -> None:
        """Start outside any thought, or inside one."""
        self.is_orphaned = False
        self._held = ""
        self._inside = begins_inside
        self._is_assumed = begins_inside

    def feed(self, text: str) -> Iterator[str]:
        """Yield what is certainly visible."""
        self._held += text
        while (tag := _TAG.search(self._held)) is not None:
            before, self._held = self._held[: tag.start()], self._held[tag.end() :]
            if before and not self._inside:
                yield before
            self.is_orphaned = self.is_orphaned or not (self._inside or tag[0] == _OPEN)
            self._inside, self._is_assumed = tag[0] == _OPEN, False
        keep = max(_overlap(self._held, _OPEN), _overlap(self._held, _CLOSE))
        split = len(self._held) - keep
        visible, self._held = self._held[:split], self._held[split:]
        if visible and not self._inside:
            yield visible

    def leave(self) -> None:
        """Step out of a thought that was only assumed: the server separates them by itself."""
        if self._is_assumed:
            self._inside = False

    def close(self) -> Iterator[str]:
        """Yield the rest: half a tag that never became one."""
        if self._held and not self._inside:
            yield self._held
        self._held = ""


def without_thoughts(text: str) -> str:
    """Return a whole text without its thoughts; also without one whose beginning is missing."""
    first = _TAG.search(text)
    thoughts = ThoughtFilter(begins_inside=first is not None and first[0] == _CLOSE)
    return "".join([*thoughts.feed(text), *thoughts.close()])


def _overlap(text: str, tag: str) -> int:
    """Return how many last characters of ``text`` could be the beginning of ``tag``."""
    longest = min(len(text), len(tag) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(tag[:n])), 0)
