"""Behaviour 63: however many calls went through a policy, nothing of them is left."""

import logging
import sys
import tracemalloc
from collections.abc import Iterator

import pytest
from fakes.virtual_time import in_virtual_time
from harness.soak import CACHE_BYTES, LONGEST, Soak

pytestmark = pytest.mark.long


@pytest.fixture
def _traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@in_virtual_time
async def test_a_hundred_thousand_calls_of_every_kind_leave_nothing_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "services")  # what pytest captures would pass for growth
    soak = Soak(seed=1)
    await soak.calls(20_000)  # by then every cache is full
    before = await soak.rest()

    await soak.calls(80_000)
    after = await soak.rest()
    await soak.close()

    _show(before, after, dict(soak.became))
    assert (after.tasks, after.timers, after.handles) == (0, 0, before.handles)
    # A single object left by each call would be eighty thousand.
    assert after.blocks - before.blocks < 2_000
    assert after.longest <= LONGEST
    assert soak.is_cache_in_bounds
    assert min(soak.became[kind] for kind in soak.KINDS) > 0


# Tracing makes everything several times slower, so there are fewer calls.
@pytest.mark.usefixtures("_traced")
@in_virtual_time
async def test_memory_of_a_policy_is_bounded_by_its_caches_and_stops_growing_once_they_are_full(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "services")
    soak = Soak(seed=2)
    empty = await soak.rest()
    await soak.calls(10_000)
    full = await soak.rest()

    await soak.calls(10_000)
    after = await soak.rest()
    await soak.close()

    _show(empty, full, after)
    # Sizes are those of serialised values; the objects take a few times as much.
    assert after.traced - empty.traced < 3 * CACHE_BYTES
    assert after.traced - full.traced < CACHE_BYTES / 2


def _show(*facts: object) -> None:
    """Say what was measured; shown by ``pytest -rP``."""
    sys.stdout.writelines(f"{fact}\n" for fact in facts)
