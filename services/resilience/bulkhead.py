"""The bulkhead: a cap on concurrent calls to one upstream, with a bounded queue before it.

A slot that becomes free is handed to the first who waits, never put up for grabs: nobody jumps
the queue, and everybody in it knows their place. People go before background work, which besides
leaves the last ``reserve`` slots to them: it may hold a slot while it waits long for a permit.
Waiting ends with the operation's deadline, which cancels it like anything else inside.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from services.errors import BulkheadFull
from services.resilience.priority import Priority, current_priority

_LOGGER = logging.getLogger(__name__)

OnPlace = Callable[[int], None]
"""Told the place of a waiting call whenever it changes: 1 is next, 0 means it has its slot."""


@dataclass(eq=False, slots=True)
class _Waiter:
    turn: asyncio.Future[None]
    is_background: bool
    on_place: OnPlace | None
    place: int = 0


class Bulkhead:
    """Lets ``concurrency`` calls run and ``queue`` more wait, in order; sheds the rest."""

    def __init__(self, upstream: str, *, concurrency: int, queue: int, reserve: int = 0) -> None:
        """Set the caps, which count calls; ``reserve`` is below ``concurrency``."""
        self._upstream = upstream
        self._concurrency = concurrency
        self._background_limit = concurrency - reserve
        self._queue = queue
        self._running = 0
        self._people: deque[_Waiter] = deque()
        self._background: deque[_Waiter] = deque()

    @property
    def running(self) -> int:
        """How many slots are taken."""
        return self._running

    @property
    def waiting(self) -> int:
        """How many calls wait for a slot."""
        return len(self._people) + len(self._background)

    def slot(self, on_place: OnPlace | None = None) -> AbstractAsyncContextManager[None]:
        """Return a block that holds a slot.

        Args:
            on_place: Told the place in the queue, once the call has to wait; must return at once.

        Raises:
            BulkheadFull: On entering, when the queue is full.
        """
        return _Slot(self, on_place)

    async def acquire(self, on_place: OnPlace | None = None) -> None:
        """Take a slot, waiting for one; cancelling the wait frees the place.

        Raises:
            BulkheadFull: The queue is full.
        """
        is_background = current_priority() is Priority.BACKGROUND
        limit = self._background_limit if is_background else self._concurrency
        if self._running < limit and not (is_background and self._background):
            self._running += 1
            return
        if self.waiting >= self._queue:
            message = f"{self.waiting} calls already wait"
            raise BulkheadFull(self._upstream, "slot", None, message)
        turn = asyncio.get_running_loop().create_future()
        await self._wait(_Waiter(turn, is_background, on_place))

    def release(self) -> None:
        """Hand the slot to the first who waits and may have it, or free it."""
        self._running -= 1
        if not self._hand_over(self._people) and self._running < self._background_limit:
            self._hand_over(self._background)

    def _hand_over(self, queue: deque[_Waiter]) -> bool:
        while queue:
            first = queue.popleft()
            # One whose wait was cancelled has not had its turn to leave yet.
            if not first.turn.done():
                self._running += 1
                first.turn.set_result(None)
                _tell(first, 0)
                self._tell_places()
                return True
        return False

    async def _wait(self, waiter: _Waiter) -> None:
        (self._background if waiter.is_background else self._people).append(waiter)
        self._tell_places()
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter.turn.cancelled():
                self._leave(waiter)
            else:
                self.release()  # cancelled with the slot already in hand
            raise

    def _leave(self, waiter: _Waiter) -> None:
        queue = self._background if waiter.is_background else self._people
        # ``release`` may have dropped it meanwhile, while looking for one who still waits.
        if waiter in queue:
            queue.remove(waiter)
            self._tell_places()

    def _tell_places(self) -> None:
        for place, waiter in enumerate((*self._people, *self._background), start=1):
            if waiter.place != place:
                _tell(waiter, place)


def _tell(waiter: _Waiter, place: int) -> None:
    waiter.place = place
    if waiter.on_place is None:
        return
    try:
        waiter.on_place(place)
    except Exception:
        # A display that breaks must not take the queue down with it.
        _LOGGER.exception("a listener failed on place %s", place)


class _Slot(AbstractAsyncContextManager[None]):
    """Two plain methods: a generator-based block costs twice as much on the happy path."""

    __slots__ = ("_bulkhead", "_on_place")

    def __init__(self, bulkhead: Bulkhead, on_place: OnPlace | None) -> None:
        self._bulkhead = bulkhead
        self._on_place = on_place

    async def __aenter__(self) -> None:
        await self._bulkhead.acquire(self._on_place)

    async def __aexit__(self, *_error: object) -> None:
        self._bulkhead.release()
