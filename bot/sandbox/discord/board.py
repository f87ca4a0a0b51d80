"""Every message there is; creates, edits and deletes them and tells whoever may hear of it."""

import time
from collections.abc import Sequence
from dataclasses import replace
from math import inf

from bot.sandbox.discord.changes import (
    Changes,
    EventHub,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
)
from bot.sandbox.discord.composing import Composer, Draft
from bot.sandbox.discord.errors import unknown
from bot.sandbox.discord.exchange import Exchange
from bot.sandbox.discord.gateway import Gateway
from bot.sandbox.discord.messages import Message, MessageFlag, MessageKind, MessageVersion
from bot.sandbox.discord.places import Channel, User
from bot.sandbox.discord.protocol import Intent
from bot.sandbox.discord.snowflakes import Json, SnowflakeMint
from bot.sandbox.discord.wire import gateway_message_payload
from bot.sandbox.discord.world import World

NONCE_SECONDS = 180.0
"""Discord says "the past few minutes"."""


class MessageBoard:
    """All messages by id.

    Attributes:
        nonce_seconds: How long an enforced nonce keeps its message from being posted again.
    """

    def __init__(
        self,
        *,
        world: World,
        mint: SnowflakeMint,
        composer: Composer,
        gateway: Gateway,
        changes: Changes,
        events: EventHub,
    ) -> None:
        """Start empty."""
        self._world = world
        self._mint = mint
        self._composer = composer
        self._gateway = gateway
        self._changes = changes
        self._events = events
        self.nonce_seconds = NONCE_SECONDS
        self._messages: dict[int, Message] = {}
        self._nonces: dict[tuple[int, int, str], tuple[float, Message]] = {}

    def with_nonce(self, channel: Channel, author: User, nonce: str) -> Message | None:
        """Return what somebody posted with that nonce in the past few minutes, or None.

        https://docs.discord.com/developers/resources/message#create-message
        """
        at, message = self._nonces.get((channel.id, author.id, nonce), (-inf, None))
        is_known = time.monotonic() - at < self.nonce_seconds
        return message if is_known else None

    def remember_nonce(self, message: Message, nonce: str) -> None:
        """Keep what a message was posted with."""
        key = (message.channel.id, message.author.id, nonce)
        self._nonces[key] = (time.monotonic(), message)

    def get(self, message_id: int | str, channel: Channel | None = None) -> Message:
        """Return a message that is still there.

        Raises:
            ApiError: 404 with 10008.
        """
        found = self._messages.get(int(message_id)) if str(message_id).isdigit() else None
        if found is None or found.deleted or (channel is not None and found.channel is not channel):
            raise unknown(10008, "Message")
        return found

    def in_channel(self, channel: Channel) -> list[Message]:
        """Return a channel's messages that everyone there sees, newest first."""
        return [
            message
            for message in reversed(self._messages.values())
            if message.channel is channel and not message.deleted and not message.ephemeral
        ]

    def post(
        self,
        draft: Draft,
        *,
        author: User,
        exchanges: Sequence[Exchange] = (),
        kind: MessageKind = MessageKind.DEFAULT,
        only_for: User | None = None,
        metadata: Json | None = None,
        reference: Message | None = None,
        pings_reference: bool = False,
    ) -> Message:
        """Create a message.

        Args:
            draft: What it shows.
            author: Who writes it.
            exchanges: What it answers.
            kind: Discord's message type.
            only_for: The one person who sees an ephemeral message.
            metadata: `interaction_metadata`.
            reference: The message it replies to.
            pings_reference: Whether the reply notifies the person it answers.

        Raises:
            ApiError: The draft is refused.
        """
        version = self._composer.compose(draft)
        if reference is not None and pings_reference:
            users = version.pings.users | {reference.author.id}
            version = replace(version, pings=replace(version.pings, users=users))
        message = Message(
            message_id=self._mint.mint(),
            channel=draft.channel,
            author=author,
            first=version,
            kind=kind,
            only_for=only_for,
            metadata=metadata,
            reference=reference,
        )
        return self._publish(message, exchanges)

    def think(
        self,
        exchange: Exchange,
        *,
        kind: MessageKind,
        only_for: User | None,
        metadata: Json,
    ) -> Message:
        """Create a "thinking…" in answer to an interaction."""
        flags = MessageFlag.LOADING
        if only_for is not None:
            flags |= MessageFlag.EPHEMERAL
        message = Message(
            message_id=self._mint.mint(),
            channel=exchange.channel,
            author=self._world.bot,
            first=MessageVersion(at=time.monotonic(), flags=flags),
            kind=kind,
            only_for=only_for,
            metadata=metadata,
        )
        return self._publish(message, [exchange])

    def edit(self, message: Message, draft: Draft) -> None:
        """Give a message a new version.

        Raises:
            ApiError: The draft is refused.
        """
        version = self._composer.compose(
            replace(draft, base=message.current, ephemeral=message.ephemeral)
        )
        message.show(version)
        self._announce("MESSAGE_UPDATE", message)
        self._events.publish(MessageEdited(message, version))
        self._changes.notify()

    def delete(self, message: Message) -> None:
        """Take a message away."""
        message.delete()
        channel = message.channel
        if self._is_heard(message):
            data: Json = {"id": str(message.id), "channel_id": str(channel.id)}
            if channel.guild:
                data["guild_id"] = str(channel.guild.id)
            self._gateway.broadcast(
                "MESSAGE_DELETE",
                channel.guild_id,
                lambda intents: data if _hears(intents, channel) else None,
            )
        self._events.publish(MessageDeleted(message))
        self._changes.notify()

    def _publish(self, message: Message, exchanges: Sequence[Exchange]) -> Message:
        self._messages[message.id] = message
        for exchange in exchanges:
            exchange.messages.append(message)
        self._announce("MESSAGE_CREATE", message)
        self._events.publish(MessageCreated(message))
        self._changes.notify()
        return message

    def _announce(self, event: str, message: Message) -> None:
        if not self._is_heard(message):
            return
        channel = message.channel

        def build(intents: Intent) -> Json | None:
            if not _hears(intents, channel):
                return None
            sees_content = Intent.MESSAGE_CONTENT in intents
            return gateway_message_payload(self._world, message, sees_content=sees_content)

        self._gateway.broadcast(event, channel.guild_id, build)

    def _is_heard(self, message: Message) -> bool:
        """Ephemeral messages and channels without the bot are not on the gateway."""
        return message.channel.has_bot and not message.ephemeral


def _hears(intents: Intent, channel: Channel) -> bool:
    wanted = Intent.GUILD_MESSAGES if channel.guild else Intent.DIRECT_MESSAGES
    return wanted in intents
