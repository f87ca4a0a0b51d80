"""``ChannelPublisher``: posts to channels, once per key."""

import hashlib
from typing import Final

import discord

from bot.delivery.door import Door, temporary_refusals
from bot.delivery.renderings import Renderings
from bot.ui.reply import finished
from services.delivery import Refused

_NO_PINGS: Final = discord.AllowedMentions.none()
_LONGEST_NONCE: Final = 25  # Discord's limit, in characters


class ChannelPublisher:
    """The Publisher of ``services/delivery.py``."""

    def __init__(self, *, door: Door, renderings: Renderings) -> None:
        """Reach Discord through ``door``."""
        self._door = door
        self._renderings = renderings

    async def post(self, channel_id: int, content: object, *, locale: str, key: str) -> int:
        """Post ``content`` and return the message's id; the same key makes no second message.

        Discord keeps that promise for a few minutes (an enforced nonce); whoever repeats a post
        later looks at the channel first.

        Raises:
            DiscordUnavailable: Not now; whether it was posted may be unknown.
            Refused: The channel is gone, or the bot may not post there.
        """
        client = await self._door.client()
        view = finished(self._renderings.view(content, locale))
        nonce = hashlib.sha256(key.encode()).hexdigest()[:_LONGEST_NONCE]
        try:
            with temporary_refusals():
                channel = client.get_partial_messageable(channel_id)
                message = await channel.send(view=view, nonce=nonce, allowed_mentions=_NO_PINGS)
        except (discord.Forbidden, discord.NotFound) as error:
            raise Refused(f"{error.status} {error.code}") from None
        return message.id
