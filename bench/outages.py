"""How many requests a dead upstream gets while 100 people ask, and when it half-opens.

Counts in virtual time, with the usual stack beside ours; no CPU time is measured here.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable

from circuitbreaker import CircuitBreakerError

from bench.report import write
from bench.usual_stack import FAILURES, alike, kept
from bench.virtual_time import run_in_virtual_time
from services.errors import ExternalServiceException, UpstreamServerError
from services.resilience.clock import SystemClock
from services.resilience.config import Call, PolicyConfig
from services.resilience.policy import Policy
from services.resilience.retry import Backoff

_PEOPLE = 100
_CONCURRENCY = 5
_OPEN_SECONDS = 60.0
_STOCK_SHORT_SECONDS = 0.05  # of real time: the package does not ask the loop
_ANSWER_SECONDS = (0.1, 0.3)

Ask = Callable[[str], Awaitable[object]]
"""Asks for the thing of this name."""


class _DeadUpstream:
    """Takes a moment, each time another, to answer every request with 503; counts them."""

    def __init__(self) -> None:
        self.requests = 0
        self._chance = random.Random(1)  # noqa: S311  # a model

    async def answer(self) -> str:
        self.requests += 1
        await SystemClock().sleep(self._chance.uniform(*_ANSWER_SECONDS))
        raise UpstreamServerError("bench", "get", 503)


def bench_outages() -> None:
    """Print how often an upstream is asked that answers nobody."""
    # The refusals are the point of it: who logs each of them logs a hundred.
    logging.getLogger("services.resilience").setLevel(logging.CRITICAL)
    write(f"\nRequests that reach a dead upstream while {_PEOPLE} people ask (virtual time)")
    write(
        f"  {FAILURES} failures in a row open the circuit, {_CONCURRENCY} calls at once; beside it "
        "aiocache, tenacity, circuitbreaker, a semaphore"
    )
    for title, attempts, are_alike in (
        ("the same thing", 1, True),
        ("the same thing, 3 attempts each", 3, True),
        ("different things", 1, False),
        ("different things, 3 attempts each", 3, False),
    ):
        names = ["thing" if are_alike else f"thing {number}" for number in range(_PEOPLE)]
        limit = attempts if are_alike else FAILURES + _CONCURRENCY
        ours = run_in_virtual_time(_count(_policy(attempts), names))
        stock = run_in_virtual_time(_count(_stack(attempts), names))
        write(f"  {title:<36}{ours:>4} (at most {limit}), beside it {stock}")
    ours = run_in_virtual_time(_count_at_half_open(_policy(1), _OPEN_SECONDS))
    stock = run_in_virtual_time(_count_at_half_open(_stack(1, _STOCK_SHORT_SECONDS), 0.0))
    write(f"  {'when the open time is over':<36}{ours:>4} (at most 1), beside it {stock}")


def _policy(attempts: int) -> Callable[[_DeadUpstream], Ask]:
    def make(upstream: _DeadUpstream) -> Ask:
        config = PolicyConfig(
            upstream="bench",
            deadline=30.0,
            attempt_timeout=10.0,
            concurrency=_CONCURRENCY,
            queue=_PEOPLE,
            breaker_failures=FAILURES,
            breaker_open=_OPEN_SECONDS,
            backoff=Backoff(attempts=attempts),
        )
        chance = random.Random(1)  # noqa: S311  # jitter
        policy = Policy(config, clock=SystemClock(), chance=chance)

        async def ask(name: str) -> object:
            return await policy.call(Call(operation="get", send=upstream.answer, key=name))

        return ask

    return make


def _stack(attempts: int, open_seconds: float = _OPEN_SECONDS) -> Callable[[_DeadUpstream], Ask]:
    return lambda upstream: kept(
        alike(
            upstream.answer,
            attempts=attempts,
            concurrency=_CONCURRENCY,
            open_seconds=open_seconds,
        )
    )


async def _count(make: Callable[[_DeadUpstream], Ask], names: list[str]) -> int:
    random.seed(1)  # tenacity's waits
    upstream = _DeadUpstream()
    await _ask_all(make(upstream), names)
    return upstream.requests


async def _count_at_half_open(make: Callable[[_DeadUpstream], Ask], open_seconds: float) -> int:
    """Trip the breaker, let its open time pass, and count what a crowd causes then."""
    upstream = _DeadUpstream()
    ask = make(upstream)
    for number in range(FAILURES):
        await _ask_all(ask, [f"early {number}"])
    tripped = upstream.requests
    await SystemClock().sleep(1.2 * open_seconds)  # beyond the jitter
    time.sleep(2 * _STOCK_SHORT_SECONDS)  # noqa: ASYNC251  # real time, see above
    await _ask_all(ask, [f"thing {number}" for number in range(_PEOPLE)])
    return upstream.requests - tripped


async def _ask_all(ask: Ask, names: list[str]) -> None:
    """Ask for all of them at once; what is refused or fails is counted by the upstream."""
    for error in await asyncio.gather(*(ask(name) for name in names), return_exceptions=True):
        if not isinstance(error, ExternalServiceException | CircuitBreakerError):
            raise TypeError(f"a dead upstream answered, or a bug did: {error!r}")
