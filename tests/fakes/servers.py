"""A loopback server that sends exactly the bytes a test wants, or breaks the connection."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Handler = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawServer:
    """What a server received.

    Attributes:
        url: Its address, without a trailing slash.
        requests: The head and body of each request, as text.
        closed: Set when a client closes a connection while it is being served.
    """

    url: str = ""
    requests: list[str] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def raw_server(handle: Handler) -> AsyncIterator[RawServer]:
    """Serve every connection with ``handle``, once its request has arrived."""
    server = RawServer()
    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server.requests.append(await _read_request(reader))
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

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
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
