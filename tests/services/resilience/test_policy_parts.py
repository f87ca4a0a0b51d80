"""What a policy's settings declare reaches the part that it is for."""

import asyncio
import logging
from typing import Any

import pytest
from fakes.calls import Script
from fakes.chance import FixedChance
from fakes.clock import VirtualClock
from fakes.keyed_calls import CODEC, keyed_call, keyed_policy
from fakes.stores import MemoryStore
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.errors import CircuitOpen, ExternalServiceException, UpstreamServerError
from services.resilience.config import Call, PolicyConfig
from services.resilience.events import Event, Events, LimiterWaited
from services.resilience.policy import Policy
from services.resilience.priority import background
from services.resilience.rate_limiter import Rate

DOWN = UpstreamServerError("discogs", "search", 503)


def _policy(clock: VirtualClock, *, events: Events | None = None, **settings: Any) -> Policy:  # noqa: ANN401  # any setting
    defaults = {"deadline": 30, "attempt_timeout": 10, "concurrency": 100}
    config = PolicyConfig(upstream="discogs", **defaults | settings)
    return Policy(config, clock=clock, chance=FixedChance(0.0), events=events)


def _call(result: str | Exception = "found", *, takes: float = 1) -> Call[str]:
    return Call(operation="search", send=Script(result, takes=takes))


@pytest.mark.parametrize(
    ("settings", "refusal"),
    [
        pytest.param(
            {"rate": Rate(permits=1, window=60)},
            "discogs.acquire: no permit for 60.0 s, longer than the operation may take",
            id="rate limiter",
        ),
        pytest.param(
            {"daily_requests": 1},
            "discogs.quota: 1 of 1 requests of the day used",
            id="daily quota",
        ),
        pytest.param(
            {"concurrency": 1, "queue": 0}, "discogs.slot: 0 calls already wait", id="bulkhead"
        ),
    ],
)
@in_virtual_time
async def test_refusal_of_a_part_names_the_upstream(
    clock: VirtualClock, settings: dict[str, Any], refusal: str
) -> None:
    policy = _policy(clock, **settings)

    answer, error = await outcomes(policy.call(_call()), policy.call(_call()))

    assert (isinstance(answer, BaseException), str(error)) == (False, refusal)


@in_virtual_time
async def test_refusal_of_the_circuit_names_the_upstream(clock: VirtualClock) -> None:
    policy = _policy(clock, breaker_failures=1)
    await outcomes(policy.call(_call(DOWN)))

    (error,) = await outcomes(policy.call(_call()))

    assert isinstance(error, CircuitOpen)
    assert (error.service, policy.breaker.name.partition("-")[0]) == ("discogs", "discogs")


@in_virtual_time
async def test_a_store_that_fails_is_reported_for_its_upstream(
    clock: VirtualClock, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.error = OSError("gone")

    await keyed_policy(clock, store=store).call(keyed_call(Script[object]("found"), codec=CODEC))

    assert caplog.messages[0].startswith("discogs: the cache's store fails")
    assert caplog.records[0].levelno == logging.WARNING


@in_virtual_time
async def test_listeners_of_a_policy_hear_how_long_a_permit_took(clock: VirtualClock) -> None:
    seen: list[Event] = []
    policy = _policy(clock, rate=Rate(permits=1, window=10), events=Events(seen.append))
    await outcomes(policy.call(_call()), policy.call(_call()))

    waits = [event.seconds for event in seen if isinstance(event, LimiterWaited)]

    assert waits == [0, 10]


@in_virtual_time
async def test_background_leaves_the_declared_slots_to_people(clock: VirtualClock) -> None:
    policy = _policy(clock, concurrency=2, concurrency_reserve=1)
    with background():
        walks = [asyncio.create_task(policy.call(_call())) for _ in range(2)]
    await settle()
    running = policy.bulkhead.running

    await policy.call(_call(takes=0))
    at = clock.elapsed
    results: list[object] = list(await outcomes(*walks))

    assert (running, at, clock.elapsed) == (1, 0, 2)
    assert not any(isinstance(result, ExternalServiceException) for result in results)
