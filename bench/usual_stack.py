"""What people put together for the same purpose, from packages, in the way those are documented.

aiocache around tenacity around circuitbreaker around aiolimiter. ``alike`` adds what a policy has
besides and the four do not: a deadline, a bulkhead and a limit of each attempt, from
asyncio itself. Even so it lacks what costs nothing to leave out: single-flight, stale answers, a
retry budget, rates and slow calls in the breaker, one probe, priorities, an exact window, bounds.
"""

import asyncio
from collections.abc import Awaitable, Callable

from aiocache import SimpleMemoryCache, cached
from aiolimiter import AsyncLimiter
from circuitbreaker import CircuitBreaker
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from services.errors import ServiceDown

DEADLINE_SECONDS = 20.0
ATTEMPT_SECONDS = 10.0
FAILURES = 5
KEEP_SECONDS = 3_600.0

Send = Callable[[], Awaitable[object]]
Stack = Callable[[], Awaitable[object]]
KeyedStack = Callable[[str], Awaitable[object]]


def four_packages(send: Send) -> Stack:
    """Return ``send`` under retry, breaker and limiter: three of the four, for a call not kept."""
    limiter = _limiter()

    async def limited() -> object:
        async with limiter:
            return await send()

    return _retried(_guarded(limited, 60.0), 3)


def alike(
    send: Send, *, attempts: int = 3, concurrency: int = 4, open_seconds: float = 60.0
) -> Stack:
    """Return the same with a deadline, a bulkhead and an attempt timeout, as a policy has."""
    limiter, bulkhead = _limiter(), asyncio.Semaphore(concurrency)

    async def limited() -> object:
        async with bulkhead, limiter, asyncio.timeout(ATTEMPT_SECONDS):
            return await send()

    retried = _retried(_guarded(limited, open_seconds), attempts)

    async def whole() -> object:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await retried()

    return whole


def kept(stack: Stack) -> KeyedStack:
    """Return ``stack`` under aiocache's decorator, by key; the rest as it comes."""

    @cached(ttl=KEEP_SECONDS, cache=SimpleMemoryCache, key_builder=_key)  # type: ignore[untyped-decorator]  # no types
    async def call(key: str) -> object:  # noqa: ARG001  # the decorator's
        return await stack()

    keyed: KeyedStack = call
    return keyed


def _key(_function: object, key: str) -> str:
    return key


def _limiter() -> AsyncLimiter:
    return AsyncLimiter(1_000_000, 1.0)  # never used up


def _guarded(call: Stack, open_seconds: float) -> Stack:
    breaker = CircuitBreaker(
        failure_threshold=FAILURES, recovery_timeout=open_seconds, expected_exception=ServiceDown
    )
    guarded: Stack = breaker.decorate(call)
    return guarded


def _retried(call: Stack, attempts: int) -> Stack:
    return retry(
        stop=stop_after_attempt(attempts),
        wait=wait_random_exponential(0.5, max=8.0),
        retry=retry_if_exception_type(ServiceDown),
        reraise=True,
    )(call)
