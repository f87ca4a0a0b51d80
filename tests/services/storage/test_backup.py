import gzip
import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from harness.databases import open_database, postgres_database
from sqlalchemy import insert, select

from services.storage.backup import back_up, restore, verify
from services.storage.database import Database
from services.storage.errors import BackupUnusable
from services.storage.job_models import JobState, NewJob
from services.storage.jobs import JobRepository
from services.storage.migrating import migrate, revisions
from services.storage.presence import DatabaseInUse, alone, present
from services.storage.tables import JOBS, METADATA

NOW = datetime(2026, 11, 26, 12, 0, 0, 123456, tzinfo=UTC)
HOSTILE = 'a "quote", \\ a line\nbreak, {"rows": 1}, ünïcödé 🎷 \u2028'


async def fill(database: Database, payloads: list[str]) -> None:
    async with database.write() as transaction:
        for payload in payloads:
            job = NewJob(kind="chore", payload=payload, run_at=NOW)
            await JobRepository().add(transaction, job, NOW)


async def jobs(database: Database) -> list[tuple[object, ...]]:
    async with database.read() as transaction:
        return [tuple(row) for row in await transaction.execute(select(JOBS).order_by(JOBS.c.id))]


async def test_restored_backup_holds_every_row_as_it_was(
    database: Database, tmp_path: Path
) -> None:
    await fill(database, ["{}", HOSTILE, *(str(number) for number in range(1_200))])
    before = await jobs(database)
    path = tmp_path / "backup.jsonl.gz"

    written = await back_up(database, path, now=NOW)
    await fill(database, ["after the backup"])
    restored = await restore(database, path)

    assert await jobs(database) == before
    assert written == restored
    assert written.rows["jobs"] == 1_202
    assert set(written.rows) == set(METADATA.tables) - {"cached_answers", "permissions"}
    assert written.created_at == NOW
    assert path.stat().st_mode & 0o777 == 0o600
    assert not path.with_name("backup.jsonl.gz.partial").exists()


async def test_restored_database_numbers_new_rows_after_the_old_ones(
    database: Database, tmp_path: Path
) -> None:
    await fill(database, ["1", "2"])
    await back_up(database, tmp_path / "b", now=NOW)
    await restore(database, tmp_path / "b")

    await fill(database, ["3"])

    assert [row[0] for row in await jobs(database)] == [1, 2, 3]


async def test_backup_of_sqlite_can_be_restored_into_postgres_and_back(
    postgres: str, tmp_path: Path
) -> None:
    async with open_database(tmp_path / "aime.db") as lite, postgres_database(postgres) as url:
        await migrate(lite)
        await fill(lite, [HOSTILE])
        await back_up(lite, tmp_path / "b", now=NOW)
        async with open_database(url) as big:
            await migrate(big)
            await restore(big, tmp_path / "b")
            assert await jobs(big) == await jobs(lite)
            await back_up(big, tmp_path / "c", now=NOW)
        await fill(lite, ["more"])
        await restore(lite, tmp_path / "c")

        assert [row[2] for row in await jobs(lite)] == [HOSTILE]


async def test_backup_is_one_snapshot_while_others_write(
    database: Database, tmp_path: Path
) -> None:
    await fill(database, ["1"])

    async with database.write() as transaction:
        values = {
            "kind": "chore",
            "payload": "uncommitted",
            "state": JobState.QUEUED,
            "priority": 5,
            "max_attempts": 1,
            "enqueued_at": NOW,
        }
        await transaction.execute(insert(JOBS).values(values))
        manifest = await back_up(database, tmp_path / "b", now=NOW)

    assert manifest.rows["jobs"] == 1


def _lines(raw: bytes) -> list[bytes]:
    return gzip.decompress(raw).splitlines(keepends=True)


def _cut(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


def _changed(raw: bytes) -> bytes:
    return gzip.compress(gzip.decompress(raw).replace(b"jazz", b"rock"))


def _without_end(raw: bytes) -> bytes:
    return gzip.compress(b"".join(_lines(raw)[:-1]))


def _with_more(raw: bytes) -> bytes:
    return gzip.compress(gzip.decompress(raw) + b'["more"]\n')


def _other_version(raw: bytes) -> bytes:
    return gzip.compress(gzip.decompress(raw).replace(b'"version": 1', b'"version": 2'))


def _flipped(raw: bytes) -> bytes:
    middle = len(raw) // 2
    return raw[:middle] + bytes([raw[middle] ^ 0xFF]) + raw[middle + 1 :]


def _empty(_raw: bytes) -> bytes:
    return b""


def _other_format(_raw: bytes) -> bytes:
    return b"no gzip at all"


@pytest.mark.parametrize(
    "damage",
    [
        _cut,
        _changed,
        _without_end,
        _with_more,
        _other_version,
        _flipped,
        _empty,
        _other_format,
    ],
)
async def test_damaged_backup_is_refused_and_changes_nothing(
    damage: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    async with open_database(tmp_path / "aime.db") as database:
        await migrate(database)
        await fill(database, ["jazz"])
        path = tmp_path / "b"
        await back_up(database, path, now=NOW)
        path.write_bytes(damage(path.read_bytes()))
        before = await jobs(database)

        with pytest.raises(BackupUnusable):
            await restore(database, path)

        assert await jobs(database) == before


async def test_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    async with open_database(tmp_path / "aime.db") as database:
        await migrate(database)
        await back_up(database, tmp_path / "b", now=NOW)
        newest = (await revisions(database)).wanted or ""
        *lines, end = _lines((tmp_path / "b").read_bytes())
        # Not only renamed but signed anew, as a newer version would have done.
        lines[0] = lines[0].replace(f'"revision": "{newest}"'.encode(), b'"revision": "9999"')
        digest = hashlib.sha256(b"".join(lines)).hexdigest().encode()
        end = re.sub(rb"[0-9a-f]{64}", digest, end)
        (tmp_path / "b").write_bytes(gzip.compress(b"".join([*lines, end])))

        with pytest.raises(BackupUnusable, match="newer version"):
            await restore(database, tmp_path / "b")


async def test_failed_backup_leaves_the_earlier_one_alone(tmp_path: Path) -> None:
    path = tmp_path / "b"
    async with open_database(tmp_path / "aime.db") as database:
        await migrate(database)
        await back_up(database, path, now=NOW)
        before = path.read_bytes()
        (tmp_path / "b.partial").mkdir()

        with pytest.raises(OSError, match="directory"):
            await back_up(database, path, now=NOW)

    assert path.read_bytes() == before
    assert verify(path).created_at == NOW


async def test_nobody_restores_what_a_bot_uses(empty_database: Path | str) -> None:
    async with (
        open_database(empty_database) as database,
        open_database(empty_database) as second,
        open_database(empty_database) as third,
    ):
        await migrate(database)
        async with present(database), present(second):
            with pytest.raises(DatabaseInUse):
                async with alone(third):
                    pass
        async with alone(third):
            with pytest.raises(DatabaseInUse):
                async with present(database):
                    pass
        async with present(database):
            pass
