"""What a collection looks like in numbers."""

from datetime import date

import msgspec

from services.collection.models import StoredCopy, SyncState


class Tally(msgspec.Struct, frozen=True):
    """So many ``copies`` have that ``name``."""

    name: str
    copies: int


class Ranking(msgspec.Struct, frozen=True, kw_only=True):
    """Names by how many copies have them.

    Attributes:
        most: The most frequent ones, 20 at most; ties by name.
        distinct: How many names there are.
        copies: How many copies have any; one with two names counts once here, and in both.
    """

    most: tuple[Tally, ...] = ()
    distinct: int = 0
    copies: int = 0


class Decade(msgspec.Struct, frozen=True):
    """So many ``copies`` are of the ten years from ``first_year``, such as 1970."""

    first_year: int
    copies: int


class Month(msgspec.Struct, frozen=True):
    """What was added in a month (UTC), which begins on ``first_day``.

    Attributes:
        first_day: The month.
        added: Copies that are there today and were added then.
        so_far: Those and all added before; copies of unknown date are not among them.
    """

    first_day: date
    added: int
    so_far: int


class Repeated(msgspec.Struct, frozen=True):
    """One of several: how many there are of ``copy``'s release, or of its work."""

    copy: StoredCopy
    count: int


class Repeats(msgspec.Struct, frozen=True, kw_only=True):
    """What is there more than once.

    Attributes:
        total: How many releases, or works.
        spare: Copies, or pressings, beyond the first of each.
        most: Those with the most, five at most.
    """

    total: int = 0
    spare: int = 0
    most: tuple[Repeated, ...] = ()


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of one collection; local entries are counted like copies.

    Attributes:
        state: How the collection stands.
        is_fresh: As in ``CopiesPage``.
        copies: All of them.
        releases: Different releases among them.
        artists: Different artists as they are credited.
        rated: Copies with a rating.
        stars: All ratings together.
        dated_pressings: Copies whose year is known.
        dated_music: Copies of which it is known when the music first came out.
        pressing_decades: By the pressing's year, the oldest first; without unknown ones.
        music_decades: By the year of the music where it is known, else by the pressing's.
        formats: By their names: ``Vinyl``; without descriptions such as ``LP``.
        genres: By Discogs' genres.
        styles: By Discogs' styles.
        labels: By label.
        countries: By country of the pressing; shelves seldom tell it.
        months: In which anything was added, the first one first.
        undated: Copies of which it is not known when they were added.
        same_release: Releases with several copies.
        same_work: Works in several pressings.
        oldest: A pressing of the earliest year, or None.
        newest: A pressing of the latest year, or None.
    """

    state: SyncState
    is_fresh: bool = True
    copies: int = 0
    releases: int = 0
    artists: int = 0
    rated: int = 0
    stars: int = 0
    dated_pressings: int = 0
    dated_music: int = 0
    pressing_decades: tuple[Decade, ...] = ()
    music_decades: tuple[Decade, ...] = ()
    formats: Ranking = Ranking()
    genres: Ranking = Ranking()
    styles: Ranking = Ranking()
    labels: Ranking = Ranking()
    countries: Ranking = Ranking()
    months: tuple[Month, ...] = ()
    undated: int = 0
    same_release: Repeats = Repeats()
    same_work: Repeats = Repeats()
    oldest: StoredCopy | None = None
    newest: StoredCopy | None = None
