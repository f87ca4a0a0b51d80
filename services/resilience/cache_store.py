"""The second level of the cache: what survives a restart, behind a protocol.

The answer never depends on it. A read that takes too long is a miss, a write is done after the
answer was given, and any failure is a miss as well; after one the store is left alone for a
while, so that a dead database costs one wait and not one per call.
"""

import asyncio
import logging
from collections import OrderedDict
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

from services.resilience.clock import Clock
from services.resilience.codec import Codec, UnreadableEntry

_LOGGER = logging.getLogger(__name__)

READ_SECONDS: Final = 0.25
WRITE_SECONDS: Final = 5.0
REST_SECONDS: Final = 5.0
"""How long a store that failed is not asked."""

CLOSING_SECONDS: Final = 2.0
MOST_PENDING: Final = 256
_SKEW_SECONDS = 5.0  # two machines' clocks; beyond it an entry from the future is not believed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """Bytes, and when the upstream gave what is in them (aware, UTC)."""

    data: bytes
    stored_at: datetime


class CacheStore(Protocol):
    """Keeps bytes by key across restarts; may raise anything, and may take its time."""

    async def get(self, key: str) -> StoredEntry | None:
        """Return the entry of ``key``, whatever its age, or None."""

    async def set(
        self, key: str, data: bytes, *, stored_at: datetime, keep_until: datetime
    ) -> None:
        """Store or replace an entry; it may be thrown away after ``keep_until`` (aware, UTC)."""

    async def delete(self, key: str) -> None:
        """Forget ``key``, if it is known."""


@dataclass(frozen=True, slots=True)
class Restored(Generic[T]):
    """A value read back: its age in seconds, its wall time, and its serialised length."""

    value: T
    age: float
    as_of: datetime
    size: int


class _Write(NamedTuple):
    data: bytes
    stored_at: datetime
    keep_until: datetime


class SecondLevel:
    """Reads from a store within a limit and writes to it in the background, in order."""

    def __init__(self, store: CacheStore, *, upstream: str, clock: Clock) -> None:
        """Use ``store``; ``upstream`` is for logs."""
        self._store = store
        self._upstream = upstream
        self._clock = clock
        self._rests_until = 0.0
        self._is_failing = False
        self._pending: OrderedDict[str, _Write | None] = OrderedDict()  # None: delete
        self._writer: asyncio.Task[None] | None = None

    async def read(self, key: str, codec: Codec[T]) -> Restored[T] | None:
        """Return what is stored under ``key``, or None: also when it is unreadable or late."""
        if self._is_resting:
            return None
        try:
            async with self._clock.timeout_at(self._clock.monotonic() + READ_SECONDS):
                stored = await self._store.get(key)
            age = 0.0
            if stored is not None:
                # Ages of entries that outlive a process can only be told by the wall clock.
                age = (self._clock.now() - stored.stored_at).total_seconds()
        except Exception as error:  # noqa: BLE001  # a store may fail in any way; the call goes on
            self._failed(error)
            return None
        self._worked()
        if stored is None:
            return None
        if age < -_SKEW_SECONDS:
            # The clock was set back since: counted from there it would stay fresh for too long.
            self.delete(key)
            return None
        try:
            value = codec.decode(stored.data)
        except UnreadableEntry as error:
            _LOGGER.debug("%s: a cache entry is dropped: %s", self._upstream, error)
            self.delete(key)
            return None
        return Restored(value, max(0.0, age), stored.stored_at, len(stored.data))

    def write(self, key: str, data: bytes, *, stored_at: datetime, keep_until: datetime) -> None:
        """Store an entry soon; nobody waits for it."""
        self._enqueue(key, _Write(data, stored_at, keep_until))

    def delete(self, key: str) -> None:
        """Forget ``key`` soon."""
        self._enqueue(key, None)

    async def aclose(self) -> None:
        """Give what is still to be written 2 s, then give it up."""
        if self._writer is None:
            return
        try:
            async with self._clock.timeout_at(self._clock.monotonic() + CLOSING_SECONDS):
                await self._writer
        except TimeoutError:
            _LOGGER.warning("%s: cache entries could not be stored in time", self._upstream)

    @property
    def _is_resting(self) -> bool:
        return self._clock.monotonic() < self._rests_until

    def _enqueue(self, key: str, write: _Write | None) -> None:
        if self._is_resting:
            return
        self._pending[key] = write
        self._pending.move_to_end(key)
        if len(self._pending) > MOST_PENDING:
            self._pending.popitem(last=False)
        if self._writer is None:
            # One writer for everybody: it must not inherit the first one's deadline.
            self._writer = asyncio.create_task(
                self._drain(), name=f"cache writer {self._upstream}", context=Context()
            )

    async def _drain(self) -> None:
        try:
            while self._pending:
                key, write = self._pending.popitem(last=False)
                try:
                    async with self._clock.timeout_at(self._clock.monotonic() + WRITE_SECONDS):
                        await self._carry_out(key, write)
                except Exception as error:  # noqa: BLE001  # as in read
                    self._failed(error)
                else:
                    self._worked()
        finally:
            self._writer = None

    async def _carry_out(self, key: str, write: _Write | None) -> None:
        if write is None:
            await self._store.delete(key)
        else:
            await self._store.set(
                key, write.data, stored_at=write.stored_at, keep_until=write.keep_until
            )

    def _failed(self, error: Exception) -> None:
        self._rests_until = self._clock.monotonic() + REST_SECONDS
        self._pending.clear()  # each would have to wait for its own failure
        if not self._is_failing:
            self._is_failing = True
            # The class only: a database's error text may quote what was to be stored.
            _LOGGER.warning(
                "%s: the cache's store fails (%s); answers are kept in memory only",
                self._upstream,
                type(error).__name__,
            )

    def _worked(self) -> None:
        if self._is_failing:
            self._is_failing = False
            _LOGGER.warning("%s: the cache's store works again", self._upstream)
