"""Server-sent events in the shape of an OpenAI-compatible server."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.catalogue.model import stable_number
from bot.sandbox.euria.behaviour import Behaviour

Json = dict[str, Any]

_WORDS: Final = re.compile(r"\S+\s*")
_MOST_WORDS: Final = 3
_OPENING: Final = "<think>\n"
_THOUGHT: Final = "The user asks about a record. Facts first, then the mood.\n"
_CLOSING: Final = "</think>\n\n"
_REASONING: Final = "First the facts of the record, then what it sounds like, then a close. "


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer before it is sent.

    Attributes:
        answer_id: `chatcmpl-…`.
        model: Model named in every object.
        text: What the model says.
        finish_reason: `stop`, `length` or `content_filter`.
        prompt_tokens: Tokens of the prompt, roughly.
        thinking_tokens: Tokens of what the model thought before.
    """

    answer_id: str
    model: str
    text: str
    finish_reason: str
    prompt_tokens: int
    thinking_tokens: int = 0

    @property
    def usage(self) -> Json:
        """Token counts, at four characters a token."""
        completion = tokens_in(self.text) + self.thinking_tokens
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": completion,
            "total_tokens": self.prompt_tokens + completion,
        }

    def whole(self, created: int) -> Json:
        """Return the answer as one document."""
        message = {"role": "assistant", "content": self.text}
        choice = {"index": 0, "message": message, "finish_reason": self.finish_reason}
        return self._head("chat.completion", created) | {"choices": [choice], "usage": self.usage}

    def chunk(self, created: int, delta: Json, finish_reason: str | None = None) -> Json:
        """Return one object of the stream."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return self._head("chat.completion.chunk", created) | {"choices": [choice]}

    def usage_chunk(self, created: int) -> Json:
        """Return the object that ends a stream whose usage was asked for."""
        head = self._head("chat.completion.chunk", created)
        return head | {"choices": [], "usage": self.usage}

    def _head(self, kind: str, created: int) -> Json:
        return {"id": self.answer_id, "object": kind, "created": created, "model": self.model}


def tokens_in(text: str) -> int:
    """Estimate the tokens of a text."""
    return -(-len(text) // 4)


def deltas(answer: Answer, behaviour: Behaviour) -> Iterator[Json]:
    """Yield the deltas of a stream after the one that names the role."""
    reasoning = list(pieces(_REASONING * (1 + behaviour.reasoning_pieces)))
    for piece in reasoning[: behaviour.reasoning_pieces]:
        yield {behaviour.reasoning_field: piece}
    for piece in pieces(thoughtful(answer.text, behaviour)):
        yield {"content": piece}


def thoughtful(text: str, behaviour: Behaviour) -> str:
    """Put a `<think>` block before the text when the behaviour asks for one."""
    if not behaviour.think_block:
        return text
    opening = _OPENING if behaviour.opens_think else ""
    return opening + _THOUGHT + (_CLOSING if behaviour.closes_think else "") + text


def pieces(text: str) -> Iterator[str]:
    """Cut a text into pieces of one to three words that add up to it again."""
    words = _WORDS.findall(text)
    place = 0
    while place < len(words):
        size = 1 + stable_number(f"{place}:{words[place]}", _MOST_WORDS)
        yield "".join(words[place : place + size])
        place += size


def event(data: Json | str, behaviour: Behaviour) -> bytes:
    """Write one event; text stays UTF-8 instead of being escaped, as the real servers do."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    end = "\r\n" if behaviour.crlf else "\n"
    space = " " if behaviour.space_after_colon else ""
    return f"data:{space}{text}{end}{end}".encode()


def comment(text: str, behaviour: Behaviour) -> bytes:
    """Write a comment line, which keeps a connection awake."""
    end = "\r\n" if behaviour.crlf else "\n"
    return f": {text}{end}{end}".encode()


def cut_places(data: bytes) -> tuple[bytes, bytes]:
    """Cut bytes inside a multi-byte character, or in the middle when there is none."""
    inside = (place for place, byte in enumerate(data) if byte & 0xC0 == 0x80)  # noqa: PLR2004  # UTF-8 continuation
    place = next(inside, len(data) // 2)
    return data[:place], data[place:]
