"""Behaviours 25 and 44 to 47: a policy over real sockets whose other end misbehaves.

Every test sends with the real session, ``HttpClient`` and ``Policy``. Retries wait for no time and
small limits are there to be reached: nothing here depends on being fast.
"""

import asyncio
import gzip
import socket
import ssl
import tracemalloc
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fakes.chance import FixedChance
from fakes.servers import (
    Handler,
    answer,
    black_hole,
    in_turn,
    raw,
    raw_server,
    reset_after,
    silent_after,
    trickle,
    unused_url,
)
from fakes.virtual_time import outcomes

from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    BulkheadFull,
    DeadlineExceeded,
    ExternalServiceException,
    InvalidRequest,
    InvalidResponse,
    NotFound,
    OutOfCredit,
    RateLimitExceeded,
    RefusedLocally,
    UpstreamServerError,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from services.http import HttpClient, Request, open_session, parse_body
from services.resilience.clock import SystemClock
from services.resilience.config import Call, PolicyConfig, StreamLimits
from services.resilience.events import AttemptEnded, Event, Events
from services.resilience.policy import Policy
from services.resilience.retry import Backoff

ATTEMPTS = 3
TOKEN = "canary-4f9a"
OK = b"HTTP/1.1 200 OK\r\n"
GZIP = "Content-Encoding: gzip\r\n"
FOUND = raw(OK + b'Content-Length: 8\r\n\r\n{"a": 1}')
LONG = 60.0
SHORT = 0.5
BOMB = gzip.compress(bytes(256 * 1024 * 1024), compresslevel=1)


@dataclass
class Asking:
    """A policy over a real session.

    Attributes:
        policy: What every call goes through.
        http: What it sends with.
        attempts: How each attempt ended: ``success``, or the name of the error's class.
    """

    policy: Policy
    http: HttpClient
    attempts: list[str]

    async def ask(self, url: str, method: str = "GET") -> dict[str, int]:
        """Send one call and read the JSON it answers; a POST must not happen twice."""
        return (await self.policy.call(self.call(url, method))).value

    async def failure(self, url: str, method: str = "GET") -> ExternalServiceException:
        """Return what a call fails with."""
        with pytest.raises(ExternalServiceException) as caught:
            await self.ask(url, method)
        return caught.value

    def call(self, url: str, method: str = "GET") -> Call[dict[str, int]]:
        request = Request(
            service="discogs",
            operation="search",
            method=method,
            url=f"{url}/things",
            headers={"Authorization": f"Bearer {TOKEN}"},
        )

        async def send() -> dict[str, int]:
            return parse_body(request, await self.http.send(request), _decode)

        return Call(operation="search", send=send, repeatable=method == "GET")

    async def read_stream(self, url: str) -> list[bytes]:
        """Read a stream to its end through the policy."""
        request = Request(
            service="euria", operation="write", method="POST", url=url, json={"stream": True}
        )

        async def produce() -> AsyncGenerator[bytes, None]:
            async with self.http.stream(request) as stream:
                async for chunk in stream.chunks:
                    yield chunk

        limits = StreamLimits(first=LONG, idle=LONG, whole=LONG)
        return [chunk async for chunk in self.policy.stream("write", produce, limits)]


def _decode(body: bytes) -> dict[str, int]:
    return msgspec.json.decode(body, type=dict[str, int])


@asynccontextmanager
async def _asking(
    *, connect_seconds: float = LONG, attempt_timeout: float = LONG, **limits: object
) -> AsyncIterator[Asking]:
    settings: dict[str, object] = {
        "upstream": "discogs",
        "deadline": LONG,
        "attempt_timeout": attempt_timeout,
        "concurrency": 200,
        "backoff": Backoff(attempts=ATTEMPTS, base=0.0, cap=0.0),
        "breaker_failures": 100,
    }
    attempts: list[str] = []

    def hear(event: Event) -> None:
        if isinstance(event, AttemptEnded):
            attempts.append(event.outcome)

    clock = SystemClock()
    async with open_session(
        user_agent="AIME-tests/1.0", connect_seconds=connect_seconds
    ) as session:
        policy = Policy(
            PolicyConfig(**(settings | limits)),  # type: ignore[arg-type]  # a builder
            clock=clock,
            chance=FixedChance(0.0),
            events=Events(hear),
        )
        yield Asking(policy, HttpClient(session, clock=clock), attempts)
        await policy.aclose()


async def _refused_lookup(*_: object, **__: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


# No connection: nothing was sent, so anything may be repeated


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_name_that_does_not_resolve_is_tried_again_and_counts(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    # The seam to the network: the real resolver and connector are above it.
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", _refused_lookup)

    async with _asking() as asking:
        error = await asking.failure("http://upstream.test", method)

        assert isinstance(error, UpstreamUnreachable)
        assert not error.was_sent
        assert asking.attempts == ["UpstreamUnreachable"] * ATTEMPTS
        assert asking.policy.breaker.failure_count == ATTEMPTS


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_refused_connection_is_tried_again_and_counts(method: str) -> None:
    async with _asking() as asking:
        error = await asking.failure(await unused_url(), method)

        assert isinstance(error, UpstreamUnreachable)
        assert not error.was_sent
        assert asking.attempts == ["UpstreamUnreachable"] * ATTEMPTS
        assert asking.policy.breaker.failure_count == ATTEMPTS


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_black_hole_ends_at_the_limit_for_connecting(method: str) -> None:
    with black_hole() as url:
        async with _asking(connect_seconds=SHORT) as asking:
            error = await asking.failure(url, method)

            assert isinstance(error, UpstreamUnreachable)
            assert not error.was_sent
            assert asking.attempts == ["UpstreamUnreachable"] * ATTEMPTS
            assert asking.policy.breaker.failure_count == ATTEMPTS


async def test_a_black_hole_ends_at_the_limit_of_an_attempt_when_that_comes_first() -> None:
    with black_hole() as url:
        async with _asking(attempt_timeout=SHORT) as asking:
            error = await asking.failure(url)

            assert (type(error), error.message) == (UpstreamTimeout, "no answer within 0.5 s")
            assert asking.attempts == ["UpstreamTimeout"] * ATTEMPTS


async def test_a_black_hole_ends_at_the_deadline_when_that_comes_first() -> None:
    with black_hole() as url:
        async with _asking(deadline=SHORT) as asking:
            error = await asking.failure(url)

            assert isinstance(error, DeadlineExceeded)
            assert asking.attempts == ["CancelledError"]
            assert asking.policy.breaker.failure_count == 0


async def test_a_server_that_speaks_no_tls_is_sent_nothing() -> None:
    async with raw_server(FOUND, greeting=b"220 mail\r\n") as server, _asking() as asking:
        error = await asking.failure(server.url.replace("http:", "https:"), "POST")

        assert isinstance(error, UpstreamUnreachable)
        assert not error.was_sent
        assert server.requests == []
        assert server.connections == ATTEMPTS


async def test_a_certificate_that_nobody_vouches_for_is_sent_nothing(tmp_path: Path) -> None:
    async with raw_server(FOUND, tls=_self_signed(tmp_path)) as server, _asking() as asking:
        error = await asking.failure(server.url, "POST")

        assert isinstance(error, UpstreamUnreachable)
        assert (error.was_sent, server.requests) == (False, [])
        assert asking.attempts == ["UpstreamUnreachable"] * ATTEMPTS


def _self_signed(folder: Path) -> ssl.SSLContext:
    """Return a server's side of TLS with a certificate of its own making for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today)
        .not_valid_after(today + timedelta(days=36_500))
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


# A connection that breaks: maybe it was sent, so only a GET is repeated

BREAKING = [
    pytest.param(reset_after(), id="reset before the headers"),
    pytest.param(raw(), id="closed before the headers"),
    pytest.param(reset_after(OK + b"Content-"), id="reset in the headers"),
    pytest.param(reset_after(OK + b"Content-Length: 8\r\n\r\n"), id="reset after the headers"),
    pytest.param(reset_after(OK + b'Content-Length: 8\r\n\r\n{"a"'), id="reset in the body"),
    pytest.param(answer(b'{"a": 1}', length=9), id="truncated body"),
    pytest.param(
        raw(OK + b'Transfer-Encoding: chunked\r\n\r\n8\r\n{"a": 1}\r\n'), id="chunks without end"
    ),
]


@pytest.mark.parametrize("handler", BREAKING)
async def test_a_get_whose_connection_breaks_arrives_as_often_as_we_try(handler: Handler) -> None:
    async with raw_server(handler) as server, _asking() as asking:
        error = await asking.failure(server.url)

        assert isinstance(error, UpstreamUnreachable)
        assert error.was_sent
        assert len(server.requests) == len(asking.attempts) == ATTEMPTS
        assert asking.policy.breaker.failure_count == ATTEMPTS


@pytest.mark.parametrize("handler", BREAKING)
async def test_a_post_whose_connection_breaks_arrives_once(handler: Handler) -> None:
    async with raw_server(handler) as server, _asking() as asking:
        error = await asking.failure(server.url, "POST")

        assert isinstance(error, UpstreamUnreachable)
        assert len(server.requests) == len(asking.attempts) == 1


async def test_a_get_recovers_from_a_connection_that_breaks() -> None:
    handler = in_turn(reset_after(), answer(b'{"a":', length=100), FOUND)

    async with raw_server(handler) as server, _asking() as asking:
        assert await asking.ask(server.url) == {"a": 1}
        assert len(server.requests) == len(asking.attempts) == ATTEMPTS


async def test_a_connection_kept_alive_that_breaks_costs_an_attempt_of_ours() -> None:
    # aiohttp's own retry would send the second call three times in two attempts, or hide one.
    handler = in_turn(FOUND, raw(), FOUND)

    async with (
        raw_server(handler, requests_per_connection=2) as server,
        _asking() as asking,
    ):
        await asking.ask(server.url)
        assert await asking.ask(server.url) == {"a": 1}

        assert (len(server.requests), server.connections) == (3, 2)
        assert asking.attempts == ["success", "UpstreamUnreachable", "success"]


async def test_a_post_on_a_connection_kept_alive_that_breaks_arrives_once() -> None:
    async with (
        raw_server(in_turn(FOUND, raw()), requests_per_connection=2) as server,
        _asking() as asking,
    ):
        await asking.ask(server.url)
        await asking.failure(server.url, "POST")

        assert (len(server.requests), server.connections) == (2, 1)


# Silence


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(silent_after(), id="no answer"),
        pytest.param(silent_after(OK), id="half the headers"),
        pytest.param(silent_after(OK + b"Content-Length: 8\r\n\r\n"), id="no body"),
        pytest.param(trickle(OK + b"X-Slow: ", seconds=0.01), id="a slow loris of headers"),
        pytest.param(
            trickle(OK + b"Content-Length: 100000\r\n\r\n", seconds=0.01),
            id="a slow loris of a body",
        ),
    ],
)
async def test_an_upstream_that_does_not_come_to_an_end_is_left_at_the_attempts_limit(
    handler: Handler,
) -> None:
    async with raw_server(handler) as server, _asking(attempt_timeout=SHORT) as asking:
        error = await asking.failure(server.url)
        await server.left()

        assert (type(error), error.message) == (UpstreamTimeout, "no answer within 0.5 s")
        assert asking.attempts == ["UpstreamTimeout"] * ATTEMPTS
        assert asking.policy.breaker.failure_count == ATTEMPTS


async def test_a_slow_loris_does_not_outlive_the_deadline() -> None:
    handler = trickle(OK + b"Content-Length: 100000\r\n\r\n", seconds=0.01)

    async with raw_server(handler) as server, _asking(deadline=SHORT) as asking:
        error = await asking.failure(server.url)
        await server.left()

        assert (type(error), error.message) == (DeadlineExceeded, "no answer within 0.5 s")
        assert asking.attempts == ["CancelledError"]


# Answers that cannot be read: asking again would bring the same


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(
            answer(b"<html>Log in</html>", headers="Content-Type: text/html\r\n"),
            id="another content type",
        ),
        pytest.param(answer(b'{"a": 1'), id="half a JSON"),
        pytest.param(answer(b'{"a": "x"}'), id="JSON of another shape"),
        pytest.param(answer(b'{"\xff\xfe": 1}'), id="not UTF-8"),
        pytest.param(answer(b"[" * 100_000), id="nested without end"),
        pytest.param(answer(b"not gzip", headers=GZIP), id="not packed as announced"),
        pytest.param(answer(BOMB, headers=GZIP), id="a gzip bomb"),
        pytest.param(raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), id="not HTTP"),
    ],
)
async def test_an_answer_that_cannot_be_read_is_not_asked_for_again_and_counts(
    handler: Handler,
) -> None:
    async with raw_server(handler) as server, _asking() as asking:
        error = await asking.failure(server.url)

        assert isinstance(error, InvalidResponse)
        assert len(server.requests) == len(asking.attempts) == 1
        assert asking.policy.breaker.failure_count == 1


async def test_a_good_answer_under_a_wrong_content_type_is_read() -> None:
    handler = answer(b'{"a": 1}', headers="Content-Type: text/html\r\n")

    async with raw_server(handler) as server, _asking() as asking:
        assert await asking.ask(server.url) == {"a": 1}


async def test_a_body_of_100_megabytes_is_left_after_eight() -> None:
    sent = 0
    is_over = asyncio.Event()

    async def flood(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        try:
            await raw(OK + b"Content-Length: 100000000\r\n\r\n")(writer)
            while sent < 100_000_000:
                await raw(b"x" * 100_000)(writer)
                sent += 100_000
        finally:
            is_over.set()

    async with raw_server(flood) as server, _asking() as asking:
        error = await asking.failure(server.url)
        await is_over.wait()

    assert (type(error), error.message) == (InvalidResponse, "answer larger than 8388608 bytes")
    assert 8_000_000 < sent < 32_000_000  # what was read, and what the sockets' buffers hold


async def test_a_gzip_bomb_is_not_unpacked_whole() -> None:
    async with raw_server(answer(BOMB, headers=GZIP)) as server, _asking() as asking:
        tracemalloc.start()
        try:
            await asking.failure(server.url)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak < 64 * 1024 * 1024 < 256 * 1024 * 1024


# Redirects


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_takes_the_token_nowhere(status: int, method: str) -> None:
    async with raw_server(FOUND) as elsewhere:
        location = f"Location: {elsewhere.url}/things\r\n"
        async with (
            raw_server(answer(status=f"{status} Moved", headers=location)) as server,
            _asking() as asking,
        ):
            error = await asking.failure(server.url, method)

    assert (type(error), error.status_code) == (InvalidResponse, status)
    assert (len(server.requests), elsewhere.connections) == (1, 0)
    assert TOKEN in server.requests[0]


# Every status: its class, how often it is asked, and whether it speaks against the upstream

SPECIAL = {
    401: AuthenticationFailed,
    402: OutOfCredit,
    403: AccessDenied,
    404: NotFound,
    408: UpstreamTimeout,
    410: NotFound,
    429: RateLimitExceeded,
    451: AccessDenied,
}


def _expected(status: int) -> tuple[type[ExternalServiceException], int, int]:
    kind = SPECIAL.get(status, UpstreamServerError if status >= 500 else InvalidRequest)
    is_outage = status == 408 or status >= 500
    requests = ATTEMPTS if is_outage or status == 429 else 1
    return kind, requests, ATTEMPTS if is_outage else 0


async def _status_outcome(status: int) -> tuple[type[ExternalServiceException], int, int]:
    async with raw_server(answer(b"{}", status=f"{status} No")) as server, _asking() as asking:
        error = await asking.failure(server.url)
        assert error.status_code == status
        return type(error), len(server.requests), asking.policy.breaker.failure_count


@pytest.mark.parametrize("hundred", [400, 500])
async def test_every_status_has_its_class_its_attempts_and_its_weight(hundred: int) -> None:
    statuses = range(hundred, hundred + 100)

    seen = {status: await _status_outcome(status) for status in statuses}

    assert seen == {status: _expected(status) for status in statuses}


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize(
    ("value", "requests", "seconds"),
    [
        pytest.param("0", ATTEMPTS, 0, id="at once"),
        pytest.param("6", 1, 6, id="longer than anybody waits"),
        pytest.param("86400", 1, 86_400, id="a day"),
        pytest.param("9" * 30, 1, 30 * 86_400, id="absurd"),
        pytest.param(
            format_datetime(datetime(2099, 1, 1, tzinfo=UTC), usegmt=True),
            1,
            30 * 86_400,
            id="a distant date",
        ),
        pytest.param(
            format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True),
            ATTEMPTS,
            0,
            id="a past date",
        ),
        pytest.param("soon", ATTEMPTS, None, id="garbage"),
        pytest.param("", ATTEMPTS, None, id="empty"),
    ],
)
async def test_a_retry_after_decides_whether_it_is_asked_again(
    status: str, value: str, requests: int, seconds: float | None
) -> None:
    handler = answer(status=status, headers=f"Retry-After: {value}\r\n")

    async with raw_server(handler) as server, _asking() as asking:
        error = await asking.failure(server.url)

    assert (error.retry_after, len(server.requests)) == (seconds, requests)


async def test_a_long_429_shuts_out_whoever_comes_next() -> None:
    handler = answer(status="429 Too Many Requests", headers="Retry-After: 60\r\n")

    async with raw_server(handler) as server, _asking() as asking:
        await asking.failure(server.url)
        error = await asking.failure(server.url)

    assert (type(error).__name__, len(server.requests)) == ("AskedToWait", 1)


# Pools


async def test_calls_beyond_the_slots_wait_and_calls_beyond_the_queue_are_shed() -> None:
    goes_on = asyncio.Event()

    async def answer_later(writer: asyncio.StreamWriter) -> None:
        await goes_on.wait()
        await FOUND(writer)

    async with (
        raw_server(answer_later) as server,
        _asking(concurrency=2, queue=3) as asking,
    ):
        calls = [asyncio.create_task(asking.ask(server.url)) for _ in range(10)]
        await server.heard(2)

        shed = [type(call.exception()) for call in calls if call.done()]
        waiting = asking.policy.bulkhead.waiting
        goes_on.set()
        answered = [end for end in await outcomes(*calls) if end == {"a": 1}]

        assert (shed, waiting) == ([BulkheadFull] * 5, 3)
        assert (len(answered), len(server.requests)) == (5, 5)


async def test_slots_are_whole_again_after_every_kind_of_end() -> None:
    handler = in_turn(reset_after(), answer(status="404 Not Found"), silent_after(), FOUND)

    async with (
        raw_server(handler) as server,
        _asking(concurrency=1, attempt_timeout=SHORT, backoff=Backoff(attempts=1)) as asking,
    ):
        failures = [await asking.failure(server.url) for _ in range(3)]

        kinds = [type(error) for error in failures]
        assert kinds == [UpstreamUnreachable, NotFound, UpstreamTimeout]
        assert await asking.ask(server.url) == {"a": 1}


async def test_an_upstream_that_hangs_leaves_connections_to_the_others() -> None:
    many = 120  # more than aiohttp's pool has by default

    async with (
        raw_server(silent_after()) as hanging,
        raw_server(FOUND) as healthy,
        _asking() as asking,
    ):
        calls = [asyncio.create_task(asking.ask(hanging.url)) for _ in range(many)]
        await hanging.heard(many)

        found = await asking.ask(healthy.url)

        for call in calls:
            call.cancel()
        await outcomes(*calls)
    assert found == {"a": 1}


# Shutdown


async def test_calls_under_way_when_the_session_closes_fail_in_the_tree_and_send_no_more() -> None:
    async with raw_server(silent_after()) as server, _asking() as asking:
        calls = [asyncio.create_task(asking.ask(server.url)) for _ in range(5)]
        await server.heard(5)

        await asking.http._session.close()
        errors = await outcomes(*calls)

        # The connection is lost, and the retry finds that nothing can be sent any more.
        assert [type(error) for error in errors] == [RefusedLocally] * 5
        assert len(server.requests) == 5


async def test_a_stream_under_way_when_the_session_closes_fails_in_the_tree() -> None:
    async with raw_server(silent_after(OK + b"\r\nfirst")) as server, _asking() as asking:
        reading = asyncio.create_task(asking.read_stream(server.url))
        await server.heard(1)

        await asking.http._session.close()
        (error,) = await outcomes(reading)

        assert isinstance(error, UpstreamUnreachable | RefusedLocally)
        await server.left()


async def test_a_call_after_the_session_closed_is_refused_and_speaks_against_nobody() -> None:
    async with raw_server(FOUND) as server, _asking() as asking:
        await asking.http._session.close()

        error = await asking.failure(server.url)

        assert (type(error), str(error)) == (RefusedLocally, "discogs.search: shutting down")
        assert (server.connections, asking.policy.breaker.failure_count) == (0, 0)


async def test_loads_under_way_when_the_policy_closes_are_cancelled() -> None:
    async with raw_server(silent_after()) as server, _asking() as asking:
        call = asking.call(server.url)
        keyed = Call(operation=call.operation, send=call.send, key="discogs:search:1:x")
        task = asyncio.create_task(asking.policy.call(keyed))
        await server.heard(1)

        await asking.policy.aclose()
        await server.left()

        assert isinstance((await outcomes(task))[0], asyncio.CancelledError)
        assert len(server.requests) == 1
