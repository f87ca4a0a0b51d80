"""The discord.py bot before it is connected: where it points, what it may do, what it loads."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import discord
import pytest
import yarl
from discord.ext import commands
from fakes.accounts import ChangingKeys
from fakes.chance import FixedChance
from fakes.promises import FakePromises
from fakes.spotify import spotify_sender
from harness.databases import open_database

from bot.client import EXTENSIONS, AimeBot, point_discord_at
from bot.collecting import Jobs, Tools, make_collecting
from bot.delivery.door import Door
from bot.errors import Answers, CommandTree
from bot.i18n import Catalogue
from bot.music import make_music
from bot.operators import Operators
from bot.releasing import make_releasing
from bot.services import Services
from bot.ui.pictures import Pictures
from bot.ui.stream import ProgressiveMessages
from bot.ui.sync_message import SyncMessages
from bot.ui.written_message import WrittenMessages
from bot.upstreams import Upstreams
from services.accounts.cipher import TokenCipher
from services.collection.candidates import CollectionCandidates
from services.descriptions.discovering import Discovery
from services.descriptions.service import DescriptionService
from services.discogs.service import DiscogsService
from services.euria.service import EuriaService
from services.health import Health
from services.http import HttpClient, open_session
from services.jobs.kinds import Handlers
from services.jobs.queue import JobQueue
from services.resilience.clock import SystemClock, system_random
from services.resilience.config import PolicyConfig, StreamLimits
from services.resilience.policy import Policy
from services.spotify.service import SpotifyService
from services.spotify.short_links import ShortLinks

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
    clock, chance = SystemClock(), system_random()

    def make_policy(upstream: str) -> Policy:
        config = PolicyConfig(upstream=upstream, deadline=1, attempt_timeout=1, concurrency=1)
        return Policy(config, clock=clock, chance=chance)

    async with (
        open_session(user_agent="test") as session,
        open_database(tmp_path / "aime.db") as database,
    ):
        http = HttpClient(session, clock=clock)
        sender = spotify_sender(http, make_policy("spotify"), None, clock=clock)
        spotify = SpotifyService(sender, market="CH")
        discogs = DiscogsService(
            http=http, policy=make_policy("discogs"), authorization=None, api_url=""
        )
        euria = EuriaService(
            http=http,
            policy=make_policy("euria"),
            clock=clock,
            token=None,
            api_url="",
            model="",
            limits=StreamLimits(first=1, idle=1, whole=1),
        )
        health = Health(policies={}, missing_settings={}, reduced=frozenset(), clock=clock)
        upstreams = Upstreams(
            spotify=spotify,
            spotify_sender=sender,
            short_links=ShortLinks(http=http, policy=make_policy("spotify")),
            discogs=discogs,
            discogs_oauth=None,
            euria=euria,
            health=health,
        )
        operators, messages = Operators(), ProgressiveMessages(clock=clock)
        descriptions = DescriptionService(discogs=discogs, euria=euria, clock=clock)
        tools = Tools(
            database=database,
            upstreams=upstreams,
            clock=clock,
            jobs=Jobs(JobQueue(database, clock=clock), Handlers()),
            syncs=Jobs(JobQueue(database, clock=clock), Handlers()),
        )
        collecting = make_collecting(
            tools,
            TokenCipher(ChangingKeys(1)),
            operators,
            stale_seconds=1,
        )
        releasing = make_releasing(database, upstreams, collecting, messages=messages, clock=clock)
        music = make_music(tools, collecting, messages=messages)
        yield Services(
            catalogue=music.catalogue,
            music_messages=music.messages,
            music_suggestions=music.suggestions,
            linked_messages=releasing.linked_messages,
            releases=releasing.lookup,
            suggestions=releasing.suggestions,
            descriptions=descriptions,
            health=health,
            collection=collecting.service,
            collection_statistics=collecting.statistics,
            collection_values=collecting.values,
            collection_sync=collecting.sync,
            collection_views=collecting.views,
            collection_editing=collecting.editing,
            wantlist=collecting.wantlist,
            shared_records=collecting.shared,
            discogs_links=collecting.links,
            preferences=collecting.preferences,
            discogs_callback=None,
            sync_messages=SyncMessages(messages=messages, wants=collecting.wantlist, clock=clock),
            pictures=Pictures(clock=clock),
            written_messages=WrittenMessages(
                descriptions=descriptions, later=FakePromises(), messages=messages
            ),
            operators=operators,
            late_descriptions=FakePromises(),
            discovery=Discovery(
                database,
                copies=collecting.service,
                candidates=CollectionCandidates(database, chance=FixedChance(0.0)),
                euria=euria,
                clock=clock,
                chance=FixedChance(0.0),
            ),
            door=Door(),
            messages=messages,
            answers=Answers(CATALOGUE),
        )


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
        "discover",
        "haiku",
        "help",
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
