"""Runs of playlists on both databases."""

from datetime import timedelta

from fakes.clock import WALL_START

from services.storage.database import Database
from services.storage.playlist_runs import PlaylistRunRepository, PlaylistRunRow

MARIE, PAUL = 7, 8
RUNS = PlaylistRunRepository()
LATER = WALL_START + timedelta(hours=1)


async def add(database: Database, user_id: int, stage: str = "draft") -> int:
    async with database.write() as transaction:
        return await RUNS.add(transaction, user_id, stage, "{}", WALL_START)


async def test_run_is_found_by_its_owner_alone(database: Database) -> None:
    run_id = await add(database, MARIE)

    async with database.write() as transaction:
        found = await RUNS.get(transaction, MARIE, run_id, for_update=True)
        stranger = await RUNS.get(transaction, PAUL, run_id)
        row = PlaylistRunRow(run_id=run_id, stage="running", content="taken")
        await RUNS.put(transaction, PAUL, row, LATER)
        after = await RUNS.get(transaction, MARIE, run_id)

    assert found == after == PlaylistRunRow(run_id=run_id, stage="draft", content="{}")
    assert stranger is None


async def test_newest_run_of_a_stage_is_the_one_that_changed_last(database: Database) -> None:
    first, second = await add(database, MARIE, "running"), await add(database, MARIE, "running")
    await add(database, PAUL, "running")

    async with database.write() as transaction:
        before = await RUNS.newest(transaction, MARIE, ("running",))
        changed = PlaylistRunRow(run_id=first, stage="running", content="on")
        await RUNS.put(transaction, MARIE, changed, LATER)
        after = await RUNS.newest(transaction, MARIE, ("running",))
        other = await RUNS.newest(transaction, MARIE, ("done",))

    assert before is not None
    assert (before.run_id, after, other) == (second, changed, None)


async def test_runs_are_deleted_by_age_and_with_their_owner(database: Database) -> None:
    old, kept = await add(database, MARIE), await add(database, MARIE, "running")
    theirs = await add(database, PAUL)

    async with database.write() as transaction:
        await RUNS.delete_older(transaction, MARIE, ("draft",), LATER)
        left = [await RUNS.get(transaction, MARIE, each) for each in (old, kept)]
        everything = [row.run_id for row in await RUNS.all_of(transaction, MARIE)]
        deleted = await RUNS.delete_person(transaction, MARIE)
        nothing = await RUNS.get(transaction, MARIE, kept)
        other = await RUNS.get(transaction, PAUL, theirs)

    assert [row and row.run_id for row in left] == [None, kept]
    assert everything == deleted == [kept]
    assert nothing is None
    assert other is not None


async def test_number_of_a_deleted_run_is_never_used_again(database: Database) -> None:
    run_id = await add(database, MARIE)
    async with database.write() as transaction:
        await RUNS.delete_person(transaction, MARIE)

    assert await add(database, MARIE) > run_id
