"""A person's own playlists, over sockets."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from harness.playlists import SpotifyWorld, spotify_world

from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.spotify.people import LISTENER
from services.errors import (
    AccessDenied,
    DeadlineExceeded,
    InvalidResponse,
    NotFound,
    QuotaSpent,
    UpstreamServerError,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from services.playlists.making import add_once, create_once
from services.spotify import playlist_protocol as protocol
from services.spotify.accounts import SpotifyAccount
from services.spotify.denials import Denial, denial_of
from services.spotify.playlists import is_in_doubt

STRANGER = "31tapehiss88"


@pytest.fixture
async def world() -> AsyncIterator[SpotifyWorld]:
    async with spotify_world() as world:
        yield world


@pytest.fixture
def marie(world: SpotifyWorld) -> SpotifyAccount:
    return world.account(world.people[LISTENER])


def tracks(world: SpotifyWorld, count: int) -> list[str]:
    ids = list(world.stand_in.catalogue.spotify_songs)[:count]
    return [f"spotify:track:{each}" for each in ids]


# --- Reading


async def test_playlists_are_listed_newest_first_with_what_is_followed_closed(
    world: SpotifyWorld, marie: SpotifyAccount
) -> None:
    kept = world.stand_in.playlists
    kept.make(world.people[LISTENER], "First", uris=tracks(world, 3))
    kept.make(world.people[STRANGER], "Theirs", followers=[LISTENER])
    kept.make(world.people[LISTENER], "Last", description="A &amp; B", is_public=False)

    page = await world.playlists.mine(marie, 1)
    second = await world.playlists.mine(marie, 2, size=2)

    shown = [(each.name, each.track_count, each.is_public) for each in page.playlists]
    assert shown == [("Last", 0, False), ("Theirs", None, True), ("First", 3, True)]
    assert page.playlists[0].description == "A & B"
    assert page.playlists[2].owner == "Marie Listens"
    assert (page.total, [each.name for each in second.playlists]) == (3, ["First"])


async def test_tracks_of_an_own_playlist_are_read_in_pages(
    world: SpotifyWorld, marie: SpotifyAccount
) -> None:
    uris = tracks(world, 120)
    made = world.stand_in.playlists.make(world.people[LISTENER], "Long", uris=uris)

    whole = await world.playlists.get(marie, made.playlist_id)
    last = await world.playlists.items(marie, made.playlist_id, 3)

    assert (whole.track_count, last.total) == (120, 120)
    assert [track.uri for track in last.tracks] == uris[100:]
    assert all(track.artists and track.url and track.duration_ms for track in last.tracks)


async def test_playlist_of_somebody_else_shows_its_name_and_no_contents(
    world: SpotifyWorld, marie: SpotifyAccount
) -> None:
    theirs = world.stand_in.playlists.make(world.people[STRANGER], "Theirs", uris=tracks(world, 2))

    shown = await world.playlists.get(marie, theirs.playlist_id)
    with pytest.raises(AccessDenied) as refusal:
        await world.playlists.items(marie, theirs.playlist_id, 1)

    assert (shown.name, shown.track_count) == ("Theirs", None)
    assert denial_of(refusal.value) is Denial.NOT_YOURS


async def test_playlist_that_is_not_there_is_not_found(
    world: SpotifyWorld, marie: SpotifyAccount
) -> None:
    with pytest.raises(NotFound):
        await world.playlists.get(marie, "37i9dQZF1DXcBWIGoYBM5M")


# --- Changing


async def test_new_playlist_is_private_unless_asked_for_in_public(
    world: SpotifyWorld, marie: SpotifyAccount
) -> None:
    private = await world.playlists.create(marie, "Mine")
    public = await world.playlists.create(marie, "Ours", is_public=True)

    kept = world.stand_in.playlists
    found = [kept.get(each.spotify_id) for each in (private, public)]
    assert [each.is_public for each in found if each] == [False, True]


async def test_tracks_are_added_at_the_end_or_where_they_are_wanted(
    world: SpotifyWorld, marie: SpotifyAccount
) -> None:
    one, two, three = tracks(world, 3)
    made = await world.playlists.create(marie, "Mine")

    first = await world.playlists.add(marie, made.spotify_id, [one, two])
    second = await world.playlists.add(marie, made.spotify_id, [three], position=0)

    held = world.stand_in.playlists.get(made.spotify_id)
    assert held is not None
    assert held.uris == [three, one, two]
    assert len({made.snapshot_id, first, second}) == 3


async def test_nothing_is_added_to_the_playlist_of_somebody_else(
    world: SpotifyWorld, marie: SpotifyAccount
) -> None:
    theirs = world.stand_in.playlists.make(world.people[STRANGER], "Theirs")

    with pytest.raises(AccessDenied):
        await world.playlists.add(marie, theirs.playlist_id, tracks(world, 1))

    assert theirs.uris == []


async def test_change_without_the_scope_names_what_is_missing(world: SpotifyWorld) -> None:
    account = world.account(world.people[LISTENER], scopes=frozenset({"playlist-read-private"}))

    with pytest.raises(AccessDenied) as refusal:
        await world.playlists.create(account, "Mine")

    assert denial_of(refusal.value) is Denial.MISSING_SCOPE


@pytest.mark.parametrize("count", [0, 101])
def test_batch_that_spotify_would_refuse_is_not_even_built(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        protocol.build_addition(["spotify:track:x"] * count, None)


# --- Lost answers


async def test_playlist_whose_answer_is_lost_is_found_and_not_made_again(
    world: SpotifyWorld, marie: SpotifyAccount
) -> None:
    world.stand_in.faults.set(lost_at("/v1/me/playlists"))

    made = await create_once(
        world.playlists, marie, "Mine", is_public=False, about="Jazz", mark="aime-x1"
    )

    [kept] = world.stand_in.playlists.of(LISTENER)
    assert (made.spotify_id, kept.description) == (kept.playlist_id, "Jazz aime-x1")


async def test_tracks_whose_answer_is_lost_are_added_once(
    world: SpotifyWorld, marie: SpotifyAccount
) -> None:
    made = await world.playlists.create(marie, "Mine")
    path = f"/v1/playlists/{made.spotify_id}/items"
    world.stand_in.faults.set(lost_at(path))

    await add_once(world.playlists, marie, made.spotify_id, tracks(world, 60), before=0)

    held = world.stand_in.playlists.get(made.spotify_id)
    assert held is not None
    assert held.uris == tracks(world, 60)


def lost_at(path: str) -> Fault:
    return Fault(kind=FaultKind.LOST_ANSWER, times=1, path_prefix=path)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UpstreamTimeout("spotify", "x"), True),
        (UpstreamServerError("spotify", "x", 502), True),
        (InvalidResponse("spotify", "x"), True),
        (DeadlineExceeded("spotify", "x"), True),
        (UpstreamUnreachable("spotify", "x"), True),
        (UpstreamUnreachable("spotify", "x", was_sent=False), False),
        (AccessDenied("spotify", "x", 403), False),
        (QuotaSpent("spotify", "x"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_doubt_is_about_what_was_sent_and_not_answered(error: Exception, *, expected: bool) -> None:
    assert is_in_doubt(error) is expected


# --- Shapes


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            b'{"id": "p", "name": "N", "items": {"total": 2}}', id="the names of February 2026"
        ),
        pytest.param(b'{"id": "p", "name": "N", "tracks": {"total": 2}}', id="the old names"),
    ],
)
def test_playlist_is_read_by_its_old_and_its_new_names(body: bytes) -> None:
    playlist = protocol.parse_playlist(body)

    assert (playlist.spotify_id, playlist.name, playlist.track_count) == ("p", "N", 2)


@pytest.mark.parametrize("key", ["item", "track"])
def test_track_is_read_by_its_old_and_its_new_name_and_gaps_stay_gaps(key: str) -> None:
    track = {"id": "t", "type": "track", "uri": "spotify:track:t", "name": "T", "artists": None}
    body = msgspec.json.encode({"total": 3, "items": [{key: track}, None, {key: None}]})

    page = protocol.parse_tracks(body)

    assert [line.name for line in page.tracks] == ["T", "", ""]
    assert page.tracks[0].url == "https://open.spotify.com/track/t"


def test_playlist_without_an_id_is_no_playlist() -> None:
    with pytest.raises(msgspec.ValidationError):
        protocol.parse_playlist(b'{"name": "N"}')
