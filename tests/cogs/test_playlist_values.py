"""What people may paste in place of a playlist."""

import pytest

from cogs.playlist._values import long_link
from services.spotify.links import SpotifyLink, Unsupported
from services.spotify.models import SpotifyKind

PLAYLIST = SpotifyLink(SpotifyKind.PLAYLIST, "1aB2cD3eF4gH5iJ6kL7mN8")
SHORT = "https://spotify.link/abc123"


class FakeLinks:
    """Every short link leads to the same."""

    def __init__(self, target: SpotifyLink | Unsupported | None) -> None:
        self._target = target
        self.asked: list[str] = []

    async def read(self, text: str, /) -> SpotifyLink | Unsupported | None:
        self.asked.append(text)
        return self._target


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        pytest.param(PLAYLIST, PLAYLIST.url, id="a playlist"),
        pytest.param(Unsupported("show"), SHORT, id="something else"),
        pytest.param(None, SHORT, id="nowhere"),
    ],
)
async def test_short_link_becomes_what_it_leads_to(
    target: SpotifyLink | Unsupported | None, expected: str
) -> None:
    assert await long_link(FakeLinks(target), SHORT) == expected


@pytest.mark.parametrize("text", ["Late night jazz", PLAYLIST.url, PLAYLIST.spotify_id])
async def test_nobody_is_asked_about_anything_else(text: str) -> None:
    links = FakeLinks(None)

    assert await long_link(links, text) == text
    assert links.asked == []
