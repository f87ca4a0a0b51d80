"""A sync of 10,000 copies against a model of Discogs' own window, and the people who ask meanwhile.

The policy is the real one; the server knows nothing of how it works.
"""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from fakes.chance import seeded
from fakes.clock import VirtualClock
from fakes.shelves import FakeShelf, make_copies
from fakes.syncs import USER, in_memory
from fakes.virtual_time import run

from bench.discogs_model import RATE, DiscogsServer, make_policy
from services.discogs.shelf_models import CollectionPage, Folder, NoteField
from services.errors import RateLimitExceeded
from services.resilience.config import Call
from services.resilience.policy import Policy

COPIES = 10_000
PACE = RATE.window / (RATE.permits - RATE.reserve)
"""Seconds between two background permits in the long run."""


@dataclass
class Limited:
    """A shelf behind the policy, and a person behind the same one.

    Attributes:
        refusals: How many 429 reached us.
        waits: How long each call of a person waited for its permit, in seconds.
        sent_at: When each request of the sync was sent.
    """

    shelf: FakeShelf
    policy: Policy
    server: DiscogsServer
    clock: VirtualClock
    refusals: int = 0
    waits: list[float] = field(default_factory=list)
    sent_at: list[float] = field(default_factory=list)

    async def page(self, number: int, *, newest_first: bool) -> CollectionPage:
        await self._ask(self.sent_at)
        return await self.shelf.page(number, newest_first=newest_first)

    async def folders(self) -> tuple[Folder, ...]:
        await self._ask(self.sent_at)
        return await self.shelf.folders()

    async def fields(self) -> tuple[NoteField, ...]:
        await self._ask(self.sent_at)
        return await self.shelf.fields()

    async def people(self, chance: random.Random, every: float) -> None:
        """Ask for a release now and then, for ever."""
        while True:
            await self.clock.pass_time(chance.expovariate(1 / every))
            asked_at, sent_at = self.clock.monotonic(), list[float]()
            await self._ask(sent_at)
            self.waits.append(sent_at[0] - asked_at)

    async def _ask(self, sent_at: list[float]) -> None:
        async def send() -> None:
            sent_at.append(self.clock.monotonic())
            try:
                await self.server.ask(self.policy.learn)
            except RateLimitExceeded:
                self.refusals += 1
                raise

        await self.policy.call(Call(operation="get_page", send=send))


def seeds(count: int) -> list[Any]:
    """Return seeds, the first for every run of the tests, the others for the long one."""
    later = [
        pytest.param(each, id=f"seed {each}", marks=pytest.mark.long)
        for each in range(2, 1 + count)
    ]
    return [pytest.param(1, id="seed 1"), *later]


async def observe(clock: VirtualClock, seed: int, person_every: float) -> Limited:
    """Sync everything; a person asks every so many seconds, nobody for 0."""
    chance = seeded(seed)
    server = DiscogsServer(clock=clock, chance=chance)
    limited = Limited(FakeShelf(make_copies(COPIES)), make_policy(clock, chance), server, clock)
    async with in_memory(clock, 0) as syncs:
        syncs.open_shelf = lambda _account: limited
        syncs.sync = syncs.another()
        async with syncs.working():
            await syncs.sync.start(USER)
            crowd = asyncio.create_task(limited.people(chance, person_every or 1e9))
            state = await syncs.until_over()
            crowd.cancel()
            await asyncio.gather(crowd, return_exceptions=True)
        assert (state.copies, state.problem) == (COPIES, None)
        assert await syncs.shown() == [copy.instance_id for copy in limited.shelf.copies]
    return limited


@pytest.mark.parametrize("seed", seeds(2))
def test_sync_of_10000_takes_at_most_5_percent_more_than_its_share_of_the_window(
    clock: VirtualClock, seed: int
) -> None:
    seen = run(observe(clock, seed, person_every=0))

    requests = 100 + 2  # the names of folders and fields, once
    assert len(seen.sent_at) == requests
    assert seen.sent_at[-1] - seen.sent_at[0] <= 1.05 * (requests - 1) * PACE
    assert seen.refusals == 0


@pytest.mark.parametrize("seed", seeds(3))
def test_person_at_any_instant_of_a_sync_waits_for_the_spacing_only(
    clock: VirtualClock, seed: int
) -> None:
    seen = run(observe(clock, seed, person_every=5.0))

    assert len(seen.waits) >= 10
    assert max(seen.waits) <= 0.6
    assert seen.refusals == 0
