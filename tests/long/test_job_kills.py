"""Jobs under kill -9, with real processes on real databases: nothing lost, nothing doubled."""

import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from harness.databases import open_database
from harness.job_process import DIES, ONCE, RAISES, STEPS, STEPWISE, Plan
from harness.kills import (
    Processes,
    create_effects,
    dead_letters,
    effects,
    enqueue,
    expected_effects,
    locked,
    processes,
)

from services.storage.database import Database
from services.storage.migrating import migrate

pytestmark = pytest.mark.long

VANISHED = "the process that ran it vanished"


@pytest.fixture
async def where(empty_database: Path | str) -> str:
    """A database with all tables and one for effects."""
    async with open_database(empty_database) as database:
        await migrate(database)
        await create_effects(database)
    return str(empty_database)


@pytest.fixture
async def database(where: str, empty_database: Path | str) -> AsyncIterator[Database]:
    """The same database, for looking at it."""
    del where  # only that it comes first
    async with open_database(empty_database) as opened:
        yield opened


@pytest.mark.parametrize("step", [pytest.param(step, id=step) for step in STEPS])
async def test_job_takes_effect_once_when_its_process_is_killed_at_a_step(
    step: str, where: str, database: Database
) -> None:
    once, stepwise = await enqueue(database, ONCE, 3), await enqueue(database, STEPWISE, 3)

    async with processes(Plan(where=where, workers=1, kill_at=step)) as running:
        await running.until("ended -9")
        await running.until_nothing_is_left(database, limit=60)

    assert await effects(database) == expected_effects(once, stepwise)
    assert await dead_letters(database) == []
    assert running.kills == 1


@pytest.mark.parametrize(
    ("workers", "seed"), [pytest.param(2, 2, id="two"), pytest.param(4, 4, id="four")]
)
async def test_no_job_of_hundreds_is_lost_or_doubled_while_workers_are_killed_by_chance(
    workers: int, seed: int, where: str, database: Database
) -> None:
    once, stepwise = await enqueue(database, ONCE, 450), await enqueue(database, STEPWISE, 150)
    plan = Plan(where=where, workers=workers, seed=seed, kill_chance=0.01)

    async with processes(plan) as running:
        await running.until_nothing_is_left(database, limit=300)

    assert await effects(database) == expected_effects(once, stepwise)
    assert await dead_letters(database) == []
    assert running.kills >= 20
    report(running, f"{workers} workers")


async def test_process_that_was_frozen_beyond_its_lease_doubles_nothing_when_it_goes_on(
    where: str, database: Database
) -> None:
    once = await enqueue(database, ONCE, 4)

    async with processes(Plan(where=where, workers=1, freeze_at="claimed")) as frozen:
        await frozen.until("frozen")
        async with processes(Plan(where=where, workers=1, seed=2)) as others:
            await others.until_nothing_is_left(database, limit=60)
        before = await effects(database)
        os.kill(int(frozen.lines[-1].split()[1]), signal.SIGCONT)
        for _ in once:
            await frozen.until("no longer ours")
            frozen.lines.append("seen")

    assert before == expected_effects(once, [])
    assert await effects(database) == before


async def test_poison_jobs_end_as_dead_letters_and_harm_no_other(
    where: str, database: Database
) -> None:
    raises, dies = await enqueue(database, RAISES, 3), await enqueue(database, DIES, 3)
    once = await enqueue(database, ONCE, 50)

    async with processes(Plan(where=where)) as running:
        await running.until_nothing_is_left(database, limit=120)

    assert await effects(database) == expected_effects(once, [])
    assert await dead_letters(database) == [
        *((job_id, 3, "always") for job_id in raises),
        *((job_id, 2, VANISHED) for job_id in dies),
    ]


async def test_wall_clocks_that_are_set_by_an_hour_lose_and_double_nothing(
    where: str, database: Database
) -> None:
    once, stepwise = await enqueue(database, ONCE, 150), await enqueue(database, STEPWISE, 50)
    plan = Plan(where=where, seed=6, kill_chance=0.01, wall_step_hours=1.0)

    async with processes(plan) as running:
        await running.until_nothing_is_left(database, limit=120)

    assert await effects(database) == expected_effects(once, stepwise)
    assert await dead_letters(database) == []
    assert running.kills >= 5


async def test_database_that_is_locked_for_ten_seconds_loses_and_doubles_nothing(
    where: str, database: Database
) -> None:
    once, stepwise = await enqueue(database, ONCE, 300), await enqueue(database, STEPWISE, 100)

    async with processes(Plan(where=where, seed=8, kill_chance=0.003)) as running:
        await running.until("committed")
        async with locked(where, seconds=10) as lock:
            await lock.wait()
        await running.until_nothing_is_left(database, limit=120)

    assert await effects(database) == expected_effects(once, stepwise)
    assert await dead_letters(database) == []
    report(running, "locked")


async def test_job_of_a_killed_process_is_taken_back_after_a_real_lease(tmp_path: Path) -> None:
    path = tmp_path / "aime.db"
    async with open_database(path) as database:
        await migrate(database)
        await create_effects(database)
        once = await enqueue(database, ONCE, 8)
        plan = Plan(where=str(path), workers=2, lease_seconds=30.0, kill_at="after the effect")

        async with processes(plan) as running:
            await running.until_nothing_is_left(database, limit=90)

        assert await effects(database) == expected_effects(once, [])
    assert running.kills == 1
    assert running.count("log took back") == 1


def report(running: Processes, what: str) -> None:
    """Say how much was killed; shown by ``pytest -rP``."""
    sys.stdout.write(f"{what}: {running.kills} processes killed\n")
