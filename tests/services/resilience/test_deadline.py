import asyncio
from math import inf

import pytest
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, outcomes

from services.errors import DeadlineExceeded, NotFound
from services.resilience.deadline import deadline, remaining

OUTER = DeadlineExceeded("discogs", "outer")
INNER = DeadlineExceeded("discogs", "inner")


def _outer() -> DeadlineExceeded:
    return OUTER


def _inner() -> DeadlineExceeded:
    return INNER


@in_virtual_time
async def test_without_a_deadline_there_is_no_end_of_time(clock: VirtualClock) -> None:
    assert remaining(clock) == inf


@in_virtual_time
async def test_remaining_counts_down(clock: VirtualClock) -> None:
    async with deadline(clock, 10, expired=_outer):
        await clock.sleep(4)

        assert remaining(clock) == 6


@in_virtual_time
async def test_the_block_ends_on_time_with_the_declared_error(clock: VirtualClock) -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        async with deadline(clock, 1.5, expired=_outer):
            await clock.sleep(60)

    assert caught.value is OUTER
    assert clock.elapsed == pytest.approx(1.5, abs=0.05)


@in_virtual_time
async def test_a_block_that_ends_in_time_is_left_alone(clock: VirtualClock) -> None:
    async with deadline(clock, 1, expired=_outer):
        await clock.sleep(0.5)
    await clock.sleep(60)

    assert clock.elapsed == 60.5


@in_virtual_time
async def test_a_nested_deadline_cannot_outlast_the_outer_one(clock: VirtualClock) -> None:
    async with deadline(clock, 2, expired=_outer), deadline(clock, 10, expired=_inner):
        assert remaining(clock) == 2


@in_virtual_time
async def test_the_outer_deadline_wins_when_it_is_earlier(clock: VirtualClock) -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        async with deadline(clock, 2, expired=_outer), deadline(clock, 10, expired=_inner):
            await clock.sleep(60)

    assert caught.value is OUTER
    assert clock.elapsed == pytest.approx(2, abs=0.05)


@in_virtual_time
async def test_the_inner_deadline_wins_when_it_is_earlier(clock: VirtualClock) -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        async with deadline(clock, 10, expired=_outer), deadline(clock, 2, expired=_inner):
            await clock.sleep(60)

    assert caught.value is INNER
    assert clock.elapsed == pytest.approx(2, abs=0.05)


@in_virtual_time
async def test_after_a_nested_block_the_outer_deadline_holds_again(clock: VirtualClock) -> None:
    async with deadline(clock, 10, expired=_outer):
        async with deadline(clock, 2, expired=_inner):
            await clock.sleep(1)

        assert remaining(clock) == 9


@in_virtual_time
async def test_after_the_block_no_deadline_is_left(clock: VirtualClock) -> None:
    with pytest.raises(DeadlineExceeded):
        async with deadline(clock, 1, expired=_outer):
            await clock.sleep(2)

    assert remaining(clock) == inf


@in_virtual_time
async def test_a_detached_deadline_ignores_the_outer_one(clock: VirtualClock) -> None:
    async with (
        deadline(clock, 2, expired=_outer),
        deadline(clock, 10, expired=_inner, detached=True),
    ):
        assert remaining(clock) == 10


@in_virtual_time
async def test_work_in_a_task_of_its_own_outlives_the_deadline_it_was_started_under(
    clock: VirtualClock,
) -> None:
    async def detached() -> float:
        async with deadline(clock, 10, expired=_inner, detached=True):
            await clock.sleep(5)
            return clock.elapsed

    async def caller() -> asyncio.Task[float]:
        task = asyncio.create_task(detached())
        with pytest.raises(DeadlineExceeded):
            async with deadline(clock, 2, expired=_outer):
                await asyncio.shield(task)
        return task

    assert await (await caller()) == 5


@in_virtual_time
async def test_a_foreign_timeout_does_not_pass_for_the_deadline(clock: VirtualClock) -> None:
    with pytest.raises(RuntimeError, match="escaped"):
        async with deadline(clock, 10, expired=_outer):
            raise TimeoutError


@in_virtual_time
async def test_an_error_of_the_block_passes_unchanged(clock: VirtualClock) -> None:
    error = NotFound("discogs", "get_release")

    with pytest.raises(NotFound) as caught:
        async with deadline(clock, 10, expired=_outer):
            raise error

    assert caught.value is error


@in_virtual_time
async def test_a_cancelled_block_stays_cancelled(clock: VirtualClock) -> None:
    async def work() -> None:
        async with deadline(clock, 10, expired=_outer):
            await clock.sleep(60)

    task = asyncio.create_task(work())
    await clock.sleep(1)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


@in_virtual_time
async def test_concurrent_operations_have_deadlines_of_their_own(clock: VirtualClock) -> None:
    async def work(seconds: float) -> float:
        async with deadline(clock, seconds, expired=_outer):
            await clock.sleep(1)
            return remaining(clock)

    assert await outcomes(work(2), work(5), work(0.5)) == [1, 4, OUTER]
