"""Signs of life: who notices that a worker is gone, when, and what a lost job may still do."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes.clock import WALL_START, VirtualClock
from fakes.jobs import CHORE, Chore, Recorder, Workshop
from fakes.memory_database import MemoryJobs
from fakes.virtual_time import in_virtual_time, settle
from hypothesis import given
from hypothesis import strategies as st

from services.jobs.kinds import JobLost, RunningJob
from services.jobs.leases import Lease, LeaseWatch
from services.jobs.queue import JobQueue
from services.jobs.worker import working
from services.storage.job_models import Job, JobState

# --- LeaseWatch


def job(job_id: int = 1, *, fence: int = 1, beat: int = 0) -> Job:
    return Job(
        job_id=job_id,
        kind="chore",
        payload="{}",
        state=JobState.RUNNING,
        priority=5,
        dedup_key=None,
        run_at=None,
        attempts=1,
        max_attempts=3,
        fence=fence,
        beat=beat,
        worker="w",
        enqueued_at=WALL_START,
        last_error=None,
    )


def test_lease_is_long_enough_for_several_beats() -> None:
    assert Lease() == Lease(seconds=45.0, beat_every=10.0, watch_every=5.0)


def test_watch_sees_a_lease_end_once_a_whole_one_passed_since_its_first_look() -> None:
    watch = LeaseWatch(Lease(seconds=30))

    looks = [watch.expired([job(beat=7)], now) for now in (100.0, 129.9, 130.0)]

    assert looks == [[], [], [job(beat=7)]]


def test_watch_begins_again_with_every_beat_and_every_claim() -> None:
    watch = LeaseWatch(Lease(seconds=30))
    looks = [
        (job(beat=1), 0.0),
        (job(beat=2), 29.0),  # it lives
        (job(fence=2, beat=2), 58.0),  # somebody else has claimed it
        (job(fence=2, beat=2), 87.9),
        (job(fence=2, beat=2), 88.0),
    ]

    expired = [len(watch.expired([each], now)) for each, now in looks]

    assert expired == [0, 0, 0, 0, 1]


def test_watch_forgets_jobs_that_are_not_running_any_more() -> None:
    watch = LeaseWatch(Lease(seconds=30))
    watch.expired([job()], 0.0)
    watch.expired([], 10.0)

    assert watch.expired([job()], 30.0) == []
    assert watch.expired([job()], 60.0) == [job()]


marks = st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(0, 2))
looks = st.tuples(st.floats(0.0, 20.0), st.dictionaries(st.integers(1, 3), marks))


@given(st.lists(looks, max_size=12))
def test_watch_agrees_with_the_whole_history_of_looks(
    history: list[tuple[float, dict[int, tuple[int, int, int]]]],
) -> None:
    watch = LeaseWatch(Lease(seconds=30))
    seen: list[tuple[float, dict[int, Job]]] = []
    now = 1_000.0
    for pause, table in history:
        now += pause
        rows = {key: job(key, fence=fence, beat=beat) for key, (_, fence, beat) in table.items()}
        seen.append((now, rows))

        expired = {each.job_id for each in watch.expired(rows.values(), now)}

        assert expired == {key for key in rows if _unchanged_for(seen, key) >= 30}


def _unchanged_for(seen: list[tuple[float, dict[int, Job]]], key: int) -> float:
    """Return how long the newest looks, without a gap, agree about a job."""
    newest_at, newest = seen[-1]
    since = newest_at
    for moment, rows in reversed(seen):
        if rows.get(key) != newest[key]:
            break
        since = moment
    return newest_at - since


# --- Workers


def endless() -> Recorder:
    async def behave(_job: RunningJob[Chore]) -> None:
        await asyncio.Event().wait()

    return Recorder(behave)


def taking(clock: VirtualClock, seconds: float) -> Recorder:
    async def behave(_job: RunningJob[Chore]) -> None:
        await clock.pass_time(seconds)

    return Recorder(behave)


async def vanish(workshop: Workshop, recorder: Recorder) -> None:
    """Have a worker claim what there is, and its process die without a trace."""
    await workshop.queue.claim(kinds=[CHORE.name], worker="dead", limit=10)
    recorder.seen.clear()


@in_virtual_time
async def test_long_job_keeps_its_lease_by_beating(workshop: Workshop, clock: VirtualClock) -> None:
    recorder, other = taking(clock, 500), Recorder()
    await workshop.enqueue("long")

    async with (
        working(workshop.worker(recorder), drain_seconds=0),
        working(workshop.worker(other, name="w2", queue=workshop.make_queue()), drain_seconds=0),
    ):
        await clock.pass_time(499)
        [running] = workshop.database.rows.values()
        await clock.pass_time(2)

    assert (running.beat, running.attempts) == (49, 1)
    assert (recorder.ended, other.seen) == (["long"], [])
    assert workshop.database.rows == {}


@in_virtual_time
async def test_jobs_of_a_dead_process_are_taken_back_a_lease_after_the_first_look(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder()
    await workshop.enqueue("a", "b")
    await vanish(workshop, recorder)

    async with working(workshop.worker(recorder), drain_seconds=0):
        await clock.pass_time(60)

    assert recorder.times == [45.0, 45.0]
    assert recorder.attempts == [2, 2]
    assert caplog.messages == ["took back 2 jobs of workers that vanished"]


@in_virtual_time
async def test_job_that_kills_every_process_becomes_a_dead_letter(
    workshop: Workshop, clock: VirtualClock
) -> None:
    await workshop.enqueue("poison")
    for _ in range(CHORE.max_attempts):
        await vanish(workshop, Recorder())
        [claimed] = workshop.database.jobs(JobState.RUNNING)
        await workshop.queue.take_back([claimed])
    recorder = Recorder()

    async with working(workshop.worker(recorder), drain_seconds=0):
        await clock.pass_time(100)

    [dead] = workshop.database.jobs(JobState.DEAD)
    assert recorder.seen == []
    assert (dead.attempts, dead.last_error) == (3, "the process that ran it vanished")


@pytest.mark.parametrize("hours", [pytest.param(1, id="forward"), pytest.param(-1, id="back")])
@in_virtual_time
async def test_a_step_of_the_wall_clock_neither_ends_nor_prolongs_a_lease(
    hours: int, workshop: Workshop, clock: VirtualClock
) -> None:
    recorder, living = Recorder(), taking(clock, 70)
    await workshop.enqueue("lives")
    other = workshop.worker(living, name="w2", queue=workshop.make_queue())

    async with working(other, drain_seconds=0):
        await settle()
        await workshop.enqueue("dies")
        await vanish(workshop, recorder)
        async with working(workshop.worker(recorder), drain_seconds=0):
            await clock.pass_time(20)
            clock.step_wall(timedelta(hours=hours))
            await clock.pass_time(60)

    assert (recorder.seen, recorder.times) == (["dies"], [45.0])
    assert living.ended == ["lives"]
    assert living.attempts == [1]


@in_virtual_time
async def test_worker_that_cannot_beat_for_a_lease_cancels_its_jobs(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = endless()
    await workshop.enqueue("a")

    async with working(workshop.worker(recorder), drain_seconds=0):
        await clock.pass_time(25)  # the last sign of life was at 20 s
        workshop.database.is_away = True
        await clock.pass_time(39.9)
        assert recorder.cancelled == []
        await clock.pass_time(0.1)
        await settle()
        assert recorder.cancelled == ["a"]

    assert [each for each in caplog.messages if "job 1" in each] == [
        "job 1 (tests.chore) is no longer ours; nothing is recorded"
    ]
    assert [row.state for row in workshop.database.rows.values()] == [JobState.RUNNING]


@in_virtual_time
async def test_worker_whose_beat_gets_no_answer_cancels_its_jobs_after_a_lease(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = endless()
    await workshop.enqueue("a")

    async with working(workshop.worker(recorder), drain_seconds=0):
        await clock.pass_time(25)
        workshop.database.answers.clear()  # statements hang from now on
        await clock.pass_time(39.9)
        assert recorder.cancelled == []
        await clock.pass_time(0.1)
        await settle()
        assert recorder.cancelled == ["a"]
        workshop.database.answers.set()
    loss = "the database cannot be used (no answer within a lease); jobs wait for it"
    assert caplog.messages.count(loss) == 1
    assert "unexpected error" not in caplog.text


@in_virtual_time
async def test_worker_that_was_frozen_still_asks_before_it_gives_up(
    workshop: Workshop, clock: VirtualClock
) -> None:
    recorder = endless()
    await workshop.enqueue("a")
    worker = workshop.worker(recorder)

    async with working(worker, drain_seconds=0):
        await settle()
        worker._alive_at -= 1_000.0  # as after a long sleep of the machine
        workshop.database.answers.clear()
        await clock.pass_time(19.9)
        workshop.database.answers.set()
        await clock.pass_time(100)

        assert recorder.cancelled == []


@in_virtual_time
async def test_job_that_a_worker_let_go_is_taken_back_after_another_lease(
    workshop: Workshop, clock: VirtualClock
) -> None:
    first = True

    async def behave(_job: RunningJob[Chore]) -> None:
        nonlocal first
        if first:
            first = False
            await asyncio.Event().wait()

    recorder = Recorder(behave)
    await workshop.enqueue("a")

    async with working(workshop.worker(recorder), drain_seconds=0):
        await clock.pass_time(25)
        workshop.database.is_away = True
        await clock.pass_time(40.5)  # let go at 65 s, back at 65.5 s, seen at 66 s
        workshop.database.is_away = False
        await clock.pass_time(100)

    assert recorder.attempts == [1, 2]
    assert recorder.times == [0.0, 111.0]
    assert workshop.database.rows == {}


@in_virtual_time
async def test_handler_of_a_lost_job_is_cancelled_at_the_next_beat_and_records_nothing(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = endless()
    await workshop.enqueue("a")

    async with working(workshop.worker(recorder, concurrency=1), drain_seconds=0):
        await clock.pass_time(1)
        await workshop.queue.take_back(list(workshop.database.rows.values()))
        [stolen] = await workshop.queue.claim(kinds=[CHORE.name], worker="thief", limit=1)
        await clock.pass_time(8.9)
        assert recorder.cancelled == []
        await clock.pass_time(0.2)
        assert recorder.cancelled == ["a"]

    assert list(workshop.database.rows.values()) == [stolen]
    assert caplog.messages == ["job 1 (tests.chore) is no longer ours; nothing is recorded"]


@in_virtual_time
async def test_lost_job_that_its_own_worker_claims_again_is_a_new_one(
    workshop: Workshop, clock: VirtualClock
) -> None:
    def stubborn(attempts: list[int]) -> Callable[[RunningJob[Chore]], object]:
        async def behave(job: RunningJob[Chore]) -> None:
            attempts.append(job.attempt)
            if job.attempt == 1:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    await clock.pass_time(30)  # it takes its time
                    cleaned_at.append(clock.elapsed)
                    raise
            await clock.pass_time(100)

        return behave

    attempts: list[int] = []
    cleaned_at: list[float] = []
    recorder = Recorder(stubborn(attempts))  # type: ignore[arg-type]  # a coroutine function
    await workshop.enqueue("a")

    async with working(workshop.worker(recorder, concurrency=2), drain_seconds=0):
        await clock.pass_time(1)
        await workshop.queue.take_back(list(workshop.database.rows.values()))
        await clock.pass_time(5)  # the same worker has claimed it again
        [row] = workshop.database.rows.values()
        assert (row.fence, row.worker) == (2, "w1")
        await clock.pass_time(90)
        [row] = workshop.database.rows.values()
        assert (row.fence, row.beat) == (2, 9)
        await clock.pass_time(10)

    assert attempts == [1, 2]
    assert cleaned_at == [40.0]  # told once, at 10 s, though beats at 20 and 30 s miss it too
    assert recorder.cancelled == ["a"]
    assert recorder.ended == ["a"]
    assert workshop.database.rows == {}


@in_virtual_time
async def test_handler_that_swallows_the_loss_of_its_job_records_nothing(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def behave(_job: RunningJob[Chore]) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return

    recorder = Recorder(behave)
    await workshop.enqueue("a")

    async with working(workshop.worker(recorder, concurrency=1), drain_seconds=0):
        await clock.pass_time(1)
        await workshop.queue.take_back(list(workshop.database.rows.values()))
        [stolen] = await workshop.queue.claim(kinds=[CHORE.name], worker="thief", limit=1)
        await clock.pass_time(10)

    assert recorder.ended == ["a"]
    assert list(workshop.database.rows.values()) == [stolen]
    assert caplog.messages == ["job 1 (tests.chore) is no longer ours; nothing is recorded"]


@in_virtual_time
async def test_work_after_the_finish_is_not_mistaken_for_a_lost_job(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def behave(job: RunningJob[Chore]) -> None:
        async with job.finishing():
            pass
        await clock.pass_time(100)  # such as editing a message

    recorder = Recorder(behave)
    await workshop.enqueue("a")

    async with working(workshop.worker(recorder), drain_seconds=0):
        await clock.pass_time(101)

    assert recorder.ended == ["a"]
    assert caplog.messages == []


@in_virtual_time
async def test_finish_whose_commit_takes_long_is_not_mistaken_for_a_lost_job(
    workshop: Workshop,
) -> None:
    async def behave(job: RunningJob[Chore]) -> None:
        async with job.finishing():
            workshop.database.rows.clear()  # committed, as others see it; the answer is on its way
            workshop.database.answers.clear()

    recorder = Recorder(behave)
    worker = workshop.worker(recorder)
    await workshop.enqueue("a")

    async with working(worker, drain_seconds=0):
        await settle()
        worker._let_go(dict(worker._holds))  # what a beat does that finds no such job
        workshop.database.answers.set()
        await settle()

    assert recorder.ended == ["a"]


@in_virtual_time
async def test_saving_and_finishing_of_a_lost_job_change_nothing(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    effects: list[str] = []
    outcomes: list[str] = []

    async def behave(job: RunningJob[Chore]) -> None:
        [row] = workshop.database.rows.values()
        await workshop.queue.take_back([row])
        try:
            async with job.saving(replace_step(job)) as transaction:
                transaction.after_commit(lambda: effects.append("saved"))
        except JobLost:
            outcomes.append("not saved")
        assert job.payload.step == 0
        try:
            async with job.finishing() as transaction:
                transaction.after_commit(lambda: effects.append("finished"))
        except JobLost:
            outcomes.append("not finished")
            raise

    await workshop.enqueue("a")
    async with working(workshop.worker(Recorder(behave), concurrency=1), drain_seconds=0):
        while len(outcomes) < 2:
            await settle()

    assert effects == []
    assert outcomes[:2] == ["not saved", "not finished"]
    assert "unexpected error" not in caplog.text


def replace_step(job: RunningJob[Chore]) -> Chore:
    return Chore(name=job.payload.name, step=job.payload.step + 1)


@in_virtual_time
async def test_watcher_that_is_wrong_about_a_worker_takes_nothing_and_says_nothing(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    class StaleSight(JobQueue):
        """Sees the table as it was before the newest beat."""

        async def running(self) -> list[Job]:
            jobs = await super().running()
            await self.beat("slow", [each.job_id for each in jobs])
            return [replace(each, beat=0) for each in jobs]

    recorder = Recorder()
    await workshop.enqueue("a")
    await workshop.queue.claim(kinds=[CHORE.name], worker="slow", limit=1)
    sight = StaleSight(workshop.database, clock=clock, jobs=MemoryJobs(workshop.database))

    async with working(workshop.worker(recorder, name="w2", queue=sight), drain_seconds=0):
        await clock.pass_time(60)

    [row] = workshop.database.rows.values()
    assert (row.state, row.worker, row.attempts) == (JobState.RUNNING, "slow", 1)
    assert recorder.seen == []
    assert caplog.messages == []
