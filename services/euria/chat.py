"""One request to EurIA's chat: sent, read, and asked once more when thinking used it all up."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Final

from services.errors import (
    ContentWithheld,
    ExternalServiceException,
    InvalidResponse,
    ModelNotServed,
)
from services.euria import protocol
from services.euria.budget import Bill
from services.euria.capabilities import Capabilities
from services.euria.json_answers import read_json_answer
from services.euria.models import Completion, Prompt, StreamEnd
from services.euria.refusals import names_the_model, read_error
from services.euria.sse import DONE_MARKER, EventTooLarge, SseDecoder
from services.http import MAX_BODY_BYTES, ByteStream, ErrorDetail, HttpClient, Request, parse_body
from services.resilience.clock import Clock
from services.secret import Secret

_LOGGER = logging.getLogger(__name__)

_JSON: Final = "application/json"
_LARGER: Final = 4
_MODEL_STATUSES: Final = frozenset({400, 404, 422})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """Where the chat is, and with which model; one per bot.

    Attributes:
        http: Sends the requests.
        clock: Where time comes from.
        token: The API token.
        api_url: The base of the API, ends in ``/openai/v1``.
        model: Its id.
        capabilities: What it can do.
        usage_seconds: How long what a complete text cost is waited for.
    """

    http: HttpClient
    clock: Clock
    token: Secret
    api_url: str
    model: str
    capabilities: Capabilities
    usage_seconds: float

    async def stream(
        self, operation: str, prompt: Prompt, bill: Bill, on_end: Callable[[StreamEnd], None]
    ) -> AsyncGenerator[str, None]:
        """Yield one text as it is written; one attempt.

        Raises:
            ContentWithheld: The content filter left nothing of it.
            InvalidResponse: It ended early, or without any text.
            ExternalServiceException: Any other failure.
        """
        reader = self._reader(operation)
        async with aclosing(self._streamed(operation, prompt, bill, reader)) as texts:
            async for text in texts:
                yield text
        if _is_thought_only(reader):
            reader = self._reader(operation)
            again = self._streamed(operation, _with_more_room(prompt), bill, reader)
            async with aclosing(again) as texts:
                async for text in texts:
                    yield text
        _check(reader, operation)
        if reader.shows_thoughts:
            _LOGGER.warning(
                "euria: %s thinks aloud before </think>; EURIA_MODEL_CAPABILITIES can say that it "
                "begins_in_thought",
                self.model,
            )
        on_end(StreamEnd(finish_reason=reader.finish_reason, usage=reader.usage, model=self.model))

    async def complete(self, operation: str, prompt: Prompt, bill: Bill) -> Completion:
        """Return one whole answer; one attempt.

        Raises:
            ExternalServiceException: As ``stream``.
        """
        reader, text = await self._whole(operation, prompt, bill)
        if _is_thought_only(reader):
            reader, text = await self._whole(operation, _with_more_room(prompt), bill)
        _check(reader, operation)
        return Completion(
            text=text,
            finish_reason=reader.finish_reason,
            usage=reader.usage,
            value=read_json_answer(text) if prompt.json_schema is not None else None,
        )

    async def models(self, operation: str) -> tuple[str, ...]:
        """Return the ids of the models that the product has.

        Raises:
            ExternalServiceException: They cannot be had.
        """
        url = f"{self.api_url}/models"
        request = self._request(operation, method="GET", url=url, read_error=read_error)
        response = await self.http.send(request)
        return parse_body(request, response, protocol.read_models)

    async def _streamed(
        self, operation: str, prompt: Prompt, bill: Bill, reader: protocol.TextReader
    ) -> AsyncGenerator[str, None]:
        async with self._asking(operation, prompt, stream=True) as request:
            async with self.http.stream(request) as answer:
                try:
                    async with aclosing(self._events(answer, reader, operation)) as events:
                        async for data in events:
                            for text in reader.read(data):
                                yield text
                finally:
                    bill.add(_cost(prompt, reader))
            for text in reader.close():
                yield text

    async def _whole(
        self, operation: str, prompt: Prompt, bill: Bill
    ) -> tuple[protocol.TextReader, str]:
        reader = self._reader(operation)
        async with self._asking(operation, prompt, stream=False) as request:
            try:
                response = await self.http.send(request)
            except asyncio.CancelledError:
                bill.add(estimate(prompt))  # it was sent, and nobody knows what it cost
                raise
            try:
                text = "".join(reader.read(response.body))
            finally:
                bill.add(_cost(prompt, reader))
        return reader, text

    async def _events(
        self, answer: ByteStream, reader: protocol.TextReader, operation: str
    ) -> AsyncGenerator[str | bytes, None]:
        """Yield the data of each event; a JSON answer to a stream request counts as one event.

        The end is the done marker, after which a server may keep the connection open, or the end
        of the connection. Once the text is complete only the usage is still waited for.
        """
        if answer.content_type == _JSON:
            yield await _whole_body(answer, operation)
            return
        async with aclosing(_decoded(answer, operation)) as events:
            while True:
                late = self.clock.monotonic() + self.usage_seconds if reader.is_complete else None
                data = None
                with suppress(TimeoutError):
                    async with self.clock.timeout_at(late):
                        data = await anext(events, None)
                if data is None:
                    return
                yield data
                if data == DONE_MARKER:
                    return

    @asynccontextmanager
    async def _asking(
        self, operation: str, prompt: Prompt, *, stream: bool
    ) -> AsyncGenerator[Request, None]:
        """Give the request to send; a refusal of the model becomes an error that says so."""
        blames_model = False

        def read_refusal(body: bytes) -> ErrorDetail:
            nonlocal blames_model
            blames_model = names_the_model(body)
            return read_error(body)

        try:
            yield self._request(
                operation,
                method="POST",
                url=f"{self.api_url}/chat/completions",
                json=protocol.build_body(prompt, self.model, self.capabilities, stream=stream),
                accept="text/event-stream" if stream else _JSON,
                read_error=read_refusal,
            )
        except ExternalServiceException as error:
            if not (blames_model and error.status_code in _MODEL_STATUSES):
                raise
            message = f"{error.status_code}, the model is not served"
            raise ModelNotServed("euria", operation, error.status_code, message) from error

    def _request(
        self,
        operation: str,
        *,
        method: str,
        url: str,
        read_error: Callable[[bytes], ErrorDetail],
        json: object | None = None,
        accept: str = _JSON,
    ) -> Request:
        headers = {"Authorization": f"Bearer {self.token.reveal()}", "Accept": accept}
        return Request(
            service="euria",
            operation=operation,
            method=method,
            url=url,
            headers=headers,
            json=json,
            read_error=read_error,
        )

    def _reader(self, operation: str) -> protocol.TextReader:
        return protocol.TextReader(operation, begins_in_thought=self.capabilities.begins_in_thought)


def estimate(prompt: Prompt) -> int:
    """Return about how many tokens an answer to ``prompt`` takes at most, the prompt included."""
    return _prompt_tokens(prompt) + prompt.max_tokens


def _prompt_tokens(prompt: Prompt) -> int:
    return protocol.estimated_tokens(sum(len(each.content) for each in prompt.messages))


def _cost(prompt: Prompt, reader: protocol.TextReader) -> int:
    """Return what an answer cost: as the server counts, or about that when it did not say."""
    if reader.usage is not None:
        return reader.usage.total_tokens
    return _prompt_tokens(prompt) + protocol.estimated_tokens(reader.characters)


def _is_thought_only(reader: protocol.TextReader) -> bool:
    """Return whether thinking took all the room that the text was given."""
    return not reader.has_text and reader.finish_reason == "length"


def _with_more_room(prompt: Prompt) -> Prompt:
    return replace(prompt, max_tokens=_LARGER * prompt.max_tokens)


def _check(reader: protocol.TextReader, operation: str) -> None:
    """Raise what an answer lacks."""
    if not reader.has_text and reader.finish_reason == "content_filter":
        raise ContentWithheld("euria", operation, None, "withheld by the content filter")
    if not reader.has_text:
        raise InvalidResponse("euria", operation, None, "an answer without text")
    if not reader.is_complete:
        raise InvalidResponse("euria", operation, None, "the stream ended early")


async def _decoded(answer: ByteStream, operation: str) -> AsyncGenerator[str, None]:
    """Yield the data of each event."""
    decoder = SseDecoder()
    try:
        async for chunk in answer.chunks:
            for event in decoder.feed(chunk):
                yield event.data
        for event in decoder.close():
            yield event.data
    except EventTooLarge as error:
        raise InvalidResponse("euria", operation, None, str(error)) from error


async def _whole_body(answer: ByteStream, operation: str) -> bytes:
    body = bytearray()
    async for chunk in answer.chunks:
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            message = f"answer larger than {MAX_BODY_BYTES} bytes"
            raise InvalidResponse("euria", operation, None, message)
    return bytes(body)
