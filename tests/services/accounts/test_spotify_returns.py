"""What people bring back from Spotify's page: theirs links, and nothing else does."""

import shutil
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from harness.databases import open_database
from harness.spotify import LinkedSpotify, open_spotify, query_of
from sqlalchemy import text

from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.spotify.people import LISTENER
from services.accounts.permissions import ConsentDenied, NothingUnderWay
from services.accounts.spotify import SpotifyLinks
from services.errors import (
    AccessDenied,
    ExternalServiceException,
    InvalidRequest,
    InvalidResponse,
    ServiceDisabled,
    UpstreamServerError,
    UpstreamUnreachable,
)
from services.storage.database import Database

ALICE, BOB = 42, 43
STRANGER = "stranger_sam"


@pytest.fixture
async def database(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """On SQLite alone: what is stored is tested on both, beside this."""
    async with open_database(Path(shutil.copy(sqlite_template, tmp_path / "aime.db"))) as opened:
        yield opened


@pytest.fixture
async def spotify(database: Database) -> AsyncIterator[LinkedSpotify]:
    async with open_spotify(database) as it:
        yield it


def exchanges(spotify: LinkedSpotify) -> int:
    """Return how often a code was brought to Spotify."""
    return sum(request.path == "/accounts/api/token" for request in spotify.stand_in.requests)


async def stored(database: Database) -> int:
    """Return how many rows there are of accounts, permissions, tokens and jobs."""
    async with database.read() as transaction:
        counts = [
            (await transaction.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()  # noqa: S608  # our own names
            for table in ("spotify_accounts", "permissions", "grants", "jobs")
        ]
    return sum(counts)


@pytest.mark.parametrize(
    "brought",
    [
        pytest.param(lambda url: url, id="the address"),
        pytest.param(lambda url: f" <{url}>\n", id="the address as Discord quotes it"),
        pytest.param(lambda url: "?" + url.partition("?")[2], id="its query"),
        pytest.param(lambda url: query_of(url)["code"], id="only the code"),
    ],
)
async def test_what_can_be_pasted_links(
    spotify: LinkedSpotify, brought: Callable[[str], str]
) -> None:
    url = spotify.agree(await spotify.begin(ALICE))

    assert (await spotify.links.finish(ALICE, brought(url))).is_usable


async def forged(spotify: LinkedSpotify) -> str:
    url = spotify.agree(await spotify.begin(ALICE))
    return url.replace(query_of(url)["state"], "A" * 43)


async def of_another_person(spotify: LinkedSpotify) -> str:
    await spotify.begin(ALICE)
    return spotify.agree(await spotify.begin(BOB))


async def replayed(spotify: LinkedSpotify) -> str:
    url = spotify.agree(await spotify.begin(ALICE))
    await spotify.links.finish(ALICE, url)
    await spotify.links.unlink(ALICE)
    spotify.stand_in.requests.clear()
    return url


async def late(spotify: LinkedSpotify) -> str:
    url = spotify.agree(await spotify.begin(ALICE))
    spotify.wall.wall += timedelta(minutes=10, seconds=1)
    return url


async def superseded(spotify: LinkedSpotify) -> str:
    url = spotify.agree(await spotify.begin(ALICE))
    await spotify.begin(ALICE)
    return url


async def unasked(spotify: LinkedSpotify) -> str:
    return spotify.agree(await spotify.begin(BOB))


@pytest.mark.parametrize("bring", [forged, of_another_person, replayed, late, superseded, unasked])
async def test_address_that_is_not_of_this_request_links_nothing(
    spotify: LinkedSpotify, bring: Callable[[LinkedSpotify], object]
) -> None:
    url = await bring(spotify)  # type: ignore[misc]  # each of them is a coroutine

    with pytest.raises(NothingUnderWay):
        await spotify.links.finish(ALICE, url)

    assert exchanges(spotify) == 0
    assert await spotify.links.describe(ALICE) is None


@pytest.mark.parametrize("bring", [forged, replayed, late, superseded])
async def test_callback_that_is_not_of_any_request_links_nothing(
    spotify: LinkedSpotify, bring: Callable[[LinkedSpotify], object]
) -> None:
    query = query_of(await bring(spotify))  # type: ignore[misc]  # each of them is a coroutine

    with pytest.raises(NothingUnderWay):
        await spotify.links.who_asked(query["state"])
    with pytest.raises(NothingUnderWay):
        await spotify.links.finish_callback(query["state"], query["code"])

    assert exchanges(spotify) == 0


async def test_callback_links_the_person_who_asked(spotify: LinkedSpotify) -> None:
    query = query_of(spotify.agree(await spotify.begin(ALICE)))

    person = await spotify.links.who_asked(query["state"])
    user_id, link = await spotify.links.finish_callback(query["state"], query["code"])

    assert (person, user_id, link.name) == ("Alice (@alice)", ALICE, "Marie Listens")


async def test_code_of_another_persons_request_is_refused_by_its_verifier(
    spotify: LinkedSpotify,
) -> None:
    await spotify.begin(ALICE)
    code = query_of(spotify.agree(await spotify.begin(BOB)))["code"]

    with pytest.raises(InvalidRequest):
        await spotify.links.finish(ALICE, code)

    assert await spotify.links.describe(ALICE) is None


@pytest.mark.parametrize("pasted", ["", "hello there", "https://example.com/?x=1", "q" * 20])
async def test_what_is_no_code_can_be_tried_again(spotify: LinkedSpotify, pasted: str) -> None:
    url = spotify.agree(await spotify.begin(ALICE))

    with pytest.raises(InvalidRequest):
        await spotify.links.finish(ALICE, pasted)

    assert (await spotify.links.finish(ALICE, url)).is_usable


@pytest.mark.parametrize("is_callback", [False, True])
async def test_denied_consent_ends_the_request(
    spotify: LinkedSpotify,
    database: Database,
    is_callback: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    url = spotify.cancel(await spotify.begin(ALICE))

    if is_callback:
        await spotify.links.deny(query_of(url)["state"])
    else:
        with pytest.raises(ConsentDenied):
            await spotify.links.finish(ALICE, url)

    assert await stored(database) == 0


async def test_nothing_is_stored_of_somebody_who_may_not_use_the_app(
    spotify: LinkedSpotify, database: Database
) -> None:
    with pytest.raises(AccessDenied):
        await spotify.link(ALICE, STRANGER)

    assert await stored(database) == 0


async def test_old_id_and_no_name_are_good_enough(spotify: LinkedSpotify) -> None:
    person = spotify.stand_in.accounts.people[LISTENER]
    person.tells_account_id, person.display_name = False, None

    link = await spotify.link(ALICE)
    account = await spotify.links.account(ALICE)

    assert account is not None
    assert (link.name, account.account_id) == (person.user_id, person.user_id)


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Fault(kind=FaultKind.STATUS, status=502, path_prefix="/accounts"), UpstreamServerError),
        (Fault(kind=FaultKind.CUT_BEFORE_BODY, path_prefix="/accounts"), UpstreamUnreachable),
        (Fault(kind=FaultKind.MALFORMED_BODY, path_prefix="/accounts"), InvalidResponse),
        (Fault(kind=FaultKind.STATUS, status=503, path_prefix="/v1/me"), UpstreamServerError),
    ],
    ids=["HTML 502", "down", "no JSON", "the person cannot be asked"],
)
async def test_outage_links_nothing(
    spotify: LinkedSpotify, fault: Fault, raised: type[ExternalServiceException]
) -> None:
    url = spotify.agree(await spotify.begin(ALICE))
    spotify.stand_in.faults.set(fault)

    with pytest.raises(raised):
        await spotify.links.finish(ALICE, url)

    assert await spotify.links.describe(ALICE) is None
    assert exchanges(spotify) <= 2  # aiohttp repeats a request whose connection was dropped


async def test_bot_without_keys_says_what_is_missing(
    spotify: LinkedSpotify, database: Database
) -> None:
    await spotify.link(ALICE)
    without = SpotifyLinks(
        database,
        grants=spotify.grants,
        cipher=spotify.cipher,
        oauth=None,
        warnings=spotify.warnings,
        on_unlink=spotify.unlink,
        clock=spotify.wall,
        missing_settings=("SPOTIFY_CLIENT_ID",),
    )

    asked = (
        without.begin(BOB, person="", locale="fr"),
        without.account(ALICE),
        without.account(BOB),  # linking is no advice here
    )
    for ask in asked:
        with pytest.raises(ServiceDisabled) as caught:
            await ask
        assert caught.value.settings == ("SPOTIFY_CLIENT_ID",)
    assert await without.describe(ALICE) is not None
    assert await without.unlink(ALICE)
