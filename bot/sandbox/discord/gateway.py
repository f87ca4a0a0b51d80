"""The gateway's server side: one websocket per shard, sessions that outlive their sockets.

https://docs.discord.com/developers/events/gateway
"""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.sandbox.discord.connection import GatewayConnection
from bot.sandbox.discord.payloads import (
    guild_create_payload,
    member_payload,
    own_user_payload,
)
from bot.sandbox.discord.places import Guild
from bot.sandbox.discord.protocol import CloseCode, GatewayCloseError, Intent
from bot.sandbox.discord.sessions import Session
from bot.sandbox.discord.snowflakes import Json, shard_of
from bot.sandbox.discord.world import World

_MOST_MEMBERS = 1_000

Build = Callable[[Intent], Json | None]
"""Makes an event's data for a session with these intents; None when it must not hear of it."""


class Gateway:
    """Accepts the bot's websockets and tells its sessions what happens."""

    def __init__(
        self,
        *,
        world: World,
        bot_token: str,
        heartbeat_interval_seconds: float,
        privileged_intents: Intent,
        on_change: Callable[[], None],
    ) -> None:
        """Prepare for connections.

        Args:
            world: What READY and GUILD_CREATE tell about.
            bot_token: The only token that IDENTIFY and RESUME may carry.
            heartbeat_interval_seconds: As HELLO tells it.
            privileged_intents: Those switched on for the application.
            on_change: Called after every connect, READY, RESUMED and close.
        """
        self.world = world
        self.bot_token = bot_token
        self.heartbeat_interval_seconds = heartbeat_interval_seconds
        self.url = ""
        self.connections: list[GatewayConnection] = []
        self.identifies = 0
        self.on_change = on_change
        self._privileged_intents = privileged_intents
        self._sessions: dict[str, Session] = {}

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one websocket until it closes."""
        connection = GatewayConnection(self, request)
        self.connections.append(connection)
        return await connection.run()

    def broadcast(self, event: str, guild_id: int | None, build: Build) -> None:
        """Tell every session of the responsible shard; a disconnected one hears it on RESUME."""
        for session in tuple(self._sessions.values()):
            if session.shard_id == shard_of(guild_id, session.shard_count):
                data = build(session.intents)
                if data is not None:
                    session.dispatch(event, data)

    def identify(self, connection: GatewayConnection, data: Json) -> Session:
        """Start a session for a socket and send READY and its servers.

        Raises:
            GatewayCloseError: The token, the shard or the intents are refused.
        """
        self.check_token(data)
        shard_id, shard_count = _shard(data)
        intents = self._intents(data)
        self.identifies += 1
        session = Session(shard_id=shard_id, shard_count=shard_count, intents=intents)
        # A shard that starts anew gives up its lost session: nobody will resume it.
        self._forget(lambda old: old.shard == session.shard and old.connection is None)
        self._sessions[session.id] = session
        session.attach(connection)
        guilds = [g for g in self._guilds() if shard_of(g.id, shard_count) == shard_id]
        session.dispatch("READY", self._ready(session, guilds, data))
        if Intent.GUILDS in intents:
            for guild in guilds:
                session.dispatch("GUILD_CREATE", guild_create_payload(self.world, guild))
        return session

    def resume(self, connection: GatewayConnection, data: Json) -> Session | None:
        """Continue a session on a new socket and replay what it missed; None when it is gone.

        Raises:
            GatewayCloseError: The token or the sequence number is refused.
        """
        self.check_token(data)
        session = self._sessions.get(str(data.get("session_id")))
        if session is None:
            return None
        session.resume(connection, int(data.get("seq") or 0))
        return session

    def forget(self, session: Session) -> None:
        """End a session, so that it can no longer be resumed."""
        self._sessions.pop(session.id, None)

    def forget_all(self) -> None:
        """End every session."""
        self._sessions.clear()

    def check_token(self, data: Json) -> None:
        """Refuse any token but the bot's.

        Raises:
            GatewayCloseError: 4004.
        """
        if str(data.get("token")).removeprefix("Bot ") != self.bot_token:
            raise GatewayCloseError(CloseCode.AUTHENTICATION_FAILED, "Authentication failed.")

    def send_members(self, session: Session, data: Json) -> None:
        """Answer a request for members by name or id with one chunk."""
        guild = next((g for g in self._guilds() if str(g.id) == str(data.get("guild_id"))), None)
        if guild is None:
            return
        asked = data.get("user_ids")
        ids = {str(asked)} if isinstance(asked, (str, int)) else {str(one) for one in asked or ()}
        query = str(data.get("query") or "").lower()
        members = [
            member_payload(member)
            for member in guild.members.values()
            if (str(member.user.id) in ids if ids else member.user.name.lower().startswith(query))
        ]
        chunk: Json = {
            "guild_id": str(guild.id),
            "members": members[: int(data.get("limit") or _MOST_MEMBERS)],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
        }
        if "nonce" in data:
            chunk["nonce"] = data["nonce"]
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk)

    def _guilds(self) -> list[Guild]:
        return [guild for guild in self.world.guilds if guild.has_bot]

    def _intents(self, data: Json) -> Intent:
        asked = data.get("intents")
        if not isinstance(asked, int) or asked & ~int(Intent.KNOWN):
            raise GatewayCloseError(CloseCode.INVALID_INTENTS, "Invalid intent(s).")
        intents = Intent(asked)
        if intents & Intent.PRIVILEGED & ~self._privileged_intents:
            raise GatewayCloseError(CloseCode.DISALLOWED_INTENTS, "Disallowed intent(s).")
        return intents

    def _ready(self, session: Session, guilds: list[Guild], data: Json) -> Json:
        ready: Json = {
            "v": 10,
            "user": own_user_payload(self.world.bot),
            "application": {"id": str(self.world.application_id), "flags": 0},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "private_channels": [],
            "relationships": [],
            "presences": [],
            "session_type": "normal",
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "user_settings": {},
            "geo_ordered_rtc_regions": [],
            "guild_join_requests": [],
        }
        return ready | ({"shard": data["shard"]} if "shard" in data else {})

    def _forget(self, condition: Callable[[Session], bool]) -> None:
        kept = {key: value for key, value in self._sessions.items() if not condition(value)}
        self._sessions = kept


def _shard(data: Json) -> tuple[int, int]:
    shard: Any = data.get("shard", [0, 1])
    try:
        shard_id, shard_count = int(shard[0]), int(shard[1])
    except (IndexError, TypeError, ValueError):
        shard_id, shard_count = 0, 0
    if not 0 <= shard_id < shard_count:
        raise GatewayCloseError(CloseCode.INVALID_SHARD, "Invalid shard.")
    return shard_id, shard_count
