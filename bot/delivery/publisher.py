"""``ChannelPublisher``: posts to channels and to people, once per key."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
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
        channel = client.get_partial_messageable(channel_id)
        return await self._send(channel, content, locale=locale, key=key)

    async def tell(self, user_id: int, content: object, *, locale: str, key: str) -> int:
        """Send ``content`` to a person as a direct message; the same key makes no second one.

        Raises:
            DiscordUnavailable: Not now; whether it was sent may be unknown.
            Refused: They take no messages from the bot.
        """
        client = await self._door.client()
        with refusals():
            channel = await client.create_dm(discord.Object(user_id))
        return await self._send(channel, content, locale=locale, key=key)

    async def _send(
        self, channel: discord.abc.Messageable, content: object, *, locale: str, key: str
    ) -> int:
        view = finished(self._renderings.view(content, locale))
        nonce = hashlib.sha256(key.encode()).hexdigest()[:_LONGEST_NONCE]
        with refusals():
            message = await channel.send(view=view, nonce=nonce, allowed_mentions=_NO_PINGS)
        return message.id


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what Discord refuses into DiscordUnavailable or Refused."""
    try:
        with temporary_refusals():
            yield
    except (discord.Forbidden, discord.NotFound) as error:
        raise Refused(f"{error.status} {error.code}") from None
