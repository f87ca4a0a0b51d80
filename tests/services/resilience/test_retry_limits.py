"""What bounds a retry, and what it tells: Retry-After, jitter, deadlines, cancellation, events."""

import asyncio
from datetime import timedelta
from email.utils import format_datetime
from math import sqrt

import pytest
from fakes.breakers import DOWN
from fakes.calls import Script
from fakes.chance import FixedChance, seeded
from fakes.clock import VirtualClock, wall
from fakes.virtual_time import in_virtual_time, outcomes, run
from hypothesis import given
from hypothesis import strategies as st

from services.errors import DeadlineExceeded, NotFound, RateLimitExceeded, UpstreamServerError
from services.http import parse_retry_after
from services.resilience.deadline import deadline
from services.resilience.events import Event, Events, RetryDenied, RetryScheduled
from services.resilience.retry import Backoff, Retry
from services.resilience.retry_budget import BudgetRules, RetryBudget


def _retry(
    clock: VirtualClock,
    *,
    backoff: Backoff | None = None,
    budget: RetryBudget | None = None,
    events: Events | None = None,
) -> Retry:
    return Retry(
        backoff or Backoff(base=1, cap=8),
        budget=budget,
        clock=clock,
        chance=FixedChance(1.0),
        events=events,
    )


def _empty_budget() -> RetryBudget:
    return RetryBudget(BudgetRules(capacity=0))


def _expired() -> DeadlineExceeded:
    return DeadlineExceeded("discogs", "search")


@pytest.mark.parametrize(
    ("header", "sleeps"),
    [
        pytest.param("3", [3.3], id="seconds"),
        pytest.param(format_datetime(wall(4), usegmt=True), [4.4], id="date"),
        pytest.param(format_datetime(wall(-3_600), usegmt=True), [0], id="past date"),
        pytest.param("0", [0], id="zero"),
        pytest.param("soon", [1], id="garbage, so backoff"),
        pytest.param("86400", [], id="absurd seconds"),
        pytest.param(format_datetime(wall(86_400), usegmt=True), [], id="absurd date"),
    ],
)
@in_virtual_time
async def test_retry_after_is_waited_for_unless_absurd(
    clock: VirtualClock, header: str, sleeps: list[float]
) -> None:
    error = RateLimitExceeded(
        "discogs", "search", retry_after=parse_retry_after(header, clock.now())
    )
    attempt = Script(error, "found")

    await outcomes(_retry(clock).call(attempt, repeatable=True))

    assert clock.sleeps == [pytest.approx(seconds) for seconds in sleeps]
    assert attempt.calls == len(sleeps) + 1


@in_virtual_time
async def test_an_absurd_retry_after_is_handed_on_at_once_and_whole(clock: VirtualClock) -> None:
    error = RateLimitExceeded("discogs", "search", retry_after=86_400)

    with pytest.raises(RateLimitExceeded) as caught:
        await _retry(clock).call(Script(error, "found"), repeatable=True)

    assert (caught.value.retry_after, clock.elapsed) == (86_400, 0)


@pytest.mark.parametrize("hung_at", [pytest.param(1, id="first"), pytest.param(2, id="second")])
@in_virtual_time
async def test_a_hung_attempt_never_outlives_the_deadline(
    clock: VirtualClock, hung_at: int
) -> None:
    async def attempt() -> str:
        sent.append(clock.elapsed)
        if len(sent) < hung_at:
            raise DOWN
        await asyncio.Event().wait()
        return "never"

    sent: list[float] = []

    with pytest.raises(DeadlineExceeded):
        async with deadline(clock, 5, expired=_expired):
            await _retry(clock).call(attempt, repeatable=True)

    assert len(sent) == hung_at
    assert clock.elapsed == pytest.approx(5, abs=0.05)


@given(
    seconds=st.floats(0.1, 30),
    takes=st.floats(0, 5),
    attempts=st.integers(1, 10),
)
def test_no_schedule_outlives_the_deadline(seconds: float, takes: float, attempts: int) -> None:
    async def play() -> float:
        clock = VirtualClock()
        retry = _retry(clock, backoff=Backoff(attempts=attempts, base=0.5, cap=4))

        async def operation() -> str:
            async with deadline(clock, seconds, expired=_expired):
                return await retry.call(Script[str](DOWN, takes=takes), repeatable=True)

        await outcomes(operation())
        return clock.elapsed

    assert run(play()) <= seconds + 0.05


def _waits(backoff: Backoff, retry: int, count: int = 2_000) -> list[float]:
    chance = seeded(11)
    return sorted(backoff.seconds(retry, chance) for _ in range(count))


@pytest.mark.parametrize(
    ("retry", "ceiling"),
    [
        pytest.param(1, 1, id="first"),
        pytest.param(3, 4, id="growing"),
        pytest.param(4, 8, id="reaching the cap"),
        pytest.param(12, 8, id="at the cap"),
    ],
)
def test_jitter_is_uniform_over_the_whole_range_also_at_the_cap(retry: int, ceiling: float) -> None:
    waits = _waits(Backoff(base=1, cap=8), retry)

    # Kolmogorov-Smirnov at 1 %: how far the sorted waits stray from a straight line.
    distance = max(abs(wait / ceiling - i / len(waits)) for i, wait in enumerate(waits))
    assert distance < 1.63 / sqrt(len(waits))
    assert waits[0] < 0.01 * ceiling
    assert 0.99 * ceiling < waits[-1] <= ceiling


@in_virtual_time
async def test_a_cancelled_attempt_ends_the_call_within_one_loop_turn(clock: VirtualClock) -> None:
    task = asyncio.create_task(_retry(clock).call(Script("late", takes=10), repeatable=True))
    await clock.pass_time(1)

    task.cancel()
    await clock.pass_time(0)

    assert task.cancelled()


@in_virtual_time
async def test_a_cancelled_wait_ends_the_call_within_one_loop_turn(clock: VirtualClock) -> None:
    task = asyncio.create_task(_retry(clock).call(Script(DOWN, "found"), repeatable=True))
    await clock.pass_time(0.5)

    task.cancel()
    await clock.pass_time(0)

    assert (task.cancelled(), clock.elapsed) == (True, 0.5)


async def _events_of(
    clock: VirtualClock,
    *results: str | Exception,
    backoff: Backoff | None = None,
    budget: RetryBudget | None = None,
    seconds: float = 1_000,
) -> list[Event]:
    seen: list[Event] = []
    retry = _retry(clock, backoff=backoff, budget=budget, events=Events(seen.append))

    async def operation() -> str:
        async with deadline(clock, seconds, expired=_expired):
            return await retry.call(Script(*results), repeatable=True)

    await outcomes(operation())
    return seen


def _scheduled(retry: int, wait: float, reason: str = "UpstreamServerError") -> RetryScheduled:
    return RetryScheduled(
        upstream="discogs", operation="search", retry=retry, wait=wait, reason=reason
    )


def _denied(reason: str) -> RetryDenied:
    return RetryDenied(upstream="discogs", operation="search", reason=reason)


@in_virtual_time
async def test_listeners_learn_of_every_retry(clock: VirtualClock) -> None:
    limited = RateLimitExceeded("discogs", "search", retry_after=2)

    seen = await _events_of(clock, DOWN, limited, "found")

    assert seen == [_scheduled(1, 1.0), _scheduled(2, 2 * 1.1, "RateLimitExceeded")]


@in_virtual_time
async def test_listeners_learn_that_no_attempt_was_left(clock: VirtualClock) -> None:
    seen = await _events_of(clock, DOWN, backoff=Backoff(attempts=2, base=1))

    assert seen == [_scheduled(1, 1.0), _denied("attempts")]


@in_virtual_time
async def test_listeners_learn_that_there_was_only_one_attempt(clock: VirtualClock) -> None:
    assert await _events_of(clock, DOWN, backoff=Backoff(attempts=1)) == [_denied("attempts")]


@in_virtual_time
async def test_listeners_learn_that_no_time_was_left(clock: VirtualClock) -> None:
    assert await _events_of(clock, DOWN, "found", seconds=1) == [_denied("deadline")]


@in_virtual_time
async def test_listeners_learn_that_the_budget_was_spent(clock: VirtualClock) -> None:
    assert await _events_of(clock, DOWN, "found", budget=_empty_budget()) == [_denied("budget")]


@in_virtual_time
async def test_a_failure_that_is_not_worth_repeating_is_no_event(clock: VirtualClock) -> None:
    assert await _events_of(clock, NotFound("discogs", "search", 404)) == []


@in_virtual_time
async def test_a_failure_not_worth_repeating_is_none_either_with_a_single_attempt(
    clock: VirtualClock,
) -> None:
    refused = NotFound("discogs", "search", 404)

    assert await _events_of(clock, refused, backoff=Backoff(attempts=1)) == []


def test_the_backoff_that_nobody_declared_is_that_of_the_design() -> None:
    assert Backoff() == Backoff(attempts=3, floor=0, base=0.5, cap=8, longest_retry_after=5)


@in_virtual_time
async def test_a_success_is_no_event(clock: VirtualClock) -> None:
    assert await _events_of(clock, "found") == []


@pytest.mark.parametrize(
    ("backoff", "seconds"),
    [
        pytest.param(Backoff(attempts=1), 1_000, id="attempts"),
        pytest.param(Backoff(attempts=3, base=1), 1, id="deadline"),
    ],
)
@in_virtual_time
async def test_a_retry_denied_for_another_reason_spends_no_budget(
    clock: VirtualClock, backoff: Backoff, seconds: float
) -> None:
    budget = RetryBudget(BudgetRules(capacity=1))

    await _events_of(clock, DOWN, backoff=backoff, budget=budget, seconds=seconds)

    assert budget.retries_left == 1


@in_virtual_time
async def test_a_denied_retry_raises_the_failure_itself(clock: VirtualClock) -> None:
    with pytest.raises(UpstreamServerError) as caught:
        await _retry(clock, budget=_empty_budget()).call(Script[str](DOWN), repeatable=True)

    assert (caught.value, clock.sleeps) == (DOWN, [])


@in_virtual_time
async def test_retries_are_logged_without_a_word_of_the_answer(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "services.resilience.retry")
    error = UpstreamServerError("discogs", "search", 503, "503 (canary-4f9a)")

    await outcomes(
        _retry(clock, backoff=Backoff(attempts=2, base=1)).call(Script[str](error), repeatable=True)
    )

    assert [record.getMessage() for record in caplog.records] == [
        "discogs.search: retry 1 in 1.00 s (UpstreamServerError)",
        "discogs.search: no retry (attempts)",
    ]


def test_a_past_date_is_no_wait_and_never_a_negative_one() -> None:
    past = format_datetime(wall(0) - timedelta(days=400), usegmt=True)

    assert parse_retry_after(past, wall(0)) == 0
