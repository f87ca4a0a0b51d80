"""``EuriaService``: text from Infomaniak's language model, streamed."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

from services.errors import InvalidResponse, ServiceDisabled
from services.euria import protocol
from services.euria.models import Completion, DescriptionRequest, Prompt, StreamEnd
from services.euria.prompts import build_prompt
from services.euria.sse import DONE_MARKER, EventTooLarge, SseDecoder
from services.http import MAX_BODY_BYTES, ByteStream, HttpClient, Request, read_json
from services.resilience.bulkhead import OnPlace
from services.resilience.config import StreamLimits
from services.resilience.policy import Policy
from services.secret import Secret

_JSON = "application/json"
_OPERATION = "generate_description"
SETTINGS: Final = ("EURIA_TOKEN", "EURIA_PRODUCT_ID")


class EuriaService:
    """Writes descriptions; every stream goes through the policy."""

    def __init__(
        self,
        *,
        http: HttpClient,
        policy: Policy,
        token: Secret | None,
        api_url: str,
        model: str,
        limits: StreamLimits,
        missing_settings: tuple[str, ...] = SETTINGS,
    ) -> None:
        """Use ``api_url`` (ends in ``/openai/v1``); without ``token`` it only refuses."""
        self._http = http
        self._policy = policy
        self._token = token
        self._api_url = api_url
        self._model = model
        self._limits = limits
        self._missing_settings = missing_settings

    @property
    def is_enabled(self) -> bool:
        """True when the token is set and EurIA is not switched off."""
        return self._token is not None

    async def generate_description(
        self, request: DescriptionRequest | str
    ) -> AsyncGenerator[str, None]:
        """Yield the text as it is written; join the increments to get all of it.

        Close the iterator (``contextlib.aclosing``) to stop: the socket is closed at once, so
        nothing more is produced or billed. Retried only until the first increment.

        Args:
            request: What to write; a plain string is a topic in English.

        Raises:
            ServiceDisabled: The settings lack EurIA's token.
            UpstreamTimeout: No first text, or no further text, within the limits.
            InvalidResponse: The stream ended early; what was yielded stands, incomplete.
            ExternalServiceException: Any other failure, before or in mid-stream.
        """
        if isinstance(request, str):
            request = DescriptionRequest(topic=request)
        async with aclosing(self.stream(build_prompt(request))) as stream:
            async for text in stream:
                yield text

    @property
    def model(self) -> str:
        """The model that is asked."""
        return self._model

    async def stream(
        self,
        prompt: Prompt,
        *,
        on_end: Callable[[StreamEnd], None] | None = None,
        on_place: OnPlace | None = None,
    ) -> AsyncGenerator[str, None]:
        """Yield the answer to ``prompt``; as ``generate_description``.

        Args:
            prompt: What to say.
            on_end: Told how a whole stream ended.
            on_place: Told the place in the queue.
        """
        request = self._request(prompt, stream=True)
        ends: list[str] = []
        stream = self._policy.stream(
            _OPERATION, lambda: self._attempt(request, ends), self._limits, on_place=on_place
        )
        async with aclosing(stream):
            async for text in stream:
                yield text
        if on_end is not None:
            on_end(StreamEnd(finish_reason=ends[-1], usage=None, model=self._model))

    async def complete(self, prompt: Prompt) -> Completion:
        """Return the whole answer to ``prompt``."""
        async with aclosing(self.stream(prompt)) as stream:
            text = "".join([part async for part in stream])
        value = read_json(text.encode()) if prompt.json_schema is not None else None
        return Completion(text=text, finish_reason="stop", usage=None, value=value)

    def _request(self, prompt: Prompt, *, stream: bool) -> Request:
        if self._token is None:
            raise ServiceDisabled("euria", _OPERATION, settings=self._missing_settings)
        return Request(
            service="euria",
            operation=_OPERATION,
            method="POST",
            url=f"{self._api_url}/chat/completions",
            headers={
                "Authorization": f"Bearer {self._token.reveal()}",
                "Accept": "text/event-stream",
            },
            json=protocol.build_body(prompt, self._model, stream=stream),
            read_error=protocol.read_error,
        )

    async def _attempt(self, request: Request, ends: list[str]) -> AsyncGenerator[str, None]:
        """Yield the text of one request; an answer without any is an error."""
        reader = protocol.TextReader(_OPERATION)
        is_empty = True
        async with self._http.stream(request) as answer, aclosing(_events(answer)) as events:
            async for data in events:
                for text in reader.read(data):
                    # Blank text before the first word is no first token.
                    if text.strip() or not is_empty:
                        is_empty = False
                        yield text
                if data == DONE_MARKER:  # the server may keep the connection open
                    break
        for text in reader.close():
            is_empty = False
            yield text
        if is_empty:
            raise InvalidResponse("euria", _OPERATION, None, "an answer without text")
        if not reader.is_complete:
            raise InvalidResponse("euria", _OPERATION, None, "the stream ended early")
        ends.append(reader.finish_reason)


async def _events(answer: ByteStream) -> AsyncGenerator[str | bytes, None]:
    """Yield the data of each event; a JSON answer to a stream request counts as one event."""
    if answer.content_type == _JSON:
        yield await _whole(answer)
        return
    decoder = SseDecoder()
    try:
        async for chunk in answer.chunks:
            for event in decoder.feed(chunk):
                yield event.data
        for event in decoder.close():
            yield event.data
    except EventTooLarge as error:
        raise InvalidResponse("euria", _OPERATION, None, str(error)) from error


async def _whole(answer: ByteStream) -> bytes:
    body = bytearray()
    async for chunk in answer.chunks:
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            message = f"answer larger than {MAX_BODY_BYTES} bytes"
            raise InvalidResponse("euria", _OPERATION, None, message)
    return bytes(body)
