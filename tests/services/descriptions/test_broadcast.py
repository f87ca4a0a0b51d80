"""One text for many followers."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest
from fakes.calls import Step, StreamScript
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.descriptions.broadcast import Broadcast, OnPlace
from services.errors import InvalidResponse


def _each(text: str) -> list[Step]:
    return [1.0, text]


class Source:
    """A scripted text, and what became of it."""

    def __init__(self, *steps: Step) -> None:
        self.script = StreamScript(steps)
        self.tell: OnPlace | None = None
        self.ended = 0
        self.broadcast = Broadcast(self._write, name="test", on_end=self._end)

    def _write(self, on_place: OnPlace) -> AsyncGenerator[str, None]:
        self.tell = on_place
        return self.script()

    def _end(self) -> None:
        self.ended += 1

    async def read(self, on_each: Callable[[str], None] | None = None) -> str:
        text = ""
        async with self.broadcast.follow() as increments:
            async for part in increments:
                text += part
                if on_each is not None:
                    on_each(text)
        return text


@in_virtual_time
async def test_late_follower_gets_everything_written_so_far_at_once(clock: VirtualClock) -> None:
    source = Source("a", 1.0, "b", 1.0, "c", 10.0, "d")
    first = asyncio.create_task(source.read())
    await clock.sleep(5)

    seen: list[str] = []
    late = asyncio.create_task(source.read(seen.append))
    await settle()
    at_once = list(seen)

    assert at_once == ["abc"]
    assert [await first, await late] == ["abcd", "abcd"]
    assert (source.script.opened, source.ended) == (1, 1)


@in_virtual_time
async def test_slow_follower_slows_nobody(clock: VirtualClock) -> None:
    source = Source(*_each("x") * 5)
    first = asyncio.create_task(source.read())

    async def slowly() -> str:
        text = ""
        async with source.broadcast.follow() as increments:
            async for part in increments:
                text += part
                await clock.sleep(100)
        return text

    slow = asyncio.create_task(slowly())

    assert await first == "x" * 5
    assert clock.elapsed == pytest.approx(5)
    assert await slow == "x" * 5


@in_virtual_time
async def test_text_goes_on_until_its_last_follower_leaves(clock: VirtualClock) -> None:
    source = Source("a", *_each("b") * 100)
    readers = [asyncio.create_task(source.read()) for _ in range(2)]
    await clock.sleep(2)
    readers[0].cancel()
    await outcomes(readers[0])
    after_one = source.script.closed

    readers[1].cancel()
    await outcomes(readers[1])

    assert (after_one, source.script.closed, source.ended) == (0, 1, 1)


@in_virtual_time
async def test_failure_reaches_every_follower_after_the_text(clock: VirtualClock) -> None:
    source = Source("a", 1.0, InvalidResponse("euria", "stream"))
    seen: list[str] = []
    readers = [asyncio.create_task(source.read(seen.append)) for _ in range(2)]

    failures = await asyncio.gather(*readers, return_exceptions=True)

    assert [type(failure) for failure in failures] == [InvalidResponse] * 2
    assert seen == ["a", "a"]
    assert clock.elapsed == pytest.approx(1)


@in_virtual_time
async def test_every_follower_is_told_the_place_until_the_text_begins(clock: VirtualClock) -> None:
    source = Source(5.0, "a", 5.0, "b")
    places: list[list[int]] = [[], [], []]

    async def follow(number: int) -> None:
        async with source.broadcast.follow(places[number].append) as increments:
            async for _ in increments:
                pass

    first = asyncio.create_task(follow(0))
    await settle()
    assert source.tell is not None
    source.tell(3)
    second = asyncio.create_task(follow(1))
    await settle()
    source.tell(2)
    await clock.sleep(6)
    third = asyncio.create_task(follow(2))
    await asyncio.gather(first, second, third)

    assert places == [[3, 2], [3, 2], []]
