"""An upstream with weather: now fine, now slow, down, hanging, limiting or locked.

It knows nothing of the policy it is asked through, and notes what a hostile server would see: when
each request was sent, and how many were under way at once.
"""

import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    ExternalServiceException,
    InvalidResponse,
    NotFound,
    RateLimitExceeded,
    UpstreamServerError,
    UpstreamUnreachable,
)
from services.resilience.clock import Clock

T = TypeVar("T")

LONGEST_PENALTY_SECONDS: Final = 300.0
"""No Retry-After asks for more, so it is known by when everything must work again."""

_CHANGES_SECONDS = 150.0  # on average, between two kinds of weather
_FINE, _SLOW, _HANGING = "fine", "slow", "hanging"
_CALM: Final[Mapping[str, float]] = {_FINE: 97, "not found": 3}
_WEATHERS: Final[tuple[Mapping[str, float], ...]] = (
    _CALM,
    {_FINE: 60, "reset": 10, "5xx": 10, _SLOW: 10, _HANGING: 5, "garbage": 5},
    {_FINE: 50, "5xx": 50},
    {"5xx": 50, "5xx with a time": 50},
    {"refused": 90, "reset": 10},
    {_HANGING: 100},
    {_SLOW: 80, _FINE: 20},
    {_FINE: 30, "429": 40, "short 429": 25, "long 429": 4, "quota": 1},
    {"401": 60, "403": 10, _FINE: 30},
)
_FAULTS: Final[Mapping[str, Callable[[str, random.Random], ExternalServiceException]]] = {
    "not found": lambda name, _: NotFound(name, "ask", 404),
    "reset": lambda name, _: UpstreamUnreachable(name, "ask"),
    "refused": lambda name, _: UpstreamUnreachable(name, "ask", was_sent=False),
    "5xx": lambda name, _: UpstreamServerError(name, "ask", 503),
    "5xx with a time": lambda name, chance: UpstreamServerError(
        name, "ask", 503, retry_after=chance.uniform(0, 60)
    ),
    "garbage": lambda name, _: InvalidResponse(name, "ask"),
    "401": lambda name, _: AuthenticationFailed(name, "ask", 401),
    "403": lambda name, _: AccessDenied(name, "ask", 403),
    "429": lambda name, _: RateLimitExceeded(name, "ask"),
    "short 429": lambda name, chance: RateLimitExceeded(
        name, "ask", retry_after=chance.uniform(0, 5)
    ),
    "long 429": lambda name, chance: RateLimitExceeded(
        name, "ask", retry_after=chance.uniform(5, LONGEST_PENALTY_SECONDS)
    ),
    "quota": lambda name, chance: RateLimitExceeded(
        name, "ask", retry_after=chance.uniform(60, LONGEST_PENALTY_SECONDS), is_quota=True
    ),
}


class StormyUpstream:
    """Answers, or fails as the weather has it.

    Attributes:
        sent_at: The monotonic instant of every request.
        peak: The most requests that were ever under way together.
    """

    def __init__(self, name: str, *, clock: Clock, chance: random.Random) -> None:
        """Start in calm weather; ``chance`` makes all of it."""
        self.sent_at: list[float] = []
        self.peak = 0
        self._name = name
        self._clock = clock
        self._chance = chance
        self._running = 0
        self._weather = _CALM

    async def change(self) -> None:
        """Let the weather change from time to time, until cancelled; then it is calm for good."""
        try:
            while True:
                await self._clock.sleep(self._chance.expovariate(1 / _CHANGES_SECONDS))
                self._weather = self._chance.choice(_WEATHERS)
        finally:
            self._weather = _CALM

    async def answer(self, value: T) -> T:
        """Return ``value``.

        Raises:
            ExternalServiceException: Whatever the weather has.
        """
        async with self._under_way():
            await self._suffer()
        return value

    async def stream(self, *items: T) -> AsyncGenerator[T, None]:
        """Yield ``items``; the weather may strike before each of them.

        Raises:
            ExternalServiceException: Whatever the weather has.
        """
        async with self._under_way():
            for item in items:
                await self._suffer()
                yield item

    @asynccontextmanager
    async def _under_way(self) -> AsyncIterator[None]:
        self.sent_at.append(self._clock.monotonic())
        self._running += 1
        self.peak = max(self.peak, self._running)
        try:
            yield
        finally:
            self._running -= 1

    async def _suffer(self) -> None:
        kinds = list(self._weather)
        (kind,) = self._chance.choices(kinds, [self._weather[kind] for kind in kinds])
        if kind == _HANGING:
            await self._clock.sleep(1e9)
        longest = 15.0 if kind == _SLOW else 0.6
        await self._clock.sleep(self._chance.uniform(0.0, longest))
        if kind in _FAULTS:
            raise _FAULTS[kind](self._name, self._chance)


def crowded(sent_at: list[float], permits: int, window: float) -> list[float]:
    """Return the instants at which more than ``permits`` fell into the last ``window`` seconds."""
    # A float's rounding is no request too many.
    pairs = zip(sent_at, sent_at[permits:], strict=False)
    return [later for earlier, later in pairs if later - earlier < window - 1e-6]
