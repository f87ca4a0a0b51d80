"""Discord's state, shared by the gateway, the REST routes and whoever plays the people."""

import asyncio
import base64
import random
from dataclasses import dataclass, field

from bot.sandbox.discord.board import MessageBoard
from bot.sandbox.discord.changes import Acknowledged, Changes, EventHub, ModalOpened
from bot.sandbox.discord.commands import CommandRegistry
from bot.sandbox.discord.composing import Composer
from bot.sandbox.discord.exchange import Exchange
from bot.sandbox.discord.files import FileStore
from bot.sandbox.discord.gateway import Gateway
from bot.sandbox.discord.interactions import (
    Callback,
    Interaction,
    InteractionKind,
    interaction_payload,
)
from bot.sandbox.discord.messages import Message
from bot.sandbox.discord.places import Channel, User
from bot.sandbox.discord.protocol import Intent
from bot.sandbox.discord.snowflakes import Json, SnowflakeMint
from bot.sandbox.discord.world import World

_TOKEN_BYTES = 96
_FOLLOWED_CHATS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What may be shortened for tests; all in seconds.

    Attributes:
        bot_token: The only token accepted.
        ack_seconds: Time to acknowledge an interaction.
        token_seconds: Life of an interaction's token.
        heartbeat_seconds: Interval told in HELLO.
        privileged_intents: Those switched on for the application.
        recommended_shards: What `/gateway/bot` answers.
    """

    bot_token: str
    ack_seconds: float
    token_seconds: float
    heartbeat_seconds: float
    privileged_intents: Intent = Intent.NONE
    recommended_shards: int = 1


@dataclass(slots=True, kw_only=True)
class Act:
    """Something a person does that makes an interaction."""

    kind: InteractionKind
    title: str
    user: User
    channel: Channel
    locale: str
    data: Json
    installs: frozenset[int] = field(default_factory=lambda: frozenset({0, 1}))
    source: Message | None = None
    trigger: Interaction | None = None
    command_name: str | None = None


class Platform:
    """Everything there is."""

    def __init__(self, rules: Rules, *, seed: int) -> None:
        """Start with the world as it is built, without messages.

        Args:
            rules: Times and tokens.
            seed: Makes interaction tokens the same in each run.
        """
        self.rules = rules
        self.world = World()
        self.mint = SnowflakeMint()
        self.changes = Changes()
        self.events = EventHub()
        self.files = FileStore(self.mint)
        self.commands = CommandRegistry(self.mint, self.world.application_id)
        self.gateway = Gateway(
            world=self.world,
            bot_token=rules.bot_token,
            heartbeat_interval_seconds=rules.heartbeat_seconds,
            privileged_intents=rules.privileged_intents,
            on_change=self.changes.notify,
        )
        self.board = MessageBoard(
            world=self.world,
            mint=self.mint,
            composer=Composer(self.files),
            gateway=self.gateway,
            changes=self.changes,
            events=self.events,
        )
        self.interactions: dict[str, Interaction] = {}
        self._by_id: dict[int, Interaction] = {}
        self.chats: dict[int, list[Exchange]] = {}
        self._random = random.Random(seed)
        self._deadlines: set[asyncio.TimerHandle] = set()

    def close(self) -> None:
        """End the streams and the timers."""
        self.events.close()
        for deadline in self._deadlines:
            deadline.cancel()
        self._deadlines.clear()

    def open(self, act: Act) -> Interaction:
        """Make an interaction and tell the bot."""
        interaction_id = self.mint.mint()
        exchange = Exchange(
            self.changes,
            title=act.title,
            user=act.user,
            channel=act.channel,
            locale=act.locale,
            ack_seconds=self.rules.ack_seconds,
            interaction_id=interaction_id,
        )
        interaction = Interaction(
            id=interaction_id,
            token=self._token(interaction_id),
            kind=act.kind,
            user=act.user,
            channel=act.channel,
            locale=act.locale,
            data=act.data,
            owners=_owners(act),
            exchange=exchange,
            source=act.source,
            trigger=act.trigger,
            command_name=act.command_name,
        )
        self.interactions[interaction.token] = self._by_id[interaction_id] = interaction
        payload = interaction_payload(self.world, interaction)
        self.gateway.broadcast("INTERACTION_CREATE", act.channel.guild_id, lambda _: payload)
        self._wake_at_deadline()
        return interaction

    def interaction_of(self, exchange: Exchange) -> Interaction:
        """Return the interaction that an exchange is about.

        Raises:
            ValueError: It is about a plain message.
        """
        if exchange.interaction_id is None:
            message = f"{exchange!r} is not about an interaction"
            raise ValueError(message)
        return self._by_id[exchange.interaction_id]

    def locale_of(self, message: Message) -> str | None:
        """Return the language of the person whose interaction made a message appear."""
        if message.metadata is None:
            return None
        return self._by_id[int(message.metadata["id"])].locale

    def acknowledge(self, interaction: Interaction, callback: Callback) -> None:
        """Note that the bot answered in time."""
        interaction.callback = callback
        exchange = interaction.exchange
        exchange.acknowledge(int(callback))
        self.events.publish(Acknowledged(exchange))
        if exchange.modal is not None:
            self.events.publish(ModalOpened(exchange))
        self.changes.notify()

    def chats_answered_by(self, channel: Channel, reference: Message | None) -> list[Exchange]:
        """Return the exchanges that a plain message of the bot answers.

        A reply answers the message it points at; any other message answers all that people wrote
        in the channel lately.
        """
        chats = self.chats.get(channel.id, [])[-_FOLLOWED_CHATS:]
        pointed_at = [chat for chat in chats if reference is not None and chat.message is reference]
        return pointed_at or chats

    def _token(self, interaction_id: int) -> str:
        secret = self._random.randbytes(_TOKEN_BYTES).hex()
        return base64.urlsafe_b64encode(f"interaction:{interaction_id}:{secret}".encode()).decode()

    def _wake_at_deadline(self) -> None:
        """Let waiters see that the time to acknowledge is over."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            self._deadlines.discard(handle)
            self.changes.notify()

        handle = loop.call_later(self.rules.ack_seconds, wake)
        self._deadlines.add(handle)


def _owners(act: Act) -> dict[str, str]:
    """Return `authorizing_integration_owners`: who let the bot in here."""
    if act.source is not None and act.source.metadata is not None:
        # Whoever presses: the app is here because of the one who made the message.
        return dict(act.source.metadata["authorizing_integration_owners"])
    owners: dict[str, str] = {}
    if 0 in act.installs and act.channel.has_bot:
        owners["0"] = str(act.channel.guild_id or 0)
    if 1 in act.installs and act.user.installed:
        owners["1"] = str(act.user.id)
    return owners
