"""Circuit breakers for tests, and the calls that move them from state to state."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fakes.calls import Script
from fakes.chance import FixedChance
from fakes.virtual_time import outcomes, settle
from services.errors import CircuitOpen, UpstreamServerError
from services.resilience.breaker_rules import BreakerRules
from services.resilience.circuit_breaker import UpstreamCircuitBreaker
from services.resilience.clock import Clock
from services.resilience.events import BreakerChanged, Event, Events

DOWN = UpstreamServerError("discogs", "search", 503)


def make_breaker(
    clock: Clock,
    *,
    failures: int = 3,
    open_seconds: float = 60,
    rules: BreakerRules | None = None,
    share: float = 0.0,
    chance: random.Random | None = None,
    events: Events | None = None,
) -> UpstreamCircuitBreaker:
    """Return a closed breaker of Discogs; without jitter unless ``share`` or ``chance`` is set."""
    return UpstreamCircuitBreaker(
        "discogs",
        failures=failures,
        open_seconds=open_seconds,
        rules=rules,
        clock=clock,
        chance=chance or FixedChance(share),
        events=events,
    )


async def feed(breaker: UpstreamCircuitBreaker, *results: str | BaseException) -> None:
    """Make one call per result, one after the other."""
    for result in results:
        await outcomes(breaker.call_async(Script(result)))


async def feed_slow(breaker: UpstreamCircuitBreaker, seconds: float, *, times: int = 1) -> None:
    """Make calls that succeed after ``seconds`` each."""
    for _ in range(times):
        await outcomes(breaker.call_async(Script("found", takes=seconds)))


async def make_tripped(
    clock: Clock,
    *,
    open_seconds: float = 60,
    rules: BreakerRules | None = None,
    chance: random.Random | None = None,
) -> UpstreamCircuitBreaker:
    """Return a breaker that one failure has just opened."""
    breaker = make_breaker(clock, failures=1, open_seconds=open_seconds, rules=rules, chance=chance)
    await feed(breaker, DOWN)
    return breaker


async def fail_next_probe(clock: Clock, breaker: UpstreamCircuitBreaker) -> float:
    """Wait for the probe, let it fail, and return how long the circuit opens then."""
    await clock.sleep(breaker.open_remaining)
    await feed(breaker, DOWN)
    return breaker.open_remaining


@asynccontextmanager
async def in_flight(
    breaker: UpstreamCircuitBreaker, result: str | BaseException = "late"
) -> AsyncIterator[asyncio.Event]:
    """Keep a call under way until the event is set; at the end of the block it has ended."""
    gate = asyncio.Event()

    async def call() -> str:
        await gate.wait()
        if isinstance(result, BaseException):
            raise result
        return result

    task = asyncio.create_task(breaker.call_async(call))
    await settle()
    yield gate
    gate.set()
    await outcomes(task)


async def is_refused(breaker: UpstreamCircuitBreaker) -> bool:
    """Return whether a call made now is refused."""
    (result,) = await outcomes(breaker.call_async(Script("found")))
    return isinstance(result, CircuitOpen)


class BreakerLog:
    """Listens to breakers.

    Attributes:
        events: What they emitted.
        changes: State before, state after and reason of every change, in order.
    """

    def __init__(self) -> None:
        self.seen: list[BreakerChanged] = []
        self.events = Events(self._note)

    def _note(self, event: Event) -> None:
        assert isinstance(event, BreakerChanged)
        self.seen.append(event)

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        return [(event.before, event.after, event.reason) for event in self.seen]
