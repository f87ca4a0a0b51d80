import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalogue.links import find_music_links
from services.discogs.links import DiscogsPage
from services.spotify.links import (
    FoundLink,
    ShortLink,
    SpotifyLink,
    Unsupported,
    parse_link,
)
from services.spotify.models import SpotifyKind

ID = "1weenld61qoidwYuZ1GESA"
OTHER = "4uLU6hMCjMI75M1A2tKUQC"
ALBUM = SpotifyLink(SpotifyKind.ALBUM, ID)
PAGE = f"https://open.spotify.com/album/{ID}"
MOST_CHARACTERS = 4_000


@pytest.mark.parametrize("kind", list(SpotifyKind))
@pytest.mark.parametrize("form", ["spotify:{}:{}", "https://open.spotify.com/{}/{}"])
def test_link_is_read_for_each_kind(kind: SpotifyKind, form: str) -> None:
    link = parse_link(form.format(kind, ID))

    assert link == SpotifyLink(kind, ID)
    assert link.url == f"https://open.spotify.com/{kind}/{ID}"


@pytest.mark.parametrize(
    "text",
    [
        f"http://open.spotify.com/album/{ID}",
        f"https://play.spotify.com/album/{ID}",
        f"https://www.open.spotify.com/album/{ID}",
        f"https://www.spotify.com/album/{ID}",
        f"open.spotify.com/album/{ID}",
        f"HTTPS://Open.Spotify.COM/album/{ID}",
        f"https://open.spotify.com/intl-de/album/{ID}",
        f"https://open.spotify.com/intl-pt-BR/album/{ID}",
        f"https://open.spotify.com/embed/album/{ID}",
        f"https://open.spotify.com/intl-fr/embed/album/{ID}",
        f"{PAGE}/",
        f"{PAGE}?si=0a1b2c&context=spotify%3Aplaylist%3Ax&nd=1&go=1&utm_source=copy-link",
        f"{PAGE}?highlight=spotify:track:short",
        f"{PAGE}#login",
        f"spotify:album:{ID}",
        f"SPOTIFY:album:{ID}",
    ],
)
def test_address_of_an_album_is_read_in_every_form(text: str) -> None:
    assert parse_link(text) == ALBUM


@pytest.mark.parametrize(
    "wrapping",
    [
        "<{}>",
        "||{}||",
        "**{}**",
        "({})",
        "`{}`",
        '"{}"',
        "«{}»",
        "{}.",
        "{},",
        "{}!",
        "{}…",
        "{}。",
        "{})",
        " \n{}\n ",
        "\u2068{}\u2069",
        "\u200b{}",
    ],
)
def test_wrapping_does_not_belong_to_the_link(wrapping: str) -> None:
    assert parse_link(wrapping.format(PAGE)) == ALBUM


@pytest.mark.parametrize(
    "text",
    [
        "listen: [this one]({})",
        "[this one](<{}>)",
        "nice (see:{})",
        "これ{}",
        "これ、{}、いいよ",
        "it's {} – the best",
        "> quoted {}",
        "https://example.org/ {}",
    ],
)
def test_link_is_found_in_a_sentence(text: str) -> None:
    assert find_music_links(text.format(PAGE)) == (ALBUM,)
    assert parse_link(text.format(PAGE)) is None or text.count(" ") == 0


def test_old_address_of_a_playlist_is_read() -> None:
    playlist = SpotifyLink(SpotifyKind.PLAYLIST, ID)

    assert parse_link(f"https://open.spotify.com/user/some.body/playlist/{ID}") == playlist
    assert parse_link(f"spotify:user:some.body:playlist:{ID}") == playlist


@pytest.mark.parametrize("written", ["spotify:track:", "spotify%3Atrack%3A", "spotify%3atrack%3a"])
def test_track_that_an_albums_address_points_at_is_kept(written: str) -> None:
    link = parse_link(f"{PAGE}?si=x&highlight={written}{OTHER}&nd=1")

    assert link == SpotifyLink(SpotifyKind.ALBUM, ID, OTHER)
    assert link.target == (SpotifyKind.TRACK, OTHER)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://spotify.link/AbC_d-1", "https://spotify.link/AbC_d-1"),
        ("http://spotify.link/AbC?x=1#y", "https://spotify.link/AbC"),
        ("spotify.app.link/AbC", "https://spotify.app.link/AbC"),
        ("https://open.spotify.com/s/AbC?si=1", "https://open.spotify.com/s/AbC"),
        ("https://open.spotify.com/intl-de/s/AbC", "https://open.spotify.com/s/AbC"),
    ],
)
def test_short_link_is_told_apart(text: str, url: str) -> None:
    assert parse_link(text) == ShortLink(url)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"https://open.spotify.com/show/{ID}", "show"),
        (f"https://open.spotify.com/embed-podcast/episode/{ID}", "episode"),
        (f"spotify:audiobook:{ID}", "audiobook"),
        ("https://open.spotify.com/user/somebody", "user"),
        ("https://open.spotify.com/collection/tracks", "collection"),
        (f"https://open.spotify.com/prerelease/{ID}", "prerelease"),
        (f"https://open.spotify.com/concert/{ID}", "concert"),
        ("spotify:local:Artist:Album:Title:180", "local"),
        ("https://open.spotify.com/local/Artist/Album/Title/180", "local"),
    ],
)
def test_kind_without_a_card_is_named(text: str, kind: str) -> None:
    assert parse_link(text) == Unsupported(kind)


@pytest.mark.parametrize(
    "text",
    [
        f"https://open.spotify.com.evil.tld/album/{ID}",
        f"https://evil-open.spotify.com/album/{ID}",
        f"https://open.spotify.com@evil.tld/album/{ID}",
        f"https://user:pass@open.spotify.com/album/{ID}",
        f"https://open.spotify.com:443/album/{ID}",
        f"https://open.spotify.com:8080/album/{ID}",
        f"https://open.spotify.com./album/{ID}",
        f"https://open.spot\u0456fy.com/album/{ID}",  # a Cyrillic letter
        f"https://open.spotify.com\u3002evil.tld/album/{ID}",
        f"https://open.\u017fpotify.com/album/{ID}",  # a long s, which becomes an s in capitals
        f"https://open.xn--spotfy-1va.com/album/{ID}",
        f"https://open.spotify.co/album/{ID}",
        f"https://evil.tld/open.spotify.com/album/{ID}",
        f"https://evil.tld/?next=https://open.spotify.com/album/{ID}",
        f"https://evil.tld/https://open.spotify.com/album/{ID}",
        f"ftp://open.spotify.com/album/{ID}",
        f"https://open.spotify.com\\@evil.tld/album/{ID}",
        f"https://open.spotify.com/albums/{ID}",
        f"https://open.spotify.com/album/{ID}x",
        f"https://open.spotify.com/album/{ID[:-1]}",
        f"https://open.spotify.com/album/{ID[:-1]}-",
        f"https://open.spotify.com/album/{ID[:-1]}\u0661",  # a digit, but not ours
        "https://open.spotify.com/album",
        "https://open.spotify.com/album/",
        "https://open.spotify.com/",
        "https://open.spotify.com/s/",
        "https://open.spotify.com/s/a/b",
        "https://spotify.link/",
        "https://spotify.link.evil.tld/abc",
        "https://sub.spotify.link/abc",
        "spotify:album:",
        "spotify:",
        f"notspotify:album:{ID}",
        ID,
        "kind of blue",
        "",
    ],
)
def test_anything_else_is_no_link(text: str) -> None:
    assert find_music_links(text) == ()


def test_links_of_a_message_come_in_order_and_once() -> None:
    text = (
        f"{PAGE}?si=1 and spotify:track:{OTHER}, again <{PAGE}>;https://spotify.link/x "
        f"[show](https://open.spotify.com/show/{ID}) [show](https://open.spotify.com/show/{OTHER})"
    )

    assert find_music_links(text) == (
        ALBUM,
        SpotifyLink(SpotifyKind.TRACK, OTHER),
        ShortLink("https://spotify.link/x"),
        Unsupported("show"),
    )


def test_two_links_are_not_one() -> None:
    assert parse_link(f"{PAGE} spotify:track:{OTHER}") is None


_PIECES = st.sampled_from(
    "https:// spotify: open.spotify.com spotify.link / album user intl-de ? # @ : . < > ]( || %3A é"
    f" highlight= {ID}".split(" ")
) | st.sampled_from([" ", "\n", "\u202e"])


@settings(max_examples=50)
@given(st.one_of(st.text(), st.lists(_PIECES, max_size=60).map("".join)))
def test_whatever_is_said_nothing_is_raised_and_what_is_found_is_well_formed(text: str) -> None:
    for link in find_music_links(text):
        assert not isinstance(link, DiscogsPage)
        assert _is_well_formed(link)
        assert parse_link(_written(link)) == link


@settings(max_examples=50)
@given(
    st.sampled_from([*SpotifyKind]),
    st.from_regex(r"\A[A-Za-z0-9]{22}\Z"),
    st.text(alphabet="abc <>|.,!?\n", max_size=30),
)
def test_link_is_found_whatever_surrounds_it(kind: SpotifyKind, item: str, text: str) -> None:
    link = SpotifyLink(kind, item)

    assert find_music_links(f"{text} {link.url} {text}") == (link,)


@pytest.mark.parametrize(
    "unit",
    [
        "https://",
        "spotify:",
        "spotify:a",
        "open.spotify.com/",
        "a.",
        "(",
        "<",
        "](",
        ",https://",
        "intl-de/",
        f"{PAGE}?highlight=",
        "&highlight=spotify:track:",
        "a@",
        "=https://",
    ],
)
def test_hostile_message_takes_time_in_proportion_to_its_length(unit: str) -> None:
    def spent(characters: int) -> float:
        text = (unit * characters)[:characters]
        return min(_seconds(lambda: find_music_links(text)) for _ in range(3))

    # 16 times the characters: 16 times the time where it grows in proportion, 256 where squared.
    assert spent(16 * MOST_CHARACTERS) < 80 * spent(MOST_CHARACTERS) + 0.01


def _seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def _is_well_formed(link: FoundLink) -> bool:
    if isinstance(link, SpotifyLink):
        return len(link.spotify_id) == 22 and link.spotify_id.isalnum()
    return isinstance(link, Unsupported) or link.url.startswith("https://")


def _written(link: FoundLink) -> str:
    if isinstance(link, Unsupported):
        return f"spotify:{link.kind}:x"
    if isinstance(link, SpotifyLink) and link.track_id:
        return (
            f"{SpotifyLink(link.kind, link.spotify_id).url}?highlight=spotify:track:{link.track_id}"
        )
    return link.url
