"""Single-flight: concurrent identical calls share one request.

The *leader*'s request runs in a task of its own, so that a caller who leaves takes nobody down;
when the last one leaves, the request is cancelled.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Flight:
    task: asyncio.Task[Any]
    callers: int = 0


class SingleFlight:
    """Remembers what is under way, by key."""

    def __init__(self) -> None:
        """Start with nothing under way."""
        self._flights: dict[str, _Flight] = {}

    async def run(self, key: str, load: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return the result of ``load``, or of the one already under way for ``key``.

        Raises:
            Exception: Whatever ``load`` raises, to everybody who waits for it.
        """
        flight = self._flights.get(key)
        if flight is None:
            task = asyncio.create_task(load(), name=f"single-flight {key}")
            flight = self._flights[key] = _Flight(task)
            task.add_done_callback(lambda done: self._forget(key, done))
        flight.callers += 1
        try:
            return await _shielded(flight.task)
        finally:
            flight.callers -= 1
            if flight.callers == 0 and not flight.task.done():
                self._forget(key, flight.task)
                flight.task.cancel()

    def _forget(self, key: str, task: asyncio.Task[Any]) -> None:
        """Drop the flight of ``key``, unless a newer one has taken its place."""
        if task.done() and not task.cancelled():
            task.exception()  # retrieved, also when everybody who asked has left
        flight = self._flights.get(key)
        if flight is not None and flight.task is task:
            del self._flights[key]


async def _shielded(task: asyncio.Task[T]) -> T:
    waiting: Awaitable[T] = asyncio.shield(task)
    return await waiting
