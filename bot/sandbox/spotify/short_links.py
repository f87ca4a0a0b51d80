"""Spotify's short-link hosts, all on the stand-in's port: `/short/{host}/{path}`.

What a link leads to is chosen by whoever tests with it, hostile answers included. A link that
nobody has set answers 404.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import web

SHORT_HOSTS: Final = ("open.spotify.com", "spotify.app.link", "spotify.link")
_CHUNK: Final = b"<!-- there is more -->" * 400
_PAGE: Final = """<!doctype html><html><head><title>Spotify</title>
<meta property="og:title" content="Something"><meta property="og:url" content="{url}">
</head><body>Open the app</body></html>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lead:
    status: int = HTTPStatus.OK
    location: str | None = None
    page: str = ""
    is_endless: bool = False


class ShortLinkDesk:
    """Knows where each short link leads."""

    def __init__(self) -> None:
        """Start without any."""
        self._leads: dict[str, _Lead] = {}

    def redirect(
        self, url: str, location: str, *, status: int = HTTPStatus.TEMPORARY_REDIRECT
    ) -> None:
        """Have a short link, such as `https://spotify.link/x`, redirect to `location`."""
        self._leads[_path_of(url)] = _Lead(status=status, location=location)

    def page(self, url: str, page: str) -> None:
        """Have it show a page instead."""
        self._leads[_path_of(url)] = _Lead(page=page)

    def page_about(self, url: str, item_url: str) -> None:
        """Have it show the page that browsers without the app get, which names the item."""
        self.page(url, _PAGE.format(url=item_url))

    def endless(self, url: str, page: str = "") -> None:
        """Have it show a page that begins with `page` and never ends."""
        self._leads[_path_of(url)] = _Lead(page=page, is_endless=True)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request for a short link."""
        lead = self._leads.get(request.path.removeprefix("/short/"))
        if lead is None:
            return web.Response(status=HTTPStatus.NOT_FOUND, text="Not found")
        if lead.location is not None:
            headers = {"Location": lead.location, "Set-Cookie": "sp_t=canary; Path=/"}
            return web.Response(status=lead.status, headers=headers)
        if not lead.is_endless:
            return web.Response(text=lead.page, content_type="text/html")
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        async for chunk in _endless(lead.page):
            await response.write(chunk)
        return response


def bases(url: str) -> Mapping[str, str]:
    """Return where each host is found on the stand-in at `url`."""
    return {host: f"{url}/short/{host}" for host in SHORT_HOSTS}


def _path_of(url: str) -> str:
    return url.removeprefix("https://").partition("?")[0]


async def _endless(page: str) -> AsyncIterator[bytes]:
    yield page.encode()
    while True:
        yield _CHUNK
