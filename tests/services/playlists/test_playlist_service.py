"""A person's own playlists: what is shown, found and added, and how often Spotify is asked."""

import asyncio

import pytest
from fakes.chance import FixedChance
from fakes.clock import VirtualClock
from fakes.filling import USER, FakeAccounts, FakeSpotify, lost, make_account
from fakes.virtual_time import in_virtual_time

from services.answers import Answer, Source
from services.errors import AccessDenied, NotLinked, OutcomeUnknown, UpstreamServerError
from services.playlists.service import PlaylistService
from services.spotify.denials import Denial
from services.spotify.models import SpotifyItem, SpotifyKind, SpotifyResults

ALBUM, TRACK = SpotifyKind.ALBUM, SpotifyKind.TRACK
OTHER = 8


class SearchedSpotify(FakeSpotify):
    """Also searched: everything has one album of that name."""

    async def search(self, query: str, kinds: tuple[SpotifyKind, ...], /) -> Answer[SpotifyResults]:
        assert kinds == (ALBUM, TRACK)
        item = SpotifyItem(kind=ALBUM, spotify_id=query, name=query, url="https://x")
        results = SpotifyResults(items=(item,), search_url="https://x")
        return Answer(value=results, source=Source.LIVE)


class Desk:
    """The service, and what is around it."""

    def __init__(self, clock: VirtualClock) -> None:
        self.spotify = SearchedSpotify(travel=lambda: clock.sleep(0.1))
        self.accounts = FakeAccounts()
        self.service = PlaylistService(
            accounts=self.accounts,
            shelf=self.spotify,
            catalogue=self.spotify,
            clock=clock,
            chance=FixedChance(0.0),
        )

    async def made(self, name: str) -> str:
        """Return the id of a new playlist."""
        playlist = await self.service.create(USER, name, is_public=False, about="AIME")
        return playlist.spotify_id


@in_virtual_time
async def test_nothing_is_asked_for_who_has_linked_no_account(clock: VirtualClock) -> None:
    desk = Desk(clock)

    for ask in (
        desk.service.page(OTHER),
        desk.service.show(OTHER, "x"),
        desk.service.suggest(OTHER, ""),
        desk.service.find(OTHER, "x"),
        desk.service.find_items(OTHER, "kind of blue"),
        desk.service.create(OTHER, "x", is_public=False, about=""),
        desk.service.add(OTHER, "x", ALBUM, "y", press="1"),
    ):
        with pytest.raises(NotLinked):
            await ask

    assert desk.spotify.calls == []


@in_virtual_time
async def test_suggestions_ask_once_in_two_minutes_and_again_after_a_change(
    clock: VirtualClock,
) -> None:
    desk = Desk(clock)
    await desk.made("Late night jazz")

    crowd = [desk.service.suggest(USER, typed) for typed in ("", "ja", "night", "late", "x")]
    found = [len(each) for each in await asyncio.gather(*crowd)]
    await desk.service.suggest(USER, "jazz")
    asked = desk.spotify.calls.count("mine")
    await desk.made("Another")
    after = await desk.service.suggest(USER, "")

    assert found == [1, 1, 1, 1, 0]
    assert asked == 1
    assert [each.name for each in after] == ["Another", "Late night jazz"]
    await clock.sleep(121)
    await desk.service.suggest(USER, "")
    assert desk.spotify.calls.count("mine") == 3


@in_virtual_time
async def test_suggestions_are_those_of_the_account_that_is_linked_now(
    clock: VirtualClock,
) -> None:
    desk = Desk(clock)
    await desk.made("Mine")
    await desk.service.suggest(USER, "")

    desk.accounts.linked[USER] = make_account(OTHER)
    await desk.service.suggest(USER, "")

    assert desk.spotify.calls.count("mine") == 2


@in_virtual_time
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("playlist-0", "playlist-0", id="an id of the person's own"),
        pytest.param("JAZZ", "playlist-0", id="its whole name"),
        pytest.param("bl", "playlist-1", id="the beginning of only one"),
        pytest.param("nothing", None, id="nothing like it"),
        pytest.param(
            "https://open.spotify.com/playlist/37i9dQZF1DXcBWIGoYBM5M?si=1",
            "37i9dQZF1DXcBWIGoYBM5M",
            id="a link",
        ),
        pytest.param("https://open.spotify.com/album/37i9dQZF1DXcBWIGoYBM5M", None, id="an album"),
        pytest.param("37i9dQZF1DXcBWIGoYBM5M", "37i9dQZF1DXcBWIGoYBM5M", id="a strange id"),
    ],
)
async def test_playlist_is_found_by_name_link_or_id(
    clock: VirtualClock, text: str, expected: str | None
) -> None:
    desk = Desk(clock)
    await desk.made("Jazz")
    await desk.made("Blues and jazz")

    assert await desk.service.find(USER, text) == expected


@in_virtual_time
async def test_double_click_adds_once_and_a_later_one_adds_again(clock: VirtualClock) -> None:
    desk = Desk(clock)
    playlist_id = await desk.made("Jazz")

    both = [desk.service.add(USER, playlist_id, ALBUM, "A1", press="7") for _ in range(2)]
    first, second = await asyncio.gather(*both)
    late = await desk.service.add(USER, playlist_id, ALBUM, "A1", press="7")
    await desk.service.add(USER, playlist_id, TRACK, "T", press="8")

    assert first == second == late
    assert (first.name, first.tracks, first.missing) == ("A1", 10, 0)
    assert desk.spotify.contents[playlist_id] == [*desk.spotify.uris("A1"), "spotify:track:T"]


@in_virtual_time
async def test_click_after_a_failure_tries_again(clock: VirtualClock) -> None:
    desk = Desk(clock)
    playlist_id = await desk.made("Jazz")
    desk.spotify.before["get_album"] = [fail]

    with pytest.raises(UpstreamServerError):
        await desk.service.add(USER, playlist_id, ALBUM, "A1", press="7")
    await desk.service.add(USER, playlist_id, ALBUM, "A1", press="7")

    assert desk.spotify.contents[playlist_id] == desk.spotify.uris("A1")


@in_virtual_time
async def test_lost_answer_that_nobody_can_settle_is_said_to_be_unknown(
    clock: VirtualClock,
) -> None:
    desk = Desk(clock)
    playlist_id = await desk.made("Jazz")
    desk.spotify.after["add"] = [lost]
    desk.spotify.before["items"] = [fail]

    with pytest.raises(OutcomeUnknown):
        await desk.service.add(USER, playlist_id, ALBUM, "A1", press="7")


@in_virtual_time
async def test_long_album_of_which_a_part_was_added_says_what_is_missing(
    clock: VirtualClock,
) -> None:
    desk = Desk(clock)
    playlist_id = await desk.made("Jazz")
    desk.spotify.tracks = 130
    desk.spotify.before["add"] = [nothing, fail]
    desk.spotify.before["items"] = [nothing]

    added = await desk.service.add(USER, playlist_id, ALBUM, "A1", press="7")

    assert (added.tracks, added.missing) == (100, 30)
    assert len(desk.spotify.contents[playlist_id]) == 100


@in_virtual_time
async def test_tracks_of_a_playlist_come_in_pages_and_those_of_others_not_at_all(
    clock: VirtualClock,
) -> None:
    desk = Desk(clock)
    playlist_id = await desk.made("Jazz")
    desk.spotify.contents[playlist_id] = desk.spotify.uris("A1", "A2")

    last = await desk.service.show(USER, playlist_id, 2)
    del desk.spotify.contents[playlist_id]
    closed = await desk.service.show(USER, playlist_id)

    assert last.tracks is not None
    assert ([track.uri for track in last.tracks], last.page, last.pages) == (
        desk.spotify.uris("A1", "A2")[15:],
        2,
        2,
    )
    assert closed.tracks is None


@in_virtual_time
async def test_half_of_an_album_and_a_track_that_nobody_knows_are_not_added(
    clock: VirtualClock,
) -> None:
    desk = Desk(clock)
    playlist_id = await desk.made("Jazz")
    down = UpstreamServerError("spotify", "test", 503)
    desk.spotify.cut, desk.spotify.gone = [down], [down]

    for kind in (ALBUM, TRACK):
        with pytest.raises(UpstreamServerError):
            await desk.service.add(USER, playlist_id, kind, "A1", press="7")

    assert desk.spotify.contents[playlist_id] == []


@in_virtual_time
@pytest.mark.parametrize("denial", [*Denial, None])
async def test_tracks_are_left_out_when_they_are_others_and_for_no_other_reason(
    clock: VirtualClock, denial: Denial | None
) -> None:
    desk = Desk(clock)
    playlist_id = await desk.made("Jazz")

    def refuse() -> None:
        error = AccessDenied("spotify", "list_playlist_items", 403)
        error.reason = denial or ""
        raise error

    desk.spotify.before["items"] = [refuse]

    if denial is Denial.NOT_YOURS:
        assert (await desk.service.show(USER, playlist_id)).tracks is None
    else:
        with pytest.raises(AccessDenied):
            await desk.service.show(USER, playlist_id)


def fail() -> None:
    raise UpstreamServerError("spotify", "test", 503)


def nothing() -> None:
    """Let it pass."""
