"""The bot's own data: starting, stopping and operating it, as whoever runs the bot would."""

import asyncio
import contextlib
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from harness.bots import BotFactory, eventually, final_message
from harness.command_line import complaint, run_aime
from harness.databases import open_database

from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.sandbox import Sandbox
from services.resilience.clock import SystemClock
from services.storage.job_models import NewJob
from services.storage.jobs import JobRepository
from services.storage.migrating import migrate

DOWN = Fault(kind=FaultKind.STATUS, status=503)


@pytest.fixture
def settings(tmp_path: Path) -> Mapping[str, str]:
    return {"DATA_DIR": str(tmp_path / "data")}


async def bury(path: Path, kind: str = "tests.chore") -> int:
    """Leave a dead letter."""
    jobs = JobRepository()
    async with open_database(path) as database, database.write() as transaction:
        now = SystemClock().now()
        await jobs.add(transaction, NewJob(kind=kind, payload="{}", max_attempts=1), now)
        [job] = await jobs.claim(transaction, kinds=[kind], worker="w", now=now, limit=1)
        await jobs.bury(transaction, job.job_id, job.fence, "it is poison")
        return job.job_id


# --- Starting


async def test_data_is_made_at_the_first_start_and_for_its_owner_only(
    start_bot: BotFactory, settings: Mapping[str, str], tmp_path: Path
) -> None:
    async with start_bot(settings):
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()}

    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert {"aime.db", "secret_keys"} <= set(modes)
    assert set(modes.values()) == {0o600}


async def test_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    code, _, errors = await run_aime(
        tmp_path, {"DISCORD_TOKEN": "x", "DATA_DIR": str(tmp_path / "file")}
    )

    assert code == 1
    assert "DATA_DIR: the bot must be able to write" in complaint(errors)


async def test_newer_database_is_refused_in_one_line_and_left_alone(
    tmp_path: Path, settings: Mapping[str, str]
) -> None:
    await run_aime(tmp_path, settings, "migrate")
    path = tmp_path / "data" / "aime.db"
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()

    code, _, errors = await run_aime(tmp_path, {"DISCORD_TOKEN": "x", **settings})

    assert code == 1
    assert "newer version of the bot" in complaint(errors)
    assert "Update the bot" in complaint(errors)
    assert path.read_bytes() == before


async def test_damaged_database_is_told_in_one_line(
    tmp_path: Path, settings: Mapping[str, str]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "aime.db").write_bytes(b"no database" * 500)

    code, _, errors = await run_aime(tmp_path, {"DISCORD_TOKEN": "x", **settings})

    assert code == 1
    assert "the database is damaged" in complaint(errors)


async def test_older_database_is_backed_up_and_upgraded_at_the_start(
    start_bot: BotFactory, settings: Mapping[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "data" / "aime.db"
    (tmp_path / "data").mkdir()
    async with open_database(path) as database:
        await migrate(database, "0001")
    job_id = await bury(path)

    async with start_bot(settings):
        pass

    _, listing, _ = await run_aime(tmp_path, settings, "jobs", "list")
    assert f"{job_id}  dead    tests.chore" in listing
    assert len(list((tmp_path / "data" / "backups").glob("*-before-*.jsonl.gz"))) == 1


async def test_wrong_keys_are_told_in_one_line(tmp_path: Path, settings: Mapping[str, str]) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret_keys").write_text("canary")

    code, _, errors = await run_aime(tmp_path, {"DISCORD_TOKEN": "x", **settings})

    assert code == 1
    assert "restore it from where you keep a copy" in complaint(errors)
    assert "canary" not in errors


@asynccontextmanager
async def relay(port: int, server: str) -> AsyncIterator[None]:
    """Pass connections to ``port`` on to the server."""
    host, _, target = server.rpartition("@")[2].rpartition(":")

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(host, int(target))
        tasks.add(asyncio.create_task(pump(reader, there_writer)))
        tasks.add(asyncio.create_task(pump(there_reader, writer)))

    listener = await asyncio.start_server(accept, "127.0.0.1", port)
    try:
        yield
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_database_that_starts_later_is_waited_for(
    tmp_path: Path, postgres: str, postgres_url: str
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    name = postgres_url.rpartition("/")[2]
    log_path = tmp_path / "bot.log"
    async with Sandbox() as sandbox:
        settings = {
            **sandbox.environment(),
            "WEB_PORT": "0",
            "DATA_DIR": str(tmp_path / "data"),
            "DATABASE_URL": f"postgresql://aime@127.0.0.1:{port}/{name}",
        }
        process = await start_process(tmp_path, settings, log_path)
        try:
            await eventually(lambda: "waiting for the database" in log_path.read_text("utf-8"), 15)
            async with relay(port, postgres):
                await sandbox.discord.wait_ready(15)
                exchange = await sandbox.discord.run_command("status", {})
                await final_message(exchange)
                process.terminate()
                code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    assert code == 0
    assert "Traceback" not in log_path.read_text("utf-8")


async def start_process(
    folder: Path, settings: Mapping[str, str], log_path: Path
) -> asyncio.subprocess.Process:
    with log_path.open("wb") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "run",
            cwd=folder,
            env={"PYTHONUTF8": "1", **settings},
            stderr=log,
        )


# --- Stopping


async def test_locked_database_does_not_hold_up_the_end(
    start_bot: BotFactory, settings: Mapping[str, str], tmp_path: Path
) -> None:
    async with start_bot(settings) as bot:
        bot.sandbox.euria.faults.set(DOWN)
        with contextlib.closing(
            sqlite3.connect(tmp_path / "data" / "aime.db", isolation_level=None)
        ) as other:
            other.execute("BEGIN IMMEDIATE")
            exchange = await bot.command("describe", topic="Blue Train by John Coltrane")
            await exchange.wait_acknowledged(3)

            bot.process.terminate()
            code = await bot.process.wait()

        assert code == 0
        assert not exchange.thinking
        assert "▌" not in exchange.last.text


# --- Operating


async def test_jobs_are_listed_requeued_and_discarded(
    tmp_path: Path, settings: Mapping[str, str]
) -> None:
    await run_aime(tmp_path, settings, "migrate")
    path = tmp_path / "data" / "aime.db"
    first, second = await bury(path), await bury(path)

    _, listing, _ = await run_aime(tmp_path, settings, "jobs", "list")
    code, said, _ = await run_aime(tmp_path, settings, "jobs", "requeue", str(first))
    wrong, refusal, _ = await run_aime(tmp_path, settings, "jobs", "requeue", str(first))
    _, discarded, _ = await run_aime(tmp_path, settings, "jobs", "discard", "--all")
    _, rest, _ = await run_aime(tmp_path, settings, "jobs", "list")

    assert listing.startswith("0 queued, 0 running, 2 dead\n")
    assert f"{second}  dead    tests.chore · attempt 1 · it is poison" in listing
    assert (code, said) == (0, "1 requeued.\n")
    assert wrong == 1
    assert f"{first}: not requeued; there is no dead letter of that number" in refusal
    assert discarded == "1 discarded.\n"
    assert rest.startswith("1 queued, 0 running, 0 dead\n")


async def test_backup_is_taken_while_the_bot_runs_and_restored_once_it_is_stopped(
    start_bot: BotFactory, settings: Mapping[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "data" / "aime.db"
    backup = tmp_path / "mine.gz"
    async with start_bot(settings):
        job_id = await bury(path)
        taken, said, _ = await run_aime(tmp_path, settings, "backup", str(backup))
        refused, _, errors = await run_aime(tmp_path, settings, "restore", str(backup))
    await run_aime(tmp_path, settings, "jobs", "discard", "--all")

    restored, outcome, _ = await run_aime(tmp_path, settings, "restore", str(backup))
    _, listing, _ = await run_aime(tmp_path, settings, "jobs", "list")

    assert taken == 0
    assert "1 jobs" in said
    assert "Keep a copy of DATA_DIR/secret_keys" in said
    assert refused == 1
    assert "Stop the bot" in complaint(errors)
    assert restored == 0
    assert "What was there is kept in" in outcome
    assert f"{job_id}  dead" in listing


async def test_file_that_is_no_backup_changes_nothing(
    tmp_path: Path, settings: Mapping[str, str]
) -> None:
    await run_aime(tmp_path, settings, "migrate")
    await bury(tmp_path / "data" / "aime.db")
    (tmp_path / "mine.gz").write_bytes(b"something else")

    code, _, errors = await run_aime(tmp_path, settings, "restore", "mine.gz")
    _, listing, _ = await run_aime(tmp_path, settings, "jobs", "list")

    assert code == 1
    assert complaint(errors) == (
        "aime: mine.gz: the file is not a whole backup of this bot; nothing was changed"
    )
    assert "1 dead" in listing


async def test_tables_go_back_and_forward(tmp_path: Path, settings: Mapping[str, str]) -> None:
    _, first, _ = await run_aime(tmp_path, settings, "migrate")
    _, nothing, _ = await run_aime(tmp_path, settings, "migrate")
    back, _, _ = await run_aime(tmp_path, settings, "migrate", "back")
    needed, _, errors = await run_aime(tmp_path, settings, "jobs", "list")
    base, _, _ = await run_aime(tmp_path, settings, "migrate", "base")
    unknown, _, unknown_errors = await run_aime(tmp_path, settings, "migrate", "0999")

    assert first.startswith("The tables were at none and are at ")
    assert nothing.startswith("Nothing to do")
    assert (back, base) == (0, 0)
    assert needed == 1
    assert "run `aime migrate`" in complaint(errors)
    assert unknown == 1
    assert "there is no migration '0999'" in complaint(unknown_errors)
