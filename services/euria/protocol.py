"""EurIA's chat completions as pure functions: a body to build, events to read. No I/O.

OpenAI-compatible; the shapes accepted are listed in ``docs/upstreams/euria.md``.
"""

import re
from collections.abc import Iterator

import msgspec

from services.errors import (
    ExternalServiceException,
    InvalidResponse,
    UpstreamServerError,
    error_class_for,
)
from services.euria.models import Chunk, Prompt
from services.euria.sse import DONE_MARKER
from services.http import UNREADABLE, ErrorDetail, read_json

_CHUNK_DECODER = msgspec.json.Decoder(Chunk)
_THINK_OPEN, _THINK_CLOSE = "<think>", "</think>"
_THINK_TAG = re.compile("</?think>")
_NO_ERROR = b"null"


def build_body(prompt: Prompt, model: str, *, stream: bool = True) -> dict[str, object]:
    """Return the JSON body of a chat completion."""
    body: dict[str, object] = {
        "model": model,
        "messages": [{"role": each.role, "content": each.content} for each in prompt.messages],
        "max_tokens": prompt.max_tokens,
        "temperature": prompt.temperature,
        "stream": stream,
    }
    if prompt.json_schema is not None:
        schema = {"name": "answer", "schema": prompt.json_schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


class TextReader:
    """Turns the events of one answer into text increments and knows whether it is complete."""

    def __init__(self, operation: str) -> None:
        """Name ``operation`` in errors."""
        self._operation = operation
        self._thoughts = ThoughtFilter()
        self.is_complete = False
        self.finish_reason = ""

    def read(self, data: str | bytes) -> Iterator[str]:
        """Yield the visible text of one event, or of a whole JSON answer.

        Raises:
            UpstreamServerError: The stream carries an error instead of text.
            InvalidResponse: The event is not what the API promises.
        """
        if data == DONE_MARKER:
            self.is_complete = True
            return
        chunk = _decoded(data)
        if chunk is None:
            raise InvalidResponse("euria", self._operation, None, "unreadable event")
        if bytes(chunk.error) != _NO_ERROR:
            said = read_error(b'{"error":' + bytes(chunk.error) + b"}").message
            message = f"error inside the stream ({said})"
            raise _error_inside(said)("euria", self._operation, None, message)
        for choice in chunk.choices[:1]:
            part = choice.delta or choice.message
            if part is not None and part.content:
                yield from self._thoughts.feed(part.content)
            if choice.finish_reason is not None:
                self.is_complete = True
                self.finish_reason = choice.finish_reason

    def close(self) -> Iterator[str]:
        """Yield what was held back in case it became a tag."""
        yield from self._thoughts.close()


class ThoughtFilter:
    """Drops ``<think>…</think>``, also when a tag is split over increments."""

    def __init__(self) -> None:
        """Start outside any thought."""
        self._held = ""
        self._inside = False

    def feed(self, text: str) -> Iterator[str]:
        """Yield what is certainly visible.

        A closing tag without an opening one is dropped: what stood before it is shown already.
        """
        self._held += text
        while (tag := _THINK_TAG.search(self._held)) is not None:
            before, self._held = self._held[: tag.start()], self._held[tag.end() :]
            if before and not self._inside:
                yield before
            self._inside = tag[0] == _THINK_OPEN
        keep = max(_overlap(self._held, _THINK_OPEN), _overlap(self._held, _THINK_CLOSE))
        split = len(self._held) - keep
        visible, self._held = self._held[:split], self._held[split:]
        if visible and not self._inside:
            yield visible

    def close(self) -> Iterator[str]:
        """Yield the rest: half a tag that never became one."""
        if self._held and not self._inside:
            yield self._held
        self._held = ""


def read_error(body: bytes) -> ErrorDetail:
    """Read Infomaniak's envelope, the model server's, or OpenAI's; only codes, never prose.

    The prose may quote the prompt, and prompts hold what users typed.
    """
    value = read_json(body)
    if not isinstance(value, dict):
        return ErrorDetail()
    inner = value.get("error")
    for envelope in (inner, value):
        if isinstance(envelope, dict):
            code = envelope.get("code") or envelope.get("type")
            if isinstance(code, str | int):
                return ErrorDetail(str(code))
    return ErrorDetail()


def _decoded(data: str | bytes) -> Chunk | None:
    """Return the event, or None; a decoding error quotes the text and must not travel along."""
    try:
        return _CHUNK_DECODER.decode(data)
    except UNREADABLE:
        return None


def _error_inside(code: str) -> type[ExternalServiceException]:
    """Return the class of an error that came after a status of 200: its code may be a status."""
    is_status = code.isascii() and code.isdigit() and len(code) == len("400")
    return error_class_for(int(code)) if is_status else UpstreamServerError


def _overlap(text: str, tag: str) -> int:
    """Return how many last characters of ``text`` could be the beginning of ``tag``."""
    longest = min(len(text), len(tag) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(tag[:n])), 0)
