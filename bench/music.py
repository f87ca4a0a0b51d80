"""What ``/album`` costs beside a bare command of discord.py that sends the same requests.

Both bots are processes of their own, each with its own sandbox in this one; both answer with
"thinking" and one edit of the same size, and collect no garbage. Rounds alternate between them.
"""

import asyncio
import json
import math
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bench.report import Row, milliseconds, print_section, write
from bench.timing import ROUNDS, Timings
from bot.demo.conversation import is_final
from bot.demo.process import BotProcess, bot_process, start_cold
from bot.sandbox.discord import Exchange
from bot.sandbox.sandbox import Sandbox

_COMMANDS = 40
_OFFERED_A_SECOND = 50
_OFFERED_SECONDS = 4.0
_OFFERED_ROUNDS = 3
_SYNC_SECONDS = 30.0
_QUERY: Mapping[str, Any] = {"query": "kind of blue"}
_SETTINGS = {"LOG_LEVEL": "ERROR"}
_OWNER = "crate_digger"
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class _Bot:
    """A running bot and the Discord that it talks to."""

    sandbox: Sandbox
    process: BotProcess

    async def ask(self) -> Exchange:
        """Have ``/album`` answered."""
        exchange = await self.sandbox.discord.run_command("album", _QUERY, user="bob")
        await exchange.wait_until(is_final, _SYNC_SECONDS)
        return exchange

    @property
    def cpu(self) -> float:
        """Seconds of CPU that all of its threads have used."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text("ascii").split()[0]) for each in threads) / 1e9


def bench_music(runner: asyncio.Runner) -> None:
    """Print the CPU of a warm ``/album``, and how soon commands are acknowledged at 50 a second."""
    if not Path("/proc/self/schedstat").exists():
        write("\nA warm /album: not measured, this system does not count a process's CPU in /proc")
        return
    runner.run(_bench())


async def _bench() -> None:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        ours = await stack.enter_async_context(_running("bench.music_bot"))
        await _link(ours)
        message = folder / "message.json"
        message.write_text(json.dumps(await _edit_of(ours)), "utf-8")
        bare = await stack.enter_async_context(_running("bench.bare_bot", str(message)))
        bots = {"bare": bare, "ours": ours}
        _print(await _cpu(bots), message.stat().st_size)
        await _print_acknowledgements(bots)


async def _link(bot: _Bot) -> None:
    """Let the asker own records; what they own is looked up for each card."""
    discord = bot.sandbox.discord
    for name, options in (
        ("account link-discogs", {"username": _OWNER}),
        ("collection sync", {}),
    ):
        exchange = await discord.run_command(name, options, user="bob")
        await exchange.wait_until(
            lambda each: bool(each.messages) and each.last.text.startswith("✅"), _SYNC_SECONDS
        )


async def _edit_of(bot: _Bot) -> list[Any]:
    """Return the components of a warm answer, which is one edit."""
    await bot.ask()
    before = len(bot.sandbox.discord.requests)
    exchange = await bot.ask()
    sent = [each.method for each in bot.sandbox.discord.requests[before:]]
    if sent != ["POST", "PATCH"] or "In your collection" not in exchange.last.text:
        raise RuntimeError(f"a warm /album is not what is compared: {sent}")
    body = bot.sandbox.discord.requests[-1].json
    return list(body["components"]) if isinstance(body, dict) else []


async def _cpu(bots: Mapping[str, _Bot]) -> Timings:
    seconds: dict[str, list[float]] = {name: [] for name in bots}
    for number in range(-1, ROUNDS):
        for name in list(bots) if number % 2 == 0 else list(bots)[::-1]:
            before = bots[name].cpu
            for _ in range(_COMMANDS):
                await bots[name].ask()
            if number >= 0:  # the first round warms up
                seconds[name].append((bots[name].cpu - before) / _COMMANDS)
    return Timings(seconds)


async def _print_acknowledgements(bots: Mapping[str, _Bot]) -> None:
    waits: dict[str, list[float]] = {name: [] for name in bots}
    for number in range(_OFFERED_ROUNDS):
        for name in list(bots) if number % 2 == 0 else list(bots)[::-1]:
            waits[name] += await _offered(bots[name])
    write(f"\n  Acknowledged at {_OFFERED_A_SECOND} commands a second offered (ms; p50 / p99)")
    for name, values in waits.items():
        write(f"    {name:<6}{_percentile(values, 0.5):>8.1f} / {_percentile(values, 0.99):.1f}")
    added = _percentile(waits["ours"], 0.99) - _percentile(waits["bare"], 0.99)
    write(f"    ours - bare at p99: {added:+.1f} ms (aim: 50 at most)")


async def _offered(bot: _Bot) -> list[float]:
    """Return how long each command took to be acknowledged, whenever it is answered."""
    loop = asyncio.get_running_loop()
    begun, asked = loop.time(), []
    for number in range(int(_OFFERED_A_SECOND * _OFFERED_SECONDS)):
        await asyncio.sleep(max(0.0, begun + number / _OFFERED_A_SECOND - loop.time()))
        asked.append(asyncio.create_task(bot.ask()))
    exchanges = await asyncio.gather(*asked)
    return [(each.acknowledged_at or math.inf) - each.started_at for each in exchanges]


def _percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[math.ceil(len(values) * share) - 1] * 1e3


def _print(timings: Timings, size: int) -> None:
    print_section(
        "A warm /album: looked up, matched with the asker's records, rendered, sent",
        f"a command of discord.py alone with the same two requests, {size:,} bytes",
        [
            Row("discord.py alone", None, milliseconds(timings.of("bare").median)),
            Row(
                "/album",
                timings.ratio("ours", "bare"),
                milliseconds(timings.of("ours").median),
                "CPU of the bot's process, all threads; aim: 3 at most",
            ),
        ],
    )


@asynccontextmanager
async def _running(*module: str) -> AsyncIterator[_Bot]:
    async def start(
        arguments: Sequence[str],
        *,
        folder: str,
        env: Mapping[str, str],
        log: IO[bytes] | None,
        has_stdin: bool,
    ) -> BotProcess:
        del arguments
        path = {**env, "PYTHONPATH": str(_ROOT)}
        return await start_cold(
            ("-m", *module), folder=folder, env=path, log=log, has_stdin=has_stdin
        )

    async with Sandbox() as sandbox, bot_process(sandbox, settings=_SETTINGS, start=start) as bot:
        yield _Bot(sandbox, bot)
