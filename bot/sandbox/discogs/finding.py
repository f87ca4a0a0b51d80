"""Discogs' database search: free words and field filters over four kinds of things."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from bot.sandbox.catalogue import (
    Album,
    Catalogue,
    Credit,
    Edition,
    Pressing,
    SearchIndex,
    words_of,
)
from bot.sandbox.catalogue.shelf import album_texts, pressing_texts
from bot.sandbox.discogs.details import Json, form, popularity, slug
from bot.sandbox.discogs.records import DiscogsRecords

_YEARS: Final = re.compile(r"(\d{4})(?:-(\d{4}))?")
_NAME_WEIGHT: Final = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelName:
    """A label that can be found."""

    label_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Master:
    """An album that can be found as a master."""

    album: Album


Found = Credit | LabelName | Master | Pressing


class DiscogsSearch:
    """Searches one catalogue; every word must be found."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Search this catalogue."""
        self._catalogue = catalogue

    def find(self, query: Mapping[str, str]) -> list[Found]:
        """Return what matches the parameters of a search, best first.

        Args:
            query: The request's parameters; unknown and empty ones are ignored.
        """
        wanted = {name: text for name, text in query.items() if text and name in _FILTERS}
        kind = query.get("type", "")
        words = " ".join(filter(None, (query.get("q"), query.get("query"))))
        return [
            found
            for found in self._index.search(words)
            if kind in {"", "all", kind_of(found)} and _fits(found, wanted)
        ]

    @cached_property
    def _index(self) -> SearchIndex[Found]:
        shelf = self._catalogue
        entries: list[tuple[Found, list[tuple[str, float]]]] = [
            (credit, [(credit.discogs_name, _NAME_WEIGHT)])
            for credit in shelf.discogs_artists.values()
        ]
        entries += [(Master(album=each), album_texts(each)) for each in shelf.masters.values()]
        entries += [(each, pressing_texts(each)) for each in shelf.pressings.values()]
        entries += [
            (LabelName(label_id=label_id, name=name), [(name, 1.0)])
            for label_id, name in shelf.labels.items()
        ]
        return SearchIndex(entries)


def kind_of(found: Found) -> str:
    """Return Discogs' word for the kind of a thing."""
    if isinstance(found, Credit):
        return "artist"
    if isinstance(found, LabelName):
        return "label"
    return "master" if isinstance(found, Master) else "release"


def result(found: Found, records: DiscogsRecords) -> Json:
    """Return one result; its year is a string and only there when known.

    Its `user_data` says no to everything; the endpoint knows better when the owner asks.
    """
    if isinstance(found, Credit):
        return _name_result("artist", found.discogs_artist_id, found.discogs_name, records)
    if isinstance(found, LabelName):
        return _name_result("label", found.label_id, found.name, records)
    if isinstance(found, Master):
        album, edition, object_id = found.album, found.album.editions[0], found.album.master_id
    else:
        album, edition, object_id = found.album, found.edition, found.edition.release_id
    kind = kind_of(found)
    return _record_result(album, edition, records) | {
        "type": kind,
        "id": object_id,
        "uri": f"/{kind}/{object_id}-{slug(album)}",
        "resource_url": f"{records.api_url}/{kind}s/{object_id}",
    }


def _record_result(album: Album, edition: Edition, records: DiscogsRecords) -> Json:
    master_url = f"{records.api_url}/masters/{album.master_id}" if album.master_id else None
    have, want = popularity(edition)
    artist = " / ".join(f"{each.anv}*" if each.anv else each.discogs_name for each in album.credits)
    body: Json = {
        "country": edition.country,
        "format": [edition.medium, *edition.descriptions],
        "label": [edition.label],
        "genre": list(album.genres),
        "style": list(album.styles),
        "barcode": [edition.barcode] if edition.barcode else [],
        "user_data": {"in_wantlist": False, "in_collection": False},
        "master_id": album.master_id,
        "master_url": master_url,
        "catno": edition.catno,
        "title": f"{artist if len(album.credits) == 1 else album.discogs_artist} - {album.title}",
        "thumb": records.picture(edition, 150) if album.has_art else "",
        "cover_image": records.cover(edition, has_art=album.has_art),
        "community": {"want": want, "have": have},
        "format_quantity": edition.quantity,
        "formats": [form(edition)],
    }
    return body | ({"year": str(edition.year)} if edition.year else {})


def _name_result(kind: str, object_id: int, name: str, records: DiscogsRecords) -> Json:
    return {
        "id": object_id,
        "type": kind,
        "user_data": {"in_wantlist": False, "in_collection": False},
        "master_id": None,
        "master_url": None,
        "uri": f"/{kind}/{object_id}-{'-'.join(name.split())}",
        "title": name,
        "thumb": "",
        "cover_image": f"{records.image_url}/spacer.gif",
        "resource_url": f"{records.api_url}/{kind}s/{object_id}",
    }


def _fits(found: Found, wanted: Mapping[str, str]) -> bool:
    """Tell whether a thing passes every filter; names only know the filter of their own kind."""
    if isinstance(found, Credit | LabelName):
        name = found.discogs_name if isinstance(found, Credit) else found.name
        own = {kind_of(found), "title"}
        return set(wanted) <= own and all(_has(name, text) for text in wanted.values())
    edition = found.album.editions[0] if isinstance(found, Master) else found.edition
    return all(_FILTERS[name](found.album, edition, text) for name, text in wanted.items())


def _has(text: str, wanted: str) -> bool:
    return set(words_of(wanted)) <= set(words_of(text))


def _squeezed(text: str) -> str:
    return "".join(words_of(text))


def _has_year(_album: Album, edition: Edition, wanted: str) -> bool:
    years = _YEARS.fullmatch(wanted)
    return years is not None and int(years[1]) <= edition.year <= int(years[2] or years[1])


def _has_artist(album: Album, _edition: Edition, wanted: str) -> bool:
    names = (f"{each.name} {each.discogs_name} {each.anv}" for each in album.credits)
    return _has(" ".join(names), wanted)


_FILTERS: Final[dict[str, Callable[[Album, Edition, str], bool]]] = {
    "artist": _has_artist,
    "release_title": lambda album, _, text: _has(album.title, text),
    "title": lambda album, _, text: _has(f"{album.discogs_artist} {album.title}", text),
    "label": lambda _, edition, text: _has(edition.label, text),
    "catno": lambda _, edition, text: _squeezed(text) == _squeezed(edition.catno),
    "barcode": lambda _, edition, text: _squeezed(text) == (edition.barcode or None),
    "country": lambda _, edition, text: text.casefold() == edition.country.casefold(),
    "genre": lambda album, _, text: _has(" ".join(album.genres), text),
    "style": lambda album, _, text: _has(" ".join(album.styles), text),
    "format": lambda _, edition, text: _has(
        " ".join((edition.medium, *edition.descriptions)), text
    ),
    "track": lambda album, _, text: any(_has(track.title, text) for track in album.tracks),
    "year": _has_year,
}
