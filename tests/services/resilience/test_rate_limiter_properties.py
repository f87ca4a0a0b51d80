"""What holds for the limiter whatever happens: storms of callers, cancellations and answers."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import pairwise

from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, outcomes, run
from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import DeadlineExceeded, QuotaSpent
from services.resilience.deadline import deadline
from services.resilience.priority import Priority, background
from services.resilience.rate_limiter import Allowance, MovingWindow, Permit, Rate, RateLimiter

PERSON, WORK = Priority.INTERACTIVE, Priority.BACKGROUND
DISCOGS = Rate(permits=60, window=61.0, spacing=0.5, reserve=5)
TINY = 1e-9

RATES = st.builds(
    Rate,
    permits=st.integers(1, 6),
    window=st.floats(0.1, 20),
    spacing=st.floats(0, 1),
    reserve=st.integers(0, 3),
)
ALLOWANCES = st.builds(
    Allowance,
    limit=st.none() | st.integers(-1, 100),
    used=st.none() | st.integers(-1, 100),
    remaining=st.none() | st.integers(-1, 100),
)


@dataclass(frozen=True, eq=False)
class Caller:
    """Somebody who wants a permit: from when, how urgently, for how long, and by when."""

    arrives: float
    priority: Priority
    patience: float | None
    deadline: float | None


@dataclass(frozen=True)
class Answer:
    """What the upstream says at some instant about the latest request, or a 429."""

    at: float
    allowance: Allowance | None
    retry_after: float | None


CALLERS = st.lists(
    st.builds(
        Caller,
        arrives=st.floats(0, 30),
        priority=st.sampled_from(Priority),
        patience=st.none() | st.floats(0, 15),
        deadline=st.none() | st.floats(0.1, 40),
    ),
    min_size=1,
    max_size=40,
)
ANSWERS = st.lists(
    st.builds(
        Answer,
        at=st.floats(0, 40),
        allowance=st.none() | ALLOWANCES,
        retry_after=st.none() | st.floats(0, 10),
    ),
    max_size=10,
)


@dataclass
class Storm:
    """Lets everybody loose on one limiter, and notes what became of each."""

    clock: VirtualClock
    limiter: RateLimiter

    def __post_init__(self) -> None:
        self.came: list[Caller] = []
        self.permits: list[Permit] = []
        self.served: list[tuple[Caller, float]] = []
        self.refused: list[tuple[Caller, float]] = []
        self.gave_up = 0

    async def run(self, callers: Sequence[Caller], answers: Sequence[Answer]) -> None:
        await asyncio.gather(
            *(self._call(caller) for caller in callers),
            *(self._answer(answer) for answer in answers),
        )

    async def _call(self, caller: Caller) -> None:
        await self.clock.sleep(caller.arrives)
        self.came.append(caller)
        until = None if caller.patience is None else self.clock.monotonic() + caller.patience
        try:
            async with self.clock.timeout_at(until):
                await self._acquire(caller)
        except TimeoutError:
            self.gave_up += 1
        except (QuotaSpent, DeadlineExceeded):
            self.refused.append((caller, self.clock.elapsed))

    async def _acquire(self, caller: Caller) -> None:
        with background() if caller.priority is WORK else nullcontext():
            async with deadline(self.clock, caller.deadline or 1e6, expired=_expired):
                permit = await self.limiter.acquire()
        self.permits.append(permit)
        self.served.append((caller, self.clock.elapsed))

    async def _answer(self, answer: Answer) -> None:
        await self.clock.sleep(answer.at)
        if answer.allowance is None:
            self.limiter.freeze(answer.retry_after, at_least=1.0)
        elif self.permits:
            self.limiter.feedback(answer.allowance, self.permits[len(self.permits) // 2])


def _expired() -> DeadlineExceeded:
    return DeadlineExceeded("discogs", "search")


def _storm(rate: Rate, callers: Sequence[Caller], answers: Sequence[Answer]) -> Storm:
    clock = VirtualClock()

    async def scenario() -> Storm:
        storm = Storm(clock, RateLimiter("discogs", rate, clock=clock))
        await storm.run(callers, answers)
        # One more turn: the task that serves the queue ends by itself when nobody waits.
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))
        return storm

    return run(scenario())


@settings(max_examples=150)
@given(rate=RATES, callers=CALLERS, answers=ANSWERS)
def test_no_window_holds_more_and_no_two_are_closer_than_the_rate_allows(
    rate: Rate, callers: list[Caller], answers: list[Answer]
) -> None:
    storm = _storm(rate, callers, answers)

    sent = sorted(permit.sent_at for permit in storm.permits)
    pairs = zip(sent, sent[rate.permits :], strict=False)
    assert [pair for pair in pairs if pair[1] - pair[0] < rate.window - TINY] == []
    assert [gap for gap in pairwise(sent) if gap[1] - gap[0] < rate.spacing - TINY] == []
    assert len({permit.number for permit in storm.permits}) == len(storm.permits)


@settings(max_examples=150)
@given(rate=RATES, callers=CALLERS, answers=ANSWERS)
def test_everybody_who_stays_gets_a_permit_or_a_refusal_in_time(
    rate: Rate, callers: list[Caller], answers: list[Answer]
) -> None:
    storm = _storm(rate, callers, answers)

    assert len(storm.served) + len(storm.refused) + storm.gave_up == len(callers)
    late = [
        (caller, at)
        for caller, at in storm.served + storm.refused
        if caller.deadline is not None and at > caller.arrives + caller.deadline + TINY
    ]
    assert (late, storm.limiter.waiting) == ([], 0)


@settings(max_examples=150)
@given(rate=RATES, callers=CALLERS, answers=ANSWERS)
def test_nobody_is_overtaken_by_an_equal_who_came_later(
    rate: Rate, callers: list[Caller], answers: list[Answer]
) -> None:
    storm = _storm(rate, callers, answers)

    for priority in Priority:
        came = [caller for caller in storm.came if caller.priority is priority]
        times = [at for caller in came for served, at in storm.served if served is caller]
        assert times == sorted(times)


@settings(max_examples=60)
@given(
    walkers=st.integers(1, 3),
    calls=st.lists(st.lists(st.floats(0, 61), max_size=5), min_size=1, max_size=3),
)
def test_people_wait_for_the_spacing_only_while_a_greedy_walk_goes_on(
    walkers: int, calls: list[list[float]]
) -> None:
    clock = VirtualClock()
    limiter = RateLimiter("discogs", DISCOGS, clock=clock)
    # Up to five calls at any instants of a minute, then a minute without any: the reserve.
    arrivals = sorted(122 * block + at for block, times in enumerate(calls) for at in times)
    waits: list[tuple[float, float]] = []

    async def walk() -> None:
        with background():
            while True:
                await limiter.acquire()

    async def ask(at: float) -> None:
        await clock.sleep(at)
        arrived = clock.elapsed
        await limiter.acquire()
        waits.append((arrived, clock.elapsed))

    async def scenario() -> None:
        walks = [asyncio.create_task(walk()) for _ in range(walkers)]
        await asyncio.gather(*(ask(at) for at in arrivals))
        for task in walks:
            task.cancel()
        await outcomes(*walks)

    run(scenario())

    for arrived, served in waits:
        people_before = [other for _, other in waits if arrived < other < served]
        assert served - arrived <= 0.5 * (1 + len(people_before)) + TINY


@in_virtual_time
async def test_walk_that_is_never_disturbed_gets_its_whole_share() -> None:
    clock = VirtualClock()
    limiter, times = RateLimiter("discogs", DISCOGS, clock=clock), list[float]()

    with background():
        for _ in range(1_000):
            await limiter.acquire()
            times.append(clock.elapsed)

    # 55 in any 61 s; evenly spread, the walk is at most one step behind the best there can be.
    step = 61 / 55
    assert [n for n, time in enumerate(times) if time > n * step + TINY] == []
    counts = [len([t for t in times if start <= t < start + 61]) for start in times[:-55:50]]
    assert set(counts) == {55}


@settings(max_examples=100)
@given(
    rate=RATES,
    before=st.lists(st.sampled_from(Priority), max_size=10),
    allowance=ALLOWANCES,
    order=st.lists(st.sampled_from(Priority), min_size=1, max_size=20),
)
def test_forecast_is_what_happens(
    rate: Rate, before: list[Priority], allowance: Allowance, order: list[Priority]
) -> None:
    clock = VirtualClock()
    window = MovingWindow(rate, clock=clock)

    async def take(priorities: list[Priority]) -> list[Permit]:
        permits = list[Permit]()
        for priority in priorities:
            while not isinstance(answer := await window.take(priority), Permit):
                await clock.sleep(answer - clock.monotonic() + TINY)
            permits.append(answer)
        return permits

    async def scenario() -> tuple[list[float], list[float]]:
        for permit in (await take(before))[-1:]:
            window.correct(allowance, permit)
        forecast = window.forecast(order)
        return forecast, [permit.sent_at for permit in await take(order)]

    forecast, happened = run(scenario())

    differences = [abs(said - was) for said, was in zip(forecast, happened, strict=True)]
    assert max(differences) <= TINY * 100
