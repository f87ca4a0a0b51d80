"""How a worker finds work, in virtual time."""

import asyncio
import logging
from datetime import timedelta

import pytest
from fakes.clock import VirtualClock, wall
from fakes.jobs import CHORE, Chore, Recorder, Workshop
from fakes.virtual_time import in_virtual_time, settle

from services.jobs.kinds import JobKind, RunningJob
from services.jobs.worker import working
from services.storage.job_models import JobState, Priority


def sleeper(clock: VirtualClock, seconds: float) -> Recorder:
    """Return a handler that takes ``seconds``."""

    async def behave(_job: RunningJob[Chore]) -> None:
        await clock.pass_time(seconds)

    return Recorder(behave)


@in_virtual_time
async def test_worker_runs_what_waits_in_order_and_removes_it(workshop: Workshop) -> None:
    recorder = Recorder()
    await workshop.enqueue("a", "b", "c")

    async with working(workshop.worker(recorder, concurrency=1), drain_seconds=0):
        await settle()

    assert recorder.seen == ["a", "b", "c"]
    assert recorder.attempts == [1, 1, 1]
    assert recorder.times == [0.0, 0.0, 0.0]
    assert workshop.database.rows == {}


@in_virtual_time
async def test_worker_takes_the_urgent_first(workshop: Workshop) -> None:
    recorder = Recorder()
    for name, priority in (("low", Priority.BACKGROUND), ("high", Priority.INTERACTIVE)):
        await workshop.queue.enqueue(CHORE, Chore(name=name), priority=priority)

    async with working(workshop.worker(recorder, concurrency=1), drain_seconds=0):
        await settle()

    assert recorder.seen == ["high", "low"]


@in_virtual_time
async def test_worker_runs_as_many_at_once_as_it_may(
    workshop: Workshop, clock: VirtualClock
) -> None:
    recorder = sleeper(clock, 3)
    await workshop.enqueue("a", "b", "c", "d", "e")

    async with working(workshop.worker(recorder, concurrency=2), drain_seconds=0):
        await clock.pass_time(9)

    assert recorder.times == [0.0, 0.0, 3.0, 3.0, 6.0]


@in_virtual_time
async def test_worker_does_four_at_once_unless_told(
    workshop: Workshop, clock: VirtualClock
) -> None:
    recorder = sleeper(clock, 1)
    await workshop.enqueue("a", "b", "c", "d", "e")

    async with working(workshop.worker(recorder), drain_seconds=0):
        await settle()

        assert recorder.seen == ["a", "b", "c", "d"]


@in_virtual_time
async def test_worker_is_woken_by_a_job_that_is_enqueued(
    workshop: Workshop, clock: VirtualClock
) -> None:
    recorder = Recorder()

    async with working(workshop.worker(recorder), drain_seconds=0):
        await clock.pass_time(2)
        await workshop.enqueue("now")
        await settle()

    assert recorder.times == [2.0]


@in_virtual_time
async def test_worker_finds_what_another_process_enqueued_within_its_poll(
    workshop: Workshop, clock: VirtualClock
) -> None:
    recorder = Recorder()
    worker = workshop.worker(recorder, queue=workshop.make_queue())

    async with working(worker, drain_seconds=0):
        await clock.pass_time(1)
        await workshop.enqueue("elsewhere")
        await clock.pass_time(9)

    assert recorder.times == [5.0]


@in_virtual_time
async def test_idle_worker_asks_every_five_seconds(workshop: Workshop, clock: VirtualClock) -> None:
    async with working(workshop.worker(Recorder()), drain_seconds=0):
        await clock.pass_time(14.9)

        # Three claims (at 0, 5 and 10 s): nothing else writes. Each reads when to look again, and
        # so does the watch of the leases.
        assert (workshop.database.writes, workshop.database.reads) == (3, 6)


@in_virtual_time
async def test_worker_starts_a_job_at_its_time(workshop: Workshop, clock: VirtualClock) -> None:
    recorder = Recorder()
    await workshop.queue.enqueue(CHORE, Chore(name="soon"), run_at=wall(1.25))
    await workshop.queue.enqueue(CHORE, Chore(name="later"), run_at=wall(93.5))

    async with working(workshop.worker(recorder), drain_seconds=0):
        await clock.pass_time(100)

    assert (recorder.seen, recorder.times) == (["soon", "later"], [1.25, 93.5])


@in_virtual_time
async def test_worker_notices_a_job_that_became_due_while_it_looked(
    workshop: Workshop, clock: VirtualClock
) -> None:
    recorder = Recorder()
    worker = workshop.worker(recorder)
    await workshop.queue.enqueue(CHORE, Chore(name="due"), run_at=wall(1))

    async with working(worker, drain_seconds=0):
        await settle()
        # Between its look for work and its look for the next time, the clock is set past both.
        clock.step_wall(timedelta(seconds=-1))
        workshop.queue.wake()
        await settle()
        clock.step_wall(timedelta(seconds=3))
        await worker._wait_for_work()

    assert clock.elapsed == pytest.approx(0.1)


@in_virtual_time
async def test_worker_that_is_full_polls_no_due_jobs(
    workshop: Workshop, clock: VirtualClock
) -> None:
    recorder = sleeper(clock, 60)
    await workshop.enqueue("long")
    await workshop.queue.enqueue(CHORE, Chore(name="due"), run_at=wall(0))

    async with working(workshop.worker(recorder, concurrency=1), drain_seconds=0):
        await settle()
        before = workshop.database.reads
        await clock.pass_time(4.9)

        assert workshop.database.reads == before
        await clock.pass_time(60)

    assert recorder.times == [0.0, 60.0]


@in_virtual_time
async def test_worker_follows_a_wall_clock_that_is_set(
    workshop: Workshop, clock: VirtualClock
) -> None:
    recorder = Recorder()
    await workshop.queue.enqueue(CHORE, Chore(name="digest"), run_at=wall(3600))

    async with working(workshop.worker(recorder), drain_seconds=0):
        await clock.pass_time(7)
        clock.step_wall(timedelta(hours=1))
        await clock.pass_time(10)

    assert recorder.times == [10.0]  # its next poll


@in_virtual_time
async def test_worker_leaves_jobs_of_unknown_kinds_queued(
    workshop: Workshop, clock: VirtualClock
) -> None:
    other = JobKind(name="tests.other", payload=Chore)
    job_id = (await workshop.queue.enqueue(other, Chore(name="not ours"))).job_id
    recorder = Recorder()

    async with working(workshop.worker(recorder), drain_seconds=0):
        await workshop.enqueue("ours")
        await clock.pass_time(60)

    [left] = workshop.database.rows.values()
    assert (left.job_id, left.state, left.attempts) == (job_id, JobState.QUEUED, 0)
    assert recorder.seen == ["ours"]


@in_virtual_time
async def test_workers_of_two_processes_share_the_jobs(
    workshop: Workshop, clock: VirtualClock
) -> None:
    first, second = sleeper(clock, 5), sleeper(clock, 5)
    await workshop.enqueue("a", "b", "c", "d")
    own = workshop.make_queue()

    async with (
        working(workshop.worker(first, concurrency=2), drain_seconds=0),
        working(workshop.worker(second, name="w2", queue=own, concurrency=2), drain_seconds=0),
    ):
        await clock.pass_time(6)

    assert (first.seen, second.seen) == (["a", "b"], ["c", "d"])
    assert workshop.database.rows == {}


@in_virtual_time
async def test_worker_survives_an_unexpected_error_in_every_part_of_its_loop(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder()

    async with working(workshop.worker(recorder), drain_seconds=0):
        await clock.pass_time(1)
        workshop.database.is_broken = True
        workshop.queue.wake()
        await clock.pass_time(20)
        workshop.database.is_broken = False
        await workshop.enqueue("after")
        await clock.pass_time(1)

    assert recorder.seen == ["after"]
    assert {record.levelno for record in caplog.records} == {logging.ERROR}
    assert {record.getMessage() for record in caplog.records} == {
        "unexpected error of the job worker"
    }


@in_virtual_time
async def test_worker_that_cannot_read_the_next_time_goes_on(
    workshop: Workshop, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder()

    async def fail(_kinds: object) -> None:
        monkeypatch.undo()
        raise LookupError("no such column")

    monkeypatch.setattr(workshop.queue, "next_run_at", fail)

    async with working(workshop.worker(recorder), drain_seconds=0):
        await settle()
        await workshop.enqueue("after")
        await clock.pass_time(1)

    assert (recorder.seen, recorder.times) == (["after"], [1.0])


@in_virtual_time
async def test_worker_that_was_stopped_before_it_began_claims_nothing(workshop: Workshop) -> None:
    recorder = Recorder()
    await workshop.enqueue("a")
    worker = workshop.worker(recorder)
    worker.stop()

    await worker.run(drain_seconds=10)

    assert recorder.seen == []
    assert len(workshop.database.jobs(JobState.QUEUED)) == 1


@in_virtual_time
async def test_working_raises_what_its_block_raises_after_the_jobs_ended(
    workshop: Workshop, clock: VirtualClock
) -> None:
    recorder = sleeper(clock, 3)
    await workshop.enqueue("a")

    async def fail() -> None:
        async with working(workshop.worker(recorder), drain_seconds=10):
            await clock.pass_time(1)
            raise KeyError("login failed")

    with pytest.raises(KeyError):
        await fail()

    assert recorder.ended == ["a"]
    assert clock.elapsed == 3


@in_virtual_time
async def test_worker_names_its_tasks(workshop: Workshop, clock: VirtualClock) -> None:
    await workshop.enqueue("a")

    async with working(workshop.worker(sleeper(clock, 1)), drain_seconds=5):
        await settle()
        names = {task.get_name() for task in asyncio.all_tasks()}

    assert {"jobs", "jobs: beat", "jobs: look", "job 1 tests.chore"} <= names
