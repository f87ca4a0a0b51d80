"""How a worker stops."""

import asyncio
import logging

import pytest
from fakes.clock import VirtualClock, wall
from fakes.jobs import Chore, Recorder, Workshop
from fakes.virtual_time import in_virtual_time, settle

from services.jobs.kinds import RetryLater, RunningJob
from services.jobs.worker import working
from services.storage.job_models import Job, JobState

DRAIN = 8.0


def taking(clock: VirtualClock, **seconds: float) -> Recorder:
    """Return a handler that takes so many seconds for the chore of that name."""

    async def behave(job: RunningJob[Chore]) -> None:
        await clock.pass_time(seconds[job.payload.name])

    return Recorder(behave)


def row(job_id: int, name: str) -> Job:
    """Return a job as if it had never been claimed, but for its fence."""
    return Job(
        job_id=job_id,
        kind="tests.chore",
        payload=f'{{"name":"{name}","step":0}}',
        state=JobState.QUEUED,
        priority=5,
        dedup_key=None,
        run_at=None,
        attempts=0,
        max_attempts=3,
        fence=1,
        beat=0,
        worker=None,
        enqueued_at=wall(0),
        last_error=None,
    )


@in_virtual_time
async def test_drain_waits_for_jobs_that_end_in_time_and_releases_the_others_at_no_cost(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = taking(clock, quick=7.9, slow=8.1)
    await workshop.enqueue("quick", "slow")

    async with working(workshop.worker(recorder), drain_seconds=DRAIN):
        await settle()

    assert clock.elapsed == 8.0
    assert (recorder.ended, recorder.cancelled) == (["quick"], ["slow"])
    assert list(workshop.database.rows.values()) == [row(2, "slow")]
    assert caplog.messages == []


@in_virtual_time
async def test_drain_ends_as_soon_as_the_last_job_does(
    workshop: Workshop, clock: VirtualClock
) -> None:
    await workshop.enqueue("a", "b")

    async with working(workshop.worker(taking(clock, a=1, b=3)), drain_seconds=DRAIN):
        await settle()

    assert clock.elapsed == 3.0
    assert workshop.database.rows == {}


@in_virtual_time
async def test_idle_worker_stops_at_once(workshop: Workshop, clock: VirtualClock) -> None:
    async with working(workshop.worker(Recorder()), drain_seconds=DRAIN):
        await clock.pass_time(1)

    assert clock.elapsed == 1.0


@in_virtual_time
async def test_worker_that_stops_claims_nothing_more(
    workshop: Workshop, clock: VirtualClock
) -> None:
    recorder = taking(clock, a=5, b=5, late=0)
    await workshop.enqueue("a", "b")
    worker = workshop.worker(recorder, concurrency=1)

    async with working(worker, drain_seconds=DRAIN):
        await settle()
        worker.stop()
        await workshop.enqueue("late")
        await clock.pass_time(7)

    assert recorder.seen == ["a"]
    assert [job.attempts for job in workshop.database.jobs(JobState.QUEUED)] == [0, 0]
    assert clock.elapsed == 7.0


@in_virtual_time
async def test_worker_beats_while_it_drains(workshop: Workshop, clock: VirtualClock) -> None:
    beats: list[int] = []
    await workshop.enqueue("long")

    async with working(workshop.worker(taking(clock, long=100)), drain_seconds=200):
        await settle()
        drained = asyncio.create_task(clock.pass_time(99))
        drained.add_done_callback(
            lambda _task: beats.extend(job.beat for job in workshop.database.rows.values())
        )

    assert beats == [9]
    assert clock.elapsed == 100.0


@in_virtual_time
async def test_job_that_fails_while_the_worker_drains_is_tried_again_later(
    workshop: Workshop, clock: VirtualClock
) -> None:
    async def behave(_job: RunningJob[Chore]) -> None:
        await clock.pass_time(3)
        raise RetryLater("busy", seconds=60)

    await workshop.enqueue("a")

    async with working(workshop.worker(Recorder(behave)), drain_seconds=DRAIN):
        await settle()

    [job] = workshop.database.rows.values()
    assert (job.state, job.attempts, job.run_at) == (JobState.QUEUED, 1, wall(63))


@in_virtual_time
async def test_handler_that_swallows_the_cancellation_completes_its_job(
    workshop: Workshop, clock: VirtualClock
) -> None:
    async def behave(_job: RunningJob[Chore]) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await clock.pass_time(1.9)  # tidies up

    recorder = Recorder(behave)
    await workshop.enqueue("a")

    async with working(workshop.worker(recorder), drain_seconds=DRAIN):
        await settle()

    assert clock.elapsed == pytest.approx(9.9)
    assert recorder.ended == ["a"]
    assert workshop.database.rows == {}


@in_virtual_time
async def test_handler_that_turns_the_cancellation_into_an_error_costs_its_job_nothing(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    async def behave(_job: RunningJob[Chore]) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise RuntimeError("session is closed") from None

    await workshop.enqueue("a")

    async with working(workshop.worker(Recorder(behave)), drain_seconds=DRAIN):
        await settle()

    assert list(workshop.database.rows.values()) == [row(1, "a")]
    assert caplog.messages == []


@in_virtual_time
async def test_handler_that_ignores_the_cancellation_is_left_behind(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    is_free = asyncio.Event()

    async def behave(_job: RunningJob[Chore]) -> None:
        while not is_free.is_set():
            try:
                await is_free.wait()
            except asyncio.CancelledError:
                continue

    await workshop.enqueue("a", "b")

    async with working(workshop.worker(Recorder(behave)), drain_seconds=DRAIN):
        await settle()
    is_free.set()

    assert clock.elapsed == 10.0
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "2 jobs do not end though they are cancelled; they are left behind")
    ]
    await settle()
    assert workshop.database.rows == {}  # they did their work after all, and the fence fitted


@in_virtual_time
async def test_cancellation_that_a_handler_makes_up_is_a_failure(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def behave(job: RunningJob[Chore]) -> None:
        if job.attempt == 1:
            raise asyncio.CancelledError

    recorder = Recorder(behave)
    await workshop.enqueue("a")

    async with working(workshop.worker(recorder), drain_seconds=DRAIN):
        await clock.pass_time(3)

    assert recorder.times == [0.0, 2.0]
    assert caplog.messages == ["unexpected error in job 1 (tests.chore)"]
    assert workshop.database.rows == {}


@in_virtual_time
async def test_cancelled_worker_releases_its_jobs_at_once(
    workshop: Workshop, clock: VirtualClock
) -> None:
    await workshop.enqueue("a")
    worker = asyncio.create_task(
        workshop.worker(taking(clock, a=100)).run(drain_seconds=DRAIN), name="w"
    )
    await clock.pass_time(1)

    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)

    assert worker.cancelled()
    assert clock.elapsed == 1.0
    assert list(workshop.database.rows.values()) == [row(1, "a")]


@in_virtual_time
async def test_drain_during_an_outage_ends_in_time_and_leaves_the_job_to_its_lease(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    await workshop.enqueue("a")

    async with working(workshop.worker(taking(clock, a=100)), drain_seconds=DRAIN):
        await settle()
        workshop.database.is_away = True

    [job] = workshop.database.rows.values()
    assert clock.elapsed == 8.0
    assert (job.state, job.attempts) == (JobState.RUNNING, 1)
    assert "no outcome" not in caplog.text


@in_virtual_time
async def test_drain_of_an_outcome_that_waits_for_the_database_ends_in_time(
    workshop: Workshop, clock: VirtualClock
) -> None:
    await workshop.enqueue("a")
    worker = workshop.worker(taking(clock, a=1))

    async with working(worker, drain_seconds=DRAIN):
        await settle()
        workshop.database.is_away = True
        await clock.pass_time(2)

    assert clock.elapsed == 10.0
    assert len(workshop.database.jobs(JobState.RUNNING)) == 1


@in_virtual_time
async def test_worker_stops_though_a_claim_gets_no_answer(
    workshop: Workshop, clock: VirtualClock
) -> None:
    workshop.database.answers.clear()

    async with working(workshop.worker(Recorder()), drain_seconds=DRAIN):
        await clock.pass_time(1)

    assert clock.elapsed == 3.0


@in_virtual_time
async def test_job_that_was_being_claimed_when_the_worker_was_stopped_is_done(
    workshop: Workshop, clock: VirtualClock
) -> None:
    recorder = taking(clock, a=2)
    await workshop.enqueue("a")
    workshop.database.answers.clear()
    worker = workshop.worker(recorder)

    async with working(worker, drain_seconds=DRAIN):
        await settle()
        worker.stop()
        workshop.database.answers.set()

    assert recorder.ended == ["a"]
    assert workshop.database.rows == {}
    assert clock.elapsed == 2.0
