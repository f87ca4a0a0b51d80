"""What Spotify may do, what the user then reads and what is remembered: one row each.

The real upstreams as the bot makes them, over sockets, against the sandbox's Spotify; then once
more after a restart, with Spotify well again.
"""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest
from fakes.clock import FastClock
from harness.databases import open_database

from bot.errors import explain
from bot.i18n import Catalogue
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.spotify import SpotifyStandIn
from bot.settings import Settings
from bot.ui.provenance import source_line
from bot.upstreams import Upstreams, open_upstreams
from services.answers import Source
from services.errors import ExternalServiceException
from services.secret import Secret
from services.storage.database import Database
from services.storage.resilience import DatabaseBreakerStore

TEXTS = Catalogue().texts(None)
WHEN = re.compile(r"<t:(\d+):R>")
HOUR = 3_600.0
LEFT_ALONE, LAPSED, REMOVED = "left alone", "lapsed", "removed"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One behaviour.

    Attributes:
        fault: What Spotify does.
        reads: Part of what the user reads; empty: nothing but the answer.
        back_in: The seconds after which Spotify is said to be back, as told; None: not told.
        sent: Requests for a first album, for another one, and for a third after the restart.
        kept: What is remembered beyond the restart.
        speed: How many seconds of the policy pass in one; more where it waits to retry.
    """

    fault: Fault
    reads: str
    sent: tuple[int, int, int]
    back_in: float | None = None
    kept: str = ""
    speed: float = 1.0


def _limited(retry_after: str | None, reason: str | None = None, **more: int) -> Fault:
    kind, path = FaultKind.RATE_LIMIT, "/v1"
    return Fault(kind=kind, retry_after=retry_after, reason=reason, path_prefix=path, **more)


def _status(status: int, reason: str | None = None) -> Fault:
    return Fault(kind=FaultKind.STATUS, status=status, reason=reason, path_prefix="/v1")


def _quirk(name: str) -> Fault:
    return Fault(kind=FaultKind.QUIRK, reason=name, path_prefix="/v1")


def _long(fault: Fault, seconds: float) -> Row:
    """Return the row of a 429 that leaves Spotify alone, across a restart."""
    reads = "is asking me to slow down"
    return Row(fault=fault, reads=reads, sent=(1, 0, 0), back_in=seconds, kept=LEFT_ALONE)


QUOTA = "QUOTA_EXCEEDED"
AS_A_DATE = "as a date"  # an hour from when the row is tried
ROWS = {
    "401": Row(fault=_status(401), reads="rejected this bot's key", sent=(2, 1, 1)),
    "403, premium lapsed": Row(
        fault=_quirk("premium_lapsed"),
        reads="while its owner has Premium",
        sent=(1, 0, 0),
        kept=LAPSED,
    ),
    "403, scope": Row(
        fault=_status(403, "missing_scope"), reads="You haven't allowed me", sent=(1, 1, 1)
    ),
    "403, not registered": Row(
        fault=_status(403, "not_registered"), reads="at most five people", sent=(1, 1, 1)
    ),
    "403, removed": Row(
        fault=_status(403, "forbidden"), reads="no longer gives", sent=(1, 1, 0), kept=REMOVED
    ),
    "403, playlist not owned": Row(
        fault=_status(403, "not_owner"), reads="only to its owner", sent=(1, 1, 1)
    ),
    "403, unknown": Row(fault=_status(403, "new"), reads="doesn't let this bot", sent=(1, 1, 1)),
    "404": Row(fault=_status(404), reads="has no such entry", sent=(1, 1, 1)),
    "429, short": Row(fault=_limited("1", times=1), reads="", sent=(2, 1, 1), speed=50),
    "429, long": _long(_limited("120"), 120),
    "429, a date": _long(_limited(AS_A_DATE), HOUR),
    "429, burst without header": _long(_limited(None), 45),
    "429, burst with garbage": _long(_limited("soon"), 45),
    "429, quota for half a day": _long(_limited("48925", QUOTA), 48_925),
    "429, quota without header": _long(_limited(None, QUOTA), HOUR),
    "502, a page": Row(
        fault=_status(502), reads="isn't answering right now", sent=(3, 2, 1), speed=50
    ),
    "broken JSON": Row(
        fault=Fault(kind=FaultKind.MALFORMED_BODY, path_prefix="/v1"),
        reads="an answer I couldn't read",
        sent=(1, 1, 1),
    ),
    "holes": Row(fault=_quirk("sparse"), reads="", sent=(1, 1, 1)),
}


@asynccontextmanager
async def _bot(
    spotify: SpotifyStandIn, database: Database, speed: float
) -> AsyncIterator[Upstreams]:
    settings = Settings(
        spotify_client_id=spotify.client_id,
        spotify_client_secret=Secret(spotify.client_secret),
        spotify_accounts_url=spotify.accounts_url,
        spotify_api_url=spotify.api_url,
        spotify_attempt_timeout_seconds=60 * speed,
        spotify_deadline_seconds=120 * speed,
    )
    async with open_upstreams(settings, database, clock=FastClock(speed)) as upstreams:
        yield upstreams


@pytest.fixture
async def stored(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(Path(shutil.copy(sqlite_template, tmp_path / "a.db"))) as database:
        yield database


async def _read(upstreams: Upstreams, album_id: str) -> str:
    """Return what the user reads besides the album."""
    try:
        answer = await upstreams.spotify.get_album(album_id)
    except ExternalServiceException as error:
        return explain(error, TEXTS)
    if answer.source is Source.LIVE:
        assert answer.value.spotify_id == album_id
        assert all(track.name for track in answer.value.tracks)
        return ""
    assert answer.value.url.endswith(album_id)
    return source_line("spotify", answer, TEXTS) or ""


def _asked(spotify: SpotifyStandIn) -> int:
    return sum(request.path.startswith("/v1/") for request in spotify.requests)


async def _kept(upstreams: Upstreams, database: Database) -> str:
    known = upstreams.spotify_sender.capabilities
    until = await DatabaseBreakerStore(database).load("spotify")
    facts = {LEFT_ALONE: until, LAPSED: known.is_premium_lapsed, REMOVED: known.removed}
    return ", ".join(name for name, fact in facts.items() if fact)


@pytest.mark.parametrize("name", ROWS)
async def test_spotify_misbehaves_and_people_read_why(name: str, stored: Database) -> None:
    row, sent, now = ROWS[name], [0], FastClock().now()
    fault = row.fault
    if fault.retry_after == AS_A_DATE:
        fault = replace(fault, retry_after=format_datetime(now + timedelta(hours=1), usegmt=True))
    async with SpotifyStandIn() as spotify:
        first, second, third = list(spotify.catalogue.spotify_albums)[:3]
        spotify.faults.set(fault)
        async with _bot(spotify, stored, row.speed) as upstreams:
            text = await _read(upstreams, first)
            sent.append(_asked(spotify))
            await _read(upstreams, second)
            sent.append(_asked(spotify))
        spotify.faults.clear()
        async with _bot(spotify, stored, row.speed) as upstreams:
            kept = await _kept(upstreams, stored)
            await _read(upstreams, third)
            sent.append(_asked(spotify))

    assert (row.reads in text, bool(text)) == (True, bool(row.reads)), text
    assert tuple(b - a for a, b in pairwise(sent)) == row.sent
    assert kept == row.kept
    told = WHEN.search(text)
    assert (told is None) == (row.back_in is None), text
    if told and row.back_in is not None:
        assert int(told[1]) - now.timestamp() == pytest.approx(row.back_in, abs=20)
