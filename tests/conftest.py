"""Fixtures that every test may use."""

import logging
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from aioresponses import aioresponses
from fakes.chance import FixedChance
from fakes.clock import VirtualClock
from harness.databases import open_database, postgres_database
from harness.postgres import postgres_server
from harness.warm import WarmStarter
from hypothesis import Phase, settings

from bot.logs import QUIET_LIBRARIES
from services.storage.database import Database
from services.storage.migrating import migrate

# No limit per example: on a busy machine it would only make tests fail by chance.
settings.register_profile("aime", deadline=None)
settings.load_profile("aime")
# For `make mutants`: every mutant meets the same examples, and a failing one is not made small.
settings.register_profile(
    "mutants", deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate)
)


@pytest.fixture(autouse=True)
def _untouched_logging() -> Iterator[None]:
    """Put the loggers back as they were: the command line sets them up for a whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in QUIET_LIBRARIES}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, kept in levels.items():
        logging.getLogger(name).setLevel(kept)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def chance() -> random.Random:
    """Chance that always lands at the lower end of its range."""
    return FixedChance(0.0)


@pytest.fixture(scope="session")
def warm() -> Iterator[WarmStarter]:
    """Starts bot processes without the second that their imports take."""
    starter = WarmStarter()
    yield starter
    starter.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A running PostgreSQL; the test is skipped where there is none."""
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
async def empty_database(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Path | str]:
    """Where an empty database is: a file of SQLite, or a URL of PostgreSQL."""
    if request.param == "sqlite":
        yield tmp_path / "aime.db"
        return
    async with postgres_database(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
async def postgres_url(postgres: str) -> AsyncIterator[str]:
    """Where an empty database of PostgreSQL is."""
    async with postgres_database(postgres) as url:
        yield url


@pytest.fixture
async def database(empty_database: Path | str) -> AsyncIterator[Database]:
    """An open database with all tables; on both kinds."""
    async with open_database(empty_database) as opened:
        await migrate(opened)
        yield opened


class _StreamWriter:
    output_size = 0


class _Response(aiohttp.ClientResponse):
    """aioresponses 0.7.9 builds a ClientResponse without what aiohttp 3.14 began to ask for."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("stream_writer", _StreamWriter())
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[aioresponses]:
    """Answer requests in memory: ``web.get(url, payload=…)``; what is not declared is refused."""
    monkeypatch.setattr("aioresponses.core.ClientResponse", _Response)
    with aioresponses() as mock:
        yield mock
