import pytest

from services.spotify.editions import one_of_each, plain_title
from services.spotify.models import SpotifyItem, SpotifyKind


def _album(name: str, released: str = "2000", album_type: str = "album") -> SpotifyItem:
    return SpotifyItem(
        kind=SpotifyKind.ALBUM,
        spotify_id=f"{name}/{released}",
        name=name,
        url="https://x",
        released=released,
        album_type=album_type,
    )


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("OK Computer (Deluxe)", "OK Computer"),
        ("Remain in Light [Deluxe Version]", "Remain in Light"),
        ("Abbey Road (Remastered 2009)", "Abbey Road"),
        ("Kind of Blue - 50th Anniversary", "Kind of Blue"),
        ("Stop Making Sense (Live)", "Stop Making Sense (Live)"),
        ("Mezzanine - The Mad Professor Remixes", "Mezzanine - The Mad Professor Remixes"),
        ("(Deluxe)", "(Deluxe)"),
        ("", ""),
    ],
)
def test_a_title_loses_what_names_an_edition_and_nothing_else(title: str, plain: str) -> None:
    assert plain_title(title) == plain


def test_of_several_editions_the_plainest_and_earliest_stays_in_the_first_place() -> None:
    merged = one_of_each(
        [
            _album("OK Computer (Deluxe)", "2017"),
            _album("Kid A", "2000"),
            _album("OK Computer", "2009"),
            _album("OK Computer", "1997"),
        ]
    )

    assert [(each.name, each.released) for each in merged] == [
        ("OK Computer", "1997"),
        ("Kid A", "2000"),
    ]


def test_a_single_is_no_edition_of_the_album() -> None:
    assert len(one_of_each([_album("Creep"), _album("Creep", album_type="single")])) == 2


def test_names_without_letters_are_told_apart() -> None:
    assert len(one_of_each([_album("+"), _album("÷"), _album("", "1"), _album("", "2")])) == 4
