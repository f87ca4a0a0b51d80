"""Every fault an upstream can have, with canaries in all that it says."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from fakes.payloads import payload
from fakes.servers import Handler, answer, raw, reset_after, silent_after

from services.secret import Secret

CANARY = "canary-4f9a"
TYPED = "canarywords"
OK = b"HTTP/1.1 200 OK\r\n"
UPSTREAMS = ("accounts", "spotify", "discogs", "euria")

# What an upstream may say: everything quotes the request, as some do.
QUOTE = f"{CANARY} {TYPED} Bearer {CANARY}"
ECHO = json.dumps(
    {"message": QUOTE, "error": {"message": QUOTE, "status": 400}, "error_description": QUOTE}
).encode()
SPOKEN = (
    f"X-Discogs-Ratelimit: {CANARY}\r\nSet-Cookie: id={CANARY}\r\nX-Error: {QUOTE}\r\n"
    f"WWW-Authenticate: {QUOTE}\r\nLocation: http://127.0.0.1:1/{CANARY}?q={TYPED}\r\n"
)
GRANTED = answer(json.dumps({"access_token": f"{CANARY}-granted"}).encode())
EVENTS = "Content-Type: text/event-stream\r\n"
HEALTHY = {
    "accounts": GRANTED,
    "spotify": answer(payload("spotify/search.json")),
    "discogs": answer(payload("discogs/search.json")),
    "euria": answer(payload("euria/stream.sse"), headers=EVENTS),
}


@dataclass(frozen=True)
class Fault:
    """What goes wrong.

    Attributes:
        kinds: What the log must tell of, or the test proves nothing: classes of errors, mostly.
        handlers: How upstreams answer; those not named are healthy.
        settings: What else is set.
        is_forgetful: The tables of what policies remember are gone.
        rounds: How many more questions are asked after the first; more open the circuits.
        crowd: How many texts are asked for at once in the end.
        speed: How many seconds of the policies pass in one; the database's are real.
    """

    kinds: tuple[str, ...] = ()
    handlers: dict[str, Handler] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    is_forgetful: bool = False
    rounds: int = 4
    crowd: int = 0
    speed: float = 20.0


def _everywhere(handler: Handler, *kinds: str) -> Fault:
    """Return a fault of all upstreams, while tokens are still granted."""
    handlers = dict.fromkeys(UPSTREAMS, handler)
    return Fault(kinds=kinds, handlers=handlers | {"accounts": GRANTED})


def all_urls(url: str) -> dict[str, object]:
    """Return settings that put every upstream at ``url``."""
    return {
        "spotify_accounts_url": url,
        "spotify_api_url": url,
        "discogs_api_url": url,
        "euria_api_url": f"{url}/openai/v1",
    }


def quick_attempts() -> dict[str, object]:
    """Return settings under which an attempt ends soon."""
    return {
        "spotify_attempt_timeout_seconds": 4.0,
        "discogs_attempt_timeout_seconds": 4.0,
        "euria_first_token_timeout_seconds": 4.0,
    }


def _status(status: int, *kinds: str, headers: str = "") -> Any:  # noqa: ANN401  # a pytest.param
    handler = answer(ECHO, status=f"{status} {CANARY}", headers=SPOKEN + headers)
    return pytest.param(_everywhere(handler, *kinds), id=str(status))


def _granting(handler: Handler, kind: str) -> Fault:
    """Return a fault of whoever grants Spotify's tokens."""
    return Fault(kinds=(kind,), handlers={"accounts": handler})


STATUSES = [
    _status(302, "InvalidResponse"),
    _status(400, "InvalidRequest"),
    _status(401, "AuthenticationFailed"),
    _status(402, "OutOfCredit", "AskedToWait"),
    _status(403, "AccessDenied"),
    _status(404, "NotFound"),
    _status(408, "UpstreamTimeout", "CircuitOpen"),
    _status(410, "NotFound"),
    _status(422, "InvalidRequest"),
    _status(429, "RateLimitExceeded", headers=f"Retry-After: {CANARY}\r\n"),
    _status(500, "UpstreamServerError", "CircuitOpen"),
    _status(502, "UpstreamServerError", "CircuitOpen"),
    _status(503, "UpstreamServerError", headers="Retry-After: 3600\r\n"),
    _status(504, "UpstreamServerError", "CircuitOpen"),
    _status(520, "UpstreamServerError", "CircuitOpen"),
    pytest.param(
        _everywhere(
            answer(ECHO, status="429 Too Many", headers=SPOKEN + "Retry-After: 3600\r\n"),
            "RateLimitExceeded",
            "AskedToWait",
        ),
        id="a long 429",
    ),
]
SAID = QUOTE.encode()
WRONG_SHAPE = json.dumps(
    {"results": QUOTE, "albums": QUOTE, "id": [QUOTE], "choices": QUOTE, QUOTE: QUOTE}
).encode()
TRANSPORT = [
    pytest.param(_everywhere(reset_after(), "UpstreamUnreachable"), id="reset"),
    pytest.param(
        _everywhere(reset_after(OK + b"X-Said: " + SAID), "UpstreamUnreachable"),
        id="reset in the headers",
    ),
    pytest.param(
        _everywhere(answer(SAID, length=1_000), "UpstreamUnreachable"), id="truncated body"
    ),
    pytest.param(
        _everywhere(raw(OK + b"Transfer-Encoding: chunked\r\n\r\n" + SAID), "InvalidResponse"),
        id="chunks that are none",
    ),
    pytest.param(_everywhere(raw(SAID + b"\r\n\r\n"), "InvalidResponse"), id="not HTTP"),
    pytest.param(
        _everywhere(raw(OK + SAID + b"\r\n\r\n"), "InvalidResponse"), id="a header that is none"
    ),
    pytest.param(
        _everywhere(raw(OK + b"X-Said: " + SAID * 10_000 + b"\r\n\r\n"), "InvalidResponse"),
        id="headers without end",
    ),
    pytest.param(
        _everywhere(answer(SAID, headers="Content-Encoding: gzip\r\n"), "InvalidResponse"),
        id="not packed as announced",
    ),
    pytest.param(
        replace(
            _everywhere(silent_after(OK + b"X-Said: " + SAID), "UpstreamTimeout"),
            settings=quick_attempts(),
        ),
        id="silence",
    ),
]
JSON = "Content-Type: application/json\r\n"
NOT_UTF_8 = b'{"choices": [{"message": {"content": "\xff' + SAID + b'"}}]}'
READING = [
    pytest.param(_everywhere(answer(SAID), "InvalidResponse"), id="not JSON"),
    pytest.param(_everywhere(answer(WRONG_SHAPE), "InvalidResponse"), id="another shape"),
    pytest.param(
        _everywhere(answer(b'{"id": "\xff' + SAID + b'"}'), "InvalidResponse"), id="not UTF-8"
    ),
    pytest.param(
        _everywhere(
            answer(NOT_UTF_8, headers=JSON),
            "InvalidResponse",
        ),
        id="a text that is not UTF-8",
    ),
    pytest.param(
        _everywhere(answer(b"data: " + ECHO + b"\n\n", headers=EVENTS), "UpstreamServerError"),
        id="an error inside a stream",
    ),
    pytest.param(
        _everywhere(answer(b"data: " + WRONG_SHAPE + b"\n\n", headers=EVENTS), "InvalidResponse"),
        id="an unreadable event",
    ),
    pytest.param(
        _everywhere(
            answer(payload("euria/stream_cut.sse"), headers=EVENTS, length=5_000),
            "UpstreamUnreachable",
        ),
        id="a stream that breaks",
    ),
]
GRANTING = [
    pytest.param(_granting(answer(ECHO, status="400 No"), "AccessDenied"), id="granting: 400"),
    pytest.param(
        _granting(answer(ECHO, status="500 No"), "UpstreamServerError"), id="granting: 500"
    ),
    pytest.param(
        _granting(answer(ECHO, status="429 No", headers="Retry-After: 9\r\n"), "AskedToWait"),
        id="granting: 429",
    ),
    pytest.param(_granting(reset_after(), "UpstreamUnreachable"), id="granting: reset"),
    pytest.param(_granting(answer(SAID), "InvalidResponse"), id="granting: not JSON"),
    pytest.param(
        _granting(answer(b'{"access_token": ["' + SAID + b'"]}'), "InvalidResponse"),
        id="granting: another shape",
    ),
]
SETTINGS = [
    pytest.param(
        Fault(kinds=("UpstreamUnreachable",), settings=all_urls("http://127.0.0.1:1")),
        id="refused",
    ),
    pytest.param(
        Fault(kinds=("UpstreamUnreachable",), settings=all_urls("http://127.0.0.1:99999")),
        id="no such port",
    ),
    pytest.param(
        Fault(kinds=("InvalidResponse",), settings=all_urls(f"http://x{CANARY}..test")),
        id="no such name",
    ),
    pytest.param(
        Fault(
            kinds=("InvalidResponse",),
            settings={
                "discogs_token": Secret(f"{CANARY}\n"),
                "euria_token": Secret(f"{CANARY}\n"),
            },
        ),
        id="a token that is no header",
    ),
]
REFUSALS = [
    pytest.param(Fault(kinds=("QuotaSpent",), settings={"spotify_daily_requests": 2}), id="day"),
    pytest.param(
        Fault(
            kinds=("QuotaSpent",),
            settings={"discogs_requests_per_minute": 1, "discogs_deadline_seconds": 10.0},
        ),
        id="minute",
    ),
    pytest.param(
        replace(
            _everywhere(silent_after(), "BulkheadFull"),
            settings={
                "euria_concurrency": 1,
                "euria_breaker_failures": 1_000,
                "euria_first_token_timeout_seconds": 2.0,
                "spotify_attempt_timeout_seconds": 2.0,
                "discogs_attempt_timeout_seconds": 2.0,
            },
            rounds=0,
            crowd=20,
        ),
        id="slots",
        marks=pytest.mark.long,  # seconds each
    ),
    pytest.param(
        replace(
            _everywhere(silent_after(), "DeadlineExceeded"),
            settings={"spotify_deadline_seconds": 5.0, "discogs_deadline_seconds": 5.0},
        ),
        id="deadline",
        marks=pytest.mark.long,  # seconds each
    ),
]

REMEMBERING = [
    pytest.param(Fault(kinds=("outcome='hit', level=2",), rounds=0, speed=1.0), id="none"),
    pytest.param(
        Fault(kinds=("the cache's store fails",), is_forgetful=True), id="the tables are gone"
    ),
]

FAULTS = [*STATUSES, *TRANSPORT, *READING, *GRANTING, *SETTINGS, *REFUSALS, *REMEMBERING]
