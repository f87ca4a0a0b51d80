"""``/digest`` in a bot of its own: the real cog and schedules, before a stand-in for Discord."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import discord
import pytest
import yarl
from discord import ui
from discord.ext import commands
from fakes.clock import WALL_START

from bot.demo.conversation import is_final
from bot.errors import Answers, CommandTree
from bot.i18n import Catalogue, CommandTranslator
from bot.sandbox.discord import DiscordStandIn, Message, Permission
from bot.ui.notices import notice
from cogs.digest import setup
from harness.bots import eventually
from harness.databases import open_database
from services.accounts.models import DiscogsLink
from services.digests.members import DigestMembers
from services.digests.models import Cadence, NewSchedule, Schedule, Slot, Timing
from services.digests.schedules import DigestSchedules
from services.resilience.clock import SystemClock

CATALOGUE = Catalogue()


class FixedClock(SystemClock):
    """It is always the same moment: a Monday noon."""

    def now(self) -> datetime:
        return WALL_START


@dataclass
class FakePosting:
    """Notes what is posted by hand."""

    asked: list[tuple[int, int]] = field(default_factory=list)

    async def post_now(self, guild_id: int, digest_id: int) -> Slot:
        self.asked.append((guild_id, digest_id))
        return Slot(digest_id, WALL_START)


@dataclass
class FakePreviews:
    """Says what it is told to.

    Attributes:
        text: Of the preview; None when there is nothing to post.
        error: What composing meets.
        today: One was posted today.
        just_now: One was posted less than a minute ago.
    """

    text: str | None = "Two new records"
    error: Exception | None = None
    today: bool = False
    just_now: bool = False

    async def view(self, schedule: Schedule) -> ui.LayoutView | None:
        del schedule
        if self.error is not None:
            raise self.error
        return None if self.text is None else notice(self.text)

    def was_posted_today(self, schedule: Schedule) -> bool:
        del schedule
        return self.today

    def was_posted_just_now(self, schedule: Schedule) -> bool:
        del schedule
        return self.just_now


@dataclass
class FakeLinks:
    """Everybody has linked an account, unless told otherwise."""

    is_linked: bool = True

    async def describe(self, user_id: int) -> DiscogsLink | None:
        del user_id
        if not self.is_linked:
            return None
        return DiscogsLink(username="me", is_proven=True, may_write=True, linked_at=WALL_START)


@dataclass
class DigestServices:
    """What the cog takes from the bot."""

    digest_schedules: DigestSchedules
    digest_members: DigestMembers
    digest_posting: FakePosting = field(default_factory=FakePosting)
    digest_preview: FakePreviews = field(default_factory=FakePreviews)
    discogs_links: FakeLinks = field(default_factory=FakeLinks)
    answers: Answers = field(default_factory=lambda: Answers(CATALOGUE))


class _Tree(CommandTree):
    def __init__(self, client: discord.Client) -> None:
        super().__init__(client, catalogue=CATALOGUE)


class DigestBot(commands.Bot):
    """Has no other command."""

    def __init__(self, services: DigestServices) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            tree_cls=_Tree,
            intents=discord.Intents(guilds=True),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=0.05,  # seconds; READY then says what servers there are
        )
        self.services = services

    async def setup_hook(self) -> None:
        await setup(self)
        await self.tree.set_translator(CommandTranslator(CATALOGUE))
        await self.tree.sync()


@dataclass
class DigestStage:
    """People who use ``/digest``, and what stands behind it."""

    discord: DiscordStandIn
    services: DigestServices
    bot: DigestBot

    async def put(self, guild_id: int | None = None) -> Schedule:
        """Store a digest of Alice's in this server, or in another one."""
        wish = NewSchedule(
            guild_id=self.guild_id if guild_id is None else guild_id,
            channel_id=self.discord.channels["vinyl"].id,
            creator_id=self.discord.users["alice"].id,
            timing=Timing(cadence=Cadence.WEEKLY, hour=8, zone="Europe/Zurich", weekday=0),
        )
        return await self.services.digest_schedules.create(wish)

    @property
    def guild_id(self) -> int:
        """The server's."""
        return self.discord.channels["general"].guild_id or 0

    async def deny(self, name: str, permission: Permission) -> None:
        """Deny the bot something in a channel, and wait until it knows."""
        channel = self.bot.get_channel(self.discord.channels[name].id)
        assert isinstance(channel, discord.TextChannel)
        before = channel.permissions_for(channel.guild.me)
        self.discord.moderation.deny(name, permission)
        await eventually(lambda: channel.permissions_for(channel.guild.me) != before)

    async def delete(self, name: str) -> None:
        """Delete a channel, and wait until the bot knows."""
        channel_id = self.discord.channels[name].id
        self.discord.moderation.delete_channel(name)
        await eventually(lambda: self.bot.get_channel(channel_id) is None)

    async def say(
        self,
        name: str,
        /,
        *,
        user: str = "alice",
        locale: str = "en-US",
        place: str = "general",
        **options: Any,  # noqa: ANN401  # passed through
    ) -> Message:
        """Use ``/digest name``; returns the answer."""
        exchange = await self.discord.run_command(
            f"digest {name}", _options(options), user=user, locale=locale, channel=place
        )
        await exchange.wait_until(is_final)
        return exchange.last

    async def press(self, message: Message, label: str, *, user: str = "alice") -> Message:
        """Press the button of that name; returns the answer."""
        [custom_id] = [
            str(button["custom_id"]) for button in message.buttons if button.get("label") == label
        ]
        exchange = await self.discord.press(message, custom_id, user=user)
        await exchange.wait_until(is_final)
        return exchange.last

    async def choose(self, message: Message, value: str) -> Message:
        """Choose what is only offered by one menu."""
        [custom_id] = [
            str(menu["custom_id"])
            for menu in message.selects
            if value in [option["value"] for option in menu["options"]]
        ]
        exchange = await self.discord.choose(message, custom_id, [value])
        await exchange.wait_until(is_final)
        return exchange.last

    async def fill_in(self, values: Mapping[str, object], **options: object) -> Message:
        """Open the form of ``/digest edit`` and send it with these values."""
        opened = await self.discord.run_command("digest edit", options)
        await opened.wait_acknowledged(3)
        sent = await self.discord.submit_modal(opened, values)
        await sent.wait_until(is_final)
        return sent.last

    async def create(self, **options: Any) -> tuple[Message, Schedule]:  # noqa: ANN401  # passed through
        """Have Alice set up a weekly digest in #vinyl, unless ``options`` say otherwise."""
        wish: dict[str, Any] = {
            "channel": "vinyl",
            "cadence": "weekly",
            "hour": 8,
            "timezone": "Europe/Zurich",
        }
        panel = await self.say("create", **(wish | options))
        *_, newest = await self.services.digest_schedules.list(self.guild_id)
        return panel, newest

    async def schedule(self, digest_id: int) -> Schedule:
        """Return a digest as it is stored now."""
        found = await self.services.digest_schedules.get(self.guild_id, digest_id)
        assert found is not None
        return found


@asynccontextmanager
async def digest_stage(file: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DigestStage]:
    """Run the bot inside the block, with a database of SQLite that has all tables."""
    async with DiscordStandIn() as stand_in, open_database(file) as database:
        gateway = yarl.URL(stand_in.gateway_url)
        monkeypatch.setattr(discord.http.Route, "BASE", f"{stand_in.api_url}/v10")
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
        clock = FixedClock()
        services = DigestServices(
            digest_schedules=DigestSchedules(database, clock=clock),
            digest_members=DigestMembers(database, clock=clock),
        )
        bot = DigestBot(services)
        async with _running(bot, stand_in.bot_token):
            await stand_in.wait_ready()
            await eventually(lambda: any(guild.channels for guild in bot.guilds))
            yield DigestStage(stand_in, services, bot)


@asynccontextmanager
async def _running(bot: DigestBot, token: str) -> AsyncIterator[None]:
    task = asyncio.create_task(bot.start(token))
    try:
        yield
    finally:
        await bot.close()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
