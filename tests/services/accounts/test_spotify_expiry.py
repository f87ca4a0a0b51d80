"""A word before a consent ends: once, in time, and only if it is still true."""

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.accounts import NOW
from fakes.chance import FixedChance
from harness.databases import open_database
from harness.spotify import LinkedSpotify, open_spotify

from services.accounts.spotify_expiry import WARN_OF_EXPIRY, SpotifyExpiring
from services.delivery import DiscordUnavailable, Refused
from services.jobs.execution import Execution, Hold
from services.jobs.kinds import Handlers
from services.storage.database import Database
from services.storage.job_models import Job

ALICE = 42
END = NOW + timedelta(days=180)
DUE = END - timedelta(days=14)


@pytest.fixture
async def database(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(Path(shutil.copy(sqlite_template, tmp_path / "aime.db"))) as opened:
        yield opened


@pytest.fixture
async def spotify(database: Database) -> AsyncIterator[LinkedSpotify]:
    async with open_spotify(database) as it:
        yield it


async def work(spotify: LinkedSpotify, jobs: list[Job] | None = None) -> None:
    """Do the jobs that are due, or those that were claimed before."""
    handlers = Handlers()
    handlers.register(WARN_OF_EXPIRY, spotify.warnings.warn)
    execution = Execution(spotify.queue, handlers, clock=spotify.wall, chance=FixedChance(0.0))
    for job in await claimed(spotify) if jobs is None else jobs:
        await execution.run(Hold(job))


async def claimed(spotify: LinkedSpotify) -> list[Job]:
    return await spotify.queue.claim(kinds=[WARN_OF_EXPIRY.name], worker="w", limit=10)


async def test_person_is_told_once_two_weeks_ahead(spotify: LinkedSpotify) -> None:
    await spotify.link(ALICE, locale="fr")
    spotify.wall.wall = DUE - timedelta(seconds=1)
    await work(spotify)
    early = list(spotify.told.messages)
    spotify.wall.wall = DUE

    await work(spotify)
    await work(spotify)

    assert early == []
    ((user_id, content, locale, _),) = spotify.told.messages
    assert (user_id, content, locale) == (ALICE, SpotifyExpiring(ALICE, END), "fr")


async def test_link_says_that_it_ends_from_the_same_moment_on(spotify: LinkedSpotify) -> None:
    link = await spotify.link(ALICE)
    spotify.wall.wall = DUE
    later = await spotify.links.describe(ALICE)

    assert later is not None
    assert (link.expires_at, link.is_expiring, later.is_expiring) == (END, False, True)


async def test_refresh_does_not_put_the_end_off(spotify: LinkedSpotify) -> None:
    await spotify.link(ALICE)
    account = await spotify.links.account(ALICE)
    assert account is not None
    spotify.wall.wall += timedelta(days=100)
    await spotify.me(account)
    link = await spotify.links.describe(ALICE)

    assert link is not None
    assert link.expires_at == END


@pytest.mark.parametrize("what", ["linked anew", "unlinked", "too late", "refused since"])
async def test_nobody_is_told_what_is_no_longer_true(spotify: LinkedSpotify, what: str) -> None:
    await spotify.link(ALICE)
    spotify.wall.wall = DUE
    if what == "linked anew":
        await spotify.link(ALICE)
    elif what == "unlinked":
        await spotify.links.unlink(ALICE)
    elif what == "too late":
        spotify.wall.wall = END
    else:
        await spotify.grants.unlink(ALICE, "spotify")

    await work(spotify)

    assert spotify.told.messages == []


async def test_job_that_runs_while_somebody_links_anew_tells_nothing(
    spotify: LinkedSpotify,
) -> None:
    await spotify.link(ALICE)
    spotify.wall.wall = DUE
    running = await claimed(spotify)
    await spotify.link(ALICE)

    await work(spotify, running)

    assert len(running) == 1
    assert spotify.told.messages == []


async def test_new_link_has_a_word_before_its_own_end(spotify: LinkedSpotify) -> None:
    await spotify.link(ALICE)
    spotify.wall.wall = NOW + timedelta(days=100)
    await spotify.link(ALICE)
    spotify.wall.wall = DUE + timedelta(days=100)

    await work(spotify)

    assert [content for _, content, _, _ in spotify.told.messages] == [
        SpotifyExpiring(ALICE, END + timedelta(days=100))
    ]


async def test_somebody_who_takes_no_messages_is_left_alone(spotify: LinkedSpotify) -> None:
    await spotify.link(ALICE)
    spotify.wall.wall = DUE
    spotify.told.error = Refused("403 50007")

    await work(spotify)

    assert await spotify.queue.waiting(WARN_OF_EXPIRY) == 0


async def test_message_waits_for_discord(spotify: LinkedSpotify) -> None:
    await spotify.link(ALICE)
    spotify.wall.wall = DUE
    spotify.told.error = DiscordUnavailable("away")
    for _ in range(WARN_OF_EXPIRY.max_attempts + 1):
        await work(spotify)
        spotify.wall.wall += timedelta(hours=1)
    spotify.told.error = None

    await work(spotify)

    assert len(spotify.told.messages) == 1
