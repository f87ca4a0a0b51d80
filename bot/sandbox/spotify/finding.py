"""Spotify's search: free words and field filters such as `album:"Remain in Light" year:1980`."""

import re
from dataclasses import dataclass, field
from typing import Final

from bot.sandbox.catalogue import Album, Catalogue, Credit, SearchIndex, Song, words_of

_FILTER: Final = re.compile(r"\b(album|artist|track|year|upc|isrc|genre|tag):", re.IGNORECASE)
_YEARS: Final = re.compile(r"(\d{4})(?:\s*-\s*(\d{4}))?")
_ONE_WORD_FILTERS: Final = frozenset({"year", "upc", "isrc", "tag"})
_ONE_WORD: Final = re.compile(r'\s*"?([^\s"]+)"?(.*)', re.DOTALL)
_QUOTED: Final = re.compile(r'\s*"([^"]*)"?(.*)', re.DOTALL)

PLAYLISTS: Final = (
    ("Late Night Jazz", "nora", "Modal &amp; cool jazz for the small hours"),
    ("Trip Hop Essentials", "bristol_fan", "Slow beats, no hurry"),
    ("French Touch", "marc", "De Moon Safari &#x2F; Discovery et au-delà"),
    ("Crate Digging", "nora", ""),
)
"""Playlists as name, owner and description; the real API escapes descriptions as HTML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A parsed search: free words and the filters around them."""

    words: str
    filters: dict[str, str] = field(default_factory=dict)


def parse_question(text: str) -> Question:
    """Split `q` into free words and filters.

    A quoted value ends with its quote, a year or a code with its word, any other value with the
    next filter.
    """
    pieces = _FILTER.split(text)
    words = [pieces[0]]
    filters: dict[str, str] = {}
    for written, value in zip(pieces[1::2], pieces[2::2], strict=True):
        name = written.lower()
        pattern = _ONE_WORD if name in _ONE_WORD_FILTERS else _QUOTED
        ended = pattern.fullmatch(value)
        if ended is None:
            filters[name] = value.strip()
        else:
            filters[name] = ended[1]
            words.append(ended[2])
    return Question(words=" ".join(" ".join(words).split()), filters=filters)


class SpotifySearch:
    """Searches one catalogue the way Spotify does: something is nearly always found."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Search this catalogue."""
        self._catalogue = catalogue
        self._artists = SearchIndex(
            (credit, [(credit.name, 1.0)]) for credit in catalogue.spotify_artists.values()
        )

    def albums(self, question: Question) -> list[Album]:
        """Return the albums that match, best first."""
        if {"track", "isrc"} & question.filters.keys():
            return []
        found = self._catalogue.album_search.search(question.words, forgiving=True)
        return [album for album in found if album.on_spotify and _album_fits(album, question)]

    def songs(self, question: Question) -> list[Song]:
        """Return the tracks that match, best first."""
        found = self._catalogue.song_search.search(question.words, forgiving=True)
        wanted = question.filters.get("track", "")
        return [
            song
            for song in found
            if _contains(song.track.title, wanted) and _album_fits(song.album, question)
        ]

    def artists(self, question: Question) -> list[Credit]:
        """Return the artists that match, best first."""
        words = " ".join((question.words, question.filters.get("artist", ""))).strip()
        return self._artists.search(words, forgiving=True) if words else []


def playlists(question: Question) -> list[tuple[str, str, str]]:
    """Return the playlists whose name has any of the words."""
    wanted = set(words_of(question.words))
    return [row for row in PLAYLISTS if wanted & set(words_of(row[0]))]


def _album_fits(album: Album, question: Question) -> bool:
    filters = question.filters
    return (
        _contains(album.title, filters.get("album", ""))
        and _contains(album.artist, filters.get("artist", ""))
        and _contains(" ".join((*album.genres, *album.styles)), filters.get("genre", ""))
        and _year_fits(album.year, filters.get("year", ""))
        and filters.get("upc", "").lstrip("0") in {"", album.editions[0].barcode.lstrip("0")}
        and "tag" not in filters
    )


def _contains(text: str, wanted: str) -> bool:
    return set(words_of(wanted)) <= set(words_of(text))


def _year_fits(year: int, wanted: str) -> bool:
    if not wanted:
        return True
    years = _YEARS.fullmatch(wanted)
    return years is not None and int(years[1]) <= year <= int(years[2] or years[1])
