"""A person's token under a policy: refreshed early, after a 401, and once for everybody."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes.accounts import NOW, USER, ImpatientClock, Refresher, make_grants, make_tokens

from services.accounts.grants import Grants
from services.accounts.models import TokenSet
from services.accounts.spotify_credential import SpotifyCredential
from services.errors import AuthenticationFailed, LinkAgain, NotLinked, UpstreamTimeout
from services.spotify.accounts import UserCredential
from services.storage.database import Database

REFUSED = AuthenticationFailed("spotify", "refresh", 400, "invalid_grant")


@pytest.fixture
def clock() -> ImpatientClock:
    return ImpatientClock()


@pytest.fixture
def grants(database: Database, clock: ImpatientClock) -> Grants:
    return make_grants(database, clock=clock)


@pytest.fixture
def refresh() -> Refresher:
    return Refresher(new_tokens())


def new_tokens() -> TokenSet:
    return replace(make_tokens("new"), expires_at=NOW + timedelta(hours=2))


def credential_of(grants: Grants, refresh: Refresher, clock: ImpatientClock) -> UserCredential:
    return SpotifyCredential(USER, grants=grants, refresh=refresh, clock=clock)


async def access(credential: UserCredential) -> str:
    return (await credential.token()).reveal()


@pytest.mark.parametrize(("seconds_left", "token"), [(61, "old-access"), (60, "new-access")])
async def test_token_is_refreshed_a_minute_early(
    grants: Grants, refresh: Refresher, clock: ImpatientClock, seconds_left: int, token: str
) -> None:
    await grants.link(USER, "spotify", make_tokens("old"))
    clock.wall = NOW + timedelta(hours=1, seconds=-seconds_left)

    assert await access(credential_of(grants, refresh, clock)) == token


async def test_rejected_token_is_refreshed_once_for_all_who_used_it(
    grants: Grants, refresh: Refresher, clock: ImpatientClock
) -> None:
    await grants.link(USER, "spotify", make_tokens("old"))
    clock.wall = NOW + timedelta(seconds=1)
    credentials = [credential_of(grants, refresh, clock) for _ in range(5)]
    generations = [await each.obtain() for each in credentials]

    renewed = await asyncio.gather(
        *(each.renew(number) for each, number in zip(credentials, generations, strict=True))
    )

    assert renewed == [True] * 5
    assert len(refresh.asked) == 1
    assert {await access(each) for each in credentials} == {"new-access"}


async def test_generation_of_an_older_token_only_means_to_send_again(
    grants: Grants, refresh: Refresher, clock: ImpatientClock
) -> None:
    await grants.link(USER, "spotify", make_tokens("old"))
    credential = credential_of(grants, refresh, clock)
    first = await credential.obtain()
    clock.wall = NOW + timedelta(seconds=1)
    await credential.renew(first)

    assert await credential.renew(first)
    assert len(refresh.asked) == 1


async def test_replacement_that_is_rejected_at_once_is_not_refreshed_again(
    grants: Grants, refresh: Refresher, clock: ImpatientClock
) -> None:
    await grants.link(USER, "spotify", make_tokens("old"))
    credential = credential_of(grants, refresh, clock)
    clock.wall = NOW + timedelta(seconds=1)
    await credential.renew(await credential.obtain())

    at_once = await credential.renew(await credential.obtain())
    clock.wall += timedelta(seconds=6)
    later = await credential.renew(await credential.obtain())

    assert (at_once, later) == (False, True)
    assert len(refresh.asked) == 2


@pytest.mark.parametrize(
    ("failure", "raised", "is_linked"),
    [
        (REFUSED, LinkAgain, False),
        (UpstreamTimeout("spotify", "refresh"), UpstreamTimeout, True),
    ],
)
async def test_failed_refresh_tells_what_is_to_be_done(
    grants: Grants,
    clock: ImpatientClock,
    failure: Exception,
    raised: type[Exception],
    is_linked: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    await grants.link(USER, "spotify", make_tokens("old"))
    clock.wall = NOW + timedelta(hours=1)

    with pytest.raises(raised):
        await credential_of(grants, Refresher(failure), clock).obtain()

    assert (await grants.get(USER, "spotify") is not None) is is_linked


async def test_nobody_is_spoken_for_without_a_link(
    grants: Grants, refresh: Refresher, clock: ImpatientClock
) -> None:
    with pytest.raises(NotLinked):
        await credential_of(grants, refresh, clock).token()
