"""Links to music in a message: Spotify's and Discogs', in the order in which they stand there."""

from collections.abc import Iterator
from typing import TypeAlias

from services.discogs.links import DiscogsPage, parse_page
from services.music import iter_addresses
from services.spotify.links import FoundLink, parse_address

MusicLink: TypeAlias = FoundLink | DiscogsPage


def find_music_links(text: str) -> tuple[MusicLink, ...]:
    """Return the links of both upstreams in ``text``, each once; never raises.

    Only addresses and URIs count; a bare number is a number.
    """
    return tuple(dict.fromkeys(_links(text)))


def _links(text: str) -> Iterator[MusicLink]:
    for address in iter_addresses(text):
        link = parse_address(address) or parse_page(address)
        if link is not None:
            yield link
