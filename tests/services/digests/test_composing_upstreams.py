"""A digest while Discogs and EurIA are up, slow, down or used up."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from fakes.copies import make_copy, store
from fakes.digest_content import GUILD, NOW, Desk
from fakes.wishes import make_wish
from harness.collections import HandClock
from sqlalchemy import select

from services.collection.want_rows import want_row
from services.descriptions.models import Form
from services.digests.content_models import DigestContent
from services.errors import (
    DeadlineExceeded,
    ExternalServiceException,
    RateLimitExceeded,
    ServiceDown,
    UpstreamServerError,
)
from services.resilience.deadline import deadline
from services.storage.database import Database
from services.storage.tables import AI_USES
from services.storage.wantlists import WantlistRepository

ANN, BOB, CAT = 1, 2, 3
FRESH = NOW - timedelta(hours=1)
OLD = NOW - timedelta(hours=30)
LAST_WEEK = NOW - timedelta(days=7)
DISCOGS_DOWN = ServiceDown("discogs", "get", 503)
EURIA_DOWN = UpstreamServerError("euria", "generate_description", 503)


pytestmark = pytest.mark.parametrize("template", ["sqlite"], indirect=True)
"""What is stored is the same on both; ``test_composing.py`` holds that."""


class PatientClock(HandClock):
    """A clock that stands still until somebody is asked: how slow the machine is must not count."""

    def __init__(self) -> None:
        super().__init__()
        self.wall = NOW
        self.asked: Sequence[int] = ()
        self._began: float | None = None

    def monotonic(self) -> float:
        now = super().monotonic()
        if self._began is None:
            self._began = now
        return now if self.asked else self._began


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


async def want(database: Database, user_id: int, *release_ids: int, read_at: datetime) -> None:
    repository = WantlistRepository()
    async with database.write() as transaction:
        await repository.open(transaction, user_id, f"user{user_id}")
        generation = await repository.begin_generation(transaction, user_id)
        assert generation is not None
        wishes = [want_row(make_wish(each)) for each in release_ids]
        await repository.write(transaction, user_id, generation, wishes)
        assert await repository.publish(transaction, user_id, generation)
        await repository.change(transaction, user_id, synced_at=read_at)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(EURIA_DOWN, id="down"),
        pytest.param(RateLimitExceeded("euria", "x", 429, retry_after=60), id="limited"),
    ],
)
async def test_text_that_cannot_be_written_now_is_owed(
    database: Database, error: ExternalServiceException
) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN,)
    desk.euria.script = type(desk.euria.script)([error])
    await store(database, ANN, make_copy(1), synced_at=FRESH)

    pick = (await desk.compose()).pick

    assert pick is not None
    assert (pick.text, pick.is_owed) == ("", True)


async def test_text_that_was_refused_is_not_owed(database: Database) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN,)
    desk.euria.script = type(desk.euria.script)(["I'm sorry, but I cannot write about that."])
    await store(database, ANN, make_copy(1), synced_at=FRESH)

    pick = (await desk.compose()).pick

    assert pick is not None
    assert (pick.text, pick.is_owed) == ("", False)


async def test_digest_is_written_with_what_is_stored_when_everything_is_down(
    database: Database,
) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN,)
    added = make_copy(1, added_at=ago(days=1), year=2016, master_id=100)
    await store(database, ANN, added, synced_at=OLD)
    await want(database, ANN, 7, read_at=FRESH)
    desk.sync.error = desk.wants.error = desk.market.error = DISCOGS_DOWN
    desk.discogs.details = type(desk.discogs.details)(DISCOGS_DOWN)
    desk.euria.script = type(desk.euria.script)([EURIA_DOWN])

    content = await desk.compose()

    [part] = content.members
    assert (part.added_count, part.is_stale, part.cheaper, part.jubilees) == (1, True, (), ())
    assert content.pick is not None
    assert content.pick.is_owed


async def test_whoever_is_in_a_hurry_gets_what_is_stored(database: Database) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN,)
    await store(database, ANN, make_copy(1, added_at=ago(days=1)), synced_at=OLD)
    await want(database, ANN, 7, read_at=FRESH)
    desk.market.gate = asyncio.Event()  # never set: Discogs does not answer

    def late() -> DeadlineExceeded:
        return DeadlineExceeded("digest", "compose", None, "late")

    async with deadline(desk.clock, 2.0, expired=late):
        content = await desk.compose()

    assert content.members[0].added_count == 1
    assert (desk.sync.checked, desk.market.asked, desk.euria.prompts) == ([], [], [])


async def test_upstream_that_does_not_answer_costs_the_time_that_is_left(
    database: Database,
) -> None:
    clock = PatientClock()
    desk = Desk(database, clock=clock)
    clock.asked = desk.market.asked
    desk.members.ids = (ANN,)
    await store(database, ANN, make_copy(1), synced_at=FRESH)
    await want(database, ANN, 7, 8, 9, read_at=FRESH)
    desk.market.gate = asyncio.Event()

    def late() -> DeadlineExceeded:
        return DeadlineExceeded("digest", "compose", None, "late")

    async with deadline(desk.clock, 2.3, expired=late):
        content: DigestContent = await desk.compose()

    assert desk.market.asked == [9]
    assert content.pick is not None
    assert content.pick.is_owed


async def test_text_counts_against_whoever_made_the_digest(database: Database) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN,)
    await store(database, ANN, make_copy(1), synced_at=FRESH)

    pick = (await desk.compose(creator_id=44)).pick

    assert pick is not None
    assert pick.form in (Form.HAIKU, Form.BRIEF)
    async with database.read() as transaction:
        uses = await transaction.execute(select(AI_USES.c.user_id, AI_USES.c.guild_id))
    assert [tuple(row) for row in uses] == [(44, GUILD)]
