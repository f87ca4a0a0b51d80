"""Many calls of every kind through one policy with all parts, and what is left of them at rest."""

import asyncio
import gc
import sys
import tracemalloc
from collections import Counter, deque
from collections.abc import Iterator, Sized
from dataclasses import dataclass, replace
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Final

from fakes.chance import seeded
from fakes.clock import VirtualClock
from fakes.quota import MemoryQuotaStore
from fakes.stores import MemoryStore

from bot.policies import spotify_policy
from bot.settings import Settings
from services.answers import Source
from services.errors import (
    ExternalServiceException,
    NotFound,
    RateLimitExceeded,
    RefusedLocally,
    UpstreamServerError,
)
from services.resilience.auth import Grant, SharedCredential
from services.resilience.codec import Codec
from services.resilience.config import Call
from services.resilience.events import Event, Events
from services.resilience.policy import Policy

ENTRIES: Final = 100
CACHE_BYTES: Final = 100 * 1024
LONGEST: Final = 2 * (24 * 6 + 1)
"""The slots of a day's quota for both priorities; nothing else inside may have as many entries."""

_CROWD = 20
_SOURCES = (Source.LIVE, Source.CACHED, Source.STALE)
_CODEC: Codec[str] = Codec(str)


@dataclass(frozen=True, slots=True)
class AtRest:
    """What there is while no call is under way.

    Attributes:
        tasks: Tasks besides the one that looks.
        timers: Timers of the loop, also those that were cancelled.
        handles: Open files and sockets of the process.
        longest: Entries of the longest dict, list, deque or set inside the policy.
        blocks: Blocks of memory that Python has allocated.
        traced: Bytes allocated since ``tracemalloc`` was started; 0 when it was not.
    """

    tasks: int
    timers: int
    handles: int
    longest: int
    blocks: int
    traced: int


class Soak:
    """A policy as Spotify's, with a smaller cache, a day without end, and somebody listening.

    Attributes:
        became: How many calls ended in which way, and how many events of each kind there were.
    """

    KINDS = (*_SOURCES, "refused", "failed", "cancelled", "RetryScheduled", "BreakerChanged")
    """What must have happened, or the soak has shown little."""

    def __init__(self, *, seed: int) -> None:
        """Build it on the running loop."""
        self.became: Counter[str] = Counter()
        self._clock, self._chance = VirtualClock(), seeded(seed)
        self._store, self._quota_store = MemoryStore(), MemoryQuotaStore()
        self._policy = self._make_policy()
        self._credential = SharedCredential("spotify", self._grant, clock=self._clock)

    async def calls(self, number: int) -> None:
        """Make so many calls, some at once; each ends before this returns."""
        for _ in range(number // _CROWD):
            tasks = [asyncio.create_task(self._call()) for _ in range(_CROWD)]
            await self._clock.sleep(self._chance.uniform(0.0, 10.0))
            for task in tasks[:2]:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def rest(self) -> AtRest:
        """Wait until nothing is under way, and count what is left."""
        await self._clock.sleep(3_600.0)
        # What the fakes keep and noted is theirs, not the policy's.
        self._store.entries.clear()
        self._store.kept_until.clear()
        self._clock.sleeps.clear()
        self._store.asked.clear()
        self._quota_store.writes.clear()
        gc.collect()
        timers = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]  # asyncio's own heap
        return AtRest(
            tasks=len(asyncio.all_tasks()) - 1,
            timers=len(timers),
            handles=len(list(Path("/dev/fd").iterdir())),
            longest=max(map(len, _containers(self._policy))),
            blocks=sys.getallocatedblocks(),
            traced=tracemalloc.get_traced_memory()[0],
        )

    @property
    def is_cache_in_bounds(self) -> bool:
        """Whether the first cache level keeps to what it was given."""
        cache = self._policy._cached._cache
        return len(cache) <= ENTRIES and cache.bytes <= CACHE_BYTES

    async def close(self) -> None:
        """Close the policy."""
        await self._policy.aclose()

    def _make_policy(self) -> Policy:
        endless = Settings(spotify_daily_requests=1_000_000)
        declared = spotify_policy(endless, clock=self._clock, chance=self._chance).config
        return Policy(
            replace(declared, cache_entries=ENTRIES, cache_bytes=CACHE_BYTES),
            clock=self._clock,
            chance=self._chance,
            store=self._store,
            quota_store=self._quota_store,
            events=Events(self._note),
        )

    def _note(self, event: Event) -> None:
        self.became[type(event).__name__] += 1

    async def _call(self) -> None:
        # Some keys are asked for often, some now and then, some once.
        number = self._chance.randrange(self._chance.choice((10, 1_000, 1_000_000_000)))
        call = Call(
            operation="get_album",
            send=self._send,
            key=f"key {number}" if self._chance.random() < 2 / 3 else None,
            codec=_CODEC if number % 2 else None,
            fresh=600.0,
            swr=1_200.0,
            stale=86_400.0,
            patience=3.0,
            credential=self._credential,
        )
        try:
            answer = await self._policy.call(call)
        except RefusedLocally:
            self.became["refused"] += 1
        except ExternalServiceException:
            self.became["failed"] += 1
        except asyncio.CancelledError:
            self.became["cancelled"] += 1
            raise
        else:
            self.became[answer.source] += 1

    async def _send(self) -> str:
        await self._clock.sleep(self._chance.uniform(0.0, 0.3))
        luck = self._chance.random()
        if luck < 0.01:
            raise RateLimitExceeded("spotify", "get_album", retry_after=6)
        if luck < 0.06:
            raise NotFound("spotify", "get_album", 404)
        if luck < 0.16:
            raise UpstreamServerError("spotify", "get_album", 503)
        if luck < 0.18:
            await self._clock.sleep(1_000.0)
        return "x" * self._chance.randrange(1_000)

    async def _grant(self) -> Grant[str]:
        await self._clock.sleep(0.2)
        return Grant("token", 3_600)


def _containers(root: object) -> Iterator[Sized]:
    """Yield every container that belongs to ``root``, however deep inside."""
    seen, found = {id(root)}, deque([root])
    while found:
        inside = found.popleft()
        if isinstance(inside, dict | list | deque | set):
            yield inside
        for part in _parts(inside):
            if id(part) not in seen and not isinstance(part, type | ModuleType | VirtualClock):
                seen.add(id(part))
                found.append(part)


def _parts(whole: object) -> list[object]:
    """Return what ``whole`` holds; of a function what it closes over: its globals are others'."""
    if isinstance(whole, FunctionType):
        return gc.get_referents(*(whole.__closure__ or ()))
    return gc.get_referents(whole)
