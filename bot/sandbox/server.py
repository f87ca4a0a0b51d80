"""What every HTTP stand-in shares: a loopback server, its faults and a record of its requests.

A stand-in listens on 127.0.0.1 only. Requests are recorded when they arrive, so that a request
which never got an answer is in the list too. Credentials are masked before they are kept.
"""

import asyncio
import time
from abc import abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.sandbox.faults import FaultSwitch, client_is_there
from bot.sandbox.lifecycle import Startable
from bot.sandbox.loopback import LoopbackServer

_KEPT_REQUESTS: Final = 20_000
_MASK: Final = "***"
_SECRET_HEADERS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(slots=True, kw_only=True)
class RecordedUpstreamRequest:
    """One request as it arrived.

    Attributes:
        method: HTTP method.
        path: Decoded path without the query.
        query: Decoded query; the last value of a repeated name.
        headers: Names as sent; of credentials only the scheme is kept (`Bearer ***`).
        at: Monotonic arrival time, in seconds.
        json: The body when it is JSON, else None.
        status: Status sent; None until the answer ended, and for ever when none was started.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    at: float
    json: object = None
    status: int | None = None


class RefusedError(Exception):
    """Raised by a handler to answer with an error body instead of an object."""

    def __init__(self, status: int, body: object) -> None:
        """Refuse with this status and JSON body."""
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


class StandIn(Startable):
    """A loopback HTTP server that plays one upstream.

    Use it as an async context manager, or call `start` and `stop`.

    Attributes:
        faults: What goes wrong with the next requests.
        requests: Requests in order of arrival, the latest 20,000.
        in_flight: Requests being answered now.
        peak_in_flight: Most requests ever answered at one time.
    """

    def __init__(self, *, port: int = 0, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Prepare the server without opening a socket.

        Args:
            port: Port on 127.0.0.1; 0 lets the system choose.
            monotonic: Clock of the recorded times and of every window and expiry.
        """
        self.faults = FaultSwitch()
        self.requests: list[RecordedUpstreamRequest] = []
        self.in_flight = 0
        self.peak_in_flight = 0
        self._server = LoopbackServer(port)
        self._monotonic = monotonic
        self._nothing_in_flight = asyncio.Event()
        self._nothing_in_flight.set()

    @property
    def url(self) -> str:
        """Root of the running server, without a trailing slash.

        Raises:
            RuntimeError: The server is not running.
        """
        return f"http://{self._server.address}"

    async def start(self) -> None:
        """Listen; a second call changes nothing.

        Raises:
            OSError: The port is taken.
        """
        if self._server.is_running:
            return
        app = web.Application(middlewares=[self._record(), *self._middlewares(), _answer_refusals])
        self._set_up(app)
        await self._server.start(app)

    async def stop(self) -> None:
        """Close every connection and stop listening; open streams are cut."""
        await self._server.stop()

    async def idle(self, *, within_seconds: float = 5.0) -> None:
        """Wait until no request is being answered.

        Raises:
            TimeoutError: One still is after `within_seconds`.
        """
        async with asyncio.timeout(within_seconds):
            await self._nothing_in_flight.wait()

    @abstractmethod
    def _set_up(self, app: web.Application) -> None:
        """Register the handlers and signals."""

    @abstractmethod
    def _middlewares(self) -> list[Middleware]:
        """Return the upstream's middlewares, outermost first; the faults belong among them."""

    def _record(self) -> Middleware:
        @web.middleware
        async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
            seen = RecordedUpstreamRequest(
                method=request.method,
                path=request.path,
                query=dict(request.query),
                headers=_masked(request),
                at=self._monotonic(),
            )
            del self.requests[: max(0, len(self.requests) - _KEPT_REQUESTS + 1)]
            self.requests.append(seen)
            self.in_flight += 1
            self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
            self._nothing_in_flight.clear()
            try:
                if request.content_type == "application/json" and request.can_read_body:
                    seen.json = await _json_of(request)
                answer = await handler(request)
            except web.HTTPException as exc:
                seen.status = exc.status
                raise
            finally:
                self.in_flight -= 1
                if not self.in_flight:
                    self._nothing_in_flight.set()
            if answer.prepared or client_is_there(request):
                seen.status = answer.status
            return answer

        return record


@web.middleware
async def _answer_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn a refusal into its answer; innermost, so that faults and limits see the answer."""
    try:
        return await handler(request)
    except RefusedError as exc:
        return web.json_response(exc.body, status=exc.status)


async def _json_of(request: web.Request) -> object:
    """Return the body, which a handler can read again; None when it is no JSON."""
    with suppress(ValueError):
        body: object = await request.json()
        return body
    return None


def _masked(request: web.Request) -> dict[str, str]:
    """Keep the scheme of a credential and drop the rest."""
    return {
        name: f"{value.split(' ', 1)[0]} {_MASK}" if name.lower() in _SECRET_HEADERS else value
        for name, value in request.headers.items()
    }
