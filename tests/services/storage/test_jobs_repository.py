from datetime import UTC, datetime, timedelta

import pytest

from services.storage.database import Database
from services.storage.job_models import Job, JobState, NewJob, Priority
from services.storage.jobs import JobRepository

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
JOBS = JobRepository()


async def add(
    database: Database,
    payload: str = "{}",
    *,
    kind: str = "chore",
    key: str | None = None,
    run_at: datetime | None = None,
    priority: Priority = Priority.NORMAL,
    max_attempts: int = 2,
) -> tuple[int, bool]:
    job = NewJob(
        kind=kind,
        payload=payload,
        dedup_key=key,
        run_at=run_at,
        priority=priority,
        max_attempts=max_attempts,
    )
    async with database.write() as transaction:
        return await JOBS.add(transaction, job, NOW)


async def claim(
    database: Database, *, worker: str = "w1", limit: int = 10, now: datetime = NOW
) -> list[Job]:
    async with database.write() as transaction:
        return await JOBS.claim(transaction, kinds=["chore"], worker=worker, now=now, limit=limit)


async def all_jobs(database: Database) -> list[Job]:
    async with database.read() as transaction:
        return await JOBS.in_states(transaction, states=list(JobState), limit=None)


async def test_added_job_is_claimed_once_with_everything_it_was_given(database: Database) -> None:
    job_id, is_new = await add(database, '{"a": 1}', key="k", run_at=NOW)

    [job] = await claim(database)
    again = await claim(database, worker="w2")

    assert is_new
    assert again == []
    assert job == Job(
        job_id=job_id,
        kind="chore",
        payload='{"a": 1}',
        state=JobState.RUNNING,
        priority=Priority.NORMAL,
        dedup_key="k",
        run_at=NOW,
        attempts=1,
        max_attempts=2,
        fence=1,
        beat=0,
        worker="w1",
        enqueued_at=NOW,
        last_error=None,
    )


async def test_claim_takes_the_urgent_first_then_the_oldest(database: Database) -> None:
    for payload, priority in (
        ("1", Priority.BACKGROUND),
        ("2", Priority.NORMAL),
        ("3", Priority.INTERACTIVE),
        ("4", Priority.NORMAL),
    ):
        await add(database, payload, priority=priority)

    first = await claim(database, limit=3)
    rest = await claim(database, limit=3)

    assert [job.payload for job in first] == ["3", "2", "4"]
    assert [job.payload for job in rest] == ["1"]


async def test_claim_leaves_other_kinds_and_later_times_alone(database: Database) -> None:
    await add(database, kind="unknown")
    await add(database, run_at=NOW + timedelta(seconds=1))

    early = await claim(database)
    due = await claim(database, now=NOW + timedelta(seconds=1))

    assert early == []
    assert [job.kind for job in due] == ["chore"]


async def test_job_without_a_time_is_due_whatever_the_clock_says(database: Database) -> None:
    await add(database)

    jobs = await claim(database, now=NOW - timedelta(days=400))

    assert len(jobs) == 1


async def test_second_job_with_a_live_key_joins_the_first(database: Database) -> None:
    first, _ = await add(database, key="k")
    queued = await add(database, key="k")
    await claim(database)
    running = await add(database, key="k")

    assert queued == (first, False)
    assert running == (first, False)
    assert len(await all_jobs(database)) == 1


async def test_key_is_free_again_after_completion_and_after_death(database: Database) -> None:
    await add(database, key="k")
    [job] = await claim(database)
    async with database.write() as transaction:
        await JOBS.complete(transaction, job.job_id, job.fence)
    second, is_second_new = await add(database, key="k")
    [job] = await claim(database)
    async with database.write() as transaction:
        await JOBS.bury(transaction, job.job_id, job.fence, "poison")
    third, is_third_new = await add(database, key="k")

    assert (is_second_new, is_third_new) == (True, True)
    assert len({job.job_id, third, second}) == 2  # the dead one is the second


async def test_ids_are_never_used_twice(database: Database) -> None:
    first, _ = await add(database)
    [job] = await claim(database)
    async with database.write() as transaction:
        await JOBS.complete(transaction, job.job_id, job.fence)

    second, _ = await add(database)

    assert second > first


async def test_old_fence_changes_nothing(database: Database) -> None:
    await add(database)
    [old] = await claim(database, worker="frozen")
    async with database.write() as transaction:
        taken = await JOBS.take_back(transaction, [old])
    [new] = await claim(database, worker="fresh")

    async with database.write() as transaction:
        outcomes = [
            await JOBS.complete(transaction, old.job_id, old.fence),
            await JOBS.bury(transaction, old.job_id, old.fence, "x"),
            await JOBS.save(transaction, old.job_id, old.fence, "x"),
            await JOBS.put_back(transaction, old.job_id, old.fence, run_at=None, error="x"),
        ]

    assert taken == 1
    assert outcomes == [False] * 4
    assert await all_jobs(database) == [new]
    assert (new.fence, new.attempts) == (2, 2)


async def test_put_back_counts_the_attempt_unless_told_otherwise(database: Database) -> None:
    await add(database)
    [job] = await claim(database)
    later = NOW + timedelta(minutes=1)
    async with database.write() as transaction:
        await JOBS.put_back(transaction, job.job_id, job.fence, run_at=later, error="e" * 900)
    [failed] = await all_jobs(database)
    [job] = await claim(database, now=later)
    async with database.write() as transaction:
        await JOBS.put_back(
            transaction, job.job_id, job.fence, run_at=None, error=None, counts=False
        )
    [released] = await all_jobs(database)

    assert (failed.state, failed.attempts, failed.run_at) == (JobState.QUEUED, 1, later)
    assert failed.last_error == "e" * 500
    assert failed.worker is None
    assert (released.attempts, released.run_at, released.last_error) == (1, None, "e" * 500)


async def test_take_back_makes_a_dead_letter_of_what_was_tried_often_enough(
    database: Database,
) -> None:
    await add(database, max_attempts=1)
    await add(database, max_attempts=2)
    jobs = await claim(database)

    async with database.write() as transaction:
        taken = await JOBS.take_back(transaction, jobs)

    killer, other = await all_jobs(database)
    assert taken == 2
    assert (killer.state, other.state) == (JobState.DEAD, JobState.QUEUED)
    assert killer.last_error == "the process that ran it vanished"


async def test_take_back_leaves_a_job_alone_that_has_beaten_since(database: Database) -> None:
    await add(database)
    jobs = await claim(database)
    async with database.write() as transaction:
        fences = await JOBS.beat(transaction, "w1", [jobs[0].job_id])

    async with database.write() as transaction:
        taken = await JOBS.take_back(transaction, jobs)

    assert fences == {jobs[0].job_id: 1}
    assert taken == 0


async def test_beat_is_only_for_the_worker_s_own_jobs(database: Database) -> None:
    await add(database)
    [job] = await claim(database, worker="w1")

    async with database.write() as transaction:
        stranger = await JOBS.beat(transaction, "w2", [job.job_id])
        other_id = await JOBS.beat(transaction, "w1", [job.job_id + 1])

    assert (stranger, other_id) == ({}, {})
    assert (await all_jobs(database))[0].beat == 0


async def test_next_run_at_is_the_earliest_of_our_kinds(database: Database) -> None:
    await add(database, run_at=NOW + timedelta(hours=2))
    await add(database, run_at=NOW + timedelta(hours=1))
    await add(database, run_at=NOW, kind="unknown")
    await add(database)

    async with database.read() as transaction:
        soonest = await JOBS.next_run_at(transaction, ["chore"])
        none = await JOBS.next_run_at(transaction, ["other"])

    assert soonest == NOW + timedelta(hours=1)
    assert none is None


async def buried(database: Database, key: str | None = None) -> int:
    await add(database, key=key, max_attempts=1)
    [job] = await claim(database)
    async with database.write() as transaction:
        await JOBS.bury(transaction, job.job_id, job.fence, "poison")
    return job.job_id


async def test_requeue_gives_the_named_dead_letters_new_attempts(database: Database) -> None:
    first, second = await buried(database), await buried(database)

    async with database.write() as transaction:
        revived = await JOBS.requeue(transaction, [first])

    alive, dead = await all_jobs(database)
    assert revived == [first]
    assert (alive.state, alive.attempts, alive.run_at) == (JobState.QUEUED, 0, None)
    assert (dead.job_id, dead.state) == (second, JobState.DEAD)


async def test_requeue_leaves_what_a_live_job_does_already(database: Database) -> None:
    dead = await buried(database, key="k")
    await add(database, key="k")
    other = await buried_with_other_live(database)

    async with database.write() as transaction:
        revived = await JOBS.requeue(transaction, None)

    assert dead not in revived
    assert revived == [other]


async def buried_with_other_live(database: Database) -> int:
    job_id, _ = await add(database, key="other", priority=Priority.INTERACTIVE, max_attempts=1)
    [job] = await claim(database, limit=1)
    assert job.job_id == job_id
    async with database.write() as transaction:
        await JOBS.bury(transaction, job.job_id, job.fence, "poison")
    return job_id


async def test_discard_removes_dead_letters_or_named_jobs_but_none_that_runs(
    database: Database,
) -> None:
    dead = await buried(database)
    running, _ = await add(database)
    await claim(database)
    queued, _ = await add(database)

    async with database.write() as transaction:
        named = await JOBS.discard(transaction, [running, queued])
        others = await JOBS.discard(transaction, None)

    assert (named, others) == ([queued], [dead])
    assert [job.job_id for job in await all_jobs(database)] == [running]


async def test_count_tells_how_many_are_in_each_state(database: Database) -> None:
    await buried(database)
    await add(database)
    await claim(database)
    await add(database)
    await add(database)

    async with database.read() as transaction:
        counts = await JOBS.count(transaction)

    assert counts == {JobState.DEAD: 1, JobState.RUNNING: 1, JobState.QUEUED: 2}


async def test_instants_need_a_time_zone(database: Database) -> None:
    naive = NOW.replace(tzinfo=None)

    with pytest.raises(Exception, match="without a time zone"):
        await add(database, run_at=naive)
