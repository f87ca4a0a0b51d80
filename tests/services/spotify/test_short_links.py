"""Over the sandbox's short-link hosts, with real sockets; the limits are the bot's own."""

from collections.abc import AsyncIterator

import pytest
from fakes.chance import FixedChance
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time

from bot.policies import short_link_policy
from bot.sandbox.spotify import SpotifyStandIn
from services.errors import ServiceDisabled
from services.http import HttpClient, Request, Response, open_session
from services.resilience.clock import SystemClock
from services.spotify.links import ShortLink, SpotifyLink, Unsupported
from services.spotify.models import SpotifyKind
from services.spotify.short_links import SHORT_LINK_HOSTS, ShortLinks

ID = "1weenld61qoidwYuZ1GESA"
ALBUM = SpotifyLink(SpotifyKind.ALBUM, ID)
PAGE = f"https://open.spotify.com/album/{ID}?si=x"
URL = "https://spotify.link/AbC"
SHORT = ShortLink(URL)


@pytest.fixture
async def spotify() -> AsyncIterator[SpotifyStandIn]:
    async with SpotifyStandIn() as stand_in:
        yield stand_in


@pytest.fixture
async def links(spotify: SpotifyStandIn) -> AsyncIterator[ShortLinks]:
    clock = SystemClock()
    async with open_session(user_agent="AIME-tests/1.0") as session:
        yield ShortLinks(
            http=HttpClient(session, clock=clock),
            policy=short_link_policy(clock=clock, chance=FixedChance(0.0)),
            hosts=spotify.short_link_hosts,
        )


class SlowCircle(HttpClient):
    """Redirects for ever, each time after two seconds."""

    def __init__(self, clock: VirtualClock) -> None:
        self._time = clock

    async def visit(self, request: Request, *, most_bytes: int) -> Response:
        del request, most_bytes
        await self._time.sleep(2)
        return Response(307, {"Location": URL}, b"")


def paths(spotify: SpotifyStandIn) -> list[str]:
    return [request.path.removeprefix("/short/") for request in spotify.requests]


def test_hosts_that_are_asked_in_earnest_are_spotifys_own_and_encrypted() -> None:
    assert SHORT_LINK_HOSTS == {
        "open.spotify.com": "https://open.spotify.com",
        "spotify.app.link": "https://spotify.app.link",
        "spotify.link": "https://spotify.link",
    }


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_to_an_item_is_read_and_not_followed(
    links: ShortLinks, spotify: SpotifyStandIn, status: int
) -> None:
    spotify.short_links.redirect(URL, PAGE, status=status)

    assert await links.resolve(SHORT) == ALBUM
    assert paths(spotify) == ["spotify.link/AbC"]


async def test_link_of_five_redirects_is_resolved_with_their_queries(
    links: ShortLinks, spotify: SpotifyStandIn
) -> None:
    desk = spotify.short_links
    desk.redirect(URL, "https://spotify.app.link/2?_p=c%3D1&x=é#y")
    desk.redirect("https://spotify.app.link/2", "/3")
    desk.redirect("https://spotify.app.link/3", "https://open.spotify.com/s/4")
    desk.redirect("https://open.spotify.com/s/4", "https://spotify.link/5")
    desk.redirect("https://spotify.link/5", PAGE)

    assert await links.resolve(SHORT) == ALBUM
    assert spotify.requests[1].query == {"_p": "c=1", "x": "é"}
    assert len(spotify.requests) == 5


async def test_sixth_redirect_is_not_followed(links: ShortLinks, spotify: SpotifyStandIn) -> None:
    for number in range(6):
        spotify.short_links.redirect(
            f"https://spotify.link/{number}", f"https://spotify.link/{number + 1}"
        )
    spotify.short_links.redirect("https://spotify.link/6", PAGE)

    assert await links.resolve(ShortLink("https://spotify.link/0")) is None
    assert len(spotify.requests) == 5


@pytest.mark.parametrize("location", [URL, "", "?again", "#here"])
async def test_redirects_in_a_circle_end(
    links: ShortLinks, spotify: SpotifyStandIn, location: str
) -> None:
    spotify.short_links.redirect(URL, location)

    assert await links.resolve(SHORT) is None
    assert len(spotify.requests) == 5


@pytest.mark.parametrize(
    "location",
    [
        f"http://open.spotify.com/album/{ID}",
        "http://spotify.link/other",
        "http://127.0.0.1/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://[broken/x",
        "https://169.254.169.254/latest/meta-data",
        "https://spotify.link.evil.tld/x",
        "https://evil.tld/x",
        "https://spotify.link:8443/x",
        "https://spotify.link@evil.tld/x",
        "//evil.tld/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://open.spotify.com/",
    ],
)
async def test_hostile_redirect_is_neither_followed_nor_believed(
    links: ShortLinks, spotify: SpotifyStandIn, location: str
) -> None:
    spotify.short_links.redirect(URL, location)

    assert await links.resolve(SHORT) is None
    assert paths(spotify) == ["spotify.link/AbC"]


@in_virtual_time
async def test_slow_redirects_get_five_seconds_together(clock: VirtualClock) -> None:
    links = ShortLinks(
        http=SlowCircle(clock), policy=short_link_policy(clock=clock, chance=FixedChance(0.0))
    )
    began = clock.monotonic()

    assert await links.resolve(SHORT) is None
    assert clock.monotonic() - began == pytest.approx(5)


async def test_redirect_to_something_without_a_card_is_named(
    links: ShortLinks, spotify: SpotifyStandIn
) -> None:
    spotify.short_links.redirect(URL, f"https://open.spotify.com/episode/{ID}")

    assert await links.resolve(SHORT) == Unsupported("episode")


async def test_nothing_that_tells_who_asks_is_sent(
    links: ShortLinks, spotify: SpotifyStandIn
) -> None:
    spotify.short_links.redirect(URL, "https://spotify.link/2")  # sets a cookie, too
    spotify.short_links.redirect("https://spotify.link/2", PAGE)

    await links.resolve(SHORT)

    for request in spotify.requests:
        names = {name.lower() for name in request.headers}
        assert names == {"host", "accept", "accept-encoding", "user-agent"}


@pytest.mark.parametrize(
    "tag",
    [
        f'<meta property="og:url" content="{PAGE}">',
        f"<meta content='{PAGE}' property='og:url' />",
        f'<link rel="canonical" href="{PAGE}"/>',
        f'<META NAME="og:url" CONTENT="https://open.spotify.com&#x2f;album/{ID}">',
    ],
)
async def test_item_that_a_page_names_is_found(
    links: ShortLinks, spotify: SpotifyStandIn, tag: str
) -> None:
    spotify.short_links.page(URL, f"<html><head><meta charset=utf-8>{tag}</head></html>")

    assert await links.resolve(SHORT) == ALBUM


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<html><body>Get the app</body></html>",
        f'<meta property="og:image" content="{PAGE}">',
        f'<meta property="og:url" content="http://open.spotify.com/album/{ID}">',
        f'<meta property="og:url" content="https://open.spotify.com.evil.tld/album/{ID}">',
        '<meta property="og:url" content="https://spotify.link/again">',
        "<meta" * 12_000,
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
async def test_page_that_names_no_item_leads_nowhere(
    links: ShortLinks, spotify: SpotifyStandIn, page: str
) -> None:
    spotify.short_links.page(URL, page)

    assert await links.resolve(SHORT) is None


async def test_of_an_endless_page_the_beginning_is_read(
    links: ShortLinks, spotify: SpotifyStandIn
) -> None:
    spotify.short_links.endless(URL, f'<meta property="og:url" content="{PAGE}">')

    assert await links.resolve(SHORT) == ALBUM
    await spotify.idle()  # it was hung up on


async def test_what_an_endless_page_names_late_is_not_read(
    links: ShortLinks, spotify: SpotifyStandIn
) -> None:
    spotify.short_links.endless(URL, f'{" " * 65_536}<meta property="og:url" content="{PAGE}">')

    assert await links.resolve(SHORT) is None


async def test_void_link_leads_nowhere(links: ShortLinks) -> None:
    assert await links.resolve(SHORT) is None


async def test_link_is_resolved_once_for_everybody(
    links: ShortLinks, spotify: SpotifyStandIn
) -> None:
    spotify.short_links.redirect(URL, PAGE)

    assert [await links.read(URL), await links.read(f"<{URL}?si=2>")] == [ALBUM, ALBUM]
    assert len(spotify.requests) == 1


async def test_long_link_is_read_without_asking_anybody(
    links: ShortLinks, spotify: SpotifyStandIn
) -> None:
    assert await links.read(PAGE) == ALBUM
    assert await links.read("kind of blue") is None
    assert spotify.requests == []


async def test_link_is_not_asked_for_when_spotify_is_switched_off() -> None:
    clock = SystemClock()
    async with open_session(user_agent="AIME-tests/1.0") as session:
        links = ShortLinks(
            http=HttpClient(session, clock=clock),
            policy=short_link_policy(clock=clock, chance=FixedChance(0.0)),
            is_enabled=False,
        )

        with pytest.raises(ServiceDisabled, match="SPOTIFY_ENABLED"):
            await links.resolve(SHORT)
