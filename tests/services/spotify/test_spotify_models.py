import pytest

from services.spotify.models import SpotifyItem, SpotifyKind


@pytest.mark.parametrize(
    ("released", "year"),
    [
        ("1959-08-17", 1959),
        ("1959-08", 1959),
        ("1959", 1959),
        ("0000", None),
        ("", None),
        (None, None),
        ("unknown", None),
        ("²²²²", None),
    ],
)
def test_the_year_is_read_from_any_precision(released: str | None, year: int | None) -> None:
    item = SpotifyItem(
        kind=SpotifyKind.ALBUM, spotify_id="a", name="A", url="https://x", released=released
    )

    assert item.year == year
