"""``SpotifyMatcher``: the album on Spotify that a record of Discogs, or of a person's shelf, is."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Protocol

from services.answers import Answer, Source
from services.catalogue.confidence import Confidence, Match
from services.catalogue.matching import Work, matches_of
from services.catalogue.names import is_various, lead_name
from services.catalogue.titles import bare_title
from services.music import MIN_QUERY_LENGTH, clean_text
from services.spotify.models import SpotifyItem, SpotifyKind, SpotifyResults

_ALBUMS: Final = (SpotifyKind.ALBUM,)
# Together with the filters' names within the 200 characters of a query.
_MOST_TITLE: Final = 100
_MOST_NAME: Final = 70
# Spotify documents no way to write a quote inside quotes; words alone find the same.
_NO_QUOTES: Final = str.maketrans(dict.fromkeys('"\u201c\u201d\u201e:', " "))

AlbumMatch = Match[SpotifyItem]


class Spotify(Protocol):
    """``SpotifyService``, as far as it is needed here."""

    async def search(self, query: str, kinds: tuple[SpotifyKind, ...], /) -> Answer[SpotifyResults]:
        """Return items; raises ExternalServiceException."""


class SpotifyMatcher:
    """Finds albums on Spotify by what Discogs knows of them."""

    def __init__(self, spotify: Spotify) -> None:
        """Search with ``spotify``."""
        self._spotify = spotify

    async def find_album(
        self, artist: str, title: str, year: int | None = None, *, barcode: str | None = None
    ) -> Answer[AlbumMatch | None]:
        """Return the surest of ``find_albums``; the value is None where there is none."""
        found = await self.find_albums(artist, title, year, barcode=barcode)
        return found.with_value(next(iter(found.value), None))

    async def find_albums(
        self, artist: str, title: str, year: int | None = None, *, barcode: str | None = None
    ) -> Answer[tuple[AlbumMatch, ...]]:
        """Return the albums that may be the same work, the surest first.

        One request; a second one, in other words, when the first finds nothing that is likely.
        Nothing from a fallback means that nobody could look, not that there is nothing.

        Args:
            artist: As Discogs writes it, a namesake's number and all.
            title: Likewise.
            year: Of the work or of a pressing, or None.
            barcode: Or None; it finds an album that is called otherwise there.

        Raises:
            ExternalServiceException: As ``SpotifyService.search``.
        """
        wanted = Work(title=title, artists=(artist,), year=year, barcode=_digits(barcode))
        best: Answer[tuple[AlbumMatch, ...]] = Answer(value=(), source=Source.EMPTY)
        for query, is_by_barcode in _queries(wanted):
            found = await self._spotify.search(query, _ALBUMS)
            # What a search by barcode finds has it; lists do not say so.
            asked = wanted if is_by_barcode else replace(wanted, barcode=None)
            matches = matches_of(asked, found.value.items, barcode=asked.barcode)
            best = _better(best, found.with_value(tuple(matches)))
            if found.source.is_fallback or _surest(best) >= Confidence.LIKELY:
                break
        return best


def _queries(wanted: Work) -> Iterator[tuple[str, bool]]:
    """Yield at most two: in fields; then by barcode where there is one, else in plain words."""
    title = _searchable(bare_title(wanted.title), _MOST_TITLE)
    is_anybody = is_various(wanted.artists)
    name = "" if is_anybody else _searchable(lead_name(wanted.artists[0]), _MOST_NAME)
    if _has_words(title):
        yield f'album:"{title}"' + (f' artist:"{name}"' if _has_words(name) else ""), False
    if wanted.barcode:
        yield f"upc:{wanted.barcode}", True
    elif _has_words(plain := f"{name} {title}".strip()) and len(plain) >= MIN_QUERY_LENGTH:
        yield plain, False


def _better(
    one: Answer[tuple[AlbumMatch, ...]], other: Answer[tuple[AlbumMatch, ...]]
) -> Answer[tuple[AlbumMatch, ...]]:
    """Return the answer with the surer match; of two that found nothing, the later one."""
    return one if one.value and _surest(one) >= _surest(other) else other


def _surest(answer: Answer[tuple[AlbumMatch, ...]]) -> int:
    return max((match.confidence for match in answer.value), default=0)


def _digits(barcode: str | None) -> str | None:
    return "".join(filter(str.isdecimal, barcode or "")) or None


def _searchable(text: str, limit: int) -> str:
    """Return words for between quotes, cut after a whole one."""
    text = clean_text(text.translate(_NO_QUOTES))
    return text if len(text) <= limit else text[:limit].rpartition(" ")[0] or text[:limit]


def _has_words(text: str) -> bool:
    return any(map(str.isalnum, text))
