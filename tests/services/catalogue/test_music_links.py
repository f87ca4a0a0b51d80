import pytest

from services.catalogue.links import find_music_links
from services.discogs.links import DiscogsPage
from services.discogs.models import DiscogsKind
from services.spotify.links import ShortLink, SpotifyLink, Unsupported
from services.spotify.models import SpotifyKind

ID = "1weenld61qoidwYuZ1GESA"


@pytest.mark.parametrize("kind", list(DiscogsKind))
@pytest.mark.parametrize(
    "address",
    [
        "https://www.discogs.com/{}/249504-Rick-Astley-Never-Gonna",
        "http://discogs.com/fr/{}/249504?ev=rr#tracks",
        "www.discogs.com/Rick-Astley/{}/249504",
        "<https://www.discogs.com/{}/249504>,",
        "[this](https://www.discogs.com/{}/249504-Rick)",
    ],
)
def test_page_of_discogs_is_found(kind: DiscogsKind, address: str) -> None:
    [page] = find_music_links(f"see {address.format(kind)} there")

    assert page == DiscogsPage(kind, 249504)
    assert page.url == f"https://www.discogs.com/{kind}/249504"


@pytest.mark.parametrize(
    "text",
    [
        "249504",
        "r249504",
        "https://www.discogs.com.evil.tld/release/1",
        "https://discogs.com@evil.tld/release/1",
        "https://www.discogs.com:80/release/1",
        "https://d\u0456scogs.com/release/1",
        "https://www.discogs.com/release/0",
        "https://www.discogs.com/user/1",
        "https://www.discogs.com/release/",
        "https://www.discogs.com/release1",
        "https://evil.tld/www.discogs.com/release/1",
    ],
)
def test_nothing_else_is(text: str) -> None:
    assert find_music_links(text) == ()


def test_links_of_both_come_in_the_order_of_the_message_and_once() -> None:
    text = (
        f"discogs.com/master/5 spotify:album:{ID} https://spotify.link/x discogs.com/release/5 "
        f"spotify:show:{ID} http://www.discogs.com/master/5-Again"
    )

    assert find_music_links(text) == (
        DiscogsPage(DiscogsKind.MASTER, 5),
        SpotifyLink(SpotifyKind.ALBUM, ID),
        ShortLink("https://spotify.link/x"),
        DiscogsPage(DiscogsKind.RELEASE, 5),
        Unsupported("show"),
    )
