"""The gateway: what a raw websocket sees, and how discord.py gets through cuts and restarts."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import discord
import pytest
from discord.ext import commands

from bot.sandbox.discord import DiscordStandIn, Intent

RunBot = Callable[..., Awaitable[commands.Bot]]
Connect = Callable[..., Awaitable[aiohttp.ClientWebSocketResponse]]
GUILDS = 1 << 0


@pytest.fixture
async def connect(stand_in: DiscordStandIn) -> AsyncIterator[Connect]:
    async with aiohttp.ClientSession() as session:

        async def open_socket(query: str = "v=10&encoding=json") -> aiohttp.ClientWebSocketResponse:
            return await session.ws_connect(f"{stand_in.gateway_url}?{query}")

        yield open_socket


def _identify(stand_in: DiscordStandIn, **changes: object) -> dict[str, object]:
    data = {"token": stand_in.bot_token, "intents": GUILDS, "properties": {}}
    return {"op": 2, "d": data | changes}


async def _close_code(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    while not socket.closed:
        await socket.receive(timeout=5)
    return socket.close_code


async def test_hello_comes_first_and_heartbeats_are_acknowledged(connect: Connect) -> None:
    socket = await connect()

    hello = await socket.receive_json()
    await socket.send_json({"op": 1, "d": None})
    ack = await socket.receive_json()

    assert (hello["op"], hello["d"]) == (10, {"heartbeat_interval": 41250})
    assert ack["op"] == 11


async def test_identify_is_answered_with_ready_and_the_servers(
    stand_in: DiscordStandIn, connect: Connect
) -> None:
    socket = await connect()
    await socket.receive_json()

    await socket.send_json(_identify(stand_in))
    ready, guild = await socket.receive_json(), await socket.receive_json()

    assert (ready["t"], ready["s"]) == ("READY", 1)
    assert ready["d"]["resume_gateway_url"] == stand_in.gateway_url
    assert [g["unavailable"] for g in ready["d"]["guilds"]] == [True]
    assert (guild["t"], guild["s"], guild["d"]["name"]) == ("GUILD_CREATE", 2, "Crate Diggers")
    assert stand_in.connections[0].received[0]["d"]["token"] == "***"


async def test_zlib_stream_is_one_stream_flushed_after_each_payload(
    stand_in: DiscordStandIn, connect: Connect
) -> None:
    socket = await connect("v=10&encoding=json&compress=zlib-stream")
    stream = zlib.decompressobj()

    hello = await socket.receive_bytes()
    await socket.send_json(_identify(stand_in))
    ready = await socket.receive_bytes()

    assert hello.endswith(b"\x00\x00\xff\xff")
    assert json.loads(stream.decompress(hello))["op"] == 10
    assert json.loads(stream.decompress(ready))["t"] == "READY"


@pytest.mark.parametrize(
    ("first", "code"),
    [
        pytest.param({"op": 2, "d": {"token": "wrong", "intents": 1}}, 4004, id="wrong token"),
        pytest.param({"intents": None}, 4013, id="no intents"),
        pytest.param({"intents": 1 << 40}, 4013, id="unknown intents"),
        pytest.param({"intents": 1 << 15}, 4014, id="privileged intents"),
        pytest.param({"shard": [2, 2]}, 4010, id="no such shard"),
        pytest.param({"op": 3, "d": {}}, 4003, id="not identified"),
        pytest.param({"op": 99}, 4001, id="unknown opcode"),
        pytest.param("{", 4002, id="not JSON"),
        pytest.param({"op": 1, "d": "x" * 5000}, 4002, id="too long"),
        pytest.param(
            {"op": 6, "d": {"token": "wrong", "session_id": "x", "seq": 1}},
            4004,
            id="resume with a wrong token",
        ),
    ],
)
async def test_socket_is_closed_with_the_code_of_the_mistake(
    stand_in: DiscordStandIn, connect: Connect, first: dict[str, object] | str, code: int
) -> None:
    socket = await connect()
    payload = first if isinstance(first, str) or "op" in first else _identify(stand_in, **first)

    await socket.send_str(payload if isinstance(payload, str) else json.dumps(payload))

    assert await _close_code(socket) == code
    assert stand_in.connections[0].close_code == code


async def test_second_identify_is_refused(stand_in: DiscordStandIn, connect: Connect) -> None:
    socket = await connect()
    await socket.send_json(_identify(stand_in))
    await socket.send_json(_identify(stand_in))

    assert await _close_code(socket) == 4005


async def test_more_than_120_sends_a_minute_are_refused(connect: Connect) -> None:
    socket = await connect()

    await asyncio.gather(*(socket.send_json({"op": 1, "d": None}) for _ in range(121)))

    assert await _close_code(socket) == 4008


async def test_unknown_api_version_and_compression_are_refused(connect: Connect) -> None:
    assert await _close_code(await connect("v=6&encoding=json")) == 4012
    assert await _close_code(await connect("v=10&encoding=json&compress=rot13")) == 4002


async def test_resume_of_an_unknown_session_is_invalid(
    stand_in: DiscordStandIn, connect: Connect
) -> None:
    socket = await connect()
    await socket.receive_json()

    data = {"token": stand_in.bot_token, "session_id": "gone", "seq": 7}
    await socket.send_json({"op": 6, "d": data})

    assert await socket.receive_json() == {"op": 9, "d": False, "s": None, "t": None}


async def test_client_that_says_goodbye_gives_its_session_up(
    stand_in: DiscordStandIn, connect: Connect
) -> None:
    first = await connect()
    await first.send_json(_identify(stand_in))
    await first.receive_json()
    session_id = (await first.receive_json())["d"]["session_id"]
    await first.close(code=1000)

    second = await connect()
    await second.receive_json()
    data = {"token": stand_in.bot_token, "session_id": session_id, "seq": 1}
    await second.send_json({"op": 6, "d": data})

    assert (await second.receive_json())["op"] == 9


async def test_resume_with_a_sequence_from_the_future_is_refused(
    stand_in: DiscordStandIn, connect: Connect
) -> None:
    first = await connect()
    await first.send_json(_identify(stand_in))
    await first.receive_json()
    session_id = (await first.receive_json())["d"]["session_id"]

    second = await connect()
    data = {"token": stand_in.bot_token, "session_id": session_id, "seq": 99}
    await second.send_json({"op": 6, "d": data})

    assert await _close_code(second) == 4007


async def test_members_can_be_asked_for(stand_in: DiscordStandIn, connect: Connect) -> None:
    socket = await connect()
    await socket.send_json(_identify(stand_in))
    guild_id = stand_in.channels["general"].guild_id
    bob = stand_in.users["bob"].id
    data = {"guild_id": str(guild_id), "user_ids": [str(bob)], "limit": 0, "nonce": "n"}

    await socket.send_json({"op": 8, "d": data})
    events = [await socket.receive_json() for _ in range(4)]

    chunk = events[-1]["d"]
    assert [member["user"]["username"] for member in chunk["members"]] == ["bob"]
    assert chunk["nonce"] == "n"


class TestSilence:
    """A client that stops its heartbeats is dropped."""

    @pytest.fixture
    def stand_in_options(self) -> dict[str, object]:
        return {"heartbeat_interval_seconds": 0.1}

    async def test_client_without_heartbeats_is_closed_with_4009(self, connect: Connect) -> None:
        assert await _close_code(await connect()) == 4009


class TestPrivilegedIntents:
    """Message content is only there when it is switched on for the application."""

    @pytest.fixture
    def stand_in_options(self) -> dict[str, object]:
        return {"privileged_intents": Intent.MESSAGE_CONTENT}

    async def test_message_content_arrives_with_the_intent(
        self, stand_in: DiscordStandIn, connect: Connect
    ) -> None:
        socket = await connect()
        await socket.send_json(_identify(stand_in, intents=1 << 9 | 1 << 15))
        await socket.receive_json()
        await socket.receive_json()

        await stand_in.send_message("secret", channel="general")

        assert (await socket.receive_json())["d"]["content"] == "secret"


def _echo(bot: commands.Bot) -> None:
    @bot.tree.command()
    async def echo(interaction: discord.Interaction, text: str) -> None:
        await interaction.response.send_message(text)


async def test_wrong_token_stops_discord_py_at_login(stand_in: DiscordStandIn) -> None:
    async with discord.Client(intents=discord.Intents.default()) as client:
        with pytest.raises(discord.LoginFailure):
            await client.start("wrong")
    assert stand_in.connections == []
    assert stand_in.requests[0].status == 401


@pytest.mark.parametrize("code", [None, 4000, 1001], ids=["cut", "4000", "1001"])
async def test_discord_py_resumes_after_a_cut_and_hears_what_it_missed(
    stand_in: DiscordStandIn, run_bot: RunBot, code: int | None
) -> None:
    await run_bot(_echo)

    await stand_in.disconnect(code=code)
    exchange = await stand_in.run_command("echo", {"text": "missed"})
    await stand_in.wait_resumed()
    await exchange.wait_until(lambda e: bool(e.messages))

    assert [connection.resumed for connection in stand_in.connections] == [False, True]
    assert stand_in.connections[0].close_code == (code or 1006)
    assert exchange.messages[0].text == "missed"


async def test_discord_py_resumes_when_asked_to_reconnect(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    await run_bot(_echo)

    await stand_in.request_reconnect()
    await stand_in.wait_resumed()

    assert [connection.identified for connection in stand_in.connections] == [True, False]


async def test_ping_after_lost_session_needs_a_new_identify(
    stand_in: DiscordStandIn, run_bot: RunBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run_bot(_echo)
    monkeypatch.setattr(discord.Client, "before_identify_hook", _no_wait)

    await stand_in.disconnect(resumable=False)
    with pytest.raises(TimeoutError):
        await stand_in.wait_resumed(0.1)
    await stand_in.wait_ready()

    assert [connection.resumed for connection in stand_in.connections][-1] is False
    assert stand_in.connections[-1].identified


async def _no_wait(*_: object, **__: object) -> None:
    """Replace discord.py's pause of five seconds between two IDENTIFYs."""


class ShardedBot(commands.AutoShardedBot):
    """Two shards, started without the usual five seconds between them."""

    def __init__(self) -> None:
        intents = discord.Intents.default()
        super().__init__(commands.when_mentioned, intents=intents, shard_count=2)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        del shard_id, initial


async def test_each_shard_hears_only_what_is_its_own(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    shards: list[int] = []

    def register(bot: commands.Bot) -> None:
        @bot.tree.command()
        async def where(interaction: discord.Interaction) -> None:
            shards.append(interaction.guild.shard_id if interaction.guild else -1)
            await interaction.response.send_message("here")

    bot = await run_bot(register, ShardedBot())
    await stand_in._platform.changes.wait_until(lambda: len(stand_in.connections) == 2, 5)
    await bot.wait_until_ready()

    in_server = await stand_in.run_command("where", channel="general")
    in_dm = await stand_in.run_command("where", channel="dm:alice")
    await in_server.wait_until(lambda e: bool(e.messages))
    await in_dm.wait_until(lambda e: bool(e.messages))

    guild_id = stand_in.channels["general"].guild_id or 0
    identified = [c.session.shard if c.session else (-1, -1) for c in stand_in.connections]
    assert sorted(identified) == [(0, 2), (1, 2)]
    assert sorted(shards) == sorted([(guild_id >> 22) % 2, -1])
