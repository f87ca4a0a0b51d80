"""A workshop in virtual time, and the queue on every kind of database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.clock import VirtualClock
from fakes.jobs import Workshop
from fakes.memory_database import MemoryDatabase, MemoryJobs
from harness.databases import open_database, postgres_database

from services.jobs.queue import JobQueue
from services.storage.migrating import migrate


@pytest.fixture
def workshop(clock: VirtualClock) -> Workshop:
    return Workshop(clock)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def any_queue(
    request: pytest.FixtureRequest, tmp_path: Path, clock: VirtualClock
) -> AsyncIterator[JobQueue]:
    """A queue on the fake and on both databases: what holds for one holds for all."""
    if request.param == "memory":
        memory = MemoryDatabase()
        yield JobQueue(memory, clock=clock, jobs=MemoryJobs(memory))
    elif request.param == "sqlite":
        async with open_database(tmp_path / "aime.db") as database:
            await migrate(database)
            yield JobQueue(database, clock=clock)
    else:
        server = request.getfixturevalue("postgres")
        async with postgres_database(server) as url, open_database(url) as database:
            await migrate(database)
            yield JobQueue(database, clock=clock)
