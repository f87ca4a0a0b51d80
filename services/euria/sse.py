"""An incremental decoder for server-sent events: bytes in, events out, no I/O.

Follows https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
for any split of the bytes, also inside a character or a CR LF pair. One leniency, for streams of
language models: an unterminated last event is delivered by ``close`` when its data is complete
JSON or the done marker.
"""

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

DONE_MARKER: Final = "[DONE]"
MAX_LINE_CHARACTERS: Final = 1024 * 1024
_BOM = "\ufeff"


class EventTooLarge(ValueError):  # noqa: N818  # reads like the error tree's names
    """A line or an event's data grew beyond the cap; the stream cannot be trusted."""


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One dispatched event; ``event_id`` is the last id seen so far."""

    data: str
    event: str = "message"
    event_id: str = ""


class SseDecoder:
    """Feed it chunks as they arrive; it yields each event once its blank line is seen."""

    def __init__(self, *, max_characters: int = MAX_LINE_CHARACTERS) -> None:
        """Cap a line, and an event's data, at ``max_characters``."""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._max = max_characters
        self._line: list[str] = []
        self._line_length = 0
        self._at_start = True
        self._after_cr = False
        self._data: list[str] = []
        self._data_length = 0
        self._event = ""
        self._event_id = ""

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """Yield the events that ``chunk`` completes.

        Raises:
            EventTooLarge: A line or an event exceeds the cap.
        """
        yield from self._consume(self._decoder.decode(chunk))

    def close(self) -> Iterator[ServerSentEvent]:
        """Yield the unterminated last event if it is whole; call once, at the end."""
        yield from self._consume(self._decoder.decode(b"", final=True))
        if self._line:
            self._field(self._take_line())
        data = "\n".join(self._data)
        if data == DONE_MARKER or _is_json(data):
            yield self._dispatch()

    def _consume(self, text: str) -> Iterator[ServerSentEvent]:
        if not text:
            return
        if self._at_start:
            self._at_start = False
            text = text.removeprefix(_BOM)
        if self._after_cr and text:
            self._after_cr = False
            text = text.removeprefix("\n")  # the second half of a CR LF split over two chunks
        if text.endswith("\r"):
            self._after_cr = True
        # Only these three end a line; U+2028 and U+0085 are text here, unlike in splitlines().
        *lines, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for line in lines:
            self._append(line)
            complete = self._take_line()
            if complete:
                self._field(complete)
            elif self._data:
                yield self._dispatch()
            else:
                self._event = ""
        self._append(rest)

    def _append(self, part: str) -> None:
        if part:
            self._line.append(part)
            self._line_length += len(part)
            if self._line_length > self._max:
                raise EventTooLarge(f"a line of more than {self._max} characters")

    def _take_line(self) -> str:
        line = "".join(self._line)
        self._line.clear()
        self._line_length = 0
        return line

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")  # a comment has an empty name and matches nothing
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
            self._data_length += len(value) + 1  # the line break between lines counts
            if self._data_length > self._max:
                raise EventTooLarge(f"an event of more than {self._max} characters")
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._event_id = value

    def _dispatch(self) -> ServerSentEvent:
        event = ServerSentEvent("\n".join(self._data), self._event or "message", self._event_id)
        self._data.clear()
        self._data_length = 0
        self._event = ""
        return event


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
