import asyncio
from pathlib import Path

import pytest
from harness.databases import open_database
from sqlalchemy import inspect, text

from services.storage.database import Database
from services.storage.errors import DatabaseTooNew
from services.storage.migrating import BASE, HEAD, UnknownRevision, differences, migrate, revisions


async def table_names(database: Database) -> set[str]:
    async with database.read() as transaction:
        names = await transaction.run_sync(lambda connection: inspect(connection).get_table_names())
    return set(names) - {"alembic_version"}


async def test_migrate_leads_from_nothing_to_head_and_back(empty_database: Path | str) -> None:
    async with open_database(empty_database) as database:
        forward = await migrate(database)
        tables = await table_names(database)
        back = await migrate(database, BASE)

        assert forward.current is None
        assert forward.wanted == back.current
        assert back.wanted is None
        assert "jobs" in tables
        assert await table_names(database) == set()


async def test_migrations_make_the_tables_that_the_code_describes(database: Database) -> None:
    await differences(database)


async def test_differences_are_noticed(database: Database) -> None:
    async with database.write() as transaction:
        await transaction.execute(text("ALTER TABLE jobs ADD COLUMN surprise INTEGER"))

    with pytest.raises(Exception, match="surprise"):
        await differences(database)


async def test_every_step_back_can_be_gone_forward_again(empty_database: Path | str) -> None:
    async with open_database(empty_database) as database:
        await migrate(database)
        head = (await revisions(database)).current
        while (await revisions(database)).current is not None:
            await migrate(database, "-1")

        after = await migrate(database)

        assert after.wanted == head
        await differences(database)


async def test_migrate_goes_back_to_a_revision_by_name(database: Database) -> None:
    moved = await migrate(database, "0001")

    assert moved.wanted == "0001"
    assert (await migrate(database, HEAD)).current == "0001"


@pytest.mark.parametrize("target", ["9999", "-99", "nonsense"])
async def test_unknown_target_is_refused_and_changes_nothing(target: str, tmp_path: Path) -> None:
    async with open_database(tmp_path / "aime.db") as database:
        before = await migrate(database)

        with pytest.raises(UnknownRevision):
            await migrate(database, target)

        assert (await revisions(database)).current == before.wanted


async def test_database_of_a_newer_version_is_left_alone(database: Database) -> None:
    async with database.write() as transaction:
        await transaction.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(DatabaseTooNew, match="newer version"):
        await migrate(database)
    with pytest.raises(DatabaseTooNew, match="9999"):
        await revisions(database)

    assert "jobs" in await table_names(database)


async def test_processes_that_start_together_migrate_once(empty_database: Path | str) -> None:
    async with open_database(empty_database) as first, open_database(empty_database) as second:
        outcomes = await asyncio.gather(migrate(first), migrate(second), migrate(first))

        assert sorted(moved.current is None for moved in outcomes) == [False, False, True]
        await differences(first)


async def test_sqlite_checks_foreign_keys_again_after_a_migration(tmp_path: Path) -> None:
    async with open_database(tmp_path / "aime.db") as database:
        await migrate(database)

        async with database.write() as transaction:
            pragma = await transaction.execute(text("PRAGMA foreign_keys"))
            assert pragma.scalar_one() == 1


async def test_sqlite_migration_that_breaks_a_reference_is_undone(tmp_path: Path) -> None:
    async with open_database(tmp_path / "aime.db") as database:
        async with database.write() as transaction:
            await transaction.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
            await transaction.execute(
                text("CREATE TABLE child (parent_id INTEGER REFERENCES parent (id))")
            )
            await transaction.execute(text("INSERT INTO parent VALUES (1)"))
            await transaction.execute(text("INSERT INTO child VALUES (1)"))

        with pytest.raises(RuntimeError, match="refer to nothing"):
            async with database.migrating() as transaction:
                await transaction.execute(text("DELETE FROM parent"))

        async with database.read() as transaction:
            rows = await transaction.execute(text("SELECT id FROM parent"))
            assert rows.scalars().all() == [1]
