"""Sends one answer as a stream of server-sent events, at the pace of a person reading."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from bot.sandbox.euria.behaviour import Behaviour
from bot.sandbox.euria.streaming import Answer, Json, comment, cut_places, deltas, event
from bot.sandbox.faults import Fault, FaultKind, abort, stay_silent

_SEGMENT_PAUSE_SECONDS: Final = 0.002
_RESET_PAUSE_SECONDS: Final = 0.02
_DONE: Final = "[DONE]"


class _ClientLeftError(Exception):
    """The client closed the connection while it was being written to."""


@dataclass(slots=True, kw_only=True)
class StreamSender:
    """Sends one stream.

    Attributes:
        request: The request that asked for it.
        answer: What is said.
        behaviour: How it is said.
        client_left: The client closed its connection before the end.
        first_at: Monotonic time of the first piece, in seconds; None before.
        ended_at: Monotonic time of the end, in seconds; None without a regular one.
    """

    request: web.Request
    answer: Answer
    behaviour: Behaviour
    client_left: bool = False
    first_at: float | None = None
    ended_at: float | None = None

    async def send(self, *, fault: Fault | None, with_usage: bool) -> web.StreamResponse:
        """Send the stream until its end, its fault, or until the client leaves."""
        stream = web.StreamResponse(headers={"Cache-Control": "no-cache"})
        stream.content_type = "text/event-stream"
        stream.charset = "utf-8"
        stream.enable_chunked_encoding()
        try:
            await stream.prepare(self.request)
            await self._write(stream, {"role": "assistant", "content": ""})
            await self._tell(stream, fault, with_usage=with_usage)
        except (_ClientLeftError, ConnectionResetError):
            self.client_left = True
        return stream

    async def _tell(
        self, stream: web.StreamResponse, fault: Fault | None, *, with_usage: bool
    ) -> None:
        behaviour = self.behaviour
        await self._pause(behaviour.first_token_seconds)
        for number, delta in enumerate(deltas(self.answer, behaviour)):
            if number == behaviour.error_after:
                await self._send_event(stream, _in_band_error())
                return
            if fault is not None and _strikes(fault, number) and not await self._hit(fault):
                return
            if behaviour.ping_every and number % behaviour.ping_every == 0:
                await self._send(stream, comment("ping", behaviour))
            await self._pause(behaviour.chunk_seconds if number else 0.0)
            await self._write(stream, delta)
            self.first_at = self.first_at or time.monotonic()
        if fault is not None and fault.kind is FaultKind.NO_DONE:
            return
        await self._write(stream, {}, self.answer.finish_reason)
        if behaviour.hangs_at_end and not await stay_silent(self.request, 0):
            raise _ClientLeftError
        if with_usage:
            await self._send_event(stream, self.answer.usage_chunk(int(time.time())))
        await self._send_event(stream, _DONE)
        self.ended_at = time.monotonic()

    async def _hit(self, fault: Fault) -> bool:
        """Let the fault strike; return whether the stream goes on."""
        if fault.kind is FaultKind.CUT_IN_BODY:
            # Without a pause the reset could overtake what was sent.
            await asyncio.sleep(_RESET_PAUSE_SECONDS)
            abort(self.request)
            return False
        if fault.kind is FaultKind.STALL:
            if not await stay_silent(self.request, fault.seconds):
                raise _ClientLeftError
            return True
        return fault.kind is not FaultKind.NO_DONE

    async def _pause(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
        elif not await stay_silent(self.request, seconds):
            raise _ClientLeftError

    async def _write(
        self, stream: web.StreamResponse, delta: Json, finish_reason: str | None = None
    ) -> None:
        await self._send_event(stream, self.answer.chunk(int(time.time()), delta, finish_reason))

    async def _send_event(self, stream: web.StreamResponse, data: Json | str) -> None:
        await self._send(stream, event(data, self.behaviour))

    async def _send(self, stream: web.StreamResponse, data: bytes) -> None:
        # Writing to a client that left raises ConnectionResetError.
        if not self.behaviour.split_utf8:
            await stream.write(data)
            return
        for part in cut_places(data):
            await stream.write(part)
            # The pause keeps the parts in segments of their own.
            await asyncio.sleep(_SEGMENT_PAUSE_SECONDS)


def _strikes(fault: Fault, number: int) -> bool:
    """Tell whether a fault strikes before this piece; NO_DONE after 0 pieces means after all."""
    return number == fault.after and not (fault.kind is FaultKind.NO_DONE and number == 0)


def _in_band_error() -> Json:
    error = {"message": "Internal server error", "type": "InternalServerError", "code": 500}
    return {"error": error}
