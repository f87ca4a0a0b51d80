"""How long a page of somebody's collection takes to become models: ours and the usual client's.

python3-discogs-client is what most Python programs read collections with. It takes the same bytes
from a fetcher that sends nothing, and every field that ours has is read once, since it converts
when it is read. It cleans nothing.
"""

import importlib
import json
from importlib import metadata
from types import ModuleType
from typing import Any

from bench.report import Row, milliseconds, print_section, write
from bench.timing import measure
from services.discogs.shelf_protocol import parse_collection_page

_COPIES = 100
_REPEATS = 5
_PACKAGE = "python3-discogs-client"


def bench_collection_pages() -> None:
    """Compare ``parse_collection_page`` with python3-discogs-client; skipped where it is absent."""
    try:
        client = importlib.import_module("discogs_client")
    except ImportError:
        write(f"\n(d) A page of {_COPIES} copies: skipped, {_PACKAGE} is not installed")
        return
    page = _page()
    timings = measure(
        {
            "json": lambda: [json.loads(page) for _ in range(_REPEATS)],
            "client": lambda: [_read_with_client(client, page) for _ in range(_REPEATS)],
            "ours": lambda: [parse_collection_page(page) for _ in range(_REPEATS)],
        },
        operations=_REPEATS,
    )
    print_section(
        f"(d) A page of {_COPIES} copies ({len(page) // 1024} KB, made up)",
        f"{_PACKAGE} {metadata.version(_PACKAGE)}, the same fields read from the same bytes",
        [
            Row("the client", None, milliseconds(timings.of("client").median)),
            Row(
                "json.loads",
                timings.ratio("json", "client"),
                milliseconds(timings.of("json").median),
                "dicts, nothing checked",
            ),
            Row(
                "parse_collection_page",
                timings.ratio("ours", "client"),
                milliseconds(timings.of("ours").median),
                "typed, checked, names, dates and texts cleaned; 0.33 is three times cheaper",
            ),
        ],
    )


class _Fetcher:
    """Gives the client one page without a socket."""

    def __init__(self, page: bytes) -> None:
        self._page = page

    def fetch(self, *_: object, **__: object) -> tuple[bytes, int]:
        return self._page, 200


def _read_with_client(discogs_client: ModuleType, page: bytes) -> list[tuple[Any, ...]]:
    client = discogs_client.Client("bench/1.0")
    client._fetcher = _Fetcher(page)  # noqa: SLF001  # it has no other door
    models = discogs_client.models
    releases = models.PaginatedList(client, "/releases", "releases", models.CollectionItemInstance)
    return [_read_copy(item) for item in releases.page(1)]


def _read_copy(item: Any) -> tuple[Any, ...]:  # noqa: ANN401  # the client is untyped
    """Read every field; those that it has no attribute for, or would fetch, from its data."""
    release = item.release
    return (
        item.instance_id,
        item.folder_id,
        item.rating,
        item.date_added,
        [(note["field_id"], note["value"]) for note in item.notes],
        release.id,
        release.title,
        release.year,
        release.data.get("master_id"),
        release.data.get("country"),
        [(artist.name, artist.data["anv"], artist.data["join"]) for artist in release.artists],
        [(label.name, label.data["catno"]) for label in release.labels],
        [(each["name"], each["qty"], each["descriptions"]) for each in release.formats],
        release.genres,
        release.styles,
        release.thumb,
        release.data.get("cover_image"),
    )


def _page() -> bytes:
    return json.dumps(
        {
            "pagination": {"page": 1, "pages": 50, "per_page": _COPIES, "items": 5_000, "urls": {}},
            "releases": [_copy(number) for number in range(_COPIES)],
        }
    ).encode()


def _copy(number: int) -> dict[str, object]:
    return {
        "id": 1_000_000 + number,
        "instance_id": 100_000_000 + number * 7,
        "date_added": f"20{10 + number % 15}-04-{1 + number % 28:02}T03:23:29-07:00",
        "rating": number % 6,
        "folder_id": 1 + number % 4,
        "notes": [
            {"field_id": 1, "value": "Near Mint (NM or M-)"},
            {"field_id": 2, "value": "Very Good Plus (VG+)"},
            {"field_id": 3, "value": f"Bought in Lausanne, shelf {number}"},
        ],
        "basic_information": _basic_information(number),
    }


def _basic_information(number: int) -> dict[str, object]:
    image = "rs:fit/g:sm/q:90/h:600/w:600/czM6Ly9kaXNjb2dz" * 3
    credited = [
        ("Miles Davis (2)", "", ","),
        ("Beatles, The", "Beatles", "Feat."),
        ("Björk", "", ""),
    ]
    return {
        "id": 1_000_000 + number,
        "master_id": 5460 + number,
        "master_url": f"https://api.discogs.com/masters/{5460 + number}",
        "resource_url": f"https://api.discogs.com/releases/{1_000_000 + number}",
        "title": f"Kind Of Blue – Vol. {number}",
        "year": 1950 + number % 70,
        "formats": [
            {
                "name": "Vinyl",
                "qty": str(1 + number % 3),
                "text": "180 g",
                "descriptions": ["LP", "Album", "Reissue", "Stereo"],
            }
        ],
        "artists": [
            {"name": name, "anv": anv, "join": join, "role": "", "tracks": "", "id": 300 + place}
            for place, (name, anv, join) in enumerate(credited[: 1 + number % 3])
        ],
        "labels": [
            {
                "name": "Columbia (3)",
                "catno": f"CL {1355 + number}",
                "entity_type": "1",
                "entity_type_name": "Label",
                "id": 1866,
                "resource_url": "https://api.discogs.com/labels/1866",
            }
        ],
        "thumb": f"https://i.discogs.com/{image}/thumb.jpeg",
        "cover_image": f"https://i.discogs.com/{image}/cover.jpeg",
        "genres": ["Jazz"],
        "styles": ["Modal", "Cool Jazz"],
    }
