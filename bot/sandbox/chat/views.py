"""What the page is told about messages, people and places, as JSON."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from bot.sandbox.discord import Attachment, Channel, Context, DiscordStandIn, Message, User
from bot.sandbox.discord.command_checks import CommandType

Json: TypeAlias = dict[str, Any]


def message_view(message: Message) -> Json:
    """Return a message as it looks now; ids are strings, JavaScript cannot count that far."""
    version = message.current
    return {
        "id": str(message.id),
        "channel": message.channel.key,
        "author": str(message.author.id),
        "at": message.created_at.isoformat(),
        "used": _used(message),
        "reply": _reply(message),
        "ephemeral": message.ephemeral,
        "thinking": message.thinking,
        "edited": _was_edited(message),
        "content": version.content,
        "embeds": list(version.embeds),
        "components": list(version.components),
        "attachments": [_attachment_view(each) for each in version.attachments],
        "pings": {
            "users": [str(u) for u in version.pings.users],
            "everyone": version.pings.everyone,
        },
    }


def place_views(discord: DiscordStandIn, user: User) -> list[Json]:
    """Return the places a person can be in, in the order of the side bar."""
    return [
        {
            "key": channel.key,
            "id": str(channel.id),
            "name": _place_name(discord, channel),
            "topic": channel.topic,
            "server": channel.guild.name if channel.guild else None,
            "kind": channel.context.name.lower(),
            "has_bot": channel.has_bot,
        }
        for channel in discord.channels.values()
        if channel.admits(user)
    ]


def names_view(discord: DiscordStandIn) -> Json:
    """Return the names that mentions and menus show, by id."""
    channels = discord.channels.values()
    guilds = {channel.guild.id: channel.guild for channel in channels if channel.guild}
    members = [member.user for guild in guilds.values() for member in guild.members.values()]
    roles = [role for guild in guilds.values() for role in guild.roles if role.id != guild.id]
    return {
        "users": {str(user.id): user_view(user) for user in (*members, *discord.users.values())},
        "roles": {str(role.id): role.name for role in roles},
        "channels": {str(channel.id): _place_name(discord, channel) for channel in channels},
        "bot": str(discord.bot_user.id),
        "cdn": discord.cdn_url,
    }


def user_view(user: User) -> Json:
    """Return a person or the bot."""
    return {
        "id": str(user.id),
        "key": user.name,
        "name": user.global_name or user.name,
        "is_bot": user.is_bot,
    }


def command_views(commands: Iterable[Json]) -> list[Json]:
    """Return the slash commands one can use, subcommands under their full names."""
    slash = (command for command in commands if command["type"] == CommandType.CHAT_INPUT)
    return [view for command in slash for view in _leaves(command, "")]


def menu_views(commands: Iterable[Json]) -> list[Json]:
    """Return the entries of a message's menu that one can use."""
    entries = (command for command in commands if command["type"] == CommandType.MESSAGE)
    return [{"name": e["name"], "shown": e.get("name_localizations")} for e in entries]


def _leaves(node: Json, prefix: str) -> list[Json]:
    options = list(node.get("options") or ())
    name = f"{prefix}{node['name']}"
    if nested := [option for option in options if option["type"] in (1, 2)]:
        return [view for option in nested for view in _leaves(option, f"{name} ")]
    shown = None if prefix else node.get("name_localizations")
    return [{**node, "name": name, "shown": shown, "options": options}]


def _place_name(discord: DiscordStandIn, channel: Channel) -> str:
    if channel.context is Context.BOT_DM:
        return discord.bot_user.name
    return channel.name or channel.key


def _used(message: Message) -> Json | None:
    """Return who used which command, for the line above an answer."""
    metadata = message.metadata
    if metadata is None or "name" not in metadata:
        return None
    return {
        "user": metadata["user"]["id"],
        "command": metadata["name"],
        "is_menu": "target_message_id" in metadata,
    }


def _reply(message: Message) -> Json | None:
    answered = message.reference
    if answered is None:
        return None
    text = "" if answered.deleted else answered.current.body
    return {"id": str(answered.id), "author": str(answered.author.id), "text": text[:120]}


def _was_edited(message: Message) -> bool:
    """Filling in a "thinking…" is no edit to the reader."""
    return sum(not version.thinking for version in message.versions) > 1


def _attachment_view(attachment: Attachment) -> Json:
    return {
        "id": str(attachment.id),
        "name": attachment.filename,
        "type": attachment.content_type,
        "url": attachment.url,
        "size": attachment.size,
        "description": attachment.description,
    }
