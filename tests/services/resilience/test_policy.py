import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from fakes.calls import Script
from fakes.chance import FixedChance
from fakes.clock import VirtualClock, wall
from fakes.credentials import FakeCredential
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.answers import Answer, Source
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
    UpstreamServerError,
    UpstreamTimeout,
)
from services.resilience.config import Call, Fallback, PolicyConfig
from services.resilience.deadline import deadline
from services.resilience.policy import Policy
from services.resilience.rate_limiter import Rate
from services.resilience.retry import Backoff

T = TypeVar("T")

DOWN = UpstreamServerError("discogs", "search", 503)
EXPIRED_TOKEN = AuthenticationFailed("discogs", "search", 401)
ONCE = Backoff(attempts=1)


def _policy(  # a builder: every limit can be set, and none bites unless it is
    clock: VirtualClock,
    *,
    backoff: Backoff = ONCE,
    deadline_seconds: float = 30,
    attempt_timeout: float = 10,
    concurrency: int = 100,
    queue: int = 64,
    rate: Rate | None = None,
    breaker_failures: int = 100,
    stale_name: str | None = "cache_from_last_import",
) -> Policy:
    config = PolicyConfig(
        upstream="discogs",
        deadline=deadline_seconds,
        attempt_timeout=attempt_timeout,
        concurrency=concurrency,
        queue=queue,
        rate=rate,
        backoff=backoff,
        breaker_failures=breaker_failures,
        breaker_open=60,
        stale_name=stale_name,
    )
    return Policy(config, clock=clock, chance=FixedChance(0.0))


def _call(
    send: Callable[[], Awaitable[T]],
    *,
    key: str | None = "key",
    fresh: float = 60,
    stale: float = 3_600,
    renew: Callable[[], Awaitable[None]] | None = None,
    fallbacks: tuple[Fallback[T], ...] = (),
    repeatable: bool = True,
) -> Call[T]:
    return Call(
        operation="search",
        send=send,
        key=key,
        fresh=fresh,
        stale=stale,
        credential=None if renew is None else FakeCredential(renew),
        fallbacks=fallbacks,
        repeatable=repeatable,
    )


def _rung(name: str, value: str | None) -> Fallback[str]:
    return Fallback(name, Source.MINIMAL, lambda _: value)


async def _failure(policy: Policy, call: Call[T]) -> ExternalServiceException:
    with pytest.raises(ExternalServiceException) as caught:
        await policy.call(call)
    return caught.value


# The answer and the cache


@in_virtual_time
async def test_the_upstreams_answer_is_live_and_dated(clock: VirtualClock) -> None:
    answer = await _policy(clock).call(_call(Script("found", takes=2)))

    assert answer == Answer(value="found", source=Source.LIVE, as_of=wall(2))


@in_virtual_time
async def test_a_fresh_answer_is_repeated_without_sending(clock: VirtualClock) -> None:
    policy, send = _policy(clock), Script("found", "changed")
    await policy.call(_call(send))
    await clock.sleep(60)

    answer = await policy.call(_call(send))

    assert answer == Answer(value="found", source=Source.CACHED, as_of=wall(0))
    assert send.calls == 1


@in_virtual_time
async def test_an_answer_that_is_no_longer_fresh_is_asked_for_again(clock: VirtualClock) -> None:
    policy, send = _policy(clock), Script("found", "changed")
    await policy.call(_call(send))
    await clock.sleep(60.1)

    answer = await policy.call(_call(send))

    assert (answer.value, answer.source) == ("changed", Source.LIVE)


@in_virtual_time
async def test_an_answer_without_a_key_is_neither_shared_nor_kept(clock: VirtualClock) -> None:
    policy, send = _policy(clock), Script("found", takes=1)
    call = _call(send, key=None)

    await outcomes(policy.call(call), policy.call(call))
    await policy.call(call)

    assert send.calls == 3


@in_virtual_time
async def test_answers_of_different_keys_do_not_mix(clock: VirtualClock) -> None:
    policy = _policy(clock)
    await policy.call(_call(Script("one"), key="one"))

    assert (await policy.call(_call(Script("two"), key="two"))).value == "two"


@in_virtual_time
async def test_a_failure_is_not_cached(clock: VirtualClock) -> None:
    policy, send = _policy(clock), Script(DOWN, "found")
    await _failure(policy, _call(send))

    assert (await policy.call(_call(send))).value == "found"


@in_virtual_time
async def test_a_cached_answer_spends_no_permit(clock: VirtualClock) -> None:
    policy = _policy(clock, rate=Rate(permits=1, window=60))
    await policy.call(_call(Script("found")))

    await policy.call(_call(Script("found")))

    assert clock.elapsed == 0


# Fallbacks


@in_virtual_time
async def test_a_stale_answer_stands_in_labelled(clock: VirtualClock) -> None:
    error = UpstreamServerError("discogs", "search", 503, retry_after=30)
    policy, send = _policy(clock), Script("found", error)
    await policy.call(_call(send))
    await clock.sleep(100)

    answer = await policy.call(_call(send))

    assert answer == Answer(
        value="found",
        source=Source.STALE,
        as_of=wall(0),
        retry_at=wall(130),
        error=error,
        tried=("cache_from_last_import",),
    )


@in_virtual_time
async def test_nobody_knows_when_to_retry_unless_the_upstream_says_so(clock: VirtualClock) -> None:
    policy, send = _policy(clock), Script("found", DOWN)
    await policy.call(_call(send))
    await clock.sleep(100)

    assert (await policy.call(_call(send))).retry_at is None


@in_virtual_time
async def test_an_answer_too_old_to_stand_in_gives_way_to_the_next_rung(
    clock: VirtualClock,
) -> None:
    policy, send = _policy(clock), Script("found", DOWN)
    call = _call(send, stale=3_600, fallbacks=(_rung("return_minimal_data", "link"),))
    await policy.call(call)
    await clock.sleep(3_600.1)

    answer = await policy.call(call)

    assert (answer.value, answer.source, answer.as_of) == ("link", Source.MINIMAL, None)
    assert answer.tried == ("cache_from_last_import", "return_minimal_data")


@in_virtual_time
async def test_the_first_rung_that_serves_answers(clock: VirtualClock) -> None:
    rungs = (_rung("first", None), _rung("second", "served"), _rung("third", "never"))

    answer = await _policy(clock).call(_call(Script[str](DOWN), fallbacks=rungs))

    assert answer.value == "served"
    assert answer.tried == ("cache_from_last_import", "first", "second")


@in_virtual_time
async def test_an_empty_value_serves_like_any_other(clock: VirtualClock) -> None:
    answer = await _policy(clock).call(
        _call(Script[str](DOWN), fallbacks=(_rung("fail_gracefully", ""),))
    )

    assert (answer.value, answer.error) == ("", DOWN)


@in_virtual_time
async def test_a_rung_is_told_what_went_wrong(clock: VirtualClock) -> None:
    rung = Fallback("told", Source.MINIMAL, str)

    answer = await _policy(clock).call(_call(Script[str](DOWN), fallbacks=(rung,)))

    assert answer.value == str(DOWN)


@in_virtual_time
async def test_without_a_rung_that_serves_the_failure_is_raised(clock: VirtualClock) -> None:
    call = _call(Script[str](DOWN), fallbacks=(_rung("first", None),))

    assert await _failure(_policy(clock), call) is DOWN


@in_virtual_time
async def test_an_upstream_without_a_stale_fallback_never_serves_stale(clock: VirtualClock) -> None:
    policy, send = _policy(clock, stale_name=None), Script("found", DOWN)
    await policy.call(_call(send))
    await clock.sleep(100)

    assert await _failure(policy, _call(send)) is DOWN


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(NotFound("discogs", "search", 404), id="not found"),
        pytest.param(InvalidRequest("discogs", "search", 400), id="invalid request"),
    ],
)
@in_virtual_time
async def test_an_answer_of_no_is_an_answer_and_has_no_fallback(
    clock: VirtualClock, error: ExternalServiceException
) -> None:
    policy, send = _policy(clock), Script("found", error)
    call = _call(send, fallbacks=(_rung("return_minimal_data", "link"),))
    await policy.call(call)
    await clock.sleep(100)

    assert await _failure(policy, call) is error


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(DOWN, id="down"),
        pytest.param(AccessDenied("discogs", "search", 403), id="403"),
        pytest.param(EXPIRED_TOKEN, id="401"),
        pytest.param(RateLimitExceeded("discogs", "search"), id="429"),
        pytest.param(InvalidResponse("discogs", "search"), id="broken answer"),
    ],
)
@in_virtual_time
async def test_any_other_failure_falls_back(
    clock: VirtualClock, error: ExternalServiceException
) -> None:
    call = _call(Script[str](error), fallbacks=(_rung("return_minimal_data", "link"),))

    assert (await _policy(clock).call(call)).error is error


@in_virtual_time
async def test_a_bug_is_not_hidden_behind_a_fallback(clock: VirtualClock) -> None:
    call = _call(Script[str](RuntimeError("a bug")), fallbacks=(_rung("minimal", "link"),))

    with pytest.raises(RuntimeError, match="a bug"):
        await _policy(clock).call(call)


@pytest.mark.parametrize("seconds", [pytest.param(1e12, id="31,000 years"), float("inf")])
@in_virtual_time
async def test_an_absurd_retry_after_does_not_break_the_fallback(
    clock: VirtualClock, seconds: float
) -> None:
    error = RateLimitExceeded("discogs", "search", retry_after=seconds)
    call = _call(Script[str](error), fallbacks=(_rung("return_minimal_data", "link"),))

    assert (await _policy(clock).call(call)).value == "link"


# Credentials


@in_virtual_time
async def test_one_rejected_token_is_renewed_once_and_the_call_replayed(
    clock: VirtualClock,
) -> None:
    send, renew = Script(EXPIRED_TOKEN, "found"), Script(None)

    answer = await _policy(clock).call(_call(send, renew=renew))

    assert (answer.source, send.calls, renew.calls) == (Source.LIVE, 2, 1)


@in_virtual_time
async def test_a_second_rejection_is_final(clock: VirtualClock) -> None:
    send, renew = Script[str](EXPIRED_TOKEN), Script(None)
    policy = _policy(clock, backoff=Backoff(attempts=3))

    assert await _failure(policy, _call(send, renew=renew)) is EXPIRED_TOKEN
    assert (send.calls, renew.calls) == (2, 1)


@in_virtual_time
async def test_a_refusal_is_never_a_reason_to_renew(clock: VirtualClock) -> None:
    refused = AccessDenied("discogs", "search", 403)
    send, renew = Script[str](refused), Script(None)

    assert await _failure(_policy(clock), _call(send, renew=renew)) is refused
    assert (send.calls, renew.calls) == (1, 0)


@in_virtual_time
async def test_credentials_that_cannot_be_renewed_fail_at_once(clock: VirtualClock) -> None:
    send = Script[str](EXPIRED_TOKEN)

    assert await _failure(_policy(clock), _call(send)) is EXPIRED_TOKEN
    assert send.calls == 1


@in_virtual_time
async def test_a_failed_renewal_is_what_is_reported(clock: VirtualClock) -> None:
    denied = AccessDenied("discogs", "fetch_token", 400)
    call = _call(Script[str](EXPIRED_TOKEN), renew=Script[None](denied))

    assert await _failure(_policy(clock), call) is denied


# Time


@in_virtual_time
async def test_an_attempt_that_takes_too_long_is_a_timeout_of_the_upstream(
    clock: VirtualClock,
) -> None:
    error = await _failure(_policy(clock, attempt_timeout=10), _call(Script("late", takes=60)))

    assert (type(error), clock.elapsed) == (UpstreamTimeout, 10)
    assert str(error) == "discogs.search: no answer within 10 s"


@in_virtual_time
async def test_a_timed_out_attempt_is_repeated(clock: VirtualClock) -> None:
    policy = _policy(clock, attempt_timeout=10, backoff=Backoff(attempts=2))
    slow, quick = Script("late", takes=60), Script("found")
    sends = iter([slow, quick])

    answer = await policy.call(_call(lambda: next(sends).__call__()))

    assert (answer.value, slow.running) == ("found", 0)


@in_virtual_time
async def test_attempt_timeouts_count_against_the_upstream(clock: VirtualClock) -> None:
    policy = _policy(clock, attempt_timeout=1, breaker_failures=3, backoff=Backoff(attempts=3))

    await _failure(policy, _call(Script("late", takes=60)))

    assert policy.breaker.state == "open"


@in_virtual_time
async def test_the_whole_operation_ends_at_the_deadline(clock: VirtualClock) -> None:
    policy = _policy(
        clock, deadline_seconds=25, attempt_timeout=10, backoff=Backoff(attempts=9, floor=1)
    )

    error = await _failure(policy, _call(Script("late", takes=60)))

    assert isinstance(error, DeadlineExceeded)
    assert clock.elapsed == pytest.approx(25, abs=0.05)


@pytest.mark.parametrize("key", [None, "key"])
@in_virtual_time
async def test_running_out_of_time_says_whose_operation_it_was(
    clock: VirtualClock, key: str | None
) -> None:
    error = await _failure(
        _policy(clock, deadline_seconds=5), _call(Script("late", takes=9), key=key)
    )

    assert (str(error), clock.elapsed) == ("discogs.search: no answer within 5 s", 5)


@in_virtual_time
async def test_no_permit_before_an_earlier_deadline_is_refused_at_once(
    clock: VirtualClock,
) -> None:
    policy = _policy(clock, rate=Rate(permits=1, window=10))
    await policy.call(_call(Script("found"), key=None))

    async with deadline(clock, 5, expired=lambda: DeadlineExceeded("discogs", "outer")):
        error = await _failure(policy, _call(Script("found"), key=None))

    assert (type(error), clock.elapsed) == (QuotaSpent, 0)


@in_virtual_time
async def test_running_out_of_time_does_not_speak_against_the_upstream(clock: VirtualClock) -> None:
    policy = _policy(clock, deadline_seconds=5, attempt_timeout=10, breaker_failures=1)

    await _failure(policy, _call(Script("late", takes=60)))

    assert policy.breaker.state == "closed"


@in_virtual_time
async def test_running_out_of_time_falls_back(clock: VirtualClock) -> None:
    policy = _policy(clock, deadline_seconds=5)
    call = _call(Script("late", takes=60), fallbacks=(_rung("return_minimal_data", "link"),))

    assert (await policy.call(call)).value == "link"


@in_virtual_time
async def test_a_call_under_an_earlier_deadline_ends_with_it(clock: VirtualClock) -> None:
    expired = DeadlineExceeded("discogs", "outer")

    with pytest.raises(DeadlineExceeded) as caught:
        async with deadline(clock, 3, expired=lambda: expired):
            await _policy(clock).call(_call(Script("late", takes=60)))

    assert (caught.value, clock.elapsed) == (expired, 3)


# The circuit


@in_virtual_time
async def test_an_open_circuit_answers_with_the_fallback_without_sending(
    clock: VirtualClock,
) -> None:
    policy, send = _policy(clock, breaker_failures=1), Script[str](DOWN)
    call = _call(send, fallbacks=(_rung("return_minimal_data", "link"),))
    await policy.call(call)
    await clock.sleep(20)

    answer = await policy.call(call)

    assert (answer.value, type(answer.error), answer.retry_at) == ("link", CircuitOpen, wall(60))
    assert send.calls == 1


@in_virtual_time
async def test_an_open_circuit_still_answers_from_the_fresh_cache(clock: VirtualClock) -> None:
    policy = _policy(clock, breaker_failures=1)
    await policy.call(_call(Script("found"), key="found"))
    await _failure(policy, _call(Script[str](DOWN), key="down"))

    assert (await policy.call(_call(Script("found"), key="found"))).source is Source.CACHED


@in_virtual_time
async def test_a_refusal_of_the_circuit_spends_no_permit(clock: VirtualClock) -> None:
    policy = _policy(clock, breaker_failures=1, rate=Rate(permits=2, window=60))
    await _failure(policy, _call(Script[str](DOWN)))
    assert policy.limiter is not None

    await _failure(policy, _call(Script[str](DOWN)))

    assert policy.limiter.wait_seconds == 0


@in_virtual_time
async def test_every_attempt_is_a_sample_of_the_circuit(clock: VirtualClock) -> None:
    policy = _policy(clock, breaker_failures=2, backoff=Backoff(attempts=5))
    send = Script[str](DOWN)

    error = await _failure(policy, _call(send))

    assert (type(error), send.calls) == (CircuitOpen, 2)


@in_virtual_time
async def test_calls_that_wait_while_the_circuit_opens_are_not_sent(clock: VirtualClock) -> None:
    policy = _policy(clock, breaker_failures=2, concurrency=1)
    send = Script[str](DOWN, takes=1)

    await outcomes(*(policy.call(_call(send, key=str(number))) for number in range(10)))

    assert send.calls == 2


@in_virtual_time
async def test_a_long_rate_limit_closes_the_upstream_until_then(clock: VirtualClock) -> None:
    send = Script[str](RateLimitExceeded("discogs", "search", retry_after=3_600))
    policy = _policy(clock, backoff=Backoff(attempts=3))
    call = _call(send, fallbacks=(_rung("return_minimal_data", "link"),))
    await policy.call(call)
    await clock.sleep(600)

    answer = await policy.call(call)

    assert (send.calls, answer.retry_at) == (1, wall(3_600))


# Sharing


@in_virtual_time
async def test_a_hundred_identical_calls_send_one(clock: VirtualClock) -> None:
    policy, send = _policy(clock), Script("found", takes=1)

    answers = await outcomes(*(policy.call(_call(send)) for _ in range(100)))

    assert send.calls == 1
    assert answers == [Answer(value="found", source=Source.LIVE, as_of=wall(1))] * 100


@in_virtual_time
async def test_a_hundred_identical_calls_share_one_failure(clock: VirtualClock) -> None:
    policy, send = _policy(clock, breaker_failures=5), Script[str](DOWN, takes=1)

    answers = await outcomes(*(policy.call(_call(send)) for _ in range(100)))

    assert (send.calls, answers) == (1, [DOWN] * 100)


@in_virtual_time
async def test_the_first_caller_leaving_takes_nobody_down(clock: VirtualClock) -> None:
    policy, send = _policy(clock), Script("found", takes=2)
    leader, other = (asyncio.create_task(policy.call(_call(send))) for _ in range(2))
    await clock.sleep(1)
    leader.cancel()

    assert (await other).value == "found"
    assert send.calls == 1


@in_virtual_time
async def test_the_first_callers_deadline_does_not_cut_the_others_short(
    clock: VirtualClock,
) -> None:
    policy, send = _policy(clock), Script("found", takes=3)

    async def hurried() -> Answer[str]:
        async with deadline(clock, 1, expired=lambda: DeadlineExceeded("discogs", "hurried")):
            return await policy.call(_call(send))

    hurried_result, patient = await outcomes(hurried(), policy.call(_call(send)))

    assert isinstance(hurried_result, DeadlineExceeded)
    assert isinstance(patient, Answer)
    assert (patient.value, send.calls) == ("found", 1)


@in_virtual_time
async def test_when_every_caller_leaves_nothing_is_sent_any_more(clock: VirtualClock) -> None:
    policy, send = _policy(clock), Script("late", takes=10)
    task = asyncio.create_task(policy.call(_call(send)))
    await clock.sleep(1)
    task.cancel()
    await outcomes(task)
    await settle()

    assert (send.running, task.cancelled()) == (0, True)


# Concurrency and rate


@in_virtual_time
async def test_no_more_calls_are_under_way_than_the_bulkhead_allows(clock: VirtualClock) -> None:
    policy, send = _policy(clock, concurrency=4), Script("found", takes=1)

    await outcomes(*(policy.call(_call(send, key=str(number))) for number in range(20)))

    assert (send.calls, send.peak) == (20, 4)


@in_virtual_time
async def test_a_shed_call_falls_back(clock: VirtualClock) -> None:
    policy, send = _policy(clock, concurrency=1, queue=0), Script("found", takes=1)
    call = _call(send, key=None, fallbacks=(_rung("return_minimal_data", "link"),))

    results = await outcomes(policy.call(call), policy.call(call))

    errors = [type(result.error) for result in results if isinstance(result, Answer)]
    assert errors == [type(None), BulkheadFull]


@in_virtual_time
async def test_every_attempt_takes_a_permit_of_its_own(clock: VirtualClock) -> None:
    policy = _policy(clock, rate=Rate(permits=1, window=10), backoff=Backoff(attempts=2))

    await policy.call(_call(Script(DOWN, "found")))

    assert clock.elapsed == 10


@in_virtual_time
async def test_waiting_for_a_permit_is_not_part_of_the_attempt(clock: VirtualClock) -> None:
    policy = _policy(clock, rate=Rate(permits=1, window=20), attempt_timeout=5)
    await policy.call(_call(Script("one"), key="one"))

    assert (await policy.call(_call(Script("two", takes=4), key="two"))).value == "two"


@in_virtual_time
async def test_no_permit_before_the_deadline_falls_back_at_once(clock: VirtualClock) -> None:
    policy = _policy(clock, rate=Rate(permits=1, window=60), deadline_seconds=30)
    await policy.call(_call(Script("one"), key="one"))
    call = _call(Script("two"), key="two", fallbacks=(_rung("return_minimal_data", "link"),))

    answer = await policy.call(call)

    assert (type(answer.error), answer.retry_at, clock.elapsed) == (QuotaSpent, wall(60), 0)


@pytest.mark.parametrize(
    ("retry_after", "waits"),
    [pytest.param(3.0, 3.0, id="as asked"), pytest.param(None, 2.0, id="one backoff")],
)
@in_virtual_time
async def test_a_rate_limit_holds_everybody_back(
    clock: VirtualClock, retry_after: float | None, waits: float
) -> None:
    policy = _policy(clock, rate=Rate(permits=60, window=60), backoff=Backoff(attempts=1, base=2.0))
    limited = RateLimitExceeded("discogs", "search", retry_after=retry_after)
    await _failure(policy, _call(Script[str](limited), key="one"))

    await policy.call(_call(Script("two"), key="two"))

    assert clock.elapsed == waits


@in_virtual_time
async def test_what_must_not_happen_twice_is_not_repeated(clock: VirtualClock) -> None:
    policy, send = _policy(clock, backoff=Backoff(attempts=3)), Script[str](DOWN)

    await _failure(policy, _call(send, key=None, repeatable=False))

    assert send.calls == 1
