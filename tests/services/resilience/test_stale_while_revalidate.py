"""Behaviour 35: a stale answer at once, and one refresh behind it."""

import asyncio
from contextvars import ContextVar

import pytest
from fakes.calls import Script
from fakes.clock import VirtualClock, wall
from fakes.keyed_calls import (
    DOWN,
    GONE,
    failure,
    keyed_call,
    keyed_policy,
)
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.answers import Answer, Source
from services.errors import (
    BulkheadFull,
    CircuitOpen,
    DeadlineExceeded,
    ExternalServiceException,
    NotFound,
    QuotaSpent,
)
from services.resilience.deadline import deadline
from services.resilience.priority import Priority, current_priority


@in_virtual_time
async def test_a_stale_answer_within_the_window_is_served_at_once_with_one_refresh(
    clock: VirtualClock,
) -> None:
    policy, send = keyed_policy(clock), Script("old", "new", takes=1)
    call = keyed_call(send, swr=600)
    await policy.call(call)
    await clock.sleep(599)

    asked_at = clock.elapsed
    answers = await outcomes(*(policy.call(call) for _ in range(100)))
    answered_at = clock.elapsed
    await clock.sleep(1)
    await settle()
    refreshed = await policy.call(call)

    assert answers == [Answer(value="old", source=Source.STALE, as_of=wall(1))] * 100
    assert (answered_at - asked_at, send.calls) == (0, 2)
    assert refreshed == Answer(value="new", source=Source.CACHED, as_of=wall(601))


@pytest.mark.parametrize(
    ("age", "source"),
    [(60, Source.CACHED), (60.1, Source.STALE), (600, Source.STALE), (600.1, Source.LIVE)],
)
@in_virtual_time
async def test_the_window_begins_after_freshness_and_ends_at_its_own_age(
    clock: VirtualClock, age: float, source: Source
) -> None:
    policy, send = keyed_policy(clock), Script("old", "new")
    call = keyed_call(send, swr=600)
    await policy.call(call)
    await clock.sleep(age)

    assert (await policy.call(call)).source is source


@in_virtual_time
async def test_a_refresh_outlives_those_who_caused_it(clock: VirtualClock) -> None:
    policy, send = keyed_policy(clock), Script("old", "new", takes=10)
    call = keyed_call(send, swr=600)
    await policy.call(call)
    await clock.sleep(100)

    caller = asyncio.create_task(policy.call(call))
    await settle()
    caller.cancel()
    await clock.sleep(10)
    await settle()

    assert (await policy.call(call)).value == "new"


@in_virtual_time
async def test_a_refresh_has_a_deadline_and_a_context_of_its_own(clock: VirtualClock) -> None:
    request: ContextVar[str] = ContextVar("request", default="nobody's")
    policy, seen = keyed_policy(clock, deadline_seconds=5), list[str]()

    async def send() -> str:
        seen.append(request.get())
        await clock.pass_time(0 if len(seen) == 1 else 4)
        return "found"

    request.set("a person's")
    await policy.call(keyed_call(send, swr=600))
    await clock.sleep(100)
    async with deadline(clock, 1, expired=lambda: DeadlineExceeded("discogs", "outer")):
        await policy.call(keyed_call(send, swr=600))
    await clock.sleep(4)
    await settle()

    assert seen == ["a person's", "nobody's"]
    assert (await policy.call(keyed_call(send, swr=600))).source is Source.CACHED


@in_virtual_time
async def test_a_refresh_that_hangs_ends_at_the_deadline(clock: VirtualClock) -> None:
    policy, send = keyed_policy(clock, deadline_seconds=5), Script("old", "late", takes=0)
    await policy.call(keyed_call(send, swr=600))
    slow = Script("late", takes=50)
    await clock.sleep(100)
    await policy.call(keyed_call(slow, swr=600))
    await clock.sleep(5)
    await settle()

    assert (slow.calls, slow.running, len(asyncio.all_tasks())) == (1, 0, 1)


@in_virtual_time
async def test_a_refresh_that_fails_is_logged_once_and_raised_to_nobody(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    policy, send = keyed_policy(clock), Script("old", DOWN)
    call = keyed_call(send, swr=600)
    await policy.call(call)
    await clock.sleep(100)

    answers = await outcomes(*(policy.call(call) for _ in range(10)))
    await settle()

    assert [answer.value for answer in answers if isinstance(answer, Answer)] == ["old"] * 10
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", f"{DOWN}; the answer that is kept stays stale")
    ]


@pytest.mark.parametrize(
    "error",
    [
        GONE,
        CircuitOpen("discogs", "call"),
        BulkheadFull("discogs", "slot"),
        QuotaSpent("discogs", "acquire"),
    ],
    ids=lambda error: type(error).__name__,
)
@in_virtual_time
async def test_a_refresh_that_is_refused_or_learns_that_nothing_is_there_is_not_logged(
    clock: VirtualClock, error: ExternalServiceException, caplog: pytest.LogCaptureFixture
) -> None:
    policy, send = keyed_policy(clock), Script("old", error)
    call = keyed_call(send, swr=600)
    await policy.call(call)
    await clock.sleep(100)

    await policy.call(call)
    await settle()

    assert (send.calls, caplog.records) == (2, [])


@in_virtual_time
async def test_a_refresh_that_learns_that_nothing_is_there_any_more_ends_the_serving(
    clock: VirtualClock,
) -> None:
    policy, send = keyed_policy(clock, negative_seconds=60), Script("old", GONE)
    call = keyed_call(send, swr=600)
    await policy.call(call)
    await clock.sleep(100)
    await policy.call(call)
    await settle()

    assert type(await failure(policy, call)) is NotFound
    assert send.calls == 2


@in_virtual_time
async def test_a_refresh_with_a_bug_is_logged_with_its_traceback(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    policy, send = keyed_policy(clock), Script("old", RuntimeError("a bug"))
    call = keyed_call(send, swr=600)
    await policy.call(call)
    await clock.sleep(100)

    await policy.call(call)
    await settle()

    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("ERROR", "search: a refresh has a bug")
    assert record.exc_info is not None


@in_virtual_time
async def test_a_foreground_failure_is_not_logged_as_a_refresh(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    await failure(keyed_policy(clock), keyed_call(Script[str](DOWN)))
    await outcomes(keyed_policy(clock).call(keyed_call(Script[str](RuntimeError("a bug")))))

    assert caplog.records == []


@in_virtual_time
async def test_a_failing_refresh_is_not_repeated_within_the_cool_down(clock: VirtualClock) -> None:
    policy, send = keyed_policy(clock, cooldown_seconds=5), Script("old", DOWN)
    call = keyed_call(send, swr=600)
    await policy.call(call)
    await clock.sleep(100)
    for _ in range(10):
        await policy.call(call)
        await settle()
    calls_at_first = send.calls
    await clock.sleep(5)
    await policy.call(call)
    await settle()

    assert (calls_at_first, send.calls) == (2, 3)


@in_virtual_time
async def test_closing_the_policy_ends_a_refresh(clock: VirtualClock) -> None:
    policy = keyed_policy(clock)
    await policy.call(keyed_call(Script("old"), swr=600))
    await clock.sleep(100)
    slow = Script("late", takes=20)
    await policy.call(keyed_call(slow, swr=600))
    await settle()

    await policy.aclose()

    assert (slow.calls, slow.running, len(asyncio.all_tasks())) == (1, 0, 1)


@in_virtual_time
async def test_a_refresh_has_background_priority_and_a_load_that_somebody_waits_for_has_not(
    clock: VirtualClock,
) -> None:
    priorities: list[Priority] = []

    async def send() -> object:
        priorities.append(current_priority())
        return "value"

    policy = keyed_policy(clock)
    await policy.call(keyed_call(send, swr=600))
    await clock.sleep(100)
    await policy.call(keyed_call(send, swr=600))
    await settle()

    assert priorities == [Priority.INTERACTIVE, Priority.BACKGROUND]
