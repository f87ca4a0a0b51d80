"""Texts streamed into plain messages of one channel, whose limit they share; in virtual time."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from bench.report import write
from bench.streaming import percentiles
from bench.virtual_time import run_in_virtual_time
from bot.ui.stream import ProgressiveMessages
from services.resilience.clock import SystemClock

_TEXTS = 200
_AT_ONCE = 4
_EDIT_SECONDS = (0.05, 0.3)
_FIRST_TOKEN_SECONDS = (0.3, 3.0)
_PIECE_SECONDS = 0.05
_PIECE = "two words "
_PIECES = (100, 300)
_WINDOW_SECONDS, _WINDOW_REQUESTS = 5.0, 5


@dataclass
class _Channel:
    """Discord's side: windows of 5 s that begin with their first request, sends and edits apart."""

    clock: SystemClock = field(default_factory=SystemClock)
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311  # a model
    refused: int = 0
    first_text: list[float] = field(default_factory=list)
    last_edit: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ends_at: dict[str, float] = {}
        self._used: Counter[str] = Counter()

    async def take(self, kind: str) -> None:
        now = self.clock.monotonic()
        if now >= self._ends_at.get(kind, 0.0):
            self._ends_at[kind], self._used[kind] = now + _WINDOW_SECONDS, 0
        self._used[kind] += 1
        self.refused += self._used[kind] > _WINDOW_REQUESTS
        await self.clock.sleep(self.chance.uniform(*_EDIT_SECONDS))


def bench_channel_streams() -> None:
    """Print how soon texts begin and end while up to four are written in one channel."""
    write(
        f"\n{_TEXTS} texts in plain messages of one channel, up to {_AT_ONCE} at once "
        f"(virtual time; seconds, p50 / p95)"
    )
    for title, every in (("one every 3 s", (2.0, 4.0)), ("one every second", (0.0, 2.0))):
        channel = run_in_virtual_time(_bench(every))
        write(
            f"  {title}: first text {percentiles(channel.first_text)}, last edit "
            f"{percentiles(channel.last_edit)}, {channel.refused} requests refused"
        )


async def _bench(every: tuple[float, float]) -> _Channel:
    channel = _Channel()
    messages = ProgressiveMessages(clock=channel.clock)
    places = asyncio.Semaphore(_AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for _ in range(_TEXTS):
            await places.acquire()
            task = group.create_task(_write(channel, messages))
            task.add_done_callback(lambda _: places.release())
            await channel.clock.sleep(channel.chance.uniform(*every))
    return channel


async def _write(channel: _Channel, messages: ProgressiveMessages) -> None:
    clock, chance = channel.clock, channel.chance
    shown: list[str] = []
    seen_at: list[float] = []

    async def show(text: str) -> None:
        await channel.take("edit" if shown else "send")
        shown.append(text)
        if text:
            seen_at.append(clock.monotonic())

    async with messages.start(show, channel="channel", length_of=len) as message:
        message.update("")
        await clock.sleep(chance.uniform(*_FIRST_TOKEN_SECONDS))
        began_at, text = clock.monotonic(), ""
        for _ in range(chance.randint(*_PIECES)):
            text += _PIECE
            message.update(text)
            await clock.sleep(_PIECE_SECONDS)
        ended_at = clock.monotonic()
        await message.finish(f"{text}.")
    channel.first_text.append(seen_at[0] - began_at)
    channel.last_edit.append(seen_at[-1] - ended_at)
