import asyncio
from datetime import timedelta

import pytest
from fakes.clock import VirtualClock
from fakes.virtual_time import DeadEndError, in_virtual_time, run

from services.resilience.clock import SystemClock, system_random


async def test_the_wall_time_is_aware_and_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta()


async def test_monotonic_time_is_the_loops() -> None:
    loop_time = asyncio.get_running_loop().time()

    assert SystemClock().monotonic() == pytest.approx(loop_time, abs=1.0)


@in_virtual_time
async def test_a_negative_sleep_only_lets_others_run(clock: VirtualClock) -> None:
    await SystemClock().sleep(-5)

    assert clock.elapsed == 0


@in_virtual_time
async def test_timeout_at_ends_the_block_at_its_instant(clock: VirtualClock) -> None:
    with pytest.raises(TimeoutError):
        async with clock.timeout_at(clock.monotonic() + 2):
            await asyncio.Event().wait()

    assert clock.elapsed == 2


@in_virtual_time
async def test_no_instant_means_no_timeout(clock: VirtualClock) -> None:
    async with clock.timeout_at(None):
        await clock.sleep(86_400)

    assert clock.elapsed == 86_400


def test_chance_is_not_the_same_twice() -> None:
    assert system_random().random() != system_random().random()


def test_the_virtual_loop_reports_a_dead_end_instead_of_hanging() -> None:
    with pytest.raises(DeadEndError):
        run(asyncio.Event().wait())
