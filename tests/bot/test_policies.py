import random

import pytest
from fakes.chance import seeded
from fakes.clock import VirtualClock
from fakes.quota import MemoryQuotaStore
from fakes.virtual_time import in_virtual_time

from bench.discogs_model import RATE
from bot.policies import Stores, discogs_policy, euria_policy, spotify_policy
from bot.settings import Settings
from services.resilience.rate_limiter import Rate
from services.secret import Secret


@pytest.fixture
def chance() -> random.Random:
    return seeded(1)


def test_discogs_keeps_below_its_minute_and_a_reserve_for_people(
    clock: VirtualClock, chance: random.Random
) -> None:
    settings = Settings(discogs_token=Secret("token"))

    policy = discogs_policy(settings, clock=clock, chance=chance)

    assert policy.config.rate == Rate(permits=60, window=61.0, spacing=0.5, reserve=5)
    assert policy.config.rate == RATE  # what the walks are measured with


def test_discogs_without_a_token_gets_25_a_minute(
    clock: VirtualClock, chance: random.Random
) -> None:
    policy = discogs_policy(Settings(), clock=clock, chance=chance)

    assert policy.config.rate == Rate(permits=25, window=61.0, spacing=0.5, reserve=5)


@in_virtual_time
async def test_spotify_counts_its_day_in_the_store_it_is_given(
    clock: VirtualClock, chance: random.Random
) -> None:
    store = MemoryQuotaStore()
    settings = Settings(spotify_daily_requests=7)

    policy = spotify_policy(settings, clock=clock, chance=chance, stores=Stores(quota=store))

    assert policy.quota is not None
    await policy.quota.load()
    assert (policy.config.daily_requests, store.total("spotify")) == (7, 10)


def test_spotify_may_send_five_at_once_and_one_a_second(
    clock: VirtualClock, chance: random.Random
) -> None:
    policy = spotify_policy(Settings(), clock=clock, chance=chance)

    assert policy.config.rate == Rate(permits=5, window=5.0)


def test_euria_has_neither_a_rate_nor_a_quota(clock: VirtualClock, chance: random.Random) -> None:
    policy = euria_policy(Settings(), clock=clock, chance=chance)

    assert (policy.limiter, policy.quota) == (None, None)
