"""A real discord.py bot, and a bare HTTP client, against the stand-in over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands
from discord.ext import commands

from bot.sandbox.discord import DiscordStandIn, Exchange

Register = Callable[[commands.Bot], None]
RunBot = Callable[..., Awaitable[commands.Bot]]


class SampleBot(commands.Bot):
    """The smallest bot with commands, usable everywhere."""

    def __init__(self) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            intents=discord.Intents.default(),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=True
            ),
        )

    async def setup_hook(self) -> None:
        await self.tree.sync()


@asynccontextmanager
async def running(bot: commands.Bot, token: str) -> AsyncIterator[None]:
    task = asyncio.create_task(bot.start(token))
    try:
        yield
    finally:
        await bot.close()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def point_discord_py_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[DiscordStandIn], None]:
    def point(stand_in: DiscordStandIn) -> None:
        gateway = yarl.URL(stand_in.gateway_url)
        monkeypatch.setattr(discord.http.Route, "BASE", f"{stand_in.api_url}/v10")
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)

    return point


@pytest.fixture
def stand_in_options() -> dict[str, Any]:
    """What the stand-in is made with; a test module or a parameter may override it."""
    return {}


@pytest.fixture
async def stand_in(
    stand_in_options: dict[str, Any], point_discord_py_at: Callable[[DiscordStandIn], None]
) -> AsyncIterator[DiscordStandIn]:
    async with DiscordStandIn(**stand_in_options) as started:
        point_discord_py_at(started)
        yield started


@pytest.fixture
async def run_bot(stand_in: DiscordStandIn) -> AsyncIterator[RunBot]:
    """Start a bot with the commands that a function registers, and stop it after the test."""
    async with AsyncExitStack() as stack:

        async def run(register: Register, bot: commands.Bot | None = None) -> commands.Bot:
            started = bot or SampleBot()
            register(started)
            await stack.enter_async_context(running(started, stand_in.bot_token))
            await stand_in.wait_ready()
            return started

        yield run


@dataclass
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> int:
        code: int = self.body["code"]
        return code


class RawApi:
    """A bot without discord.py: sends what it likes and shows the answer as it came."""

    def __init__(self, stand_in: DiscordStandIn, session: aiohttp.ClientSession) -> None:
        self._stand_in = stand_in
        self._session = session
        self.application_id = stand_in.bot_user.id

    async def __call__(
        self, method: str, path: str, json: object = None, *, token: str | None = None
    ) -> Answer:
        headers = {"Authorization": f"Bot {token or self._stand_in.bot_token}"}
        url = f"{self._stand_in.api_url}/v10{path}"
        async with self._session.request(method, url, json=json, headers=headers) as response:
            text = await response.text()
            is_json = response.headers.get("Content-Type") == "application/json"
            body = await response.json() if is_json else text
            return Answer(response.status, body, response.headers)

    async def open(self, *, channel: str = "general", user: str = "alice") -> Exchange:
        """Register a command and let somebody use it."""
        command = {"name": "raw", "description": "Raw.", "integration_types": [0, 1]}
        await self("PUT", f"/applications/{self.application_id}/commands", [command])
        return await self._stand_in.run_command("raw", channel=channel, user=user)

    async def answer(self, exchange: Exchange, kind: int, data: object = None) -> Answer:
        interaction = self._stand_in._platform.interaction_of(exchange)
        path = f"/interactions/{interaction.id}/{interaction.token}/callback?with_response=true"
        return await self("POST", path, {"type": kind, "data": data})

    def webhook(self, exchange: Exchange, message: str = "") -> str:
        """Return the path of an interaction's webhook, or of one of its messages."""
        interaction = self._stand_in._platform.interaction_of(exchange)
        base = f"/webhooks/{self.application_id}/{interaction.token}"
        return f"{base}/messages/{message}" if message else base


@pytest.fixture
async def api(stand_in: DiscordStandIn) -> AsyncIterator[RawApi]:
    async with aiohttp.ClientSession() as session:
        yield RawApi(stand_in, session)
