"""One copy in a collection, and the orders that Discogs can put copies into."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.sandbox.catalogue.model import Edition
from bot.sandbox.catalogue.search_index import normalised
from bot.sandbox.catalogue.shelf import Pressing


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionItem:
    """One copy in a collection, or one wish when `instance_id` is 0.

    Attributes:
        pressing: What it is a copy of.
        instance_id: Unique in its collection.
        folder_id: 1 or more.
        rating: 0 (none) to 5.
        added_at: When it was added.
        notes: Texts by field id: 1 media, 2 sleeve, 3 remarks; absent when empty.
    """

    pressing: Pressing
    instance_id: int
    folder_id: int
    rating: int
    added_at: datetime
    notes: dict[int, str]


_SortKey = Callable[[CollectionItem], str | int]


def _edition_key(
    attribute: Callable[[Edition], str | int],
) -> Callable[[CollectionItem], str | int]:
    return lambda item: attribute(item.pressing.edition)


SORT_KEYS: Final[dict[str, _SortKey]] = {
    "artist": lambda item: normalised(item.pressing.album.discogs_artist),
    "title": lambda item: normalised(item.pressing.album.title),
    "label": _edition_key(lambda edition: edition.label.casefold()),
    "catno": _edition_key(lambda edition: edition.catno),
    "format": _edition_key(lambda edition: edition.medium),
    "year": _edition_key(lambda edition: edition.year),
    "rating": lambda item: item.rating,
}
