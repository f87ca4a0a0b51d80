"""The EurIA stand-in: chat completions, whole or streamed, and the list of models."""

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.sandbox.catalogue import Catalogue, default_catalogue
from bot.sandbox.euria.behaviour import Behaviour
from bot.sandbox.euria.picking import compose_picks
from bot.sandbox.euria.prose import compose
from bot.sandbox.euria.quirks import with_quirk
from bot.sandbox.euria.refusals import envelope, fault_body, invalid
from bot.sandbox.euria.sending import StreamSender
from bot.sandbox.euria.streaming import Answer, Json, tokens_in
from bot.sandbox.faults import (
    FAULT_KEY,
    FaultKind,
    fault_middleware,
    strike,
)
from bot.sandbox.server import RefusedError, StandIn

_CHARACTERS_PER_TOKEN: Final = 4
_REFUSAL: Final = "I'm sorry, but I can't help with that request."
_MODELS: Final = (
    "mistralai/Ministral-3-14B-Instruct-2512",
    "mistral3",
    "google/gemma-4-31B-it",
    "Qwen/Qwen3.5-122B-A10B-FP8",
    "swiss-ai/Apertus-v1.5-70B",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChat:
    """One chat request whose credentials and model were accepted.

    Attributes:
        body: The request as it was sent.
        prompt: Every message's text, one after the other.
        text: The answer's text before any fault struck it.
    """

    body: Json
    prompt: str
    text: str


class EuriaStandIn(StandIn):
    """EurIA over a loopback socket.

    Attributes:
        token: The API token.
        product_id: The AI product's id, part of every path.
        model: The model that is answered for by default.
        models: Every model that is accepted.
        catalogue: The records it knows.
        behaviour: How answers are written and sent; may be changed while running.
        chats: Accepted requests in order.
        streams: Every stream that was begun, oldest first.
        aborted_streams: Streams whose client left before the end.
        finished_streams: Streams that were sent to their end, however it looked.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        catalogue: Catalogue | None = None,
        behaviour: Behaviour | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare the stand-in.

        Args:
            port: Port on 127.0.0.1; 0 lets the system choose.
            catalogue: What the model knows; the sandbox's own records by default.
            behaviour: How it speaks; at human cadence by default.
            monotonic: Clock of the recorded times.
        """
        super().__init__(port=port, monotonic=monotonic)
        self.token = "sandbox-euria-token"  # noqa: S105  # opens nothing but this stand-in
        self.product_id = 10042
        self.models = list(_MODELS)
        self.model = _MODELS[0]
        self.behaviour = behaviour or Behaviour()
        self.chats: list[RecordedChat] = []
        self.streams: list[StreamSender] = []
        self.aborted_streams = 0
        self.finished_streams = 0
        self.catalogue = catalogue or default_catalogue()
        self._numbers = itertools.count(1)
        self._asked: Counter[str] = Counter()

    @property
    def api_url(self) -> str:
        """Base of the OpenAI-compatible API, ending in `/openai/v1`."""
        return f"{self.url}{self._base}"

    @property
    def _base(self) -> str:
        return f"/2/ai/{self.product_id}/openai/v1"

    def _middlewares(self) -> list[Middleware]:
        # A stream plays these itself: only it knows how many pieces were sent.
        kinds = (FaultKind.STALL, FaultKind.CUT_IN_BODY, FaultKind.NO_DONE, FaultKind.QUIRK)
        faults = fault_middleware(self.faults, error_body=fault_body, left_to_handler=kinds)
        return [faults, self._guard()]

    def _guard(self) -> Middleware:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.headers.get("Authorization") == f"Bearer {self.token}":
                return await handler(request)
            body = envelope("not_authorized", "Authorization required")
            return web.json_response(body, status=HTTPStatus.UNAUTHORIZED)

        return guard

    def _set_up(self, app: web.Application) -> None:
        app.router.add_get(f"{self._base}/models", self._struck(self._answer_models))
        app.router.add_post(f"{self._base}/chat/completions", self._answer_chat)
        app.router.add_route("*", "/{rest:.*}", _nowhere)

    def _struck(self, handler: Handler) -> Handler:
        """Play the faults left to handlers on an answer that is not a stream."""

        async def answer(request: web.Request) -> web.StreamResponse:
            fault = request.get(FAULT_KEY)
            if fault is None:
                return await handler(request)
            return await strike(request, fault, handler, error_body=fault_body)

        return answer

    async def _answer_models(self, request: web.Request) -> web.StreamResponse:
        rows = [
            {"id": model, "object": "model", "created": 1764000000, "owned_by": "infomaniak"}
            for model in self._served(with_quirk(self.behaviour, request.get(FAULT_KEY)))
        ]
        return web.json_response({"object": "list", "data": rows})

    async def _answer_chat(self, request: web.Request) -> web.StreamResponse:
        body = await _body_of(request)
        behaviour = with_quirk(self.behaviour, request.get(FAULT_KEY))
        if body.get("reasoning_effort") == "none":
            behaviour = replace(behaviour, reasoning_pieces=0, thinking_tokens=0)
        self._check(body, self._served(behaviour))
        answer = self._think(body, behaviour)
        if body.get("stream") is not True or behaviour.json_answer:
            return await self._struck(self._whole(answer))(request)
        with_usage = (body.get("stream_options") or {}).get("include_usage") is True
        sender = StreamSender(request=request, answer=answer, behaviour=behaviour)
        self.streams.append(sender)
        stream = await sender.send(fault=request.get(FAULT_KEY), with_usage=with_usage)
        if sender.client_left:
            self.aborted_streams += 1
        else:
            self.finished_streams += 1
        return stream

    def _whole(self, answer: Answer) -> Handler:
        async def send(_request: web.Request) -> web.StreamResponse:
            await asyncio.sleep(self.behaviour.first_token_seconds)
            return web.json_response(answer.whole(int(time.time())))

        return send

    def _served(self, behaviour: Behaviour) -> list[str]:
        return [each for each in self.models if each != self.model or not behaviour.is_retired]

    def _check(self, body: Json, models: list[str]) -> None:
        """Refuse what the real service refuses.

        Raises:
            RefusedError: The model is unknown, messages are missing, or a format is unsupported.
        """
        if body.get("model") not in models:
            raise invalid("model", "The selected model is invalid.", {"values": models})
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            raise invalid("messages", "The messages field is required.", {})
        if (body.get("response_format") or {}).get("type") == "json_object":
            error = {"message": "json_object is not supported", "type": "BadRequestError"}
            raise RefusedError(HTTPStatus.BAD_REQUEST, {"error": error | {"code": 400}})

    def _think(self, body: Json, behaviour: Behaviour) -> Answer:
        """Write the answer and record the chat."""
        prompt = "\n".join(str(each.get("content", "")) for each in body["messages"])
        variation = int(body.get("seed") or 0)
        if behaviour.varied:
            variation += self._asked[prompt]
            self._asked[prompt] += 1
        is_json = (body.get("response_format") or {}).get("type") == "json_schema"
        text = (
            compose_picks(prompt, variation)
            if is_json
            else compose(prompt, self.catalogue, variation)
        )
        if behaviour.refuses:
            text = _REFUSAL
        most = body.get("max_completion_tokens") or body.get("max_tokens")
        text, finish_reason = _shortened(text, most, behaviour)
        self.chats.append(RecordedChat(body=body, prompt=prompt, text=text))
        return Answer(
            answer_id=f"chatcmpl-{next(self._numbers):024x}",
            model=str(body["model"]),
            text=text,
            finish_reason=finish_reason,
            prompt_tokens=tokens_in(prompt),
            thinking_tokens=behaviour.thinking_tokens,
        )


def _shortened(text: str, most: object, behaviour: Behaviour) -> tuple[str, str]:
    """Return what is left of a text, and why it ends there; `most` is in tokens."""
    reason = behaviour.finish_reason
    if reason != "stop":
        text = "" if behaviour.withholds else text[: len(text) // 2]
    if not isinstance(most, int):
        return text, reason
    room = max(0, most - behaviour.thinking_tokens) * _CHARACTERS_PER_TOKEN
    return text[:room], "length" if len(text) > room else reason


async def _body_of(request: web.Request) -> Json:
    try:
        body = json.loads(await request.read())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        refusal = envelope("bad_request", "The request body is not valid JSON")
        raise RefusedError(HTTPStatus.BAD_REQUEST, refusal)
    return body


async def _nowhere(_request: web.Request) -> web.StreamResponse:
    body = {"code": "method_not_found", "description": "Method not found"}
    return web.json_response(body, status=HTTPStatus.NOT_FOUND)
