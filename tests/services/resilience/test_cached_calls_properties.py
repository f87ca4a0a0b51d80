"""What holds for every order of questions, waits, failures and restarts."""

import asyncio
from dataclasses import dataclass, field

from fakes.chance import seeded
from fakes.clock import VirtualClock
from fakes.stores import MemoryStore
from fakes.virtual_time import in_virtual_time, settle
from hypothesis import given
from hypothesis import strategies as st

from services.answers import Answer, Source
from services.errors import ExternalServiceException, NotFound, UpstreamServerError
from services.resilience.codec import Codec
from services.resilience.config import Call, PolicyConfig
from services.resilience.policy import Policy
from services.resilience.retry import Backoff

FRESH, SWR, STALE, PATIENCE, DEADLINE = 60.0, 120.0, 300.0, 3.0, 20.0
CODEC = Codec(int)

Step = tuple[str, float]
"""What the upstream does from now on, and the seconds until the next question."""

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["well", "down", "gone", "slow", "hanging", "restart"]),
        st.sampled_from([0.0, 0.5, 1.0, 2.5, 3.5, 30.0, 61.0, 121.0, 301.0]),
    ),
    max_size=25,
)


@dataclass
class _Upstream:
    """Counts what it is asked; answers with the instant of the question."""

    clock: VirtualClock
    mood: str = "well"
    running: int = 0
    peak: int = 0
    delays: dict[str, float] = field(default_factory=lambda: {"slow": 5.0, "hanging": 1_000.0})

    async def __call__(self) -> int:
        mood = self.mood
        self.running += 1
        self.peak = max(self.peak, self.running)
        try:
            await self.clock.pass_time(self.delays.get(mood, 0.1))
        finally:
            self.running -= 1
        if mood == "down":
            raise UpstreamServerError("discogs", "search", 503)
        if mood == "gone":
            raise NotFound("discogs", "search", 404)
        return 7


def _policy(clock: VirtualClock, store: MemoryStore) -> Policy:
    config = PolicyConfig(
        upstream="discogs",
        deadline=DEADLINE,
        attempt_timeout=10.0,
        concurrency=100,
        backoff=Backoff(attempts=2, base=1.0),
        breaker_failures=1_000,
        stale_name="cache_from_last_import",
        negative_seconds=1.0,
        cooldown_seconds=1.0,
    )
    return Policy(config, clock=clock, chance=seeded(1), store=store)


def _is_honest(answer: Answer[int], age: float) -> bool:
    """Return whether the label of an answer fits its age."""
    longest = {Source.LIVE: 0.0, Source.CACHED: FRESH, Source.STALE: STALE}
    return age <= longest[answer.source] + 0.001


async def _ask(policy: Policy, upstream: _Upstream, clock: VirtualClock) -> tuple[bool, float]:
    """Return whether the answer was honest, and how long it took."""
    call = Call(
        operation="search",
        send=upstream,
        key="key",
        codec=CODEC,
        fresh=FRESH,
        swr=SWR,
        stale=STALE,
        patience=PATIENCE,
    )
    asked_at = clock.monotonic()
    try:
        answer = await policy.call(call)
    except ExternalServiceException:
        return True, clock.monotonic() - asked_at
    assert answer.as_of is not None
    age = (clock.now() - answer.as_of).total_seconds()
    return _is_honest(answer, age), clock.monotonic() - asked_at


@given(STEPS)
def test_labels_fit_ages_one_call_at_a_time_and_nobody_waits_beyond_the_deadline(
    steps: list[Step],
) -> None:
    @in_virtual_time
    async def live_through() -> None:
        clock, store = VirtualClock(), MemoryStore()
        upstream, policy = _Upstream(clock), _policy(clock, store)
        questions: list[asyncio.Task[tuple[bool, float]]] = []
        for mood, wait in steps:
            if mood == "restart":
                await asyncio.gather(*questions)
                await policy.aclose()
                policy = _policy(clock, store)
            else:
                upstream.mood = mood
            questions += [asyncio.create_task(_ask(policy, upstream, clock)) for _ in range(3)]
            await clock.pass_time(wait)
        results = await asyncio.gather(*questions)
        await policy.aclose()
        await settle()

        assert all(is_honest for is_honest, _ in results)
        assert max((seconds for _, seconds in results), default=0.0) <= DEADLINE + 0.3
        assert upstream.peak <= 1
        assert upstream.running == 0
        assert len(asyncio.all_tasks()) == 1

    live_through()
