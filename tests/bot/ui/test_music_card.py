"""Cards of Spotify with what belongs to them: what they say, and Discord's limits."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from discord import ui
from fakes.music import (
    ALBUM_ID,
    ARTIST,
    BLUE_TRAIN,
    LISTED,
    MY_COPY,
    MY_WANT,
    TRACK,
)
from fakes.upstreams import make_hit

from bot.i18n import Texts
from bot.ui.kept_menu import kept_menu
from bot.ui.music_card import music_card
from services.answers import Answer, Source
from services.catalogue.confidence import Confidence
from services.catalogue.models import CatalogueMatch
from services.catalogue.music_view import MusicView, SpotifyThing, Unreadable
from services.catalogue.own_records import Belongings
from services.discogs.models import DiscogsKind
from services.errors import RateLimitExceeded, UpstreamServerError
from services.spotify.models import (
    Credit,
    SpotifyAlbum,
    SpotifyArtist,
    SpotifyDiscography,
    SpotifyItem,
    SpotifyKind,
    SpotifyResults,
    SpotifyTrack,
)

Checker = Callable[[ui.LayoutView], list[str]]
ME = 2**63 - 1
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
DOWN = UpstreamServerError("spotify", "search", 503)
HIT = make_hit("Blue Train", "John Coltrane", discogs_id=7)
SURE = CatalogueMatch(hits=(HIT,), confidence=Confidence.EXACT)
DOUBTFUL = CatalogueMatch(hits=(HIT,), confidence=Confidence.DOUBTFUL)
OWN = {ALBUM_ID: Belongings(copies=(MY_COPY,), wants=(MY_WANT,))}


def seen(thing: SpotifyThing, /, **fields: Any) -> MusicView:  # noqa: ANN401  # passed through
    settings: dict[str, Any] = {
        "kind": SpotifyKind.ALBUM,
        "thing": Answer(value=thing, source=Source.LIVE),
        "discogs": SURE,
        "is_complete": True,
    }
    return MusicView(**(settings | fields))


def card(view: MusicView, texts: Texts) -> ui.LayoutView:
    return music_card(view, menu=None, user_id=ME, texts=texts)


def text_of(view: ui.LayoutView | ui.Container[Any]) -> str:
    return "\n".join(c.content for c in view.walk_children() if isinstance(c, ui.TextDisplay))


def sections(view: ui.LayoutView) -> list[str]:
    return [text_of(each) for each in view.children if isinstance(each, ui.Container)]


def buttons(view: ui.LayoutView) -> Iterator[str]:
    for each in view.walk_children():
        if isinstance(each, ui.Button):
            yield each.url or each.custom_id or ""


def long_album(tracks: int) -> SpotifyAlbum:
    track = BLUE_TRAIN.tracks[0]
    listed = (
        msgspec.structs.replace(
            track, name=f"Song {number}", disc_number=1 + number // 30, track_number=number % 30 + 1
        )
        for number in range(tracks)
    )
    return msgspec.structs.replace(BLUE_TRAIN, tracks=tuple(listed), track_count=tracks)


def test_album_tells_its_tracks_and_what_is_owned_apart(english: Texts) -> None:
    view = card(seen(BLUE_TRAIN, query="blue train", belongings=OWN), english)

    spotify, discogs = sections(view)
    assert "Best match for **blue train**" in text_of(view)
    assert f"## [Blue Train](https://open.spotify.com/album/{ALBUM_ID})" in spotify
    assert "-# album · 1958 · 2 tracks · 14:20" in spotify
    assert "`1` Locomotion · 7:13\n" in spotify
    assert "`2` Lazy Bird – John Coltrane, Lee Morgan · 7:07 · not available" in spotify
    assert "Discogs" not in spotify
    assert "✅ In your collection: 1997" in discogs
    assert "⭐ In your wantlist" in discogs
    assert "On Discogs: [Blue Train](https://www.discogs.com/release/1) · John Coltrane" in discogs
    assert "[Data provided by Discogs](https://www.discogs.com/release/1)" in discogs
    assert list(buttons(view)) == [
        f"https://open.spotify.com/album/{ALBUM_ID}",
        f"playlist:add:{ME}:album:{ALBUM_ID}",
        f"release:show:{ME}:7",
        f"describe:about:{ME}:r7",
    ]


@pytest.mark.parametrize(
    ("discogs", "said", "describe"),
    [
        pytest.param(None, "⏳ Looking it up on Discogs…", None, id="waited for"),
        pytest.param(
            DOUBTFUL,
            "The closest I found on Discogs, perhaps another: [Blue Train]",
            f"describe:match:{ME}:album:{ALBUM_ID}",
            id="doubtful",
        ),
        pytest.param(
            CatalogueMatch(hits=(HIT,)),
            "I found nothing on Discogs under this name.",
            f"describe:match:{ME}:album:{ALBUM_ID}",
            id="only strangers",
        ),
        pytest.param(
            RateLimitExceeded("discogs", "search", 429, retry_after=30),
            "⚠️ Discogs",
            f"describe:match:{ME}:album:{ALBUM_ID}",
            id="failed",
        ),
    ],
)
def test_discogs_part_says_how_sure_it_is(
    english: Texts, discogs: CatalogueMatch | Exception | None, said: str, describe: str | None
) -> None:
    view = card(seen(BLUE_TRAIN, discogs=discogs, is_complete=discogs is not None), english)

    found = [each for each in buttons(view) if each.startswith("describe:")]
    assert said in sections(view)[1]
    assert found == ([describe] if describe else [])


def test_doubtful_copies_are_called_so_and_only_where_there_are_no_others(english: Texts) -> None:
    doubtful = {ALBUM_ID: Belongings(doubtful=(MY_COPY,))}

    said = sections(card(seen(BLUE_TRAIN, belongings=doubtful), english))[1]

    assert "📀 In your collection, perhaps the same: Blue Train (Remastered), 1997" in said


def test_long_album_has_pages_and_its_discs(english: Texts) -> None:
    album = long_album(45)
    first, last = (card(seen(album, page=page), english) for page in (1, 3))

    assert "Song 0 " in text_of(first)
    assert "**Disc 1**" in text_of(first)
    assert "Song 20 " not in text_of(first)
    assert "**Disc 2**" in text_of(last)
    assert "Song 44 " in text_of(last)
    assert "Page 3/3" in text_of(last)
    assert f"music:page:{ME}:album.{ALBUM_ID}:2:2" in list(buttons(first))


def test_incomplete_album_says_what_is_missing_and_no_total(english: Texts) -> None:
    album = msgspec.structs.replace(BLUE_TRAIN, is_complete=False, track_count=70)

    said = text_of(card(seen(album), english))

    assert "and 68 more tracks" in said
    assert "14:20" not in said


def test_artist_marks_what_is_owned_newest_first(english: Texts) -> None:
    older = msgspec.structs.replace(LISTED, spotify_id="o" * 22, name="Old", released="1955")
    single = msgspec.structs.replace(LISTED, spotify_id="n" * 22, name="New", album_type="single")
    releases = SpotifyDiscography(
        releases=(older, LISTED, msgspec.structs.replace(single, released="2001-05")), total=25
    )
    artist_match = CatalogueMatch(
        hits=(make_hit("John Coltrane", kind=DiscogsKind.ARTIST, discogs_id=97545),),
        confidence=Confidence.EXACT,
    )
    view = seen(
        ARTIST,
        kind=SpotifyKind.ARTIST,
        releases=Answer(value=releases, source=Source.LIVE),
        belongings=OWN | {"o" * 22: Belongings(wants=(MY_WANT,))},
        discogs=artist_match,
    )

    message = card(view, english)

    spotify, discogs = sections(message)
    rows = [line for line in spotify.splitlines() if line.startswith("`")]
    assert [row[:6] for row in rows] == ["`2001`", "`1958`", "`1955`"]
    assert [row.split(" · ")[-1] for row in rows] == ["single", "✅", "⭐"]
    assert "-# artist · jazz · 25 records" in spotify
    assert "Page 1/3" in spotify
    assert "✅ 1 of these is in your collection" in discogs
    assert not any(each.startswith("release:show") for each in buttons(message))


def test_track_tells_its_album_and_whether_that_is_owned(english: Texts) -> None:
    message = card(seen(TRACK, kind=SpotifyKind.TRACK, belongings=OWN), english)

    spotify, discogs = sections(message)
    assert f"From [Blue Train](https://open.spotify.com/album/{ALBUM_ID})" in spotify
    assert "-# track · 7:13 · 1958 · explicit" in spotify
    assert "ISRC USBN20300014" in spotify
    assert "✅ Its album is in your collection: 1997" in discogs
    assert "⭐ Its album is in your wantlist" in discogs


def test_fallbacks_name_themselves(english: Texts) -> None:
    stale = Answer(value=BLUE_TRAIN, source=Source.STALE, as_of=NOW, error=DOWN)
    bare = SpotifyAlbum(spotify_id=ALBUM_ID, name="")
    minimal = Answer(value=bare, source=Source.MINIMAL, error=DOWN, retry_at=NOW)

    old = sections(card(seen(BLUE_TRAIN, thing=stale), english))
    [only_link] = sections(card(seen(bare, thing=minimal), english))

    assert "Showing what Spotify said <t:" in old[0]
    assert f"[An album on Spotify](https://open.spotify.com/album/{ALBUM_ID})" in only_link
    assert "Spotify isn't answering right now. Try again <t:" in only_link


@pytest.mark.parametrize(
    ("view", "said"),
    [
        pytest.param(
            MusicView(kind=SpotifyKind.ALBUM, unreadable=Unreadable.SHORT_LINK),
            "I can't find out where that short link leads.",
            id="short link",
        ),
        pytest.param(
            MusicView(kind=SpotifyKind.ALBUM, unreadable=Unreadable.UNSUPPORTED),
            "that link leads to something else",
            id="podcast",
        ),
        pytest.param(
            MusicView(kind=SpotifyKind.ALBUM, owned=MY_COPY, is_complete=True),
            "I found no album on Spotify for your **John Coltrane (2) – Blue Train (Remastered)**",
            id="own record",
        ),
        pytest.param(
            MusicView(
                kind=SpotifyKind.ALBUM,
                query="blue",
                search=Answer(
                    value=SpotifyResults(items=(), search_url="https://open.spotify.com/search/x"),
                    source=Source.MINIMAL,
                    error=DOWN,
                ),
            ),
            "Meanwhile, `/release` looks on Discogs.",
            id="Spotify is down",
        ),
    ],
)
def test_nothing_to_show_says_why(
    english: Texts, problems_of: Checker, view: MusicView, said: str
) -> None:
    message = card(view, english)

    assert said in text_of(message)
    assert problems_of(message) == []


def test_menu_has_the_other_matches_and_survives_the_next_card(english: Texts) -> None:
    other = msgspec.structs.replace(LISTED, name="Blue Train (Deluxe)", spotify_id="o" * 22)
    message = card(seen(BLUE_TRAIN, others=(other,)), english)
    [menu] = [each for each in message.walk_children() if isinstance(each, ui.Select)]

    again = music_card(seen(BLUE_TRAIN), menu=menu, user_id=ME, texts=english)

    assert [option.value for option in menu.options] == [f"album:{'o' * 22}"]
    assert [each for each in again.walk_children() if isinstance(each, ui.Select)] == [menu]
    assert kept_menu(None, "music:pick") is None


NAMES = [
    pytest.param("x" * 5_000, id="5,000 characters"),
    pytest.param("*" * 5_000, id="5,000 asterisks"),
    pytest.param("音" * 900, id="chinese"),
    pytest.param("🎺" * 500, id="emoji"),
    pytest.param("\u200b", id="invisible"),
    pytest.param("a\u202eb\u2066c", id="turning"),
    pytest.param("[a](b) @everyone `c`\n# d", id="marks"),
]


@pytest.mark.parametrize("name", NAMES)
def test_things_of_any_name_are_within_the_limits(
    problems_of: Checker, texts: Texts, name: str
) -> None:
    credits_ = tuple(Credit(name, f"{number:022}") for number in range(9))
    tracks = tuple(
        msgspec.structs.replace(TRACK, name=name, credits=credits_[1:], is_playable=False)
        for _ in range(60)
    )
    hits = tuple(make_hit(name, name, formats=(name,) * 3, labels=(name,)) for _ in range(3))
    copies = tuple(msgspec.structs.replace(MY_COPY, title=name, year=year) for year in range(9))
    own = Belongings(copies=copies, wants=(MY_WANT,), doubtful=copies)
    items = tuple(
        msgspec.structs.replace(LISTED, name=name, artists=(name,), spotify_id=f"{number:022}")
        for number in range(25)
    )
    match = CatalogueMatch(hits=hits, confidence=Confidence.DOUBTFUL)
    album = SpotifyAlbum(spotify_id=ALBUM_ID, name=name, credits=credits_, tracks=tracks)
    artist = SpotifyArtist(spotify_id=ALBUM_ID, name=name, genres=(name,) * 9)
    track = SpotifyTrack(
        spotify_id=ALBUM_ID, name=name, credits=credits_, isrc=name, album=TRACK.album
    )
    item = SpotifyItem(kind=SpotifyKind.PLAYLIST, spotify_id="p", name=name, url="https://a.b/c")
    stale = Source.STALE

    for kind, thing in (("album", album), ("artist", artist), ("track", track), ("playlist", item)):
        view = MusicView(
            kind=SpotifyKind(kind),
            query=name,
            thing=Answer(value=thing, source=stale, as_of=NOW, error=DOWN),
            others=items,
            is_doubtful=True,
            page=2,
            releases=Answer(
                value=SpotifyDiscography(releases=items[:10], total=99_999), source=stale
            ),
            belongings={ALBUM_ID: own, items[0].spotify_id: own},
            discogs=match,
            is_complete=True,
        )

        assert problems_of(card(view, texts)) == []


@pytest.mark.parametrize("name", ["דרך השלום", "أغنية الحب"])
def test_names_that_read_from_right_to_left_stand_by_themselves(english: Texts, name: str) -> None:
    album = msgspec.structs.replace(BLUE_TRAIN, name=name, credits=(Credit(name),))

    said = text_of(card(seen(album), english))

    assert f"## \N{FIRST STRONG ISOLATE}[{name}]" in said
    assert said.count("\N{FIRST STRONG ISOLATE}") == said.count("\N{POP DIRECTIONAL ISOLATE}")
