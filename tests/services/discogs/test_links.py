import pytest

from services.discogs.links import parse_master_id, parse_release_id


@pytest.mark.parametrize(
    "text",
    [
        "249504",
        " r249504 ",
        "[r249504]",
        "https://www.discogs.com/release/249504-Rick-Astley-Never-Gonna",
        "http://discogs.com/release/249504",
        "www.discogs.com/fr/release/249504?ev=rr#tracks",
        "https://www.discogs.com/Rick-Astley-Never-Gonna/release/249504",
    ],
)
def test_release_is_read_from_what_people_copy(text: str) -> None:
    assert parse_release_id(text) == 249504


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "-5",
        "9" * 11,
        "\uff12\uff14\uff19",
        "https://www.discogs.com/master/249504",
        "https://discogs.example/release/249504",
        "Kind of Blue",
        "1 2",
    ],
)
def test_anything_else_is_no_release(text: str) -> None:
    assert parse_release_id(text) is None


@pytest.mark.parametrize(
    "text",
    ["m249504", " [m249504] ", "https://www.discogs.com/de/master/249504-Rick-Astley?format=Vinyl"],
)
def test_master_is_read_from_what_people_copy(text: str) -> None:
    assert parse_master_id(text) == 249504


@pytest.mark.parametrize("text", ["249504", "r249504", "https://www.discogs.com/release/249504"])
def test_what_names_a_release_names_no_master(text: str) -> None:
    assert parse_master_id(text) is None
