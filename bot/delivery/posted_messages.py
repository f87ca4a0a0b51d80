"""``ChannelMessages``: looks whether a post of ours stands in a channel already."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import discord

from bot.delivery.door import Door
from bot.delivery.publisher import refusals
from services.delivery import Refused

_MOST_MESSAGES: Final = 1_000
_CLOCKS_DIFFER: Final = timedelta(hours=3)
"""By so much our clock may be ahead of Discord's, or have been: it may be set by hand."""


class ChannelMessages:
    """The PostedMessages of ``services/digests/ports.py``."""

    def __init__(self, *, door: Door) -> None:
        """Reach Discord through ``door``."""
        self._door = door

    async def find(self, channel_id: int, mark: str, after: datetime) -> int | None:
        """Return the id of our message with ``mark`` in a custom id; None: there surely is none.

        Raises:
            DiscordUnavailable: Not now.
            Refused: The channel is gone, or its history may not, or not far enough, be read.
        """
        client = await self._door.client()
        channel = client.get_partial_messageable(channel_id)
        seen = 0
        with refusals():
            async for message in channel.history(limit=_MOST_MESSAGES):
                if message.created_at < after - _CLOCKS_DIFFER:
                    return None
                seen += 1
                if message.author == client.user and mark in _custom_ids(message):
                    return message.id
        if seen == _MOST_MESSAGES:
            raise Refused("the channel has too many messages to look through")
        # Without the permission Discord answers with an empty list, as for an empty channel.
        # https://docs.discord.com/developers/resources/message#get-channel-messages
        if seen == 0 and not _may_read(client, channel_id):
            raise Refused("the channel's history cannot be read")
        return None


def _may_read(client: discord.Client, channel_id: int) -> bool:
    """Return whether the bot is known to have the permission."""
    channel = client.get_channel(channel_id)
    if not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
        return False
    return channel.permissions_for(channel.guild.me).read_message_history


def _custom_ids(message: discord.Message) -> str:
    """Return every custom id in the message, whatever it is nested in, a line each."""
    return "\n".join(_found([component.to_dict() for component in message.components]))


def _found(value: Any) -> Iterator[str]:  # noqa: ANN401  # JSON
    if isinstance(value, dict):
        if isinstance(custom_id := value.get("custom_id"), str):
            yield custom_id
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _found(each)
