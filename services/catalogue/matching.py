"""Which hit was meant: exact title and artist first, never a stranger passed off as the hit.

Two questions are answered here. ``score`` and ``rank``: how well does a hit fit what somebody
typed? ``confidence_of`` and ``best_match``: is an album of one catalogue that of another? For the
second there is no number but three words, and none of them for who is not the same artist.
See ``docs/decisions/0020``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, TypeVar

from services.catalogue.confidence import Confidence, Match
from services.catalogue.models import Hit
from services.catalogue.names import Artists, compare_artists
from services.catalogue.titles import Title, compare_titles, read_title
from services.discogs.models import SearchHit
from services.music import fold
from services.spotify.models import SpotifyAlbum, SpotifyItem, SpotifyKind

GOOD_ENOUGH: Final = 0.6
_KIND_ORDER = {SpotifyKind.ALBUM: 0.03, SpotifyKind.ARTIST: 0.02, SpotifyKind.TRACK: 0.01}
_SINGLE_FORMATS: Final = frozenset({"Single", "Maxi-Single", "Shellac"})
_ALBUM_FORMATS: Final = frozenset({"Album", "LP"})
_MOST_SINGLE_TRACKS: Final = 3
_FEWEST_BARCODE_DIGITS: Final = 8
_YEARS_APART: Final = 1
_UNKNOWN_YEARS_APART: Final = 10

H = TypeVar("H", SpotifyItem, SearchHit)


@dataclass(frozen=True, kw_only=True)
class Work:
    """An album as far as catalogues can be compared.

    Attributes:
        title: As it is written.
        artists: Names, or one text that joins them.
        year: Of the work or of an edition, or None.
        is_single: None where nothing says so.
        barcode: Digits, or None.
    """

    title: str
    artists: tuple[str, ...]
    year: int | None = None
    is_single: bool | None = None
    barcode: str | None = None

    @cached_property
    def read(self) -> Title:
        """The title in its parts; read once, for one work is compared with many."""
        return read_title(self.title)

    @cached_property
    def credited(self) -> Artists:
        """The artists, read likewise."""
        return Artists(self.artists)


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


def work_of(hit: Hit) -> Work:
    """Return an album or a release of either catalogue as a work."""
    if isinstance(hit, SpotifyItem):
        return Work(
            title=hit.name,
            artists=hit.artists,
            year=hit.year,
            is_single=_is_single(hit.album_type, hit.track_count),
        )
    return Work(
        title=hit.title,
        artists=(hit.artist,),
        year=hit.year,
        is_single=is_single_format(hit.formats),
    )


def work_of_album(album: SpotifyAlbum) -> Work:
    """Return an album of Spotify as a work."""
    return Work(
        title=album.name,
        artists=tuple(credit.name for credit in album.credits),
        year=album.year,
        is_single=_is_single(album.album_type, album.track_count),
        barcode=album.upc,
    )


def is_single_format(formats: Iterable[str]) -> bool | None:
    """Return what Discogs' formats say; None where they say neither, or both."""
    named = frozenset(formats)
    is_album, is_single = bool(named & _ALBUM_FORMATS), bool(named & _SINGLE_FORMATS)
    return None if is_album == is_single else is_single


def confidence_of(one: Work, other: Work) -> Confidence | None:
    """Return how surely both are the same work; None: they are not."""
    artists = compare_artists(one.credited, other.credited)
    if artists is None:
        return None
    if _has_same_barcode(one, other):
        return Confidence.EXACT
    titles = compare_titles(one.read, other.read)
    if titles is None:
        return None
    return min(artists, titles, _by_size(one, other), _by_year(one, other))


def best_match(wanted: Work, hits: Iterable[H], *, barcode: str | None = None) -> Match[H] | None:
    """Return the surest of ``hits``, or None; ``barcode`` is what all of them are known to have."""
    return next(iter(matches_of(wanted, hits, barcode=barcode)), None)


def matches_of(wanted: Work, hits: Iterable[H], *, barcode: str | None = None) -> list[Match[H]]:
    """Return those of ``hits`` that may be the same work, the surest first.

    Equals come by how alike their titles are, how far their year is from the wanted one, and in
    their upstream's order.
    """
    works = [(hit, replace(work_of(hit), barcode=barcode)) for hit in hits]
    if _is_only_one(wanted, [work for _, work in works]):
        wanted = replace(wanted, year=None)  # a late pressing of the only record of that name
    found: list[tuple[tuple[int, bool, int], Match[H]]] = []
    for hit, work in works:
        confidence = confidence_of(wanted, work)
        if confidence is not None:
            is_other_spelling = fold(work.title) != fold(wanted.title)
            place = (-confidence, is_other_spelling, _years_apart(wanted, work))
            found.append((place, Match(hit, confidence)))
    found.sort(key=lambda each: each[0])
    return [match for _, match in found]


def discogs_matches(item: SpotifyItem, hits: Iterable[SearchHit]) -> list[Match[SearchHit]]:
    """Return those of ``hits`` that may be an album or an artist of Spotify, the surest first."""
    if item.kind is not SpotifyKind.ARTIST:
        return matches_of(work_of(item), hits)
    return [Match(hit, Confidence.EXACT) for hit in hits if is_same_artist(item.name, hit.title)]


def is_same(item: SpotifyItem, hit: SearchHit) -> bool:
    """Return whether both surely name the same album by the same artist, or the same artist."""
    return any(match.confidence >= Confidence.LIKELY for match in discogs_matches(item, [hit]))


def is_same_artist(one: str, other: str) -> bool:
    """Return whether two catalogues' names are those of the same artist."""
    return compare_artists(Artists((one,)), Artists((other,))) is Confidence.EXACT


def _is_single(album_type: str | None, track_count: int | None) -> bool | None:
    """Return what Spotify says: its "single" is also an EP, and few tracks may be long ones."""
    if album_type in ("album", "compilation"):
        return False
    is_short = track_count is not None and track_count <= _MOST_SINGLE_TRACKS
    if album_type == "single":
        return True if is_short else None
    return None if is_short or track_count is None else False


def _is_only_one(wanted: Work, works: Iterable[Work]) -> bool:
    """Return whether a self-titled record can only be one of ``works``, whatever its year."""
    if wanted.year is None or wanted.read.is_generic or not _is_ambiguous(wanted):
        return False
    undated = replace(wanted, year=None)
    years = {
        work.year
        for work in works
        if (confidence_of(undated, work) or Confidence.DOUBTFUL) >= Confidence.LIKELY
    }
    return len(years) == 1 and all(year is None or year <= wanted.year for year in years)


def _has_same_barcode(one: Work, other: Work) -> bool:
    mine, theirs = (
        "".join(filter(str.isdecimal, work.barcode or "")).lstrip("0") for work in (one, other)
    )
    return mine == theirs and len(mine) >= _FEWEST_BARCODE_DIGITS


def _by_size(one: Work, other: Work) -> Confidence:
    """A single of the same name is another record."""
    sizes = {work.read.is_single or work.is_single for work in (one, other)}
    return Confidence.DOUBTFUL if {True, False} <= sizes else Confidence.EXACT


def _by_year(one: Work, other: Work) -> Confidence:
    """The year says something where the title does not: pressings appear again and again."""
    if _years_apart(one, other) <= _YEARS_APART or not _is_ambiguous(one):
        return Confidence.EXACT
    is_known = one.year is not None and other.year is not None
    return Confidence.DOUBTFUL if is_known else Confidence.LIKELY


def _is_ambiguous(work: Work) -> bool:
    """Return whether an artist may have several records of this title: hits, self-titled ones."""
    if work.read.is_generic:
        return True
    return compare_artists(Artists((work.title,)), work.credited) is Confidence.EXACT


def _years_apart(one: Work, other: Work) -> int:
    if one.year is None or other.year is None:
        return _UNKNOWN_YEARS_APART
    return abs(one.year - other.year)


def _preference(hit: Hit) -> float:
    return _KIND_ORDER.get(hit.kind, 0.0) if isinstance(hit, SpotifyItem) else 0.015


def _title(hit: Hit) -> str:
    return hit.name if isinstance(hit, SpotifyItem) else hit.title


def _artists(hit: Hit) -> tuple[str, ...]:
    if isinstance(hit, SearchHit):
        return (hit.artist,)
    return hit.artists
