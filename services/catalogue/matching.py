"""Which hit was meant: exact title and artist first, never a stranger passed off as the hit."""

from collections.abc import Iterable
from typing import Final

from services.catalogue.models import Hit
from services.discogs.models import SearchHit
from services.music import fold
from services.spotify.models import SpotifyItem, SpotifyKind

GOOD_ENOUGH: Final = 0.6
_KIND_ORDER = {SpotifyKind.ALBUM: 0.03, SpotifyKind.ARTIST: 0.02, SpotifyKind.TRACK: 0.01}


def score(query: str, hit: Hit) -> float:
    """Return how well ``hit`` fits, 0 to about 1.

    1 when the query is exactly its title, or its artist and title; else the share of the query's
    words that occur in it, less a little for every word too many in the title.
    """
    title = fold(_title(hit))
    artist = fold(" ".join(_artists(hit)))
    asked = fold(query)
    if asked and asked in (title, f"{artist} {title}", f"{title} {artist}"):
        return 1.0
    words = set(asked.split())
    if not words:
        return 0.0
    known = set(title.split()) | set(artist.split())
    covered = len(words & known) / len(words)
    surplus = len(set(title.split()) - words)
    return max(0.0, covered - 0.02 * surplus - 0.05)


def rank(query: str, hits: Iterable[Hit]) -> list[Hit]:
    """Return the hits, best first; equals keep their upstream's order, albums first."""
    return sorted(hits, key=lambda hit: -(score(query, hit) + _preference(hit)))


def is_same(item: SpotifyItem, hit: SearchHit) -> bool:
    """Return whether both name the same album by the same artist, or the same artist."""
    if item.kind is SpotifyKind.ARTIST:
        return fold(item.name) == fold(hit.title)
    artist = fold(hit.artist)
    is_theirs = any(fold(name) == artist for name in (*item.artists, " ".join(item.artists)))
    return is_theirs and fold(item.name) == fold(hit.title)


def _preference(hit: Hit) -> float:
    return _KIND_ORDER.get(hit.kind, 0.0) if isinstance(hit, SpotifyItem) else 0.015


def _title(hit: Hit) -> str:
    return hit.name if isinstance(hit, SpotifyItem) else hit.title


def _artists(hit: Hit) -> tuple[str, ...]:
    if isinstance(hit, SearchHit):
        return (hit.artist,)
    return hit.artists
