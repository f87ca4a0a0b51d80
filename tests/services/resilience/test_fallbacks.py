"""The fallback chain: which rungs are reached, under which names, and who is told."""

import asyncio
import logging

import pytest
from fakes.calls import Script
from fakes.chance import FixedChance
from fakes.clock import VirtualClock, wall
from fakes.virtual_time import in_virtual_time, outcomes

from services.answers import Answer, Source
from services.errors import (
    DeadlineExceeded,
    ExternalServiceException,
    NotFound,
    UpstreamServerError,
)
from services.resilience.config import Call, Fallback, PolicyConfig
from services.resilience.events import Event, Events, FallbackUsed
from services.resilience.policy import Policy
from services.resilience.retry import Backoff

DOWN = UpstreamServerError("discogs", "search", 503)
DISCOGS = ("lightweight_retry", "cache_from_last_import")
SPOTIFY = (None, "cache_from_previous_session")


def _policy(
    clock: VirtualClock,
    names: tuple[str | None, str | None] = DISCOGS,
    *,
    attempts: int = 2,
    deadline: float = 30,
    events: Events | None = None,
) -> Policy:
    config = PolicyConfig(
        upstream="discogs",
        deadline=deadline,
        attempt_timeout=10,
        concurrency=100,
        backoff=Backoff(attempts=attempts, floor=2.0, base=5.0, cap=5.0),
        breaker_failures=100,
        retry_name=names[0],
        stale_name=names[1],
    )
    return Policy(config, clock=clock, chance=FixedChance(0.0), events=events)


def _call(
    send: Script[str], *rungs: Fallback[str], key: str | None = "key", patience: float | None = None
) -> Call[str]:
    return Call(
        operation="search",
        send=send,
        key=key,
        fresh=60,
        stale=3_600,
        patience=patience,
        fallbacks=rungs,
    )


MANUAL = Fallback("manual_entry_mode", Source.MANUAL, lambda _: "the form")
MINIMAL: Fallback[str] = Fallback("return_minimal_data", Source.MINIMAL, lambda _: None)
EMPTY = Fallback("fail_gracefully", Source.EMPTY, lambda _: "")


def _used(rung: str) -> FallbackUsed:
    return FallbackUsed(upstream="discogs", operation="search", rung=rung)


# Behaviour 53: each rung of each upstream


@in_virtual_time
async def test_discogs_first_rung_is_the_retry_that_succeeds(clock: VirtualClock) -> None:
    answer = await _policy(clock).call(_call(Script(DOWN, "found")))

    assert answer == Answer(
        value="found", source=Source.LIVE, as_of=wall(2), tried=("lightweight_retry",)
    )


@in_virtual_time
async def test_discogs_second_rung_is_the_last_import_with_its_age(clock: VirtualClock) -> None:
    policy = _policy(clock)
    await policy.call(_call(Script("found")))
    await clock.sleep(100)

    answer = await policy.call(_call(Script[str](DOWN), MANUAL))

    assert answer == Answer(
        value="found",
        source=Source.STALE,
        as_of=wall(0),
        error=DOWN,
        tried=("lightweight_retry", "cache_from_last_import"),
    )


@in_virtual_time
async def test_discogs_third_rung_is_the_form(clock: VirtualClock) -> None:
    answer = await _policy(clock).call(_call(Script[str](DOWN), MANUAL))

    assert answer == Answer(
        value="the form",
        source=Source.MANUAL,
        error=DOWN,
        tried=("lightweight_retry", "cache_from_last_import", "manual_entry_mode"),
    )


@in_virtual_time
async def test_spotifys_first_rung_is_the_previous_session_with_its_age(
    clock: VirtualClock,
) -> None:
    policy = _policy(clock, SPOTIFY)
    await policy.call(_call(Script("found")))
    await clock.sleep(100)

    answer = await policy.call(_call(Script[str](DOWN), MINIMAL, EMPTY))

    assert (answer.source, answer.as_of, answer.tried) == (
        Source.STALE,
        wall(0),
        ("cache_from_previous_session",),
    )


@in_virtual_time
async def test_spotifys_second_rung_is_minimal_data(clock: VirtualClock) -> None:
    minimal = Fallback("return_minimal_data", Source.MINIMAL, lambda _: "link")

    answer = await _policy(clock, SPOTIFY).call(_call(Script[str](DOWN), minimal, EMPTY))

    assert (answer.value, answer.source, answer.tried) == (
        "link",
        Source.MINIMAL,
        ("cache_from_previous_session", "return_minimal_data"),
    )


@in_virtual_time
async def test_spotifys_third_rung_is_empty_and_logged(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="services.resilience.fallbacks")

    answer = await _policy(clock, SPOTIFY).call(_call(Script[str](DOWN), MINIMAL, EMPTY))

    assert (answer.value, answer.source, answer.error) == ("", Source.EMPTY, DOWN)
    assert answer.tried == (
        "cache_from_previous_session",
        "return_minimal_data",
        "fail_gracefully",
    )
    assert caplog.messages == [f"{DOWN}; answering with fail_gracefully"]


# The name of the retry


@in_virtual_time
async def test_the_retry_is_not_named_when_there_was_none(clock: VirtualClock) -> None:
    live = await _policy(clock).call(_call(Script("found")))
    fallen_back = await _policy(clock, attempts=1).call(_call(Script[str](DOWN), MANUAL))

    assert live.tried == ()
    assert fallen_back.tried == ("cache_from_last_import", "manual_entry_mode")


@in_virtual_time
async def test_a_retry_without_a_name_is_no_rung(clock: VirtualClock) -> None:
    answer = await _policy(clock, SPOTIFY).call(_call(Script(DOWN, "found")))

    assert (answer.source, answer.tried) == (Source.LIVE, ())


@in_virtual_time
async def test_the_retry_is_named_without_a_cache_key_too(clock: VirtualClock) -> None:
    live = await _policy(clock).call(_call(Script(DOWN, "found"), key=None))
    fallen_back = await _policy(clock).call(_call(Script[str](DOWN), MANUAL, key=None))

    assert live.tried == ("lightweight_retry",)
    assert fallen_back.tried == ("lightweight_retry", "manual_entry_mode")


@in_virtual_time
async def test_everybody_who_shared_the_retries_is_told_of_them(clock: VirtualClock) -> None:
    policy, call = _policy(clock), _call(Script[str](DOWN, takes=1), MANUAL)

    answers = await outcomes(*(policy.call(call) for _ in range(3)))

    names = [answer.tried[0] for answer in answers if isinstance(answer, Answer)]
    assert names == ["lightweight_retry"] * 3


@in_virtual_time
async def test_retries_that_ran_out_of_time_are_named(clock: VirtualClock) -> None:
    policy = _policy(clock, attempts=3, deadline=15)

    answer = await policy.call(_call(Script("late", takes=60), MANUAL))

    assert type(answer.error) is DeadlineExceeded
    assert answer.tried == ("lightweight_retry", "cache_from_last_import", "manual_entry_mode")


@in_virtual_time
async def test_retries_under_way_are_named_to_the_impatient(clock: VirtualClock) -> None:
    policy = _policy(clock)
    await policy.call(_call(Script("old")))
    await clock.sleep(100)

    answer = await policy.call(_call(Script(DOWN, "new", takes=2), patience=5))

    assert (answer.value, answer.tried) == ("old", ("lightweight_retry", "cache_from_last_import"))


@in_virtual_time
async def test_an_answer_of_no_after_a_retry_is_still_raised(clock: VirtualClock) -> None:
    gone = NotFound("discogs", "search", 404)

    (result,) = await outcomes(_policy(clock).call(_call(Script[str](DOWN, gone), MANUAL)))

    assert result is gone


# Events and logs


@in_virtual_time
async def test_the_rung_that_served_is_told_by_an_event(clock: VirtualClock) -> None:
    seen: list[Event] = []
    policy = _policy(clock, SPOTIFY, events=Events(seen.append))

    await policy.call(_call(Script[str](DOWN), MINIMAL, EMPTY, key=None))

    assert [event for event in seen if isinstance(event, FallbackUsed)] == [
        _used("fail_gracefully")
    ]


@pytest.mark.parametrize("key", [None, "key"])
@in_virtual_time
async def test_a_retry_that_helped_is_told_as_a_fallback_that_served(
    clock: VirtualClock, key: str | None
) -> None:
    seen: list[Event] = []
    policy = _policy(clock, events=Events(seen.append))

    await policy.call(_call(Script(DOWN, "found"), key=key))
    await policy.call(_call(Script("found"), key=key))

    assert [event for event in seen if isinstance(event, FallbackUsed)] == [
        _used("lightweight_retry")
    ]


@in_virtual_time
async def test_a_stale_answer_for_the_impatient_is_told_as_such(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="services.resilience.fallbacks")
    seen: list[Event] = []
    policy = _policy(clock, events=Events(seen.append))
    await policy.call(_call(Script("old")))
    await clock.sleep(100)

    await policy.call(_call(Script("new", takes=9), patience=3))

    assert seen[-1] == _used("cache_from_last_import")
    assert caplog.messages == ["discogs.search: slow; answering with cache_from_last_import"]


@in_virtual_time
async def test_a_failure_that_nothing_served_is_no_fallback(clock: VirtualClock) -> None:
    seen: list[Event] = []
    policy = _policy(clock, events=Events(seen.append))

    with pytest.raises(ExternalServiceException) as caught:
        await policy.call(_call(Script[str](DOWN), MINIMAL))

    assert caught.value is DOWN
    assert [event for event in seen if isinstance(event, FallbackUsed)] == []


@in_virtual_time
async def test_leaving_is_no_reason_to_fall_back(clock: VirtualClock) -> None:
    caller = asyncio.create_task(_policy(clock).call(_call(Script("late", takes=9), MANUAL)))
    await clock.sleep(1)
    caller.cancel()

    (result,) = await outcomes(caller)

    assert isinstance(result, asyncio.CancelledError)
