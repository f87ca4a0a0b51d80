"""An album, an artist or a track of Spotify, and what belongs to it."""

import msgspec
import pytest
from fakes.clock import VirtualClock
from fakes.music import (
    ALBUM_ID,
    ARTIST_ID,
    LISTED,
    MY_COPY,
    MY_WANT,
    TRACK_ID,
    FullSpotify,
    NoMatches,
    make_lookup,
)
from fakes.upstreams import make_hit
from fakes.virtual_time import in_virtual_time

from services.answers import Answer, Source
from services.catalogue.confidence import Confidence
from services.catalogue.models import CatalogueMatch
from services.catalogue.music_lookup import MusicLookup
from services.catalogue.music_view import MusicView, Unreadable
from services.catalogue.recent_items import RecentItems
from services.errors import NotFound, UpstreamServerError
from services.music import InvalidQuery
from services.spotify.models import SpotifyAlbum, SpotifyArtist, SpotifyKind

ME, OTHER = 42, 43
ALBUM, ARTIST, TRACK = SpotifyKind.ALBUM, SpotifyKind.ARTIST, SpotifyKind.TRACK
DOWN = UpstreamServerError("spotify", "search", 503)
MATCH = CatalogueMatch(hits=(make_hit("Blue Train", "John Coltrane"),), confidence=Confidence.EXACT)


async def looked_up(
    lookup: MusicLookup, query: str, kind: SpotifyKind = ALBUM, user: int = ME
) -> list[MusicView]:
    return [view async for view in lookup.look_up(kind, query, user)]


@in_virtual_time
async def test_album_is_shown_before_discogs_has_answered(clock: VirtualClock) -> None:
    spotify, discogs = FullSpotify(), NoMatches(MATCH)
    lookup = make_lookup(spotify, clock=clock, matches=discogs, copies=(MY_COPY,), wants=(MY_WANT,))

    first, last = await looked_up(lookup, "blue train")

    assert first.thing is not None
    assert isinstance(first.thing.value, SpotifyAlbum)
    assert (first.discogs, first.is_complete) == (None, False)
    assert (last.discogs, last.is_complete) == (MATCH, True)
    assert (last.own.copies, last.own.wants) == ((MY_COPY,), (MY_WANT,))
    assert spotify.asked == ["search album blue train", f"album {ALBUM_ID}"]
    assert [item.name for item in discogs.asked] == ["Blue Train"]


@pytest.mark.parametrize(
    ("query", "kind", "asked"),
    [
        pytest.param(f"spotify:album:{ALBUM_ID}", ALBUM, f"album {ALBUM_ID}", id="URI"),
        pytest.param(
            f"https://open.spotify.com/intl-fr/track/{TRACK_ID}?si=x",
            ALBUM,
            f"track {TRACK_ID}",
            id="link to something else",
        ),
        pytest.param(
            f"https://open.spotify.com/playlist/{ALBUM_ID}",
            ALBUM,
            f"item playlist {ALBUM_ID}",
            id="playlist",
        ),
        pytest.param(
            f"<https://open.spotify.com/album/{ALBUM_ID}?si={'x' * 300}>",
            ALBUM,
            f"album {ALBUM_ID}",
            id="longer than a query may be",
        ),
    ],
)
@in_virtual_time
async def test_link_opens_what_it_leads_to_without_a_search(
    clock: VirtualClock, query: str, kind: SpotifyKind, asked: str
) -> None:
    spotify = FullSpotify()

    views = await looked_up(make_lookup(spotify, clock=clock), query, kind)

    assert spotify.asked == [asked]
    assert views[-1].is_complete
    assert views[-1].kind.value in asked


@pytest.mark.parametrize(
    ("query", "why"),
    [
        pytest.param("https://spotify.link/abcDEF123", Unreadable.SHORT_LINK, id="short link"),
        pytest.param("https://open.spotify.com/show/abc", Unreadable.UNSUPPORTED, id="a podcast"),
    ],
)
@in_virtual_time
async def test_link_that_leads_nowhere_is_told(
    clock: VirtualClock, query: str, why: Unreadable
) -> None:
    spotify = FullSpotify()

    [view] = await looked_up(make_lookup(spotify, clock=clock), query)

    assert (view.unreadable, view.thing, spotify.asked) == (why, None, [])


@in_virtual_time
async def test_own_record_is_found_by_its_names_and_numbers_of_others_are_not(
    clock: VirtualClock,
) -> None:
    stranger = msgspec.structs.replace(LISTED, artists=("The Tribute Trio",), spotify_id="q" * 22)
    spotify = FullSpotify(hits=(stranger, LISTED))
    lookup = make_lookup(spotify, clock=clock, copies=(MY_COPY,))

    views = await looked_up(lookup, "release:7")
    with pytest.raises(NotFound):
        await looked_up(lookup, "release:8")

    assert views[-1].owned == MY_COPY
    assert not views[-1].is_doubtful
    assert spotify.asked == [
        'search album album:"Blue Train" artist:"John Coltrane"',
        f"album {ALBUM_ID}",
    ]


@in_virtual_time
async def test_own_record_that_spotify_lacks_leaves_the_record(clock: VirtualClock) -> None:
    spotify = FullSpotify(hits=())

    [view] = await looked_up(make_lookup(spotify, clock=clock, copies=(MY_COPY,)), "release:7")

    assert (view.owned, view.thing, view.is_complete) == (MY_COPY, None, True)


@in_virtual_time
async def test_what_fits_badly_is_called_the_closest(clock: VirtualClock) -> None:
    other = msgspec.structs.replace(LISTED, spotify_id="o" * 22)
    spotify = FullSpotify(hits=(LISTED, other))

    views = await looked_up(make_lookup(spotify, clock=clock), "a quite different banana")

    assert views[-1].is_doubtful
    assert views[-1].others == (other,)


@in_virtual_time
async def test_failed_search_shows_where_to_look_and_no_stranger(clock: VirtualClock) -> None:
    [view] = await looked_up(make_lookup(FullSpotify(error=DOWN), clock=clock), "blue train")

    assert view.thing is None
    assert view.search is not None
    assert (view.search.source, view.search.error) == (Source.MINIMAL, DOWN)


@in_virtual_time
async def test_album_that_cannot_be_read_is_shown_as_the_search_lists_it(
    clock: VirtualClock,
) -> None:
    lookup = make_lookup(FullSpotify(is_down=True), clock=clock, copies=(MY_COPY,))

    views = await looked_up(lookup, "blue train")
    linked = await looked_up(lookup, f"spotify:album:{ALBUM_ID}")

    assert views[-1].thing == Answer(value=LISTED, source=Source.MINIMAL)
    assert views[-1].own.copies == (MY_COPY,)
    assert linked[-1].thing is not None
    assert linked[-1].thing.value.name == ""
    assert linked[-1].is_complete


@in_virtual_time
async def test_artist_comes_with_a_page_of_the_discography_and_what_is_owned_of_it(
    clock: VirtualClock,
) -> None:
    spotify = FullSpotify(total=25)
    lookup = make_lookup(spotify, clock=clock, copies=(MY_COPY,))

    views = [view async for view in lookup.open(ARTIST, ARTIST_ID, ME, page=3)]

    assert views[-1].thing is not None
    assert isinstance(views[-1].thing.value, SpotifyArtist)
    assert views[-1].belongings[ALBUM_ID].copies == (MY_COPY,)
    assert spotify.asked == [f"artist {ARTIST_ID}", f"discography {ARTIST_ID} 3"]


@in_virtual_time
async def test_missing_discography_leaves_the_artist(clock: VirtualClock) -> None:
    lookup = make_lookup(FullSpotify(error=DOWN), clock=clock)

    views = [view async for view in lookup.open(ARTIST, ARTIST_ID, ME)]

    assert views[-1].releases is DOWN
    assert views[-1].is_complete


@in_virtual_time
async def test_discogs_failure_is_part_of_the_answer(clock: VirtualClock) -> None:
    lookup = make_lookup(FullSpotify(), clock=clock, matches=NoMatches(DOWN))

    views = await looked_up(lookup, "blue train")

    assert views[-1].discogs is DOWN


@in_virtual_time
async def test_what_was_seen_is_noted_for_its_asker_alone(clock: VirtualClock) -> None:
    recent = RecentItems(clock=clock)
    lookup = make_lookup(FullSpotify(), clock=clock, recent=recent)

    await looked_up(lookup, "blue train")
    await looked_up(lookup, "locomotion", TRACK)

    [album], [track] = recent.find(ME, ALBUM, "col blu"), recent.find(ME, TRACK, "loc")
    assert (album.name, album.artist, album.spotify_id) == ("Blue Train", "John Coltrane", ALBUM_ID)
    assert (track.name, track.spotify_id) == ("Locomotion", TRACK_ID)
    assert recent.find(OTHER, ALBUM, "") == ()


@in_virtual_time
async def test_useless_query_asks_nobody(clock: VirtualClock) -> None:
    spotify = FullSpotify()

    with pytest.raises(InvalidQuery):
        await looked_up(make_lookup(spotify, clock=clock), "!")

    assert spotify.asked == []
