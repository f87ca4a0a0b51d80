"""The one place that sends a request, and the one that translates aiohttp's errors.

Redirects are not followed (a token must not travel to another host), bodies are read up to a
cap, cookies are not kept, and aiohttp's silent retry of idempotent requests is off: our retry
layer owns every attempt.
"""

import asyncio
import email.utils
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeVar

import aiohttp
import msgspec
from aiohttp.http_exceptions import ContentEncodingError

from services.errors import (
    LONGEST_RETRY_AFTER_SECONDS,
    ExternalServiceException,
    InvalidResponse,
    RateLimitExceeded,
    RefusedLocally,
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
_FIRST_ERROR = 400
# All that a request or a body can raise for a reason outside this process.
_TRANSPORT_ERRORS = (aiohttp.ClientError, asyncio.LimitOverrunError, OSError, ValueError)

_Failure = Callable[[str, str], ExternalServiceException]
"""Makes the error of the tree for a service and an operation."""


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """What an upstream's error body says.

    Attributes:
        message: A short text for logs.
        is_quota: Whether a quota is spent.
        reason: The meaning, as one of the upstream's package's own fixed words, or empty.
    """

    message: str = ""
    is_quota: bool = False
    reason: str = ""


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
    """A complete answer; header names are case-insensitive.

    Its status is below 300, but below 400 where ``visit`` returned it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class ByteStream:
    """An answer that is still arriving: its content type (lower case) and its raw chunks."""

    content_type: str
    chunks: AsyncIterator[bytes]


def open_session(
    *, user_agent: str, connect_seconds: float = _CONNECT_SECONDS
) -> aiohttp.ClientSession:
    """Return the session for all upstreams; who opens it closes it.

    Args:
        user_agent: Discogs refuses generic ones, so it names this bot and a contact.
        connect_seconds: How long it may take to connect to an upstream.
    """
    session = aiohttp.ClientSession(
        # The policies limit how many calls each upstream may have under way; one pool for all of
        # them would let one that hangs keep the others' requests from being sent.
        connector=aiohttp.TCPConnector(limit=0),
        # Attempts and streams are limited by the policies; 300 s in all would cut long streams.
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_seconds),
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

    async def visit(self, request: Request, *, most_bytes: int) -> Response:
        """Return a page, or the redirect that leads to another one, which is not followed.

        Args:
            request: What to ask for.
            most_bytes: What of the page's body is read; the rest is left. A redirect's is not read.

        Raises:
            ExternalServiceException: As ``send``, but for redirects and large bodies.
        """
        async with self._exchange(request, refused_from=_FIRST_ERROR) as response:
            if response.status >= _FIRST_REDIRECT:
                response.close()
                return Response(response.status, response.headers, b"")
            body = await _read_capped(response, most_bytes, request, cut=True)
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
    async def _exchange(
        self, request: Request, *, refused_from: int = _FIRST_REDIRECT
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        async with await self._answer(request) as response:
            _LOGGER.debug(
                "%s.%s: %s %s", request.service, request.operation, request.method, response.status
            )
            request.read_headers(response.headers)
            if response.status >= refused_from:
                raise await self._error(response, request)
            # Not translated here: what the caller's block raises is the caller's.
            yield response

    async def _answer(self, request: Request) -> aiohttp.ClientResponse:
        if self._session.closed:  # aiohttp would call it a bug; it is a shutdown
            raise RefusedLocally(request.service, request.operation, None, "shutting down")
        try:
            return await self._session.request(
                request.method,
                request.url,
                params=request.params,
                headers=request.headers,
                data=request.form,
                json=request.json,
                allow_redirects=False,
            )
        except _TRANSPORT_ERRORS as error:
            failure = _failure_for(error)
        raise failure(request.service, request.operation)

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
        error = kind(
            request.service, request.operation, response.status, message, retry_after=retry_after
        )
        error.reason = detail.reason
        if isinstance(error, RateLimitExceeded):
            error.is_quota = detail.is_quota
        return error


def _failure_for(error: Exception) -> _Failure:
    """Return what makes the error of the tree from one of aiohttp's.

    1. The connection was never made (DNS, refused, TLS, connect timeout): nothing was sent.
    2. A socket timeout.
    3. It broke, before or in the answer: whether the server acted is unknown.
    4. The URL cannot be used.
    5. What arrived is not HTTP, or its encoding is broken.

    To be raised after the ``except`` block: aiohttp's errors quote the URL and may hold the
    request's headers, and raised inside it ours would carry them along as its ``__context__``.
    """
    name = type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return partial(UpstreamUnreachable, message=f"no connection ({name})", was_sent=False)
    if isinstance(error, aiohttp.ServerTimeoutError):
        return partial(UpstreamTimeout, message="the socket timed out")
    is_broken = isinstance(error.__cause__, ContentEncodingError)
    lost = aiohttp.ClientConnectionError | aiohttp.ClientPayloadError | OSError
    if isinstance(error, lost) and not is_broken:
        return partial(UpstreamUnreachable, message=f"connection lost ({name})")
    if isinstance(error, aiohttp.InvalidURL):
        message = "the URL in the settings is not usable"
        return partial(UpstreamUnreachable, message=message, was_sent=False)
    return partial(InvalidResponse, message=f"unreadable answer ({name})")


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
    try:
        async for chunk in response.content.iter_chunked(READ_CHUNK_BYTES):
            yield chunk
    except _TRANSPORT_ERRORS as error:
        failure = _failure_for(error)
    else:
        return
    raise failure(request.service, request.operation)


def parse_body(request: Request, response: Response, parse: Callable[[bytes], T]) -> T:
    """Return what ``parse`` makes of the body.

    Raises:
        InvalidResponse: The body is not JSON, or JSON of another shape than documented.
    """
    with suppress(*UNREADABLE):
        return parse(response.body)
    # Out here: a decoding error quotes the body, which may hold a token, and must not become
    # this error's ``__context__``.
    message = "the answer has another shape than documented"
    raise InvalidResponse(request.service, request.operation, response.status, message)


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
