import asyncio
from collections.abc import Callable

import pytest
from fakes.calls import Script
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time, outcomes, run, settle
from hypothesis import given
from hypothesis import strategies as st

from services.errors import BulkheadFull, DeadlineExceeded
from services.resilience.bulkhead import Bulkhead
from services.resilience.deadline import deadline
from services.resilience.priority import background


async def _through(bulkhead: Bulkhead, call: Script[str]) -> str:
    async with bulkhead.slot():
        return await call()


@in_virtual_time
async def test_no_more_calls_run_at_once_than_the_cap() -> None:
    bulkhead, call = Bulkhead("euria", concurrency=4, queue=96), Script("done", takes=1)

    await outcomes(*(_through(bulkhead, call) for _ in range(100)))

    assert (call.calls, call.peak) == (100, 4)


@in_virtual_time
async def test_a_call_that_nobody_watches_waits_in_silence(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bulkhead, call = Bulkhead("euria", concurrency=1, queue=5), Script("done", takes=1)

    await outcomes(*(_through(bulkhead, call) for _ in range(3)))

    assert caplog.records == []


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


class _Queue:
    """Calls that hold their slot until they are let go, and the places they were told."""

    def __init__(self, bulkhead: Bulkhead) -> None:
        self.bulkhead = bulkhead
        self.places: dict[str, list[int]] = {}
        self.inside: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self._gates: dict[str, asyncio.Event] = {}

    async def enter(self, *names: str) -> None:
        for name in names:
            self._gates[name] = asyncio.Event()
            self.places[name] = []
            self.tasks[name] = asyncio.create_task(self._hold(name))
        await settle()

    async def let_go(self, name: str) -> None:
        self._gates[name].set()
        await settle()

    async def cancel(self, *names: str) -> None:
        for name in names:
            self.tasks[name].cancel()
        await settle()

    async def end(self) -> None:
        await self.cancel(*self.tasks)
        await outcomes(*self.tasks.values())

    async def _hold(self, name: str) -> None:
        async with self.bulkhead.slot(self.places[name].append):
            self.inside.append(name)
            await self._gates[name].wait()


@in_virtual_time
async def test_a_waiting_call_is_told_its_place_and_each_change() -> None:
    queue = _Queue(Bulkhead("euria", concurrency=1, queue=5))
    await queue.enter("first", "a", "b", "c")
    at_first = {name: list(places) for name, places in queue.places.items()}

    await queue.let_go("first")
    await queue.let_go("a")

    assert at_first == {"first": [], "a": [1], "b": [2], "c": [3]}
    assert queue.places == {"first": [], "a": [1, 0], "b": [2, 1, 0], "c": [3, 2, 1]}
    await queue.end()


@in_virtual_time
async def test_those_behind_a_call_that_leaves_move_up_and_those_before_it_hear_nothing() -> None:
    queue = _Queue(Bulkhead("euria", concurrency=1, queue=5))
    await queue.enter("first", "a", "b", "c")

    await queue.cancel("b")

    assert queue.places == {"first": [], "a": [1], "b": [2], "c": [3, 2]}
    await queue.end()


@in_virtual_time
async def test_a_listener_that_fails_harms_neither_its_call_nor_the_queue(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bulkhead, call = Bulkhead("euria", concurrency=1, queue=5), Script("done", takes=1)

    def broken(_place: int) -> None:
        raise RuntimeError("a broken display")

    async def shown(on_place: Callable[[int], None]) -> str:
        async with bulkhead.slot(on_place):
            return await call()

    results = await outcomes(*(shown(broken) for _ in range(3)))

    assert (results, bulkhead.running) == (["done"] * 3, 0)
    messages = [record.getMessage() for record in caplog.records]
    assert messages == [f"a listener failed on place {place}" for place in (1, 2, 0, 1, 0)]


@in_virtual_time
async def test_a_newcomer_does_not_jump_the_queue() -> None:
    queue = _Queue(Bulkhead("euria", concurrency=1, queue=5))
    await queue.enter("first", "a")
    queue._gates["first"].set()

    await queue.enter("newcomer")

    assert queue.inside == ["first", "a"]
    await queue.end()


@in_virtual_time
async def test_several_waiters_that_leave_together_lose_no_slot() -> None:
    queue = _Queue(Bulkhead("euria", concurrency=1, queue=5))
    await queue.enter("first", "a", "b", "c")

    queue.tasks["a"].cancel()
    queue.tasks["b"].cancel()
    await queue.let_go("first")

    assert (queue.inside, queue.bulkhead.running) == (["first", "c"], 1)
    assert (queue.bulkhead.waiting, queue.places["c"][-1]) == (0, 0)
    await queue.end()


@in_virtual_time
async def test_the_last_one_to_leave_frees_the_slot_though_its_waiter_has_left() -> None:
    queue = _Queue(Bulkhead("euria", concurrency=1, queue=5))
    await queue.enter("first", "a")

    queue.tasks["a"].cancel()
    queue.bulkhead.release()  # before the cancelled waiter had its turn to leave

    assert (queue.bulkhead.running, queue.bulkhead.waiting) == (0, 0)
    queue.bulkhead._running += 1  # what "first" will give back
    await settle()
    assert queue.tasks["a"].cancelled()
    await queue.end()
    assert queue.bulkhead.running == 0


@in_virtual_time
async def test_a_slot_handed_to_a_call_that_is_cancelled_goes_to_the_next() -> None:
    queue = _Queue(Bulkhead("euria", concurrency=1, queue=5))
    await queue.enter("first", "a", "b")

    queue.bulkhead.release()  # hands the slot to "a", which has not run yet
    queue.tasks["a"].cancel()
    await settle()

    assert queue.inside == ["first", "b"]
    queue.bulkhead._running += 1  # what "first" will give back
    await queue.end()
    assert queue.bulkhead.running == 0


@in_virtual_time
async def test_waiting_for_a_slot_ends_with_the_deadline(clock: VirtualClock) -> None:
    queue = _Queue(Bulkhead("euria", concurrency=1, queue=5))
    await queue.enter("first")

    async def hurried() -> str:
        async with deadline(clock, 3, expired=lambda: DeadlineExceeded("euria", "write")):
            return await _through(queue.bulkhead, Script("done"))

    (result,) = await outcomes(hurried())

    assert isinstance(result, DeadlineExceeded)
    assert (clock.elapsed, queue.bulkhead.waiting, queue.bulkhead.running) == (3, 0, 1)
    await queue.end()


@in_virtual_time
async def test_a_free_slot_is_taken_without_a_turn_of_the_loop() -> None:
    bulkhead = Bulkhead("euria", concurrency=1, queue=0)

    with pytest.raises(StopIteration):
        bulkhead.acquire().send(None)  # run by hand

    assert bulkhead.running == 1


@in_virtual_time
async def test_a_shed_call_says_how_many_wait() -> None:
    queue = _Queue(Bulkhead("euria", concurrency=1, queue=2))
    await queue.enter("first", "a", "b")

    with pytest.raises(BulkheadFull) as caught:
        await queue.bulkhead.acquire()

    assert str(caught.value) == "euria.slot: 2 calls already wait"
    await queue.end()


@given(
    concurrency=st.integers(1, 3),
    steps=st.lists(
        st.tuples(st.sampled_from(["enter", "let go", "cancel"]), st.integers(0, 9)), max_size=40
    ),
)
def test_whatever_happens_slots_are_neither_lost_nor_lent_twice(
    concurrency: int, steps: list[tuple[str, int]]
) -> None:
    async def play() -> None:
        queue, names = _Queue(Bulkhead("euria", concurrency=concurrency, queue=4)), []
        for number, (step, which) in enumerate(steps):
            if step == "enter":
                names.append(f"{number}")
                await queue.enter(names[-1])
            elif names:
                name = names[which % len(names)]
                await (queue.let_go(name) if step == "let go" else queue.cancel(name))
            _check(queue, concurrency)
        await queue.end()
        assert (queue.bulkhead.running, queue.bulkhead.waiting) == (0, 0)

    run(play())


def _check(queue: _Queue, concurrency: int) -> None:
    """Compare the bulkhead with what its callers see: who is inside, and who was told what."""
    living = [name for name, task in queue.tasks.items() if not task.done()]
    inside = [name for name in queue.inside if name in living]
    waiting = [name for name in living if name not in inside]
    assert len(inside) == min(concurrency, len(living))
    assert (queue.bulkhead.running, queue.bulkhead.waiting) == (len(inside), len(waiting))
    assert [queue.places[name][-1] for name in waiting] == list(range(1, len(waiting) + 1))
    entered = [int(name) for name in queue.inside]
    assert entered == sorted(entered)


# --- People and background


async def _hold(bulkhead: Bulkhead, until: asyncio.Event, served: list[str], name: str) -> None:
    async with bulkhead.slot():
        served.append(name)
        await until.wait()


@in_virtual_time
async def test_background_leaves_the_last_slots_to_people() -> None:
    bulkhead, (until, served) = Bulkhead("discogs", concurrency=5, queue=50, reserve=2), _stage()
    with background():
        walkers = [
            asyncio.create_task(_hold(bulkhead, until, served, f"walk {number}"))
            for number in range(6)
        ]
    await settle()
    walking = list(served)

    people = [
        asyncio.create_task(_hold(bulkhead, until, served, f"person {number}"))
        for number in range(3)
    ]
    await settle()

    assert walking == ["walk 0", "walk 1", "walk 2"]
    assert served[3:] == ["person 0", "person 1"]
    assert (bulkhead.running, bulkhead.waiting) == (5, 4)
    until.set()
    await outcomes(*walkers, *people)
    assert (bulkhead.running, bulkhead.waiting) == (0, 0)
    assert len(served) == 9


@in_virtual_time
async def test_people_who_wait_go_before_background_that_came_earlier() -> None:
    bulkhead = Bulkhead("discogs", concurrency=2, queue=50, reserve=1)
    gates = [asyncio.Event() for _ in range(2)]
    until, served = _stage()
    first = [
        asyncio.create_task(_hold(bulkhead, gate, served, f"person {number}"))
        for number, gate in enumerate(gates)
    ]
    await settle()
    with background():
        walker = asyncio.create_task(_hold(bulkhead, until, served, "walk"))
    await settle()
    person = asyncio.create_task(_hold(bulkhead, until, served, "person 2"))
    await settle()

    gates[0].set()
    await settle()
    after_one = list(served)
    gates[1].set()
    await settle()
    after_two = list(served)
    until.set()
    await outcomes(*first, walker, person)

    assert after_one == ["person 0", "person 1", "person 2"]
    # One person still runs: the other slot is not for background.
    assert after_two == after_one
    assert served[3:] == ["walk"]


@in_virtual_time
async def test_cancelled_background_frees_its_place() -> None:
    bulkhead, (until, served) = Bulkhead("discogs", concurrency=1, queue=1), _stage()
    person = asyncio.create_task(_hold(bulkhead, until, served, "person"))
    await settle()
    with background():
        walker = asyncio.create_task(_hold(bulkhead, until, served, "walk"))
    await settle()
    walker.cancel()
    await settle()

    assert bulkhead.waiting == 0
    until.set()
    await person


@in_virtual_time
async def test_background_that_arrives_later_does_not_overtake_background() -> None:
    bulkhead = Bulkhead("discogs", concurrency=2, queue=50, reserve=1)
    gate, (until, served) = asyncio.Event(), _stage()
    with background():
        tasks = [
            asyncio.create_task(_hold(bulkhead, gate, served, "first")),
            asyncio.create_task(_hold(bulkhead, until, served, "second")),
        ]
        await settle()
        gate.set()
        tasks.append(asyncio.create_task(_hold(bulkhead, until, served, "third")))
        await settle()
    until.set()
    await outcomes(*tasks)

    assert served == ["first", "second", "third"]


@in_virtual_time
async def test_places_count_people_before_background() -> None:
    bulkhead, (until, served) = Bulkhead("euria", concurrency=1, queue=50), _stage()
    places: dict[str, list[int]] = {"walk": [], "person": []}

    async def wait(name: str) -> None:
        async with bulkhead.slot(places[name].append):
            served.append(name)

    running = asyncio.create_task(_hold(bulkhead, until, served, "running"))
    await settle()
    with background():
        walker = asyncio.create_task(wait("walk"))
    await settle()
    person = asyncio.create_task(wait("person"))
    await settle()
    until.set()
    await outcomes(running, walker, person)

    assert places == {"walk": [1, 2, 1, 0], "person": [1, 0]}


def _stage() -> tuple[asyncio.Event, list[str]]:
    return asyncio.Event(), []
