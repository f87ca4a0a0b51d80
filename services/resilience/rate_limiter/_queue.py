"""Who waits for a permit, and whose turn it is."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from math import inf

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


class WaitingQueue:
    """Interactive before background, in order of arrival; false while nobody waits.

    Background work that got nothing for ``patience`` seconds is *overdue*: its first waiter goes
    before everybody else and may use the reserve, once.
    """

    def __init__(self, *, patience: float) -> None:
        """Start empty."""
        self._patience = patience
        self._served_background_at = -inf
        self._waiting: dict[Priority, deque[Waiter]] = {_INTERACTIVE: deque(), _BACKGROUND: deque()}

    def __bool__(self) -> bool:
        return bool(self._waiting[_INTERACTIVE] or self._waiting[_BACKGROUND])

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def __iter__(self) -> Iterator[Waiter]:
        for queue in self._waiting.values():
            yield from queue

    def add(self, waiter: Waiter) -> None:
        """Queue ``waiter`` behind its equals."""
        self._waiting[waiter.priority].append(waiter)

    def remove(self, waiter: Waiter) -> None:
        """Take ``waiter`` out, if it is still in."""
        with suppress(ValueError):
            self._waiting[waiter.priority].remove(waiter)

    def next_turn(self, now: float) -> tuple[Priority, Priority] | None:
        """Return whose turn it is and the share of the window it may use; None when empty."""
        for queue in self._waiting.values():
            while queue and queue[0].permit.done():  # cancelled, and about to notice it
                queue.popleft()
        if self._waiting[_BACKGROUND] and self._overdue_at() <= now:
            return _BACKGROUND, _INTERACTIVE
        if self._waiting[_INTERACTIVE]:
            return _INTERACTIVE, _INTERACTIVE
        return (_BACKGROUND, _BACKGROUND) if self._waiting[_BACKGROUND] else None

    def next_turn_changes_at(self, now: float) -> float:
        """Return when the turn passes to background work that has become overdue."""
        overdue_at = self._overdue_at()
        return overdue_at if overdue_at > now else inf

    def serve(self, priority: Priority, permit: Permit) -> bool:
        """Give ``permit`` to the first who waits; False when nobody of ``priority`` does."""
        queue = self._waiting[priority]
        while queue:
            waiter = queue.popleft()
            if not waiter.permit.done():
                if priority is _BACKGROUND:
                    self._served_background_at = permit.sent_at
                waiter.permit.set_result(permit)
                return True
        return False

    def _overdue_at(self) -> float:
        queue = self._waiting[_BACKGROUND]
        if not queue:
            return inf
        return max(queue[0].arrived_at, self._served_background_at) + self._patience
