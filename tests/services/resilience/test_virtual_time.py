"""The virtual loop: hours in no time, and in the same order every time."""

import asyncio

from fakes.chance import seeded
from fakes.clock import VirtualClock
from fakes.virtual_time import run

MINUTES = 1_000
TASKS = 50

Trace = list[tuple[float, int, str]]


async def bustle(seed: int) -> Trace:
    """Have tasks sleep, time out and cancel each other for 1,000 minutes; returns who did what."""
    clock, chance, trace = VirtualClock(), seeded(seed), Trace()
    tasks: list[asyncio.Task[None]] = []

    async def live(number: int) -> None:
        while True:
            try:
                async with clock.timeout_at(clock.monotonic() + chance.uniform(1, 1_800)):
                    # Whole minutes, so that many timers fall on the same instant.
                    await clock.pass_time(60 * chance.randrange(30))
                trace.append((clock.elapsed, number, "slept"))
            except TimeoutError:
                trace.append((clock.elapsed, number, "timed out"))
            except asyncio.CancelledError:
                trace.append((clock.elapsed, number, "cancelled"))
                if clock.elapsed >= MINUTES * 60:
                    raise
            if chance.random() < 0.1:
                tasks[chance.randrange(TASKS)].cancel()

    tasks += [asyncio.create_task(live(number)) for number in range(TASKS)]
    await clock.pass_time(MINUTES * 60)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return trace


def test_a_thousand_minutes_of_timers_happen_in_the_same_order_every_time() -> None:
    first, second, third = (run(bustle(seed=1)) for _ in range(3))

    assert first == second == third
    assert first[-1][0] == MINUTES * 60
    assert {what for _, _, what in first} == {"slept", "timed out", "cancelled"}
    assert len(first) > 5_000


def test_another_seed_gives_another_order() -> None:
    assert run(bustle(seed=1)) != run(bustle(seed=2))
