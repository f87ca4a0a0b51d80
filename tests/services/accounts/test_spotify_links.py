"""Linking Spotify accounts: what is stored, what is deleted; on both databases."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from fakes.accounts import NOW
from fakes.virtual_time import outcomes
from harness.spotify import LinkedSpotify, linked_to, open_spotify, query_of
from sqlalchemy import text

from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.spotify.people import LISTENER
from services.accounts.permissions import NothingUnderWay
from services.errors import LinkAgain, NotLinked, UpstreamServerError
from services.spotify.accounts import SCOPES
from services.storage.database import Database
from services.storage.tables import METADATA

ALICE, BOB = 42, 43
OTHER = "31tapehiss88"


@pytest.fixture
async def spotify(database: Database) -> AsyncIterator[LinkedSpotify]:
    async with open_spotify(database) as it:
        yield it


async def dump(database: Database) -> str:
    """Return everything that the database holds, as text."""
    rows: list[str] = []
    async with database.read() as transaction:
        for table in METADATA.tables:
            found = await transaction.execute(text(f"SELECT * FROM {table}"))  # noqa: S608  # our own names
            rows += [str(row) for row in found]
    return "\n".join(rows)


async def test_account_is_linked_and_can_be_asked_for(spotify: LinkedSpotify) -> None:
    link = await spotify.link(ALICE)
    account = await spotify.links.account(ALICE)
    assert account is not None
    marie = spotify.stand_in.accounts.people[LISTENER]

    assert (link.name, link.linked_at, link.is_usable) == ("Marie Listens", NOW, True)
    assert link == await spotify.links.describe(ALICE)
    assert (account.account_id, account.scopes) == (marie.account_id, frozenset(SCOPES))
    assert marie.account_id.encode() in await spotify.me(account)
    assert await spotify.links.account(BOB) is None
    assert await spotify.links.describe(BOB) is None


async def test_database_holds_no_secret_in_the_clear(
    spotify: LinkedSpotify, database: Database
) -> None:
    await spotify.link(ALICE)
    asked = query_of(await spotify.begin(BOB))
    account = await spotify.links.account(ALICE)
    assert account is not None
    grant = await spotify.grants.get(ALICE, "spotify")
    assert grant is not None
    assert grant.tokens.refresh is not None

    held = await dump(database)

    assert str(BOB) in held
    secrets = (
        (await account.credential.token()).reveal(),
        grant.tokens.refresh.reveal(),
        asked["state"],
        asked["code_challenge"],
        "Alice",
    )
    assert [secret for secret in secrets if secret in held] == []


async def test_nothing_is_left_of_an_account_that_was_unlinked(
    spotify: LinkedSpotify, database: Database
) -> None:
    before = await dump(database)
    await spotify.link(ALICE)
    await spotify.begin(ALICE)
    held = await dump(database)
    spotify.unlinked.clear()

    assert await spotify.links.unlink(ALICE)

    account_id = spotify.stand_in.accounts.people[LISTENER].account_id
    assert account_id in held
    assert "accounts.spotify_expiry" in held
    assert await dump(database) == before
    assert spotify.unlinked == [ALICE]
    assert not await spotify.links.unlink(ALICE)
    assert not await spotify.links.unlink(BOB)


async def test_unlinking_of_one_person_leaves_the_others(spotify: LinkedSpotify) -> None:
    await spotify.link(ALICE)
    await spotify.link(BOB, OTHER)

    await spotify.links.unlink(BOB)

    assert await spotify.links.describe(BOB) is None
    account = await spotify.links.account(ALICE)
    assert account is not None
    assert await spotify.me(account)


@pytest.mark.parametrize(("person", "cleared"), [(LISTENER, []), (OTHER, [ALICE])])
async def test_another_account_takes_what_was_stored_of_the_first_away(
    spotify: LinkedSpotify, person: str, cleared: list[int]
) -> None:
    await spotify.link(ALICE)
    spotify.unlinked.clear()
    spotify.wall.wall += timedelta(days=1)

    link = await spotify.link(ALICE, person)

    assert spotify.unlinked == cleared
    assert link.linked_at == NOW + timedelta(days=1)
    assert await spotify.links.describe(ALICE) == link


async def test_two_returns_at_once_link_once(spotify: LinkedSpotify) -> None:
    url = await spotify.begin(ALICE)
    first, second = query_of(spotify.agree(url)), query_of(spotify.agree(url))

    ended = await outcomes(
        spotify.links.finish_callback(first["state"], first["code"]),
        spotify.links.finish_callback(second["state"], second["code"]),
    )

    assert [type(each) for each in ended].count(NothingUnderWay) == 1
    assert await spotify.links.describe(ALICE) is not None


# --- Refreshing


async def test_hundred_calls_with_an_expired_token_refresh_it_once(
    spotify: LinkedSpotify, database: Database
) -> None:
    await spotify.link(ALICE)
    spotify.wall.wall += timedelta(minutes=1)
    spotify.stand_in.revoke_tokens()
    async with linked_to(spotify.stand_in, spotify.time, database) as other:
        other.wall.wall = spotify.wall.wall
        accounts = [await links.account(ALICE) for links in (spotify.links, other.links)]

        answers = await asyncio.gather(
            *(
                process.me(account)
                for process, account in zip((spotify, other), accounts, strict=True)
                if account is not None
                for _ in range(50)
            )
        )

    assert len(answers) == 100
    # Two processes may both ask, at the same moment; within each it is one for all.
    assert spotify.stand_in.accounts.refreshes <= 2


async def test_hundred_calls_of_one_process_refresh_once(spotify: LinkedSpotify) -> None:
    await spotify.link(ALICE)
    spotify.wall.wall += timedelta(hours=1)
    accounts = [await spotify.links.account(ALICE) for _ in range(100)]

    answers = await asyncio.gather(*(spotify.me(each) for each in accounts if each is not None))

    assert len(answers) == 100
    assert spotify.stand_in.accounts.refreshes == 1


async def test_rotated_token_is_stored_by_the_first_and_used_by_the_second_process(
    spotify: LinkedSpotify, database: Database
) -> None:
    spotify.stand_in.accounts.consents.rotates = True
    await spotify.link(ALICE)
    spotify.wall.wall += timedelta(hours=1)
    async with linked_to(spotify.stand_in, spotify.time, database) as other:
        other.wall.wall = spotify.wall.wall
        accounts = [await each.links.account(ALICE) for each in (spotify, other)]
        processes = zip((spotify, other), accounts, strict=True)

        asking = [
            asyncio.create_task(process.me(account))
            for process, account in processes
            if account is not None
        ]
        # Whose token is void already gives the other one the time to store what it got.
        spotify.wall.while_asleep = lambda: asyncio.wait({asking[1]})
        other.wall.while_asleep = lambda: asyncio.wait({asking[0]})
        answers = await asyncio.gather(*asking)
        spotify.wall.wall = other.wall.wall = spotify.wall.wall + timedelta(hours=2)
        again = await other.links.account(ALICE)
        assert again is not None
        later = await other.me(again)

    assert [answers[0], answers[1], later] == [later] * 3


@pytest.mark.parametrize("how", ["expired", "revoked"])
async def test_consent_that_ended_deletes_the_tokens_and_asks_to_link_again(
    spotify: LinkedSpotify, how: str
) -> None:
    await spotify.link(ALICE)
    account = await spotify.links.account(ALICE)
    assert account is not None
    consents = spotify.stand_in.accounts.consents
    if how == "expired":
        spotify.time.now += consents.consent_seconds + 1
    else:
        consents.revoke(spotify.stand_in.accounts.people[LISTENER])
    spotify.wall.wall += timedelta(hours=1)

    first, second = await outcomes(spotify.me(account), spotify.me(account))
    with pytest.raises(LinkAgain):
        await spotify.links.account(ALICE)

    assert isinstance(first, LinkAgain)
    assert isinstance(second, LinkAgain | NotLinked)
    assert await spotify.grants.get(ALICE, "spotify") is None
    link = await spotify.links.describe(ALICE)
    assert link is not None
    assert not link.is_usable
    assert (await spotify.link(ALICE)).is_usable


async def test_link_made_while_the_old_tokens_were_refused_stays(spotify: LinkedSpotify) -> None:
    await spotify.link(ALICE)
    account = await spotify.links.account(ALICE)
    assert account is not None
    spotify.stand_in.accounts.consents.revoke(spotify.stand_in.accounts.people[LISTENER])
    spotify.wall.wall += timedelta(hours=1)
    spotify.wall.while_asleep = lambda: spotify.link(ALICE)  # before the refused ones are deleted

    assert await spotify.me(account)
    link = await spotify.links.describe(ALICE)
    assert link is not None
    assert link.is_usable


async def test_tokens_survive_a_change_of_the_keys(
    spotify: LinkedSpotify, database: Database
) -> None:
    await spotify.link(ALICE)
    spotify.keys.change(2, 1)
    spotify.wall.wall += timedelta(hours=1)
    account = await spotify.links.account(ALICE)
    assert account is not None

    assert await spotify.me(account)
    spotify.keys.change(2)  # the refresh has stored them under the newest
    assert await spotify.me(account)
    assert "accounts.spotify_expiry" in await dump(database)


async def test_outage_of_the_accounts_host_changes_nothing(spotify: LinkedSpotify) -> None:
    await spotify.link(ALICE)
    account = await spotify.links.account(ALICE)
    assert account is not None
    spotify.wall.wall += timedelta(hours=1)
    spotify.stand_in.faults.set(
        Fault(kind=FaultKind.STATUS, status=502, path_prefix="/accounts", times=1)
    )

    with pytest.raises(UpstreamServerError):
        await spotify.me(account)

    assert await spotify.me(account)
