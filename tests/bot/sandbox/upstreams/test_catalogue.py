"""The records are sane, their ids stable and unique, and the search finds them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import bot.sandbox
from bot.sandbox.art import cover_png
from bot.sandbox.catalogue import Album, Catalogue, default_catalogue, words_of
from bot.sandbox.catalogue.shelf import variant_id

_DATA = Path(bot.sandbox.__file__).parent / "data" / "albums.json"
_GENRES = {
    "Blues",
    "Classical",
    "Electronic",
    "Folk, World, & Country",
    "Funk / Soul",
    "Hip Hop",
    "Jazz",
    "Latin",
    "Pop",
    "Reggae",
    "Rock",
    "Stage & Screen",
}
_EVENING_SECONDS = 20 * 60

ALBUMS = [pytest.param(each, id=each.key) for each in default_catalogue().albums]


@pytest.fixture
def catalogue() -> Catalogue:
    return default_catalogue()


def test_data_file_stays_compact_and_large_enough() -> None:
    assert _DATA.stat().st_size < 150_000
    assert len(json.loads(_DATA.read_text(encoding="utf-8"))) >= 100


@pytest.mark.parametrize("album", ALBUMS)
def test_album_is_sane(album: Album) -> None:
    long_pieces = sum(track.seconds for track in album.tracks) >= _EVENING_SECONDS
    few_tracks_are_fine = long_pieces or {"Classical", "Jazz"} & set(album.genres)

    assert len(album.tracks) >= 3 or few_tracks_are_fine
    assert 1950 <= album.year <= 2025
    assert set(album.genres) <= _GENRES
    assert album.styles
    assert sum(album.sides) in {0, len(album.tracks)}
    assert all(track.title == track.title.strip() != "" for track in album.tracks)
    assert all(10 <= track.seconds <= 3600 for track in album.tracks)
    assert all(edition.year == 0 or edition.year >= album.year for edition in album.editions)
    assert 1 <= len(album.editions) <= 4
    assert album.on_discogs or album.on_spotify


@pytest.mark.parametrize(
    ("count", "ids"),
    [
        pytest.param(
            lambda shelf: sum(len(album.editions) for album in shelf.discogs_albums),
            lambda shelf: shelf.pressings,
            id="releases",
        ),
        pytest.param(
            lambda shelf: sum(album.master_id != 0 for album in shelf.discogs_albums),
            lambda shelf: shelf.masters,
            id="masters",
        ),
        pytest.param(
            lambda shelf: sum(album.on_spotify for album in shelf.albums),
            lambda shelf: shelf.spotify_albums,
            id="spotify albums",
        ),
        pytest.param(
            lambda shelf: sum(len(a.tracks) for a in shelf.albums if a.on_spotify),
            lambda shelf: shelf.spotify_songs,
            id="spotify tracks",
        ),
        pytest.param(
            lambda shelf: len(
                {
                    credit.discogs_name
                    for album in shelf.discogs_albums
                    for credit in (*album.credits, *album.extra_credits)
                }
            ),
            lambda shelf: shelf.discogs_artists,
            id="discogs artists",
        ),
        pytest.param(
            lambda shelf: len({each.edition.label for each in shelf.pressings.values()}),
            lambda shelf: shelf.labels,
            id="labels",
        ),
    ],
)
def test_ids_are_unique(
    catalogue: Catalogue,
    count: Callable[[Catalogue], int],
    ids: Callable[[Catalogue], dict[object, object]],
) -> None:
    assert len(ids(catalogue)) == count(catalogue)


def test_ids_do_not_depend_on_the_rest_of_the_catalogue(catalogue: Catalogue) -> None:
    album = catalogue.album_search.search("kind of blue")[0]

    assert album.spotify_id == "ZzlGKF0OrqIIHbgrt0O2ki"
    assert album.master_id == 359240
    assert album.editions[0].release_id == 1705694


def test_catalogue_has_the_difficult_shapes(catalogue: Catalogue) -> None:
    names = {credit.discogs_name for album in catalogue.albums for credit in album.credits}
    years = {each.edition.year for each in catalogue.pressings.values()}

    assert {"Beatles, The", "Death (2)", "Various", "Sigur Rós", "Czesław Niemen"} <= names
    assert any(album.title == album.artist for album in catalogue.albums)
    assert any(not album.on_spotify for album in catalogue.albums)
    assert any(not album.on_discogs for album in catalogue.albums)
    assert any(not album.master_id for album in catalogue.discogs_albums)
    assert any(credit.anv for album in catalogue.albums for credit in album.credits)
    assert 0 in years


@pytest.mark.parametrize(
    ("query", "title"),
    [
        pytest.param("Kind of Blue", "Kind Of Blue", id="title"),
        pytest.param("miles davis kind of blue", "Kind Of Blue", id="artist and title"),
        pytest.param("AGAETIS BYRJUN", "Ágætis Byrjun", id="no accents"),
        pytest.param("sigur ros", "Ágætis Byrjun", id="artist without accents"),
        pytest.param("neu", "Neu!", id="exact title before longer ones"),
        pytest.param("teardrop", "Mezzanine", id="track"),
        pytest.param("remain in li", "Remain In Light", id="unfinished word"),
        pytest.param("細野晴臣", "Hosono House", id="name variation in Japanese"),
        pytest.param("Bob Marley and the Wailers exodus", "Exodus", id="words in between"),
        pytest.param("beatles, the abbey", "Abbey Road", id="Discogs name"),
    ],
)
def test_search_finds(catalogue: Catalogue, query: str, title: str) -> None:
    assert catalogue.album_search.search(query)[0].title == title


def test_search_wants_every_word(catalogue: Catalogue) -> None:
    assert catalogue.album_search.search("kind of blue xylophone") == []


def test_forgiving_search_corrects_a_slip_and_ignores_a_stranger(catalogue: Catalogue) -> None:
    search = catalogue.album_search

    assert search.search("homogenik", forgiving=True)[0].title == "Homogenic"
    assert search.search("kind of blue xylophone", forgiving=True)[0].title == "Kind Of Blue"


def test_words_lose_case_accents_and_apostrophes() -> None:
    assert words_of("L'Été d'Œdipe — Smørrebrød!") == ["lete", "dœdipe", "smorrebrod"]


def test_variant_of_a_release_is_another_edition_of_the_same_album(catalogue: Catalogue) -> None:
    release_id, pressing = next(iter(catalogue.pressings.items()))

    variant = catalogue.pressing(variant_id(release_id, 17))

    assert variant is not None
    assert variant.album is pressing.album
    assert variant.edition.release_id != release_id
    assert catalogue.pressing(7) is None


def test_cover_art_is_a_png_that_depends_on_its_name_alone() -> None:
    art = cover_png("a", 64)

    assert art.startswith(b"\x89PNG\r\n\x1a\n")
    assert art == cover_png("a", 64)
    assert art != cover_png("b", 64)
