"""Calls with a key: from the cache when it is fresh, shared while under way, kept afterwards.

By its age an entry is, in this order:

1. *fresh*: as good as a new answer;
2. *stale, within* ``swr`` (stale-while-revalidate): served at once and labelled, while exactly
   one refresh runs in the background, with its own deadline;
3. *stale, within* ``stale`` (stale-if-error): served only when the upstream fails, or when it
   takes longer than the caller's ``patience``;
4. too old for anything.

Level 1 is memory and is asked first, before there is any deadline or task. Level 2 is asked once
per load, within a limit of its own, and only when level 1 has nothing.
"""

import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, TypeVar

from services.answers import Answer, Source
from services.errors import (
    InvalidResponse,
    NotFound,
    RateLimitExceeded,
    ServiceDown,
)
from services.resilience.cache import Cache, Entry
from services.resilience.cache_store import CacheStore, SecondLevel
from services.resilience.clock import Clock
from services.resilience.config import Call, PolicyConfig
from services.resilience.events import CacheRead, Events
from services.resilience.failures import KnownFailures
from services.resilience.fallbacks import FallbackChain
from services.resilience.load import Load, Sender, Trail
from services.resilience.single_flight import Flight, SingleFlight

T = TypeVar("T")


Limit = Callable[[str], AbstractAsyncContextManager[None]]
"""Makes the deadline of an operation's load, detached from any caller's."""


class CachedCalls:
    """Answers calls that have a key.

    Attributes:
        fallbacks: What answers when the upstream does not.
    """

    def __init__(
        self,
        config: PolicyConfig,
        *,
        send: Sender,
        limit: Limit,
        clock: Clock,
        chance: random.Random,
        store: CacheStore | None,
        events: Events,
    ) -> None:
        """Start with an empty first level in front of ``store``."""
        self._config = config
        self.fallbacks = FallbackChain(config, kept=self.stale, clock=clock, events=events)
        self._send = send
        self._limit = limit
        self._clock = clock
        self._events = events
        self._flights = SingleFlight()
        self._failures = KnownFailures(capacity=config.cache_entries, clock=clock)
        self._cache = Cache(
            capacity=config.cache_entries,
            max_bytes=config.cache_bytes,
            clock=clock,
            chance=chance,
        )
        self._store = None
        if store is not None:
            self._store = SecondLevel(store, upstream=config.upstream, clock=clock)

    async def at_once(self, call: Call[T], key: str) -> Answer[T] | None:
        """Return what level 1 has if it is fresh, or may be served while a refresh runs."""
        entry = await self._cache.get(key)
        if entry is None:
            return None
        return self._served(call, key, entry, level=1)

    async def answer(self, call: Call[T], key: str, trail: Trail) -> Answer[T]:
        """Return the answer of the one load of ``key`` that is under way.

        Raises:
            ExternalServiceException: It failed, or failed a moment ago.
        """
        known = self._failures.get(key)
        if known is not None:
            self._read(call, "negative")
            raise known
        with self._flights.join(key, self._loading(call, key)) as flight:
            try:
                answer = await self._patiently(call, key, flight)
            finally:
                trail.attempts = _trail_of(flight).attempts
        if answer.source is Source.STALE:
            self._refresh(call, key)
        return answer

    async def stale(self, call: Call[Any], key: str) -> Entry | None:
        """Return the entry that may stand in for ``call``.

        Level 1 is enough: what level 2 had, the load has brought there, once for everybody.
        """
        return await self._cache.get(key, max_age=call.stale)

    async def _restore(self, call: Call[T], key: str) -> Entry | None:
        """Bring the entry of ``key`` from level 2 to level 1 unless it is too old for anything."""
        if self._store is None or call.codec is None:
            return None
        restored = await self._store.read(key, call.codec)
        if restored is None or restored.age > call.longest:
            return None
        return await self._cache.set(
            key, restored.value, size=restored.size, age=restored.age, as_of=restored.as_of
        )

    async def aclose(self) -> None:
        """Cancel what is under way; what is to be written gets a moment."""
        await self._flights.aclose()
        if self._store is not None:
            await self._store.aclose()

    def _loading(self, call: Call[T], key: str, *, in_background: bool = False) -> Load[T]:
        return Load(
            call.operation,
            lambda trail: self._load(call, key, trail),
            in_background=in_background,
        )

    async def _load(self, call: Call[T], key: str, trail: Trail) -> Answer[T]:
        """Ask level 2, then the upstream; remember what comes of it."""
        # Shared by several callers: the first one's deadline must not cut the others short.
        async with self._limit(call.operation):
            if await self._cache.get(key) is None:
                entry = await self._restore(call, key)
                answer = self._served(call, key, entry, level=2) if entry is not None else None
                if answer is not None:
                    return answer
            self._read(call, "miss")
            try:
                value = await self._send(call, trail)
            except NotFound as error:
                await self._forget(call, key, error)
                raise
            except (ServiceDown, InvalidResponse, RateLimitExceeded) as error:
                self._failures.remember(key, error, self._config.cooldown_seconds)
                raise
            await self._keep(call, key, value)
            return self.fallbacks.live(call, value, retries=trail.retries)

    async def _keep(self, call: Call[T], key: str, value: T) -> None:
        data = call.codec.encode(value) if call.codec is not None else None
        entry = await self._cache.set(key, value, size=None if data is None else len(data))
        if self._store is not None and data is not None:
            keep_until = entry.as_of + timedelta(seconds=call.longest)
            self._store.write(key, data, stored_at=entry.as_of, keep_until=keep_until)

    async def _forget(self, call: Call[Any], key: str, error: NotFound) -> None:
        """Drop what is kept: it must not stand in for something that is gone."""
        self._failures.remember(key, error, self._config.negative_seconds)
        await self._cache.delete(key)
        if self._store is not None and call.codec is not None:
            self._store.delete(key)

    def _served(self, call: Call[T], key: str, entry: Entry, *, level: int) -> Answer[T] | None:
        value: T = entry.value  # type: ignore[assignment]  # only this key's type is kept
        age = self._age(entry)
        if age <= call.fresh * (1.0 - entry.early):
            if self._events:
                self._read(call, "hit", level)
            return Answer(value=value, source=Source.CACHED, as_of=entry.as_of)
        if age <= call.swr:
            self._read(call, "stale", level)
            if level == 1:
                self._refresh(call, key)
            return Answer(value=value, source=Source.STALE, as_of=entry.as_of)
        return None

    def _refresh(self, call: Call[Any], key: str) -> None:
        """Start the one refresh in the background, unless the last one failed just now."""
        if self._failures.get(key) is None:
            self._flights.start(key, self._loading(call, key, in_background=True))

    async def _patiently(self, call: Call[T], key: str, flight: Flight[Answer[T]]) -> Answer[T]:
        """Wait for the load; after ``patience`` rather take a stale answer and let it finish."""
        if call.patience is None:
            return await flight.result()
        try:
            async with self._clock.timeout_at(self._clock.monotonic() + call.patience):
                return await flight.result()
        except TimeoutError:  # ours: a load turns every other one into an error of the tree
            answer = await self.fallbacks.meanwhile(call, key, retries=_trail_of(flight).retries)
        if answer is None:
            return await flight.result()
        flight.keep()
        return answer

    def _age(self, entry: Entry) -> float:
        return self._clock.monotonic() - entry.stored

    def _read(self, call: Call[Any], outcome: str, level: int = 1) -> None:
        if self._events:
            self._events.emit(
                CacheRead(
                    upstream=self._config.upstream,
                    operation=call.operation,
                    outcome=outcome,
                    level=level,
                )
            )


def _trail_of(flight: Flight[Any]) -> Trail:
    load: Load[Any] = flight.load  # type: ignore[assignment]  # nothing else is started here
    return load.trail
