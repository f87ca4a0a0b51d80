"""What people copy from Spotify, read: addresses, URIs and short links. No I/O.

Only the host decides whether an address is Spotify's, compared letter by letter: one that merely
looks alike, holds a name and ``@``, a port or letters beyond ASCII is nobody's. Of an address only
the kind and the id are kept; queries (``si``, ``context``, ``utm_…``) tell who shared it.
"""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import parse_qs

from services.music import iter_addresses
from services.spotify.models import SpotifyKind

_HOSTS: Final = frozenset(
    f"{www}{host}" for www in ("", "www.") for host in ("open.spotify.com", "play.spotify.com")
) | {"spotify.com", "www.spotify.com"}
SHORT_HOSTS: Final = frozenset({"spotify.link", "spotify.app.link"})
OPEN_HOST: Final = "open.spotify.com"
"""It has short links, too, at ``/s/…``."""

_ADDRESS: Final = re.compile(
    r"(?:https?://)?(?P<host>[a-z0-9.-]{1,64})(?P<path>/[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)
_URI: Final = re.compile(r"spotify:[^?#/]+", re.IGNORECASE)
_ID: Final = re.compile(r"[A-Za-z0-9]{22}")
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PREFIX: Final = re.compile(r"intl-[a-z]{2}(?:-[a-z]{2})?|embed|embed-podcast", re.IGNORECASE)
_TRACK_URI: Final = re.compile(r"spotify:track:([A-Za-z0-9]{22})")
_KINDS: Final = frozenset(SpotifyKind)
_UNSUPPORTED: Final = frozenset(
    {
        "audiobook",
        "collection",
        "concert",
        "episode",
        "local",
        "prerelease",
        "show",
        "user",
    }
)
_LONGEST: Final = 2_048


@dataclass(frozen=True, slots=True)
class SpotifyLink:
    """An item of the catalogue that somebody linked to.

    Attributes:
        kind: What it is.
        spotify_id: Base62, 22 characters.
        track_id: The track that the link to an album points at (``highlight``), or None.
    """

    kind: SpotifyKind
    spotify_id: str
    track_id: str | None = None

    @property
    def target(self) -> tuple[SpotifyKind, str]:
        """The kind and id of what was meant: the track that is pointed at, or the item."""
        if self.track_id is not None:
            return SpotifyKind.TRACK, self.track_id
        return self.kind, self.spotify_id

    @property
    def url(self) -> str:
        """The page of what was meant."""
        kind, spotify_id = self.target
        return f"https://{OPEN_HOST}/{kind}/{spotify_id}"


@dataclass(frozen=True, slots=True)
class ShortLink:
    """An address of Spotify's that only leads to another one, always HTTPS; see ``ShortLinks``."""

    url: str


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Something of Spotify's that this bot has no card for, such as a ``show`` or ``local`` file.

    ``kind`` is Spotify's word, from a fixed list.
    """

    kind: str


FoundLink: TypeAlias = SpotifyLink | ShortLink | Unsupported


def parse_link(text: str) -> FoundLink | None:
    """Return the link that ``text`` is, in whatever it is wrapped; None for anything else.

    Text that holds something beside one link is no link: it may be a title to search for.
    """
    addresses = list(iter_addresses(text))
    return parse_address(addresses[0]) if len(addresses) == 1 else None


def parse_address(address: str) -> FoundLink | None:
    """Return what a bare address or URI means, or None when it is not Spotify's."""
    if len(address) > _LONGEST:
        return None
    if _URI.fullmatch(address):
        return _of_parts(address.split(":")[1:])
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return None
    parts = [part for part in found["path"].split("/") if part]
    return _on_host(found["host"].lower(), parts, found["query"] or "")


def _on_host(host: str, parts: list[str], query: str) -> FoundLink | None:
    if host in SHORT_HOSTS:
        return _short(host, parts)
    if host not in _HOSTS:
        return None
    while parts and _PREFIX.fullmatch(parts[0]):
        parts = parts[1:]
    return _short(OPEN_HOST, parts) if parts[:1] == ["s"] else _of_parts(parts, query)


def _of_parts(parts: list[str], query: str = "") -> SpotifyLink | Unsupported | None:
    """Return what kind and id say; further parts are places on the item's page.

    1. ``user/{name}/playlist/{id}`` is the old form of a playlist.
    2. A kind with cards, and its id.
    3. A kind without.
    """
    if len(parts) >= 4 and parts[0].lower() == "user" and parts[2].lower() == "playlist":  # noqa: PLR2004
        parts = parts[2:]
    if not parts:
        return None
    kind = parts[0].lower()
    if kind in _UNSUPPORTED:
        return Unsupported(kind)
    if kind not in _KINDS or len(parts) == 1 or _ID.fullmatch(parts[1]) is None:
        return None
    track_id = _highlighted(query) if kind == SpotifyKind.ALBUM else None
    return SpotifyLink(SpotifyKind(kind), parts[1], track_id)


def _highlighted(query: str) -> str | None:
    """Return the track that the query of an album's address points at."""
    try:
        values = parse_qs(query, max_num_fields=100).get("highlight", [])
    except ValueError:  # too many fields
        return None
    found = _TRACK_URI.fullmatch(values[0]) if values else None
    return found[1] if found else None


def _short(host: str, parts: list[str]) -> ShortLink | None:
    codes = parts[1:] if host == OPEN_HOST else parts
    if len(codes) != 1 or _CODE.fullmatch(codes[0]) is None:
        return None
    return ShortLink(f"https://{host}/{'/'.join(parts)}")
