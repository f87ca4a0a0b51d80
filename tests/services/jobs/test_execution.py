"""How a job ends: done, again later, dead letter; and what is stored of the reason."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from fakes.chance import seeded
from fakes.clock import WALL_START, VirtualClock, wall
from fakes.jobs import CHORE, Chore, Recorder, Workshop
from fakes.virtual_time import in_virtual_time, run, settle
from hypothesis import given
from hypothesis import strategies as st

from services.errors import RateLimitExceeded, ServiceDown
from services.jobs.execution import Execution, Hold
from services.jobs.kinds import Abandon, Handlers, JobKind, RetryLater, RunningJob
from services.jobs.worker import working
from services.resilience.retry import Backoff
from services.storage.errors import DatabaseUnavailable
from services.storage.job_models import Job, JobState

CANARY = "canary: what a user typed"


def failing(*errors: BaseException) -> Recorder:
    """Return a handler that raises these in turn, and then succeeds."""
    left = list(errors)

    async def behave(_job: RunningJob[Chore]) -> None:
        if left:
            raise left.pop(0)

    return Recorder(behave)


async def work(workshop: Workshop, recorder: Recorder, *, seconds: float = 0) -> None:
    """Have one worker run for ``seconds``."""
    async with working(workshop.worker(recorder), drain_seconds=0):
        await workshop.clock.pass_time(seconds)
        await settle()


def only_row(workshop: Workshop) -> Job:
    [row] = workshop.database.rows.values()
    return row


# --- Again later


@pytest.mark.parametrize(
    ("share", "times"),
    [
        pytest.param(0.0, [0.0, 2.0, 4.0], id="the floor"),
        pytest.param(0.5, [0.0, 6.0, 17.0], id="the middle"),
        pytest.param(1.0, [0.0, 10.0, 30.0], id="the ceiling, which doubles"),
    ],
)
@in_virtual_time
async def test_failed_job_waits_between_its_floor_and_a_growing_ceiling(
    share: float, times: list[float], workshop: Workshop, clock: VirtualClock
) -> None:
    recorder = failing(ServiceDown("discogs", "get_release"), ServiceDown("discogs", "x"))
    await workshop.enqueue("a")

    async with working(workshop.worker(recorder, chance=share), drain_seconds=0):
        await clock.pass_time(31)

    assert recorder.times == pytest.approx(times)
    assert recorder.attempts == [1, 2, 3]
    assert workshop.database.rows == {}


@given(attempts=st.integers(1, 40), seed=st.integers(0, 2**32))
def test_backoff_is_never_below_the_floor_nor_above_the_cap(attempts: int, seed: int) -> None:
    seconds = CHORE.backoff.seconds(attempts, seeded(seed))

    assert 2.0 <= seconds <= min(60.0, 10.0 * 2 ** (attempts - 1))


@in_virtual_time
async def test_failed_job_is_stored_with_its_time_and_reason(workshop: Workshop) -> None:
    await workshop.enqueue("a")

    await work(workshop, failing(ServiceDown("discogs", "get_release", 503, "503 for release 1")))

    assert only_row(workshop) == Job(
        job_id=1,
        kind="tests.chore",
        payload='{"name":"a","step":0}',
        state=JobState.QUEUED,
        priority=5,
        dedup_key=None,
        run_at=wall(2),
        attempts=1,
        max_attempts=3,
        fence=1,
        beat=0,
        worker=None,
        enqueued_at=wall(0),
        last_error="discogs.get_release: 503 for release 1",
    )


@in_virtual_time
async def test_retry_later_waits_exactly_as_long_as_the_handler_asks(
    workshop: Workshop, clock: VirtualClock
) -> None:
    recorder = failing(RetryLater("the quota is spent", seconds=3_600.5))
    await workshop.enqueue("a")

    await work(workshop, recorder)
    queued = only_row(workshop)
    await work(workshop, recorder, seconds=3_601)

    assert (queued.run_at, queued.last_error) == (wall(3_600.5), "the quota is spent")
    assert recorder.times == pytest.approx([0.0, 3_600.5])
    assert clock.elapsed == pytest.approx(3_601)


@pytest.mark.parametrize(
    ("asked", "run_at"),
    [
        pytest.param(100.0, 102.0, id="its own wait on top"),
        pytest.param(0.0, 2.0, id="at once"),
        pytest.param(None, 2.0, id="nobody knows"),
    ],
)
@in_virtual_time
async def test_job_is_never_repeated_before_the_upstream_allows_it(
    asked: float | None, run_at: float, workshop: Workshop
) -> None:
    await workshop.enqueue("a")

    await work(workshop, failing(RateLimitExceeded("discogs", "search", retry_after=asked)))

    assert only_row(workshop).run_at == wall(run_at)


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(-0.1, id="the past"),
        pytest.param(30 * 86_400 + 1, id="more than 30 days"),
        pytest.param(float("nan"), id="no number"),
    ],
)
def test_retry_later_refuses_waits_without_meaning(seconds: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 2592000 s"):
        RetryLater("x", seconds=seconds)


def test_retry_later_takes_both_ends_of_its_range() -> None:
    ends = [RetryLater("x", seconds=seconds) for seconds in (0, 30 * 86_400)]

    assert [(str(error), error.args[0], error.seconds) for error in ends] == [
        ("x", "x", 0),
        ("x", "x", 2_592_000),
    ]


# --- Dead letters


@in_virtual_time
async def test_job_is_a_dead_letter_after_its_last_attempt(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = failing(*[RetryLater("again", seconds=1) for _ in range(9)])
    await workshop.enqueue("a")

    await work(workshop, recorder, seconds=600)

    row = only_row(workshop)
    assert recorder.attempts == [1, 2, 3]
    assert (row.state, row.attempts, row.last_error) == (JobState.DEAD, 3, "again")
    assert row.worker is None
    assert caplog.messages == ["job 1 (tests.chore) is given up: again"]
    assert clock.elapsed == pytest.approx(600)


@in_virtual_time
async def test_handler_is_told_which_attempt_is_the_last(workshop: Workshop) -> None:
    told: list[tuple[int, bool, int]] = []

    async def behave(job: RunningJob[Chore]) -> None:
        told.append((job.attempt, job.is_last_attempt, job.job_id))
        raise RetryLater("again", seconds=1)

    await workshop.enqueue("a")

    await work(workshop, Recorder(behave), seconds=10)

    assert told == [(1, False, 1), (2, False, 1), (3, True, 1)]


@in_virtual_time
async def test_abandoned_job_is_a_dead_letter_at_once(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = failing(Abandon("the message is gone"))
    await workshop.enqueue("a")

    await work(workshop, recorder, seconds=60)

    row = only_row(workshop)
    assert recorder.attempts == [1]
    assert (row.state, row.attempts, row.last_error) == (JobState.DEAD, 1, "the message is gone")
    assert caplog.messages == ["job 1 (tests.chore) is given up: the message is gone"]


@in_virtual_time
async def test_unreadable_payload_is_a_dead_letter_that_quotes_nothing_of_it(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    recorder = Recorder()
    await workshop.enqueue("a")
    workshop.database.rows[1] = replace(
        workshop.database.rows[1], payload=f'{{"name": 3, "step": "{CANARY}"}}'
    )

    await work(workshop, recorder)

    row = only_row(workshop)
    assert recorder.seen == []
    assert (row.state, row.attempts) == (JobState.DEAD, 1)
    assert row.last_error == "the payload cannot be read by this version"
    assert "canary" not in caplog.text


# --- What is stored and logged


@pytest.mark.parametrize(
    ("error", "stored"),
    [
        pytest.param(ValueError(CANARY), "ValueError", id="a bug"),
        pytest.param(asyncio.CancelledError(CANARY), "CancelledError", id="made-up cancellation"),
        pytest.param(TimeoutError(CANARY), "TimeoutError", id="a timeout"),
        pytest.param(
            DatabaseUnavailable("database is locked"), "database is locked", id="the database"
        ),
    ],
)
@in_virtual_time
async def test_stored_reason_of_a_stranger_s_error_is_only_its_class(
    error: BaseException, stored: str, workshop: Workshop
) -> None:
    await workshop.enqueue("a")

    await work(workshop, failing(error))

    row = only_row(workshop)
    assert (row.state, row.attempts, row.last_error) == (JobState.QUEUED, 1, stored)
    assert row.run_at == wall(2)


@in_virtual_time
async def test_bug_in_a_handler_is_logged_with_its_traceback(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    error = ZeroDivisionError()
    await workshop.enqueue("a")

    await work(workshop, failing(error))

    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (
        logging.ERROR,
        "unexpected error in job 1 (tests.chore)",
    )
    assert record.exc_info is not None
    assert record.exc_info[1] is error


@in_virtual_time
async def test_failure_that_is_part_of_the_plan_is_only_a_debug_line(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="services")
    await workshop.enqueue("a")

    await work(workshop, failing(RetryLater("busy", seconds=90.4)))

    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.DEBUG, "job 1 (tests.chore) again in 90 s: busy")
    ]


# --- Finishing and saving


@in_virtual_time
async def test_finishing_commits_the_effect_and_the_completion_together(
    workshop: Workshop,
) -> None:
    seen: list[tuple[bool, int]] = []

    async def behave(job: RunningJob[Chore]) -> None:
        async with job.finishing() as transaction:
            transaction.after_commit(
                lambda: seen.append((job.is_done, len(workshop.database.rows)))
            )
            assert len(workshop.database.rows) == 1
        assert job.is_done

    await workshop.enqueue("a")

    await work(workshop, Recorder(behave))

    assert seen == [(False, 0)]
    assert workshop.database.rows == {}


@in_virtual_time
async def test_finishing_undoes_everything_when_its_block_raises(workshop: Workshop) -> None:
    effects: list[str] = []

    async def behave(job: RunningJob[Chore]) -> None:
        async with job.finishing() as transaction:
            transaction.after_commit(lambda: effects.append("x"))
            raise Abandon("no")

    await workshop.enqueue("a")

    await work(workshop, Recorder(behave))

    assert effects == []
    assert only_row(workshop).state is JobState.DEAD


@in_virtual_time
async def test_saved_progress_is_what_the_next_attempt_begins_with(workshop: Workshop) -> None:
    begun: list[int] = []

    async def behave(job: RunningJob[Chore]) -> None:
        begun.append(job.payload.step)
        async with job.saving(Chore(name="a", step=job.payload.step + 1)):
            pass
        begun.append(job.payload.step)
        if job.attempt == 1:
            raise RetryLater("half way", seconds=1)

    await workshop.enqueue("a")

    await work(workshop, Recorder(behave), seconds=2)

    assert begun == [0, 1, 1, 2]
    assert workshop.database.rows == {}


@in_virtual_time
async def test_saving_keeps_the_old_progress_when_its_block_raises(workshop: Workshop) -> None:
    async def behave(job: RunningJob[Chore]) -> None:
        with pytest.raises(KeyError):
            async with job.saving(Chore(name="a", step=9)):
                raise KeyError
        assert job.payload.step == 0
        raise Abandon("enough")

    await workshop.enqueue("a")

    await work(workshop, Recorder(behave))

    row = only_row(workshop)
    assert (row.payload, row.last_error) == ('{"name":"a","step":0}', "enough")


@in_virtual_time
async def test_finish_whose_commit_took_place_unnoticed_is_not_done_again(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    async def behave(job: RunningJob[Chore]) -> None:
        workshop.database.lost_commits = 1
        async with job.finishing():
            pass

    recorder = Recorder(behave)
    await workshop.enqueue("a")

    await work(workshop, recorder, seconds=100)

    assert recorder.attempts == [1]
    assert workshop.database.rows == {}
    assert caplog.messages == ["job 1 (tests.chore) is no longer ours; nothing is recorded"]


@in_virtual_time
async def test_finish_that_failed_can_be_cancelled_again(workshop: Workshop) -> None:
    flags: list[bool] = []

    async def behave(job: RunningJob[Chore]) -> None:
        workshop.database.lost_commits = 1
        with pytest.raises(DatabaseUnavailable):
            async with job.finishing():
                flags.append(job.is_finishing)
        flags.extend((job.is_finishing, job.is_done))

    await workshop.enqueue("a")

    await work(workshop, Recorder(behave))

    assert flags == [False, False, False]


def test_hold_is_settling_from_the_commit_of_its_outcome_on(workshop: Workshop) -> None:
    job = Job(
        job_id=1,
        kind=CHORE.name,
        payload='{"name":"a"}',
        state=JobState.RUNNING,
        priority=5,
        dedup_key=None,
        run_at=None,
        attempts=1,
        max_attempts=3,
        fence=1,
        beat=0,
        worker="w",
        enqueued_at=WALL_START,
        last_error=None,
    )
    hold = Hold(job)
    states = [hold.is_settling]
    hold.running = RunningJob(CHORE, job, workshop.queue)
    states.append(hold.is_settling)
    hold.running.is_finishing = True
    states.append(hold.is_settling)
    hold.running.is_finishing, hold.running.is_done = False, True
    states.append(hold.is_settling)
    hold.running.is_done, hold.is_recording = False, True
    states.append(hold.is_settling)

    assert states == [False, False, True, True, True]


# --- The database is away at the end of a job


async def outage_at_the_end(
    workshop: Workshop, behave: Callable[[], Awaitable[None]], *, seconds: float
) -> Recorder:
    """Have the database vanish while a job runs, and come back after ``seconds``."""

    async def with_outage(_job: RunningJob[Chore]) -> None:
        workshop.database.is_away = True
        await behave()

    recorder = Recorder(with_outage)
    await workshop.enqueue("a")
    async with working(workshop.worker(recorder, concurrency=1), drain_seconds=0):
        await workshop.clock.pass_time(seconds)
        workshop.database.is_away = False
        await workshop.clock.pass_time(1.1)
    return recorder


async def succeed() -> None:
    """End well."""


async def fail() -> None:
    raise RetryLater("later", seconds=500)


async def abandon() -> None:
    raise Abandon("never")


@in_virtual_time
async def test_completion_waits_for_the_database(workshop: Workshop) -> None:
    recorder = await outage_at_the_end(workshop, succeed, seconds=30.5)

    assert recorder.attempts == [1]
    assert workshop.database.rows == {}


@in_virtual_time
async def test_completion_waits_for_the_database_even_longer_than_a_lease(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = await outage_at_the_end(workshop, succeed, seconds=600.5)

    assert recorder.attempts == [1]
    assert workshop.database.rows == {}
    assert [each for each in caplog.messages if "no longer ours" in each] == []


@in_virtual_time
async def test_retry_waits_for_the_database(workshop: Workshop) -> None:
    await outage_at_the_end(workshop, fail, seconds=30.5)

    row = only_row(workshop)
    assert (row.state, row.run_at, row.last_error) == (JobState.QUEUED, wall(500), "later")


@in_virtual_time
async def test_dead_letter_waits_for_the_database(workshop: Workshop) -> None:
    await outage_at_the_end(workshop, abandon, seconds=30.5)

    row = only_row(workshop)
    assert (row.state, row.last_error) == (JobState.DEAD, "never")


@in_virtual_time
async def test_outcome_is_tried_again_every_second(workshop: Workshop, clock: VirtualClock) -> None:
    await outage_at_the_end(workshop, succeed, seconds=3.5)

    # The outcome at 0, 1, 2, 3 and 4 s; the rest are pauses of the beat (every 10 s, then 1 s).
    assert [each for each in clock.sleeps if each == 1.0] == [1.0] * 4


@in_virtual_time
async def test_outcome_that_cannot_be_recorded_is_left_to_the_lease(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def behave(job: RunningJob[Chore]) -> None:
        workshop.database.is_broken = job.attempt == 1

    recorder = Recorder(behave)
    await workshop.enqueue("a")

    async with working(workshop.worker(recorder), drain_seconds=0):
        await settle()
        workshop.database.is_broken = False
        await clock.pass_time(60)

    assert recorder.attempts == [1, 2]
    assert "job 1 (tests.chore) has no outcome; its lease gives it back" in caplog.messages
    assert workshop.database.rows == {}


# --- Without a worker


def test_execution_passes_on_a_cancellation_when_the_job_is_put_back(clock: VirtualClock) -> None:
    async def check() -> None:
        workshop = Workshop(clock)
        handlers = Handlers()
        kind = JobKind(name=CHORE.name, payload=Chore, backoff=Backoff())
        handlers.register(kind, Recorder(forever))
        execution = Execution(workshop.queue, handlers, clock=clock, chance=seeded(1))
        await workshop.enqueue("a")
        [job] = await workshop.queue.claim(kinds=[CHORE.name], worker="w", limit=1)
        task = asyncio.create_task(execution.run(Hold(job)))
        await settle()

        task.cancel()
        [outcome] = await asyncio.gather(task, return_exceptions=True)

        assert isinstance(outcome, asyncio.CancelledError)
        row = only_row(workshop)
        assert (row.state, row.attempts, row.last_error) == (JobState.QUEUED, 0, None)

    run(check())


async def forever(_job: RunningJob[Chore]) -> None:
    await asyncio.Event().wait()
