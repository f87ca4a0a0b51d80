"""The queue on the fake and on both databases: the fake is honest as long as these pass on all."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.clock import VirtualClock
from fakes.jobs import CHORE, Chore
from harness.databases import cut_connections, open_database

from services.jobs.kinds import JobKind
from services.jobs.queue import Enqueued, JobQueue
from services.resilience.clock import SystemClock
from services.storage.job_models import Job, JobState, Priority
from services.storage.migrating import migrate

FAR = timedelta(days=400)


async def claim(queue: JobQueue, worker: str = "w", limit: int = 10) -> list[Job]:
    return await queue.claim(kinds=[CHORE.name], worker=worker, limit=limit)


async def complete(queue: JobQueue, job: Job) -> bool:
    async with queue.writing() as transaction:
        return await queue.complete(transaction, job)


async def test_queue_hands_out_what_was_enqueued(any_queue: JobQueue, clock: VirtualClock) -> None:
    run_at = clock.now() - timedelta(minutes=1)
    enqueued = await any_queue.enqueue(CHORE, Chore(name="a"), key="k", run_at=run_at)

    [job] = await claim(any_queue)

    assert enqueued == Enqueued(1, is_new=True)
    assert job == Job(
        job_id=1,
        kind="tests.chore",
        payload='{"name":"a","step":0}',
        state=JobState.RUNNING,
        priority=Priority.NORMAL,
        dedup_key="tests.chore:k",
        run_at=run_at,
        attempts=1,
        max_attempts=3,
        fence=1,
        beat=0,
        worker="w",
        enqueued_at=job.enqueued_at,
        last_error=None,
    )
    assert await claim(any_queue) == []
    assert await any_queue.running() == [job]


async def test_queue_hands_out_the_urgent_first_and_no_more_than_asked(
    any_queue: JobQueue,
) -> None:
    for name, priority in (
        ("low", Priority.BACKGROUND),
        ("a", None),
        ("high", Priority.INTERACTIVE),
        ("b", None),
    ):
        await any_queue.enqueue(CHORE, Chore(name=name), priority=priority)

    first = await claim(any_queue, limit=3)
    rest = await claim(any_queue, limit=3)

    assert [CHORE.decode(job.payload).name for job in first] == ["high", "a", "b"]
    assert [CHORE.decode(job.payload).name for job in rest] == ["low"]


async def test_priority_of_a_job_may_be_the_most_urgent(any_queue: JobQueue) -> None:
    background = JobKind(name=CHORE.name, payload=Chore, priority=Priority.BACKGROUND)
    await any_queue.enqueue(background, Chore(name="kind's"))
    await any_queue.enqueue(background, Chore(name="own"), priority=Priority.INTERACTIVE)

    jobs = await claim(any_queue)

    assert [job.priority for job in jobs] == [0, 9]


async def test_keys_belong_to_a_kind_and_to_live_jobs(any_queue: JobQueue) -> None:
    other = JobKind(name="tests.other", payload=Chore)
    first = await any_queue.enqueue(CHORE, Chore(name="a"), key="k")
    joined = await any_queue.enqueue(CHORE, Chore(name="b"), key="k")
    of_other_kind = await any_queue.enqueue(other, Chore(name="c"), key="k")
    [job] = await claim(any_queue)
    while_running = await any_queue.enqueue(CHORE, Chore(name="d"), key="k")
    await any_queue.bury(job, "poison")
    after_death = await any_queue.enqueue(CHORE, Chore(name="e"), key="k")

    assert joined == while_running == Enqueued(first.job_id, is_new=False)
    assert of_other_kind.is_new
    assert after_death.is_new
    assert len({first.job_id, of_other_kind.job_id, after_death.job_id}) == 3


async def test_jobs_without_a_key_never_join(any_queue: JobQueue) -> None:
    first = await any_queue.enqueue(CHORE, Chore(name="a"))
    second = await any_queue.enqueue(CHORE, Chore(name="a"))

    assert (first.is_new, second.is_new) == (True, True)


async def test_job_exists_only_when_the_caller_s_transaction_commits(any_queue: JobQueue) -> None:
    async def fail() -> None:
        async with any_queue.writing() as transaction:
            await any_queue.enqueue(CHORE, Chore(name="undone"), transaction=transaction)
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    async with any_queue.writing() as transaction:
        await any_queue.enqueue(CHORE, Chore(name="done"), transaction=transaction)

    assert [CHORE.decode(job.payload).name for job in await claim(any_queue)] == ["done"]


async def test_workers_are_woken_after_the_commit_and_only_then(any_queue: JobQueue) -> None:
    woken = asyncio.create_task(any_queue.wait())
    async with any_queue.writing() as transaction:
        await any_queue.enqueue(CHORE, Chore(name="a"), transaction=transaction)
        await turns()
        is_early = woken.done()
    await turns()

    assert (is_early, woken.done()) == (False, True)


async def test_waking_is_remembered_once(any_queue: JobQueue) -> None:
    any_queue.wake()
    any_queue.wake()
    await any_queue.wait()
    second = asyncio.create_task(any_queue.wait())
    await turns()

    assert not second.done()
    second.cancel()


async def turns() -> None:
    for _ in range(10):
        await SystemClock().sleep(0)


async def test_job_waits_for_its_time(any_queue: JobQueue, clock: VirtualClock) -> None:
    run_at = clock.now() + FAR
    await any_queue.enqueue(CHORE, Chore(name="a"), run_at=run_at)
    await any_queue.enqueue(CHORE, Chore(name="b"), run_at=run_at + FAR)

    early = await claim(any_queue)
    due = await any_queue.next_run_at([CHORE.name])
    clock.step_wall(FAR)
    late = await claim(any_queue)

    assert early == []
    assert due == run_at
    assert [CHORE.decode(job.payload).name for job in late] == ["a"]
    assert await any_queue.next_run_at([CHORE.name]) == run_at + FAR
    assert await any_queue.next_run_at(["tests.other"]) is None


async def test_hurried_job_waits_no_longer_and_no_other_is_hurried(
    any_queue: JobQueue, clock: VirtualClock
) -> None:
    for name in ("a", "b"):
        await any_queue.enqueue(CHORE, Chore(name=name), key=name, run_at=clock.now() + FAR)

    async with any_queue.writing() as transaction:
        await any_queue.hurry(transaction, CHORE, "a")
        await any_queue.hurry(transaction, CHORE, "of nobody")

    assert [CHORE.decode(job.payload).name for job in await claim(any_queue)] == ["a"]


async def test_beat_counts_for_the_worker_s_own_jobs(any_queue: JobQueue) -> None:
    await any_queue.enqueue(CHORE, Chore(name="a"))
    await any_queue.enqueue(CHORE, Chore(name="b"))
    [mine] = await claim(any_queue, "mine", limit=1)
    [other] = await claim(any_queue, "other", limit=1)

    fences = await any_queue.beat("mine", [mine.job_id, other.job_id, 99])

    assert fences == {mine.job_id: 1}
    assert await any_queue.running() == [replace(mine, beat=1), other]


async def test_taken_back_job_is_queued_or_dead_and_its_old_fence_fits_nothing(
    any_queue: JobQueue,
) -> None:
    short = JobKind(name=CHORE.name, payload=Chore, max_attempts=1)
    await any_queue.enqueue(CHORE, Chore(name="a"))
    await any_queue.enqueue(short, Chore(name="poison"))
    old, poison = await claim(any_queue, "frozen")

    taken = await any_queue.take_back([old, poison])
    [new] = await claim(any_queue, "fresh")
    async with any_queue.writing() as transaction:
        saved = await any_queue.save(transaction, old, "{}")
    outcomes = [
        saved,
        await complete(any_queue, old),
        await any_queue.put_back(old, run_at=None, error="x"),
        await any_queue.bury(old, "x"),
        await any_queue.take_back([old]) == 1,
    ]

    assert taken == 2
    assert (new.job_id, new.fence, new.attempts) == (old.job_id, 2, 2)
    assert new.last_error == "the process that ran it vanished"
    assert outcomes == [False] * 5
    assert await any_queue.running() == [new]


async def test_job_that_has_beaten_since_is_not_taken_back(any_queue: JobQueue) -> None:
    await any_queue.enqueue(CHORE, Chore(name="a"))
    [job] = await claim(any_queue)
    await any_queue.beat("w", [job.job_id])

    assert await any_queue.take_back([job]) == 0


async def test_taking_back_wakes_the_workers(any_queue: JobQueue) -> None:
    await any_queue.enqueue(CHORE, Chore(name="a"))
    await any_queue.wait()
    jobs = await claim(any_queue)
    woken = asyncio.create_task(any_queue.wait())

    await any_queue.take_back(jobs)
    await turns()

    assert woken.done()


async def test_put_back_counts_unless_told_otherwise(
    any_queue: JobQueue, clock: VirtualClock
) -> None:
    await any_queue.enqueue(CHORE, Chore(name="a"))
    [job] = await claim(any_queue)
    is_put_back = await any_queue.put_back(job, run_at=clock.now(), error="e" * 501)
    [job] = await claim(any_queue)
    failed = (job.attempts, job.last_error)
    await any_queue.put_back(job, run_at=None, error=None, counts=False)
    [job] = await claim(any_queue)

    assert is_put_back
    assert failed == (2, "e" * 500)
    assert (job.attempts, job.fence, job.run_at, job.last_error) == (2, 3, None, "e" * 500)


async def test_saved_payload_is_what_the_next_claim_gets(any_queue: JobQueue) -> None:
    await any_queue.enqueue(CHORE, Chore(name="a"))
    [job] = await claim(any_queue)
    async with any_queue.writing() as transaction:
        saved = await any_queue.save(transaction, job, '{"name":"a","step":1}')
    await any_queue.put_back(job, run_at=None, error=None)

    [again] = await claim(any_queue)

    assert saved
    assert CHORE.decode(again.payload) == Chore(name="a", step=1)


async def test_completed_job_is_gone_and_its_id_is_not_used_again(any_queue: JobQueue) -> None:
    first = await any_queue.enqueue(CHORE, Chore(name="a"))
    [job] = await claim(any_queue)
    outcomes = [await complete(any_queue, job), await complete(any_queue, job)]
    second = await any_queue.enqueue(CHORE, Chore(name="b"))

    assert outcomes == [True, False]
    assert second.job_id > first.job_id


# --- Hearing of jobs of other processes


async def test_listening_on_sqlite_hears_nothing_and_ends(
    tmp_path: Path, clock: VirtualClock
) -> None:
    async with open_database(tmp_path / "aime.db") as database:
        await JobQueue(database, clock=clock).listen()


async def test_postgres_wakes_the_workers_of_other_processes(
    postgres_url: str, clock: VirtualClock
) -> None:
    async with open_database(postgres_url) as ours, open_database(postgres_url) as theirs:
        await migrate(ours)
        queue = JobQueue(ours, clock=clock)
        listening = asyncio.create_task(queue.listen())
        await queue.wait()  # once, since something may have come before

        await JobQueue(theirs, clock=clock).enqueue(CHORE, Chore(name="a"))
        await queue.wait()

        assert len(await claim(queue)) == 1
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_listening_on_postgres_ends_when_the_connection_breaks(
    postgres_url: str, clock: VirtualClock
) -> None:
    async with open_database(postgres_url) as ours, open_database(postgres_url) as theirs:
        queue = JobQueue(ours, clock=clock)
        listening = asyncio.create_task(queue.listen())
        await queue.wait()

        await cut_connections(theirs)
        await listening
