"""Who is in a server, in virtual time."""

import asyncio
from collections.abc import Mapping

from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time

from services.collection.memberships import Memberships

PLACE = 7


class Door:
    """Answers who is there, slowly; ``asked`` in order, ``most`` at the same time."""

    def __init__(self, clock: VirtualClock, there: Mapping[int, bool | None]) -> None:
        self._clock = clock
        self.there = dict(there)
        self.asked: list[int] = []
        self.most = self._now = 0

    async def __call__(self, user_id: int) -> bool | None:
        self.asked.append(user_id)
        self._now += 1
        self.most = max(self.most, self._now)
        await self._clock.sleep(1)
        self._now -= 1
        return self.there[user_id]


@in_virtual_time
async def test_answers_are_kept_for_five_minutes_and_for_one_server(clock: VirtualClock) -> None:
    door, memberships = Door(clock, {1: True, 2: False}), Memberships(clock=clock)

    first = await memberships.check(PLACE, [1, 2], door, seconds=10)
    again = await memberships.check(PLACE, [1, 2], door, seconds=10)
    await memberships.check(PLACE + 1, [1], door, seconds=10)
    await clock.sleep(301)
    door.there[1] = False
    later = await memberships.check(PLACE, [1, 2], door, seconds=10)

    assert first == again == {1: True, 2: False}
    assert later == {1: False, 2: False}
    assert door.asked == [1, 2, 1, 1, 2]


@in_virtual_time
async def test_five_are_asked_about_at_once_and_what_is_late_is_not_known(
    clock: VirtualClock,
) -> None:
    door = Door(clock, dict.fromkeys(range(20), True))

    found = await Memberships(clock=clock).check(PLACE, range(20), door, seconds=2.5)

    assert door.most == 5
    assert [found[each] for each in range(20)] == [True] * 10 + [None] * 10


@in_virtual_time
async def test_what_nobody_could_say_is_asked_again(clock: VirtualClock) -> None:
    door, memberships = Door(clock, {1: None}), Memberships(clock=clock)

    first = await memberships.check(PLACE, [1], door, seconds=10)
    door.there[1] = True
    second = await memberships.check(PLACE, [1], door, seconds=10)

    assert (first, second) == ({1: None}, {1: True})


@in_virtual_time
async def test_cancelling_the_question_is_no_answer(clock: VirtualClock) -> None:
    door = Door(clock, {1: True})
    check = Memberships(clock=clock).check(PLACE, [1], door, seconds=10)

    task = asyncio.ensure_future(check)
    await clock.sleep(0.5)
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
