"""Behaviour 52: a stream of EurIA over a real socket, and its bytes cut anywhere."""

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from itertools import pairwise

import pytest
from fakes.policies import easy_policy
from fakes.servers import Handler, RawServer, in_turn, raw, raw_server, reset_after, silent_after
from fakes.virtual_time import outcomes
from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import (
    ExternalServiceException,
    InvalidResponse,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from services.euria.models import DescriptionRequest
from services.euria.protocol import TextReader
from services.euria.service import EuriaService
from services.euria.sse import SseDecoder
from services.http import HttpClient, open_session
from services.resilience.clock import SystemClock
from services.resilience.config import StreamLimits
from services.resilience.policy import Policy
from services.secret import Secret

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
CHUNKED = HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
TEXT = b'data: {"choices":[{"delta":{"content":"Le disque"}}]}\n\n'
DONE = b"data: [DONE]\n\n"
REQUEST = DescriptionRequest(topic="Kind of Blue")
TIME = SystemClock()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@asynccontextmanager
async def _stream_of(
    handler: Handler, *, idle: float = 60.0
) -> AsyncIterator[tuple[RawServer, EuriaService, Policy]]:
    policy = easy_policy("euria", TIME, attempts=3)
    async with (
        raw_server(handler) as server,
        open_session(user_agent="AIME-tests/1.0") as session,
    ):
        service = EuriaService(
            http=HttpClient(session, clock=TIME),
            policy=policy,
            clock=TIME,
            token=Secret("canary-4f9a"),
            api_url=server.url,
            model="the/model",
            limits=StreamLimits(first=60.0, idle=idle, whole=60.0),
        )
        yield server, service, policy


async def _read(service: EuriaService) -> tuple[list[str], ExternalServiceException | None]:
    parts: list[str] = []
    try:
        async with aclosing(service.generate_description(REQUEST)) as stream:
            async for part in stream:
                parts.append(part)  # noqa: PERF401  # what came before an error counts
    except ExternalServiceException as error:
        return parts, error
    return parts, None


# How a stream ends


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        pytest.param(reset_after(CHUNKED, _chunk(TEXT)), UpstreamUnreachable, id="reset"),
        pytest.param(reset_after(HEAD, TEXT), InvalidResponse, id="reset of an endless body"),
        pytest.param(raw(HEAD + TEXT), InvalidResponse, id="closed without an end"),
        pytest.param(
            raw(HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: 900\r\n\r\n") + TEXT),
            UpstreamUnreachable,
            id="shorter than announced",
        ),
        pytest.param(raw(HEAD + TEXT + b"data: {nonsense\n\n"), InvalidResponse, id="nonsense"),
    ],
)
async def test_a_stream_that_breaks_after_its_first_text_counts_and_is_not_repeated(
    handler: Handler, kind: type[ExternalServiceException]
) -> None:
    async with _stream_of(handler) as (server, service, policy):
        parts, error = await _read(service)

    assert (parts, type(error)) == (["Le disque"], kind)
    assert (len(server.requests), policy.breaker.failure_count) == (1, 1)


async def test_a_stream_that_breaks_before_its_first_text_is_repeated() -> None:
    handler = in_turn(
        reset_after(), reset_after(CHUNKED, _chunk(b": ping\n\n")), raw(HEAD + TEXT + DONE)
    )

    async with _stream_of(handler) as (server, service, policy):
        parts, error = await _read(service)

    assert (parts, error) == (["Le disque"], None)
    assert (len(server.requests), policy.breaker.failure_count) == (3, 0)


async def test_a_silence_in_mid_stream_ends_it_and_closes_the_socket() -> None:
    async with _stream_of(silent_after(HEAD + TEXT), idle=0.5) as (server, service, policy):
        parts, error = await _read(service)
        await server.left()

    assert (parts, type(error)) == (["Le disque"], UpstreamTimeout)
    assert (len(server.requests), policy.breaker.failure_count) == (1, 1)


async def test_the_done_marker_closes_the_socket_that_the_server_keeps_open() -> None:
    async with _stream_of(silent_after(HEAD + TEXT + DONE)) as (server, service, _):
        parts, error = await _read(service)
        await server.left()

    assert (parts, error) == (["Le disque"], None)


async def test_a_reader_who_is_cancelled_closes_the_socket_and_speaks_against_nobody() -> None:
    async with _stream_of(silent_after(HEAD + TEXT)) as (server, service, policy):
        reading = asyncio.create_task(_read(service))
        await server.heard(1)
        reading.cancel()
        await outcomes(reading)
        await server.left()

    assert (reading.cancelled(), policy.breaker.failure_count) == (True, 0)


# Back-pressure


async def test_a_slow_reader_slows_the_server_down_and_loses_nothing() -> None:
    events, size = 640, 100_000
    event = b'data: {"choices":[{"delta":{"content":"' + b"x" * size + b'"}}]}\n\n'
    sent = 0

    async def flood(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await raw(HEAD)(writer)
        for _ in range(events):
            await raw(event)(writer)
            sent += 1
        await raw(DONE)(writer)

    async with (
        _stream_of(flood) as (_, service, _),
        aclosing(service.generate_description(REQUEST)) as stream,
    ):
        first = await anext(stream)
        for _ in range(5_000):  # many more turns of the loop than the whole stream takes
            await TIME.sleep(0)
        sent_while_waiting = sent
        rest = [part async for part in stream]

    assert sent_while_waiting < events / 4  # what the sockets' buffers and ours hold
    assert len(first) + sum(map(len, rest)) == events * size


# Cut anywhere

_PARTS = ("Björk", " 🎷 ", "a\\nb", "<th", "ink>hidden", "</thin", "k>", " – fin")
_LINES = (
    "\ufeff: ping\r\n\r\n",
    *(f'event: x\r\ndata: {{"choices":[{{"delta":{{"content":"{p}"}}}}]}}\r\n\r\n' for p in _PARTS),
    ': pong\rdata: {"choices":\rdata: [{"delta":{"content":"!"},"finish_reason":"stop"}]}\r\r',
    "data: [DONE]\n\n",
)
_STREAM = "".join(_LINES).encode()


def _text_of(*cuts: int) -> tuple[str, bool]:
    edges = [0, *sorted(cuts), len(_STREAM)]
    decoder, reader = SseDecoder(), TextReader("generate_description")
    chunks = (_STREAM[start:end] for start, end in pairwise(edges))
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    texts = [part for event in (*events, *decoder.close()) for part in reader.read(event.data)]
    return "".join([*texts, *reader.close()]), reader.is_complete


def test_a_stream_cut_at_any_one_point_is_the_same_text() -> None:
    read = {_text_of(cut) for cut in range(len(_STREAM) + 1)}

    assert read == {("Björk 🎷 a\nb – fin!", True)}


@given(st.lists(st.integers(0, len(_STREAM)), max_size=30))
def test_a_stream_cut_at_any_points_is_the_same_text(cuts: list[int]) -> None:
    assert _text_of(*cuts) == ("Björk 🎷 a\nb – fin!", True)


# Thinking aloud, in every way that was seen, cut anywhere

_TEXTS = st.text(alphabet="ab é🎷\n<>/", max_size=12).filter(lambda text: "think" not in text)
_SAID = "Ω"  # stands in every thought and in no text: one of them shown is one too many
_BLOCKS = st.tuples(st.booleans(), _TEXTS).map(
    lambda block: f"<think>{_SAID}{block[1]}{_SAID}</think>" if block[0] else block[1]
)
_UNCLOSED = st.sampled_from(["", f"<think>{_SAID}", f"<think>{_SAID}</thin", f"<think>{_SAID}<"])


def _stream_bytes(text: str, sizes: list[int], fields: list[str]) -> bytes:
    """Return ``text`` as a stream of increments of ``sizes``, with reasoning between them."""
    events, start = [], 0
    for size, field in itertools.zip_longest(sizes, fields):
        if field is not None:
            events.append({field: _SAID})
        if size is not None:
            events.append({"role": "assistant", "content": text[start : start + size]})
            start += size
    events.append({"content": text[start:]})
    lines = [json.dumps({"choices": [{"delta": event}]}, ensure_ascii=False) for event in events]
    return "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode()


def _shown(stream: bytes, cuts: list[int]) -> str:
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    decoder, reader = SseDecoder(), TextReader("stream")
    chunks = (stream[start:end] for start, end in pairwise(edges))
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    texts = [part for event in events for part in reader.read(event.data)]
    return "".join([*texts, *reader.close()])


@settings(max_examples=50)
@given(
    blocks=st.lists(_BLOCKS, max_size=6),
    unclosed=_UNCLOSED,
    sizes=st.lists(st.integers(0, 9), max_size=12),
    fields=st.lists(st.sampled_from(["reasoning", "reasoning_content"]), max_size=4),
    cuts=st.lists(st.integers(0, 2_000), max_size=20),
)
def test_no_cut_of_bytes_or_words_ever_shows_a_thought_or_loses_a_word(
    blocks: list[str], unclosed: str, sizes: list[int], fields: list[str], cuts: list[int]
) -> None:
    text = "".join(blocks)
    meant = re.sub(f"<think>{_SAID}.*?{_SAID}</think>", "", text, flags=re.DOTALL).lstrip()

    shown = _shown(_stream_bytes(text + unclosed, sizes, fields), cuts)

    assert shown == meant
    assert _SAID not in shown
