"""Discogs' request limit as the server sees it, and what walks through a collection against it.

A model for virtual time: a server with its own exact window, a network that delays every request
and every answer by up to 0.3 s, and clients that use the real ``Policy``. Nothing here knows how
the client's limiter works.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf

from services.errors import ExternalServiceException, RateLimitExceeded
from services.resilience.clock import Clock
from services.resilience.config import Call, PolicyConfig
from services.resilience.policy import Policy
from services.resilience.priority import background
from services.resilience.rate_limiter import Allowance, Rate
from services.resilience.retry import Backoff

LIMIT = 60
WINDOW_SECONDS = 60.0
LONGEST_TRIP_SECONDS = 0.3
RATE = Rate(permits=60, window=61.0, spacing=0.5, reserve=5)


class DiscogsServer:
    """Admits ``limit`` requests in any 60 s, whoever sends them; refuses the others with 429.

    Attributes:
        limit: May be changed while running.
        arrivals: The instant of every request, refused ones included.
    """

    def __init__(self, *, clock: Clock, chance: random.Random, limit: int = LIMIT) -> None:
        """Start with an empty window; ``chance`` decides how long each trip takes."""
        self.limit = limit
        self.arrivals: list[float] = []
        self._admitted: deque[float] = deque()
        self._clock = clock
        self._chance = chance

    async def ask(self, learn: Callable[[Allowance], None] | None = None) -> None:
        """Send one request and wait for its answer.

        Raises:
            RateLimitExceeded: The window is full; without Retry-After, as Discogs does it.
        """
        await self._travel()
        is_admitted = self._admit()
        used = len(self._admitted)
        await self._travel()
        if learn is not None:
            learn(Allowance(limit=self.limit, used=used, remaining=max(0, self.limit - used)))
        if not is_admitted:
            raise RateLimitExceeded("discogs", "get_page")

    async def _travel(self) -> None:
        await self._clock.sleep(self._chance.uniform(0.0, LONGEST_TRIP_SECONDS))

    def _admit(self) -> bool:
        now = self._clock.monotonic()
        while self._admitted and self._admitted[0] <= now - WINDOW_SECONDS:
            self._admitted.popleft()
        self.arrivals.append(now)
        if len(self._admitted) >= self.limit:
            return False
        self._admitted.append(now)
        return True


@dataclass
class Observations:
    """What one scenario showed.

    Attributes:
        walk_seconds: From the first page to the last.
        waits: How long each interactive call waited for its permit, in seconds.
        bursts: How long the last of each burst waited.
        refusals: When a 429 reached our client, in seconds from the start.
        failures: Pages that were given up.
        requests: How many the server saw, whoever sent them.
        worst_window: The most of them in any 60 s.
    """

    walk_seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    bursts: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    failures: int = 0
    requests: int = 0
    worst_window: int = 0


def make_policy(clock: Clock, chance: random.Random) -> Policy:
    """Return Discogs' policy with the limits that ``bot/policies.py`` declares."""
    config = PolicyConfig(
        upstream="discogs",
        deadline=30.0,
        attempt_timeout=10.0,
        concurrency=5,
        concurrency_reserve=2,
        rate=RATE,
        backoff=Backoff(attempts=3, floor=2.0, base=5.0, cap=5.0),
    )
    return Policy(config, clock=clock, chance=chance)


def shortest_walk(requests: int, rate: Rate = RATE) -> float:
    """Return the least seconds from the first of so many requests to the last.

    A share of ``m = permits - reserve`` fits into each window: request ``n`` (from 0) cannot be
    sent before ``(n // m) * window + (n % m) * spacing``, were each share sent in one go. What
    people and others send meanwhile takes its part of the same share.
    """
    windows, rest = divmod(requests - 1, rate.permits - rate.reserve)
    return windows * rate.window + rest * rate.spacing


@dataclass(kw_only=True)
class Scenario:
    """A walk of ``pages`` pages in the background while people ask.

    Attributes:
        pages: How many.
        walkers: How many fetch them, each one page after the other.
        person_every: Mean seconds between one person's calls, at random; 0: nobody asks.
        burst_every: Seconds between bursts of five; 0: none.
        rival_every: Seconds between the requests of another program behind the same address,
            which asks nobody and learns nothing from a 429; 0: there is none.
        rival_until: Seconds after which that program stops.
        seed: Of all chance.
    """

    pages: int
    walkers: int = 1
    person_every: float = 0.0
    burst_every: float = 0.0
    rival_every: float = 0.0
    rival_until: float = inf
    seed: int = 1

    async def run(self, clock: Clock) -> Observations:
        """Play it on a virtual loop."""
        chance = random.Random(self.seed)  # noqa: S311  # a model of a network
        server = DiscogsServer(clock=clock, chance=chance)
        client = _Client(make_policy(clock, chance), server, clock)
        started = clock.monotonic()
        pages = iter(range(self.pages))
        with background():
            walk = [asyncio.create_task(_walk(client, pages)) for _ in range(self.walkers)]
        crowd = [
            asyncio.create_task(self._person(client, chance)),
            asyncio.create_task(self._bursts(client)),
            asyncio.create_task(self._rival(server, clock)),
        ]
        await asyncio.gather(*walk)
        seconds = clock.monotonic() - started
        for task in crowd:
            task.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
        return Observations(
            walk_seconds=seconds,
            waits=client.waits,
            bursts=client.bursts,
            refusals=[instant - started for instant in client.refusals],
            failures=client.failures,
            requests=len(server.arrivals),
            worst_window=_worst_window(server.arrivals),
        )

    async def _person(self, client: "_Client", chance: random.Random) -> None:
        while self.person_every:
            await client.clock.sleep(chance.expovariate(1 / self.person_every))
            client.waits.append(await client.fetch())

    async def _bursts(self, client: "_Client") -> None:
        while self.burst_every:
            await client.clock.sleep(self.burst_every)
            client.bursts.append(max(await asyncio.gather(*(client.fetch() for _ in range(5)))))

    async def _rival(self, server: DiscogsServer, clock: Clock) -> None:
        async with asyncio.TaskGroup() as group:
            stops_at = clock.monotonic() + self.rival_until
            while self.rival_every and clock.monotonic() < stops_at:
                await clock.sleep(self.rival_every)
                group.create_task(_careless(server))


@dataclass
class _Client:
    """Fetches pages through a policy and notes what happened."""

    policy: Policy
    server: DiscogsServer
    clock: Clock
    waits: list[float] = field(default_factory=list)
    bursts: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    failures: int = 0

    async def fetch(self) -> float:
        """Fetch one page; return after how many seconds its first attempt was sent."""
        asked_at = self.clock.monotonic()
        sent_at: list[float] = []

        async def send() -> None:
            sent_at.append(self.clock.monotonic())
            try:
                await self.server.ask(self.policy.learn)
            except RateLimitExceeded:
                self.refusals.append(self.clock.monotonic())
                raise

        try:
            await self.policy.call(Call(operation="get_page", send=send))
        except ExternalServiceException:
            self.failures += 1
        return (sent_at[0] if sent_at else self.clock.monotonic()) - asked_at


async def _walk(client: _Client, pages: Iterator[int]) -> None:
    for _ in pages:
        await client.fetch()


async def _careless(server: DiscogsServer) -> None:
    try:
        await server.ask()
    except RateLimitExceeded:
        return


def _worst_window(arrivals: list[float]) -> int:
    """Return the most requests in any window of the server."""
    window: deque[float] = deque()
    worst = 0
    for instant in arrivals:
        window.append(instant)
        while window[0] <= instant - WINDOW_SECONDS:
            window.popleft()
        worst = max(worst, len(window))
    return worst
