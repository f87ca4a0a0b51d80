import pytest
from fakes.clock import VirtualClock
from fakes.quota import MemoryQuotaStore
from fakes.virtual_time import in_virtual_time

from services.errors import QuotaSpent
from services.euria.budget import TokenBudget
from services.resilience.priority import background


@in_virtual_time
async def test_many_at_once_cannot_overrun_the_budget_together(clock: VirtualClock) -> None:
    budget = TokenBudget(1_000, clock=clock)

    with budget.reserve(600), pytest.raises(QuotaSpent), budget.reserve(600):
        pass
    with budget.reserve(600):
        pass

    assert budget.quota.used == 0


@in_virtual_time
async def test_only_what_is_on_the_bill_counts_afterwards(clock: VirtualClock) -> None:
    budget = TokenBudget(1_000, clock=clock)

    with budget.reserve(600) as bill:
        bill.add(120)
        bill.add(30)
        during = budget.quota.used

    assert (during, budget.quota.used) == (600, 150)


@in_virtual_time
async def test_a_text_that_cost_more_than_was_reserved_counts_in_full(clock: VirtualClock) -> None:
    budget = TokenBudget(1_000, clock=clock)

    with budget.reserve(100) as bill:
        bill.add(700)

    assert budget.quota.used == 700


@in_virtual_time
async def test_a_budget_smaller_than_one_text_allows_one(clock: VirtualClock) -> None:
    budget = TokenBudget(50, clock=clock)

    with budget.reserve(600) as bill:
        bill.add(40)
    with pytest.raises(QuotaSpent), budget.reserve(600):
        pass

    assert budget.quota.used == 40


@in_virtual_time
async def test_late_texts_leave_half_to_people(clock: VirtualClock) -> None:
    budget = TokenBudget(1_000, clock=clock)

    with background():
        with budget.reserve(500) as bill:
            bill.add(450)
        with pytest.raises(QuotaSpent), budget.reserve(100):
            pass
    with budget.reserve(500):
        pass

    assert budget.quota.used == 450


@in_virtual_time
async def test_a_restart_forgets_nothing(clock: VirtualClock) -> None:
    store = MemoryQuotaStore()
    first = TokenBudget(1_000, clock=clock, store=store)
    await first.quota.load()
    with first.reserve(600) as bill:
        bill.add(450)
    await first.quota.close()

    second = TokenBudget(1_000, clock=clock, store=store)
    await second.quota.load()

    assert second.quota.used == 450
