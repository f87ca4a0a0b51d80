"""``ShortLinks``: where Spotify's short links lead, found without trusting any of them.

Redirects are followed one by one, at most five, over HTTPS, and only from one of Spotify's own
short-link hosts to another; no token and no cookie is sent. What is on the way may claim anything:
an address counts when ``links.parse_address`` takes it for Spotify's, and for nothing else.

These hosts are not the Web API: they have a policy of their own, so that their trouble opens no
breaker of the API's, and their requests are not counted in its daily quota.
"""

import html
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from services.errors import ExternalServiceException, NotFound, ServiceDisabled
from services.http import HttpClient, Request
from services.resilience.cache_key import cache_key
from services.resilience.config import Call
from services.resilience.policy import Policy
from services.spotify.links import (
    OPEN_HOST,
    SHORT_HOSTS,
    FoundLink,
    ShortLink,
    SpotifyLink,
    Unsupported,
    parse_address,
    parse_link,
)

_LOGGER = logging.getLogger(__name__)

Hosts = Mapping[str, str]
"""By the name of a short-link host: the base of its addresses."""

SHORT_LINK_HOSTS: Final[Hosts] = {
    host: f"https://{host}" for host in (*sorted(SHORT_HOSTS), OPEN_HOST)
}
"""The hosts that may be asked; a sandbox has its own."""

SHORT_LINK_SECONDS: Final = 5.0
_MOST_HOPS: Final = 5
_MOST_BYTES: Final = 64 * 1024
_FRESH_SECONDS: Final = 86_400.0
_TAG: Final = re.compile(r"<(?:meta|link)\b([^<>]{0,2000})", re.IGNORECASE)
_NAME: Final = re.compile(
    r"""(?:property|name)\s*=\s*["']og:url["']|rel\s*=\s*["']canonical["']""", re.IGNORECASE
)
_VALUE: Final = re.compile(
    r"""(?:content|href)\s*=\s*(?:"([^"]{1,2000})"|'([^']{1,2000})')""", re.IGNORECASE
)

Resolved = SpotifyLink | Unsupported


@dataclass(frozen=True, slots=True)
class _Stop:
    """Where a walk ended without an item: kept as an answer, since asking again changes nothing."""


class ShortLinks:
    """Resolves short links; what they lead to is kept in memory for a day."""

    def __init__(
        self,
        *,
        http: HttpClient,
        policy: Policy,
        hosts: Hosts = SHORT_LINK_HOSTS,
        is_enabled: bool = True,
    ) -> None:
        """Set where and how to ask.

        Args:
            http: Sends the requests; it keeps no cookies.
            policy: The limits; its deadline is for all redirects of a link together.
            hosts: The hosts that may be asked, with the base of each one's addresses.
            is_enabled: False refuses every link, naming ``SPOTIFY_ENABLED``.
        """
        self._http = http
        self._policy = policy
        self._hosts = hosts
        self._is_enabled = is_enabled

    async def read(self, text: str) -> Resolved | None:
        """Return the link that ``text`` is, a short one resolved; None for anything else.

        Raises:
            ServiceDisabled: It is a short one, and Spotify is switched off.
        """
        link = parse_link(text)
        return await self.resolve(link) if isinstance(link, ShortLink) else link

    async def resolve(self, link: ShortLink) -> Resolved | None:
        """Return where a short link leads; None when that cannot be found out within 5 s.

        Then its long form is what helps, whether the link is void, leads elsewhere, or its host
        does not answer.

        Raises:
            ServiceDisabled: Spotify is switched off.
        """
        if not self._is_enabled:
            raise ServiceDisabled("spotify", "resolve_link", settings=("SPOTIFY_ENABLED",))
        call: Call[Resolved | _Stop] = Call(
            operation="resolve_link",
            send=lambda: self._follow(link),
            key=cache_key("spotify", "resolve_link", {"url": link.url}, version=1),
            fresh=_FRESH_SECONDS,
        )
        try:
            found = (await self._policy.call(call)).value
        except ExternalServiceException as error:
            _LOGGER.info("a short link leads nowhere: %s", error)
            return None
        return None if isinstance(found, _Stop) else found

    async def _follow(self, link: ShortLink) -> Resolved | _Stop:
        query = ""  # what was pasted needs none, but a redirect may count on its own
        for _ in range(_MOST_HOPS):
            location, page = await self._visit(link, query)
            if location is None:
                return _named_by(page)
            found = _link_of(location)
            if isinstance(found, SpotifyLink | Unsupported):
                return found
            if found is None:
                return _Stop()
            link, query = found, location.partition("#")[0].partition("?")[2]
        raise NotFound("spotify", "resolve_link", None, f"more than {_MOST_HOPS} redirects")

    async def _visit(self, link: ShortLink, query: str) -> tuple[str | None, str]:
        """Return where a short link redirects to, or None and the page it shows."""
        host, _, path = link.url.removeprefix("https://").partition("/")
        request = Request(
            service="spotify",
            operation="resolve_link",
            method="GET",
            url=f"{self._hosts[host]}/{path}" + (f"?{query}" if query else ""),
            headers={"Accept": "text/html"},
        )
        response = await self._http.visit(request, most_bytes=_MOST_BYTES)
        location = response.headers.get("Location")
        if location is not None:
            return _joined(link.url, location), ""
        return None, response.body.decode("utf-8", "replace")


def _joined(address: str, location: str) -> str:
    """Return the absolute address of a redirect; empty for none."""
    try:
        return urljoin(address, location)
    except ValueError:  # such as a broken IPv6 address
        return ""


def _link_of(address: str) -> FoundLink | None:
    """Return what an address on the way means; one that is not HTTPS means nothing."""
    return parse_address(address) if address.startswith("https://") else None


def _named_by(page: str) -> Resolved | _Stop:
    """Return the item that a page names as its own address (``og:url``, else canonical)."""
    for tag in _TAG.finditer(page):
        value = _VALUE.search(tag[1])
        if value is None or _NAME.search(tag[1]) is None:
            continue
        found = _link_of(html.unescape(value[1] or value[2]))
        if isinstance(found, SpotifyLink | Unsupported):
            return found
    return _Stop()
