import asyncio

import pytest
from fakes.calls import Script
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.errors import BulkheadFull
from services.resilience.bulkhead import Bulkhead


async def _through(bulkhead: Bulkhead, call: Script[str]) -> str:
    async with bulkhead.slot():
        return await call()


@in_virtual_time
async def test_no_more_calls_run_at_once_than_the_cap() -> None:
    bulkhead, call = Bulkhead("euria", concurrency=4, queue=96), Script("done", takes=1)

    await outcomes(*(_through(bulkhead, call) for _ in range(100)))

    assert (call.calls, call.peak) == (100, 4)


@in_virtual_time
async def test_waiting_calls_run_in_order_of_arrival() -> None:
    bulkhead, served = Bulkhead("euria", concurrency=1, queue=50), list[int]()

    async def ask(number: int) -> None:
        async with bulkhead.slot():
            served.append(number)
            await settle()

    await outcomes(*(ask(number) for number in range(20)))

    assert served == list(range(20))


@in_virtual_time
async def test_a_full_queue_sheds_at_once(clock: VirtualClock) -> None:
    bulkhead, call = Bulkhead("euria", concurrency=4, queue=10), Script("done", takes=1)
    tasks = [asyncio.create_task(_through(bulkhead, call)) for _ in range(100)]
    await settle()

    shed = [task for task in tasks if task.done()]
    assert (len(shed), clock.elapsed) == (86, 0)
    assert {type(task.exception()) for task in shed} == {BulkheadFull}
    await outcomes(*tasks)


@in_virtual_time
async def test_a_bulkhead_without_a_queue_sheds_what_it_cannot_run() -> None:
    bulkhead, call = Bulkhead("euria", concurrency=1, queue=0), Script("done", takes=1)

    results = await outcomes(*(_through(bulkhead, call) for _ in range(2)))

    assert [type(result) for result in results] == [str, BulkheadFull]


@in_virtual_time
async def test_the_queue_can_be_read() -> None:
    bulkhead, call = Bulkhead("euria", concurrency=1, queue=5), Script("done", takes=1)
    tasks = [asyncio.create_task(_through(bulkhead, call)) for _ in range(4)]
    await settle()

    assert bulkhead.waiting == 3
    await outcomes(*tasks)
    assert bulkhead.waiting == 0


@in_virtual_time
async def test_a_cancelled_waiter_frees_its_place() -> None:
    bulkhead, call = Bulkhead("euria", concurrency=1, queue=1), Script("done", takes=1)
    running = asyncio.create_task(_through(bulkhead, call))
    leaver = asyncio.create_task(_through(bulkhead, call))
    await settle()
    leaver.cancel()
    await settle()

    assert bulkhead.waiting == 0
    assert await outcomes(_through(bulkhead, call), running) == ["done", "done"]


@in_virtual_time
async def test_a_waiter_cancelled_as_its_turn_comes_loses_no_slot() -> None:
    bulkhead, call = Bulkhead("euria", concurrency=1, queue=5), Script("done")
    async with bulkhead.slot():
        leaver = asyncio.create_task(_through(bulkhead, call))
        await settle()
    leaver.cancel()
    await settle()

    assert await _through(bulkhead, call) == "done"


@in_virtual_time
async def test_a_failed_call_frees_its_slot() -> None:
    bulkhead = Bulkhead("euria", concurrency=1, queue=0)

    with pytest.raises(ValueError, match="broken"):
        await _through(bulkhead, Script(ValueError("broken")))

    assert await _through(bulkhead, Script("done")) == "done"


@in_virtual_time
async def test_a_cancelled_call_frees_its_slot() -> None:
    bulkhead = Bulkhead("euria", concurrency=1, queue=0)
    task = asyncio.create_task(_through(bulkhead, Script("done", takes=10)))
    await settle()
    task.cancel()
    await outcomes(task)

    assert await _through(bulkhead, Script("done")) == "done"
