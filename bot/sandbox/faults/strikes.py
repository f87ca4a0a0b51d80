"""How each fault looks on the wire.

Faults that need the ordinary answer (`DELAY`, `CUT_IN_BODY`, `LOST_ANSWER`, `STALL`) let the
handler run first, so that request counts and rate limits stay true.
"""

import asyncio
import socket
import struct
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.sandbox.faults.model import ErrorBody, Fault, FaultKind, FaultSwitch, status_of

_PICTURES: Final = ("/image/", "/img/")  # a CDN of their own, which stays up
_POLL_SECONDS: Final = 0.01
_GRACE_SECONDS: Final = 0.02
_LINGER_ZERO: Final = struct.pack("ii", 1, 0)
_BROKEN_JSON: Final = b'{"results": [{"id": 1, "title": "Ki'
_HTML_PAGE: Final = """<html>
<head><title>{headline}</title></head>
<body>
<center><h1>{headline}</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""

FAULT_KEY: Final = web.RequestKey("fault", Fault)
"""Where a handler finds the fault that the middleware left to it."""


def _plain_error(fault: Fault) -> object:
    """Return the JSON error body of an upstream nobody described more closely."""
    return {"message": _reason(status_of(fault))}


def fault_middleware(
    switch: FaultSwitch,
    *,
    error_body: ErrorBody = _plain_error,
    left_to_handler: Collection[FaultKind] = (FaultKind.NO_DONE,),
) -> Middleware:
    """Build the aiohttp middleware that lets a switch's faults strike.

    Args:
        switch: Asked once per request.
        error_body: JSON body of RATE_LIMIT and of STATUS below 500, in the upstream's own shape.
        left_to_handler: Kinds that are only stored under `FAULT_KEY`; a streaming handler plays
            them itself, or hands them back to `strike`.
    """

    @web.middleware
    async def let_faults_strike(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(_PICTURES):
            return await handler(request)
        fault = switch.take(request.path)
        if fault is None:
            return await handler(request)
        if fault.kind in left_to_handler:
            request[FAULT_KEY] = fault
            return await handler(request)
        return await strike(request, fault, handler, error_body=error_body)

    return let_faults_strike


async def strike(
    request: web.Request,
    fault: Fault,
    handler: Handler,
    *,
    error_body: ErrorBody = _plain_error,
) -> web.StreamResponse:
    """Answer one request the way the fault says."""
    return await _Strike(request, fault, handler, error_body).answer()


def abort(request: web.Request) -> web.StreamResponse:
    """Reset the client's TCP connection (RST, not FIN).

    Returns:
        A response for the handler to return; it goes nowhere, aiohttp drops it quietly.
    """
    transport = request.transport
    if transport is not None:
        sock = transport.get_extra_info("socket")
        if sock is not None:
            # A zero linger time makes close() send RST and forget what was not sent yet.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        transport.abort()
    return web.Response()


async def stay_silent(request: web.Request, seconds: float) -> bool:
    """Wait until the client leaves or the time is over.

    Args:
        request: Its connection is watched.
        seconds: Longest wait; 0 waits for the client only.

    Returns:
        True when the client is still there.
    """
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + seconds
    while client_is_there(request):
        if seconds and loop.time() >= ends_at:
            return True
        await asyncio.sleep(min(_POLL_SECONDS, ends_at - loop.time()) if seconds else _POLL_SECONDS)
    return False


def client_is_there(request: web.Request) -> bool:
    """Tell whether the client still holds its connection."""
    return request.transport is not None and not request.transport.is_closing()


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _html_page(status: int, headline: str, headers: dict[str, str]) -> web.Response:
    page = _HTML_PAGE.format(headline=headline)
    return web.Response(text=page, status=status, content_type="text/html", headers=headers)


@dataclass(frozen=True, slots=True)
class _Strike:
    """One fault about to hit one request; every method is one way to answer it."""

    request: web.Request
    fault: Fault
    handler: Handler
    error_body: ErrorBody

    async def answer(self) -> web.StreamResponse:
        ways = {
            FaultKind.DELAY: self._delay,
            FaultKind.STATUS: self._status,
            FaultKind.RATE_LIMIT: self._rate_limit,
            FaultKind.CUT_BEFORE_BODY: self._cut_before_body,
            FaultKind.CUT_IN_BODY: self._cut_in_body,
            FaultKind.LOST_ANSWER: self._lost_answer,
            FaultKind.MALFORMED_BODY: self._malformed_body,
            FaultKind.WRONG_TYPE: self._wrong_type,
            FaultKind.STALL: self._stall,
            FaultKind.NO_DONE: self._ordinary,
            FaultKind.QUIRK: self._ordinary,
        }
        return await ways[self.fault.kind]()

    async def _ordinary(self) -> web.StreamResponse:
        return await self.handler(self.request)

    async def _delay(self) -> web.StreamResponse:
        await asyncio.sleep(self.fault.seconds)
        return await self._ordinary()

    async def _status(self) -> web.StreamResponse:
        # 5xx comes from a gateway that speaks HTML, everything else from the upstream itself.
        status = self.fault.status
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return _html_page(status, f"{status} {_reason(status)}", self._headers())
        return self._json_error(status)

    async def _rate_limit(self) -> web.StreamResponse:
        return self._json_error(HTTPStatus.TOO_MANY_REQUESTS)

    async def _cut_before_body(self) -> web.StreamResponse:
        return abort(self.request)

    async def _lost_answer(self) -> web.StreamResponse:
        await self._ordinary()
        return abort(self.request)

    async def _malformed_body(self) -> web.StreamResponse:
        return web.Response(body=_BROKEN_JSON, content_type="application/json")

    async def _wrong_type(self) -> web.StreamResponse:
        return _html_page(HTTPStatus.OK, "We'll be right back", self._headers())

    async def _cut_in_body(self) -> web.StreamResponse:
        head, payload = await self._send_head()
        await head.write(payload[: len(payload) // 2])
        # Without a pause the reset could overtake the half that was sent.
        await asyncio.sleep(_GRACE_SECONDS)
        abort(self.request)
        return head

    async def _stall(self) -> web.StreamResponse:
        head, payload = await self._send_head()
        if await stay_silent(self.request, self.fault.seconds):
            await head.write(payload)
        return head

    def _headers(self) -> dict[str, str]:
        retry_after = self.fault.retry_after
        return {} if retry_after is None else {"Retry-After": retry_after}

    def _json_error(self, status: int) -> web.Response:
        body = self.error_body(self.fault)
        return web.json_response(body, status=status, headers=self._headers())

    async def _send_head(self) -> tuple[web.StreamResponse, bytes]:
        """Send the ordinary answer's head with its true length; return its unsent body."""
        answer = await self._ordinary()
        body = answer.body if isinstance(answer, web.Response) else None
        payload = body if isinstance(body, bytes) else b""
        head = web.StreamResponse(status=answer.status, headers=answer.headers)
        head.content_length = len(payload)
        await head.prepare(self.request)
        # Headers wait for the first body bytes unless they are pushed out.
        await head.write(b"")
        return head, payload
