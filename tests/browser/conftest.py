"""A headless Chromium, the chat page in it, and a bot behind the page.

Where Playwright or a Chromium is missing, every test here is skipped and says what to install.
"""

import fcntl
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import discord
import pytest
import pytest_asyncio
import yarl
from browser.sample_bot import running_sample_bot
from browser.stage import Stage
from harness.bots import running_bot
from harness.openapi import DiscordContract
from harness.warm import WarmStarter

from bot.sandbox.chat import ChatServer
from bot.sandbox.discord import DiscordStandIn
from bot.sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

_NAMES = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "chromium", "google-chrome")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> "AsyncIterator[Browser]":
    playwright = pytest.importorskip(
        "playwright.async_api", reason="no Playwright: pip install playwright"
    )
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium: apt-get install chromium")
    async with playwright.async_playwright() as started:
        chromium = await started.chromium.launch(executable_path=path, headless=True, args=_FLAGS)
        yield chromium
        await chromium.close()


@pytest.fixture
def turn(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[None]:
    """Let two workers at most have a page at work: more would be too slow for Discord's 3 s."""
    slot = 0 if worker_id == "master" else int(worker_id.removeprefix("gw")) % 2
    path = tmp_path_factory.getbasetemp().parent / f"browser-{slot}.lock"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def page(turn: None, browser: "Browser") -> "AsyncIterator[Page]":
    """A page whose scripts must not fail and whose policy must not be broken."""
    del turn  # held as long as the page is there
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
    )
    page = await context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if "Policy" in said.text else None)
    yield page
    await context.close()
    assert problems == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest_asyncio.fixture(loop_scope="session")
async def real(page: "Page", tmp_path: Path, warm: WarmStarter) -> AsyncIterator[Stage]:
    """The page with the real bot, as a process of its own, behind it."""
    port = _free_port()
    async with running_bot(
        tmp_path / "bot.log",
        DiscordContract.load(),
        settings={"WEB_PORT": str(port)},
        start=warm.start,
    ) as bot:
        status = f"http://127.0.0.1:{port}/statusz"
        async with ChatServer(bot.sandbox, bot_status_url=status) as chat:
            stage = Stage(bot.sandbox, chat, page)
            await stage.open()
            yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def sample(page: "Page", monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """The page with a bot that shows what the real one does not use yet."""
    async with Sandbox(discord=DiscordStandIn(interaction_ack_seconds=1.0)) as sandbox:
        gateway = yarl.URL(sandbox.discord.gateway_url)
        monkeypatch.setattr(discord.http.Route, "BASE", f"{sandbox.discord.api_url}/v10")
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
        async with (
            ChatServer(sandbox) as chat,
            running_sample_bot(sandbox.discord.bot_token),
        ):
            await sandbox.discord.wait_ready()
            stage = Stage(sandbox, chat, page)
            await stage.open()
            yield stage
