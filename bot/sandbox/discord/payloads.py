"""Users, servers and channels in Discord's JSON.

Ids are strings and every member that the official OpenAPI requires is there.
"""

from bot.sandbox.discord.places import (
    ALL_PERMISSIONS,
    Channel,
    ChannelKind,
    Guild,
    Member,
    Role,
    User,
)
from bot.sandbox.discord.snowflakes import Json
from bot.sandbox.discord.world import World

ATTACHMENT_SIZE_LIMIT = 10 * 1024 * 1024
"""Largest file, in bytes, that a bot may upload where nobody boosted anything."""


def user_payload(user: User) -> Json:
    """Return a user object."""
    payload: Json = {
        "id": str(user.id),
        "username": user.name,
        "discriminator": "0000" if user.is_bot else "0",
        "global_name": user.global_name,
        "avatar": None,
        "avatar_decoration_data": None,
        "banner": None,
        "accent_color": None,
        "collectibles": None,
        "primary_guild": None,
        "public_flags": 0,
        "flags": 0,
    }
    return payload | ({"bot": True} if user.is_bot else {})


def own_user_payload(user: User) -> Json:
    """Return the bot's own user, as `/users/@me` and READY show it."""
    return user_payload(user) | {
        "mfa_enabled": True,
        "verified": True,
        "email": None,
        "locale": "en-US",
        "premium_type": 0,
        "bio": "",
    }


def member_payload(member: Member, *, with_user: bool = True) -> Json:
    """Return a guild member object."""
    payload: Json = {
        "avatar": None,
        "banner": None,
        "collectibles": None,
        "communication_disabled_until": None,
        "deaf": False,
        "flags": 0,
        "joined_at": member.joined_at.isoformat(),
        "mute": False,
        "nick": None,
        "pending": False,
        "premium_since": None,
        "roles": [str(role_id) for role_id in member.role_ids],
    }
    return payload | ({"user": user_payload(member.user)} if with_user else {})


def role_payload(role: Role) -> Json:
    """Return a role object."""
    payload: Json = {
        "id": str(role.id),
        "name": role.name,
        "permissions": str(role.permissions),
        "position": role.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": role.managed_for is not None,
        "mentionable": role.mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    return payload | ({"tags": {"bot_id": str(role.managed_for)}} if role.managed_for else {})


def channel_payload(channel: Channel, last_message_id: int | None = None) -> Json:
    """Return a channel object."""
    payload: Json = {
        "id": str(channel.id),
        "type": int(channel.kind),
        "flags": 0,
        "last_message_id": str(last_message_id) if last_message_id else None,
    }
    if channel.guild is None:
        payload["recipients"] = [user_payload(user) for user in channel.recipients]
        if channel.kind is ChannelKind.GROUP:
            owner = channel.recipients[0]
            payload |= {"name": channel.name, "icon": None, "owner_id": str(owner.id)}
        return payload
    return payload | {
        "guild_id": str(channel.guild.id),
        "name": channel.name,
        "topic": channel.topic,
        "position": channel.position,
        "parent_id": None,
        "nsfw": False,
        "rate_limit_per_user": 0,
        "permission_overwrites": _overwrites(channel),
    }


def guild_payload(guild: Guild) -> Json:
    """Return a guild object as REST shows it, without channels and members."""
    switched_off = (
        "icon description home_header splash discovery_splash banner application_id "
        "afk_channel_id system_channel_id widget_channel_id max_presences vanity_url_code "
        "rules_channel_id safety_alerts_channel_id public_updates_channel_id incidents_data"
    )
    payload: Json = dict.fromkeys(switched_off.split())
    return payload | {
        "id": str(guild.id),
        "name": guild.name,
        "owner_id": str(guild.owner.id),
        "region": "deprecated",
        "features": [],
        "roles": [role_payload(role) for role in guild.roles],
        "emojis": [],
        "stickers": [],
        "afk_timeout": 300,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "verification_level": 1,
        "default_message_notifications": 1,
        "explicit_content_filter": 2,
        "mfa_level": 0,
        "max_members": 500_000,
        "max_video_channel_users": 25,
        "max_stage_video_channel_users": 50,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "preferred_locale": guild.locale,
        "nsfw": False,
        "nsfw_level": 0,
    }


def guild_create_payload(world: World, guild: Guild) -> Json:
    """Return what GUILD_CREATE carries: without privileged intents only the bot is a member."""
    bot = guild.members[world.bot.id]
    return guild_payload(guild) | {
        "joined_at": guild.joined_at.isoformat(),
        "large": False,
        "unavailable": False,
        "member_count": len(guild.members),
        "members": [member_payload(bot)],
        "channels": [channel_payload(channel) for channel in world.channels_of(guild)],
        "threads": [],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def application_payload(world: World) -> Json:
    """Return the bot's application, as `/applications/@me` shows it to the bot."""
    owner = next(iter(world.people.values()))
    install = {"scopes": ["bot", "applications.commands"], "permissions": "0"}
    return {
        "id": str(world.application_id),
        "name": world.bot.name,
        "icon": None,
        "description": "For people who collect and talk about records.",
        "summary": "",
        "type": None,
        "bot": user_payload(world.bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "hook": True,
        "owner": user_payload(owner),
        "team": None,
        "tags": ["music"],
        "redirect_uris": [],
        "rpc_origins": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "approximate_guild_count": 1,
        "approximate_user_install_count": 1,
        "approximate_user_authorization_count": 1,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
        "integration_types_config": {
            "0": {"oauth2_install_params": install},
            "1": {"oauth2_install_params": install | {"scopes": ["applications.commands"]}},
        },
    }


def _overwrites(channel: Channel) -> list[Json]:
    guild = channel.guild
    if not channel.bot_is_denied or guild is None:
        return []
    bot_roles = [role for role in guild.roles if role.managed_for]
    return [
        {
            "id": str(role.id),
            "type": 0,
            "allow": "0",
            "deny": str(int(channel.bot_is_denied) & ALL_PERMISSIONS),
        }
        for role in bot_roles
    ]
