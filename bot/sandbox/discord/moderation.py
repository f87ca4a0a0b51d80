"""What moderators do to a channel while the bot is there: take permissions away, or delete it."""

from bot.sandbox.discord.changes import ChannelChanged
from bot.sandbox.discord.payloads import channel_payload
from bot.sandbox.discord.places import Channel, Permission
from bot.sandbox.discord.platform import Platform
from bot.sandbox.discord.protocol import Intent
from bot.sandbox.discord.snowflakes import Json


class Moderation:
    """Changes the channels of the bot's servers, and lets the bot hear of it."""

    def __init__(self, platform: Platform) -> None:
        """Moderate this platform."""
        self._platform = platform

    def deny(self, channel: str, permissions: Permission) -> None:
        """Deny the bot exactly these permissions in a channel, `Permission.NONE` for none.

        Raises:
            ValueError: There is no such channel in a server of the bot's.
        """
        changed = self._channel(channel)
        changed.bot_is_denied = permissions
        self._tell("CHANNEL_UPDATE", changed)

    def delete_channel(self, channel: str) -> None:
        """Delete a channel; nobody reads anything in it any more.

        Raises:
            ValueError: There is no such channel in a server of the bot's.
        """
        deleted = self._channel(channel)
        self._platform.world.remove_channel(deleted)
        self._tell("CHANNEL_DELETE", deleted)

    def _channel(self, key: str) -> Channel:
        found = self._platform.world.channels.get(key)
        if found is None or found.guild is None or not found.has_bot:
            message = f"{key!r} is no channel in a server of the bot's"
            raise ValueError(message)
        return found

    def _tell(self, event: str, channel: Channel) -> None:
        payload: Json = channel_payload(channel)
        platform = self._platform
        platform.gateway.broadcast(
            event,
            channel.guild_id,
            lambda intents: payload if Intent.GUILDS in intents else None,
        )
        platform.events.publish(ChannelChanged(channel))
        platform.changes.notify()
