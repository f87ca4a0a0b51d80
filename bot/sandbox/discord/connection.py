"""One websocket of the bot, as the gateway sees it."""

import asyncio
import json
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from bot.sandbox.discord.compression import Compressor, open_compressor
from bot.sandbox.discord.protocol import IGNORED, CloseCode, GatewayCloseError, Opcode
from bot.sandbox.discord.snowflakes import Json

if TYPE_CHECKING:
    from bot.sandbox.discord.gateway import Gateway
    from bot.sandbox.discord.sessions import Session

_MOST_SENDS = 120
_SEND_WINDOW_SECONDS = 60.0
_LONGEST_PAYLOAD_BYTES = 4_096
_HEARTBEAT_GRACE = 1.5
_CLOSE_SECONDS = 1.0
_ENDING_CODES = (WSCloseCode.OK, WSCloseCode.GOING_AWAY)


class GatewayConnection:
    """One websocket, from HELLO to its close.

    Attributes:
        query: The address's parameters: `v`, `encoding`, `compress`.
        identified: Whether it started a session.
        resumed: Whether it continued one.
        heartbeats: How many it sent.
        received: Every payload the bot sent, without its token.
        close_code: The code it was closed with, by whichever side; 1006 when it was cut, None
            while it is open.
        session: Its session.
    """

    def __init__(self, gateway: "Gateway", request: web.Request) -> None:
        """Serve a websocket request."""
        self._gateway = gateway
        self._request = request
        self._socket = web.WebSocketResponse(max_msg_size=0, compress=False, timeout=_CLOSE_SECONDS)
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._sends: deque[float] = deque()
        self._compressor: Compressor | None = None
        self._heard_at = time.monotonic()
        self.query = dict(request.query)
        self.identified = False
        self.resumed = False
        self.heartbeats = 0
        self.received: list[Json] = []
        self.close_code: int | None = None
        self.session: Session | None = None

    @property
    def is_open(self) -> bool:
        """Whether the socket is still there."""
        return self.close_code is None

    @property
    def is_resumed_and_open(self) -> bool:
        """Whether it continued a session and still carries it."""
        return self.resumed and self.is_open

    async def run(self) -> web.WebSocketResponse:
        """Talk to the bot until either side closes."""
        await self._socket.prepare(self._request)
        writer = asyncio.create_task(self._write(), name="gateway writer")
        try:
            self._open()
            await self._read()
        except GatewayCloseError as exc:
            await self._flush(writer)
            self._ended(int(exc.code))
            await self._socket.close(code=exc.code, message=exc.reason.encode())
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            self._ended()
        return self._socket

    def send(self, text: str) -> None:
        """Queue one payload."""
        self._queue.put_nowait(text)

    def send_op(self, opcode: Opcode, data: object = None) -> None:
        """Queue a payload that is not an event."""
        self.send(json.dumps({"op": int(opcode), "d": data, "s": None, "t": None}))

    def abort(self) -> None:
        """Drop the socket without a close frame."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def close(self, code: int) -> None:
        """Close the socket with a code."""
        self._ended(code)
        await self._socket.close(code=code)

    def _open(self) -> None:
        if self.query.get("v") != "10":
            raise GatewayCloseError(CloseCode.INVALID_API_VERSION, "Invalid API version.")
        if self.query.get("encoding", "json") != "json":
            raise GatewayCloseError(CloseCode.DECODE_ERROR, "Only json is spoken here.")
        asked = self.query.get("compress")
        self._compressor = open_compressor(asked) if asked else None
        milliseconds = int(self._gateway.heartbeat_interval_seconds * 1000)
        self.send_op(Opcode.HELLO, {"heartbeat_interval": milliseconds})
        self._gateway.on_change()

    async def _read(self) -> None:
        patience = self._gateway.heartbeat_interval_seconds * _HEARTBEAT_GRACE
        while True:
            left = self._heard_at + patience - time.monotonic()
            try:
                message = await self._socket.receive(timeout=max(0.001, left))
            except TimeoutError:
                raise GatewayCloseError(CloseCode.SESSION_TIMED_OUT, "Session timed out.") from None
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            self._handle(self._decode(message))

    def _decode(self, message: WSMessage) -> Json:
        now = time.monotonic()
        self._sends.append(now)
        while self._sends[0] < now - _SEND_WINDOW_SECONDS:
            self._sends.popleft()
        if len(self._sends) > _MOST_SENDS:
            raise GatewayCloseError(CloseCode.RATE_LIMITED, "Rate limited.")
        raw = message.data.encode() if isinstance(message.data, str) else message.data
        if len(raw) > _LONGEST_PAYLOAD_BYTES:
            raise GatewayCloseError(CloseCode.DECODE_ERROR, "Payload too long.")
        try:
            payload = json.loads(raw)
            Opcode(payload["op"])
        except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError):
            raise GatewayCloseError(CloseCode.DECODE_ERROR, "Error while decoding.") from None
        except ValueError:
            raise GatewayCloseError(CloseCode.UNKNOWN_OPCODE, "Unknown opcode.") from None
        self.received.append(_without_token(payload))
        return dict(payload)

    def _handle(self, payload: Json) -> None:
        opcode, data = Opcode(payload["op"]), payload.get("d")
        if opcode is Opcode.HEARTBEAT:
            self._heard_at = time.monotonic()
            self.heartbeats += 1
            self.send_op(Opcode.HEARTBEAT_ACK)
        elif opcode is Opcode.IDENTIFY:
            self._identify(data or {})
        elif opcode is Opcode.RESUME:
            self._resume(data or {})
        elif self.session is None:
            raise GatewayCloseError(CloseCode.NOT_AUTHENTICATED, "Not authenticated.")
        elif opcode is Opcode.REQUEST_GUILD_MEMBERS:
            self._gateway.send_members(self.session, data or {})
        elif opcode not in IGNORED:
            raise GatewayCloseError(CloseCode.UNKNOWN_OPCODE, "Unknown opcode.")

    def _identify(self, data: Json) -> None:
        if self.session is not None:
            raise GatewayCloseError(CloseCode.ALREADY_AUTHENTICATED, "Already authenticated.")
        self.session = self._gateway.identify(self, data)
        self.identified = True
        self._gateway.on_change()

    def _resume(self, data: Json) -> None:
        if self.session is not None:
            raise GatewayCloseError(CloseCode.ALREADY_AUTHENTICATED, "Already authenticated.")
        self.session = self._gateway.resume(self, data)
        if self.session is None:
            self.send_op(Opcode.INVALID_SESSION, data=False)
        else:
            self.resumed = True
        self._gateway.on_change()

    async def _write(self) -> None:
        while (text := await self._queue.get()) is not None:
            if self._compressor is None:
                await self._socket.send_str(text)
            else:
                await self._socket.send_bytes(self._compressor.compress(text.encode()))

    async def _flush(self, writer: asyncio.Task[None]) -> None:
        """Let what is queued leave before a close frame follows it."""
        self._queue.put_nowait(None)
        await asyncio.gather(writer, return_exceptions=True)

    def _ended(self, ours: int | None = None) -> None:
        """Note the end: `ours` is the code we close with, None when the other side did."""
        if self.close_code is not None:
            return
        theirs = self._socket.close_code or int(WSCloseCode.ABNORMAL_CLOSURE)
        self.close_code = ours or theirs
        if self.session is not None:
            self.session.detach(self)
            # A client that says goodbye like this gives its session up.
            if ours is None and theirs in _ENDING_CODES:
                self._gateway.forget(self.session)
        self._gateway.on_change()


def _without_token(payload: Any) -> Json:  # noqa: ANN401  JSON
    data = payload.get("d")
    if isinstance(data, dict) and "token" in data:
        return dict(payload) | {"d": data | {"token": "***"}}
    return dict(payload)
