"""Two collections side by side, as pure functions of what is in them.

A *work* is a master, or a release that has none. What both have in the same pressing is counted as
that, and not once more among the other pressings of its work, even where there are others.
"""

from collections import Counter
from collections.abc import Iterable, KeysView, Mapping, Sequence

from services.collection.shared_models import GenreShare, Section, Taste

Pressing = tuple[int, int | None]
"""Release and master."""
PressingPair = tuple[int | None, int | None]
"""The release that the asker has, and the one that the other has."""

_MOST_GENRES = 3


def compare_shelves(
    mine: Iterable[Pressing], theirs: Iterable[Pressing]
) -> Mapping[Section, Sequence[PressingPair]]:
    """Return what is in each section, in the order in which it was given."""
    my_works, their_works = _by_work(mine), _by_work(theirs)
    my_releases, their_releases = _releases(my_works), _releases(their_works)
    shared = my_releases & their_releases
    both = [(each, each) for each in my_releases if each in shared]
    other = [
        (releases[0], their_works[work][0])
        for work, releases in my_works.items()
        if work in their_works and shared.isdisjoint((*releases, *their_works[work]))
    ]
    only_mine = [
        (releases[0], None)
        for work, releases in my_works.items()
        if work not in their_works and shared.isdisjoint(releases)
    ]
    only_theirs = [
        (None, releases[0])
        for work, releases in their_works.items()
        if work not in my_works and shared.isdisjoint(releases)
    ]
    return {
        Section.BOTH: both,
        Section.OTHER: other,
        Section.MINE: only_mine,
        Section.THEIRS: only_theirs,
    }


def taste_of(mine: Iterable[tuple[str, int]], theirs: Iterable[tuple[str, int]]) -> Taste | None:
    """Return how alike two collections are; None when one of them has no genres.

    Args:
        mine: Combinations of genres, one a line, and how many copies have each.
        theirs: Likewise.
    """
    my_parts, their_parts = _parts(mine), _parts(theirs)
    if not my_parts or not their_parts:
        return None
    shared = [
        GenreShare(name=name, mine=my_parts[name], theirs=their_parts[name])
        for name in my_parts.keys() & their_parts.keys()
    ]
    shared.sort(key=lambda genre: (-min(genre.mine, genre.theirs), genre.name))
    overlap = sum(min(genre.mine, genre.theirs) for genre in shared)
    return Taste(overlap=min(1.0, overlap), genres=tuple(shared[:_MOST_GENRES]))


def _by_work(pressings: Iterable[Pressing]) -> dict[tuple[str, int], list[int]]:
    works: dict[tuple[str, int], list[int]] = {}
    seen: set[int] = set()
    for release, master in pressings:
        if release not in seen:
            seen.add(release)
            work = ("release", release) if master is None else ("master", master)
            works.setdefault(work, []).append(release)
    return works


def _releases(works: Mapping[tuple[str, int], Sequence[int]]) -> KeysView[int]:
    """Return the releases of all works, in order."""
    return dict.fromkeys(release for releases in works.values() for release in releases).keys()


def _parts(genres: Iterable[tuple[str, int]]) -> dict[str, float]:
    """Return which part each genre is of all genres that the copies have, 0 to 1."""
    counts: Counter[str] = Counter()
    for lines, copies in genres:
        for name in filter(None, lines.split("\n")):
            counts[name] += copies
    total = counts.total()
    return {name: count / total for name, count in counts.items()}
