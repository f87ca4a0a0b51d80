"""A gateway session: numbered events, kept so that a RESUME can replay them."""

import itertools
import json
import secrets
from collections import deque
from typing import Protocol

from bot.sandbox.discord.protocol import CloseCode, GatewayCloseError, Intent, Opcode
from bot.sandbox.discord.snowflakes import Json

_KEPT_EVENTS = 2_000


class Outlet(Protocol):
    """Where a session's payloads go."""

    def send(self, text: str) -> None:
        """Queue one payload, given as JSON text, for the socket."""

    def abort(self) -> None:
        """Drop the socket at once."""


class Session:
    """One shard's stream of events; it outlives the socket it started on."""

    def __init__(self, *, shard_id: int, shard_count: int, intents: Intent) -> None:
        """Start at sequence 0, without a socket."""
        self.id = secrets.token_hex(16)
        self.shard_id = shard_id
        self.shard_count = shard_count
        self.intents = intents
        self.connection: Outlet | None = None
        self._numbers = itertools.count(1)
        self._sequence = 0
        self._sent: deque[tuple[int, str]] = deque(maxlen=_KEPT_EVENTS)

    @property
    def shard(self) -> tuple[int, int]:
        """Shard id and shard count."""
        return self.shard_id, self.shard_count

    def attach(self, connection: Outlet) -> None:
        """Send events to this socket from now on."""
        self.connection = connection

    def detach(self, connection: Outlet) -> None:
        """Keep events for later when this was the session's socket."""
        if self.connection is connection:
            self.connection = None

    def dispatch(self, event: str, data: Json) -> None:
        """Number an event, keep it and send it when a socket is there."""
        self._sequence = next(self._numbers)
        payload = {"op": int(Opcode.DISPATCH), "t": event, "s": self._sequence, "d": data}
        text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
        self._sent.append((self._sequence, text))
        if self.connection is not None:
            self.connection.send(text)

    def resume(self, connection: Outlet, sequence: int) -> None:
        """Move to another socket and replay every event after `sequence`.

        Raises:
            GatewayCloseError: 4007, the client claims events that were never sent.
        """
        if sequence > self._sequence:
            raise GatewayCloseError(CloseCode.INVALID_SEQUENCE, "Invalid seq.")
        if self.connection is not None:
            self.connection.abort()
        self.attach(connection)
        for number, text in tuple(self._sent):
            if number > sequence:
                connection.send(text)
        self.dispatch("RESUMED", {"_trace": []})
