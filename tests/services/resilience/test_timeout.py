"""Our limit of a block in every case that counts, each beside ``asyncio.timeout_at``'s."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

import pytest
from fakes.clock import VirtualClock
from fakes.virtual_time import START, in_virtual_time, outcomes, run, settle

from services.resilience._timeout import Timeout

Limit = Callable[[float | None], AbstractAsyncContextManager[object]]

BOTH = pytest.mark.parametrize(
    "limit",
    [
        pytest.param(Timeout, id="ours"),
        pytest.param(asyncio.timeout_at, id="asyncio"),  # noqa: TID251  # what ours is measured by
    ],
)


async def _wait() -> None:
    await asyncio.Event().wait()


async def _limited(limit: Limit, instant: float | None) -> None:
    async with limit(instant):
        await _wait()


@BOTH
def test_timeout_raises_timeout_error_at_its_instant_because_of_a_cancellation(
    limit: Limit,
) -> None:
    async def main() -> tuple[BaseException, float]:
        with pytest.raises(TimeoutError) as caught:
            await _limited(limit, START + 2)
        return caught.value, asyncio.get_running_loop().time()

    error, ended_at = run(main())

    assert isinstance(error.__cause__, asyncio.CancelledError)
    assert ended_at == START + 2


@BOTH
def test_timeout_leaves_a_block_alone_that_ends_in_time_and_what_follows(limit: Limit) -> None:
    async def main() -> str:
        clock = VirtualClock()
        async with limit(START + 2):
            await clock.sleep(1)
        await clock.sleep(5)
        return "done"

    assert run(main()) == "done"


@BOTH
def test_timeout_leaves_no_timer_behind(limit: Limit) -> None:
    async def main() -> list[asyncio.TimerHandle]:
        async with limit(START + 2):
            pass
        timers: list[asyncio.TimerHandle] = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
        return [timer for timer in timers if not timer.cancelled()]

    assert run(main()) == []


@BOTH
def test_timeout_without_an_instant_never_comes(limit: Limit) -> None:
    async def main() -> float:
        clock = VirtualClock()
        async with limit(None):
            await clock.sleep(86_400)
        return clock.elapsed

    assert run(main()) == 86_400


@BOTH
@pytest.mark.parametrize("late", [0.0, 5.0])
def test_timeout_that_is_over_already_ends_the_block_where_it_first_waits(
    limit: Limit, late: float
) -> None:
    async def main() -> list[str]:
        seen: list[str] = []
        with suppress(TimeoutError):
            async with limit(START - late):
                seen.append("began")
                await asyncio.get_running_loop().create_task(settle())
                seen.append("waited")
        return seen

    assert run(main()) == ["began"]


@BOTH
def test_timeout_that_is_over_already_comes_before_what_becomes_ready_later(limit: Limit) -> None:
    async def main() -> None:
        async with limit(START):
            await VirtualClock().sleep(0)

    with pytest.raises(TimeoutError):
        run(main())


@BOTH
def test_timeout_lets_the_cancellation_by_somebody_else_through(limit: Limit) -> None:
    async def main() -> tuple[BaseException | None, int]:
        task = asyncio.create_task(_limited(limit, START + 2))
        await settle()
        task.cancel("by hand")
        (outcome,) = await outcomes(task)
        return outcome, task.cancelling()

    outcome, requests = run(main())

    assert isinstance(outcome, asyncio.CancelledError)
    assert requests == 1


@BOTH
def test_timeout_yields_to_a_cancellation_by_somebody_else_at_the_same_instant(
    limit: Limit,
) -> None:
    async def main() -> tuple[BaseException | None, int]:
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(_limited(limit, START + 2))
        loop.call_at(START + 2, task.cancel)
        (outcome,) = await outcomes(task)
        return outcome, task.cancelling()

    outcome, requests = run(main())

    assert isinstance(outcome, asyncio.CancelledError)
    assert requests == 1


@BOTH
def test_timeout_counts_only_the_cancellations_since_it_was_entered(limit: Limit) -> None:
    async def main() -> str:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        with suppress(asyncio.CancelledError):
            await settle()
        try:
            await _limited(limit, START + 2)
        except TimeoutError:
            return f"timed out, {task.cancelling()} request"
        return "never"

    assert run(main()) == "timed out, 1 request"


@BOTH
def test_timeout_that_came_does_not_hide_how_the_block_ended_instead(limit: Limit) -> None:
    async def block() -> None:
        async with limit(START + 2):
            try:
                await _wait()
            except asyncio.CancelledError:
                raise KeyError("cleaning up failed") from None

    async def main() -> tuple[BaseException | None, int]:
        task = asyncio.create_task(block())
        (outcome,) = await outcomes(task)
        return outcome, task.cancelling()

    outcome, requests = run(main())

    assert isinstance(outcome, KeyError)
    assert requests == 0


@BOTH
def test_timeout_that_the_block_swallowed_is_over_and_cancels_nothing_later(limit: Limit) -> None:
    async def main() -> tuple[float, int]:
        clock = VirtualClock()
        async with limit(START + 2):
            with suppress(asyncio.CancelledError):
                await _wait()
        await clock.sleep(3)
        task = asyncio.current_task()
        return clock.elapsed, task.cancelling() if task else -1

    assert run(main()) == (5, 0)


@BOTH
@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        pytest.param(2, 5, ["outer at 2"], id="the outer one is earlier"),
        pytest.param(5, 2, ["inner at 2"], id="the inner one is earlier"),
        pytest.param(2, 2, ["outer at 2"], id="both come at once"),
    ],
)
def test_timeouts_within_each_other_end_what_belongs_to_the_one_that_came(
    limit: Limit, outer: float, inner: float, expected: list[str]
) -> None:
    async def main() -> list[str]:
        clock, seen = VirtualClock(), list[str]()
        try:
            async with limit(START + outer):
                try:
                    await _limited(limit, START + inner)
                except TimeoutError:
                    seen.append(f"inner at {clock.elapsed:g}")
        except TimeoutError:
            seen.append(f"outer at {clock.elapsed:g}")
        return seen

    assert run(main()) == expected


@BOTH
@in_virtual_time
async def test_timeout_outside_of_a_task_is_refused(limit: Limit) -> None:
    entering: Coroutine[Any, Any, object] = _limited(limit, START + 2)
    refused: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    def enter() -> None:
        try:
            entering.send(None)
        except RuntimeError as error:
            refused.set_result(error)

    asyncio.get_running_loop().call_soon(enter)

    assert "task" in str(await refused)
