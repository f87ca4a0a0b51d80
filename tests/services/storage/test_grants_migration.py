from datetime import UTC, datetime
from pathlib import Path

from harness.databases import open_database
from sqlalchemy import inspect

from services.storage.database import Database
from services.storage.grants import GrantRepository
from services.storage.job_models import JobState, NewJob
from services.storage.jobs import JobRepository
from services.storage.migrating import differences, migrate

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


async def tables(database: Database) -> set[str]:
    async with database.read() as transaction:
        return await transaction.run_sync(lambda c: set(inspect(c).get_table_names()))


async def payloads(database: Database) -> list[str]:
    async with database.read() as transaction:
        jobs = await JobRepository().in_states(transaction, states=list(JobState), limit=None)
        return [job.payload for job in jobs]


async def test_rows_of_the_first_version_survive_the_way_to_grants_and_back(
    empty_database: Path | str,
) -> None:
    async with open_database(empty_database) as database:
        await migrate(database, "0001")
        async with database.write() as transaction:
            await JobRepository().add(transaction, NewJob(kind="chore", payload="kept"), NOW)

        await migrate(database)
        async with database.write() as transaction:
            await GrantRepository().put(transaction, 42, "spotify", "ciphertext", NOW)
        forward = await tables(database), await payloads(database)
        await differences(database)

        await migrate(database, "0001")
        back = await tables(database), await payloads(database)

    assert {"jobs", "grants"} <= forward[0]
    assert "grants" not in back[0]
    assert forward[1] == back[1] == ["kept"]
