"""Outages of the database: nothing is lost, and each is said once."""

import asyncio
import logging

import pytest
from fakes.clock import VirtualClock
from fakes.jobs import Chore, Recorder, Workshop
from fakes.virtual_time import in_virtual_time

from services.jobs.kinds import RunningJob
from services.jobs.outages import Outages
from services.jobs.worker import working
from services.storage.errors import DatabaseUnavailable

LOSS = "the database cannot be used (database is locked); jobs wait for it"
RECOVERY = "the database can be used again"


@in_virtual_time
async def test_idle_worker_says_an_outage_once_and_its_end_once(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with working(workshop.worker(Recorder()), drain_seconds=0):
        await clock.pass_time(1)
        workshop.database.is_away = True
        await clock.pass_time(300)
        workshop.database.is_away = False
        await clock.pass_time(300)

    assert caplog.messages == [LOSS, RECOVERY]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


@in_virtual_time
async def test_worker_says_every_outage(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with working(workshop.worker(Recorder()), drain_seconds=0):
        for _ in range(2):
            workshop.database.is_away = True
            await clock.pass_time(30)
            workshop.database.is_away = False
            await clock.pass_time(30)

    assert caplog.messages == [LOSS, RECOVERY] * 2


@in_virtual_time
async def test_lock_that_lets_others_read_is_one_outage(
    workshop: Workshop, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def behave(_job: RunningJob[Chore]) -> None:
        await clock.pass_time(120)

    await workshop.enqueue("a")

    async with working(workshop.worker(Recorder(behave)), drain_seconds=0):
        await clock.pass_time(1)
        workshop.database.is_locked = True
        await clock.pass_time(40)
        workshop.database.is_locked = False
        await clock.pass_time(120)

    assert caplog.messages == [LOSS, RECOVERY]
    assert workshop.database.rows == {}


@in_virtual_time
async def test_job_that_waits_while_the_database_is_away_is_claimed_within_a_second_of_its_return(
    workshop: Workshop, clock: VirtualClock
) -> None:
    recorder = Recorder()
    await workshop.enqueue("a")
    workshop.database.is_away = True

    async with working(workshop.worker(recorder), drain_seconds=0):
        await clock.pass_time(100.5)
        workshop.database.is_away = False
        await clock.pass_time(2)

    assert recorder.times == [101.0]


@in_virtual_time
async def test_job_lives_on_when_beats_fail_for_less_than_a_lease(
    workshop: Workshop, clock: VirtualClock
) -> None:
    async def behave(_job: RunningJob[Chore]) -> None:
        await clock.pass_time(120)

    recorder = Recorder(behave)
    await workshop.enqueue("a")

    async with (
        working(workshop.worker(recorder), drain_seconds=0),
        working(
            workshop.worker(Recorder(), name="w2", queue=workshop.make_queue()), drain_seconds=0
        ),
    ):
        await clock.pass_time(21)
        workshop.database.is_away = True
        await clock.pass_time(43.5)  # 44.5 s since the last sign of life
        workshop.database.is_away = False
        await clock.pass_time(60)

    assert (recorder.attempts, recorder.ended) == ([1], ["a"])
    assert workshop.database.rows == {}


@in_virtual_time
async def test_worker_keeps_its_jobs_through_an_outage_in_every_second_of_a_minute(
    workshop: Workshop, clock: VirtualClock
) -> None:
    async def behave(_job: RunningJob[Chore]) -> None:
        await clock.pass_time(0.7)

    recorder = Recorder(behave)
    names = [f"job {number}" for number in range(60)]
    await workshop.enqueue(*names)

    async with working(workshop.worker(recorder), drain_seconds=0):
        for second in range(60):
            workshop.database.is_away = second % 2 == 0
            await clock.pass_time(1)
        workshop.database.is_away = False
        await clock.pass_time(60)

    assert sorted(recorder.ended) == sorted(names)
    assert workshop.database.rows == {}


# --- Outages


@in_virtual_time
async def test_survive_pauses_a_second_after_a_failure_and_not_after_a_success(
    clock: VirtualClock,
) -> None:
    outages = Outages(clock)

    async def succeed() -> bool:
        return False

    async def fail() -> bool:
        raise DatabaseUnavailable("gone")

    outcomes = [await outages.survive(succeed), await outages.survive(fail)]

    assert outcomes == [True, False]
    assert clock.sleeps == [1.0]


@in_virtual_time
async def test_only_a_change_ends_an_outage(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    outages = Outages(clock)
    outcomes: list[bool | Exception] = [
        DatabaseUnavailable("database is locked"),
        False,
        ValueError("a bug is no outage, and no end of one"),
        DatabaseUnavailable("database is locked"),
        True,
        True,
    ]

    async def act() -> bool:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    while outcomes:
        await outages.survive(act)

    assert caplog.messages == [LOSS, "unexpected error of the job worker", RECOVERY]


@in_virtual_time
async def test_repeat_pauses_between_successes_and_repeats_a_failure_sooner(
    clock: VirtualClock,
) -> None:
    moments: list[float] = []

    async def act() -> bool:
        moments.append(clock.elapsed)
        if len(moments) == 2:
            raise DatabaseUnavailable("gone")
        return True

    task = asyncio.create_task(Outages(clock).repeat(10, act))
    await clock.pass_time(25)
    task.cancel()

    assert moments == [0.0, 10.0, 11.0, 21.0]
