"""Direct messages through dpytest: which ones are answered, and with which search.

dpytest 0.7.0 puts a fake HTTP client and state under discord.py inside this process. It has no
interactions (they are in ``test_interactions.py``) and does not know components V2: its fake
``send_message`` drops ``components`` and returns a message without them. ``SeeingHttp`` notes what
was sent before that happens.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

import discord
import discord.ext.test as dpytest
import pytest
from discord.ext import commands
from fakes.links import Things
from fakes.music import FullSpotify, make_lookup, make_music_messages
from fakes.suggestions import NoSuggestions

from bot.errors import Answers
from bot.i18n import Catalogue
from bot.ui.linked_message import LinkedMessages
from bot.ui.music_message import MusicMessages
from bot.ui.stream import ProgressiveMessages
from cogs.search import setup
from services.answers import Answer, Source
from services.catalogue.models import SearchKind, SearchResults
from services.catalogue.service import CatalogueService
from services.resilience.clock import SystemClock
from services.spotify.models import SpotifyItem, SpotifyKind, SpotifyResults

ALBUM = "1weenld61qoidwYuZ1GESA"
PAGE = f"https://open.spotify.com/album/{ALBUM}"
LINKED = SpotifyItem(kind=SpotifyKind.ALBUM, spotify_id=ALBUM, name="Blue Train", url=PAGE)


@dataclass
class FakeCatalogue:
    """Finds one album for everything, and remembers what was asked."""

    asked: list[tuple[str, SearchKind]] = field(default_factory=list)

    def upstreams(self, kind: SearchKind) -> tuple[str, ...]:
        del kind
        return ("spotify",)

    async def search(self, query: str, kind: SearchKind) -> AsyncGenerator[SearchResults, None]:
        self.asked.append((query, kind))
        item = SpotifyItem(
            kind=SpotifyKind.ALBUM,
            spotify_id="x" * 22,
            name=f"Found: {query}",
            url="https://open.spotify.com/album/x",
        )
        found = SpotifyResults(items=(item,), search_url="https://open.spotify.com/search/x")
        answer = Answer(value=found, source=Source.LIVE)
        yield SearchResults(query=query, kind=kind, spotify=answer, best=item)


@dataclass
class FakeServices:
    """What the cog's ``setup`` takes from its host."""

    catalogue: CatalogueService
    messages: ProgressiveMessages
    answers: Answers
    music_messages: MusicMessages
    linked_messages: LinkedMessages
    suggestions: NoSuggestions = field(default_factory=NoSuggestions)


class Bot(commands.Bot):
    """A small host: only the search cog, and no text commands, as in ``bot/client.py``."""

    def __init__(self, services: FakeServices) -> None:
        # dpytest needs members; messages of servers come here, so that the cog must ignore them.
        intents = discord.Intents(guilds=True, members=True, messages=True, message_content=True)
        super().__init__(commands.when_mentioned, intents=intents, help_command=None)
        self.services = services

    async def setup_hook(self) -> None:
        await setup(self)

    async def on_message(self, message: discord.Message, /) -> None:
        """No text commands."""


class SeeingHttp(dpytest.backend.FakeHttp):
    """Notes the whole body of each message that dpytest's client sends."""

    sent: list[dict[str, Any]]
    typed: int

    async def send_message(  # type: ignore[override]  # as in dpytest
        self, channel_id: int, *, params: discord.http.MultipartParameters
    ) -> dict[str, Any]:
        # The original looks for this name in the frame that calls it: so it must be in this one.
        channel = dpytest.backend._get_higher_locs(1)["channel"]
        assert channel.id == channel_id
        self.sent.append(dict(params.payload or {}))
        answer: dict[str, Any] = await super().send_message(channel_id, params=params)
        return answer

    async def send_typing(self, channel_id: int) -> None:  # type: ignore[override]  # as in dpytest
        del channel_id
        self.typed += 1


@dataclass
class World:
    """The bot, what it asked for and what it sent."""

    bot: Bot
    catalogue: FakeCatalogue
    http: SeeingHttp
    alice: discord.User

    async def say(self, text: str, *, by: discord.abc.User | None = None) -> None:
        """Send ``text`` to the bot as a direct message, and wait for the answer."""
        await dpytest.message(text, channel=await self.channel(), member=by or self.alice)

    async def channel(self) -> discord.DMChannel:
        return self.alice.dm_channel or await self.alice.create_dm()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    catalogue, things = FakeCatalogue(), Things(things={f"album:{ALBUM}": LINKED})
    clock = SystemClock()
    messages = ProgressiveMessages(clock=clock)
    lookup = make_lookup(FullSpotify(), clock=clock)
    services = FakeServices(
        catalogue=cast("CatalogueService", catalogue),
        messages=messages,
        linked_messages=LinkedMessages(music=things.music(), messages=messages),
        answers=Answers(Catalogue()),
        music_messages=make_music_messages(lookup, clock=clock),
    )
    bot = Bot(services)
    await bot._async_setup_hook()
    await bot.setup_hook()
    dpytest.configure(bot, guilds=1, text_channels=1, members=1)
    http = bot.http
    seeing = SeeingHttp(loop=asyncio.get_running_loop())
    seeing.state, seeing.sent, seeing.typed = cast("Any", http).state, [], 0
    bot.http = bot._connection.http = seeing
    alice = dpytest.backend.make_user("alice", 1)
    yield World(bot, catalogue, seeing, discord.User(state=bot._connection, data=_user(alice)))
    with contextlib.suppress(asyncio.QueueEmpty):
        await dpytest.empty_queue()


def _user(user: discord.abc.User) -> Any:  # noqa: ANN401  # Discord's JSON
    return {"id": user.id, "username": user.name, "discriminator": "0", "avatar": None}


def text_of(body: dict[str, Any]) -> str:
    """Return the text of a body's components V2."""

    found: list[str] = []
    waiting = list(body["components"])
    while waiting:
        component = waiting.pop(0)
        found.append(component.get("content", ""))
        waiting[:0] = component.get("components", [])
    return "\n".join(filter(None, found))


@pytest.mark.parametrize(
    "text", ["blue train", "kind of blue?", "http://x.example/y", "Sigur Rós – ( )", "/search blue"]
)
async def test_direct_message_is_searched_for_exactly_as_written(world: World, text: str) -> None:
    await world.say(text)

    assert world.catalogue.asked == [(text, SearchKind.EVERYTHING)]


async def test_direct_message_is_tidied_before_it_is_searched_for(world: World) -> None:
    await world.say("  blue \n\u202e train\u200b ")

    assert world.catalogue.asked == [("blue train", SearchKind.EVERYTHING)]


async def test_direct_message_is_answered_in_its_channel_and_pings_nobody(world: World) -> None:
    await world.say("blue train")

    [body] = world.http.sent
    assert "Found: blue train" in text_of(body)
    assert body["flags"] & (1 << 15)
    assert body["allowed_mentions"] == {"parse": []}
    assert world.http.typed == 1


async def test_direct_message_with_a_link_is_answered_with_what_it_leads_to(world: World) -> None:
    await world.say(f"have you heard <{PAGE}?si=1>?")

    [body] = world.http.sent
    assert f"[Blue Train]({PAGE})" in text_of(body)
    assert world.catalogue.asked == []


async def test_direct_message_with_a_link_that_has_no_card_is_answered_kindly(world: World) -> None:
    await world.say(f"https://open.spotify.com/show/{ALBUM}")

    [body] = world.http.sent
    assert "That link leads to a podcast on Spotify." in text_of(body)
    assert world.catalogue.asked == []


async def test_useless_direct_message_is_answered_and_not_searched_for(world: World) -> None:
    await world.say("!")

    [body] = world.http.sent
    assert "too short" in text_of(body)
    assert world.catalogue.asked == []


@pytest.mark.parametrize("text", ["", " ", "\n\t"], ids=["empty", "blank", "blank lines"])
async def test_message_without_text_is_ignored(world: World, text: str) -> None:
    # Such as one that is only a picture or a sticker.
    await world.say(text)

    assert world.http.sent == []


async def test_message_of_a_bot_is_ignored(world: World) -> None:
    robot = _user(world.alice) | {"id": 77, "bot": True}
    await world.say("blue train", by=discord.User(state=world.bot._connection, data=robot))

    assert world.catalogue.asked == []
    assert world.http.sent == []


async def test_bot_does_not_answer_itself(world: World) -> None:
    await world.say("blue train")
    await dpytest.run_all_events()

    assert len(world.catalogue.asked) == 1
    assert len(world.http.sent) == 1


async def test_message_in_a_server_is_ignored(world: World) -> None:
    await dpytest.message("blue train")

    assert world.catalogue.asked == []
    assert world.http.sent == []


async def test_mention_in_a_server_is_ignored(world: World) -> None:
    user = world.bot.user
    assert user is not None

    await dpytest.message(f"{user.mention} blue train")

    assert world.catalogue.asked == []
