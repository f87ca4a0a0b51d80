"""The one place that sends a request, and the one that translates aiohttp's errors.

Redirects are not followed (a token must not travel to another host), bodies are read up to a
cap, cookies are not kept, and aiohttp's silent retry of idempotent requests is off: our retry
layer owns every attempt.
"""

import asyncio
import email.utils
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeVar

import aiohttp
import msgspec

from services.errors import (
    LONGEST_RETRY_AFTER_SECONDS,
    ExternalServiceException,
    InvalidResponse,
    RateLimitExceeded,
    UpstreamTimeout,
    UpstreamUnreachable,
    error_class_for,
)
from services.resilience.clock import Clock

_LOGGER = logging.getLogger(__name__)

T = TypeVar("T")

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
READ_CHUNK_BYTES: Final = 8 * 1024
UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding a stranger's JSON can raise: bad syntax or shape, bad UTF-8, endless nesting."""

_MAX_ERROR_BODY_BYTES = 4 * 1024
_MAX_ERROR_TEXT = 200
_CONNECT_SECONDS = 5.0
_FIRST_REDIRECT = 300


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """What an upstream's error body says: a short text for logs, and whether a quota is spent."""

    message: str = ""
    is_quota: bool = False


def _no_detail(_body: bytes) -> ErrorDetail:
    return ErrorDetail()


def _unread(_headers: Mapping[str, str]) -> None:
    """Nothing in the headers matters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request. What may hold a secret (headers, bodies) stays out of the repr.

    Attributes:
        service: The upstream, for errors.
        operation: The named call, for errors.
        method: The HTTP verb.
        url: Absolute, without a query string.
        params: The query; values are encoded once, here.
        headers: Sent as they are.
        form: A form-encoded body, or None.
        json: A JSON body, or None.
        read_error: Reads the upstream's own error body; never raises.
        read_headers: Gets the headers of every answer, whatever its status; never raises.
    """

    service: str
    operation: str
    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    json: object | None = field(default=None, repr=False)
    read_error: Callable[[bytes], ErrorDetail] = field(default=_no_detail, repr=False)
    read_headers: Callable[[Mapping[str, str]], None] = field(default=_unread, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer with a status below 300; header names are case-insensitive."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class ByteStream:
    """An answer that is still arriving: its content type (lower case) and its raw chunks."""

    content_type: str
    chunks: AsyncIterator[bytes]


def open_session(*, user_agent: str) -> aiohttp.ClientSession:
    """Return the session for all upstreams; who opens it closes it.

    Args:
        user_agent: Discogs refuses generic ones, so it names this bot and a contact.
    """
    session = aiohttp.ClientSession(
        # Attempts and streams are limited by the policies; 300 s in all would cut long streams.
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": user_agent},
        auto_decompress=True,
    )
    # No public switch exists (aiohttp #10790): left on, every GET may be sent twice unseen.
    session._retry_connection = False  # noqa: SLF001
    return session


class HttpClient:
    """Sends requests on a session it does not own."""

    def __init__(self, session: aiohttp.ClientSession, *, clock: Clock) -> None:
        """Use ``session``; ``clock`` turns a Retry-After date into seconds."""
        self._session = session
        self._clock = clock

    async def send(self, request: Request) -> Response:
        """Return the complete answer.

        Raises:
            ExternalServiceException: The class of ``services/errors.py`` that fits: no
                connection, a broken or oversized answer, a redirect, or any status of 400 up.
        """
        async with self._exchange(request) as response:
            body = await _read_capped(response, MAX_BODY_BYTES, request)
            return Response(response.status, response.headers, body)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[ByteStream]:
        """Open an answer that is read while it arrives; leaving the block closes the socket.

        Raises:
            ExternalServiceException: As ``send``, also while chunks are read.
        """
        async with self._exchange(request) as response:
            try:
                yield ByteStream(
                    content_type=response.content_type.lower(), chunks=_chunks(response, request)
                )
            finally:
                response.close()  # never drain: a paid stream must stop being produced

    @asynccontextmanager
    async def _exchange(self, request: Request) -> AsyncIterator[aiohttp.ClientResponse]:
        with _translated(request):
            response = await self._session.request(
                request.method,
                request.url,
                params=request.params,
                headers=request.headers,
                data=request.form,
                json=request.json,
                allow_redirects=False,
            )
        async with response:
            _LOGGER.debug(
                "%s.%s: %s %s", request.service, request.operation, request.method, response.status
            )
            request.read_headers(response.headers)
            if response.status >= _FIRST_REDIRECT:
                raise await self._error(response, request)
            # Not translated here: what the caller's block raises is the caller's.
            yield response

    async def _error(
        self, response: aiohttp.ClientResponse, request: Request
    ) -> ExternalServiceException:
        try:
            body = await _read_capped(response, _MAX_ERROR_BODY_BYTES, request, cut=True)
        except ExternalServiceException:
            body = b""  # the status alone decides
        detail = request.read_error(body)
        said = detail.message[:_MAX_ERROR_TEXT]
        message = f"{response.status}" + (f" ({said})" if said else "")
        retry_after = parse_retry_after(response.headers.get("Retry-After"), self._clock.now())
        kind = error_class_for(response.status)
        if issubclass(kind, RateLimitExceeded):
            return kind(
                request.service,
                request.operation,
                response.status,
                message,
                retry_after=retry_after,
                is_quota=detail.is_quota,
            )
        return kind(
            request.service, request.operation, response.status, message, retry_after=retry_after
        )


@contextmanager
def _translated(request: Request) -> Iterator[None]:
    """Turn what aiohttp raises into the error tree.

    1. The connection was never made (DNS, refused, TLS, connect timeout): nothing was sent.
    2. It broke, before or in the answer: whether the server acted is unknown.
    3. A socket timeout.
    4. What arrived is not HTTP, or its encoding is broken.

    Always ``from None``: aiohttp's errors quote the URL and may quote the request's headers.
    """
    service, operation = request.service, request.operation
    try:
        yield
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        message = f"no connection ({type(error).__name__})"
        raise UpstreamUnreachable(service, operation, None, message, was_sent=False) from None
    except aiohttp.ServerTimeoutError:
        raise UpstreamTimeout(service, operation, None, "the socket timed out") from None
    except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError) as error:
        message = f"connection lost ({type(error).__name__})"
        raise UpstreamUnreachable(service, operation, None, message) from None
    except aiohttp.InvalidURL:
        raise UpstreamUnreachable(
            service, operation, None, "the URL in the settings is not usable", was_sent=False
        ) from None
    except (aiohttp.ClientError, asyncio.LimitOverrunError, ValueError) as error:
        message = f"unreadable answer ({type(error).__name__})"
        raise InvalidResponse(service, operation, None, message) from None


async def _read_capped(
    response: aiohttp.ClientResponse, limit: int, request: Request, *, cut: bool = False
) -> bytes:
    """Return the body; beyond ``limit`` bytes (decompressed) cut it or refuse it."""
    parts: list[bytes] = []
    size = 0
    async for chunk in _chunks(response, request):
        parts.append(chunk)
        size += len(chunk)
        if size > limit:
            response.close()
            if cut:
                break
            message = f"answer larger than {limit} bytes"
            raise InvalidResponse(request.service, request.operation, response.status, message)
    return b"".join(parts)[: limit if cut else None]


async def _chunks(response: aiohttp.ClientResponse, request: Request) -> AsyncIterator[bytes]:
    with _translated(request):
        async for chunk in response.content.iter_chunked(READ_CHUNK_BYTES):
            yield chunk


def parse_body(request: Request, response: Response, parse: Callable[[bytes], T]) -> T:
    """Return what ``parse`` makes of the body.

    Raises:
        InvalidResponse: The body is not JSON, or JSON of another shape than documented.
    """
    try:
        return parse(response.body)
    except UNREADABLE:
        message = "the answer has another shape than documented"
        # ``from None``: a decoding error may quote the body, and a body may hold a token.
        raise InvalidResponse(
            request.service, request.operation, response.status, message
        ) from None


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds a Retry-After header asks for, or None when it says nothing usable.

    Args:
        value: Delta-seconds or an HTTP-date (RFC 9110, 10.2.3).
        now: The wall time, aware.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_RETRY_AFTER_SECONDS)
    try:
        moment = email.utils.parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, seconds), LONGEST_RETRY_AFTER_SECONDS)


def read_json(body: bytes) -> object:
    """Return the decoded body, or None when it is not JSON; for reading error bodies."""
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value
