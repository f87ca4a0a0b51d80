"""The limiter against a model of Discogs' own window: a walk, people, and another client."""

import pytest
from fakes.clock import VirtualClock
from fakes.virtual_time import run

from bench.discogs_model import RATE, Observations, Scenario, shortest_walk

SEEDS = [pytest.param(seed, id=f"seed {seed}") for seed in (1, 2, 3)]


def _observe(scenario: Scenario) -> Observations:
    return run(scenario.run(VirtualClock()))


def test_shortest_walk_sends_each_share_in_one_go() -> None:
    shares = [1, 55, 56, 60, 3_000]

    assert [shortest_walk(pages, RATE) for pages in shares] == [0, 27, 61, 63, 3_308.5]


@pytest.mark.parametrize("seed", SEEDS)
def test_walk_through_6000_items_takes_at_most_5_percent_more_than_the_shortest(seed: int) -> None:
    seen = _observe(Scenario(pages=60, seed=seed))

    assert seen.walk_seconds <= 1.05 * shortest_walk(60)
    assert (seen.refusals, seen.failures, seen.worst_window) == ([], 0, 55)


@pytest.mark.parametrize("seed", SEEDS)
def test_long_walk_uses_its_whole_share(seed: int) -> None:
    seen = _observe(Scenario(pages=1_000, seed=seed))

    assert seen.walk_seconds <= 1.01 * shortest_walk(1_000)


@pytest.mark.parametrize("seed", SEEDS)
def test_person_at_any_instant_of_a_walk_waits_for_the_spacing_only(seed: int) -> None:
    seen = _observe(Scenario(pages=600, person_every=5.0, seed=seed))

    assert len(seen.waits) > 100
    assert max(seen.waits) <= 0.5 + 1e-9
    assert (seen.refusals, seen.failures) == ([], 0)


@pytest.mark.parametrize("every", [61.0, 33.3, 20.3])
def test_five_at_once_during_a_walk_are_through_within_five_spacings(every: float) -> None:
    seen = _observe(Scenario(pages=600, burst_every=every))

    assert len(seen.bursts) > 10
    assert max(seen.bursts) <= 2.5 + 1e-9
    assert (seen.refusals, seen.failures) == ([], 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_other_client_with_a_fifth_of_the_window_costs_no_429(seed: int) -> None:
    seen = _observe(Scenario(pages=600, person_every=20.0, rival_every=5.0, seed=seed))

    assert (seen.refusals, seen.failures) == ([], 0)
    assert seen.walk_seconds <= 1.05 * shortest_walk(seen.requests)
    assert max(seen.waits) <= 0.6


def test_other_client_with_a_fifth_of_the_window_leaves_room_for_five_at_once() -> None:
    seen = _observe(Scenario(pages=600, burst_every=61.0, rival_every=5.0))

    assert (seen.refusals, seen.failures) == ([], 0)
    assert max(seen.bursts) <= 3.0


def test_other_client_that_takes_everything_is_outlived() -> None:
    seen = _observe(Scenario(pages=600, rival_every=1.0, rival_until=300.0))

    # A few 429 while nothing is left, none once there is; the walk goes on by itself.
    assert 0 < len(seen.refusals) < 30
    assert max(seen.refusals) <= 310
    assert seen.walk_seconds <= 300 + 1.05 * shortest_walk(600)
