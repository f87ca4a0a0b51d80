"""What people see of streamed texts: the real bot against the sandbox, over real sockets.

Times are the stand-ins' own: when EurIA had sent the first piece and the end, and when Discord
showed what. The stand-ins share the machine with the bot, and this process with what measures.
"""

import asyncio
import math
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from bench.report import write
from bot.demo.conversation import is_final
from bot.demo.process import BotProcess, bot_process, start_cold
from bot.sandbox.discord import Exchange, Message
from bot.sandbox.euria.sending import StreamSender
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.sandbox import Sandbox
from bot.ui.markdown import CURSOR

_ROUNDS_ALONE = 10
_LIMIT_SECONDS = 180.0
_STALL_SECONDS = 10.0
_STATUS_AFTER_SECONDS = 3.0
_TOO_MANY = 429
_ROOT = Path(__file__).parents[1]
_SETTINGS = {
    "EURIA_CONCURRENCY": "100",
    "DISCOGS_ENABLED": "false",  # its own limit would let one text a second begin
    "SPOTIFY_ENABLED": "false",
    "LOG_LEVEL": "WARNING",
}


@dataclass
class Seen:
    """What was measured, in seconds; a stream that nobody saw growing has its end as first text.

    Attributes:
        first_text: From EurIA's first piece to the first words on the message.
        last_edit: From EurIA's end to the last edit.
        edits: Of each message.
        refused: Requests that Discord answered with 429.
        acknowledged: How long ``/status`` in the middle of it took to be acknowledged.
        cpu: Seconds of one core that the bot used.
    """

    first_text: list[float] = field(default_factory=list)
    last_edit: list[float] = field(default_factory=list)
    edits: list[int] = field(default_factory=list)
    refused: int = 0
    acknowledged: float | None = None
    cpu: float = 0.0


def bench_streaming(runner: asyncio.Runner) -> None:
    """Print how soon texts are seen to begin and to be complete, beside two simpler ways."""
    runner.run(_bench())


async def _bench() -> None:
    write(
        "\nStreamed texts, end to end through the sandbox (seconds; p50 / p95)"
        "\n  aims at p95: first text 1.0 after the first token, last edit (alone) 1.5 after"
        "\n  the end, no 429, a command acknowledged in 1.0"
    )
    write(
        f"  {'':<34}{'first text':>14}{'last edit':>14}"
        f"{'edits':>7}{'429':>5}{'/status':>9}{'CPU':>7}"
    )
    for title, way, crowd in (
        ("alone", None, 1),
        ("20 at once", None, 20),
        ("100 at once", None, 100),
        ("an edit per token, 20", "token", 20),
        ("one clock of 1 s for all, 20", "clock", 20),
        ("one clock of 1 s for all, 100", "clock", 100),
    ):
        async with _world(way) as (sandbox, process):
            _print(title, await _measured(sandbox, process, crowd))
    async with _world(None) as (sandbox, _):
        await _bench_stall(sandbox)


def percentiles(values: Sequence[float]) -> str:
    """Return p50 and p95 of seconds."""
    ordered = sorted(values)
    places = (math.ceil(len(ordered) * share) - 1 for share in (0.5, 0.95))
    return " / ".join(f"{ordered[place]:.2f}" for place in places)


async def _measured(sandbox: Sandbox, process: BotProcess, crowd: int) -> Seen:
    seen, before = Seen(), _cpu_seconds(process.pid)
    rounds = _ROUNDS_ALONE if crowd == 1 else 1
    for _ in range(rounds):
        await _write_texts(sandbox, crowd, seen)
    seen.cpu = _cpu_seconds(process.pid) - before
    seen.refused = sum(request.status == _TOO_MANY for request in sandbox.discord.requests)
    return seen


async def _write_texts(sandbox: Sandbox, crowd: int, seen: Seen) -> None:
    """Have so many texts written at once, and note what was seen of them."""
    done = len(sandbox.euria.streams)
    length = "short" if crowd == 1 else "long"
    topics = [f"Record {done + number:04}" for number in range(crowd)]
    exchanges = await asyncio.gather(*(_ask(sandbox, topic, length) for topic in topics))
    ends = [
        asyncio.create_task(exchange.wait_until(is_final, _LIMIT_SECONDS)) for exchange in exchanges
    ]
    if crowd > 1:
        await asyncio.sleep(_STATUS_AFTER_SECONDS)
        status = await sandbox.discord.run_command("status")
        await status.wait_acknowledged()
        seen.acknowledged = (status.acknowledged_at or math.inf) - status.started_at
    await asyncio.gather(*ends)
    for topic, exchange in zip(topics, exchanges, strict=True):
        _note(seen, _stream_about(sandbox, topic), exchange.last)


async def _ask(sandbox: Sandbox, topic: str, length: str) -> Exchange:
    options = {"topic": topic, "length": length, "fresh": True}
    return await sandbox.discord.run_command("describe", options)


def _stream_about(sandbox: Sandbox, topic: str) -> StreamSender:
    pairs = zip(sandbox.euria.chats, sandbox.euria.streams, strict=True)
    return next(stream for chat, stream in pairs if topic in chat.prompt)


def _note(seen: Seen, stream: StreamSender, message: Message) -> None:
    versions = message.versions
    growing = (version.at for version in versions if CURSOR in version.body)
    first_text = next(growing, versions[-1].at)
    seen.first_text.append(first_text - (stream.first_at or 0.0))
    seen.last_edit.append(versions[-1].at - (stream.ended_at or 0.0))
    seen.edits.append(len(versions) - 1)


async def _bench_stall(sandbox: Sandbox) -> None:
    """Print what becomes of a text whose message cannot be edited for ten seconds."""
    exchange = await _ask(sandbox, "A stalled record", "long")
    await exchange.wait_until(lambda each: any(CURSOR in m.text for m in each.messages))
    fault = Fault(kind=FaultKind.DELAY, seconds=_STALL_SECONDS, times=1, path_prefix="/api")
    sandbox.discord.faults.set(fault)
    stalled_at = time.monotonic()
    await exchange.wait_until(is_final, _LIMIT_SECONDS)
    [stream] = sandbox.euria.streams
    pieces = 1 + len(sandbox.euria.chats[0].text.split()) // 2
    own = (pieces - 1) * sandbox.euria.behaviour.chunk_seconds
    took = (stream.ended_at or math.inf) - (stream.first_at or 0.0)
    write(
        f"\n  Discord stalls for {_STALL_SECONDS:.0f} s: EurIA's text took {took:.1f} s "
        f"(about {own:.1f} s by itself); it stood complete "
        f"{exchange.last.versions[-1].at - stalled_at:.1f} s after the stall began"
    )


@asynccontextmanager
async def _world(way: str | None) -> AsyncIterator[tuple[Sandbox, BotProcess]]:
    async def start(
        arguments: Sequence[str],
        *,
        folder: str,
        env: Mapping[str, str],
        log: IO[bytes] | None,
        has_stdin: bool,
    ) -> BotProcess:
        del arguments
        mine = ("-m", "bench.streaming_bot", way or "ours")
        path = {**env, "PYTHONPATH": str(_ROOT)}
        return await start_cold(mine, folder=folder, env=path, log=log, has_stdin=has_stdin)

    async with Sandbox() as sandbox, bot_process(sandbox, settings=_SETTINGS, start=start) as bot:
        yield sandbox, bot


def _cpu_seconds(pid: int) -> float:
    """Return what a process has used so far; 0 where the system does not say."""
    if sys.platform != "linux":
        return 0.0
    _, _, fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _print(title: str, seen: Seen) -> None:
    status = "" if seen.acknowledged is None else f"{seen.acknowledged:.2f}"
    edits = sum(seen.edits) / len(seen.edits)
    write(
        f"  {title:<34}{percentiles(seen.first_text):>14}{percentiles(seen.last_edit):>14}"
        f"{edits:>7.1f}{seen.refused:>5}{status:>9}{seen.cpu:>7.1f}"
    )
