import pytest
from fakes.upstreams import make_hit, make_item

from services.catalogue.matching import GOOD_ENOUGH, rank, score
from services.catalogue.models import Hit
from services.spotify.models import SpotifyKind

KIND_OF_BLUE = make_item("Kind of Blue", "Miles Davis")


@pytest.mark.parametrize(
    ("query", "hit"),
    [
        pytest.param("kind of blue", KIND_OF_BLUE, id="the title"),
        pytest.param("Kind Of Blue!", KIND_OF_BLUE, id="the title, otherwise spelled"),
        pytest.param("miles davis kind of blue", KIND_OF_BLUE, id="artist and title"),
        pytest.param("Kind of Blue - Miles Davis", KIND_OF_BLUE, id="title and artist"),
        pytest.param("debut bjork", make_item("Début", "Björk"), id="without accents"),
        pytest.param("miles davis", make_item("Miles Davis", kind=SpotifyKind.ARTIST), id="name"),
        pytest.param("icarus", make_hit("Icarus", "Trash80"), id="a Discogs title"),
        pytest.param("trash80 icarus", make_hit("Icarus", "Trash80"), id="of Discogs, both"),
    ],
)
def test_what_was_asked_for_exactly_scores_one(query: str, hit: Hit) -> None:
    assert score(query, hit) == 1.0


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        pytest.param(
            "kind of blue",
            KIND_OF_BLUE,
            make_item("Kind of Blue (Legacy Edition)", "Miles Davis"),
            id="exact beats partial",
        ),
        pytest.param(
            "kind of blue miles",
            KIND_OF_BLUE,
            make_item("Kind of Blue", "Somebody Else"),
            id="more of the words beat fewer",
        ),
        pytest.param(
            "kind of blue live",
            make_item("Kind of Blue: Live"),
            make_item("Kind of Blue"),
            id="all of the words beat most",
        ),
        pytest.param(
            "blue joni",
            make_item("Blue", "Joni Mitchell"),
            make_item("Blue Joni tribute songs of the seventies"),
            id="fewer words too many",
        ),
        pytest.param(
            "kind of blue",
            make_hit("Kind of Blue", "Miles Davis"),
            make_item("Blue Train"),
            id="across upstreams",
        ),
    ],
)
def test_the_better_match_scores_higher(query: str, better: Hit, worse: Hit) -> None:
    assert score(query, better) > score(query, worse)


@pytest.mark.parametrize(
    "hit",
    [
        make_item("Thriller", "Michael Jackson"),
        make_hit("Thriller", "Michael Jackson"),
        make_item("", ""),
        make_item("Blue Train", "John Coltrane"),
    ],
)
def test_a_stranger_is_not_good_enough(hit: Hit) -> None:
    assert score("kind of blue", hit) < GOOD_ENOUGH


def test_a_query_without_words_matches_nothing() -> None:
    assert score("!!!", make_item("", "")) == 0.0


def test_no_score_is_negative() -> None:
    assert score("x y", make_item("a b c d e f g h i j k l m n o p")) == 0.0


def test_the_best_comes_first() -> None:
    stranger, partial = make_item("Thriller"), make_item("Kind of Blue Live")

    assert rank("kind of blue", [stranger, partial, KIND_OF_BLUE]) == [
        KIND_OF_BLUE,
        partial,
        stranger,
    ]


def test_among_equals_albums_come_first_and_tracks_last() -> None:
    album, artist, track = (
        make_item("Weezer", kind=kind)
        for kind in (SpotifyKind.ALBUM, SpotifyKind.ARTIST, SpotifyKind.TRACK)
    )
    release = make_hit("Weezer", "Weezer")

    assert rank("weezer", [track, release, artist, album]) == [album, artist, release, track]


def test_equals_keep_their_order() -> None:
    pressings = [make_hit("Icarus", discogs_id=number) for number in range(5)]

    assert rank("icarus", pressings) == pressings


def test_nothing_ranked_is_nothing() -> None:
    assert rank("x", []) == []
