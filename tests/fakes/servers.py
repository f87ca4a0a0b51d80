"""A loopback server that sends exactly the bytes a test wants, or breaks the connection."""

import asyncio
import itertools
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

from services.resilience.clock import SystemClock

_TIME = SystemClock()

Handler = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawServer:
    """What a server received.

    Attributes:
        url: Its address, without a trailing slash.
        requests: The head and body of each request, as text.
        connections: How many were accepted.
        closed: Set when a client closes a connection while it is being served.
    """

    url: str = ""
    requests: list[str] = field(default_factory=list)
    connections: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def hear(self, request: str) -> None:
        """Note a request that has arrived."""
        async with self._news:
            self.requests.append(request)
            self._news.notify_all()

    async def heard(self, requests: int) -> None:
        """Wait until so many requests have arrived."""
        async with _TIME.timeout_at(_TIME.monotonic() + 30), self._news:
            await self._news.wait_for(lambda: len(self.requests) >= requests)

    async def left(self) -> None:
        """Wait until a client has closed a connection while it was being served."""
        async with _TIME.timeout_at(_TIME.monotonic() + 30):
            await self.closed.wait()


@asynccontextmanager
async def raw_server(
    handle: Handler,
    *,
    tls: ssl.SSLContext | None = None,
    requests_per_connection: int = 1,
    greeting: bytes = b"",
) -> AsyncIterator[RawServer]:
    """Serve every request with ``handle``, once it has arrived, and then close its connection.

    Args:
        handle: Sends the answer.
        tls: Encrypts the connections; None: plain.
        requests_per_connection: How many to serve before a connection is closed.
        greeting: Sent before anything was received.
    """
    server = RawServer()
    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        try:
            await raw(greeting)(writer)
            for _ in range(requests_per_connection - 1):
                await server.hear(await _read_request(reader))
                await handle(writer)
            await server.hear(await _read_request(reader))
            await _serve_until_left(handle(writer), reader, server.closed)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left, or the handler reset the connection
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer))
        connections.add(task)

    listener = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    scheme = "http" if tls is None else "https"
    server.url = f"{scheme}://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await listener.wait_closed()


def answer(
    body: bytes = b"", *, status: str = "200 OK", headers: str = "", length: int | None = None
) -> Handler:
    """Return a handler that sends one answer and closes the connection."""
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {size}\r\n{headers}\r\n"
    return raw(head.encode() + body)


def raw(*chunks: bytes) -> Handler:
    """Return a handler that sends ``chunks`` as they are and closes the connection."""

    async def handle(writer: asyncio.StreamWriter) -> None:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()

    return handle


def reset_after(*chunks: bytes) -> Handler:
    """Return a handler that sends ``chunks`` and then resets the connection."""

    async def handle(writer: asyncio.StreamWriter) -> None:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        connection: socket.socket = writer.get_extra_info("socket")
        # Linger for 0 s: closing sends a reset instead of an orderly end.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return handle


def silent_after(*chunks: bytes) -> Handler:
    """Return a handler that sends ``chunks`` and then keeps the connection open."""

    async def handle(writer: asyncio.StreamWriter) -> None:
        await raw(*chunks)(writer)
        await asyncio.Event().wait()

    return handle


def trickle(*chunks: bytes, seconds: float) -> Handler:
    """Return a handler that sends ``chunks``, and then a byte every ``seconds`` for ever."""

    async def handle(writer: asyncio.StreamWriter) -> None:
        await raw(*chunks)(writer)
        while True:
            await _TIME.sleep(seconds)
            await raw(b"x")(writer)

    return handle


def in_turn(*handlers: Handler) -> Handler:
    """Return a handler that answers the first request like the first one, and so on.

    The last one repeats.
    """
    numbers = itertools.count()

    async def handle(writer: asyncio.StreamWriter) -> None:
        await handlers[min(next(numbers), len(handlers) - 1)](writer)

    return handle


@contextmanager
def black_hole() -> Iterator[str]:
    """Listen at a URL whose backlog is full: whoever connects hears nothing at all."""
    with socket.socket() as listener, ExitStack() as fillers:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            filler = fillers.enter_context(socket.socket())
            filler.settimeout(0)
            with suppress(BlockingIOError):
                filler.connect(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def unused_url() -> str:
    """Return a loopback address where nobody listens."""
    listener = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    return f"http://127.0.0.1:{port}"


async def _read_request(reader: asyncio.StreamReader) -> str:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    lengths = [
        int(line.partition(":")[2])
        for line in head.splitlines()
        if line.lower().startswith("content-length:")
    ]
    return head + (await reader.readexactly(sum(lengths))).decode()


async def _serve_until_left(
    serving: Awaitable[None], reader: asyncio.StreamReader, left: asyncio.Event
) -> None:
    """Wait for ``serving``; when the client closes its side before, set ``left`` and stop."""
    answer_task = asyncio.ensure_future(serving)
    # A client sends nothing after its request: the end of its side means that it left.
    end_task = asyncio.create_task(reader.read())
    try:
        await asyncio.wait({answer_task, end_task}, return_when=asyncio.FIRST_COMPLETED)
        if not answer_task.done():
            left.set()
    finally:
        answer_task.cancel()
        end_task.cancel()
        await asyncio.gather(answer_task, end_task, return_exceptions=True)
