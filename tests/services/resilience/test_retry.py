import asyncio
from collections.abc import Awaitable, Callable

import pytest
from fakes.calls import Script
from fakes.chance import FixedChance, seeded
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, outcomes
from hypothesis import given
from hypothesis import strategies as st

from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    BulkheadFull,
    CircuitOpen,
    DeadlineExceeded,
    ExternalServiceException,
    InvalidRequest,
    InvalidResponse,
    NotFound,
    QuotaSpent,
    RateLimitExceeded,
    ServiceDisabled,
    ServiceDown,
    UpstreamServerError,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from services.resilience.deadline import deadline
from services.resilience.retry import Backoff, Retry

DOWN = UpstreamServerError("spotify", "search", 503)
NOT_SENT = UpstreamUnreachable("spotify", "search", was_sent=False)
MAYBE_SENT = UpstreamUnreachable("spotify", "search")


def _retry(clock: VirtualClock, share: float = 1.0, **backoff: float) -> Retry:
    settings: dict[str, float] = {"attempts": 3} | backoff
    return Retry(Backoff(**settings), clock=clock, chance=FixedChance(share))  # type: ignore[arg-type]  # attempts is whole


def _limited(retry_after: float | None = None, *, is_quota: bool = False) -> RateLimitExceeded:
    return RateLimitExceeded("spotify", "search", retry_after=retry_after, is_quota=is_quota)


def _expired() -> DeadlineExceeded:
    return DeadlineExceeded("spotify", "search")


@in_virtual_time
async def test_a_success_is_returned_without_waiting(clock: VirtualClock) -> None:
    attempt = Script("found")

    assert await _retry(clock).call(attempt, repeatable=True) == "found"
    assert (attempt.calls, clock.sleeps) == (1, [])


@in_virtual_time
async def test_a_failure_is_repeated_until_it_succeeds(clock: VirtualClock) -> None:
    attempt = Script(DOWN, DOWN, "found")

    assert await _retry(clock).call(attempt, repeatable=True) == "found"
    assert (attempt.calls, clock.sleeps) == (3, [0.5, 1.0])


@in_virtual_time
async def test_the_last_failure_is_raised(clock: VirtualClock) -> None:
    first, last = UpstreamTimeout("spotify", "search"), UpstreamServerError("spotify", "search")

    with pytest.raises(ServiceDown) as caught:
        await _retry(clock, attempts=2).call(Script[str](first, last), repeatable=True)

    assert caught.value is last


@pytest.mark.parametrize("attempts", [1, 2, 3, 5])
@in_virtual_time
async def test_attempts_are_counted_exactly(clock: VirtualClock, attempts: int) -> None:
    attempt = Script[str](DOWN)

    with pytest.raises(UpstreamServerError):
        await _retry(clock, attempts=attempts).call(attempt, repeatable=True)

    assert (attempt.calls, len(clock.sleeps)) == (attempts, attempts - 1)


@in_virtual_time
async def test_ceilings_double_up_to_the_cap(clock: VirtualClock) -> None:
    with pytest.raises(UpstreamServerError):
        await _retry(clock, attempts=8, base=0.5, cap=8).call(Script[str](DOWN), repeatable=True)

    assert clock.sleeps == [0.5, 1, 2, 4, 8, 8, 8]


@in_virtual_time
async def test_no_wait_is_shorter_than_the_floor(clock: VirtualClock) -> None:
    retry = _retry(clock, share=0.0, floor=2, base=5, cap=5)

    with pytest.raises(UpstreamServerError):
        await retry.call(Script[str](DOWN), repeatable=True)

    assert clock.sleeps == [2, 2]


@given(
    retry=st.integers(1, 60),
    base=st.floats(0.01, 10),
    cap=st.floats(0.01, 60),
    floor=st.floats(0, 5),
    seed=st.integers(0, 2**32),
)
def test_jitter_stays_between_floor_and_ceiling(
    retry: int, base: float, cap: float, floor: float, seed: int
) -> None:
    wait = Backoff(base=base, cap=cap, floor=floor).seconds(retry, seeded(seed))

    ceiling = max(floor, min(cap, base * 2.0 ** (retry - 1)))
    assert floor <= wait <= ceiling * (1 + 1e-12)


@given(st.integers(0, 2**32))
def test_jitter_is_full_also_at_the_cap(seed: int) -> None:
    chance = seeded(seed)

    waits = [Backoff(base=1, cap=8).seconds(10, chance) for _ in range(200)]

    assert min(waits) < 1.0
    assert max(waits) > 7.0


@pytest.mark.parametrize(
    ("share", "wait"), [pytest.param(0.0, 3.0, id="exactly"), pytest.param(1.0, 3.3, id="a bit on")]
)
@in_virtual_time
async def test_the_upstreams_own_wait_wins_over_backoff(
    clock: VirtualClock, share: float, wait: float
) -> None:
    attempt = Script(_limited(3), "found")

    await _retry(clock, share=share).call(attempt, repeatable=True)

    assert clock.sleeps == [pytest.approx(wait)]


@in_virtual_time
async def test_a_rate_limit_without_a_wait_uses_backoff(clock: VirtualClock) -> None:
    await _retry(clock).call(Script(_limited(), "found"), repeatable=True)

    assert clock.sleeps == [0.5]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(_limited(5.1), id="429"),
        pytest.param(UpstreamServerError("spotify", "search", 503, retry_after=5.1), id="503"),
    ],
)
@in_virtual_time
async def test_a_wait_beyond_the_limit_is_not_waited_for(
    clock: VirtualClock, error: ExternalServiceException
) -> None:
    attempt = Script(error, "found")

    with pytest.raises(type(error)):
        await _retry(clock, longest_retry_after=5).call(attempt, repeatable=True)

    assert (attempt.calls, clock.sleeps) == (1, [])


@in_virtual_time
async def test_a_wait_up_to_the_limit_is_waited_for(clock: VirtualClock) -> None:
    attempt = Script(_limited(5), "found")

    await _retry(clock, share=0.0, longest_retry_after=5).call(attempt, repeatable=True)

    assert clock.sleeps == [5]


@in_virtual_time
async def test_a_failure_that_asks_for_no_wait_is_repeated_whatever_wait_is_the_longest(
    clock: VirtualClock,
) -> None:
    attempt = Script(UpstreamServerError("spotify", "search", 503), "found")

    assert await _retry(clock, longest_retry_after=0).call(attempt, repeatable=True) == "found"


@in_virtual_time
async def test_a_wait_beyond_the_deadline_gives_up_at_once(clock: VirtualClock) -> None:
    error = _limited(3)

    with pytest.raises(RateLimitExceeded) as caught:
        async with deadline(clock, 2, expired=_expired):
            await _retry(clock).call(Script(error, "found"), repeatable=True)

    assert (caught.value, clock.elapsed) == (error, 0)


@in_virtual_time
async def test_no_attempt_starts_after_the_instant_given(clock: VirtualClock) -> None:
    attempt = Script[str](DOWN)
    retry = _retry(clock, attempts=9, base=1, cap=1)

    with pytest.raises(UpstreamServerError):
        await retry.call(attempt, repeatable=True, until=clock.monotonic() + 2.5)

    assert (attempt.calls, clock.elapsed) == (3, 2)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ServiceDown("spotify", "search"), id="down"),
        pytest.param(UpstreamTimeout("spotify", "search"), id="timeout"),
        pytest.param(UpstreamServerError("spotify", "search", 500), id="server error"),
        pytest.param(MAYBE_SENT, id="connection lost"),
        pytest.param(NOT_SENT, id="no connection"),
        pytest.param(_limited(), id="rate limit"),
        pytest.param(_limited(1), id="short rate limit"),
    ],
)
@in_virtual_time
async def test_passing_trouble_is_repeated(
    clock: VirtualClock, error: ExternalServiceException
) -> None:
    attempt = Script(error, "found")

    assert await _retry(clock).call(attempt, repeatable=True) == "found"


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(AuthenticationFailed("spotify", "search", 401), id="401"),
        pytest.param(AccessDenied("spotify", "search", 403), id="403"),
        pytest.param(InvalidRequest("spotify", "search", 400), id="400"),
        pytest.param(NotFound("spotify", "search", 404), id="404"),
        pytest.param(InvalidResponse("spotify", "search", 200), id="invalid response"),
        pytest.param(CircuitOpen("spotify", "search"), id="circuit open"),
        pytest.param(BulkheadFull("spotify", "search"), id="bulkhead full"),
        pytest.param(DeadlineExceeded("spotify", "search"), id="deadline"),
        pytest.param(QuotaSpent("spotify", "search"), id="own quota"),
        pytest.param(ServiceDisabled("spotify", "search", settings=["X"]), id="disabled"),
        pytest.param(_limited(1, is_quota=True), id="quota of the upstream"),
        pytest.param(ExternalServiceException("spotify", "search"), id="unknown"),
        pytest.param(RuntimeError("a bug"), id="bug"),
        pytest.param(TimeoutError(), id="foreign timeout"),
        pytest.param(OSError(), id="foreign I/O error"),
    ],
)
@in_virtual_time
async def test_everything_else_is_not(clock: VirtualClock, error: Exception) -> None:
    attempt = Script(error, "found")

    with pytest.raises(type(error)):
        await _retry(clock).call(attempt, repeatable=True)

    assert (attempt.calls, clock.sleeps) == (1, [])


@in_virtual_time
async def test_a_retry_that_ends_in_an_answer_of_no_stops(clock: VirtualClock) -> None:
    attempt = Script[str](DOWN, NotFound("spotify", "search", 404))

    with pytest.raises(NotFound):
        await _retry(clock).call(attempt, repeatable=True)

    assert attempt.calls == 2


@pytest.mark.parametrize(
    ("error", "calls"),
    [
        pytest.param(NOT_SENT, 2, id="certainly not sent"),
        pytest.param(MAYBE_SENT, 1, id="maybe sent"),
        pytest.param(UpstreamTimeout("spotify", "search"), 1, id="timeout"),
        pytest.param(DOWN, 1, id="server error"),
        pytest.param(_limited(1), 1, id="rate limit"),
    ],
)
@in_virtual_time
async def test_what_must_not_happen_twice_is_repeated_only_when_nothing_was_sent(
    clock: VirtualClock, error: ExternalServiceException, calls: int
) -> None:
    attempt = Script(error, "done")

    await outcomes(_retry(clock).call(attempt, repeatable=False))

    assert attempt.calls == calls


@in_virtual_time
async def test_a_call_that_was_maybe_sent_at_the_second_attempt_is_not_sent_again(
    clock: VirtualClock,
) -> None:
    attempt = Script(NOT_SENT, MAYBE_SENT, "done")

    with pytest.raises(UpstreamUnreachable):
        await _retry(clock).call(attempt, repeatable=False)

    assert attempt.calls == 2


async def _cancelled_after(
    clock: VirtualClock, seconds: float, call: Callable[[], Awaitable[str]]
) -> bool:
    task = asyncio.ensure_future(call())
    await clock.pass_time(seconds)
    task.cancel()
    await outcomes(task)
    return task.cancelled()


@in_virtual_time
async def test_a_cancelled_attempt_is_never_repeated(clock: VirtualClock) -> None:
    attempt = Script("late", takes=10)

    was_cancelled = await _cancelled_after(
        clock, 1, lambda: _retry(clock).call(attempt, repeatable=True)
    )

    assert (was_cancelled, attempt.calls, clock.elapsed) == (True, 1, 1)


@in_virtual_time
async def test_a_cancelled_second_attempt_is_never_repeated(clock: VirtualClock) -> None:
    attempt = Script(DOWN, asyncio.CancelledError(), "found")

    with pytest.raises(asyncio.CancelledError):
        await _retry(clock).call(attempt, repeatable=True)

    assert attempt.calls == 2


@in_virtual_time
async def test_cancelling_between_attempts_ends_the_call(clock: VirtualClock) -> None:
    attempt = Script(DOWN, "found")

    was_cancelled = await _cancelled_after(
        clock, 0.25, lambda: _retry(clock).call(attempt, repeatable=True)
    )

    assert (was_cancelled, attempt.calls) == (True, 1)


@in_virtual_time
async def test_concurrent_calls_share_no_state(clock: VirtualClock) -> None:
    retry = _retry(clock)
    scripts = [Script(*[DOWN] * (number % 3), f"answer {number}", takes=1) for number in range(200)]

    answers = await outcomes(*(retry.call(script, repeatable=True) for script in scripts))

    assert answers == [f"answer {number}" for number in range(200)]
    assert [script.calls for script in scripts] == [number % 3 + 1 for number in range(200)]
