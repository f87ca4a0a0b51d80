"""A thousand digests that are due in the same minute: the real bot, over real sockets.

The stand-in for Discord keeps its limits: 50 requests a second of a bot, 5 messages in 5 s of a
channel. It shares the machine with the bot, and this process with what measures.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from bench.report import write
from bot.demo.process import BotProcess, bot_process, start_cold
from bot.sandbox.discord import DiscordStandIn
from bot.sandbox.sandbox import Sandbox

_DIGESTS = 1_000
_LIMIT_SECONDS = 120.0
_STATUS_EVERY_SECONDS = 2.0
_TOO_MANY = 429
_ROOT = Path(__file__).parents[1]


def bench_digests(runner: asyncio.Runner) -> None:
    """Print how soon all of them are posted, and what a command waits meanwhile."""
    runner.run(_bench())


async def _bench() -> None:
    async with _world() as sandbox:
        discord = sandbox.discord
        channels = {c.id for key, c in discord.channels.items() if key.startswith("shelf-")}
        waits: list[float] = []
        give_up_at = time.monotonic() + _LIMIT_SECONDS
        while len(_posted_at(discord, channels)) < _DIGESTS and time.monotonic() < give_up_at:
            await asyncio.sleep(_STATUS_EVERY_SECONDS)
            if _posted_at(discord, channels):
                waits.append(await _status_wait(discord))
        posted = _posted_at(discord, channels)
        refused = sum(request.status == _TOO_MANY for request in discord.requests)
    took = posted[-1] - posted[0] if posted else math.inf
    write(
        f"\n{_DIGESTS} digests due at once, in as many channels, end to end through the sandbox"
        f"\n  posted: {len(posted)}; doubled: {len(posted) - len(set(channels))};"
        f" refused with 429: {refused}"
        f"\n  from the first to the last: {took:.1f} s, {len(posted) / took:.0f} a second"
        f" (Discord allows 50 requests; 10 are left to people)"
        f"\n  /status meanwhile, {len(waits)} times: acknowledged in {max(waits, default=0):.2f} s"
        f" at most (aim 1.00)"
    )


def _posted_at(discord: DiscordStandIn, channels: set[int]) -> list[float]:
    """Return when each message was posted to these channels; monotonic, in order."""
    path = "/channels/{channel_id}/messages"
    return [
        request.at
        for request in discord.requests
        if request.method == "POST"
        and request.route == path
        and request.status == 200  # noqa: PLR2004  # OK
        and int(request.path.split("/")[2]) in channels
    ]


async def _status_wait(discord: DiscordStandIn) -> float:
    status = await discord.run_command("status")
    await status.wait_acknowledged()
    return (status.acknowledged_at or math.inf) - status.started_at


@asynccontextmanager
async def _world() -> AsyncIterator[Sandbox]:
    discord = DiscordStandIn(more_channels=_DIGESTS)
    ids = [str(c.id) for key, c in discord.channels.items() if key.startswith("shelf-")]

    async def start(
        arguments: Sequence[str],
        *,
        folder: str,
        env: Mapping[str, str],
        log: IO[bytes] | None,
        has_stdin: bool,
    ) -> BotProcess:
        del arguments
        mine = ("-m", "bench.digest_bot", *ids)
        path = {**env, "PYTHONPATH": str(_ROOT)}
        return await start_cold(mine, folder=folder, env=path, log=log, has_stdin=has_stdin)

    sandbox = Sandbox(discord=discord)
    async with sandbox, bot_process(sandbox, settings={"LOG_LEVEL": "WARNING"}, start=start):
        yield sandbox
