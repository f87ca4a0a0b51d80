import pytest
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time
from hypothesis import given
from hypothesis import strategies as st

from services.errors import (
    ExternalServiceException,
    NotFound,
    RateLimitExceeded,
    UpstreamServerError,
    UpstreamUnreachable,
)
from services.resilience.failures import KnownFailures

DOWN = UpstreamServerError("discogs", "search", 503)


def _failures(clock: VirtualClock, capacity: int = 10) -> KnownFailures:
    return KnownFailures(capacity=capacity, clock=clock)


@in_virtual_time
async def test_what_never_failed_has_no_failure(clock: VirtualClock) -> None:
    assert _failures(clock).get("key") is None


@pytest.mark.parametrize(
    "error",
    [
        NotFound("discogs", "get_release", 404, "404 for release 1"),
        RateLimitExceeded("spotify", "search", 429, "quota", retry_after=60, is_quota=True),
        UpstreamUnreachable("discogs", "search", None, "refused", was_sent=False),
    ],
    ids=lambda error: type(error).__name__,
)
@in_virtual_time
async def test_a_failure_is_given_back_as_an_equal_error_each_time(
    clock: VirtualClock, error: ExternalServiceException
) -> None:
    failures = _failures(clock)
    failures.remember("key", error, 10)

    first, second = failures.get("key"), failures.get("key")

    assert type(first) is type(second) is type(error)
    assert vars(first) == vars(second) == vars(error)
    assert len({id(error), id(first), id(second)}) == 3


@in_virtual_time
async def test_a_failure_keeps_no_frames_alive(clock: VirtualClock) -> None:
    failures = _failures(clock)
    try:
        raise DOWN from ValueError("the cause")
    except UpstreamServerError as error:
        failures.remember("key", error, 10)

    known = failures.get("key")

    assert known is not None
    assert (known.__traceback__, known.__cause__, known.__context__) == (None, None, None)


@pytest.mark.parametrize(("age", "is_known"), [(9.9, True), (10, False), (10.1, False)])
@in_virtual_time
async def test_a_failure_is_known_until_its_time_is_over(
    clock: VirtualClock, age: float, *, is_known: bool
) -> None:
    failures = _failures(clock)
    failures.remember("key", DOWN, 10)

    await clock.sleep(age)

    assert (failures.get("key") is not None) is is_known
    assert len(failures) == int(is_known)


@pytest.mark.parametrize("seconds", [0, -1])
@in_virtual_time
async def test_a_failure_of_no_duration_is_not_remembered(
    clock: VirtualClock, seconds: float
) -> None:
    failures = _failures(clock)

    failures.remember("key", DOWN, seconds)

    assert (len(failures), failures.get("key")) == (0, None)


@pytest.mark.parametrize(("age", "left"), [(0, 30), (4, 26), (29, 1), (40, 0)])
@in_virtual_time
async def test_the_time_since_is_taken_off_the_retry_after(
    clock: VirtualClock, age: float, left: float
) -> None:
    failures = _failures(clock)
    failures.remember("key", UpstreamServerError("discogs", "x", 503, retry_after=30), 60)
    await clock.sleep(age)

    known = failures.get("key")

    assert known is not None
    assert known.retry_after == left


@in_virtual_time
async def test_a_later_failure_replaces_an_earlier_one(clock: VirtualClock) -> None:
    failures = _failures(clock)
    failures.remember("key", DOWN, 10)
    await clock.sleep(9)
    failures.remember("key", NotFound("discogs", "search", 404), 10)
    await clock.sleep(9)

    assert isinstance(failures.get("key"), NotFound)


@in_virtual_time
async def test_failures_of_different_keys_do_not_mix(clock: VirtualClock) -> None:
    failures = _failures(clock)
    failures.remember("one", DOWN, 10)

    assert failures.get("two") is None


@in_virtual_time
async def test_the_failure_that_was_remembered_first_leaves_first(clock: VirtualClock) -> None:
    failures = _failures(clock, capacity=2)
    for key in ("a", "b", "a", "c"):
        failures.remember(key, DOWN, 10)

    assert [failures.get(key) is not None for key in ("a", "b", "c")] == [True, False, True]


@given(st.lists(st.integers(0, 20)), st.integers(1, 5))
def test_failures_are_never_more_than_the_capacity(keys: list[int], capacity: int) -> None:
    @in_virtual_time
    async def remember_all() -> int:
        failures = _failures(VirtualClock(), capacity)
        for key in keys:
            failures.remember(str(key), DOWN, 10)
        return len(failures)

    assert remember_all() == min(len(set(keys)), capacity)
