"""Fixtures that every test may use."""

import asyncio
import logging
import random
import shutil
from collections.abc import AsyncIterator, Iterator
from itertools import groupby
from pathlib import Path

import aiohttp
import pytest
from aioresponses import aioresponses
from fakes.chance import FixedChance
from fakes.clock import VirtualClock
from harness.databases import (
    make_postgres_template,
    make_sqlite_template,
    open_database,
    postgres_database,
)
from harness.postgres import postgres_server
from harness.warm import WarmStarter
from hypothesis import Phase, settings

from bot.logs import QUIET_LIBRARIES
from services.storage.database import Database

# No limit per example: on a busy machine it would only make tests fail by chance.
settings.register_profile("aime", deadline=None)
settings.load_profile("aime")
# For `make mutants`: every mutant meets the same examples, and a failing one is not made small.
settings.register_profile(
    "mutants", deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate)
)


_WAITING = ("e2e", "browser", "demo")
"""Folders whose tests mostly wait, for processes and pages; the others mostly compute."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files that wait evenly among those that compute.

    Run one after the other, the first would leave the processors idle and the others would fight
    for them. A file's tests stay together, since some share a bot.
    """
    files = [list(tests) for _, tests in groupby(items, key=lambda item: item.path)]
    waiting = [tests for tests in files if set(_WAITING) & set(tests[0].path.parts)]
    computing = [tests for tests in files if not set(_WAITING) & set(tests[0].path.parts)]
    if not waiting or not computing:
        return
    places = [(place * len(computing) / len(waiting), tests) for place, tests in enumerate(waiting)]
    others = [(float(place), tests) for place, tests in enumerate(computing)]
    mixed = sorted([*places, *others], key=lambda each: each[0])
    items[:] = [item for _, tests in mixed for item in tests]


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


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables: to copy it is much cheaper than to make it for every test."""
    path = tmp_path_factory.mktemp("template") / "aime.db"
    asyncio.run(make_sqlite_template(path))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    """A database of PostgreSQL with all tables, likewise."""
    return asyncio.run(make_postgres_template(postgres))


@pytest.fixture(params=["sqlite", "postgres"])
def template(request: pytest.FixtureRequest) -> Path | tuple[str, str]:
    """What a database is copied from: SQLite's file, or PostgreSQL's server and a name."""
    if request.param == "sqlite":
        path: Path = request.getfixturevalue("sqlite_template")
        return path
    return request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")


@pytest.fixture
async def database(template: Path | tuple[str, str], tmp_path: Path) -> AsyncIterator[Database]:
    """An open database with all tables; on both kinds."""
    if isinstance(template, Path):
        async with open_database(Path(shutil.copy(template, tmp_path / "aime.db"))) as opened:
            yield opened
        return
    server, name = template
    async with postgres_database(server, template=name) as url, open_database(url) as opened:
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
