"""Refreshing tokens: once at a time, carried through, stored before use."""

import asyncio
import gc
import logging
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.accounts import NOW, USER, ImpatientClock, Refresher, make_grants, make_tokens
from fakes.virtual_time import outcomes
from harness.databases import open_database

from services.accounts.grants import Grants
from services.accounts.models import Grant, TokenSet
from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    ExternalServiceException,
    LinkAgain,
    NotLinked,
    UpstreamTimeout,
)
from services.secret import Secret
from services.storage import database as database_module
from services.storage.database import Database
from services.storage.errors import DatabaseUnavailable
from services.storage.migrating import migrate

LATER = NOW + timedelta(minutes=59)
REFUSED = AuthenticationFailed("spotify", "refresh", 400, "invalid_grant")


@pytest.fixture
def clock() -> ImpatientClock:
    return ImpatientClock()


@pytest.fixture
def grants(database: Database, clock: ImpatientClock) -> Grants:
    return make_grants(database, clock=clock)


@pytest.fixture
def other(database: Database) -> Grants:
    """The grants of another process."""
    return make_grants(database)


async def link(grants: Grants) -> Grant:
    return await grants.link(USER, "spotify", make_tokens("old"))


# --- One refresh


async def test_refreshed_tokens_are_stored_and_returned(
    grants: Grants, other: Grants, clock: ImpatientClock
) -> None:
    stale = await link(grants)
    clock.wall = LATER
    refresh = Refresher(make_tokens("new"))

    grant = await grants.refreshed(stale, refresh)

    assert grant == replace(stale, version=2, tokens=make_tokens("new"), updated_at=LATER)
    assert await other.get(USER, "spotify") == grant
    assert refresh.asked == [stale]


async def test_refresh_token_stays_when_the_upstream_gives_no_new_one(grants: Grants) -> None:
    stale = await link(grants)

    grant = await grants.refreshed(stale, Refresher(make_tokens("new", refresh=None)))

    assert grant.tokens == replace(make_tokens("new"), refresh=Secret("old-refresh"))
    assert await grants.get(USER, "spotify") == grant


async def test_stale_grant_that_was_refreshed_already_asks_nobody(grants: Grants) -> None:
    stale = await link(grants)
    first = await grants.refreshed(stale, Refresher(make_tokens("new")))
    refresh = Refresher(make_tokens("newer"))

    second = await grants.refreshed(stale, refresh)

    assert second == first
    assert refresh.asked == []


async def test_a_hundred_refreshes_at_once_ask_once(grants: Grants) -> None:
    stale = await link(grants)
    refresh = Refresher(make_tokens("new"))

    results = await asyncio.gather(*(grants.refreshed(stale, refresh) for _ in range(100)))

    assert len(refresh.asked) == 1
    assert grants._refreshing == set()
    assert {grant.version for grant in results} == {2}
    assert {grant.tokens.access.reveal() for grant in results} == {"new-access"}


async def test_refreshes_of_different_links_do_not_wait_for_each_other(grants: Grants) -> None:
    stale = await link(grants)
    others = [
        await grants.link(USER + 1, "spotify", make_tokens("x")),
        await grants.link(USER, "discogs", make_tokens("y")),
    ]
    slow = Refresher(make_tokens("slow"))
    slow.may_answer.clear()
    waiting = asyncio.create_task(grants.refreshed(stale, slow))
    await slow.is_asked.wait()

    results = [await grants.refreshed(grant, Refresher(make_tokens("new"))) for grant in others]

    assert [grant.version for grant in results] == [2, 2]
    slow.may_answer.set()
    assert (await waiting).tokens == make_tokens("slow")


# --- Two processes


async def test_of_two_processes_the_first_to_store_wins_and_both_use_that(
    grants: Grants, other: Grants
) -> None:
    stale = await link(grants)
    slow, fast = Refresher(make_tokens("slow")), Refresher(make_tokens("fast"))
    slow.may_answer.clear()
    loser = asyncio.create_task(grants.refreshed(stale, slow))
    await slow.is_asked.wait()

    won = await other.refreshed(stale, fast)
    slow.may_answer.set()
    lost = await loser

    assert won == lost == await grants.get(USER, "spotify")
    assert won.tokens == make_tokens("fast")
    assert won.version == 2


async def test_many_refreshes_of_two_processes_end_with_the_same_tokens(
    grants: Grants, other: Grants
) -> None:
    stale = await link(grants)
    here, there = Refresher(make_tokens("here")), Refresher(make_tokens("there"))

    results = await asyncio.gather(
        *(grants.refreshed(stale, here) for _ in range(50)),
        *(other.refreshed(stale, there) for _ in range(50)),
    )

    stored = await grants.get(USER, "spotify")
    assert len(here.asked) <= 1
    assert len(there.asked) <= 1
    assert stored is not None
    assert stored.version == 2
    assert all(grant == stored for grant in results)


async def test_caller_with_newer_tokens_than_the_refresh_it_joined_gets_newer_ones_still(
    grants: Grants, other: Grants
) -> None:
    oldest = await link(grants)
    slow = Refresher(make_tokens("void"))
    slow.may_answer.clear()
    first = asyncio.create_task(grants.refreshed(oldest, slow))
    await slow.is_asked.wait()
    newer = await other.refreshed(oldest, Refresher(make_tokens("newer")))
    refresh = Refresher(make_tokens("newest"))
    second = asyncio.create_task(grants.refreshed(newer, refresh))
    await asyncio.wait({second}, timeout=0)  # it has joined the first one's

    slow.may_answer.set()

    assert (await first) == newer
    assert (await second).tokens == make_tokens("newest")
    assert refresh.asked == [newer]


# --- The upstream refuses


async def test_refused_tokens_end_the_link(
    grants: Grants, clock: ImpatientClock, caplog: pytest.LogCaptureFixture
) -> None:
    stale = await link(grants)
    await grants.link(USER, "discogs", make_tokens("other"))

    with (
        caplog.at_level(logging.INFO, "services.accounts"),
        pytest.raises(LinkAgain) as caught,
    ):
        await grants.refreshed(stale, Refresher(REFUSED))

    assert str(caught.value) == "spotify.refresh: the upstream refused the stored tokens"
    assert caught.value.status_code == 400
    assert caught.value.__cause__ is REFUSED
    assert clock.sleeps == [2.0]
    assert caplog.messages == ["spotify refused a person's tokens; their link is deleted"]
    assert await grants.services_of(USER) == ("discogs",)


async def test_refused_tokens_do_not_end_a_link_that_another_process_refreshed(
    grants: Grants, other: Grants, clock: ImpatientClock
) -> None:
    # It asked first, so the upstream refused us; and it stores its answer a moment later.
    stale = await link(grants)
    clock.while_asleep = lambda: other.refreshed(stale, Refresher(make_tokens("theirs")))

    grant = await grants.refreshed(stale, Refresher(REFUSED))

    assert grant.tokens == make_tokens("theirs")
    assert await grants.get(USER, "spotify") == grant


async def test_refused_tokens_of_a_link_that_is_gone_are_not_linked(
    grants: Grants, clock: ImpatientClock
) -> None:
    stale = await link(grants)
    clock.while_asleep = lambda: grants.unlink(USER, "spotify")

    with pytest.raises(NotLinked):
        await grants.refreshed(stale, Refresher(REFUSED))


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(AccessDenied("spotify", "refresh", 403), id="access denied"),
        pytest.param(UpstreamTimeout("spotify", "refresh"), id="timeout"),
    ],
)
async def test_other_errors_pass_and_change_nothing(
    grants: Grants, error: ExternalServiceException, clock: ImpatientClock
) -> None:
    stale = await link(grants)

    with pytest.raises(ExternalServiceException) as caught:
        await grants.refreshed(stale, Refresher(error))

    assert caught.value is error
    assert clock.sleeps == []
    assert await grants.get(USER, "spotify") == stale


async def test_failed_refresh_does_not_stand_in_the_way_of_the_next(grants: Grants) -> None:
    stale = await link(grants)
    failed = await outcomes(
        grants.refreshed(stale, Refresher(UpstreamTimeout("spotify", "refresh")))
    )

    grant = await grants.refreshed(stale, Refresher(make_tokens("new")))

    assert isinstance(failed[0], UpstreamTimeout)
    assert grant.version == 2


# --- The person acts meanwhile


async def test_link_that_is_gone_before_the_refresh_asks_nobody(grants: Grants) -> None:
    stale = await link(grants)
    await grants.unlink(USER, "spotify")
    refresh = Refresher(make_tokens("new"))

    with pytest.raises(NotLinked) as caught:
        await grants.refreshed(stale, refresh)

    assert str(caught.value) == "spotify.refresh: unlinked meanwhile"
    assert refresh.asked == []


async def test_unlinking_during_a_refresh_stays_unlinked(grants: Grants) -> None:
    stale = await link(grants)
    refresh = Refresher(make_tokens("new"))
    refresh.may_answer.clear()
    task = asyncio.create_task(grants.refreshed(stale, refresh))
    await refresh.is_asked.wait()

    await grants.unlink(USER, "spotify")
    refresh.may_answer.set()

    with pytest.raises(NotLinked):
        await task
    assert await grants.get(USER, "spotify") is None


@pytest.mark.parametrize("answer", [make_tokens("old account's"), REFUSED])
async def test_account_linked_anew_during_a_refresh_is_neither_overwritten_nor_deleted(
    grants: Grants, clock: ImpatientClock, answer: TokenSet | Exception
) -> None:
    stale = await link(grants)
    refresh = Refresher(answer)
    refresh.may_answer.clear()
    task = asyncio.create_task(grants.refreshed(stale, refresh))
    await refresh.is_asked.wait()

    await grants.unlink(USER, "spotify")
    clock.wall = LATER
    anew = await grants.link(USER, "spotify", make_tokens("another account's"))
    refresh.may_answer.set()

    assert anew.version == stale.version
    assert await task == anew
    assert await grants.get(USER, "spotify") == anew


# --- Callers leave


async def test_refresh_is_carried_through_when_everybody_has_left(grants: Grants) -> None:
    stale = await link(grants)
    refresh = Refresher(make_tokens("new"))
    refresh.may_answer.clear()
    callers = [asyncio.create_task(grants.refreshed(stale, refresh)) for _ in range(3)]
    await refresh.is_asked.wait()
    for caller in callers:
        caller.cancel()
    await asyncio.wait(callers)

    late = asyncio.create_task(grants.refreshed(stale, Refresher(make_tokens("second"))))
    refresh.may_answer.set()

    assert all(caller.cancelled() for caller in callers)
    assert (await late).tokens == make_tokens("new")


async def test_closing_waits_for_what_nobody_waits_for_any_more(grants: Grants) -> None:
    stale = await link(grants)
    refresh = Refresher(make_tokens("new"))
    refresh.may_answer.clear()
    caller = asyncio.create_task(grants.refreshed(stale, refresh))
    await refresh.is_asked.wait()
    caller.cancel()
    await asyncio.wait({caller})
    asyncio.get_running_loop().call_soon(refresh.may_answer.set)

    await grants.close(30)

    stored = await grants.get(USER, "spotify")
    assert stored is not None
    assert stored.tokens == make_tokens("new")


async def test_closing_does_not_wait_longer_than_it_may(
    grants: Grants, caplog: pytest.LogCaptureFixture
) -> None:
    stale = await link(grants)
    refresh = Refresher(make_tokens("new"))
    refresh.may_answer.clear()
    caller = asyncio.create_task(grants.refreshed(stale, refresh))
    await refresh.is_asked.wait()

    await grants.close(0.01)

    assert grants._refreshing == set()  # the late one has ended as well
    assert caplog.messages == ["1 refreshes of tokens were not finished in time"]
    with pytest.raises(asyncio.CancelledError):
        await caller


async def test_closing_with_nothing_under_way_says_nothing(
    grants: Grants, caplog: pytest.LogCaptureFixture
) -> None:
    await grants.refreshed(await link(grants), Refresher(make_tokens("new")))

    await grants.close(0)

    assert caplog.messages == []


async def test_failure_that_nobody_waits_for_is_no_noise(
    grants: Grants, caplog: pytest.LogCaptureFixture
) -> None:
    stale = await link(grants)
    refresh = Refresher(UpstreamTimeout("spotify", "refresh"))
    refresh.may_answer.clear()
    caller = asyncio.create_task(grants.refreshed(stale, refresh))
    await refresh.is_asked.wait()
    caller.cancel()
    await asyncio.wait({caller})

    refresh.may_answer.set()
    await grants.close(30)
    gc.collect()  # asyncio complains when a task goes whose error nobody has seen

    assert caplog.messages == []


# --- The database fails when the new tokens are to be stored


class Lock:
    """Another process that keeps a SQLite file locked."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)

    def take(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    async def release(self) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()


class LockingRefresher(Refresher):
    """Finds the database locked when it has its answer."""

    def __init__(self, lock: Lock) -> None:
        super().__init__(make_tokens("new"))
        self._lock = lock

    async def __call__(self, grant: Grant) -> TokenSet:
        self._lock.take()
        return await super().__call__(grant)


async def test_tokens_are_stored_once_the_database_is_back(
    tmp_path: Path, clock: ImpatientClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.0)
    path = tmp_path / "aime.db"
    async with open_database(path) as database:
        await migrate(database)
        grants = make_grants(database, clock=clock)
        stale = await link(grants)
        lock = Lock(path)
        clock.while_asleep = lock.release

        grant = await grants.refreshed(stale, LockingRefresher(lock))

        assert clock.sleeps == [0.5]
        assert grant.tokens == make_tokens("new")
        assert await grants.get(USER, "spotify") == grant


async def test_tokens_that_could_not_be_stored_are_never_returned(
    tmp_path: Path,
    clock: ImpatientClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.0)
    path = tmp_path / "aime.db"
    async with open_database(path) as database:
        await migrate(database)
        grants = make_grants(database, clock=clock)
        stale = await link(grants)
        lock = Lock(path)

        with pytest.raises(DatabaseUnavailable):
            await grants.refreshed(stale, LockingRefresher(lock))
        await lock.release()

        warnings = [r for r in caplog.records if r.levelno == logging.WARNING]
        assert clock.sleeps == [0.5, 2.0, 5.0]
        assert [r.getMessage() for r in warnings] == ["new spotify tokens could not be stored"]
        assert await grants.get(USER, "spotify") == stale
