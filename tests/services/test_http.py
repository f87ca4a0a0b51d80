"""Over a real loopback server; what cannot be staged there is raised by ``aioresponses``."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
import msgspec
import pytest
from aioresponses import aioresponses
from fakes.evidence import everything_shown_of
from fakes.servers import (
    Handler,
    RawServer,
    answer,
    raw,
    raw_server,
    reset_after,
    silent_after,
    unused_url,
)
from hypothesis import example, given
from hypothesis import strategies as st

from services import http
from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    ExternalServiceException,
    InvalidRequest,
    InvalidResponse,
    NotFound,
    RateLimitExceeded,
    ServiceDown,
    UpstreamServerError,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from services.http import (
    MAX_BODY_BYTES,
    ErrorDetail,
    HttpClient,
    Request,
    Response,
    open_session,
    parse_body,
    parse_retry_after,
    read_json,
)
from services.resilience.clock import SystemClock

CANARY = "canary-4f9a"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HTML = b"<html><body>502 Bad Gateway</body></html>"
GONE = "http://upstream.test"


def _request(url: str, method: str = "GET", **options: object) -> Request:
    settings: dict[str, object] = {
        "service": "discogs",
        "operation": "search",
        "method": method,
        "url": f"{url}/things",
        "headers": {"Authorization": f"Bearer {CANARY}"},
    }
    return Request(**(settings | options))  # type: ignore[arg-type]  # a builder


@asynccontextmanager
async def _client() -> AsyncIterator[HttpClient]:
    async with open_session(user_agent="AIME-tests/1.0 +https://aime.example") as session:
        yield HttpClient(session, clock=SystemClock())


async def _send(url: str, method: str = "GET", **options: object) -> Response:
    clock = SystemClock()
    async with _client() as client, clock.timeout_at(clock.monotonic() + 10):
        return await client.send(_request(url, method, **options))


async def _failure(url: str, method: str = "GET", **options: object) -> ExternalServiceException:
    with pytest.raises(ExternalServiceException) as caught:
        await _send(url, method, **options)
    return caught.value


async def _failure_of(
    handler: Handler, method: str = "GET", **options: object
) -> ExternalServiceException:
    async with raw_server(handler) as server:
        return await _failure(server.url, method, **options)


async def _received(server: RawServer, method: str = "GET", **options: object) -> str:
    """Send one request and return what the server saw of it."""
    await _send(server.url, method, **options)
    return server.requests[0]


# What is sent


async def test_an_answer_arrives_whole() -> None:
    async with raw_server(answer(b'{"a":1}', headers="X-Limit: 60\r\n")) as server:
        response = await _send(server.url)

    assert (response.status, response.body, response.headers["x-limit"]) == (200, b'{"a":1}', "60")


@pytest.mark.parametrize("status", ["200 OK", "304 Not Modified", "404 Not Found", "500 Oops"])
async def test_headers_of_every_answer_are_read_whatever_its_status(status: str) -> None:
    seen: list[str | None] = []

    async with raw_server(answer(status=status, headers="X-Limit: 60\r\n")) as server:
        with suppress(ExternalServiceException):
            await _send(
                server.url, read_headers=lambda headers: seen.append(headers.get("x-limit"))
            )

    assert seen == ["60"]


async def test_headers_are_not_read_when_no_answer_came() -> None:
    seen: list[object] = []

    await _failure(await unused_url(), read_headers=seen.append)

    assert seen == []


async def test_parameters_are_encoded_once() -> None:
    query = {"q": "100% AC/DC + Björk & #1?"}

    async with raw_server(answer()) as server:
        received = await _received(server, params=query)

    assert received.startswith("GET /things?q=100%25+AC/DC+%2B+Bj%C3%B6rk+%26+%231? HTTP/1.1")


async def test_headers_name_the_bot_and_carry_the_token() -> None:
    async with raw_server(answer()) as server:
        received = await _received(server)

    assert "User-Agent: AIME-tests/1.0 +https://aime.example\r\n" in received
    assert f"Authorization: Bearer {CANARY}\r\n" in received


async def test_a_form_is_sent_form_encoded() -> None:
    async with raw_server(answer()) as server:
        received = await _received(server, "POST", form={"grant_type": "client_credentials"})

    assert "Content-Type: application/x-www-form-urlencoded\r\n" in received
    assert received.endswith("\r\n\r\ngrant_type=client_credentials")


async def test_json_is_sent_as_json() -> None:
    async with raw_server(answer()) as server:
        received = await _received(server, "POST", json={"stream": True})

    assert "Content-Type: application/json\r\n" in received
    assert received.endswith('\r\n\r\n{"stream": true}')


async def test_cookies_are_not_kept() -> None:
    async with raw_server(answer(headers="Set-Cookie: id=1\r\n")) as server, _client() as client:
        await client.send(_request(server.url))
        await client.send(_request(server.url))

    assert "Cookie" not in server.requests[1]


async def test_a_compressed_answer_is_unpacked() -> None:
    body = gzip.compress(b'{"a":1}')

    async with raw_server(answer(body, headers="Content-Encoding: gzip\r\n")) as server:
        response = await _send(server.url)

    assert response.body == b'{"a":1}'


async def test_informational_answers_are_skipped() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

    async with raw_server(raw(b"HTTP/1.1 100 Continue\r\n\r\n", early, final)) as server:
        response = await _send(server.url)

    assert (response.status, response.body) == (200, b"{}")


async def test_an_answer_without_content_is_fine() -> None:
    async with raw_server(raw(b"HTTP/1.1 204 No Content\r\n\r\n")) as server:
        response = await _send(server.url)

    assert (response.status, response.body) == (204, b"")


# Connections that fail


async def test_a_refused_connection_was_certainly_not_sent() -> None:
    error = await _failure(await unused_url())

    assert isinstance(error, UpstreamUnreachable)
    assert (error.was_sent, error.status_code) == (False, None)


async def test_an_unknown_host_was_certainly_not_sent(web: aioresponses) -> None:
    # The real resolver would ask the network.
    key = aiohttp.client_reqrep.ConnectionKey("upstream.test", 80, False, True, None, None, None)  # noqa: FBT003  # a named tuple
    lookup = aiohttp.ClientConnectorDNSError(key, OSError(-2, "Name or service not known"))
    web.get(f"{GONE}/things", exception=lookup)

    error = await _failure(GONE)

    assert isinstance(error, UpstreamUnreachable)
    assert not error.was_sent


async def test_a_reset_before_the_answer_was_maybe_sent() -> None:
    error = await _failure_of(reset_after())

    assert isinstance(error, UpstreamUnreachable)
    assert error.was_sent


async def test_a_close_before_the_answer_was_maybe_sent() -> None:
    error = await _failure_of(raw())

    assert isinstance(error, UpstreamUnreachable)
    assert error.was_sent


async def test_a_reset_inside_the_headers_is_a_lost_connection() -> None:
    error = await _failure_of(reset_after(b"HTTP/1.1 200 OK\r\nContent-"))

    assert isinstance(error, UpstreamUnreachable)


async def test_a_reset_inside_the_body_is_a_lost_connection() -> None:
    error = await _failure_of(
        reset_after(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b"half")
    )

    assert isinstance(error, UpstreamUnreachable)


async def test_a_body_shorter_than_announced_is_a_lost_connection() -> None:
    error = await _failure_of(answer(b"half", length=100))

    assert isinstance(error, UpstreamUnreachable)


async def test_a_chunked_body_without_its_end_is_a_lost_connection() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    error = await _failure_of(raw(head, b"4\r\nhalf\r\n"))

    assert isinstance(error, UpstreamUnreachable)


async def test_what_is_not_http_is_a_broken_answer() -> None:
    error = await _failure_of(raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"))

    assert isinstance(error, InvalidResponse)


async def test_headers_without_end_are_a_broken_answer() -> None:
    error = await _failure_of(raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"))

    assert isinstance(error, InvalidResponse)


async def test_a_body_that_is_not_compressed_as_announced_fails() -> None:
    error = await _failure_of(answer(b"not gzip", headers="Content-Encoding: gzip\r\n"))

    assert isinstance(error, InvalidResponse)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://", id="no host"),
        pytest.param("nonsense", id="no scheme"),
        pytest.param("ftp://127.0.0.1", id="not http"),
        pytest.param("http://[::1", id="half an address"),
        pytest.param("http://127.0.0.1:99999", id="no such port"),
    ],
)
async def test_a_url_that_cannot_be_used_is_an_error_of_the_tree(url: str) -> None:
    error = await _failure(url)

    assert isinstance(error, UpstreamUnreachable | InvalidResponse)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_nothing_is_sent_twice_behind_our_back(method: str) -> None:
    async with raw_server(raw()) as server:
        await _failure(server.url, method=method)
        await _failure(server.url, method=method)

    assert len(server.requests) == 2


async def test_a_connection_that_went_stale_is_not_retried_behind_our_back() -> None:
    kept_alive = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n{}"

    async with raw_server(raw(kept_alive)) as server, _client() as client:
        await client.send(_request(server.url))
        await asyncio.gather(client.send(_request(server.url)), return_exceptions=True)

    assert len(server.requests) <= 2


@pytest.mark.parametrize(
    ("raised", "expected", "was_sent"),
    [
        pytest.param(
            aiohttp.ConnectionTimeoutError("to host"), UpstreamUnreachable, False, id="connecting"
        ),
        pytest.param(aiohttp.SocketTimeoutError("reading"), UpstreamTimeout, None, id="reading"),
        pytest.param(aiohttp.ServerTimeoutError("total"), UpstreamTimeout, None, id="total"),
        pytest.param(
            aiohttp.ServerDisconnectedError(), UpstreamUnreachable, True, id="disconnected"
        ),
        pytest.param(
            aiohttp.ClientOSError(104, "reset"), UpstreamUnreachable, True, id="socket error"
        ),
        pytest.param(
            aiohttp.ClientPayloadError("cut"), UpstreamUnreachable, True, id="broken payload"
        ),
        pytest.param(ConnectionResetError(104, "x"), UpstreamUnreachable, True, id="bare reset"),
        pytest.param(aiohttp.InvalidURL("x"), UpstreamUnreachable, False, id="invalid URL"),
        pytest.param(aiohttp.ClientError("other"), InvalidResponse, None, id="any other"),
        pytest.param(ValueError("header"), InvalidResponse, None, id="value error"),
    ],
)
async def test_every_error_of_aiohttp_has_its_class(
    web: aioresponses,
    raised: Exception,
    expected: type[ExternalServiceException],
    was_sent: bool | None,  # noqa: FBT001  # a table's column
) -> None:
    web.get(f"{GONE}/things", exception=raised)

    error = await _failure(GONE)

    assert (type(error), getattr(error, "was_sent", None)) == (expected, was_sent)


async def test_a_cancelled_request_stays_cancelled() -> None:
    async with raw_server(silent_after()) as server, _client() as client:
        task = asyncio.create_task(client.send(_request(server.url)))
        await asyncio.sleep(0.05)  # noqa: TID251  # the request must be under way
        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait({asyncio.create_task(server.closed.wait())}, timeout=5)

    assert server.closed.is_set()


# Answers that say no


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("400 Bad Request", InvalidRequest),
        ("401 Unauthorized", AuthenticationFailed),
        ("403 Forbidden", AccessDenied),
        ("404 Not Found", NotFound),
        ("408 Request Timeout", UpstreamTimeout),
        ("422 Unprocessable Entity", InvalidRequest),
        ("429 Too Many Requests", RateLimitExceeded),
        ("500 Internal Server Error", UpstreamServerError),
        ("503 Service Unavailable", UpstreamServerError),
        ("520 Web Server Returned an Unknown Error", UpstreamServerError),
    ],
)
async def test_an_error_status_becomes_its_class(
    status: str, expected: type[ExternalServiceException]
) -> None:
    error = await _failure_of(answer(HTML, status=status))

    assert (type(error), error.status_code) == (expected, int(status[:3]))


async def test_a_redirect_is_not_followed_and_takes_the_token_nowhere() -> None:
    async with raw_server(answer(b"{}")) as elsewhere:
        location = f"Location: {elsewhere.url}/things\r\n"
        error = await _failure_of(answer(status="302 Found", headers=location))

    assert (type(error), error.status_code, elsewhere.requests) == (InvalidResponse, 302, [])


async def _visit(url: str) -> Response:
    async with _client() as client:
        return await client.visit(_request(url), most_bytes=10)


async def test_a_visit_returns_the_redirect_and_reads_nothing_of_it() -> None:
    async with raw_server(answer(b"{}")) as elsewhere:
        headers = f"Location: {elsewhere.url}/things\r\n"
        async with raw_server(answer(b"moved", status="302 Found", headers=headers)) as server:
            response = await _visit(server.url)

    assert (response.status, response.body, elsewhere.requests) == (302, b"", [])
    assert response.headers["location"] == f"{elsewhere.url}/things"


async def test_a_visit_reads_so_much_of_a_page_and_no_more() -> None:
    async with (
        raw_server(answer(b"0123456789 and more")) as long,
        raw_server(answer(b"0")) as short,
    ):
        assert (await _visit(long.url)).body == b"0123456789"
        assert (await _visit(short.url)).body == b"0"


async def test_a_visit_that_is_refused_is_an_error() -> None:
    async with raw_server(answer(status="404 Not Found")) as server:
        with pytest.raises(NotFound):
            await _visit(server.url)


async def test_an_error_says_what_the_upstream_said() -> None:
    def read(body: bytes) -> ErrorDetail:
        return ErrorDetail(body.decode().upper())

    error = await _failure_of(answer(b"no such thing", status="404 Not Found"), read_error=read)

    assert str(error) == "discogs.search: 404 (NO SUCH THING)"


async def test_an_error_says_only_its_status_when_the_upstream_says_nothing() -> None:
    error = await _failure_of(answer(HTML, status="502 Bad Gateway"))

    assert str(error) == "discogs.search: 502"


async def test_a_long_complaint_is_cut() -> None:
    error = await _failure_of(
        answer(status="400 Bad Request"), read_error=lambda _: ErrorDetail("x" * 5_000)
    )

    assert len(str(error)) < 300


async def test_only_the_beginning_of_an_error_body_is_read() -> None:
    seen: list[int] = []

    def read(body: bytes) -> ErrorDetail:
        seen.append(len(body))
        return ErrorDetail()

    await _failure_of(answer(b"x" * 1_000_000, status="500 Oops"), read_error=read)

    assert seen == [4 * 1024]


async def test_an_error_body_without_end_is_not_waited_for() -> None:
    head = b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n"

    async with raw_server(silent_after(head, b"2000\r\n" + b"x" * 0x2000 + b"\r\n")) as server:
        error = await _failure(server.url)

    assert isinstance(error, UpstreamServerError)


async def test_an_error_body_that_breaks_leaves_the_status_to_decide() -> None:
    error = await _failure_of(answer(b"half", status="404 Not Found", length=100))

    assert isinstance(error, NotFound)


async def test_a_retry_after_reaches_the_error() -> None:
    error = await _failure_of(
        answer(status="503 Service Unavailable", headers="Retry-After: 7\r\n")
    )

    assert (type(error), error.retry_after) == (UpstreamServerError, 7)


async def test_a_spent_quota_reaches_the_error() -> None:
    error = await _failure_of(
        answer(status="429 Too Many", headers="Retry-After: 48925\r\n"),
        read_error=lambda _: ErrorDetail("QUOTA_EXCEEDED", is_quota=True),
    )

    assert isinstance(error, RateLimitExceeded)
    assert (error.is_quota, error.retry_after) == (True, 48_925)


# Answers that are too much


async def test_a_body_at_the_cap_is_read() -> None:
    async with raw_server(answer(b"x" * MAX_BODY_BYTES)) as server:
        response = await _send(server.url)

    assert len(response.body) == MAX_BODY_BYTES


async def test_a_body_beyond_the_cap_is_refused() -> None:
    error = await _failure_of(answer(b"x" * (MAX_BODY_BYTES + 1)))

    assert isinstance(error, InvalidResponse)


async def test_a_body_that_unpacks_beyond_the_cap_is_refused() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))

    error = await _failure_of(answer(bomb, headers="Content-Encoding: gzip\r\n"))

    assert len(bomb) < 100_000
    assert isinstance(error, InvalidResponse)


# Streams


async def test_a_stream_yields_its_chunks_and_content_type() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n\r\n"

    async with (
        raw_server(raw(head, b"one", b"two")) as server,
        _client() as client,
        client.stream(_request(server.url)) as stream,
    ):
        received = b"".join([chunk async for chunk in stream.chunks])

    assert (stream.content_type, received) == ("text/event-stream", b"onetwo")


async def test_a_stream_left_early_closes_its_socket() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n"

    async with raw_server(silent_after(head)) as server, _client() as client:
        async with client.stream(_request(server.url)) as stream:
            await anext(stream.chunks)
        await asyncio.wait({asyncio.create_task(server.closed.wait())}, timeout=5)

    assert server.closed.is_set()


async def test_a_stream_that_is_refused_raises_like_a_call() -> None:
    async with raw_server(answer(status="401 Unauthorized")) as server, _client() as client:
        with pytest.raises(AuthenticationFailed):
            async with client.stream(_request(server.url)):
                pass


async def test_a_stream_that_breaks_raises_while_it_is_read() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"

    async with raw_server(reset_after(head, b"half")) as server, _client() as client:
        with pytest.raises(UpstreamUnreachable):
            async with client.stream(_request(server.url)) as stream:
                [chunk async for chunk in stream.chunks]


@pytest.mark.parametrize("bug", [ValueError("a bug"), OSError("a full disk"), TimeoutError()])
async def test_an_error_of_the_reader_is_not_blamed_on_the_upstream(bug: Exception) -> None:
    async with raw_server(answer(b"x")) as server, _client() as client:
        with pytest.raises(type(bug)) as caught:
            async with client.stream(_request(server.url)):
                raise bug

    assert caught.value is bug


# Secrets


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(reset_after(), id="reset before the answer"),
        pytest.param(reset_after(b"HTTP/1.1 200 OK\r\nContent-"), id="reset in the headers"),
        pytest.param(answer(b"half", length=100), id="truncated"),
        pytest.param(raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), id="not http"),
        pytest.param(answer(status="401 Unauthorized"), id="401"),
        pytest.param(answer(status="302 Found", headers="Location: /\r\n"), id="redirect"),
        pytest.param(answer(CANARY.encode(), status="500 Oops"), id="echoed in an error body"),
        pytest.param(answer(b"not gzip", headers="Content-Encoding: gzip\r\n"), id="not gzip"),
    ],
)
async def test_no_error_shows_the_token(handler: Handler) -> None:
    error = await _failure_of(handler, json={"prompt": CANARY}, method="POST")

    assert CANARY not in everything_shown_of(error)


@pytest.mark.parametrize(
    "url", [GONE, "http://", "nonsense", "http://127.0.0.1:99999", "ftp://127.0.0.1"]
)
async def test_no_error_before_sending_shows_the_token(web: aioresponses, url: str) -> None:
    web.get(f"{GONE}/things", exception=aiohttp.ConnectionTimeoutError("Connection timeout"))

    assert CANARY not in everything_shown_of(await _failure(url))


async def test_a_refused_connection_does_not_show_the_token() -> None:
    assert CANARY not in everything_shown_of(await _failure(await unused_url()))


async def test_a_header_that_cannot_be_sent_is_an_error_of_the_tree_without_the_token() -> None:
    error = await _failure_of(answer(), headers={"Authorization": f"Bearer {CANARY}\n"})

    assert CANARY not in everything_shown_of(error)


@pytest.mark.parametrize(
    "raised",
    [
        pytest.param(
            aiohttp.ConnectionTimeoutError(f"to host {GONE}/?q={CANARY}"), id="connecting"
        ),
        pytest.param(aiohttp.SocketTimeoutError(f"reading {GONE}/?q={CANARY}"), id="reading"),
        pytest.param(aiohttp.ServerDisconnectedError(CANARY), id="disconnected"),
        pytest.param(aiohttp.ClientOSError(104, CANARY), id="socket error"),
        pytest.param(aiohttp.ClientPayloadError(CANARY), id="broken payload"),
        pytest.param(aiohttp.ClientError(CANARY), id="any other"),
        pytest.param(ValueError(CANARY), id="value error"),
    ],
)
async def test_what_aiohttp_says_is_not_repeated(web: aioresponses, raised: Exception) -> None:
    # It may quote the URL with what the user typed, or the request with its headers.
    web.get(f"{GONE}/things", exception=raised)

    assert CANARY not in everything_shown_of(await _failure(GONE))


def test_a_request_does_not_show_its_headers_or_bodies() -> None:
    request = _request(GONE, params={"q": CANARY}, form={"a": CANARY}, json={"a": CANARY})

    assert CANARY not in repr(request)


# Bodies


def _decode(body: bytes) -> object:
    return msgspec.json.decode(body, type=dict[str, int])


def _response(body: bytes) -> Response:
    return Response(200, {}, body)


def test_a_body_is_parsed() -> None:
    assert parse_body(_request(GONE), _response(b'{"a":1}'), _decode) == {"a": 1}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(HTML, id="HTML"),
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"a":', id="half a JSON"),
        pytest.param(b'{"a":"x"}', id="another shape"),
        pytest.param(b'{"\xff\xfe":1}', id="not UTF-8"),
        pytest.param(b'{"a":1}}', id="rubbish after it"),
    ],
)
def test_a_body_that_cannot_be_read_is_a_broken_answer(body: bytes) -> None:
    with pytest.raises(InvalidResponse) as caught:
        parse_body(_request(GONE), _response(body), _decode)

    assert caught.value.status_code == 200


def test_a_body_nested_without_end_is_a_broken_answer() -> None:
    class Known(msgspec.Struct):
        a: int = 0

    body = b'{"unknown":' + b"[" * 100_000 + b"]" * 100_000 + b"}"

    with pytest.raises(InvalidResponse):
        parse_body(_request(GONE), _response(body), msgspec.json.Decoder(Known).decode)


@pytest.mark.parametrize("rubbish", [b"", b"\xff"])
def test_a_body_that_cannot_be_read_is_not_quoted(rubbish: bytes) -> None:
    body = f'{{"access_token":"{CANARY}'.encode() + rubbish + b'"}'

    with pytest.raises(InvalidResponse) as caught:
        parse_body(_request(GONE), _response(body), _decode)

    assert CANARY not in everything_shown_of(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(HTML, id="HTML"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b"[" * 4_096, id="nested without end"),
        pytest.param(b"1" * 4_096, id="a long number"),
    ],
)
def test_reading_an_error_body_never_fails(body: bytes) -> None:
    assert not isinstance(read_json(body), dict | str)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param(None, None, id="absent"),
        pytest.param("0", 0, id="zero"),
        pytest.param("120", 120, id="seconds"),
        pytest.param(" 120 ", 120, id="seconds with blanks"),
        pytest.param(format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90, id="HTTP-date"),
        pytest.param(format_datetime(NOW + timedelta(hours=1)), 3_600, id="date with an offset"),
        pytest.param("Mon, 23 Nov 2026 12:00:30 -0000", 30, id="date without a zone"),
        pytest.param(format_datetime(NOW - timedelta(days=1), usegmt=True), 0, id="past date"),
        pytest.param("-5", None, id="negative"),
        pytest.param("1.5", None, id="fraction"),
        pytest.param("soon", None, id="garbage"),
        pytest.param("", None, id="empty"),
        pytest.param("¼", None, id="a digit of another script"),
        pytest.param("Mon, 99 Xyz 2026 12:00:00 GMT", None, id="impossible date"),
    ],
)
def test_a_retry_after_is_read_in_every_form(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


@given(st.text(max_size=60))
@example("Mon, 99999999999999999999 Jan 2026 00:00:00 GMT")
@example("9" * 400)
@example("Fri, 31 Dec 9999 23:59:59 -2359")
def test_no_retry_after_can_break_anything(value: str) -> None:
    seconds = parse_retry_after(value, NOW)

    assert seconds is None or NOW + timedelta(seconds=seconds) >= NOW


async def test_a_session_does_not_limit_the_time_of_a_stream() -> None:
    async with open_session(user_agent="AIME-tests/1.0") as session:
        assert (session.timeout.total, session.timeout.sock_read) == (None, None)


def test_the_cap_of_a_body_is_8_mib() -> None:
    assert http.MAX_BODY_BYTES == 8_388_608


def test_a_timeout_of_the_socket_means_the_upstream_is_down() -> None:
    assert issubclass(UpstreamTimeout, ServiceDown)
