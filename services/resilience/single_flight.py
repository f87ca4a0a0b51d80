"""Single-flight: concurrent identical calls share one request.

The *leader*'s request runs in a task of its own, so that a caller who leaves takes nobody down.
When the last one leaves, the request is cancelled: an answer that nobody waits for is not worth
a permit. The exception is a flight that somebody ``keep``s, because its answer will be used
later: the refresh of a stale cache entry, a renewed credential.

The task runs in a copy of the leader's context, so that its log lines carry the leader's
correlation id. What must not be shared, the leader's deadline, ``load`` has to replace (a
*detached* deadline). A flight that was ``start``ed belongs to nobody and inherits nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context
from types import TracebackType
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Load = Callable[[], Coroutine[Any, Any, T]]


class Flight(Generic[T]):
    """A load under way: ``with flight:`` takes part in it until the end of the block.

    Attributes:
        load: What the leader started.
        task: Its task.
    """

    __slots__ = ("_callers", "_forget", "_is_kept", "load", "task")

    def __init__(
        self, load: Load[T], task: asyncio.Task[T], *, forget: Callable[[asyncio.Task[T]], None]
    ) -> None:
        """Begin without callers; ``forget`` drops the flight of a task that nobody wants."""
        self.load = load
        self.task = task
        self._forget = forget
        self._callers = 0
        self._is_kept = False

    def keep(self) -> None:
        """Let the load finish even when nobody waits for it any more."""
        self._is_kept = True

    async def result(self) -> T:
        """Wait for the result; whoever leaves this wait takes nobody down.

        Raises:
            Exception: Whatever the load raises, to everybody who waits for it.
        """
        waiting: Awaitable[T] = asyncio.shield(self.task)
        return await waiting

    def __enter__(self) -> "Flight[T]":
        self._callers += 1
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._callers -= 1
        if self._callers == 0 and not self._is_kept and not self.task.done():
            self._forget(self.task)
            self.task.cancel()


class SingleFlight:
    """Remembers what is under way, by key."""

    def __init__(self) -> None:
        """Start with nothing under way."""
        self._flights: dict[str, Flight[Any]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    def join(self, key: str, load: Load[T]) -> Flight[T]:
        """Return the flight of ``key``, begun with ``load`` unless one is under way."""
        return self._flights.get(key) or self._begin(key, load, None)

    async def run(self, key: str, load: Load[T]) -> T:
        """Return the result of ``load``, or of the one already under way for ``key``.

        Raises:
            Exception: Whatever ``load`` raises, to everybody who waits for it.
        """
        with self.join(key, load) as flight:
            return await flight.result()

    def start(self, key: str, load: Load[object]) -> bool:
        """Begin ``load`` for nobody in particular; false when one is under way for ``key``.

        Nothing cancels it but ``aclose``. What it raises goes to whoever joins, or nowhere.
        """
        if key in self._flights:
            return False
        self._begin(key, load, Context()).keep()
        return True

    async def aclose(self) -> None:
        """Cancel everything under way and wait until it has ended."""
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, key: str, load: Load[T], context: Context | None) -> Flight[T]:
        task = asyncio.create_task(load(), name=f"single-flight {key}", context=context)
        flight = self._flights[key] = Flight(
            load, task, forget=lambda done: self._forget(key, done)
        )
        task.add_done_callback(lambda done: self._forget(key, done))
        return flight

    def _forget(self, key: str, task: asyncio.Task[Any]) -> None:
        """Drop the flight of ``key``, unless a newer one has taken its place."""
        if task.done() and not task.cancelled():
            task.exception()  # retrieved, also when everybody who asked has left
        flight = self._flights.get(key)
        if flight is not None and flight.task is task:
            del self._flights[key]
