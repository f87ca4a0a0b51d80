"""One policy as the bot declares it, a crowd, and everything that can go wrong, in virtual time.

``rage`` returns what went wrong, in words; nothing is the only good answer. All of it follows from
the seed, so one that finds something can be kept.
"""

import asyncio
import random
import secrets
from datetime import timedelta
from typing import Final

from fakes.chance import seeded
from fakes.clock import VirtualClock
from fakes.quota import MemoryQuotaStore
from fakes.stores import MemoryStore
from fakes.virtual_time import run
from fakes.weather import LONGEST_PENALTY_SECONDS, StormyUpstream, crowded

from bot.policies import Stores, discogs_policy, euria_policy, spotify_policy
from bot.settings import Settings
from harness.crowd import Crowd
from services.answers import Source
from services.errors import ExternalServiceException, QuotaSpent
from services.resilience.auth import FETCH_SECONDS
from services.resilience.clock import Clock
from services.resilience.config import Call
from services.resilience.policy import Policy
from services.secret import Secret

UPSTREAMS: Final = ("spotify", "spotify without a quota", "discogs", "discogs anonymous", "euria")
# A clock that was put right by up to an hour either way, and back.
_LONGEST_STEP = timedelta(hours=1)


def rage(upstream: str, *, seed: int, minutes: float) -> list[str]:
    """Let everything loose on one of ``UPSTREAMS`` for so long; return what is wrong."""

    async def scenario() -> list[str]:
        return await Chaos(upstream, seed).run(minutes * 60.0)

    return run(scenario())


def any_seed() -> int:
    """Return a seed that nobody has chosen."""
    return secrets.randbelow(2**32)


class Chaos:
    """A policy whose upstream, credential, store, clock and callers all misbehave."""

    def __init__(self, upstream: str, seed: int) -> None:
        """Build it on the running loop."""
        self._clock, self._chance = VirtualClock(), seeded(seed)
        self._store = MemoryStore()
        stores = Stores(cache=self._store, quota=MemoryQuotaStore())
        self._policy = _policy(upstream, self._clock, self._chance, stores)
        name = self._policy.config.upstream
        self._upstream = StormyUpstream(name, clock=self._clock, chance=self._chance)
        self._granter = StormyUpstream(name, clock=self._clock, chance=self._chance)
        self._crowd = Crowd(
            policy=self._policy,
            upstream=self._upstream,
            granter=self._granter,
            clock=self._clock,
            chance=self._chance,
            streams=name == "euria",
        )
        self._wrong = self._crowd.wrong

    async def run(self, seconds: float) -> list[str]:
        """Rage for so long, calm down, close the policy; return what is wrong."""
        troubles = [
            asyncio.create_task(trouble)
            for trouble in (
                self._upstream.change(),
                self._granter.change(),
                self._trouble_the_store(),
                self._step_the_wall_clock(),
                self._storm(),
            )
        ]
        await self._crowd.come(seconds)
        await _cancelled(*troubles)
        await self._must_recover()
        await self._crowd.leave()
        # A credential is fetched to the end, whoever has left.
        await self._clock.sleep(FETCH_SECONDS)
        await self._policy.aclose()
        if self._policy.quota is not None:
            await self._policy.quota.close()
        self._check_that_it_raged()
        self._check_what_was_sent()
        self._check_what_is_left()
        return self._wrong

    async def _storm(self) -> None:
        """Now and then a crowd comes, and leaves together."""
        while True:
            await self._clock.sleep(self._chance.expovariate(1 / 400))
            tasks = [self._crowd.start_one() for _ in range(self._chance.randint(5, 60))]
            await self._clock.sleep(self._chance.choice((0.0, 0.1, 1.0, 5.0, 20.0)))
            left_at = self._clock.monotonic()
            await _cancelled(*tasks)
            self._crowd.check_seconds("leaving", left_at, 0.0)

    async def _step_the_wall_clock(self) -> None:
        offset = timedelta()
        while True:
            await self._clock.sleep(self._chance.expovariate(1 / 900))
            wanted = _LONGEST_STEP * self._chance.uniform(-1.0, 1.0)
            self._clock.step_wall(wanted - offset)
            offset = wanted

    async def _trouble_the_store(self) -> None:
        while True:
            await self._clock.sleep(self._chance.expovariate(1 / 300))
            self._store.takes = self._chance.choice((0.0, 0.0, 0.2, 5.0))
            self._store.error = self._chance.choice((None, None, OSError("away")))

    async def _must_recover(self) -> None:
        """With nothing in its way any more, the upstream is used again within a known time."""
        rules = self._policy.config.breaker
        longest = max(rules.longest_open * (1 + rules.jitter), LONGEST_PENALTY_SECONDS)
        gives_up_at = self._clock.monotonic() + longest + 2 * self._policy.config.deadline
        last = ""
        while self._clock.monotonic() < gives_up_at:
            try:
                await self._policy.call(
                    Call(operation="ask", send=lambda: self._upstream.answer(1))
                )
            except ExternalServiceException as error:
                last = str(error)
                if isinstance(error, QuotaSpent) and error.operation == "quota":
                    return  # until tomorrow, whatever the weather
                await self._clock.sleep(5.0)
            else:
                return
        self._wrong.append(f"still no answer in calm weather: {last}")

    def _check_that_it_raged(self) -> None:
        """A crowd that is refused everything, or nothing, shows nothing."""
        became, trips = self._crowd.became, self._policy.breaker.trips
        if not (became[Source.LIVE] and became["CircuitOpen"] and trips):
            self._wrong.append(f"it was no chaos: {trips} trips, {dict(became)}")

    def _check_what_was_sent(self) -> None:
        config, sent_at = self._policy.config, self._upstream.sent_at
        if self._upstream.peak > config.concurrency:
            self._wrong.append(f"{self._upstream.peak} of {config.concurrency} were under way")
        limits = []
        if config.rate is not None:
            limits += [(config.rate.permits, config.rate.window), (1, config.rate.spacing)]
        if config.daily_requests is not None:
            # Wall time was moved by up to two hours, which may make a day so much shorter.
            limits += [(config.daily_requests, 86_400 - 2 * _LONGEST_STEP.total_seconds())]
        for permits, window in limits:
            offences = crowded(sent_at, permits, window)
            if offences:
                self._wrong.append(
                    f"{len(offences)} times more than {permits} in {window:g} s, "
                    f"first at {offences[0]:.3f}"
                )

    def _check_what_is_left(self) -> None:
        """Nothing: no task, no slot, no place in a queue, no timer."""
        policy, loop = self._policy, asyncio.get_running_loop()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        timers = [timer for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]  # asyncio's own heap
        waiting = policy.limiter.waiting if policy.limiter is not None else 0
        left = (len(tasks), policy.bulkhead.running, policy.bulkhead.waiting, waiting, len(timers))
        if left != (0, 0, 0, 0, 0):
            self._wrong.append(f"left over (tasks, slots, queue, permits, timers): {left} {tasks}")


def _policy(upstream: str, clock: Clock, chance: random.Random, stores: Stores) -> Policy:
    if upstream == "euria":
        return euria_policy(Settings(), clock=clock, chance=chance)
    make = spotify_policy if upstream.startswith("spotify") else discogs_policy
    settings = {
        "spotify": Settings(),
        "spotify without a quota": Settings(spotify_daily_requests=1_000_000),
        "discogs": Settings(discogs_token=Secret("token")),
        "discogs anonymous": Settings(),
    }
    return make(settings[upstream], clock=clock, chance=chance, stores=stores)


async def _cancelled(*tasks: asyncio.Task[None]) -> None:
    """Cancel the tasks and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
