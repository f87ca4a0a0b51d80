"""The packages that the bot was asked to be built on do their work for every answer.

Importing them would be easy; here a search is run with a profiler that notes whose code runs.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from harness.databases import open_database

from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.sandbox import Sandbox
from bot.settings import load_settings
from bot.upstreams import open_upstreams
from services.resilience.clock import SystemClock
from services.storage.migrating import migrate


@contextmanager
def running_code() -> Iterator[set[str]]:
    """Collect the top-level packages whose functions are called inside the block."""
    packages: set[str] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            packages.add(str(frame.f_globals.get("__name__", "")).partition(".")[0])

    sys.setprofile(note)
    try:
        yield packages
    finally:
        sys.setprofile(None)


async def test_an_answer_runs_through_each_of_the_packages(tmp_path: Path) -> None:
    async with Sandbox() as sandbox, open_database(tmp_path / "aime.db") as database:
        await migrate(database)
        environment = sandbox.environment()
        name = "SPOTIFY_CLIENT_ID"
        (tmp_path / ".env").write_text(f"{name}={environment.pop(name)}\n")
        # A retry follows, within a second at most.
        fault = Fault(kind=FaultKind.STATUS, status=503, times=1, path_prefix="/v1/search")
        sandbox.spotify.faults.set(fault)
        with running_code() as packages:
            settings = load_settings(environment, tmp_path)
            async with open_upstreams(settings, database, clock=SystemClock()) as upstreams:
                answer = await upstreams.spotify.search("kind of blue")

    assert answer.value.items
    wanted = {"dotenv", "aiohttp", "aiocache", "tenacity", "circuitbreaker"}
    assert wanted - packages == set()
