"""An interaction: what INTERACTION_CREATE tells the bot, and what became of it.

https://docs.discord.com/developers/interactions/receiving-and-responding
"""

import time
from dataclasses import dataclass, field
from enum import IntEnum

from bot.sandbox.discord.exchange import Exchange
from bot.sandbox.discord.messages import Message, MessageKind
from bot.sandbox.discord.payloads import (
    ATTACHMENT_SIZE_LIMIT,
    channel_payload,
    member_payload,
    user_payload,
)
from bot.sandbox.discord.places import Channel, User
from bot.sandbox.discord.snowflakes import Json
from bot.sandbox.discord.wire import message_payload
from bot.sandbox.discord.world import World


class InteractionKind(IntEnum):
    """Discord's interaction types."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL_SUBMIT = 5


class Callback(IntEnum):
    """Discord's interaction callback types."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    AUTOCOMPLETE = 8
    MODAL = 9


@dataclass(slots=True, kw_only=True)
class Interaction:
    """One interaction, open or answered.

    Attributes:
        data: The `data` member of INTERACTION_CREATE.
        owners: `authorizing_integration_owners`.
        source: The message whose component was used, or whose modal was submitted.
        trigger: The interaction that opened the submitted modal.
        command_name: Full name, for the legacy `interaction` member of answers.
        created_at: Monotonic time, in seconds.
        callback: How it was answered, None while it was not.
        original: The message that `@original` means.
        follow_ups: How many follow-up messages were made.
        choices: What autocomplete offered.
    """

    id: int
    token: str
    kind: InteractionKind
    user: User
    channel: Channel
    locale: str
    data: Json
    owners: dict[str, str]
    exchange: Exchange
    source: Message | None = None
    trigger: "Interaction | None" = None
    command_name: str | None = None
    created_at: float = field(default_factory=time.monotonic)
    callback: Callback | None = None
    original: Message | None = None
    follow_ups: int = 0
    choices: list[Json] | None = None

    @property
    def age(self) -> float:
        """Seconds since it was created."""
        return time.monotonic() - self.created_at

    @property
    def is_user_install_only(self) -> bool:
        """Whether only the person's own installation allowed it: then follow-ups are few."""
        return set(self.owners) == {"1"}

    @property
    def message_kind(self) -> MessageKind:
        """The type of the messages that answer it."""
        if self.source is not None:
            return MessageKind.REPLY
        if self.kind is InteractionKind.COMMAND and self.data.get("type") != 1:
            return MessageKind.CONTEXT_MENU_COMMAND
        return MessageKind.CHAT_INPUT_COMMAND

    def metadata(self, *, follow_up: bool = False) -> Json:
        """Return the `interaction_metadata` of a message that answers it."""
        metadata: Json = {
            "id": str(self.id),
            "type": int(self.kind),
            "user": user_payload(self.user),
            "authorizing_integration_owners": self.owners,
        }
        if self.command_name is not None:
            metadata["name"] = self.command_name
        if follow_up and self.original is not None:
            metadata["original_response_message_id"] = str(self.original.id)
        if self.kind is InteractionKind.COMPONENT and self.source is not None:
            metadata["interacted_message_id"] = str(self.source.id)
        if self.trigger is not None:
            triggering = self.trigger.metadata()
            triggering.pop("name", None)
            metadata["triggering_interaction_metadata"] = triggering
        if self.data.get("target_id"):
            metadata["target_message_id"] = self.data["target_id"]
        return metadata


def interaction_payload(world: World, interaction: Interaction) -> Json:
    """Return what INTERACTION_CREATE carries."""
    channel, user = interaction.channel, interaction.user
    payload: Json = {
        "version": 1,
        "id": str(interaction.id),
        "application_id": str(world.application_id),
        "type": int(interaction.kind),
        "token": interaction.token,
        "data": interaction.data,
        "locale": interaction.locale,
        "channel_id": str(channel.id),
        "channel": _channel(world, interaction),
        "app_permissions": str(world.permissions(world.bot, channel)),
        "authorizing_integration_owners": interaction.owners,
        "context": int(channel.context),
        "entitlements": [],
        "entitlement_sku_ids": [],
        "attachment_size_limit": ATTACHMENT_SIZE_LIMIT,
    }
    if channel.guild is None:
        payload["user"] = user_payload(user)
    else:
        guild = channel.guild
        permissions = str(world.permissions(user, channel))
        payload |= {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
            "guild_locale": guild.locale,
            "member": member_payload(guild.members[user.id]) | {"permissions": permissions},
        }
    if interaction.source is not None:
        payload["message"] = message_payload(world, interaction.source)
    return payload


def _channel(world: World, interaction: Interaction) -> Json:
    channel = interaction.channel
    payload = channel_payload(channel)
    payload.pop("permission_overwrites", None)
    if channel.guild is not None:
        payload["permissions"] = str(world.permissions(interaction.user, channel))
    return payload
