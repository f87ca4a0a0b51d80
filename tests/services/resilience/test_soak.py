"""Behaviour 63 in short; ``tests/long/test_soak.py`` makes a hundred thousand calls."""

import logging

import pytest
from fakes.virtual_time import in_virtual_time
from harness.soak import LONGEST, Soak


@in_virtual_time
async def test_five_thousand_calls_of_every_kind_leave_nothing_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "services")  # what pytest captures would pass for growth
    soak = Soak(seed=1)
    await soak.calls(2_000)
    before = await soak.rest()

    await soak.calls(3_000)
    after = await soak.rest()
    await soak.close()

    assert (after.tasks, after.timers, after.handles) == (0, 0, before.handles)
    # A single object left by each call would be three thousand.
    assert after.blocks - before.blocks < 1_000
    assert after.longest <= LONGEST
    assert soak.is_cache_in_bounds
    assert min(soak.became[kind] for kind in soak.KINDS) > 0
