"""The discord.py bot: intents, extensions by name, command sync."""

import logging
from typing import Final

import discord
import yarl
from discord.ext import commands

from bot.errors import CommandTree
from bot.i18n import Catalogue, CommandTranslator
from bot.services import Services

_LOGGER = logging.getLogger(__name__)

EXTENSIONS: Final = (
    "cogs.account",
    "cogs.collection",
    "cogs.describe",
    "cogs.digest",
    "cogs.digest_post",
    "cogs.discover",
    "cogs.haiku",
    "cogs.help",
    "cogs.links",
    "cogs.music",
    "cogs.playlist",
    "cogs.release",
    "cogs.search",
    "cogs.settings",
    "cogs.status",
    "cogs.wantlist",
)

_DRAIN_SECONDS: Final = 5.0
_API_VERSION: Final = "v10"


def point_discord_at(api_url: str, cdn_url: str) -> None:
    """Make discord.py talk to another Discord; call before the client is built.

    Args:
        api_url: Base without a version, such as ``https://discord.com/api``.
        cdn_url: Where avatars come from.

    discord.py reads these class attributes at every request (tried with 2.7.1).
    """
    # Voice is not used; do not warn that its packages are missing.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    discord.http.Route.BASE = f"{api_url}/{_API_VERSION}"
    discord.asset.Asset.BASE = cdn_url
    url = yarl.URL(api_url)
    if url.host != "discord.com":
        scheme = "wss" if url.scheme == "https" else "ws"
        gateway = yarl.URL.build(scheme=scheme, host=url.host or "", port=url.port, path="/gateway")
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = gateway


class AimeBot(commands.AutoShardedBot):
    """Our bot. It needs no privileged intent: commands, and direct messages."""

    def __init__(
        self,
        *,
        services: Services,
        languages: Catalogue,
        guild_ids: tuple[int, ...] = (),
        shard_ids: tuple[int, ...] = (),
        shard_count: int | None = None,
    ) -> None:
        """Prepare the bot; nothing is connected yet.

        Args:
            services: What the cogs are handed.
            languages: For command descriptions and error sentences.
            guild_ids: Where commands are synced at once, instead of everywhere.
            shard_ids: The shards of this process; all of them when empty.
            shard_count: Shards in all; None asks Discord.
        """
        super().__init__(
            command_prefix=commands.when_mentioned,
            tree_cls=_tree_speaking(languages),
            help_command=None,
            intents=discord.Intents(guilds=True, dm_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            shard_count=shard_count,
            # None means all; the annotation in discord.py 2.7.1 forgets that.
            shard_ids=list(shard_ids) or None,  # type: ignore[arg-type]
        )
        self.services = services
        self._languages = languages
        self._guild_ids = guild_ids

    async def setup_hook(self) -> None:
        """Load the cogs and tell Discord which commands there are; runs once, before READY."""
        # Logged in: messages can be changed and posted from now on.
        self.services.door.open(self)
        self.services.operators.learn(self.application)
        for extension in EXTENSIONS:
            await self.load_extension(extension)
        await self.tree.set_translator(CommandTranslator(self._languages))
        if not self._guild_ids:
            await self.tree.sync()
        for guild_id in self._guild_ids:
            guild = discord.Object(guild_id)
            self.tree.copy_global_to(guild=guild)
            await self.tree.sync(guild=guild)

    async def on_message(self, message: discord.Message, /) -> None:
        """Do nothing: there are no text commands; the search cog listens to direct messages."""

    async def on_ready(self) -> None:
        """Say that it works."""
        user = self.user.name if self.user else "?"
        _LOGGER.info("connected as %s, in %s servers", user, len(self.guilds))

    async def on_error(self, event_method: str, /, *_: object, **__: object) -> None:
        """Log what an event handler let through; users were answered at the cogs' edge."""
        # discord.py calls this inside its ``except``, so the traceback is at hand.
        _LOGGER.exception("unexpected error in %s", event_method)  # noqa: LOG004

    async def end_answers(self) -> None:
        """End the answers under way with a sentence, and begin no more."""
        if not self.is_closed():
            await self.services.answers.drain(_DRAIN_SECONDS)

    async def close(self) -> None:
        """End the answers under way, if that was not done before, then disconnect."""
        await self.end_answers()
        await super().close()


def _tree_speaking(languages: Catalogue) -> type[CommandTree]:
    class Tree(CommandTree):
        def __init__(self, client: discord.Client) -> None:
            super().__init__(client, catalogue=languages)

    return Tree
