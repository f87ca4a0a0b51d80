import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from aioresponses import aioresponses
from fakes.clock import VirtualClock
from fakes.payloads import payload
from fakes.policies import easy_policy
from fakes.servers import answer, raw_server, silent_after
from fakes.transport import Piece, StreamingTransport
from fakes.virtual_time import in_virtual_time, outcomes

from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    CircuitOpen,
    ExternalServiceException,
    InvalidRequest,
    InvalidResponse,
    ModelNotServed,
    NotFound,
    OutOfCredit,
    RateLimitExceeded,
    ServiceDisabled,
    UpstreamServerError,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from services.euria.models import DescriptionRequest, Length
from services.euria.service import EuriaService
from services.http import MAX_BODY_BYTES, HttpClient, open_session
from services.resilience.clock import SystemClock
from services.resilience.config import StreamLimits
from services.resilience.policy import Policy
from services.secret import Secret

API = "https://api.infomaniak.test/2/ai/42/openai/v1"
CHAT = f"{API}/chat/completions"
LIMITS = StreamLimits(first=30, idle=30, whole=120)
REQUEST = DescriptionRequest(topic="Kind of Blue")
TIME = SystemClock()
LOST = UpstreamUnreachable("euria", "generate_description")
TEXT = b'data: {"choices":[{"delta":{"content":"Le disque"}}]}\n\n'
STOP = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"


@pytest.fixture
def policy(clock: VirtualClock) -> Policy:
    return easy_policy("euria", clock, attempts=3)


def _service(http: HttpClient, policy: Policy, *, has_token: bool = True) -> EuriaService:
    return EuriaService(
        http=http,
        policy=policy,
        clock=TIME,
        token=Secret("canary-4f9a") if has_token else None,
        api_url=API,
        model="the/model",
        limits=LIMITS,
    )


@asynccontextmanager
async def _over_http(policy: Policy, clock: VirtualClock) -> AsyncIterator[EuriaService]:
    async with open_session(user_agent="AIME-tests/1.0") as session:
        yield _service(HttpClient(session, clock=clock), policy)


async def _read(
    service: EuriaService, request: DescriptionRequest | str = REQUEST
) -> tuple[str, ExternalServiceException | None]:
    """Return the text of an answer, and the error it ended with."""
    parts: list[str] = []
    try:
        async with aclosing(service.generate_description(request)) as stream:
            async for part in stream:
                parts.append(part)  # noqa: PERF401  # what came before an error counts
    except ExternalServiceException as error:
        return "".join(parts), error
    return "".join(parts), None


async def _read_pieces(
    policy: Policy, *pieces: Piece, content_type: str = "text/event-stream"
) -> tuple[str, type[Exception] | None]:
    """Return the text of a scripted stream, and the class of the error it ended with."""
    transport = StreamingTransport(pieces, content_type=content_type)
    text, error = await _read(_service(transport, policy))
    return text, None if error is None else type(error)


# The request


def _sent(web: aioresponses) -> Any:  # noqa: ANN401  # aioresponses has no types
    ((call,),) = web.requests.values()
    return call


@in_virtual_time
async def test_a_streamed_chat_completion_is_asked_for(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.post(CHAT, body=payload("euria/stream.sse"), content_type="text/event-stream")

    async with _over_http(policy, clock) as service:
        await _read(service)

    call = _sent(web)
    assert call.kwargs["headers"]["Authorization"] == "Bearer canary-4f9a"
    assert call.kwargs["headers"]["Accept"] == "text/event-stream"
    assert call.kwargs["allow_redirects"] is False
    assert (call.kwargs["json"]["model"], call.kwargs["json"]["stream"]) == ("the/model", True)


@in_virtual_time
async def test_length_language_and_facts_reach_the_model(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.post(CHAT, body=payload("euria/stream.sse"), content_type="text/event-stream")
    request = DescriptionRequest(
        topic="Kind of Blue", facts=("Artist: Miles Davis",), length=Length.LONG, language="French"
    )

    async with _over_http(policy, clock) as service:
        await _read(service, request)

    body = _sent(web).kwargs["json"]
    assert body["max_tokens"] == 1_000
    assert "in French." in body["messages"][1]["content"]
    assert "- Artist: Miles Davis" in body["messages"][1]["content"]


@in_virtual_time
async def test_a_plain_text_is_a_topic(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.post(CHAT, body=payload("euria/stream.sse"), content_type="text/event-stream")

    async with _over_http(policy, clock) as service:
        await _read(service, "Kind of Blue")

    assert "<topic>Kind of Blue</topic>" in str(_sent(web).kwargs["json"])


# The answer


@in_virtual_time
async def test_a_whole_stream_is_the_text_without_reasoning(policy: Policy) -> None:
    assert await _read_pieces(policy, payload("euria/stream.sse")) == (
        "Le disque est beau.",
        None,
    )


@in_virtual_time
async def test_a_stream_byte_by_byte_is_the_same_text(policy: Policy) -> None:
    pieces = [bytes([byte]) for byte in payload("euria/stream.sse")]

    assert await _read_pieces(policy, *pieces) == ("Le disque est beau.", None)


@in_virtual_time
async def test_text_is_yielded_as_it_is_written(clock: VirtualClock, policy: Policy) -> None:
    service = _service(StreamingTransport([TEXT, 5.0, TEXT, STOP]), policy)

    async with aclosing(service.generate_description(REQUEST)) as stream:
        times = [(part, clock.elapsed) async for part in stream]

    assert times == [("Le disque", 0), ("Le disque", 5)]


@in_virtual_time
async def test_a_text_cut_by_the_token_limit_is_complete(policy: Policy) -> None:
    assert await _read_pieces(policy, payload("euria/stream_length.sse")) == (
        "Le disque",
        None,
    )


@in_virtual_time
async def test_the_end_after_a_finish_reason_needs_no_done_marker(policy: Policy) -> None:
    assert await _read_pieces(policy, TEXT, STOP) == ("Le disque", None)


@in_virtual_time
async def test_an_unterminated_done_marker_ends_the_stream(policy: Policy) -> None:
    assert await _read_pieces(policy, TEXT, b"data: [DONE]") == ("Le disque", None)


@in_virtual_time
async def test_a_stream_ends_at_its_done_marker_and_not_when_the_connection_does(
    clock: VirtualClock, policy: Policy
) -> None:
    assert await _read_pieces(policy, TEXT, DONE, 3_600.0) == ("Le disque", None)
    assert clock.elapsed == 0


@in_virtual_time
async def test_a_stream_that_just_ends_is_incomplete(policy: Policy) -> None:
    assert await _read_pieces(policy, payload("euria/stream_cut.sse")) == (
        "Le disque",
        InvalidResponse,
    )


@in_virtual_time
async def test_an_error_in_mid_stream_leaves_the_text_so_far(policy: Policy) -> None:
    transport = StreamingTransport([payload("euria/stream_error.sse")])

    text, error = await _read(_service(transport, policy))

    assert (text, type(error), len(transport.requests)) == ("Le disque", UpstreamServerError, 1)
    assert "canary" not in str(error)


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([payload("euria/stream_empty.sse")], id="only reasoning"),
        pytest.param([STOP, DONE], id="only an end"),
        pytest.param([b": ping\n\n"], id="only a comment"),
        pytest.param([], id="nothing"),
        pytest.param([b"<html>busy</html>"], id="HTML"),
        pytest.param(
            [b'data: {"choices":[{"delta":{"content":" \\n "}}]}\n\n', STOP], id="only blanks"
        ),
        pytest.param(
            [b'data: {"choices":[{"delta":{"content":"<think>hm</think>"}}]}\n\n', STOP],
            id="only a thought",
        ),
    ],
)
@in_virtual_time
async def test_an_answer_without_text_is_an_error(policy: Policy, pieces: list[Piece]) -> None:
    assert await _read_pieces(policy, *pieces) == ("", InvalidResponse)


@in_virtual_time
async def test_blanks_before_the_first_word_are_no_text(policy: Policy) -> None:
    blank = b'data: {"choices":[{"delta":{"content":"\\n\\n"}}]}\n\n'

    assert await _read_pieces(policy, blank, TEXT, blank, TEXT, DONE) == (
        "Le disque\n\nLe disque",
        None,
    )


@in_virtual_time
async def test_a_plain_json_answer_to_a_stream_request_is_read(policy: Policy) -> None:
    body = payload("euria/answer.json")

    read = await _read_pieces(policy, body[:20], body[20:], content_type="application/json")

    assert read == ("Le disque est beau.", None)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("validation", ModelNotServed),
        ("not_authorized", AuthenticationFailed),
        ("model_server", InvalidRequest),
    ],
)
@in_virtual_time
async def test_an_error_envelope_with_status_200_is_an_error(
    policy: Policy, name: str, kind: type[ExternalServiceException]
) -> None:
    body = payload(f"euria/error_{name}.json")

    text, error = await _read_pieces(policy, body, content_type="application/json")

    assert (text, error) == ("", kind)


@pytest.mark.parametrize("name", ["method_not_found", "object"])
@in_virtual_time
async def test_a_bare_error_envelope_with_status_200_is_an_error(policy: Policy, name: str) -> None:
    body = payload(f"euria/error_{name}.json")

    text, error = await _read_pieces(policy, body, content_type="application/json")

    assert (text, error is None) == ("", False)


@in_virtual_time
async def test_a_plain_json_answer_beyond_the_cap_is_refused(policy: Policy) -> None:
    text = b"x" * (MAX_BODY_BYTES + 1)
    body = b'{"choices":[{"message":{"content":"' + text + b'"},"finish_reason":"stop"}]}'

    read, error = await _read_pieces(policy, body, content_type="application/json")

    assert (len(read), error) == (0, InvalidResponse)


@in_virtual_time
async def test_a_line_beyond_the_cap_is_refused(policy: Policy) -> None:
    assert await _read_pieces(policy, TEXT, b"data: " + b"x" * 2_000_000) == (
        "Le disque",
        InvalidResponse,
    )


# Failures


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param(400, "error_validation", ModelNotServed, id="400, the model"),
        pytest.param(400, "error_model_server", InvalidRequest, id="400"),
        pytest.param(401, "error_not_authorized", AuthenticationFailed, id="401"),
        pytest.param(402, "error_object", OutOfCredit, id="402, out of credit"),
        pytest.param(403, "error_not_authorized", AccessDenied, id="403"),
        pytest.param(404, "error_method_not_found", NotFound, id="404"),
        pytest.param(422, "error_model_server", InvalidRequest, id="422"),
    ],
)
@in_virtual_time
async def test_a_refusal_has_its_class_and_is_not_repeated(
    clock: VirtualClock,
    policy: Policy,
    web: aioresponses,
    *,
    status: int,
    body: str,
    expected: type[ExternalServiceException],
) -> None:
    web.post(CHAT, status=status, body=payload(f"euria/{body}.json"))

    async with _over_http(policy, clock) as service:
        text, error = await _read(service)

    assert (text, type(error), clock.sleeps) == ("", expected, [])
    assert "canary" not in str(error)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
@in_virtual_time
async def test_passing_trouble_before_the_first_text_is_repeated(
    clock: VirtualClock, policy: Policy, web: aioresponses, status: int
) -> None:
    web.post(CHAT, status=status)
    web.post(CHAT, body=payload("euria/stream.sse"), content_type="text/event-stream")

    async with _over_http(policy, clock) as service:
        assert await _read(service) == ("Le disque est beau.", None)


@in_virtual_time
async def test_a_rate_limit_carries_its_wait(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.post(CHAT, status=429, headers={"Retry-After": "60"})

    async with _over_http(policy, clock) as service:
        _, error = await _read(service)

    assert isinstance(error, RateLimitExceeded)
    assert error.retry_after == 60


@in_virtual_time
async def test_a_connection_lost_after_the_first_text_is_not_repeated(policy: Policy) -> None:
    transport = StreamingTransport([TEXT, LOST])

    assert await _read(_service(transport, policy)) == ("Le disque", LOST)
    assert len(transport.requests) == 1


@in_virtual_time
async def test_no_first_text_in_time_is_a_timeout(clock: VirtualClock, policy: Policy) -> None:
    thinking = b'data: {"choices":[{"delta":{"reasoning":"hm"}}]}\n\n'

    pieces: list[Piece] = [thinking, 1.0]

    text, error = await _read_pieces(policy, *pieces * 60, TEXT)

    assert (text, error, clock.elapsed) == ("", UpstreamTimeout, 30)


@in_virtual_time
async def test_a_silence_is_a_timeout(clock: VirtualClock, policy: Policy) -> None:
    text, error = await _read_pieces(policy, TEXT, 31.0, TEXT, DONE)

    assert (text, error, clock.elapsed) == ("Le disque", UpstreamTimeout, 30)


@in_virtual_time
async def test_an_open_circuit_sends_nothing(clock: VirtualClock) -> None:
    policy = easy_policy("euria", clock, breaker_failures=1)
    transport = StreamingTransport([LOST], [TEXT, DONE])
    await _read(_service(transport, policy))

    _, error = await _read(_service(transport, policy))

    assert (type(error), len(transport.requests)) == (CircuitOpen, 1)


@in_virtual_time
async def test_without_a_token_nothing_is_sent_and_the_settings_are_named(policy: Policy) -> None:
    transport = StreamingTransport([TEXT])
    service = _service(transport, policy, has_token=False)

    _, error = await _read(service)

    assert isinstance(error, ServiceDisabled)
    assert error.settings == ("EURIA_TOKEN", "EURIA_PRODUCT_ID")
    assert (service.is_enabled, transport.requests) == (False, [])


# Leaving


@in_virtual_time
async def test_a_reader_who_leaves_closes_the_stream_at_once(
    clock: VirtualClock, policy: Policy
) -> None:
    transport = StreamingTransport([TEXT, 20.0, TEXT])

    async with aclosing(_service(transport, policy).generate_description(REQUEST)) as stream:
        await anext(stream)

    assert (transport.open_streams, clock.elapsed) == (0, 0)


@in_virtual_time
async def test_a_cancelled_reader_closes_the_stream(clock: VirtualClock, policy: Policy) -> None:
    transport = StreamingTransport([TEXT, 20.0, TEXT])
    task = asyncio.create_task(_read(_service(transport, policy)))
    await clock.sleep(1)
    task.cancel()
    await outcomes(task)

    assert (transport.open_streams, task.cancelled()) == (0, True)


async def test_a_reader_who_leaves_closes_the_real_socket() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    clock = SystemClock()

    async with (
        raw_server(silent_after(head + TEXT)) as server,
        open_session(user_agent="AIME-tests/1.0") as session,
    ):
        service = EuriaService(
            http=HttpClient(session, clock=clock),
            policy=easy_policy("euria", clock),
            clock=clock,
            token=Secret("canary-4f9a"),
            api_url=server.url,
            model="the/model",
            limits=LIMITS,
        )
        async with aclosing(service.generate_description(REQUEST)) as stream:
            first = await anext(stream)
        await asyncio.wait({asyncio.create_task(server.closed.wait())}, timeout=5)

    assert (first, server.closed.is_set()) == ("Le disque", True)


async def test_a_whole_answer_comes_over_a_real_socket() -> None:
    clock = SystemClock()
    handler = answer(payload("euria/stream.sse"), headers="Content-Type: text/event-stream\r\n")

    async with (
        raw_server(handler) as server,
        open_session(user_agent="AIME-tests/1.0") as session,
    ):
        service = EuriaService(
            http=HttpClient(session, clock=clock),
            policy=easy_policy("euria", clock),
            clock=clock,
            token=Secret("canary-4f9a"),
            api_url=server.url,
            model="the/model",
            limits=LIMITS,
        )

        assert await _read(service) == ("Le disque est beau.", None)
