"""Builders for the numbers of a collection."""

from datetime import date
from typing import Any

from fakes.shown_copies import make_copy, make_state
from services.collection.statistics_models import (
    Decade,
    Month,
    Ranking,
    Repeated,
    Repeats,
    Statistics,
    Tally,
)


def make_ranking(*names: str, distinct: int | None = None) -> Ranking:
    """Return names, the first of which is on most copies."""
    most = tuple(Tally(name, 1_000 // place) for place, name in enumerate(names, 1))
    return Ranking(most=most, distinct=distinct or len(names), copies=1_000)


def make_statistics(**fields: Any) -> Statistics:  # noqa: ANN401  # passed through
    """Return the numbers of a collection of 1,250 copies, changed by ``fields``."""
    settings: dict[str, Any] = {
        "state": make_state(copies=1_250),
        "copies": 1_250,
        "releases": 1_200,
        "artists": 430,
        "rated": 200,
        "stars": 820,
        "dated_pressings": 1_100,
        "pressing_decades": (Decade(1960, 100), Decade(1970, 400), Decade(1990, 600)),
        "music_decades": (Decade(1950, 150), Decade(1970, 950)),
        "formats": make_ranking("Vinyl", "CD"),
        "genres": make_ranking("Electronic", "Jazz"),
        "styles": make_ranking("Deep House"),
        "labels": make_ranking("Blue Note", "Svek"),
        "months": (
            Month(date(2019, 3, 1), 1_000, 1_000),
            Month(date(2024, 1, 1), 200, 1_200),
        ),
        "undated": 50,
        "same_release": Repeats(total=1, spare=1, most=(Repeated(make_copy(), 2),)),
        "same_work": Repeats(total=9, spare=12, most=(Repeated(make_copy(), 4),) * 5),
        "oldest": make_copy(year=1958),
        "newest": make_copy(title="Promises", year=2021),
    }
    return Statistics(**(settings | fields))
