"""The progressive message in virtual time, against a Discord whose edits take as long as told."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, run, settle
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ui.stream import (
    LONGEST_PAUSE_SECONDS,
    EditFailed,
    MessageGone,
    ProgressiveMessage,
    ProgressiveMessages,
)

GONE = MessageGone("10008")
FAILED = EditFailed("500 0")
# A busy machine is no failure.
CALM = settings(deadline=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One edit as Discord saw it: the state, and from when to when (seconds after the start)."""

    state: str
    began: float
    ended: float
    newest_then: str | None
    error: Exception | None


@dataclass
class Screen:
    """A message on Discord; edits follow ``plan``, then take no time and succeed."""

    clock: VirtualClock
    plan: Sequence[tuple[float, Exception | None]] = ()
    edits: list[Edit] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    message: ProgressiveMessage[str] | None = None

    async def show(self, state: str) -> None:
        number = len(self.edits) + self.in_flight
        takes, error = self.plan[number] if number < len(self.plan) else (0.0, None)
        began = self.clock.elapsed
        newest = self.message.newest if self.message else None
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self.clock.pass_time(takes)
        finally:
            self.in_flight -= 1
            edit = Edit(
                state=state,
                began=began,
                ended=self.clock.elapsed,
                newest_then=newest,
                error=error,
            )
            self.edits.append(edit)
        if error is not None:
            raise error

    def start(self) -> ProgressiveMessage[str]:
        self.message = ProgressiveMessages(clock=self.clock).start(self.show)
        return self.message

    @property
    def shown(self) -> list[str]:
        return [edit.state for edit in self.edits if edit.error is None]

    @property
    def began(self) -> list[float]:
        return [round(edit.began, 3) for edit in self.edits]


async def other_tasks() -> set[str]:
    """Return the tasks that run besides the test's own."""
    await settle()
    return {task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task()}}


# --- Cadence


@in_virtual_time
async def test_final_state_is_the_only_one_when_it_comes_before_the_first_edit(
    clock: VirtualClock,
) -> None:
    screen = Screen(clock)

    async with screen.start() as message:
        message.update("a")
        await clock.pass_time(1.2)
        await message.finish("final")

    assert screen.shown == ["final"]
    assert screen.began == [1.2]


@in_virtual_time
async def test_first_edit_comes_after_a_second_and_a_quarter_and_then_every_pause(
    clock: VirtualClock,
) -> None:
    screen = Screen(clock)

    async with screen.start() as message:
        for number in range(60):
            message.update(str(number))
            await clock.pass_time(0.1)
        await message.finish("final")

    assert screen.began == [1.25, 2.5, 3.75, 5.0, 6.0]


@in_virtual_time
async def test_newest_state_wins(clock: VirtualClock) -> None:
    screen = Screen(clock)

    async with screen.start() as message:
        for state in ("a", "b", "c"):
            message.update(state)
        await clock.pass_time(2)
        await message.finish("final")

    assert screen.shown == ["c", "final"]


@in_virtual_time
async def test_update_never_waits(clock: VirtualClock) -> None:
    screen = Screen(clock, plan=[(60.0, None)])

    async with screen.start() as message:
        message.update("a")
        await clock.pass_time(2)
        message.update("b")

        assert clock.elapsed == 2.0
        assert message.newest == "b"


@in_virtual_time
async def test_equal_state_is_not_sent_again(clock: VirtualClock) -> None:
    screen = Screen(clock)

    async with screen.start() as message:
        for _ in range(100):
            message.update("a")
            await clock.pass_time(0.1)
        await message.finish("a")

    assert screen.shown == ["a"]


@in_virtual_time
async def test_late_state_is_shown_at_once_after_a_silence(clock: VirtualClock) -> None:
    screen = Screen(clock)

    async with screen.start() as message:
        message.update("a")
        await clock.pass_time(20)
        message.update("b")
        await clock.pass_time(1)
        await message.finish("final")

    assert screen.began == [1.25, 20.0, 21.0]


@in_virtual_time
async def test_pause_doubles_while_edits_are_slow_and_recovers(clock: VirtualClock) -> None:
    slow = (2.5, None)
    screen = Screen(clock, plan=[slow, slow, slow, slow])

    async with screen.start() as message:
        for number in range(700):
            message.update(str(number))
            await clock.pass_time(0.1)

    gaps = [after.began - before.ended for before, after in pairwise(screen.edits)]
    cap = LONGEST_PAUSE_SECONDS
    assert [round(gap, 2) for gap in gaps[:6]] == [2.5, 5.0, cap, cap, 1.25, 1.25]


@in_virtual_time
async def test_pause_doubles_after_an_edit_that_failed(clock: VirtualClock) -> None:
    screen = Screen(clock, plan=[(0.0, FAILED), (0.0, FAILED)])

    async with screen.start() as message:
        for number in range(150):
            message.update(str(number))
            await clock.pass_time(0.1)

    assert screen.began[:4] == [1.25, 3.75, 8.75, 10.0]


# --- The end


@in_virtual_time
async def test_final_edit_waits_for_the_slow_one_in_flight(clock: VirtualClock) -> None:
    screen = Screen(clock, plan=[(30.0, None)])

    async with screen.start() as message:
        message.update("a")
        await clock.pass_time(2)
        await message.finish("final")

    assert screen.shown == ["a", "final"]
    assert screen.began == [1.25, 31.25]
    assert screen.most_in_flight == 1


@in_virtual_time
async def test_final_edit_does_not_wait_for_the_pause(clock: VirtualClock) -> None:
    screen = Screen(clock)

    async with screen.start() as message:
        message.update("a")
        await clock.pass_time(1.6)
        await message.finish("final")

    assert screen.began == [1.25, 1.6]


@in_virtual_time
async def test_nothing_comes_after_the_final_edit(clock: VirtualClock) -> None:
    screen = Screen(clock)

    async with screen.start() as message:
        message.update("a")
        await message.finish("final")
        message.update("late")
        await clock.pass_time(60)

    assert screen.shown == ["final"]
    assert await other_tasks() == set()


@in_virtual_time
async def test_final_edit_is_tried_five_times_ever_more_patiently(clock: VirtualClock) -> None:
    screen = Screen(clock, plan=[*[(0.0, FAILED)] * 4, (0.0, None)])

    async with screen.start() as message:
        await message.finish("final")

    assert screen.shown == ["final"]
    assert screen.began == [0.0, 1.25, 3.75, 8.75, 18.75]


@in_virtual_time
async def test_fifth_failure_of_the_final_edit_is_raised(clock: VirtualClock) -> None:
    screen = Screen(clock, plan=[(0.0, FAILED)] * 9)

    async with screen.start() as message:
        with pytest.raises(EditFailed):
            await message.finish("final")

    assert len(screen.edits) == 5


@in_virtual_time
async def test_final_state_equal_to_one_that_failed_is_sent(clock: VirtualClock) -> None:
    screen = Screen(clock, plan=[(0.0, FAILED)])

    async with screen.start() as message:
        message.update("a")
        await clock.pass_time(2)
        await message.finish("a")

    assert screen.shown == ["a"]


@in_virtual_time
async def test_message_that_is_gone_is_left_alone(clock: VirtualClock) -> None:
    screen = Screen(clock, plan=[(0.0, GONE)])

    async with screen.start() as message:
        message.update("a")
        await clock.pass_time(2)
        message.update("b")
        await clock.pass_time(20)
        await message.finish("final")

        assert message.is_gone

    assert len(screen.edits) == 1


@in_virtual_time
async def test_message_that_goes_at_the_end_is_no_error(clock: VirtualClock) -> None:
    screen = Screen(clock, plan=[(0.0, GONE)])

    async with screen.start() as message:
        await message.finish("final")

    assert len(screen.edits) == 1


# --- Leaving early


@in_virtual_time
async def test_leaving_without_finish_shows_nothing_more(clock: VirtualClock) -> None:
    screen = Screen(clock)

    async with screen.start() as message:
        message.update("a")
        await clock.pass_time(2)
        message.update("b")
    await clock.pass_time(60)

    assert screen.shown == ["a"]
    assert await other_tasks() == set()


@in_virtual_time
async def test_error_in_the_block_ends_the_editor_after_the_edit_in_flight(
    clock: VirtualClock,
) -> None:
    screen = Screen(clock, plan=[(5.0, None)])

    async def broken() -> None:
        async with screen.start() as message:
            message.update("a")
            await clock.pass_time(2)
            raise LookupError

    with pytest.raises(LookupError):
        await broken()

    assert screen.shown == ["a"]
    assert clock.elapsed == 6.25
    assert await other_tasks() == set()


@in_virtual_time
async def test_cancelling_finish_shows_the_final_state_and_leaves_no_editor_behind(
    clock: VirtualClock,
) -> None:
    screen = Screen(clock, plan=[(5.0, None)])

    async def answer() -> None:
        async with screen.start() as message:
            message.update("a")
            await clock.pass_time(2)
            message.update("b")
            await message.finish("final")

    task = asyncio.create_task(answer())
    await clock.pass_time(3)  # finish waits for the edit in flight
    task.cancel()
    await asyncio.wait({task})
    await clock.pass_time(60)

    assert task.cancelled()
    assert screen.shown == ["a", "final"]  # never "b", which is stale by then
    assert await other_tasks() == set()


@pytest.mark.parametrize("turns", range(6))
@in_virtual_time
async def test_cancellation_at_any_moment_of_finish_is_not_swallowed(
    clock: VirtualClock, turns: int
) -> None:
    screen = Screen(clock)
    is_finishing = asyncio.Event()

    async def answer() -> None:
        async with screen.start() as message:
            message.update("a")
            await clock.pass_time(2)
            is_finishing.set()
            await message.finish("final")

    task = asyncio.create_task(answer())
    await is_finishing.wait()
    for _ in range(turns):
        await clock.pass_time(0)
    was_running = task.cancel()
    await asyncio.wait({task})

    assert task.cancelled() == was_running


@in_virtual_time
async def test_error_of_the_editor_is_raised_once_and_not_lost(clock: VirtualClock) -> None:
    screen = Screen(clock, plan=[(0.0, KeyError("a bug in a card"))])

    async def answer() -> None:
        async with screen.start() as message:
            message.update("a")
            await clock.pass_time(2)
            await message.finish("final")

    with pytest.raises(KeyError):
        await answer()

    assert await other_tasks() == set()


@in_virtual_time
async def test_slow_edits_are_no_news_for_the_log(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    screen = Screen(clock, plan=[(2.5, None)])

    with caplog.at_level(logging.INFO):
        async with screen.start() as message:
            message.update("a")
            await clock.pass_time(2)
            await message.finish("final")

    assert caplog.records == []


# --- Any schedule

_SECONDS = st.sampled_from([0.0, 0.0, 0.01, 0.3, 1.0, 1.25, 1.5, 2.0, 3.7, 11.0])
_UPDATES = st.lists(st.tuples(_SECONDS, st.sampled_from("abcd")), max_size=12)
_PLAN = st.lists(
    st.tuples(_SECONDS, st.sampled_from([None, None, None, FAILED, GONE])), max_size=14
)


async def play(
    screen: Screen, updates: list[tuple[float, str]], silence: float, *, numbered: bool
) -> None:
    """Make the updates, then finish; the final edit may fail five times."""
    async with screen.start() as message:
        for number, (gap, state) in enumerate(updates):
            await screen.clock.pass_time(gap)
            message.update(f"{number:02}" if numbered else state)
        await screen.clock.pass_time(silence)
        try:
            await message.finish("final")
        except EditFailed:
            assert [edit.error for edit in screen.edits[-5:]] == [FAILED] * 5
    await screen.clock.pass_time(60)


@CALM
@given(_UPDATES, _PLAN, _SECONDS)
def test_any_schedule_shows_the_newest_state_one_edit_at_a_time(
    updates: list[tuple[float, str]], plan: list[tuple[float, Exception | None]], silence: float
) -> None:
    screen = Screen(VirtualClock(), plan=plan)

    run(play(screen, updates, silence, numbered=True))

    states = [edit.state for edit in screen.edits]
    assert screen.most_in_flight <= 1
    assert states == sorted(states)  # "final" sorts after the numbers: never stale after newer
    assert [e.newest_then for e in screen.edits if e.state != "final"] == [
        state for state in states if state != "final"
    ]


@CALM
@given(_UPDATES, _PLAN, _SECONDS)
def test_any_schedule_ends_with_the_final_state_unless_the_message_is_gone(
    updates: list[tuple[float, str]], plan: list[tuple[float, Exception | None]], silence: float
) -> None:
    screen = Screen(VirtualClock(), plan=plan)

    run(play(screen, updates, silence, numbered=True))

    is_gone = GONE in [edit.error for edit in screen.edits]
    assert is_gone or screen.edits[-1].state == "final"
    assert GONE not in [edit.error for edit in screen.edits[:-1]]


@CALM
@given(_UPDATES, _PLAN, _SECONDS)
def test_any_schedule_never_shows_the_same_state_twice_in_a_row(
    updates: list[tuple[float, str]], plan: list[tuple[float, Exception | None]], silence: float
) -> None:
    screen = Screen(VirtualClock(), plan=plan)

    run(play(screen, updates, silence, numbered=False))

    assert [before for before, after in pairwise(screen.shown) if before == after] == []


@CALM
@given(_UPDATES, _PLAN, _SECONDS)
def test_any_schedule_leaves_discord_its_pauses(
    updates: list[tuple[float, str]], plan: list[tuple[float, Exception | None]], silence: float
) -> None:
    screen = Screen(VirtualClock(), plan=plan)

    run(play(screen, updates, silence, numbered=True))

    running = [edit for edit in screen.edits if edit.state != "final"]
    assert [e.began for e in running[:1] if e.began < 1.25 - 1e-9] == []
    assert [
        (before, after)
        for before, after in pairwise(running)
        if after.began - before.ended < 1.25 - 1e-9
    ] == []


@in_virtual_time
async def test_last_edit_after_a_long_stream_is_at_most_the_fifth_in_five_seconds(
    clock: VirtualClock,
) -> None:
    screen = Screen(clock)

    async with screen.start() as message:
        for number in range(640):
            message.update(str(number))
            await clock.pass_time(0.01)
        await message.finish("final")

    assert screen.began == pytest.approx([1.25, 2.5, 3.75, 5.0, 6.25, 6.4])
