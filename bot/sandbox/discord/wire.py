"""A message in Discord's JSON, as a given reader gets it."""

from copy import deepcopy

from bot.sandbox.discord.messages import Attachment, Message, MessageKind
from bot.sandbox.discord.payloads import member_payload, user_payload
from bot.sandbox.discord.snowflakes import Json
from bot.sandbox.discord.world import World

_BLANKED = ("embeds", "attachments", "components")


def message_payload(world: World, message: Message) -> Json:
    """Return the whole message object."""
    version = message.current
    pinged = [world.user_by_id(user_id) for user_id in sorted(version.pings.users)]
    payload: Json = {
        "id": str(message.id),
        "channel_id": str(message.channel.id),
        "type": int(message.kind),
        "author": user_payload(message.author),
        "content": version.content,
        "timestamp": message.created_at.isoformat(),
        "edited_timestamp": message.edited_at.isoformat() if message.edited_at else None,
        "tts": False,
        "pinned": False,
        "flags": int(version.flags),
        "mention_everyone": version.pings.everyone,
        "mentions": [user_payload(user) for user in pinged if user],
        "mention_roles": [str(role_id) for role_id in sorted(version.pings.roles)],
        "attachments": [attachment_payload(attachment) for attachment in version.attachments],
        "embeds": [{"type": "rich"} | deepcopy(embed) for embed in version.embeds],
        "components": deepcopy(list(version.components)),
    }
    return payload | _answering(world, message) | _replying(world, message)


def gateway_message_payload(world: World, message: Message, *, sees_content: bool) -> Json:
    """Return what MESSAGE_CREATE and MESSAGE_UPDATE carry.

    Args:
        world: Whose names and ids apply.
        message: The message.
        sees_content: Whether the bot has the message content intent.
    """
    payload = message_payload(world, message)
    payload["channel_type"] = int(message.channel.kind)
    guild = message.channel.guild
    if guild is None:
        return payload
    payload["guild_id"] = str(guild.id)
    member = guild.members.get(message.author.id)
    if member is not None:
        payload["member"] = member_payload(member, with_user=False)
    own = message.author is world.bot
    if not (sees_content or own or world.bot.id in message.pings.users):
        payload |= {"content": "", **{field: [] for field in _BLANKED}}
    return payload


def attachment_payload(attachment: Attachment) -> Json:
    """Return an attachment object."""
    payload: Json = {
        "id": str(attachment.id),
        "filename": attachment.filename,
        "size": attachment.size,
        "url": attachment.url,
        "proxy_url": attachment.url,
        "content_type": attachment.content_type,
    }
    if attachment.description:
        payload["description"] = attachment.description
    return payload | ({"ephemeral": True} if attachment.ephemeral else {})


def _answering(world: World, message: Message) -> Json:
    metadata = message.metadata
    if metadata is None:
        return {}
    payload: Json = {
        "webhook_id": str(world.application_id),
        "application_id": str(world.application_id),
        "interaction_metadata": {k: v for k, v in metadata.items() if k != "name"},
    }
    if "name" in metadata:
        payload["interaction"] = {key: metadata[key] for key in ("id", "type", "name", "user")}
    return payload


def _replying(world: World, message: Message) -> Json:
    reference = message.reference
    if reference is None:
        return {}
    pointer: Json = {
        "type": 0,
        "message_id": str(reference.id),
        "channel_id": str(reference.channel.id),
    }
    if reference.channel.guild:
        pointer["guild_id"] = str(reference.channel.guild.id)
    payload: Json = {"message_reference": pointer}
    if message.kind is MessageKind.REPLY:
        gone = reference.deleted
        payload["referenced_message"] = None if gone else _referenced(world, reference)
    return payload


def _referenced(world: World, reference: Message) -> Json:
    payload = message_payload(world, reference)
    payload.pop("referenced_message", None)
    return payload
