"""EurIA's chat completions as pure functions: a body to build, events to read. No I/O.

OpenAI-compatible; the shapes accepted are listed in ``docs/upstreams/euria.md``.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import msgspec

from services.errors import InvalidResponse
from services.euria.capabilities import Capabilities
from services.euria.json_answers import instruction, response_format
from services.euria.models import Message, Prompt, Usage
from services.euria.refusals import error_inside
from services.euria.shapes import NULL, Chunk, Delta, Models, UsageShape
from services.euria.sse import DONE_MARKER
from services.euria.thoughts import ThoughtFilter, without_thoughts
from services.http import UNREADABLE

_CHUNK_DECODER = msgspec.json.Decoder(Chunk)
_CHARACTERS_PER_TOKEN: Final = 3  # of French; English has four


def build_body(
    prompt: Prompt, model: str, capabilities: Capabilities, *, stream: bool
) -> dict[str, object]:
    """Return the JSON body of a chat completion, with the fields that the model understands."""
    messages = prompt.messages
    body: dict[str, object] = {
        "model": model,
        "max_tokens": min(prompt.max_tokens, capabilities.max_output),
        "temperature": prompt.temperature,
        "stream": stream,
    }
    if stream and capabilities.reports_usage:
        body["stream_options"] = {"include_usage": True}
    if capabilities.supports_reasoning_effort:
        body["reasoning_effort"] = "none"  # it costs time and tokens that nobody sees
    if prompt.json_schema is not None and capabilities.supports_json_schema:
        body["response_format"] = response_format(prompt.json_schema)
    elif prompt.json_schema is not None:
        messages = (*messages, Message("system", instruction(prompt.json_schema)))
    body["messages"] = [{"role": each.role, "content": each.content} for each in messages]
    return body


def estimated_tokens(characters: int) -> int:
    """Return about how many tokens a text of so many characters is, rather more than fewer."""
    return -(-characters // _CHARACTERS_PER_TOKEN)


class TextReader:
    """Turns the events of one answer into text increments and knows how it ended.

    Attributes:
        is_complete: The end was seen: a finish reason, the done marker, or a whole answer.
        finish_reason: Why it ended; empty until it did.
        usage: What the server says that it cost, once it did.
        characters: How many arrived, reasoning included.
        has_text: Something can be shown; blanks before the first word are not.
    """

    def __init__(self, operation: str, *, begins_in_thought: bool = False) -> None:
        """Name ``operation`` in errors; ``begins_in_thought`` is the model's habit."""
        self._operation = operation
        self._thoughts = ThoughtFilter(begins_inside=begins_in_thought)
        self.is_complete = False
        self.finish_reason = ""
        self.usage: Usage | None = None
        self.characters = 0
        self.has_text = False

    @property
    def shows_thoughts(self) -> bool:
        """True when text turned out to have been a thought, of which only the end was marked."""
        return self._thoughts.is_orphaned

    def read(self, data: str | bytes) -> Iterator[str]:
        """Yield the visible text of one event, or of a whole JSON answer.

        Raises:
            ExternalServiceException: It carries an error instead of text.
            InvalidResponse: It is not what the API promises.
        """
        if data == DONE_MARKER:
            self.is_complete = True
            return
        chunk = self._decoded(data)
        self.usage = _usage(chunk.usage) or self.usage
        for choice in chunk.choices[:1]:
            if choice.delta is not None:
                yield from self._increment(choice.delta)
            elif choice.message is not None:
                yield from self._shown([self._whole(choice.message)])
            if choice.finish_reason is not None:
                self.is_complete = True
                self.finish_reason = choice.finish_reason

    def close(self) -> Iterator[str]:
        """Yield what was held back in case it became a tag."""
        yield from self._shown(self._thoughts.close())

    def _decoded(self, data: str | bytes) -> Chunk:
        chunk = None
        with suppress(*UNREADABLE):
            chunk = _CHUNK_DECODER.decode(data)
        # Out here: a decoding error quotes the text and must not travel along as its context.
        if chunk is None:
            raise InvalidResponse("euria", self._operation, None, "unreadable event")
        body = data if isinstance(data, bytes) else data.encode()
        if chunk.error != NULL or (chunk.code != NULL and not chunk.choices):
            raise error_inside(body, self._operation)
        return chunk

    def _increment(self, delta: Delta) -> Iterator[str]:
        reasoning = delta.reasoning or delta.reasoning_content
        if reasoning:
            self.characters += len(reasoning)
            self._thoughts.leave()
        if delta.content:
            self.characters += len(delta.content)
            yield from self._shown(self._thoughts.feed(delta.content))

    def _whole(self, message: Delta) -> str:
        content = message.content or ""
        reasoning = message.reasoning or message.reasoning_content or ""
        self.characters += len(content) + len(reasoning)
        return without_thoughts(content)

    def _shown(self, parts: Iterator[str] | list[str]) -> Iterator[str]:
        """Yield ``parts`` without what is blank before the first word."""
        for part in parts:
            text = part if self.has_text else part.lstrip()
            if text:
                self.has_text = True
                yield text


def read_models(body: bytes) -> tuple[str, ...]:
    """Return the ids of the models that the product has.

    Raises:
        msgspec.MsgspecError: It is no list of models.
    """
    return tuple(model.id for model in msgspec.json.decode(body, type=Models).data)


def _usage(raw: msgspec.Raw) -> Usage | None:
    """Return the token counts, or None when they are missing or make no sense."""
    if raw == NULL:
        return None
    try:
        shape = msgspec.json.decode(raw, type=UsageShape)
    except msgspec.MsgspecError:
        return None
    if min(shape.prompt_tokens, shape.completion_tokens) < 0:
        return None
    return Usage(prompt_tokens=shape.prompt_tokens, completion_tokens=shape.completion_tokens)
