"""Driving the real bot: a running process, waiting for final messages, checking its conduct."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.demo.conversation import is_final
from bot.demo.process import BotProcess, Start, bot_process, start_cold
from bot.sandbox.discord import Exchange, Message
from bot.sandbox.sandbox import Sandbox
from harness.openapi import DiscordContract
from harness.spotify_openapi import SpotifyContract
from services.resilience.clock import SystemClock

# Short enough not to wait long for a stall, long enough for a busy machine's real answers.
SHORT_LIMITS = {
    "SPOTIFY_ATTEMPT_TIMEOUT_SECONDS": "2.5",
    "SPOTIFY_DEADLINE_SECONDS": "4",
    "DISCOGS_ATTEMPT_TIMEOUT_SECONDS": "2.5",
    "DISCOGS_DEADLINE_SECONDS": "4",
    "EURIA_FIRST_TOKEN_TIMEOUT_SECONDS": "3.5",
    "EURIA_IDLE_TIMEOUT_SECONDS": "2.5",
    "EURIA_TIMEOUT_SECONDS": "30",
}


@dataclass
class RunningBot:
    """A bot process, the stand-ins around it, and its log."""

    sandbox: Sandbox
    process: BotProcess
    log_path: Path
    start: Start = start_cold

    @property
    def log(self) -> str:
        return self.log_path.read_text("utf-8")

    @asynccontextmanager
    async def restarted(self, settings: Mapping[str, str] | None = None) -> AsyncIterator[None]:
        """Run another process against the same world, after the first has ended."""
        limits = {**SHORT_LIMITS, **(settings or {})}
        async with bot_process(
            self.sandbox, settings=limits, log_path=self.log_path, start=self.start
        ):
            yield

    async def command(self, name: str, /, **options: object) -> Exchange:
        return await self.sandbox.discord.run_command(name, options)


async def final_message(exchange: Exchange, seconds: float = 20) -> Message:
    """Return the last message once nothing more is coming; acknowledged as soon as Discord asks."""
    await exchange.wait_acknowledged(3)
    await exchange.wait_until(is_final, seconds)
    assert not exchange.thinking
    return exchange.last


async def eventually(is_true: Callable[[], bool], seconds: float = 3) -> None:
    """Wait until a stand-in in this process has noticed something that announces itself nowhere."""
    clock = SystemClock()
    async with clock.timeout_at(clock.monotonic() + seconds):
        while not is_true():
            await clock.sleep(0.01)


@asynccontextmanager
async def running_bot(
    log_path: Path,
    contract: DiscordContract,
    *,
    settings: Mapping[str, str] | None = None,
    sandbox: Sandbox | None = None,
    start: Start = start_cold,
    is_demo: bool = False,
) -> AsyncIterator[RunningBot]:
    """Run sandbox and bot inside the block, then check what the bot did.

    Args:
        log_path: Where the bot's log goes.
        contract: What its requests are checked against.
        settings: On top of the sandbox's and the short limits.
        sandbox: One that was prepared.
        start: Starts the process.
        is_demo: Run it as the demo does: with a clock that can be moved, and the sandbox's hosts of
            short links.
    """
    async with sandbox or Sandbox() as world:
        limits = {**SHORT_LIMITS, **(settings or {})}
        async with bot_process(
            world, settings=limits, log_path=log_path, start=start, has_movable_clock=is_demo
        ) as process:
            yield RunningBot(world, process, log_path, start)
        check_conduct(world, log_path.read_text("utf-8"), contract)


BotFactory = Callable[..., AbstractAsyncContextManager[RunningBot]]


def check_conduct(sandbox: Sandbox, log: str, contract: DiscordContract) -> None:
    """What must hold after every conversation, whatever it was about."""
    discord = sandbox.discord
    assert "Traceback" not in log, log
    for canary in (
        discord.bot_token,
        sandbox.spotify.client_secret,
        sandbox.discogs.token,
        sandbox.discogs.consumer_secret,
        sandbox.euria.token,
    ):
        assert canary not in log
    assert discord.unknown_requests == []
    contract.check(discord.requests)
    SpotifyContract.load().check(sandbox.spotify.requests)
