"""Random collections as Discogs sends them, and what is to be counted of them, in plain Python.

Written from Discogs' documentation and knowing nothing of our parser, rows or SQL.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]

_NAMES = st.sampled_from(
    [
        "Blue Note",
        "Blue Note (2)",
        "blue note",
        "Not On Label (Björk Self-released)",
        "東芝EMI",
        "تسجيلات",
        "$\\alpha$ _x_ <@1>",
        "'; DROP TABLE x; --",
        "a\nb",
        "🎺",
        "x" * 90,
    ]
)
_ARTISTS = st.sampled_from(["Miles Davis", "Björk", "bjork", "La Femme (4)", "Beatles, The", "!!!"])
_WORDS = st.sampled_from(["Vinyl", "CD", "Cassette", "File", "Box Set"])
_GENRES = st.sampled_from(["Jazz", "Rock", "Electronic", "Folk, World, & Country"])
_DAYS = st.sampled_from(
    [
        "2015-04-14T03:23:29-07:00",
        "2015-04-30T23:30:00-07:00",  # May, in UTC
        "2015-05-02T00:00:00+00:00",
        "2020-12-31T12:00:00-08:00",
        "2024-01-01T00:30:00+09:00",  # December, in UTC
    ]
)
_MONTHS = {
    "2015-04-14T03:23:29-07:00": (2015, 4),
    "2015-04-30T23:30:00-07:00": (2015, 5),
    "2015-05-02T00:00:00+00:00": (2015, 5),
    "2020-12-31T12:00:00-08:00": (2020, 12),
    "2024-01-01T00:30:00+09:00": (2023, 12),
}


@st.composite
def raw_rows(draw: st.DrawFn) -> list[Json]:
    """Return the rows of a collection; releases and masters repeat."""
    return [_row(draw, number) for number in range(1, draw(st.integers(0, 14)) + 1)]


def _row(draw: st.DrawFn, number: int) -> Json:
    release_id = draw(st.integers(1, 8))
    release: Json = {
        "id": release_id,
        "title": draw(_NAMES),
        "year": draw(st.sampled_from([0, 0, 1959, 1960, 1969, 1997, 2024])),
        "artists": [{"name": draw(_ARTISTS), "anv": draw(st.sampled_from(["", "", "Miles"]))}],
        "labels": [
            {"name": name, "catno": f"CAT {place}"}  # so that the same label may come twice
            for place, name in enumerate(draw(st.lists(_NAMES, max_size=3)))
        ],
        "formats": [
            {"name": name, "qty": "2", "descriptions": ["LP", "CD"]}
            for name in draw(st.lists(_WORDS, max_size=3))
        ],
        "genres": draw(st.lists(_GENRES, max_size=3)),
        "styles": draw(st.lists(_NAMES, max_size=2)),
        "master_id": draw(st.sampled_from([0, 501, 502, 503])),
    }
    if draw(st.booleans()):
        release["country"] = draw(st.sampled_from(["US", "UK & Europe", ""]))
    # Discogs leaves out what is not there.
    for name in draw(st.lists(st.sampled_from(["year", "labels", "master_id"]), max_size=1)):
        del release[name]
    row: Json = {
        "id": release_id,
        "instance_id": 1_000 + number,
        "folder_id": 1,
        "rating": draw(st.integers(0, 5)),
        "basic_information": release,
    }
    if draw(st.booleans()):
        row["date_added"] = draw(_DAYS)
    return row


def as_pages(rows: list[Json], per_page: int = 5) -> list[bytes]:
    """Return the answers to requests for the pages of a collection."""
    pages = max(1, -(-len(rows) // per_page))
    return [
        json.dumps(
            {
                "pagination": {
                    "page": number,
                    "pages": pages,
                    "per_page": per_page,
                    "items": len(rows),
                },
                "releases": rows[(number - 1) * per_page : number * per_page],
            }
        ).encode()
        for number in range(1, pages + 1)
    ]


# --- What is counted


def counts(pages: list[bytes], master_years: dict[int, int]) -> Json:
    """Return the numbers that ``/collection stats`` must show."""
    rows = [row for page in pages for row in json.loads(page)["releases"]]
    releases = [row["basic_information"] for row in rows]
    years = [release.get("year") or None for release in releases]
    music = [master_years.get(release.get("master_id", 0)) for release in releases]
    pressings = {(each["master_id"], each["id"]) for each in releases if each.get("master_id")}
    return {
        "copies": len(rows),
        "releases": len({release["id"] for release in releases}),
        "artists": len({_artist(release) for release in releases}),
        "rated": sum(row["rating"] > 0 for row in rows),
        "stars": sum(row["rating"] for row in rows),
        "dated_pressings": sum(year is not None for year in years),
        "dated_music": sum(year is not None for year in music),
        "pressing_decades": _decades(years),
        "music_decades": _decades(of or year for of, year in zip(music, years, strict=True)),
        "formats": _ranking(releases, lambda each: [one["name"] for one in each["formats"]]),
        "genres": _ranking(releases, lambda each: each["genres"]),
        "styles": _ranking(releases, lambda each: each["styles"]),
        "labels": _ranking(
            releases,
            lambda each: [re.sub(r" \(\d+\)$", "", one["name"]) for one in each.get("labels", [])],
        ),
        "countries": _ranking(releases, lambda each: [each.get("country", "")]),
        "months": _months(rows),
        "undated": sum("date_added" not in row for row in rows),
        "same_release": _repeats(release["id"] for release in releases),
        "same_work": _repeats(master_id for master_id, _ in pressings),
        "oldest": min(filter(None, years), default=None),
        "newest": max(filter(None, years), default=None),
    }


def _artist(release: Json) -> str:
    [credit] = release["artists"]
    name = re.sub(r" \(\d+\)$", "", credit["anv"] or credit["name"])
    return "the beatles" if name == "Beatles, The" else name.casefold().replace("ö", "o")


def _decades(years: Iterable[int | None]) -> list[tuple[int, int]]:
    return sorted(Counter(year // 10 * 10 for year in years if year).items())


def _ranking(releases: list[Json], names_of: Callable[[Json], list[str]]) -> Json:
    sets = [{" ".join(name.split()) for name in names_of(each) if name} for each in releases]
    totals = Counter(name for names in sets for name in names)
    ordered = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    return {"most": ordered, "distinct": len(totals), "copies": sum(map(bool, sets))}


def _months(rows: list[Json]) -> list[tuple[int, int, int, int]]:
    added = Counter(_MONTHS[row["date_added"]] for row in rows if "date_added" in row)
    months = sorted(added)
    return [
        (*month, added[month], sum(added[each] for each in months[: place + 1]))
        for place, month in enumerate(months)
    ]


def _repeats(ids: Iterable[int]) -> tuple[int, int, list[int]]:
    several = sorted((count for count in Counter(ids).values() if count > 1), reverse=True)
    return len(several), sum(several) - len(several), several[:5]
