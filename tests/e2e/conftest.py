"""The real bot as a process, driven through the sandbox; limits are shortened by settings."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from harness.bots import BotFactory, RunningBot, running_bot
from harness.openapi import DiscordContract
from harness.warm import WarmStarter

from bot.sandbox.sandbox import Sandbox


@pytest.fixture(scope="session")
def discord_contract() -> DiscordContract:
    return DiscordContract.load()


@pytest.fixture
def start_bot(tmp_path: Path, discord_contract: DiscordContract, warm: WarmStarter) -> BotFactory:
    """Start a bot with extra settings; what it did is checked when it ends."""

    def start(
        settings: Mapping[str, str] | None = None, sandbox: Sandbox | None = None
    ) -> AbstractAsyncContextManager[RunningBot]:
        return running_bot(
            tmp_path / "bot.log",
            discord_contract,
            settings=settings,
            sandbox=sandbox,
            start=warm.start,
        )

    return start


@pytest.fixture
async def bot(start_bot: BotFactory) -> AsyncIterator[RunningBot]:
    async with start_bot() as running:
        yield running
