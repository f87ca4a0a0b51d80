"""The way to Discord for what happens outside of interactions."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import discord

from bot.ui.refusals import REFUSALS
from services.delivery import DiscordUnavailable

_FIRST_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429


class Door:
    """Opens once the bot has logged in; until then, whoever needs Discord waits."""

    def __init__(self) -> None:
        """Begin closed."""
        self._client: asyncio.Future[discord.Client] | None = None

    def open(self, client: discord.Client) -> None:
        """Let everybody through, to ``client``, which has logged in."""
        future = self._future()
        if not future.done():
            future.set_result(client)

    async def client(self) -> discord.Client:
        """Return the client, once it has logged in."""
        return await asyncio.shield(self._future())

    def _future(self) -> asyncio.Future[discord.Client]:
        if self._client is None:
            self._client = asyncio.get_running_loop().create_future()
        return self._client


@contextmanager
def temporary_refusals() -> Iterator[None]:
    """Turn what may work later into DiscordUnavailable; other refusals stay what they are.

    Raises:
        DiscordUnavailable: The network, an outage, or a rate limit.
    """
    try:
        yield
    except discord.RateLimited as error:
        raise DiscordUnavailable("rate limited", retry_after=error.retry_after) from None
    except REFUSALS as error:
        if not isinstance(error, discord.HTTPException):
            raise DiscordUnavailable(type(error).__name__) from None
        if error.status >= _FIRST_SERVER_ERROR or error.status == _TOO_MANY_REQUESTS:
            raise DiscordUnavailable(f"status {error.status}") from None
        raise
