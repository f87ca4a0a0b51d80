"""What somebody looked at on Spotify is remembered for them, for a day, in memory."""

import msgspec
from fakes.clock import VirtualClock
from fakes.music import MY_COPY, OwnShelf
from fakes.virtual_time import in_virtual_time

from services.catalogue.music_suggestions import MusicSuggestion, MusicSuggestions
from services.catalogue.recent_items import RecentItem, RecentItems
from services.spotify.models import SpotifyKind

ALICE, BOB = 42, 43
ALBUM, ARTIST = SpotifyKind.ALBUM, SpotifyKind.ARTIST


def item(name: str, artist: str = "Artist", kind: SpotifyKind = ALBUM) -> RecentItem:
    return RecentItem(kind=kind, spotify_id=name.ljust(22, "x"), name=name, artist=artist)


def names(recent: RecentItems, user: int = ALICE, text: str = "") -> list[str]:
    return [each.name for each in recent.find(user, ALBUM, text)]


@in_virtual_time
async def test_newest_comes_first_and_each_once(clock: VirtualClock) -> None:
    recent = RecentItems(clock=clock)
    for name in ("One", "Two", "One"):
        recent.note(ALICE, item(name))
    recent.note(ALICE, item("Somebody", "", ARTIST))
    recent.note(BOB, item("Three"))

    assert (names(recent), names(recent, text="tw"), names(recent, BOB)) == (
        ["One", "Two"],
        ["Two"],
        ["Three"],
    )


@in_virtual_time
async def test_day_old_look_ups_of_everybody_are_forgotten(clock: VirtualClock) -> None:
    recent = RecentItems(clock=clock)
    recent.note(ALICE, item("Old"))
    recent.note(BOB, item("Old"))
    await clock.pass_time(80_000)
    recent.note(ALICE, item("New"))
    await clock.pass_time(10_000)

    assert names(recent) == ["New"]
    assert list(recent._people) == [ALICE]  # nothing is left of Bob, though he never came back


@in_virtual_time
async def test_memory_is_bounded(clock: VirtualClock) -> None:
    recent = RecentItems(clock=clock)
    for number in range(30):
        recent.note(ALICE, item(f"{number}"))
    kept = names(recent)
    for user in range(1_000, 2_000):
        recent.note(user, item("Album"))

    assert kept == [str(number) for number in range(29, 4, -1)]
    assert names(recent) == []
    assert len(recent._people) == 1_000


# --- Suggestions


@in_virtual_time
async def test_recent_albums_come_before_own_ones_and_each_name_once(clock: VirtualClock) -> None:
    recent = RecentItems(clock=clock)
    recent.note(ALICE, item("Homogenic", "Björk"))
    own = (
        MY_COPY,
        msgspec.structs.replace(MY_COPY, title="Homogenic", artist="Björk", release_id=9),
        msgspec.structs.replace(MY_COPY, title="Demo", artist="Me", release_id=None),
    )
    suggestions = MusicSuggestions(copies=OwnShelf(own), recent=recent)

    found = await suggestions.find(ALICE, ALBUM, "")

    assert [each.value for each in found] == [
        f"spotify:album:{'Homogenic'.ljust(22, 'x')}",
        "release:7",
        "Me Demo",
    ]
    assert [each.is_owned for each in found] == [False, True, True]


@in_virtual_time
async def test_artists_are_those_of_the_records_whose_names_fit(clock: VirtualClock) -> None:
    own = tuple(
        msgspec.structs.replace(MY_COPY, title=title, artist=artist)
        for title, artist in (("Train", "John Coltrane"), ("John", "Various"), ("John", "Yoko"))
    )
    suggestions = MusicSuggestions(copies=OwnShelf(own), recent=RecentItems(clock=clock))

    found = await suggestions.find(ALICE, ARTIST, "joh")

    assert found == (MusicSuggestion(value="John Coltrane", name="John Coltrane", is_owned=True),)


@in_virtual_time
async def test_tracks_are_only_recent_ones(clock: VirtualClock) -> None:
    shelf = OwnShelf((MY_COPY,))
    suggestions = MusicSuggestions(copies=shelf, recent=RecentItems(clock=clock))

    assert await suggestions.find(ALICE, SpotifyKind.TRACK, "blue") == ()
    assert shelf.asked == []
