"""Reads `data/albums.json` into albums.

The file holds facts about real records, one album per line. Editions that the file does not name
are invented here (a CD, a vinyl reissue, a tape) so that most masters have several versions; an
invented edition carries no catalogue number and no barcode.
"""

import json
from pathlib import Path
from typing import Final, NotRequired, TypedDict, cast

from bot.sandbox.catalogue.model import Album, Credit, Edition, Track, discogs_id, stable_number

_DATA: Final = Path(__file__).parents[1] / "data" / "albums.json"
_NO_CATNO: Final = "none"
_FIRST_CD_YEAR: Final = 1985
_TAPE_CHANCE: Final = 4
_SHORTEST_SECONDS: Final = 120
_SPREAD_SECONDS: Final = 240

_EditionRow = list[int | str | None]


class _AlbumRow(TypedDict):
    """One line of the file; `formats` and `more` are written as Discogs displays them."""

    artist: str | list[str]
    discogs: NotRequired[str]
    anv: NotRequired[str]
    joins: NotRequired[list[str]]
    title: str
    released: str
    country: str
    label: str
    catno: str | None
    format: str
    text: NotRequired[str]
    barcode: NotRequired[str]
    genres: list[str]
    styles: list[str]
    tracks: list[str]
    sides: NotRequired[list[int]]
    extra: NotRequired[list[str]]
    more: NotRequired[list[_EditionRow]]
    only_on: NotRequired[str]
    art: NotRequired[bool]


def load_albums(path: Path = _DATA) -> tuple[Album, ...]:
    """Return every album of the file, in its order.

    Raises:
        OSError: The file cannot be read.
        ValueError: The file is not the JSON it should be.
    """
    rows = cast("list[_AlbumRow]", json.loads(path.read_text(encoding="utf-8")))
    return tuple(_album(row) for row in rows)


def _album(row: _AlbumRow) -> Album:
    only_on = row.get("only_on")
    main = _credits(row)
    key = f"{main[0].name}|{row['title']}"
    return Album(
        title=row["title"],
        credits=main,
        extra_credits=tuple(_extra_credit(text) for text in row.get("extra", [])),
        year=int(row["released"][:4]),
        released=row["released"],
        genres=tuple(row["genres"]),
        styles=tuple(row["styles"]),
        tracks=tuple(_track(text, key) for text in row["tracks"]),
        sides=tuple(row.get("sides", ())),
        editions=_editions(row, key),
        has_art=row.get("art", True),
        on_discogs=only_on != "spotify",
        on_spotify=only_on != "discogs",
    )


def _credits(row: _AlbumRow) -> tuple[Credit, ...]:
    names = [row["artist"]] if isinstance(row["artist"], str) else row["artist"]
    joins = [*row.get("joins", []), ""]
    return tuple(
        Credit(
            name=name,
            # Only single artists have a name of their own on Discogs in this file.
            discogs_name=row.get("discogs", name) if len(names) == 1 else name,
            anv=row.get("anv", "") if place == 0 else "",
            join=join,
        )
        for place, (name, join) in enumerate(zip(names, joins, strict=True))
    )


def _extra_credit(text: str) -> Credit:
    name, _, role = text.partition("|")
    return Credit(name=name.split(" (")[0], discogs_name=name, role=role)


def _track(text: str, key: str) -> Track:
    """Parse `Title|m:ss`, `Title`, or `Title|m:ss|Artist` on compilations."""
    title, duration, artist = [*text.split("|"), "", ""][:3]
    seconds = _SHORTEST_SECONDS + stable_number(f"seconds:{key}:{title}", _SPREAD_SECONDS)
    if duration:
        minutes, _, rest = duration.rpartition(":")
        hours, _, minutes = minutes.rpartition(":")
        seconds = int(hours or 0) * 3600 + int(minutes) * 60 + int(rest)
    return Track(title=title, duration=duration, seconds=seconds, artist=artist)


def _editions(row: _AlbumRow, key: str) -> tuple[Edition, ...]:
    year = int(row["released"][:4])
    first: _EditionRow = [
        year,
        row["country"],
        row["label"],
        row["catno"],
        row["format"],
        row.get("barcode"),
        row.get("text"),
    ]
    others = row["more"] if "more" in row else _invented_editions(row, key, year)
    return tuple(
        _edition(values, f"{key}|{number}") for number, values in enumerate([first, *others])
    )


def _invented_editions(row: _AlbumRow, key: str, year: int) -> list[_EditionRow]:
    chance = stable_number(f"editions:{key}", 8)
    label, country = row["label"], row["country"]
    editions: list[_EditionRow] = []
    if chance & 1 and not row["format"].startswith("CD"):
        cd_year = max(year, _FIRST_CD_YEAR) + stable_number(f"cd:{key}", 12)
        editions.append([cd_year, country, label, None, "CD, Album, Reissue"])
    if chance & 2:
        vinyl_year = max(year + 10, 2008) + stable_number(f"vinyl:{key}", 6)
        discs = row["format"].split("Vinyl")[0] if "Vinyl" in row["format"] else ""
        vinyl = f"{discs}Vinyl, LP, Album, Reissue, Remastered"
        editions.append([vinyl_year, "Europe", label, None, vinyl, None, "180 g"])
    if chance == _TAPE_CHANCE:
        # Many reissues say nothing about their year; Discogs shows 0 or leaves it out.
        editions.append([0, country, label, None, "Cassette, Album, Reissue"])
    return editions


def _edition(values: _EditionRow, key: str) -> Edition:
    year, country, label, catno, form, barcode, text = [*values, None, None][:7]
    medium, *descriptions = str(form).split(", ")
    quantity, _, name = medium.rpartition("x")
    counted = quantity.isdigit()
    return Edition(
        release_id=discogs_id("release", key),
        year=int(year or 0),
        country=str(country),
        label=str(label),
        catno=str(catno or _NO_CATNO),
        medium=name if counted else medium,
        quantity=int(quantity) if counted else 1,
        descriptions=tuple(descriptions),
        text=str(text or ""),
        barcode=str(barcode or ""),
    )
