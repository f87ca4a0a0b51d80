"""Behaviour 66: days of weather, cancel storms and a wandering wall clock, in virtual time.

Every case plays a day and a half. A seed that finds something is told, and belongs below.
"""

import pytest
from harness.chaos import UPSTREAMS, any_seed, rage

pytestmark = pytest.mark.long

MINUTES = 2_000
SEEDS = [pytest.param(seed, id=f"seed {seed}") for seed in (11, 12, 13)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("upstream", UPSTREAMS)
def test_policy_keeps_its_promises_through_days_of_chaos(upstream: str, seed: int) -> None:
    assert rage(upstream, seed=seed, minutes=MINUTES) == []


@pytest.mark.parametrize("upstream", UPSTREAMS)
def test_policy_keeps_its_promises_through_days_of_chaos_that_nobody_chose(upstream: str) -> None:
    seed = any_seed()

    wrong = rage(upstream, seed=seed, minutes=MINUTES)

    assert (seed, wrong) == (seed, [])
