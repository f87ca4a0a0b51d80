"""Behaviour 66 in short: hours of weather per upstream; ``tests/long`` has days of it."""

import pytest
from harness.chaos import UPSTREAMS, any_seed, rage


@pytest.mark.parametrize("seed", [pytest.param(1, id="seed 1"), pytest.param(2, id="seed 2")])
@pytest.mark.parametrize("upstream", UPSTREAMS)
def test_policy_keeps_its_promises_through_hours_of_chaos(upstream: str, seed: int) -> None:
    assert rage(upstream, seed=seed, minutes=120) == []


@pytest.mark.parametrize("upstream", UPSTREAMS)
def test_policy_keeps_its_promises_through_chaos_that_nobody_chose(upstream: str) -> None:
    seed = any_seed()

    wrong = rage(upstream, seed=seed, minutes=120)

    assert (seed, wrong) == (seed, [])
