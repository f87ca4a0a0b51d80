"""What holds for the quota whatever happens: restarts, crashes and a wall clock that jumps."""

import contextlib
from dataclasses import dataclass, field
from datetime import timedelta

from fakes.clock import VirtualClock
from fakes.quota import MemoryQuotaStore
from fakes.virtual_time import run, settle
from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import QuotaSpent
from services.resilience.daily_quota import DailyQuota
from services.resilience.priority import Priority, background

PERSON, WORK = Priority.INTERACTIVE, Priority.BACKGROUND
HOUR, DAY, TEN_MINUTES = 3_600, 86_400, 600

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.floats(0, 6 * HOUR)),
        st.tuples(st.sampled_from(["person", "work"]), st.integers(1, 15)),
        st.tuples(st.sampled_from(["restart", "crash"]), st.just(0)),
    ),
    max_size=60,
)


@dataclass
class _Process:
    """Sends through a quota, and dies now and then; ``sent`` outlives it."""

    requests: int
    clock: VirtualClock = field(default_factory=VirtualClock)
    store: MemoryQuotaStore = field(default_factory=MemoryQuotaStore)
    sent: list[tuple[float, Priority]] = field(default_factory=list)

    async def live(self, steps: list[tuple[str, float]]) -> None:
        quota = await self._start()
        for what, amount in steps:
            if what == "wait":
                await self.clock.sleep(amount)
            elif what == "crash":
                quota = await self._start()
            elif what == "restart":
                await quota.close()
                quota = await self._start()
            else:
                await self._send(quota, WORK if what == "work" else PERSON, int(amount))

    async def _start(self) -> DailyQuota:
        quota = DailyQuota("spotify", self.requests, clock=self.clock, store=self.store)
        await quota.load()
        return quota

    async def _send(self, quota: DailyQuota, priority: Priority, count: int) -> None:
        with contextlib.suppress(QuotaSpent):
            for _ in range(count):
                with background() if priority is WORK else contextlib.nullcontext():
                    quota.take()
                self.sent.append((self.clock.elapsed, priority))
                await settle()


@settings(max_examples=150)
@given(requests=st.integers(1, 30), steps=STEPS)
def test_no_day_ever_holds_more_than_the_quota_across_restarts_and_crashes(
    requests: int, steps: list[tuple[str, float]]
) -> None:
    process = _Process(requests)

    run(process.live(steps))

    everybody = [at for at, _ in process.sent]
    work = [at for at, priority in process.sent if priority is WORK]
    for times, limit in ((everybody, requests), (work, requests // 2)):
        pairs = zip(times, times[limit:], strict=False)
        assert [pair for pair in pairs if pair[1] - pair[0] <= DAY] == []


@settings(max_examples=100)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["wait", "step", "take", "back"]), st.floats(-2 * DAY, 2 * DAY)),
        max_size=30,
    )
)
def test_count_is_never_negative_and_never_stuck_whatever_the_wall_clock_does(
    steps: list[tuple[str, float]],
) -> None:
    clock = VirtualClock()

    async def scenario() -> int:
        quota = DailyQuota("spotify", 3, clock=clock)
        for what, amount in steps:
            if what == "wait":
                await clock.sleep(abs(amount))
            elif what == "step":
                clock.step_wall(timedelta(seconds=amount))
            elif what == "back":
                quota.give_back()
            else:
                with contextlib.suppress(QuotaSpent):
                    quota.take()
            assert 0 <= quota.used <= 3
        await clock.sleep(DAY + TEN_MINUTES)
        return quota.used

    assert run(scenario()) == 0
