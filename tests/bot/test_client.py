"""The discord.py bot before it is connected: where it points, what it may do, what it loads."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import discord
import pytest
import yarl
from discord.ext import commands
from harness.databases import make_sqlite_template, open_database

from bot.assembly import make_services
from bot.client import EXTENSIONS, AimeBot, point_discord_at
from bot.errors import Answers, CommandTree
from bot.i18n import Catalogue
from bot.services import Services
from bot.settings import Settings
from bot.ui.pictures import Pictures
from bot.upstreams import open_upstreams
from services.resilience.clock import SystemClock

REAL_API, REAL_CDN = "https://discord.com/api", "https://cdn.discordapp.com"
CATALOGUE = Catalogue()


@pytest.fixture
def discord_library() -> Iterator[None]:
    """Put discord.py's class attributes back."""
    route, asset = discord.http.Route.BASE, discord.asset.Asset.BASE
    gateway = discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    yield
    discord.http.Route.BASE, discord.asset.Asset.BASE = route, asset
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = gateway


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    """The real services without any key: every call is refused, nothing is sent."""
    clock, settings = SystemClock(), Settings(data_dir=tmp_path)
    await make_sqlite_template(tmp_path / "aime.db")
    async with (
        open_database(tmp_path / "aime.db") as database,
        open_upstreams(settings, database, clock=clock) as upstreams,
    ):
        pictures = Pictures(clock=clock)
        made, _ = make_services(
            settings, CATALOGUE, upstreams, database, pictures=pictures, clock=clock
        )
        yield made


@pytest.fixture
async def bot(services: Services) -> AsyncIterator[AimeBot]:
    async with AimeBot(services=services, languages=CATALOGUE) as bot:
        yield bot


# --- Pointing discord.py at a Discord


@pytest.mark.usefixtures("discord_library")
def test_default_addresses_leave_the_gateway_untouched() -> None:
    before = discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY

    point_discord_at(REAL_API, REAL_CDN)

    assert before == discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    assert discord.http.Route.BASE == "https://discord.com/api/v10"
    assert discord.asset.Asset.BASE == REAL_CDN


@pytest.mark.usefixtures("discord_library")
@pytest.mark.parametrize(
    ("api_url", "gateway"),
    [
        pytest.param("http://127.0.0.1:8123/api", "ws://127.0.0.1:8123/gateway", id="loopback"),
        pytest.param("http://[::1]:8123/api", "ws://[::1]:8123/gateway", id="loopback in IPv6"),
        pytest.param("https://proxy.example/api", "wss://proxy.example/gateway", id="proxy"),
    ],
)
def test_another_discord_has_its_gateway_beside_its_api(api_url: str, gateway: str) -> None:
    point_discord_at(api_url, "http://127.0.0.1:8124")

    assert yarl.URL(gateway) == discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    assert discord.http.Route("GET", "/users/@me").url == f"{api_url}/v10/users/@me"
    assert discord.asset.Asset.BASE == "http://127.0.0.1:8124"


# --- What it may do


async def test_bot_needs_no_privileged_intent(bot: AimeBot) -> None:
    privileged = discord.Intents(members=True, presences=True, message_content=True)

    assert bot.intents.value & privileged.value == 0
    assert bot.intents == discord.Intents(guilds=True, dm_messages=True)


async def test_bot_pings_nobody_by_default(bot: AimeBot) -> None:
    allowed = bot.allowed_mentions

    assert allowed is not None
    assert not any((allowed.everyone, allowed.users, allowed.roles, allowed.replied_user))


async def test_bot_keeps_no_messages_and_no_members(bot: AimeBot) -> None:
    assert list(bot.cached_messages) == []
    assert bot._connection.max_messages is None
    assert bot._connection.member_cache_flags == discord.MemberCacheFlags.none()


async def test_bot_has_no_text_commands(bot: AimeBot) -> None:
    for extension in EXTENSIONS:
        await bot.load_extension(extension)

    assert list(bot.commands) == []
    assert bot.help_command is None
    assert type(bot).on_message is not commands.Bot.on_message


# --- What it loads


async def test_every_extension_loads_and_brings_its_command(bot: AimeBot) -> None:
    for extension in EXTENSIONS:
        await bot.load_extension(extension)

    names = sorted(command.name for command in bot.tree.get_commands())
    expected = [
        "Find music links",
        "account",
        "album",
        "artist",
        "collection",
        "describe",
        "digest",
        "discover",
        "haiku",
        "help",
        "playlist",
        "release",
        "search",
        "settings",
        "status",
        "track",
        "wantlist",
    ]
    assert names == expected


async def test_errors_of_commands_go_to_our_tree(bot: AimeBot) -> None:
    assert isinstance(bot.tree, CommandTree)


@pytest.mark.parametrize(
    ("shard_ids", "expected"), [((), None), ((1, 2), [1, 2])], ids=["all shards", "some shards"]
)
async def test_bot_runs_the_shards_it_is_told(
    services: Services, shard_ids: tuple[int, ...], expected: list[int] | None
) -> None:
    bot = AimeBot(services=services, languages=CATALOGUE, shard_ids=shard_ids, shard_count=4)

    assert bot.shard_ids == expected
    assert bot.shard_count == 4


async def test_closing_twice_drains_once(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    drained: list[float] = []

    async def drain(_: Answers, seconds: float) -> None:
        drained.append(seconds)

    monkeypatch.setattr(Answers, "drain", drain)
    async with AimeBot(services=services, languages=CATALOGUE) as bot:
        await bot.close()
        await bot.close()

    assert drained == [5.0]
