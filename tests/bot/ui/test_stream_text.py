"""A growing text in a progressive message: its first words soon, and room for everybody's."""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, field

import pytest
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, run, settle
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ui.stream import EditFailed, ProgressiveMessage, ProgressiveMessages

CALM = settings(deadline=None, max_examples=50)


@dataclass
class Discord:
    """Notes when which message showed what; an edit takes ``seconds``."""

    clock: VirtualClock
    seconds: float = 0.0
    edits: list[tuple[float, str, str]] = field(default_factory=list)
    failures: list[EditFailed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.messages = ProgressiveMessages(clock=self.clock)

    def start(self, name: str = "", channel: Hashable | None = None) -> ProgressiveMessage[str]:
        async def show(state: str) -> None:
            await self.clock.pass_time(self.seconds)
            if self.failures:
                raise self.failures.pop()
            self.edits.append((round(self.clock.elapsed, 3), name, state))

        return self.messages.start(show, channel=channel, length_of=len)

    async def write(
        self, name: str, channel: Hashable | None, words: int, *, each: float = 0.05
    ) -> None:
        """Stream so many words of six characters into a message."""
        async with self.start(name, channel) as message:
            message.update("")
            for number in range(1, words + 1):
                await self.clock.pass_time(each)
                message.update("words " * number)
            await message.finish("words " * words + ".")

    def times(self, name: str) -> list[float]:
        return [at for at, who, _ in self.edits if who == name]

    def most(self, window: float) -> tuple[int, int]:
        """Return the most messages sent, and the most edits, within a window of seconds.

        In a channel the first state of a message sends it.
        """
        firsts = {who: self.times(who)[0] for _, who, _ in self.edits}
        sent = sorted(firsts.values())
        edits = sorted(at for at, who, _ in self.edits if at > firsts[who])
        return _most(sent, window), _most(edits, window)


def _most(times: list[float], window: float) -> int:
    return max((sum(start <= at < start + window for at in times) for start in times), default=0)


@pytest.mark.parametrize("after", [0.2, 1.0, 1.3, 2.0, 9.0])
@in_virtual_time
async def test_first_words_are_shown_as_soon_as_there_are_forty_characters(
    clock: VirtualClock, after: float
) -> None:
    discord = Discord(clock)

    async with discord.start() as message:
        message.update("")
        await clock.pass_time(after)
        message.update("a" * 39)
        await clock.pass_time(0.1)
        message.update("a" * 40)
        await clock.pass_time(0.1)

    assert discord.edits[-1] == (round(after + 0.1, 3), "", "a" * 40)
    assert len([text for _, _, text in discord.edits if text]) == 1


@in_virtual_time
async def test_first_words_of_a_slow_model_are_shown_without_waiting_for_forty(
    clock: VirtualClock,
) -> None:
    discord = Discord(clock)

    async with discord.start() as message:
        message.update("")
        await clock.pass_time(2)
        message.update("Kind")
        await clock.pass_time(5)

    assert discord.edits == [(1.25, "", ""), (2.6, "", "Kind")]


@in_virtual_time
async def test_first_words_do_not_hurry_a_discord_that_is_failing(clock: VirtualClock) -> None:
    discord = Discord(clock, failures=[EditFailed("500 0")])

    async with discord.start() as message:
        message.update("")
        await clock.pass_time(1.3)
        message.update("a" * 80)
        await clock.pass_time(5)

    assert discord.edits == [(3.75, "", "a" * 80)]


@in_virtual_time
async def test_streams_in_one_channel_take_turns_and_stay_below_its_limit(
    clock: VirtualClock,
) -> None:
    discord = Discord(clock)

    async with asyncio.TaskGroup() as group:
        for name in "abcd":
            group.create_task(discord.write(name, "channel", words=1_000))

    assert discord.most(5) == (4, 5)
    middle = [len([at for at in discord.times(name) if 10 < at < 50]) for name in "abcd"]
    assert max(middle) - min(middle) <= 1
    # All four end in the same moment: two in the kept places, the others as they become free.
    assert discord.edits[-1][0] < 50 + 5


@in_virtual_time
async def test_text_that_begins_in_a_busy_channel_is_seen_at_once(clock: VirtualClock) -> None:
    discord = Discord(clock)

    async with asyncio.TaskGroup() as group:
        for name in "abc":
            group.create_task(discord.write(name, "channel", words=400))
        await clock.pass_time(10.1)
        group.create_task(discord.write("d", "channel", words=60))

    first_text, *_ = [at for at, name, text in discord.edits if name == "d" and text]
    assert first_text == pytest.approx(10.1 + 0.35)


@in_virtual_time
async def test_texts_that_begin_together_in_a_channel_are_all_seen_at_once(
    clock: VirtualClock,
) -> None:
    discord = Discord(clock)

    async def begin(name: str) -> None:
        async with discord.start(name, "channel") as message:
            message.update("")
            await clock.pass_time(2)
            message.update("a" * 40)
            await clock.pass_time(1)

    await asyncio.gather(*(begin(name) for name in "abcde"))

    assert [discord.times(name) for name in "abcde"] == [[1.25, 2.0]] * 5


@pytest.mark.parametrize(("names", "most"), [("a", 3), ("abcd", 2)])
@in_virtual_time
async def test_middle_of_texts_leaves_more_room_where_several_are_written(
    clock: VirtualClock, names: str, most: int
) -> None:
    discord = Discord(clock)

    await asyncio.gather(*(discord.write(name, "channel", words=600) for name in names))

    assert _most([at for at, _, _ in discord.edits if 10 < at < 30], 5 - 1e-6) == most


@in_virtual_time
async def test_nobody_keeps_waiting_for_a_place_that_nobody_wants(clock: VirtualClock) -> None:
    discord = Discord(clock)
    writers = [asyncio.create_task(discord.write(n, "channel", words=100)) for n in "abcdef"]
    await clock.pass_time(3)

    for writer in writers:
        writer.cancel()
    await asyncio.wait(writers)
    await settle()

    assert asyncio.all_tasks() == {asyncio.current_task()}


@in_virtual_time
async def test_last_edit_finds_the_place_that_was_kept_for_it(clock: VirtualClock) -> None:
    discord = Discord(clock)

    async with asyncio.TaskGroup() as group:
        for name in "abc":
            group.create_task(discord.write(name, "channel", words=1_000))
        group.create_task(discord.write("short", "channel", words=200))

    assert discord.times("short")[-1] == pytest.approx(10.0)


@in_virtual_time
async def test_streams_elsewhere_do_not_wait_for_a_busy_channel(clock: VirtualClock) -> None:
    discord = Discord(clock)

    async with asyncio.TaskGroup() as group:
        for name in "abcdefgh":
            group.create_task(discord.write(name, "busy", words=200))
        group.create_task(discord.write("here", "quiet", words=60))
        group.create_task(discord.write("reply", None, words=60))

    assert discord.times("here") == [0.35, 2.017, 3.0]
    assert discord.times("reply") == [0.35, 1.6, 2.85, 3.0]


@in_virtual_time
async def test_hundred_streams_leave_half_of_the_bots_requests_to_others(
    clock: VirtualClock,
) -> None:
    discord = Discord(clock)

    async with asyncio.TaskGroup() as group:
        for number in range(100):
            group.create_task(discord.write(str(number), f"channel {number}", words=200))

    assert _most(sorted(at for at, _, _ in discord.edits), 1) <= 25
    assert max(len(discord.times(str(n))) for n in range(100)) <= 2 * min(
        len(discord.times(str(n))) for n in range(100)
    )


@in_virtual_time
async def test_who_leaves_the_queue_of_a_channel_holds_nobody_up(clock: VirtualClock) -> None:
    discord = Discord(clock)
    writers = [asyncio.create_task(discord.write(n, "channel", words=100)) for n in "abcdef"]
    await clock.pass_time(2)

    for writer in writers[:5]:
        writer.cancel()
    await asyncio.wait(writers)

    assert discord.edits[-1][1:] == ("f", "words " * 100 + ".")
    assert asyncio.all_tasks() == {asyncio.current_task()}


_SECONDS = st.sampled_from([0.0, 0.01, 0.05, 0.3, 1.0])


@CALM
@given(st.lists(st.tuples(_SECONDS, st.integers(0, 300)), min_size=1, max_size=12), _SECONDS)
def test_any_streams_in_one_channel_end_whole_and_below_its_limit(
    streams: list[tuple[float, int]], seconds: float
) -> None:
    async def all_of_them() -> Discord:
        clock = VirtualClock()
        discord = Discord(clock, seconds=seconds)
        async with asyncio.TaskGroup() as group:
            for number, (after, words) in enumerate(streams):
                group.create_task(discord.write(str(number), "channel", words))
                await clock.pass_time(after)
        return discord

    discord = run(all_of_them())

    assert max(discord.most(5 - 1e-3)) <= 5
    for number, (_, words) in enumerate(streams):
        last = [text for _, who, text in discord.edits if who == str(number)][-1]
        assert last == "words " * words + "."
