from contextlib import aclosing

import msgspec
import pytest
from fakes.clock import VirtualClock
from fakes.links import Things
from fakes.upstreams import make_item
from fakes.virtual_time import in_virtual_time, settle

from services.answers import Answer
from services.catalogue.linked import Linked, abandoned
from services.catalogue.links import MusicLink
from services.discogs.links import DiscogsPage
from services.discogs.models import Artist, DiscogsKind, Label, Master, Release
from services.errors import ServiceDown
from services.music import InvalidQuery
from services.spotify.links import ShortLink, SpotifyLink, Unsupported
from services.spotify.models import SpotifyKind

ID = "1weenld61qoidwYuZ1GESA"
OTHER = "4uLU6hMCjMI75M1A2tKUQC"
ALBUM = SpotifyLink(SpotifyKind.ALBUM, ID)
TRACK = SpotifyLink(SpotifyKind.TRACK, OTHER)
SHORT = ShortLink("https://spotify.link/x")
RELEASE = DiscogsPage(DiscogsKind.RELEASE, 1)
ITEM = make_item("Kind of Blue", "Miles Davis")
SONG = msgspec.structs.replace(ITEM, kind=SpotifyKind.TRACK, name="So What", album="Kind of Blue")
PRESSING = Release(release_id=1, title="Kind of Blue", artist="Miles Davis")
DOWN = ServiceDown("spotify", "get_album", 503)


def things(**leads: SpotifyLink | Unsupported) -> Things:
    known = Things(leads={f"https://spotify.link/{code}": link for code, link in leads.items()})
    known.things = {f"album:{ID}": ITEM, f"track:{OTHER}": SONG, "release:1": PRESSING}
    return known


async def steps(known: Things, *links: MusicLink) -> list[tuple[Linked, ...]]:
    return [each async for each in known.music().look_up(links)]


def values(linked: tuple[Linked, ...]) -> list[object]:
    return [each.found.value if isinstance(each.found, Answer) else each.found for each in linked]


@in_virtual_time
async def test_links_are_looked_up_together_and_each_is_told_as_it_comes(
    clock: VirtualClock,
) -> None:
    known = things()
    known.takes = {f"album:{ID}": 2.0, "release:1": 1.0}

    seen = [
        (clock.elapsed, [each.is_waiting for each in linked])
        async for linked in known.music().look_up([ALBUM, RELEASE])
    ]

    assert seen == [(1.0, [True, False]), (2.0, [False, False])]


async def test_each_kind_of_link_leads_to_its_thing_in_one_request() -> None:
    known = things()
    master, artist = Master(master_id=2, title="t", artist="a"), Artist(artist_id=3, name="n")
    label = Label(label_id=4, name="l")
    known.things |= {"master:2": master, "artist:3": artist, "label:4": label}
    pages = [
        DiscogsPage(DiscogsKind.MASTER, 2),
        DiscogsPage(DiscogsKind.ARTIST, 3),
        DiscogsPage(DiscogsKind.LABEL, 4),
    ]

    last = (await steps(known, ALBUM, RELEASE, *pages))[-1]

    assert values(last) == [ITEM, PRESSING, master, artist, label]
    assert sorted(known.asked) == sorted(
        [f"album:{ID}", "release:1", "master:2", "artist:3", "label:4"]
    )


async def test_track_that_a_link_to_an_album_points_at_is_what_is_meant() -> None:
    known = things()

    last = (await steps(known, SpotifyLink(SpotifyKind.ALBUM, ID, OTHER)))[-1]

    assert values(last) == [SONG]
    assert known.asked == [f"track:{OTHER}"]


async def test_failure_of_one_leaves_the_others() -> None:
    known = things()
    known.things[f"album:{ID}"] = DOWN

    assert values((await steps(known, ALBUM, RELEASE))[-1]) == [DOWN, PRESSING]


async def test_short_link_becomes_what_it_stands_for_and_a_repetition_is_dropped() -> None:
    last = (await steps(things(x=ALBUM), SHORT, RELEASE, ALBUM))[-1]

    assert [each.link for each in last] == [ALBUM, RELEASE]
    assert values(last) == [ITEM, PRESSING]


async def test_what_has_no_card_is_not_asked_for() -> None:
    known = things(x=Unsupported("show"))

    last = (await steps(known, SHORT, Unsupported("user"), ShortLink("https://spotify.link/y")))[-1]

    assert [each.link for each in last] == [
        Unsupported("show"),
        Unsupported("user"),
        ShortLink("https://spotify.link/y"),
    ]
    assert all(each.found is None and not each.is_waiting for each in last)
    assert known.asked == []


@in_virtual_time
async def test_closing_ends_what_is_under_way(clock: VirtualClock) -> None:
    known = things()
    known.takes = {f"album:{ID}": 60.0}

    async with aclosing(known.music().look_up([ALBUM, RELEASE])) as looking:
        first = await anext(looking)
    await settle()

    assert [each.is_waiting for each in first] == [True, False]
    assert clock.elapsed == 0


async def test_what_is_given_up_fails_and_what_is_known_stays() -> None:
    known = (Linked(link=ALBUM, is_waiting=True), Linked(link=RELEASE, found=DOWN))

    assert abandoned(known, DOWN) == (
        Linked(link=ALBUM, found=DOWN),
        Linked(link=RELEASE, found=DOWN),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"<{ALBUM.url}?si=1>", "Miles Davis Kind of Blue"),
        (TRACK.url, "Miles Davis Kind of Blue"),
        ("https://spotify.link/x", "Miles Davis Kind of Blue"),
        ("kind of blue", None),
        ("https://www.discogs.com/release/1", None),
        (f"{ALBUM.url} please", None),
    ],
)
async def test_words_of_a_link_are_those_of_its_album(text: str, words: str | None) -> None:
    assert await things(x=ALBUM).music().words_of(text) == words


@pytest.mark.parametrize(
    "text",
    [
        f"https://open.spotify.com/playlist/{ID}",
        f"https://open.spotify.com/show/{ID}",
        "https://spotify.link/nowhere",
    ],
)
async def test_link_to_no_record_has_no_words(text: str) -> None:
    with pytest.raises(InvalidQuery, match="no_record"):
        await things().music().words_of(text)
