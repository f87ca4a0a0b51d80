"""``Memberships``: who is in a server, asked for a few people at a time and kept for minutes.

The bot sees no lists of members (that is a privileged intent), so it asks about each of the few
people who matter. What cannot be found out counts as "is not there": nobody's records are shown
on a guess.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from services.resilience.clock import Clock

IsMember = Callable[[int], Awaitable[bool | None]]
"""Asks whether somebody is in the server; None: nobody can say now."""

Presence = IsMember | bool
"""Whether somebody is in the server, or who asks that."""

_KEPT_SECONDS: Final = 300.0
_MOST_KEPT: Final = 10_000
_AT_ONCE: Final = 5


class Memberships:
    """Remembers what was found out: joining and leaving a server is noticed within five minutes."""

    def __init__(self, *, clock: Clock) -> None:
        """Measure with ``clock``."""
        self._clock = clock
        self._known: OrderedDict[tuple[int, int], tuple[bool, float]] = OrderedDict()

    async def check(
        self, place: int, user_ids: Sequence[int], is_member: IsMember, *, seconds: float
    ) -> dict[int, bool | None]:
        """Return for each person whether they are there; None where that could not be found out.

        Args:
            place: The server's id.
            user_ids: About whom.
            is_member: Asks; must not raise.
            seconds: How long all of it may take.
        """
        found = {user_id: self._get(place, user_id) for user_id in user_ids}
        gate = asyncio.Semaphore(_AT_ONCE)

        async def ask(user_id: int) -> None:
            async with gate:
                answer = await is_member(user_id)
            found[user_id] = answer
            if answer is not None:
                self._keep(place, user_id, is_there=answer)

        try:
            async with (
                self._clock.timeout_at(self._clock.monotonic() + seconds),
                asyncio.TaskGroup() as tasks,
            ):
                for user_id in [each for each in user_ids if found[each] is None]:
                    tasks.create_task(ask(user_id), name="membership")
        except TimeoutError:
            pass  # what was found out until now is what is known
        return found

    def _get(self, place: int, user_id: int) -> bool | None:
        is_there, until = self._known.get((place, user_id), (False, 0.0))
        return is_there if self._clock.monotonic() < until else None

    def _keep(self, place: int, user_id: int, *, is_there: bool) -> None:
        key = (place, user_id)
        self._known[key] = is_there, self._clock.monotonic() + _KEPT_SECONDS
        self._known.move_to_end(key)
        if len(self._known) > _MOST_KEPT:
            self._known.popitem(last=False)
