"""Everything the bot talks to, on one machine and without the internet."""

from contextlib import AsyncExitStack

from bot.sandbox.discogs import DiscogsStandIn
from bot.sandbox.discord import DiscordStandIn
from bot.sandbox.euria import EuriaStandIn
from bot.sandbox.lifecycle import Startable
from bot.sandbox.spotify import SpotifyStandIn


class Sandbox(Startable):
    """The four stand-ins, started and stopped together.

    Attributes:
        discord: Discord.
        spotify: Spotify.
        discogs: Discogs.
        euria: EurIA.
    """

    def __init__(
        self,
        *,
        discord: DiscordStandIn | None = None,
        spotify: SpotifyStandIn | None = None,
        discogs: DiscogsStandIn | None = None,
        euria: EuriaStandIn | None = None,
    ) -> None:
        """Take stand-ins that were made elsewhere, and make the others; none is started yet."""
        self.discord = discord or DiscordStandIn()
        self.spotify = spotify or SpotifyStandIn()
        self.discogs = discogs or DiscogsStandIn()
        self.euria = euria or EuriaStandIn()
        self._running = AsyncExitStack()

    async def start(self) -> None:
        """Start all of them; those already started are stopped again when one cannot.

        Raises:
            OSError: A port is taken.
        """
        async with AsyncExitStack() as started:
            for each in (self.discord, self.spotify, self.discogs, self.euria):
                await each.start()
                started.push_async_callback(each.stop)
            self._running = started.pop_all()

    async def stop(self) -> None:
        """Stop all of them, the last started first."""
        await self._running.aclose()

    def environment(self) -> dict[str, str]:
        """Return the settings that point a bot at this sandbox.

        Raises:
            RuntimeError: The sandbox is not running.
        """
        return {
            "DISCORD_TOKEN": self.discord.bot_token,
            "DISCORD_API_URL": self.discord.api_url,
            "DISCORD_CDN_URL": self.discord.cdn_url,
            "SPOTIFY_CLIENT_ID": self.spotify.client_id,
            "SPOTIFY_CLIENT_SECRET": self.spotify.client_secret,
            "SPOTIFY_API_URL": self.spotify.api_url,
            "SPOTIFY_ACCOUNTS_URL": self.spotify.accounts_url,
            "DISCOGS_TOKEN": self.discogs.token,
            "DISCOGS_CONSUMER_KEY": self.discogs.consumer_key,
            "DISCOGS_CONSUMER_SECRET": self.discogs.consumer_secret,
            "DISCOGS_API_URL": self.discogs.api_url,
            "DISCOGS_AUTHORIZE_URL": self.discogs.authorize_url,
            "EURIA_TOKEN": self.euria.token,
            "EURIA_API_URL": self.euria.api_url,
            "EURIA_MODEL": self.euria.model,
        }
