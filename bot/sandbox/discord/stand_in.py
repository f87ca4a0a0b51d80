"""The stand-in as tests and the demo use it: start it, act as people, look at what the bot did."""

import asyncio
from collections.abc import Mapping

from bot.sandbox.discord.board import NONCE_SECONDS
from bot.sandbox.discord.cdn import cdn_handler
from bot.sandbox.discord.changes import EventStream
from bot.sandbox.discord.connection import GatewayConnection
from bot.sandbox.discord.messages import Message
from bot.sandbox.discord.moderation import Moderation
from bot.sandbox.discord.people import People
from bot.sandbox.discord.places import Channel, User
from bot.sandbox.discord.platform import Platform, Rules
from bot.sandbox.discord.protocol import Intent, Opcode
from bot.sandbox.discord.ratelimits import RateLimiter, RateLimits
from bot.sandbox.discord.rest import RecordedRequest, RestServer
from bot.sandbox.discord.rest_application import ApplicationRoutes
from bot.sandbox.discord.rest_channels import ChannelRoutes
from bot.sandbox.discord.rest_interactions import InteractionRoutes
from bot.sandbox.discord.rest_webhooks import WebhookRoutes
from bot.sandbox.discord.snowflakes import Json
from bot.sandbox.faults import FaultSwitch
from bot.sandbox.lifecycle import Startable
from bot.sandbox.loopback import LoopbackServer

_GOING_AWAY = 1001
_CLOSING_SECONDS = 5.0


class DiscordStandIn(People, Startable):
    """Discord on a loopback port. Use it as an async context manager, or call `start` and `stop`.

    Attributes:
        bot_token: The only token it accepts.
        faults: What goes wrong with the next REST requests.
        moderation: What moderators do to channels.
    """

    def __init__(
        self,
        *,
        bot_token: str = "sandbox-bot-token",  # noqa: S107  accepted by this stand-in only
        interaction_ack_seconds: float = 3.0,
        token_lifetime_seconds: float = 900.0,
        heartbeat_interval_seconds: float = 41.25,
        port: int = 0,
        seed: int = 1,
        limits: RateLimits | None = None,
        privileged_intents: Intent = Intent.NONE,
        recommended_shards: int = 1,
        nonce_seconds: float = NONCE_SECONDS,
        more_channels: int = 0,
    ) -> None:
        """Prepare the stand-in without opening a socket.

        Args:
            bot_token: The only token it accepts.
            interaction_ack_seconds: Time the bot has to acknowledge an interaction.
            token_lifetime_seconds: Life of an interaction's token.
            heartbeat_interval_seconds: What HELLO asks for.
            port: Port on 127.0.0.1; 0 lets the system choose.
            seed: Makes interaction tokens the same in each run.
            limits: Rate limits; None means Discord's own.
            privileged_intents: Those switched on for the application.
            recommended_shards: What `/gateway/bot` answers.
            nonce_seconds: How long an enforced nonce keeps a message from being posted again.
            more_channels: So many are added to the bot's server: "shelf-1" and so on.
        """
        self.bot_token = bot_token
        self.faults = FaultSwitch()
        rules = Rules(
            bot_token=bot_token,
            ack_seconds=interaction_ack_seconds,
            token_seconds=token_lifetime_seconds,
            heartbeat_seconds=heartbeat_interval_seconds,
            privileged_intents=privileged_intents,
            recommended_shards=recommended_shards,
        )
        super().__init__(Platform(rules, seed=seed))
        self.moderation = Moderation(self._platform)
        self._platform.board.nonce_seconds = nonce_seconds
        self._platform.world.add_channels(more_channels)
        self._server = LoopbackServer(port)
        self._rest = self._rest_server(RateLimiter(limits or RateLimits()))

    @property
    def api_url(self) -> str:
        """Value for DISCORD_API_URL.

        Raises:
            RuntimeError: The stand-in is not running; the same for the two below.
        """
        return f"http://{self._server.address}/api"

    @property
    def cdn_url(self) -> str:
        """Value for DISCORD_CDN_URL."""
        return f"http://{self._server.address}/cdn"

    @property
    def gateway_url(self) -> str:
        """Address of the gateway's websocket."""
        return f"ws://{self._server.address}/gateway"

    @property
    def users(self) -> Mapping[str, User]:
        """The people tests can act as: "alice" (may manage the server) and "bob"."""
        return self._platform.world.users

    @property
    def bot_user(self) -> User:
        """The bot's own user; its id is also the application's."""
        return self._platform.world.bot

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The channels by name.

        "general", "vinyl" and "listening-room" (the bot may not speak there) in the bot's server,
        "elsewhere" in a server without the bot, "dm:alice", "dm:bob" and the private "group".
        """
        return self._platform.world.channels

    @property
    def requests(self) -> list[RecordedRequest]:
        """Every REST request of the bot, oldest first."""
        return self._rest.requests

    @property
    def unknown_requests(self) -> list[RecordedRequest]:
        """The requests to addresses that do not exist here."""
        return [request for request in self.requests if not request.is_known]

    @property
    def commands(self) -> list[Json]:
        """The registered commands as received, with the members Discord adds."""
        return self._platform.commands.everything()

    @property
    def connections(self) -> list[GatewayConnection]:
        """Every gateway socket the bot ever opened, oldest first."""
        return self._platform.gateway.connections

    def messages_in(self, channel: str) -> list[Message]:
        """Return what everybody reads in the channel of that name, oldest first."""
        return self._platform.board.in_channel(self.channels[channel])[::-1]

    async def start(self) -> None:
        """Listen; a second call changes nothing.

        Raises:
            OSError: The port is taken.
        """
        if self._server.is_running:
            return
        app = self._rest.application()
        app.router.add_get("/gateway", self._platform.gateway.handle)
        app.router.add_get("/cdn/{path:.*}", cdn_handler(self._platform.files))
        await self._server.start(app)
        self._platform.gateway.url = self.gateway_url
        self._platform.files.base_url = self.cdn_url

    async def stop(self) -> None:
        """Close every stream, socket and port."""
        if self._server.is_running:
            self._platform.close()
            await asyncio.gather(*(c.close(_GOING_AWAY) for c in self._open_connections()))
            await self._server.stop()

    async def wait_ready(self, timeout: float = 15) -> None:  # noqa: ASYNC109  the control API names it so
        """Wait until a shard is READY and commands were registered.

        Args:
            timeout: Seconds.

        Raises:
            TimeoutError: Says what is missing.
        """

        def is_ready() -> bool:
            return self._platform.commands.was_synced and any(
                connection.session for connection in self._open_connections()
            )

        if not await self._platform.changes.wait_until(is_ready, timeout):
            asked = [f"{r.method} {r.path} -> {r.status}" for r in self.requests]
            message = (
                f"not ready after {timeout:g} s: commands registered "
                f"{self._platform.commands.was_synced}, sockets "
                f"{[(c.identified, c.close_code) for c in self.connections]}, requests {asked}"
            )
            raise TimeoutError(message)

    async def wait_resumed(self, timeout: float = 15) -> None:  # noqa: ASYNC109  the control API names it so
        """Wait until the newest socket has resumed its session.

        Args:
            timeout: Seconds.

        Raises:
            TimeoutError: It did not.
        """

        def is_resumed() -> bool:
            return bool(self.connections) and self.connections[-1].is_resumed_and_open

        if not await self._platform.changes.wait_until(is_resumed, timeout):
            seen = [(c.identified, c.resumed, c.close_code) for c in self.connections]
            message = f"no RESUME after {timeout:g} s; (identified, resumed, closed): {seen}"
            raise TimeoutError(message)

    async def disconnect(self, *, code: int | None = None, resumable: bool = True) -> None:
        """Drop the bot's sockets and wait until they are gone.

        Args:
            code: Close code to send; None cuts the connection without a close frame.
            resumable: Whether the sessions can be resumed afterwards.
        """
        dropped = self._open_connections()
        if not resumable:
            self._platform.gateway.forget_all()
        for connection in dropped:
            if code is None:
                connection.abort()
            else:
                await connection.close(code)
        gone = lambda: not any(c.is_open for c in dropped)  # noqa: E731  needs no name
        if not await self._platform.changes.wait_until(gone, _CLOSING_SECONDS):
            message = f"sockets still open after {_CLOSING_SECONDS:g} s"
            raise TimeoutError(message)

    async def request_reconnect(self) -> None:
        """Ask the bot to connect anew, as Discord does before it restarts a server."""
        for connection in self._open_connections():
            connection.send_op(Opcode.RECONNECT)

    def subscribe(self) -> EventStream:
        """Return a stream of everything that happens from now on."""
        return self._platform.events.subscribe()

    def _open_connections(self) -> list[GatewayConnection]:
        return [connection for connection in self.connections if connection.is_open]

    def _rest_server(self, limiter: RateLimiter) -> RestServer:
        platform = self._platform
        groups = (ApplicationRoutes, ChannelRoutes, InteractionRoutes, WebhookRoutes)
        routes = [route for group in groups for route in group(platform).routes()]
        return RestServer(routes, bot_token=self.bot_token, limiter=limiter, faults=self.faults)
