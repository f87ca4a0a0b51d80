import pytest
from fakes.breakers import DOWN
from fakes.calls import Script
from fakes.chance import FixedChance
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, outcomes
from hypothesis import given
from hypothesis import strategies as st

from services.errors import CircuitOpen, UpstreamUnreachable
from services.resilience.retry import Backoff, Retry
from services.resilience.retry_budget import BudgetRules, RetryBudget


def _budget(*, capacity: int = 5, requests_per_retry: int = 10) -> RetryBudget:
    return RetryBudget(BudgetRules(capacity=capacity, requests_per_retry=requests_per_retry))


def _spend(budget: RetryBudget, times: int) -> list[bool]:
    return [budget.spend() for _ in range(times)]


def _earn(budget: RetryBudget, times: int) -> None:
    for _ in range(times):
        budget.earn()


def test_a_budget_starts_full() -> None:
    budget = _budget(capacity=5)

    assert (budget.retries_left, _spend(budget, 6)) == (5, [True] * 5 + [False])


@pytest.mark.parametrize(
    ("requests", "granted"),
    [pytest.param(9, [False], id="not yet"), pytest.param(10, [True, False], id="just enough")],
)
def test_ten_requests_earn_a_retry(requests: int, granted: list[bool]) -> None:
    budget = _budget()
    _spend(budget, 5)

    _earn(budget, requests)

    assert _spend(budget, len(granted)) == granted


def test_a_refused_retry_costs_nothing() -> None:
    budget = _budget(capacity=1)
    _spend(budget, 3)

    _earn(budget, 10)

    assert budget.retries_left == 1


def test_nothing_is_saved_beyond_the_capacity() -> None:
    budget = _budget(capacity=2)

    _earn(budget, 1_000)

    assert _spend(budget, 3) == [True, True, False]


@given(st.lists(st.sampled_from(["earn", "spend"]), max_size=300), st.integers(0, 5))
def test_retries_never_exceed_the_capacity_and_a_tenth_of_the_requests(
    steps: list[str], capacity: int
) -> None:
    budget = _budget(capacity=capacity)
    granted = sum(getattr(budget, step)() is True for step in steps)

    assert granted <= capacity + steps.count("earn") / 10


async def _load(clock: VirtualClock, *, requests: int, error: Exception = DOWN) -> int:
    """Send ``requests`` calls of three attempts each that all fail; return what was sent."""
    attempt = Script[str](error)
    retry = Retry(
        Backoff(attempts=3), budget=RetryBudget(BudgetRules()), clock=clock, chance=FixedChance(0.0)
    )
    for _ in range(requests):
        await outcomes(retry.call(attempt, repeatable=True))
    return attempt.calls


@pytest.mark.parametrize(
    ("requests", "sent"),
    [
        pytest.param(1, 3, id="a lone call has all its attempts"),
        pytest.param(2, 6, id="two calls too"),
        pytest.param(50, 59, id="20 % at most from 50 calls on"),
        pytest.param(1_000, 1_104, id="10 % in the long run"),
    ],
)
@in_virtual_time
async def test_an_upstream_that_fails_for_everybody_gets_few_retries(
    clock: VirtualClock, requests: int, sent: int
) -> None:
    assert await _load(clock, requests=requests) == sent


@in_virtual_time
async def test_calls_that_fail_together_share_one_budget(clock: VirtualClock) -> None:
    attempt = Script[str](UpstreamUnreachable("discogs", "search", was_sent=False))
    retry = Retry(Backoff(attempts=3), budget=_budget(), clock=clock, chance=FixedChance(0.0))

    await outcomes(*(retry.call(attempt, repeatable=True) for _ in range(100)))

    # 5 from the start and 9 earned: the first of the 100 found the purse full.
    assert attempt.calls == 100 + 5 + 9


@in_virtual_time
async def test_successes_earn_retries_too(clock: VirtualClock) -> None:
    budget = _budget()
    retry = Retry(Backoff(attempts=3), budget=budget, clock=clock, chance=FixedChance(0.0))
    _spend(budget, 5)

    await outcomes(*(retry.call(Script("found"), repeatable=True) for _ in range(10)))

    assert budget.retries_left == 1


@in_virtual_time
async def test_a_retry_that_succeeds_earns_nothing(clock: VirtualClock) -> None:
    budget = _budget(requests_per_retry=2)
    retry = Retry(Backoff(attempts=3), budget=budget, clock=clock, chance=FixedChance(0.0))
    _spend(budget, 3)

    await retry.call(Script(DOWN, DOWN, "found"), repeatable=True)

    # 2 were left, 2 were spent, and the call earned one coin of two.
    assert budget.retries_left == 0


@in_virtual_time
async def test_calls_that_were_never_sent_earn_nothing(clock: VirtualClock) -> None:
    budget = _budget()
    retry = Retry(Backoff(attempts=3), budget=budget, clock=clock, chance=FixedChance(0.0))
    _spend(budget, 5)

    refused = Script[str](CircuitOpen("discogs", "call"))
    await outcomes(*(retry.call(refused, repeatable=True) for _ in range(100)))

    assert budget.retries_left == 0


@in_virtual_time
async def test_without_a_budget_every_call_has_all_its_attempts(clock: VirtualClock) -> None:
    attempt = Script[str](DOWN)
    retry = Retry(Backoff(attempts=3), clock=clock, chance=FixedChance(0.0))

    await outcomes(*(retry.call(attempt, repeatable=True) for _ in range(100)))

    assert attempt.calls == 300
