"""Who waits for a permit, and whose turn it is."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from services.resilience.priority import Priority
from services.resilience.rate_limiter._permits import Permit

_INTERACTIVE, _BACKGROUND = Priority.INTERACTIVE, Priority.BACKGROUND


@dataclass(slots=True, eq=False)
class Waiter:
    """A call in the queue.

    Attributes:
        priority: Decides who goes first.
        arrived_at: When it came, as a monotonic instant.
        until: When its operation ends; a permit at that instant or later is of no use.
        permit: Where it waits for its permit, or for the refusal.
    """

    priority: Priority
    arrived_at: float
    until: float
    permit: asyncio.Future[Permit]


class Turn(NamedTuple):
    """Whose turn it is, and the share of the window that it may use."""

    waiter: Waiter
    share: Priority


class WaitingQueue:
    """Interactive before background, in order of arrival; false while nobody waits.

    Background work is *overdue* when it has waited in vain for ``patience`` seconds, be it one
    call or several that gave up one after the other. Then its first waiter goes before everybody
    else, and may use the reserve, once.
    """

    def __init__(self, *, patience: float) -> None:
        """Start empty."""
        self._patience = patience
        self._overdue_at = inf
        self._people: deque[Waiter] = deque()
        self._work: deque[Waiter] = deque()

    def __bool__(self) -> bool:
        return bool(self._people or self._work)

    def __len__(self) -> int:
        return len(self._people) + len(self._work)

    def add(self, waiter: Waiter) -> None:
        """Queue ``waiter`` behind its equals."""
        if waiter.priority is _BACKGROUND:
            self._overdue_at = min(self._overdue_at, waiter.arrived_at + self._patience)
            self._work.append(waiter)
        else:
            self._people.append(waiter)

    def remove(self, waiter: Waiter) -> None:
        """Take ``waiter`` out, if it is still in."""
        with suppress(ValueError):
            self._queue_of(waiter.priority).remove(waiter)

    def turns(self, now: float) -> Iterator[Turn]:
        """Yield the turns in order, as far as that can be known ``now``."""
        work = [waiter for waiter in self._work if not waiter.permit.done()]
        if work and self._overdue_at <= now:
            yield Turn(work.pop(0), _INTERACTIVE)
        for waiter in self._people:
            if not waiter.permit.done():
                yield Turn(waiter, _INTERACTIVE)
        for waiter in work:
            yield Turn(waiter, _BACKGROUND)

    def changes_at(self, now: float) -> float:
        """Return when the turn passes to background work that has become overdue."""
        return self._overdue_at if self._work and self._overdue_at > now else inf

    def serve(self, priority: Priority, permit: Permit) -> bool:
        """Give ``permit`` to the first who waits; False when nobody of ``priority`` does."""
        queue = self._queue_of(priority)
        waiter = next((waiter for waiter in queue if not waiter.permit.done()), None)
        if waiter is None:
            return False
        queue.remove(waiter)
        waiter.permit.set_result(permit)
        if priority is _BACKGROUND:
            self.background_was_served(permit.sent_at)
        return True

    def background_was_served(self, now: float) -> None:
        """Begin to count anew how long background work waits in vain."""
        self._overdue_at = now + self._patience if self._work else inf

    def _queue_of(self, priority: Priority) -> deque[Waiter]:
        return self._work if priority is _BACKGROUND else self._people
