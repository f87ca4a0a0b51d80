"""An in-memory transport: an ``HttpClient`` that sends nothing and answers from a script."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

from services.http import ByteStream, HttpClient, Request, Response
from services.resilience.clock import SystemClock

Piece = bytes | float | Exception
"""A chunk that arrives, seconds of silence, or an error."""

_TIME = SystemClock()


class StreamingTransport(HttpClient):
    """Streams scripted pieces in virtual time.

    Attributes:
        requests: What was sent, in order.
        open_streams: How many streams are open now.
        listing: What a GET is answered with; those requests are in ``lookups``.
        lookups: What was looked up.
    """

    def __init__(self, *answers: Sequence[Piece], content_type: str = "text/event-stream") -> None:
        """Give one of ``answers`` per request; the last one repeats."""
        self._answers = answers
        self._content_type = content_type
        self.requests: list[Request] = []
        self.open_streams = 0
        self.listing = b'{"object":"list","data":[{"id":"another/model"}]}'
        self.lookups: list[Request] = []

    async def send(self, request: Request) -> Response:
        if request.method == "GET":
            self.lookups.append(request)
            return Response(200, {}, self.listing)
        async with self.stream(request) as answer:
            return Response(200, {}, b"".join([chunk async for chunk in answer.chunks]))

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[ByteStream]:
        pieces = self._answers[min(len(self.requests), len(self._answers) - 1)]
        self.requests.append(request)
        self.open_streams += 1
        try:
            async with aclosing(_play(pieces)) as chunks:
                yield ByteStream(content_type=self._content_type, chunks=chunks)
        finally:
            self.open_streams -= 1


async def _play(pieces: Sequence[Piece]) -> AsyncGenerator[bytes, None]:
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
        elif isinstance(piece, Exception):
            raise piece
        else:
            await _TIME.sleep(piece)
