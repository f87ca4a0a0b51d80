"""What a search across Spotify and Discogs returns."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from services.answers import Answer
from services.catalogue.confidence import Confidence
from services.discogs.models import DiscogsResults, SearchHit
from services.errors import ExternalServiceException, RefusedLocally
from services.spotify.models import SpotifyItem, SpotifyResults


class SearchKind(StrEnum):
    """What the user looks for; ``release`` is Discogs', ``playlist`` and ``track`` Spotify's."""

    EVERYTHING = "everything"
    ALBUM = "album"
    ARTIST = "artist"
    TRACK = "track"
    PLAYLIST = "playlist"
    RELEASE = "release"


Hit = SpotifyItem | SearchHit


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResults:
    """What is known so far; a finished search waits for nobody.

    Attributes:
        query: Cleaned.
        kind: What was looked for.
        spotify: Its answer, its failure, or None when not asked or still waited for.
        discogs: The same for Discogs.
        waiting: Upstreams that have not answered yet, in the order they are shown.
        best: The hit that fits the query, or None when none fits well.
        others: The other hits of both upstreams, best first.
    """

    query: str
    kind: SearchKind
    spotify: Answer[SpotifyResults] | ExternalServiceException | None = None
    discogs: Answer[DiscogsResults] | ExternalServiceException | None = None
    waiting: tuple[str, ...] = ()
    best: Hit | None = None
    others: tuple[Hit, ...] = field(default=())

    @property
    def spotify_items(self) -> tuple[SpotifyItem, ...]:
        """Spotify's items; empty when there is no answer."""
        return self.spotify.value.items if isinstance(self.spotify, Answer) else ()

    @property
    def discogs_hits(self) -> tuple[SearchHit, ...]:
        """Discogs' hits; empty when there is no answer."""
        return self.discogs.value.hits if isinstance(self.discogs, Answer) else ()

    def abandoned(self) -> "SearchResults":
        """Return these results with every upstream still waited for given up."""
        left = {
            name: RefusedLocally(name, "search", None, "abandoned: shutting down")
            for name in self.waiting
        }
        return replace(
            self,
            waiting=(),
            spotify=left.get("spotify", self.spotify),
            discogs=left.get("discogs", self.discogs),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A release that somebody may mean.

    Attributes:
        release_id: Discogs'.
        title: The title.
        artist: Display name.
        facts: What tells it from other pressings, such as format and year; may be empty.
    """

    release_id: int
    title: str
    artist: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueMatch:
    """What Discogs has under the name of something of Spotify, and nothing of Spotify.

    Attributes:
        hits: The likeliest first; up to three.
        confidence: How surely the first one is the same; None: it is only what the search found.
    """

    hits: tuple[SearchHit, ...] = ()
    confidence: Confidence | None = None

    @property
    def is_sure(self) -> bool:
        """The first one is the same work by the same artist, perhaps in another edition."""
        return self.confidence is not None and self.confidence >= Confidence.LIKELY
