"""What ``browse`` must show, in plain Python: no index, no SQL, no key columns."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from services.collection.models import Filters, Sort
from services.discogs.shelf_models import Copy
from services.music import fold

_LATEST = datetime.max.replace(tzinfo=UTC)
_UNSPACED = re.compile("[぀-ヿ一-鿿가-힣]")


def browse(
    copies: Sequence[Copy], filters: Filters, sort: Sort, folders: dict[int, str]
) -> list[int]:
    """Return the instance ids that are shown, in order; ``copies`` come by number."""
    chosen = [copy for copy in copies if _is_wanted(copy, filters, folders)]
    return [copy.instance_id for copy in sorted(chosen, key=lambda copy: _key(copy, sort))]


def _key(copy: Copy, sort: Sort) -> tuple[object, ...]:
    pressing = copy.pressing
    label = _plain(pressing.labels[0].name) if pressing.labels else ""
    first: dict[Sort, tuple[object, ...]] = {
        Sort.ADDED: (
            _LATEST - copy.added_at
            if copy.added_at
            else _LATEST - datetime.min.replace(tzinfo=UTC),
        ),
        Sort.ARTIST: (),
        Sort.TITLE: (_plain(pressing.title).encode(),),
        Sort.YEAR: (pressing.year is None, pressing.year or 0),
        Sort.LABEL: (not label, label.encode()),
        Sort.RATING: (-copy.rating,),
    }
    return (*first[sort], _plain(pressing.artist).encode(), _plain(pressing.title).encode())


def _is_wanted(copy: Copy, filters: Filters, folders: dict[int, str]) -> bool:
    pressing = copy.pressing
    formats = [name for each in pressing.formats for name in (each.name, *each.descriptions)]
    checks = [
        _has_words(copy, filters.text),
        _plain(filters.artist) in _plain(pressing.artist),
        _is_one_of(filters.genre, pressing.genres),
        _is_one_of(filters.style, pressing.styles),
        _is_one_of(filters.format, formats),
        not filters.label
        or any(_plain(filters.label) in _plain(line.name) for line in pressing.labels),
        not filters.folder or _plain(filters.folder) in _plain(folders.get(copy.folder_id, "\0")),
        filters.decade is None or _is_within(pressing.year, filters.decade, filters.decade + 9),
        filters.from_year is None or _is_within(pressing.year, filters.from_year, 9_999),
        filters.to_year is None or _is_within(pressing.year, 0, filters.to_year),
        filters.min_rating is None or copy.rating >= filters.min_rating,
        filters.added_since is None
        or (copy.added_at is not None and copy.added_at >= filters.added_since),
    ]
    return all(checks)


def _has_words(copy: Copy, text: str) -> bool:
    pressing = copy.pressing
    wanted = _words(text)
    if not wanted:
        return any(_plain(text) in _plain(each) for each in (pressing.artist, pressing.title))
    texts = [pressing.artist, pressing.title, *(line.name for line in pressing.labels)]
    for line in pressing.labels:
        texts += [line.catno or "", "".join(filter(str.isalnum, line.catno or ""))]
    texts += [note for _, note in copy.notes]
    found = [word for each in texts for word in _words(each)]
    return all(any(word.startswith(each) for word in found) for each in wanted)


def _words(text: str) -> list[str]:
    return _UNSPACED.sub(lambda match: f" {match[0]} ", fold(text)).split()


def _is_one_of(name: str, names: Sequence[str]) -> bool:
    return not name or _plain(name) in [_plain(each) for each in names]


def _is_within(year: int | None, first: int, last: int) -> bool:
    return year is not None and first <= year <= last


def _plain(text: str) -> str:
    return fold(text) or " ".join(text.split()).casefold()
