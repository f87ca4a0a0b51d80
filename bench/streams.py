"""How fast the decoder for server-sent events is."""

import json
from collections.abc import Callable

from bench.report import Row, print_section
from bench.timing import Quartiles, Timings, measure
from services.euria.sse import SseDecoder

_STREAM_BYTES = 2_000_000
_BIG, _SMALL = 8 * 1024, 7
_MEGABYTE = 1e6


def bench_decoder() -> None:
    """Compare the decoder with splitting at blank lines, for large and for tiny chunks."""
    stream = _stream()
    events = stream.count(b"\n\n")
    for size, what in ((_BIG, "8 KB"), (_SMALL, "7 bytes")):
        chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
        _expect(events, _decode(chunks), _split(chunks))
        timings = measure(
            {"split": _bound(_split, chunks), "decoder": _bound(_decode, chunks)}, operations=1
        )
        _print(what, len(stream), events, timings)


def _print(what: str, length: int, events: int, timings: Timings) -> None:
    per_event = timings.of("decoder").median / events * 1e6
    meaning = (
        f"{per_event:.1f} µs per event; a model writes about 50 events a second"
        if what == "8 KB"
        else "the worst split there is: no network does this for long"
    )
    print_section(
        f"Server-sent events: {length / _MEGABYTE:.1f} MB, {events} events, chunks of {what}",
        "joining chunks and bytes.split at blank lines: no CR, no id, no UTF-8 check, no cap",
        [
            Row("bytes.split", None, _rate(length, timings.of("split"))),
            Row(
                "SseDecoder",
                timings.ratio("decoder", "split"),
                _rate(length, timings.of("decoder")),
                meaning,
            ),
        ],
    )


def _stream() -> bytes:
    """Return what a model's stream looks like, with some text beyond ASCII."""
    parts: list[bytes] = []
    size, number = 0, 0
    while size < _STREAM_BYTES:
        delta = {"content": f" naïve {number} café"}
        chunk = {
            "id": f"chatcmpl-{number:08}",
            "object": "chat.completion.chunk",
            "model": "mistralai/Ministral-3-14B-Instruct-2512",
            "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
        }
        parts.append(b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n")
        size += len(parts[-1])
        number += 1
    return b"".join(parts)


def _decode(chunks: list[bytes]) -> int:
    decoder, count = SseDecoder(), 0
    for chunk in chunks:
        for _ in decoder.feed(chunk):
            count += 1
    return count


def _split(chunks: list[bytes]) -> int:
    rest, count = b"", 0
    for chunk in chunks:
        *events, rest = (rest + chunk).split(b"\n\n")
        for event in events:
            event.removeprefix(b"data: ").decode()
            count += 1
    return count


def _bound(read: Callable[[list[bytes]], int], chunks: list[bytes]) -> Callable[[], int]:
    return lambda: read(chunks)


def _expect(events: int, *counts: int) -> None:
    if set(counts) != {events}:
        message = f"{events} events were written, but read: {counts}"
        raise RuntimeError(message)


def _rate(length: int, seconds: Quartiles) -> str:
    return f"{length / seconds.median / _MEGABYTE:.1f} MB/s"
