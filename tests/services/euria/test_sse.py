"""The vectors are those of the fact sheet on the upstreams, section 4.2."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.euria.sse import EventTooLarge, ServerSentEvent, SseDecoder

BOM = b"\xef\xbb\xbf"
LONG = "x" * 600_000


def _event(data: str, event: str = "message", event_id: str = "") -> ServerSentEvent:
    return ServerSentEvent(data, event, event_id)


VECTORS = [
    pytest.param(
        b'data: {"a":1}\r\n\r\ndata: [DONE]\r\n\r\n',
        [_event('{"a":1}'), _event("[DONE]")],
        id="CR LF",
    ),
    pytest.param(b"data: a\r\rdata: b\r\r", [_event("a"), _event("b")], id="lone CR"),
    pytest.param(BOM + b"data: a\n\n", [_event("a")], id="byte-order mark"),
    pytest.param(
        BOM + BOM + b"data: a\n\ndata: b\n\n", [_event("b")], id="only one byte-order mark dropped"
    ),
    pytest.param(b"data: a\ndata: b\n\n", [_event("a\nb")], id="two data lines"),
    pytest.param(
        b"event: x\r\ndata: a\r\ndata: b\r\n\r\n", [_event("a\nb", "x")], id="CR LF inside an event"
    ),
    pytest.param(b"event: x\rdata: a\rdata: b\r\r", [_event("a\nb", "x")], id="CR inside an event"),
    pytest.param(b'data:{"a":1}\n\n', [_event('{"a":1}')], id="no space"),
    pytest.param(b"data:  x\n\n", [_event(" x")], id="only one space dropped"),
    pytest.param("data: é🎷\n\n".encode(), [_event("é🎷")], id="characters of several bytes"),
    pytest.param(b"data: a\r\n\r\ndata: b\r\n\r\n", [_event("a"), _event("b")], id="CR LF twice"),
    pytest.param(
        "data: a\u2028b\u0085c\n\n".encode(), [_event("a\u2028b\u0085c")], id="other separators"
    ),
    pytest.param(b": ping\n\ndata: a\n\n", [_event("a")], id="comment"),
    pytest.param(b": ping\ndata: a\n: pong\n\n", [_event("a")], id="comment inside an event"),
    pytest.param(b"event: ping\n\ndata: a\n\n", [_event("a")], id="type without data forgotten"),
    pytest.param(b"event: ping\ndata: a\n\n", [_event("a", "ping")], id="type"),
    pytest.param(b"event: x\nevent: y\ndata: a\n\n", [_event("a", "y")], id="type replaced"),
    pytest.param(b"data\n\n", [_event("")], id="data without a colon"),
    pytest.param(b"data:\n\n", [_event("")], id="empty data"),
    pytest.param(b"data\ndata\n\n", [_event("\n")], id="two empty data lines"),
    pytest.param(b"id: 1\n\n: hb\n\n\n", [], id="id without data"),
    pytest.param(
        b"id: 1\ndata: a\n\ndata: b\n\n",
        [_event("a", event_id="1"), _event("b", event_id="1")],
        id="id persists",
    ),
    pytest.param(b"id: a\0b\ndata: x\n\n", [_event("x")], id="id with NUL ignored"),
    pytest.param(b"data: \xff\n\n", [_event("\ufffd")], id="not UTF-8"),
    pytest.param(b"data: a\n\ndata: b", [_event("a")], id="unterminated at the end"),
    pytest.param(b"data: a\n\ndata: b\n", [_event("a")], id="undispatched at the end"),
    pytest.param(
        b'data: a\n\ndata: {"b":1}', [_event("a"), _event('{"b":1}')], id="whole JSON at the end"
    ),
    pytest.param(b'data: {"b":1', [], id="half a JSON at the end"),
    pytest.param(b"data: [DONE]", [_event("[DONE]")], id="done marker at the end"),
    pytest.param(b"retry: 10\nfoo: bar\nDATA: no\n\n", [], id="unknown fields"),
    pytest.param(b" data: a\n\n", [], id="a name with a blank"),
    pytest.param(b"data : a\n\n", [], id="a name with a trailing blank"),
    pytest.param(b"data: a: b\n\n", [_event("a: b")], id="only the first colon separates"),
    pytest.param(b"\n\n\r\n\r", [], id="only blank lines"),
    pytest.param(b"", [], id="nothing"),
]


def _decode(chunks: Iterable[bytes]) -> list[ServerSentEvent]:
    decoder = SseDecoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + list(decoder.close())


def _split_at(stream: bytes, *points: int) -> list[bytes]:
    edges = [0, *sorted(points), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


def _split_once(stream: bytes) -> Iterator[list[bytes]]:
    return (_split_at(stream, point) for point in range(len(stream) + 1))


def _split_twice(stream: bytes) -> Iterator[list[bytes]]:
    size = len(stream) + 1
    return (_split_at(stream, a, b) for a in range(size) for b in range(a, size))


@pytest.mark.parametrize(("stream", "expected"), VECTORS)
def test_a_stream_in_one_piece_is_decoded(stream: bytes, expected: list[ServerSentEvent]) -> None:
    assert _decode([stream]) == expected


@pytest.mark.parametrize(("stream", "expected"), VECTORS)
def test_a_stream_split_anywhere_gives_the_same_events(
    stream: bytes, expected: list[ServerSentEvent]
) -> None:
    assert [chunks for chunks in _split_once(stream) if _decode(chunks) != expected] == []


@pytest.mark.parametrize(("stream", "expected"), VECTORS)
def test_a_stream_split_in_two_places_gives_the_same_events(
    stream: bytes, expected: list[ServerSentEvent]
) -> None:
    assert [chunks for chunks in _split_twice(stream) if _decode(chunks) != expected] == []


@pytest.mark.parametrize(("stream", "expected"), VECTORS)
def test_a_stream_byte_by_byte_gives_the_same_events(
    stream: bytes, expected: list[ServerSentEvent]
) -> None:
    assert _decode(bytes([byte]) for byte in stream) == expected


@pytest.mark.parametrize("size", [600_100, 65_536, 8_192, 1_000])
def test_a_long_line_is_delivered(size: int) -> None:
    stream = f"data: {LONG}\n\n".encode()
    chunks = (stream[start : start + size] for start in range(0, len(stream), size))

    assert _decode(chunks) == [_event(LONG)]


# Any stream at all, cut anywhere

PIECES = st.sampled_from(
    [
        b"data",
        b"event",
        b"id",
        b"retry",
        b":",
        b" ",
        b"\r",
        b"\n",
        b"\r\n",
        b"\0",
        b"\xff",
        BOM,
        b"a",
        b"[DONE]",
        b"{}",
        "é".encode(),
        "\u2028".encode(),
        b"data: x\n\n",
        b"data: y\r\n",
        b"event: z\r\n",
        b": ping\n\n",
    ]
)


def _reference(stream: bytes) -> list[ServerSentEvent]:
    """Decode a whole stream as the specification words it, without regard to chunks or its end."""
    text = stream.decode("utf-8", errors="replace").removeprefix("\ufeff")
    events: list[ServerSentEvent] = []
    data, kind, last_id = "", "", ""
    for line in re.split("\r\n|\n|\r", text)[:-1]:
        name, colon, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            if data:
                events.append(ServerSentEvent(data[:-1], kind or "message", last_id))
            data, kind = "", ""
        elif name == "data":
            data += value + "\n"
        elif name == "event":
            kind = value
        elif name == "id" and "\0" not in value:
            last_id = value
        else:
            assert colon is not None  # a comment or an unknown field
    return events


@given(pieces=st.lists(PIECES, max_size=40), cuts=st.lists(st.integers(0, 200), max_size=20))
@example(pieces=[BOM, b"data: x\n\n"], cuts=[1, 2])
@example(pieces=[b"data: x\r", b"\n\r\n"], cuts=[8, 9])
def test_any_stream_cut_anywhere_is_decoded_as_specified(
    pieces: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(pieces)
    decoder = SseDecoder()

    chunks = _split_at(stream, *(min(cut, len(stream)) for cut in cuts))
    events = [event for chunk in chunks for event in decoder.feed(chunk)]

    single_bytes = SseDecoder()
    one_by_one = [event for byte in stream for event in single_bytes.feed(bytes([byte]))]

    assert events == one_by_one == _reference(stream)


@given(stream=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=20))
def test_no_bytes_can_break_the_decoder(stream: bytes, cuts: list[int]) -> None:
    chunks = _split_at(stream, *(min(cut, len(stream)) for cut in cuts))

    assert _decode(chunks) == _decode([stream])


# Caps


def _feed_capped(*chunks: bytes) -> list[ServerSentEvent]:
    decoder = SseDecoder(max_characters=20)
    return [event for chunk in chunks for event in decoder.feed(chunk)]


def test_a_line_at_the_cap_is_delivered() -> None:
    assert _feed_capped(b"data: " + b"x" * 14 + b"\n\n") == [_event("x" * 14)]


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param([b"data: " + b"x" * 15 + b"\n\n"], id="a line in one piece"),
        pytest.param([b"data: "] + [b"x"] * 15, id="a line in many pieces"),
        pytest.param([b": " + b"x" * 100], id="a comment"),
        pytest.param([b"data: xxxxxxxxxx\n"] * 3, id="an event of many lines"),
        pytest.param([b"data:\n"] * 100, id="an event of many empty lines"),
    ],
)
def test_what_grows_beyond_the_cap_is_refused(chunks: list[bytes]) -> None:
    with pytest.raises(EventTooLarge):
        _feed_capped(*chunks)


def test_many_events_together_may_exceed_the_cap() -> None:
    assert len(_feed_capped(*[b"data: xxxxxxxxxx\n\n"] * 10)) == 10


def test_an_end_nested_without_end_is_no_event() -> None:
    assert _decode([b"data: " + b"[" * 100_000]) == []
