"""What an operator does to the bot's data: ``aime migrate | jobs | backup | restore``."""

import sys
from collections.abc import Collection
from pathlib import Path
from typing import Final

from bot.settings import Settings
from bot.state import StartError, bring_up_to_date, keep_backup, open_database
from services.jobs.desk import JobDesk
from services.resilience.clock import Clock, SystemClock
from services.storage.backup import back_up, restore, verify
from services.storage.backup_file import Manifest
from services.storage.errors import BackupUnusable
from services.storage.job_models import Job, JobState
from services.storage.migrating import HEAD, migrate, revisions
from services.storage.presence import alone

_MOST_JOBS: Final = 200
_DONE: Final = {"requeue": "requeued", "discard": "discarded"}


async def run_migrate(settings: Settings, target: str) -> int:
    """Bring the tables to ``target``; a way back first keeps a backup and needs the bot stopped.

    Args:
        settings: Where the database is.
        target: ``head``, ``base``, a revision, or ``back`` for one step back.

    Raises:
        StartError: It cannot be done.
    """
    clock = SystemClock()
    async with open_database(settings, clock=clock) as database:
        if target == HEAD:
            moved = await bring_up_to_date(database, settings.data_dir, clock=clock)
        else:
            async with alone(database):
                if (await revisions(database)).current is not None:
                    path, _ = await keep_backup(
                        database, settings.data_dir, f"before-{target}", clock=clock
                    )
                    _print(f"What was there is kept in {path}.")
                moved = await migrate(database, "-1" if target == "back" else target)
    if moved.is_current:
        _print(f"Nothing to do: the tables are at {moved.wanted or 'the beginning'}.")
    else:
        _print(f"The tables were at {moved.current or 'none'} and are at {moved.wanted or 'none'}.")
    return 0


async def run_backup(settings: Settings, path: Path | None) -> int:
    """Write a verified backup, while the bot runs or not.

    Raises:
        StartError: It cannot be done.
    """
    clock: Clock = SystemClock()
    async with open_database(settings, clock=clock) as database:
        if (await revisions(database)).current is None:
            raise StartError("there is nothing to back up yet: the database is empty")
        try:
            if path is None:
                path, manifest = await keep_backup(
                    database, settings.data_dir, "backup", clock=clock
                )
            else:
                manifest = await back_up(database, path, now=clock.now())
        except OSError as error:
            raise StartError(f"the backup cannot be written: {error.strerror}") from error
    _print(f"Backed up and read back: {path} ({_rows(manifest)}).")
    if settings.secret_keys is None:
        _print(
            "Keep a copy of DATA_DIR/secret_keys as well, elsewhere: without it, people have to "
            "link their accounts again."
        )
    return 0


async def run_restore(settings: Settings, path: Path) -> int:
    """Replace everything by a backup; what was there is backed up first.

    Raises:
        StartError: It cannot be done; nothing has changed.
    """
    clock: Clock = SystemClock()
    try:
        verify(path)
        async with open_database(settings, clock=clock) as database, alone(database):
            if (await revisions(database)).current is not None:
                kept, _ = await keep_backup(
                    database, settings.data_dir, "before-restore", clock=clock
                )
                _print(f"What was there is kept in {kept}.")
            manifest = await restore(database, path)
    except BackupUnusable as error:
        raise StartError(f"{path.name}: {error}; nothing was changed") from error
    except OSError as error:
        raise StartError(f"{path.name}: {error.strerror}; nothing was changed") from error
    _print(f"Restored the backup of {manifest.created_at:%Y-%m-%d %H:%M} UTC ({_rows(manifest)}).")
    return 0


async def run_jobs(settings: Settings, action: str, ids: Collection[int] | None) -> int:
    """List jobs, or requeue or discard those of ``ids`` (all dead letters for None).

    Raises:
        StartError: The database cannot be used.
    """
    async with open_database(settings, clock=SystemClock()) as database:
        if not (await revisions(database)).is_current:
            raise StartError("the tables are not up to date; run `aime migrate`")
        desk = JobDesk(database)
        if action == "list":
            await _list(desk)
            return 0
        done = await (desk.requeue(ids) if action == "requeue" else desk.discard(ids))
    for job_id in sorted(set(ids or ()) - set(done)):
        _print(f"{job_id}: not {_DONE[action]}; {_why_not(action)}")
    _print(f"{len(done)} {_DONE[action]}.")
    return 0 if len(done) == len(set(ids or done)) else 1


def _why_not(action: str) -> str:
    if action == "requeue":
        return "there is no dead letter of that number, or a live job does its work already"
    return "there is no job of that number, or it is running"


async def _list(desk: JobDesk) -> None:
    counts = await desk.count()
    _print(", ".join(f"{counts.get(state, 0)} {state}" for state in JobState))
    jobs = await desk.jobs(list(JobState), limit=_MOST_JOBS)
    for job in jobs:
        _print(_line(job))
    if sum(counts.values()) > len(jobs):
        _print(f"… and {sum(counts.values()) - len(jobs)} more")


def _line(job: Job) -> str:
    when = f"not before {job.run_at:%Y-%m-%d %H:%M:%S} UTC" if job.run_at else "at once"
    if job.state is JobState.RUNNING:
        when = f"on {job.worker}"
    parts = [f"{job.job_id:>6}  {job.state:<7} {job.kind}", f"attempt {job.attempts}", when]
    if job.state is JobState.DEAD:
        parts.pop()
    if job.last_error:
        parts.append(job.last_error)
    return " · ".join(parts)


def _rows(manifest: Manifest) -> str:
    parts = [f"{number} {table}" for table, number in manifest.rows.items()]
    return ", ".join(parts) or "no rows"


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
