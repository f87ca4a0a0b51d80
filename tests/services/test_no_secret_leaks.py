"""Behaviour 65: every fault, with canaries wherever a secret or somebody's words can be.

The bot's own composition (``open_upstreams``: the real policies with their caches on SQLite, the
real services, one session) over loopback servers, through a restart. Canaries are in every
credential, in what people typed, and in all that a failing upstream says. None may be seen in a
log, redacted or bare, in an error and whatever hangs on it, in a task's name or in the database.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.clock import FastClock
from fakes.evidence import Evidence
from fakes.servers import RawServer, black_hole, raw_server
from harness.databases import open_database
from harness.faults import CANARY, FAULTS, HEALTHY, TYPED, Fault, all_urls, quick_attempts
from sqlalchemy import text

from bot.settings import Settings
from bot.upstreams import Upstreams, open_upstreams
from services.answers import Answer
from services.euria.models import DescriptionRequest
from services.secret import Secret
from services.spotify.models import SpotifyKind
from services.storage.database import Database
from services.storage.migrating import migrate
from services.storage.tables import CACHED_ANSWERS, PENALTIES, QUOTA_COUNTS

ID, KEY = "the-client-id", f"{CANARY}-client-secret"
PAIR = base64.b64encode(f"{ID}:{KEY}".encode()).decode()
RELEASE = 249504


def _settings(fault: Fault, servers: dict[str, RawServer]) -> Settings:
    urls = {name: server.url for name, server in servers.items()}
    base = Settings(
        spotify_client_id=ID,
        spotify_client_secret=Secret(KEY),
        spotify_accounts_url=urls["accounts"],
        spotify_api_url=urls["spotify"],
        spotify_breaker_failures=2,
        spotify_attempt_timeout_seconds=40.0,
        spotify_deadline_seconds=60.0,
        discogs_token=Secret(f"{CANARY}-discogs"),
        discogs_api_url=urls["discogs"],
        discogs_breaker_failures=2,
        discogs_attempt_timeout_seconds=40.0,
        discogs_deadline_seconds=60.0,
        euria_token=Secret(f"{CANARY}-euria"),
        euria_api_url=urls["euria"] + "/openai/v1",
        euria_breaker_failures=2,
    )
    return replace(base, **fault.settings)  # type: ignore[arg-type]  # a builder


@asynccontextmanager
async def _running(fault: Fault, database: Database, clock: FastClock) -> AsyncIterator[Upstreams]:
    async with AsyncExitStack() as stack:
        servers = {
            name: await stack.enter_async_context(raw_server(handler))
            for name, handler in (HEALTHY | fault.handlers).items()
        }
        settings = _settings(fault, servers)
        yield await stack.enter_async_context(open_upstreams(settings, database, clock=clock))


async def _ask_everything(upstreams: Upstreams, evidence: Evidence, query: str) -> None:
    """Ask every operation of every service, the same searches twice at once."""
    spotify, discogs = upstreams.spotify, upstreams.discogs
    asked: dict[str, Awaitable[object]] = {
        "spotify.search": spotify.search(query),
        "spotify.search, again": spotify.search(query),
        "spotify.get_item": spotify.get_item(SpotifyKind.ALBUM, query),
        "discogs.search": discogs.search(query),
        "discogs.search, again": discogs.search(query),
        "discogs.get_release": discogs.get_release(RELEASE),
        "euria.generate_description": _written(upstreams, query),
    }
    ends = await asyncio.gather(*asked.values(), return_exceptions=True)
    for place, end in zip(asked, ends, strict=True):
        if isinstance(end, Answer) and end.error is not None:
            evidence.add(place, end.error)
        evidence.add(place, end if not isinstance(end, Answer) else end.tried)


async def _written(upstreams: Upstreams, query: str) -> int:
    request = DescriptionRequest(topic=query, facts=(query,))
    async with aclosing(upstreams.euria.generate_description(request)) as stream:
        return len([part async for part in stream])


async def _evidence_of(fault: Fault, folder: Path) -> Evidence:
    """Run the bot's upstreams: healthy, restarted into the fault, aged, and stopped."""
    evidence, clock = Evidence(), FastClock(fault.speed)
    secrets = [KEY, *(f"{CANARY}-{name}" for name in ("discogs", "euria"))]
    kept, before = f"{TYPED} kept", asyncio.all_tasks()
    with evidence.recording(secrets=secrets):
        async with open_database(folder / "aime.db", clock) as database:
            await migrate(database)
            async with _running(Fault(), database, clock) as upstreams:
                await _ask_everything(upstreams, evidence, kept)
            if fault.is_forgetful:
                await _drop_tables(database)
            async with _running(fault, database, clock) as upstreams:
                await _ask_everything(upstreams, evidence, kept)
                clock.skip(2 * 3_600)
                await _ask_everything(upstreams, evidence, kept)
                for number in range(fault.rounds):
                    await _ask_everything(upstreams, evidence, f"{TYPED} {number}")
                crowd = (_written(upstreams, TYPED) for _ in range(fault.crowd))
                for end in await asyncio.gather(*crowd, return_exceptions=True):
                    evidence.add("a crowd", end)
            await _settle(before)
    evidence.add_files(folder)
    return evidence


async def _settle(before: set[asyncio.Task[Any]]) -> None:
    """Wait for reads that were given up: a thread ends them, and then tells the loop."""
    left = asyncio.all_tasks() - before
    if left:
        await asyncio.wait(left, timeout=30)


async def _drop_tables(database: Database) -> None:
    async with database.write() as transaction:
        for table in (CACHED_ANSWERS, PENALTIES, QUOTA_COUNTS):
            await transaction.execute(text(f"DROP TABLE {table.name}"))


@pytest.mark.parametrize("fault", FAULTS)
async def test_no_fault_shows_a_secret_or_what_somebody_typed(fault: Fault, tmp_path: Path) -> None:
    evidence = await _evidence_of(fault, tmp_path)

    assert [kind for kind in fault.kinds if kind not in evidence.log()] == []
    assert evidence.leaks("canary", PAIR) == []


async def test_a_black_hole_shows_no_secret_and_nothing_typed(tmp_path: Path) -> None:
    with black_hole() as url:
        fault = Fault(("UpstreamTimeout",), settings=all_urls(url) | quick_attempts())
        evidence = await _evidence_of(fault, tmp_path)

    assert "UpstreamTimeout" in evidence.log()
    assert evidence.leaks("canary", PAIR) == []
