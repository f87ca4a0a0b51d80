import asyncio
import sqlite3
import threading
from pathlib import Path

import aiosqlite
import pytest
from fakes.virtual_time import settle
from harness.databases import cut_connections, open_database
from sqlalchemy import text

from services.resilience.clock import SystemClock
from services.storage import database as database_module
from services.storage.database import Database
from services.storage.errors import DatabaseUnavailable


class WatchedClock(SystemClock):
    """Says when somebody has begun to wait."""

    def __init__(self) -> None:
        self.has_paused = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.has_paused.set()
        await super().sleep(seconds)


async def create_notes(database: Database) -> None:
    async with database.write() as transaction:
        await transaction.execute(text("CREATE TABLE notes (word TEXT PRIMARY KEY)"))


async def note(database: Database, word: str) -> None:
    async with database.write() as transaction:
        await transaction.execute(text("INSERT INTO notes VALUES (:word)"), [{"word": word}])


async def notes(database: Database) -> list[str]:
    async with database.read() as transaction:
        return list((await transaction.execute(text("SELECT word FROM notes"))).scalars())


async def test_write_commits_what_the_block_does(database: Database) -> None:
    await create_notes(database)

    await note(database, "kept")

    assert await notes(database) == ["kept"]


async def test_write_undoes_everything_when_the_block_raises(database: Database) -> None:
    await create_notes(database)

    async def fail_half_way() -> None:
        async with database.write() as transaction:
            await transaction.execute(text("INSERT INTO notes VALUES ('lost')"))
            raise KeyError

    with pytest.raises(KeyError):
        await fail_half_way()

    assert await notes(database) == []


async def test_write_lets_the_block_raise_its_own_os_errors(database: Database) -> None:
    with pytest.raises(FileNotFoundError):
        async with database.write():
            raise FileNotFoundError

    with pytest.raises(TimeoutError):
        async with database.read():
            raise TimeoutError


async def test_write_is_undone_when_its_task_is_cancelled(database: Database) -> None:
    await create_notes(database)
    is_inside = asyncio.Event()

    async def write_and_wait() -> None:
        async with database.write() as transaction:
            await transaction.execute(text("INSERT INTO notes VALUES ('half')"))
            is_inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write_and_wait())
    await is_inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await note(database, "next")

    assert await notes(database) == ["next"]


async def test_after_commit_runs_only_when_it_was_committed(database: Database) -> None:
    calls: list[str] = []

    async with database.write() as transaction:
        transaction.after_commit(lambda: calls.append("committed"))
        assert calls == []

    async def fail() -> None:
        async with database.write() as transaction:
            transaction.after_commit(lambda: calls.append("rolled back"))
            raise KeyError

    with pytest.raises(KeyError):
        await fail()

    assert calls == ["committed"]


async def test_read_sees_one_snapshot(database: Database) -> None:
    await create_notes(database)

    async with database.read() as transaction:
        before = (await transaction.execute(text("SELECT count(*) FROM notes"))).scalar_one()
        await note(database, "later")
        after = (await transaction.execute(text("SELECT count(*) FROM notes"))).scalar_one()

    assert (before, after) == (0, 0)
    assert await notes(database) == ["later"]


async def test_read_cannot_write(database: Database) -> None:
    await create_notes(database)

    with pytest.raises(Exception, match=r"readonly|read-only"):
        async with database.read() as transaction:
            await transaction.execute(text("INSERT INTO notes VALUES ('sneaked in')"))

    assert await notes(database) == []


async def test_writers_of_one_process_take_turns(database: Database) -> None:
    await create_notes(database)

    await asyncio.gather(*(note(database, str(number)) for number in range(50)))

    assert len(await notes(database)) == 50


# --- SQLite


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "aime.db"


async def test_sqlite_is_durable_and_checks_foreign_keys(path: Path) -> None:
    async with open_database(path) as database, database.write() as transaction:
        pragmas = [
            (await transaction.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert pragmas == ["wal", 2, 1]


async def test_sqlite_refuses_a_second_transaction_of_the_same_task(path: Path) -> None:
    async with open_database(path) as database, database.write():
        with pytest.raises(RuntimeError, match="already in a transaction"):
            async with database.write():
                pass


async def test_sqlite_writer_waits_for_another_process_and_can_be_cancelled(path: Path) -> None:
    async with open_database(path) as database:
        await create_notes(database)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(note(database, "patient"))
        impatient = asyncio.create_task(note(database, "impatient"))
        await SystemClock().sleep(0.3)  # both wait by now, or would have failed
        assert not waiting.done()
        impatient.cancel()

        other.execute("COMMIT")
        other.close()
        await waiting

        assert await notes(database) == ["patient"]


async def test_sqlite_writer_waits_for_another_process_that_makes_the_file(path: Path) -> None:
    # The first connection puts the file into WAL mode, which a transaction forbids.
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE notes (word TEXT PRIMARY KEY)")
    clock = WatchedClock()
    async with open_database(path, clock) as database:
        waiting = asyncio.create_task(note(database, "patient"))
        pause = asyncio.create_task(clock.has_paused.wait())
        await asyncio.wait({waiting, pause}, return_when=asyncio.FIRST_COMPLETED)

        other.execute("COMMIT")
        other.close()
        await waiting

        assert await notes(database) == ["patient"]


async def test_sqlite_gives_up_on_a_lock_that_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.1)
    async with open_database(path) as database:
        await create_notes(database)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(DatabaseUnavailable, match="locked"):
            await note(database, "never")

        other.execute("ROLLBACK")
        other.close()
        await note(database, "after")
        assert await notes(database) == ["after"]


# --- PostgreSQL


async def test_postgres_that_is_not_there_is_unavailable_and_its_password_stays_secret() -> None:
    async with open_database("postgresql://aime:canary@127.0.0.1:9/aime") as database:
        with pytest.raises(DatabaseUnavailable) as caught:
            async with database.read() as transaction:
                await transaction.execute(text("SELECT 1"))

    assert "canary" not in repr(caught.value)
    assert caught.value.__cause__ is None


async def test_postgres_that_lost_its_connections_is_found_again(
    postgres_url: str,
) -> None:
    async with open_database(postgres_url) as database:
        await create_notes(database)
        async with open_database(postgres_url) as other:
            await cut_connections(other)

        await note(database, "again")

        assert await notes(database) == ["again"]


async def test_listening_hears_what_others_notify(postgres_url: str) -> None:
    heard, lost = asyncio.Event(), asyncio.Event()
    async with (
        open_database(postgres_url) as database,
        open_database(postgres_url) as other,
        database.listening("canary_channel", heard.set, lost.set),
    ):
        async with other.write() as transaction:
            await transaction.execute(text("SELECT pg_notify('canary_channel', '')"))
        await heard.wait()

        await cut_connections(other)
        await lost.wait()


async def test_call_cancelled_twice_leaves_nothing_behind_that_never_ends(tmp_path: Path) -> None:
    goes_on, reaches = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang() -> None:
        loop.call_soon_threadsafe(reaches.set)
        goes_on.wait()

    async def read(database: Database) -> None:
        async with database.read() as transaction:
            raw = (await transaction._connection.get_raw_connection()).driver_connection
            assert isinstance(raw, aiosqlite.Connection)
            await raw.create_function("hang", 0, hang)
            await transaction.execute(text("SELECT hang()"))

    async with open_database(tmp_path / "aime.db") as database:
        await create_notes(database)
        before = asyncio.all_tasks()
        reading = asyncio.create_task(read(database))
        await reaches.wait()
        reading.cancel()
        await settle()  # its connection is being closed, which waits for the thread
        reading.cancel()
        await settle()
        goes_on.set()

        left = asyncio.all_tasks() - before
        _, pending = await asyncio.wait(left, timeout=20)

    assert len(left) >= 1
    assert pending == set()
